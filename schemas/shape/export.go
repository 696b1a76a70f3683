package shape

import (
	"slices"
	"strings"
)

const numLeaves = 2048 // remembered leaves

// leafKey is all that is known of a leaf with values of one kind and format,
// packed: [0] kind, format, full, bits, decimals, class; [1] values, nulls;
// [2] shortest, longest string, or negative, zero; [3] the token.
type leafKey [4]uint64

type leaf struct {
	key  leafKey
	node *Node // nil: free
}

// rooms are where the parts of results come from, many in one allocation. A part
// is handed out once and never taken back. Nodes and properties refer to each
// other, so new rooms are begun after roomScans scans: otherwise one result kept
// would keep every later one. Leaves refer to tokens alone.
type rooms struct {
	nodes room[Node]
	props room[Prop]
	cases room[Case]
	scans int

	texts   room[textLeaf]
	numbers room[numberLeaf]
	tokens  room[uint64]
}

// textLeaf is a leaf of strings in one piece.
type textLeaf struct {
	node Node
	str  Strings
}

// numberLeaf is a leaf of numbers, or of nothing but null or booleans.
type numberLeaf struct {
	node Node
	num  Numbers
}

// room is memory that is not handed out yet.
type room[T any] struct {
	free  []T
	whole []T  // what free is the end of
	lent  bool // whole comes back
	used  bool // whole was handed out before
}

// take returns n zero elements; size is how many are allocated together.
func (r *room[T]) take(n, size int) []T {
	if n > len(r.free) {
		if !r.lent && n > size/4 {
			return make([]T, n)
		}
		if r.lent {
			size = max(size, min(2*len(r.whole), maxLent), n)
		}
		r.whole, r.used = make([]T, size), false
		r.free = r.whole
	}
	got := r.free[:n:n]
	if r.free = r.free[n:]; r.used {
		clear(got)
	}
	return got
}

// reclaim takes back what was handed out.
func (r *room[T]) reclaim() {
	if r.lent = true; len(r.whole) > maxLent {
		r.whole = nil
	}
	r.free, r.used = r.whole, true
}

// maxLent is the number of elements of one kind that are kept for the next shapes.
const maxLent = 1 << 12

// Lend says that shapes are lent from now on: all are valid until the next Reclaim
// alone, which makes their memory that of the next ones.
func (s *Scanner) Lend() {
	s.lends = true
	s.Reclaim()
}

// Reclaim ends the life of all shapes, after Lend.
func (s *Scanner) Reclaim() {
	if !s.lends {
		return
	}
	s.rooms.nodes.reclaim()
	s.rooms.props.reclaim()
	s.rooms.cases.reclaim()
	s.rooms.texts.reclaim()
	s.rooms.numbers.reclaim()
	s.rooms.tokens.reclaim()
}

// Elements allocated together, about 4 KiB; a leaf that is remembered keeps its
// neighbours alive.
const (
	nodeRoom  = 28
	propRoom  = 128
	leafRoom  = 16
	tokenRoom = 128
	roomScans = 128
)

// Node returns the shape begun. It shares nothing with the Scanner but
// immutable leaves, and memory with other results.
func (s *Scanner) Node() *Node { return s.export(0) }

