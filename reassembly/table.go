package reassembly

import (
	"encoding/binary"
	"math/bits"
)

// hashKey keys the flow table's hash.
type hashKey [5]uint64

// newHashKey expands seed with SplitMix64.
func newHashKey(seed uint64) hashKey {
	var k hashKey
	for i := range k {
		seed += 0x9e3779b97f4a7c15
		z := seed
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		k[i] = z ^ z>>31
	}
	return k
}

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

func (k *hashKey) addr(a *Addr) uint64 {
	h := mix(binary.LittleEndian.Uint64(a.IP[:8])^k[0], binary.LittleEndian.Uint64(a.IP[8:])^k[1])
	return mix(h^k[2], uint64(a.Port)^k[3])
}

// sum returns the same hash for f and its reverse.
func (k *hashKey) sum(f *Flow) uint32 {
	a, b := k.addr(&f.Src), k.addr(&f.Dst)
	h := mix(a+b+uint64(f.Overlay()), a^b^k[4])
	return uint32(h ^ h>>32)
}

// table finds the entry of a flow: open addressing with linear probing and
// backward-shift deletion. It stores no keys; the caller compares.
type table struct {
	slots []slot
	used  int
}

// slot is free iff ref is 0.
type slot struct{ hash, ref uint32 }

const minSlots = 1024

func (t *table) add(hash, ref uint32) {
	if (t.used+1)*4 > len(t.slots)*3 {
		t.resize(max(minSlots, 2*len(t.slots)))
	}
	t.place(hash, ref)
	t.used++
}

func (t *table) place(hash, ref uint32) {
	mask := uint32(len(t.slots) - 1)
	i := hash & mask
	for t.slots[i].ref != 0 {
		i = (i + 1) & mask
	}
	t.slots[i] = slot{hash, ref}
}

func (t *table) resize(n int) {
	old := t.slots
	t.slots = make([]slot, n)
	for _, s := range old {
		if s.ref != 0 {
			t.place(s.hash, s.ref)
		}
	}
}

// locate returns the position of ref, which must be in the table.
func (t *table) locate(hash, ref uint32) uint32 {
	mask := uint32(len(t.slots) - 1)
	i := hash & mask
	for t.slots[i].ref != ref {
		i = (i + 1) & mask
	}
	return i
}

// change makes the entry of old refer to ref.
func (t *table) change(hash, old, ref uint32) { t.slots[t.locate(hash, old)].ref = ref }

func (t *table) remove(hash, ref uint32) {
	mask := uint32(len(t.slots) - 1)
	hole := t.locate(hash, ref)
	for i := (hole + 1) & mask; t.slots[i].ref != 0; i = (i + 1) & mask {
		if home := t.slots[i].hash & mask; (i-home)&mask >= (i-hole)&mask {
			t.slots[hole] = t.slots[i]
			hole = i
		}
	}
	t.slots[hole] = slot{}
	t.used--
}

// shrink gives memory back after a flood.
func (t *table) shrink() {
	n := len(t.slots)
	for n > minSlots && t.used*8 < n {
		n /= 2
	}
	if n != len(t.slots) {
		t.resize(n)
	}
}
