package catalog

import "unsafe"

// kids are the children of a place that keep their text, in a table with open addressing: a
// look-up reads one line of memory, as the hash of a segment comes with reading it. The zero
// value is empty.
type kids struct {
	slots []kid // a power of two, at most three quarters of them used; nil when nothing was put in
	used  int
}

type kid struct {
	hash uint64
	node *node // nil where nothing is
}

// find returns the child of a text, whose hash is given, nil when there is none.
func (k *kids) find(hash uint64, text string) *node {
	if k.used == 0 {
		return nil
	}
	mask := uint64(len(k.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		s := &k.slots[i]
		if s.node == nil || s.hash == hash && s.node.text == text {
			return s.node
		}
	}
}

// put adds a child whose text is not in k.
func (k *kids) put(c *node) {
	if 4*(k.used+1) > 3*len(k.slots) {
		old := k.slots
		k.slots = make([]kid, max(2, 2*len(old)))
		for _, s := range old {
			if s.node != nil {
				k.set(s)
			}
		}
	}
	k.used++
	k.set(kid{c.hash, c})
}

// set puts a child in the first slot that is free.
func (k *kids) set(c kid) {
	mask := uint64(len(k.slots) - 1)
	i := c.hash & mask
	for k.slots[i].node != nil {
		i = (i + 1) & mask
	}
	k.slots[i] = c
}

// drop takes out a child that is in k, and moves those up that stand behind it because of it.
func (k *kids) drop(c *node) {
	mask := uint64(len(k.slots) - 1)
	i := c.hash & mask
	for k.slots[i].node != c {
		i = (i + 1) & mask
	}
	for j := (i + 1) & mask; k.slots[j].node != nil; j = (j + 1) & mask {
		if home := k.slots[j].hash & mask; (j-home)&mask >= (j-i)&mask {
			k.slots[i] = k.slots[j]
			i = j
		}
	}
	k.slots[i] = kid{}
	k.used--
}

func (k *kids) size() int { return len(k.slots) * int(unsafe.Sizeof(kid{})) }
