package reassembly

import "math/bits"

const chunkLen = 256

// slab holds items at stable addresses under small integers, and can give
// memory back. Index 0 is never handed out and means none.
type slab[T any] struct {
	chunks []*chunk[T]
	room   []uint64 // bit i: chunk i is absent or has a free item
	used   int
}

type chunk[T any] struct {
	items [chunkLen]T
	free  [chunkLen / 64]uint64
	used  int
}

func (s *slab[T]) at(i uint32) *T { return &s.chunks[i/chunkLen].items[i%chunkLen] }

// get returns the index of a zeroed item, the lowest that is free.
func (s *slab[T]) get() uint32 {
	n := s.firstRoom()
	c := s.chunks[n]
	if c == nil {
		c = newChunk[T](n == 0)
		s.chunks[n] = c
	}
	for w := range c.free {
		if c.free[w] == 0 {
			continue
		}
		b := bits.TrailingZeros64(c.free[w])
		c.free[w] &^= 1 << b
		c.used++
		s.used++
		if c.used == chunkLen {
			s.room[n/64] &^= 1 << (n % 64)
		}
		return uint32(n*chunkLen + w*64 + b)
	}
	panic("reassembly: slab bookkeeping")
}

// firstRoom returns the lowest chunk that has or may get a free item.
func (s *slab[T]) firstRoom() int {
	for w, word := range s.room {
		if word != 0 {
			n := w*64 + bits.TrailingZeros64(word)
			for len(s.chunks) <= n {
				s.chunks = append(s.chunks, nil)
			}
			return n
		}
	}
	s.room = append(s.room, ^uint64(0))
	n := (len(s.room) - 1) * 64
	for len(s.chunks) <= n {
		s.chunks = append(s.chunks, nil)
	}
	return n
}

func newChunk[T any](first bool) *chunk[T] {
	c := new(chunk[T])
	for w := range c.free {
		c.free[w] = ^uint64(0)
	}
	if first {
		c.free[0] &^= 1
		c.used = 1
	}
	return c
}

// put frees item i; the caller has cleared it where that matters.
func (s *slab[T]) put(i uint32) {
	n := int(i / chunkLen)
	c := s.chunks[n]
	c.free[i%chunkLen/64] |= 1 << (i % 64)
	c.used--
	s.used--
	s.room[n/64] |= 1 << (n % 64)
}

// trim gives the memory of empty chunks back, except for one.
func (s *slab[T]) trim() {
	spare := false
	for n := 1; n < len(s.chunks); n++ {
		if c := s.chunks[n]; c != nil && c.used == 0 {
			if spare {
				s.chunks[n] = nil
			}
			spare = true
		}
	}
}

// link is an item's place in a list.
type link struct{ prev, next uint32 }

// list is a doubly linked list of slab items.
type list struct {
	head, tail uint32
	n          int
}

// insert puts i before the item before, or last when before is 0.
func (l *list) insert(at func(uint32) *link, i, before uint32) {
	k := at(i)
	k.next = before
	if before != 0 {
		b := at(before)
		k.prev, b.prev = b.prev, i
	} else {
		k.prev, l.tail = l.tail, i
	}
	if k.prev != 0 {
		at(k.prev).next = i
	} else {
		l.head = i
	}
	l.n++
}

func (l *list) remove(at func(uint32) *link, i uint32) {
	k := at(i)
	if k.prev != 0 {
		at(k.prev).next = k.next
	} else {
		l.head = k.next
	}
	if k.next != 0 {
		at(k.next).prev = k.prev
	} else {
		l.tail = k.prev
	}
	*k = link{}
	l.n--
}
