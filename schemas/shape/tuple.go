package shape

import "math/bits"

// MaxTuple is the number of elements up to which the elements of arrays are told apart by place.
const MaxTuple = 8

// tupleOf returns the kinds of the elements of the arrays by place, 0 when that is not known.
func (n *Node) tupleOf() uint64 {
	if n.Tuple != 0 || n.Items == nil || n.Lens.Min != n.Lens.Max || n.Lens.Max > MaxTuple {
		return n.Tuple
	}
	kinds := n.Items.kinds()
	if bits.OnesCount8(kinds) != 1 {
		return 0
	}
	return uint64(kinds) * (lows >> (8 * (MaxTuple - n.Lens.Max)))
}

// kinds is the set of kinds of the values, a bit for each.
func (n *Node) kinds() (set uint8) {
	for k, c := range &n.Kinds {
		if c > 0 {
			set |= 1 << k
		}
	}
	return set
}

// joinTuples returns what is known together where a and b are known of fixed arrays, 0 when
// it is nothing or goes without saying: n has the arrays and elements of both.
func (n *Node) joinTuples(a, b uint64) uint64 {
	if a == 0 || b == 0 || n.Lens.Min != n.Lens.Max || n.Items == nil || bits.OnesCount8(n.Items.kinds()) == 1 {
		return 0
	}
	return a | b
}

// ReadTuple sets Tuple to v, which was written with n, and reports whether it can be its. The
// lengths of the arrays are known by then.
func (n *Node) ReadTuple(v uint64) bool {
	if n.Lens.Min != n.Lens.Max || n.Lens.Max > MaxTuple || v>>(8*n.Lens.Max) != 0 || v&highs != 0 {
		return false
	}
	for i := range n.Lens.Max {
		if v>>(8*i)&0xff == 0 {
			return false
		}
	}
	n.Tuple = v
	return true
}

// ElementKinds returns the kinds of the elements at the place i of the arrays, a bit for each, 0
// where that is not known.
func (n *Node) ElementKinds(i uint64) uint8 {
	if i >= MaxTuple {
		return 0
	}
	return uint8(n.tupleOf() >> (8 * i))
}

// mergeTuples sets the tuple of m, which has all that a and b have.
func (m *Node) mergeTuples(a, b *Node) {
	switch {
	case a.Kinds[Array] == 0:
		m.Tuple = b.Tuple
	case b.Kinds[Array] == 0:
		m.Tuple = a.Tuple
	default:
		m.Tuple = m.joinTuples(a.tupleOf(), b.tupleOf())
	}
}

// kindAt is the set of the kind of a value that begins with a byte; numbers are called integers.
var kindAt = func() (t [256]uint8) {
	t['"'], t['{'], t['['], t['n'] = 1<<String, 1<<Object, 1<<Array, 1<<Null
	t['t'], t['f'], t['-'] = 1<<Bool, 1<<Bool, 1<<Integer
	for c := '0'; c <= '9'; c++ {
		t[c] = 1 << Integer
	}
	return t
}()
