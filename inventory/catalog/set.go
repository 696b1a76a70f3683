package catalog

import (
	"math"
	"math/bits"
	"slices"
)

const (
	maxExact  = 64 // members that a Set holds exactly
	precision = 10 // bits of a digest that choose the register
)

// Set is a mergeable set of 64-bit digests: exact up to maxExact members, an
// estimate (HyperLogLog) beyond. The zero value is empty. Its content is a
// function of the members alone.
type Set struct {
	small []uint64 // sorted, iff big is nil
	big   *sketch
}

// sketch is a HyperLogLog of 1,024 registers.
type sketch [1 << precision]uint8

// Add puts a digest in.
func (s *Set) Add(d uint64) {
	if s.big != nil {
		s.big.add(d)
		return
	}
	i, found := slices.BinarySearch(s.small, d)
	if found {
		return
	}
	if len(s.small) < maxExact {
		s.small = slices.Insert(s.small, i, d)
		return
	}
	s.grow()
	s.big.add(d)
}

// drop takes a digest out as long as the set is exact.
func (s *Set) drop(d uint64) {
	if i, found := slices.BinarySearch(s.small, d); found {
		s.small = slices.Delete(s.small, i, i+1)
	}
}

func (s *Set) grow() {
	s.big = new(sketch)
	for _, d := range s.small {
		s.big.add(d)
	}
	s.small = nil
}

// Merge adds all members of o.
func (s *Set) Merge(o *Set) {
	if o.big == nil {
		for _, d := range o.small {
			s.Add(d)
		}
		return
	}
	if s.big == nil {
		s.grow()
	}
	for i, r := range o.big {
		s.big[i] = max(s.big[i], r)
	}
}

// Exact says whether Count is exact.
func (s *Set) Exact() bool { return s.big == nil }

// Count returns the number of members, an estimate unless Exact.
func (s *Set) Count() uint64 {
	if s.big == nil {
		return uint64(len(s.small))
	}
	return max(maxExact+1, s.big.count())
}

// Has reports whether d is in; false unless Exact.
func (s *Set) Has(d uint64) bool {
	_, ok := slices.BinarySearch(s.small, d)
	return ok
}

func (s *sketch) add(d uint64) {
	d = mix(d)
	i := d >> (64 - precision)
	r := uint8(bits.LeadingZeros64(d<<precision|1<<(precision-1))) + 1
	s[i] = max(s[i], r)
}

// count is the estimate of Flajolet et al. with linear counting for small sets.
func (s *sketch) count() uint64 {
	const m = 1 << precision
	sum, zero := 0.0, 0
	for _, r := range s {
		sum += math.Ldexp(1, -int(r))
		if r == 0 {
			zero++
		}
	}
	e := 0.7213 / (1 + 1.079/m) * m * m / sum
	if e <= 2.5*m && zero > 0 {
		e = m * math.Log(float64(m)/float64(zero))
	}
	return uint64(e + 0.5)
}

// mix spreads the bits of a digest (the finalizer of SplitMix64).
func mix(h uint64) uint64 {
	h ^= h >> 30
	h *= 0xbf58476d1ce4e5b9
	h ^= h >> 27
	h *= 0x94d049bb133111eb
	return h ^ h>>31
}

// Of FNV-1a with 64 bits.
const (
	digestBasis = 0xcbf29ce484222325
	digestPrime = 0x100000001b3
)

// digest hashes a string to 64 bits, FNV-1a with a final mix.
func digest(h uint64, s string) uint64 {
	h ^= digestBasis
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * digestPrime
	}
	return mix(h)
}
