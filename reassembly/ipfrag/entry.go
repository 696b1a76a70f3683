package ipfrag

import (
	"bytes"
	"slices"
)

type state uint8

const (
	incomplete state = iota
	completed        // kept to recognize duplicates
	givenUp          // kept to recognize and drop what still comes
)

// span is a run of the datagram that was received, [lo, hi).
type span struct {
	lo, hi uint16
	kept   uint16 // bytes from lo on that the capture kept, ≤ hi-lo
	pos    uint32 // of these bytes in entry.buf
}

// entry is one datagram.
type entry struct {
	key        Key
	prev, next *entry // in one of the table's lists
	state      state
	first      int64  // packet time of the first fragment, or of completion
	last       int    // the datagram's length, -1 until the last fragment is seen
	end        int    // the highest end seen of a fragment with more to come
	covered    int    // Invariant: the sum of the spans' lengths
	tiny       int    // tiny fragments seen
	spans      []span // sorted, disjoint
	buf        []byte // the spans' bytes, in order of arrival
	cost       int    // bytes charged for it
}

// size returns what e is charged for.
func (e *entry) size() int {
	return datagramOverhead + cap(e.buf) + cap(e.spans)*fragmentOverhead
}

func (e *entry) full() bool { return e.covered == e.last }

// giveUp frees what e holds but remembers its key.
func (e *entry) giveUp() {
	e.state, e.buf, e.spans = givenUp, nil, nil
}

// contradicts reports whether f and e cannot agree on the datagram's length.
func (e *entry) contradicts(f *Fragment) bool {
	end := f.Offset + f.Len
	if e.last >= 0 {
		return end > e.last || f.More == (end == e.last)
	}
	return !f.More && e.end >= end
}

// from returns the index of the first span that ends behind off.
func (e *entry) from(off int) int {
	if n := len(e.spans); n == 0 || int(e.spans[n-1].hi) <= off {
		return n
	}
	i, _ := slices.BinarySearchFunc(e.spans, off, func(s span, off int) int {
		if int(s.hi) <= off {
			return -1
		}
		return 1
	})
	return i
}

// repeats reports whether f is an exact duplicate of a span. Of fragments that were
// cut only the captured bytes can be compared.
func (e *entry) repeats(f *Fragment) bool {
	i := e.from(f.Offset)
	if i == len(e.spans) {
		return false
	}
	s := e.spans[i]
	if int(s.lo) != f.Offset || int(s.hi) != f.Offset+f.Len || f.More == (int(s.hi) == e.last) {
		return false
	}
	n := min(int(s.kept), len(f.Payload))
	return bytes.Equal(e.bytes(s)[:n], f.Payload[:n])
}

func (e *entry) bytes(s span) []byte { return e.buf[s.pos : s.pos+uint32(s.kept)] }

// overlap reports whether f has bytes in common with a span, and whether they differ.
func (e *entry) overlap(f *Fragment) (overlap, differ bool) {
	end := f.Offset + f.Len
	for _, s := range e.spans[e.from(f.Offset):] {
		if int(s.lo) >= end {
			break
		}
		overlap = true
		lo := max(int(s.lo), f.Offset)
		hi := min(int(s.lo)+int(s.kept), f.Offset+len(f.Payload))
		if lo < hi && !bytes.Equal(e.bytes(s)[lo-int(s.lo):hi-int(s.lo)], f.Payload[lo-f.Offset:hi-f.Offset]) {
			differ = true
		}
	}
	return overlap, differ
}

// insert fills the holes of e that f covers.
func (e *entry) insert(f *Fragment) {
	lo, end := f.Offset, f.Offset+f.Len
	if f.More {
		e.end = max(e.end, end)
	}
	for i := e.from(lo); lo < end; i++ {
		hole := end
		if i < len(e.spans) {
			hole = min(hole, int(e.spans[i].lo))
		}
		if lo < hole {
			e.spans = slices.Insert(e.spans, i, e.store(f, lo, hole))
			i++
		}
		if i < len(e.spans) {
			lo = int(e.spans[i].hi)
		} else {
			lo = end
		}
	}
}

// store copies f's bytes of [lo, hi) and returns their span.
func (e *entry) store(f *Fragment, lo, hi int) span {
	kept := f.Payload[min(lo-f.Offset, len(f.Payload)):min(hi-f.Offset, len(f.Payload))]
	s := span{lo: uint16(lo), hi: uint16(hi), kept: uint16(len(kept)), pos: uint32(len(e.buf))}
	e.buf = append(e.buf, kept...)
	e.covered += hi - lo
	return s
}

// appendTo appends the datagram's bytes up to the first that is missing.
func (e *entry) appendTo(dst []byte) []byte {
	for _, s := range e.spans {
		dst = append(dst, e.bytes(s)...)
		if s.kept < s.hi-s.lo {
			break
		}
	}
	return dst
}

// list is a ring of entries around a root.
type list struct{ root entry }

func (l *list) init() { l.root.prev, l.root.next = &l.root, &l.root }

func (l *list) push(e *entry) {
	e.prev, e.next = l.root.prev, &l.root
	e.prev.next, l.root.prev = e, e
}

// oldest returns the entry pushed first, nil if there is none.
func (l *list) oldest() *entry {
	if l.root.next == &l.root {
		return nil
	}
	return l.root.next
}

func (e *entry) unlink() {
	e.prev.next, e.next.prev = e.next, e.prev
	e.prev, e.next = nil, nil
}
