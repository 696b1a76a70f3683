package catalog

import (
	"math/bits"
	"slices"
)

const (
	bloomBits = 1 << 19
	bloomFew  = 256 // bits of a bloom that are kept as a list
)

// bloom is a set of digests that may say yes wrongly: of bloomBits bits each
// digest sets three.
type bloom struct {
	few  []uint32                // the bits that are set, sorted, iff bits is nil
	bits *[bloomBits / 64]uint64 // nil while there are few
	set  int
}

func (b *bloom) add(d uint64) {
	for range 3 {
		d = mix(d)
		b.put(d % bloomBits)
	}
}

// put sets a bit.
func (b *bloom) put(at uint64) {
	if b.bits != nil {
		w, m := at>>6, uint64(1)<<(at&63)
		if b.bits[w]&m == 0 {
			b.bits[w] |= m
			b.set++
		}
		return
	}
	i, found := slices.BinarySearch(b.few, uint32(at))
	if found {
		return
	}
	if len(b.few) < bloomFew {
		b.few = slices.Insert(b.few, i, uint32(at))
		b.set++
		return
	}
	b.bits, b.set = new([bloomBits / 64]uint64), 0
	for _, x := range b.few {
		b.put(uint64(x))
	}
	b.few = nil
	b.put(at)
}

func (b *bloom) isSet(at uint64) bool {
	if b.bits != nil {
		return b.bits[at>>6]&(1<<(at&63)) != 0
	}
	_, found := slices.BinarySearch(b.few, uint32(at))
	return found
}

// has reports whether d is probably in; false for all once the filter is so full
// that it says little.
func (b *bloom) has(d uint64) bool {
	if b == nil || d == 0 || b.set > bloomBits*3/10 {
		return false
	}
	for range 3 {
		d = mix(d)
		if !b.isSet(d % bloomBits) {
			return false
		}
	}
	return true
}

// all calls visit with each bit that is set, in order.
func (b *bloom) all(visit func(at uint64)) {
	for _, x := range b.few {
		visit(uint64(x))
	}
	if b.bits == nil {
		return
	}
	for i, x := range b.bits {
		for ; x != 0; x &= x - 1 {
			visit(uint64(i)<<6 + uint64(bits.TrailingZeros64(x)))
		}
	}
}

func (b *bloom) merge(o *bloom) {
	if b.bits == nil || o.bits == nil {
		o.all(b.put)
		return
	}
	b.set = 0
	for i := range b.bits {
		b.bits[i] |= o.bits[i]
		b.set += bits.OnesCount64(b.bits[i])
	}
}