// export returns the shape of the tally t.
func (s *Scanner) export(t int32) *Node {
	y := &s.tallies[t]
	if y.kinds[Object] == 0 && y.kinds[Array] == 0 && !y.truncated {
		if s.lends {
			return s.lentLeaf(y)
		}
		if k, ok := s.leafKey(y); ok {
			return s.leaf(k, y)
		}
		if y.kinds[Integer]+y.kinds[Number] == 0 {
			return s.textLeaf(y)
		}
	}
	out := &s.rooms.nodes.take(1, nodeRoom)[0]
	for i, c := range y.kinds {
		out.Kinds[i] = uint64(c)
	}
	out.Truncated = y.truncated
	if y.kinds[String] > 0 {
		out.Str = new(Strings)
		s.exportText(out.Str, y)
	}
	if y.kinds[Integer]+y.kinds[Number] > 0 {
		num := s.exportNumbers(y)
		out.Num = &num
	}
	if y.kinds[Array] > 0 {
		out.Lens = Range{uint64(y.lenMin), uint64(y.lenMax)}
		if it := s.nodes[y.node].item; it >= 0 && s.met(it) {
			if k := s.nodes[it].slot; s.tallies[k].total() > 0 {
				out.Items = s.export(k)
			}
		}
		if !y.untold && y.lenMin == y.lenMax {
			out.Tuple = out.joinTuples(y.tuple, y.tuple)
		}
	}
	if y.kids > 0 {
		s.exportProps(y, out)
	}
	return out
}

func (y *tally) total() (t uint64) {
	for _, c := range y.kinds {
		t += uint64(c)
	}
	return t
}

// met reports whether this scan met the node c.
func (s *Scanner) met(c int32) bool { return s.nodes[c].gen == s.gen }

func (s *Scanner) exportProps(y *tally, out *Node) {
	props := s.rooms.props.take(int(y.kids), propRoom)
	k := 0
	for _, c := range s.byName(y.node) {
		if s.met(c) {
			props[k] = s.prop(c)
			k++
		}
	}
	out.Props = props
	if len(props) > MaxProps {
		for _, p := range props[MaxProps:] {
			out.Extra = Merge(out.Extra, p.Node)
		}
		out.Props = props[:MaxProps:MaxProps]
	}
	if y.cases > 0 && y.told == y.kinds[Object] && len(props) <= MaxCaseProps {
		s.exportCases(y, out)
	}
}

// prop returns the property that the node c, which this scan met, is.
func (s *Scanner) prop(c int32) Prop {
	t := s.nodes[c].slot
	return Prop{Name: s.nameOf(c), Node: s.export(t), Seen: uint64(s.tallies[t].seen)}
}

func (s *Scanner) nameOf(c int32) string { return s.names.list[s.nodes[c].key].text }

// byName returns the children of the node n in order of their names, those among
// them that only other texts had.
func (s *Scanner) byName(n int32) []int32 {
	nd := &s.nodes[n]
	if nd.ordered != nd.count {
		s.arrange(nd)
	}
	return s.sorted[nd.sorted : nd.sorted+int32(nd.count)]
}

// arrange puts the children of nd into order.
func (s *Scanner) arrange(nd *node) {
	s.order = s.order[:0]
	ranked := true
	for c := nd.first; c >= 0; c = s.nodes[c].next {
		rank := s.names.list[s.nodes[c].key].rank
		ranked = ranked && rank >= 0
		s.order = append(s.order, uint64(uint32(rank))<<32|uint64(c))
	}
	if ranked {
		slices.Sort(s.order)
	} else {
		s.names.unranked++
		slices.SortFunc(s.order, func(a, b uint64) int {
			return strings.Compare(s.nameOf(int32(uint32(a))), s.nameOf(int32(uint32(b))))
		})
	}
	nd.sorted, nd.ordered = int32(len(s.sorted)), nd.count
	for _, c := range s.order {
		s.sorted = append(s.sorted, int32(uint32(c)))
	}
}

