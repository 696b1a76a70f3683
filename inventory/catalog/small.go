package catalog

import (
	"math"
	"math/bits"
	"slices"
)

const (
	smallBits  = 8  // of a digest that choose the register
	smallFew   = 48 // registers that are kept as a list
	maxSmall   = 64 - smallBits + 1
	registered = 1 << smallBits
)

// small is a HyperLogLog of 256 registers, a list while few are set. The zero
// value is empty. Its content is a function of the members alone.
type small struct {
	few  []uint16 // register<<8 | number, in order, iff regs is nil
	regs *[registered]uint8
}

// add puts a digest in and says whether that changed anything.
func (s *small) add(d uint64) bool {
	return s.put(uint8(d>>(64-smallBits)), uint8(bits.LeadingZeros64(d<<smallBits|1<<(smallBits-1)))+1)
}

func (s *small) put(at, r uint8) bool {
	if s.regs != nil {
		if s.regs[at] >= r {
			return false
		}
		s.regs[at] = r
		return true
	}
	i := 0
	for i < len(s.few) && uint8(s.few[i]>>8) < at {
		i++
	}
	if i < len(s.few) && uint8(s.few[i]>>8) == at {
		if uint8(s.few[i]) >= r {
			return false
		}
		s.few[i] = uint16(at)<<8 | uint16(r)
		return true
	}
	if len(s.few) < smallFew {
		s.few = slices.Insert(s.few, i, uint16(at)<<8|uint16(r))
		return true
	}
	s.regs = new([registered]uint8)
	for _, x := range s.few {
		s.regs[x>>8] = uint8(x)
	}
	s.few = nil
	s.regs[at] = r
	return true
}

// all calls visit with the registers that are set, in order.
func (s *small) all(visit func(at, r uint8)) {
	for _, x := range s.few {
		visit(uint8(x>>8), uint8(x))
	}
	if s.regs == nil {
		return
	}
	for i, r := range s.regs {
		if r > 0 {
			visit(uint8(i), r)
		}
	}
}

// set is how many registers are.
func (s *small) set() int {
	n := 0
	s.all(func(uint8, uint8) { n++ })
	return n
}

func (s *small) merge(o *small) { o.all(func(at, r uint8) { s.put(at, r) }) }

func (s *small) size() int {
	if s.regs != nil {
		return registered
	}
	return 2 * cap(s.few)
}

// count is an estimate that no further member lowers.
func (s *small) count() float64 {
	const m = registered
	sum, set := 0.0, 0
	s.all(func(_, r uint8) {
		sum += math.Float64frombits((1023 - uint64(r)) << 52)
		set++
	})
	sum += float64(m - set)
	linear := m * math.Log(m/float64(max(m-set, 1)))
	if e := 0.7213 / (1 + 1.079/m) * m * m / sum; e > 2.5*m {
		return max(e, linear)
	}
	return linear
}