// leafKey returns the key of a leaf that has values of at most one kind besides
// null and, being strings, of one format and at most one distinct value.
func (s *Scanner) leafKey(y *tally) (k leafKey, ok bool) {
	kind := Null
	for c := Bool; c <= String; c++ {
		if y.kinds[c] == 0 {
			continue
		}
		if kind != Null {
			return k, false
		}
		kind = c
	}
	k[0] = uint64(kind)
	k[1] = uint64(y.kinds[Null]) << 32
	if kind != Null {
		k[1] |= uint64(y.kinds[kind])
	}
	switch kind {
	case Integer, Number:
		k[0] |= uint64(y.bits)<<24 | uint64(y.decimals)<<32 | uint64(y.numClass)<<40
		k[2] = uint64(y.negative)<<32 | uint64(y.zero)
	case String:
		t := &y.text
		if t.others > 0 || t.tokens > 1 && !t.full {
			return k, false
		}
		k[0] |= uint64(t.main)<<8 | uint64(y.class)<<40
		k[2] = uint64(t.min)<<32 | uint64(t.max)
		if t.full {
			k[0] |= 1 << 16
		} else if t.tokens == 1 {
			k[3] = t.token
		}
	}
	return k, true
}

func (k *leafKey) hash() uint64 {
	h := (k[0] ^ k[1]*0x9E3779B97F4A7C15) * 0xC2B2AE3D27D4EB4F
	h = (h ^ h>>29 ^ k[2] ^ k[3]) * 0x9E3779B97F4A7C15
	return h >> 40
}

// leaf returns the immutable node of k, which y has.
func (s *Scanner) leaf(k leafKey, y *tally) *Node {
	e := &s.leaves[k.hash()%numLeaves]
	if e.node != nil && e.key == k {
		return e.node
	}
	var n *Node
	switch Kind(k[0] & 0xff) {
	case Integer, Number:
		l := &s.rooms.numbers.take(1, leafRoom)[0]
		l.num = s.exportNumbers(y)
		n = &l.node
		n.Num = &l.num
	case String:
		n = s.textLeaf(y)
	default:
		n = &s.rooms.numbers.take(1, leafRoom)[0].node
	}
	for i, c := range y.kinds {
		n.Kinds[i] = uint64(c)
	}
	*e = leaf{key: k, node: n}
	return n
}

// lentLeaf returns a leaf of its own.
func (s *Scanner) lentLeaf(y *tally) *Node {
	number := y.kinds[Integer]+y.kinds[Number] > 0
	if y.kinds[String] > 0 && !number {
		return s.textLeaf(y)
	}
	l := &s.rooms.numbers.take(1, leafRoom)[0]
	if number {
		l.num = s.exportNumbers(y)
		l.node.Num = &l.num
	}
	if y.kinds[String] > 0 {
		l.node.Str = new(Strings)
		s.exportText(l.node.Str, y)
	}
	for i, c := range y.kinds {
		l.node.Kinds[i] = uint64(c)
	}
	return &l.node
}

// textLeaf returns a node of strings, and of nulls and booleans.
func (s *Scanner) textLeaf(y *tally) *Node {
	l := &s.rooms.texts.take(1, leafRoom)[0]
	l.node.Str = &l.str
	s.exportText(&l.str, y)
	for i, c := range y.kinds {
		l.node.Kinds[i] = uint64(c)
	}
	return &l.node
}

func (s *Scanner) exportNumbers(y *tally) Numbers {
	return Numbers{Negative: uint64(y.negative), Zero: uint64(y.zero), MaxBits: y.bits, Decimals: y.decimals, Class: s.classes[y.numClass]}
}

func (s *Scanner) exportText(out *Strings, y *tally) {
	t, class := &y.text, s.classes[y.class]
	*out = Strings{Len: Range{uint64(t.min), uint64(t.max)}, Class: class, TokensFull: t.full || class != ""}
	out.Formats.Add(t.main, uint64(t.count))
	if t.others > 0 {
		for f, c := range s.others[t.others-1] {
			out.Formats.Add(Format(f), uint64(c))
		}
	}
	if out.TokensFull || t.tokens == 0 {
		return
	}
	out.Tokens = s.rooms.tokens.take(int(t.tokens), tokenRoom)
	out.Tokens[0] = t.token
	if t.tokens > 1 {
		copy(out.Tokens[1:], s.tokens[t.more:])
		slices.Sort(out.Tokens)
	}
}
