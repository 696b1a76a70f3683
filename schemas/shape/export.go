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

// room is zeroed memory that is not handed out yet.
type room[T any] []T

// take returns n elements; size is how many are allocated together.
func (r *room[T]) take(n, size int) []T {
	if n > len(*r) {
		if n > size/4 {
			return make([]T, n)
		}
		*r = make([]T, size)
	}
	got := (*r)[:n:n]
	*r = (*r)[n:]
	return got
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

func (s *Scanner) export(n int32) *Node {
	nd := &s.nodes[n]
	if nd.kinds[Object] == 0 && nd.kinds[Array] == 0 && !nd.truncated {
		if k, ok := s.leafKey(nd); ok {
			return s.leaf(k, nd)
		}
		if nd.kinds[Integer]+nd.kinds[Number] == 0 {
			return s.textLeaf(nd)
		}
	}
	out := &s.rooms.nodes.take(1, nodeRoom)[0]
	for i, c := range nd.kinds {
		out.Kinds[i] = uint64(c)
	}
	out.Truncated = nd.truncated
	if nd.text > 0 {
		out.Str = new(Strings)
		s.exportText(out.Str, &s.texts[nd.text-1], s.classes[nd.class])
	}
	if nd.kinds[Integer]+nd.kinds[Number] > 0 {
		num := s.exportNumbers(nd)
		out.Num = &num
	}
	if nd.kinds[Array] > 0 {
		out.Lens = Range{uint64(nd.lenMin), uint64(nd.lenMax)}
		if nd.item >= 0 && s.met(nd.item) && s.nodes[nd.item].total() > 0 {
			out.Items = s.export(nd.item)
		}
	}
	if nd.kids > 0 {
		s.exportProps(nd, out)
	}
	return out
}

func (nd *node) total() (t uint64) {
	for _, c := range nd.kinds {
		t += uint64(c)
	}
	return t
}

// met reports whether this scan met the node c.
func (s *Scanner) met(c int32) bool { return s.nodes[c].gen == s.gen }

func (s *Scanner) exportProps(nd *node, out *Node) {
	props := s.rooms.props.take(int(nd.kids), propRoom)
	k := 0
	for _, c := range s.byName(nd) {
		if s.met(c) {
			props[k] = Prop{Name: s.nameOf(c), Node: s.export(c), Seen: uint64(s.nodes[c].seen)}
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
}

func (s *Scanner) nameOf(c int32) string { return s.names.list[s.nodes[c].key].text }

// byName returns the children of nd in order of their names, those among them that
// only other texts had.
func (s *Scanner) byName(nd *node) []int32 {
	if nd.ordered != nd.count {
		s.arrange(nd)
	}
	return s.sorted[nd.sorted : nd.sorted+nd.count]
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
func (s *Scanner) leafKey(nd *node) (k leafKey, ok bool) {
	kind := Null
	for c := Bool; c <= String; c++ {
		if nd.kinds[c] == 0 {
			continue
		}
		if kind != Null {
			return k, false
		}
		kind = c
	}
	k[0] = uint64(kind)
	k[1] = uint64(nd.kinds[Null]) << 32
	if kind != Null {
		k[1] |= uint64(nd.kinds[kind])
	}
	switch kind {
	case Integer, Number:
		k[0] |= uint64(nd.bits)<<24 | uint64(nd.decimals)<<32 | uint64(nd.numClass)<<40
		k[2] = uint64(nd.negative)<<32 | uint64(nd.zero)
	case String:
		t := &s.texts[nd.text-1]
		if t.others >= 0 || t.tokens > 1 && !t.full {
			return k, false
		}
		k[0] |= uint64(t.main)<<8 | uint64(nd.class)<<40
		k[2] = t.len.Min<<32 | t.len.Max
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

// leaf returns the immutable node of k, which nd has.
func (s *Scanner) leaf(k leafKey, nd *node) *Node {
	e := &s.leaves[k.hash()%numLeaves]
	if e.node != nil && e.key == k {
		return e.node
	}
	var n *Node
	switch Kind(k[0] & 0xff) {
	case Integer, Number:
		l := &s.rooms.numbers.take(1, leafRoom)[0]
		l.num = s.exportNumbers(nd)
		n = &l.node
		n.Num = &l.num
	case String:
		n = s.textLeaf(nd)
	default:
		n = &s.rooms.numbers.take(1, leafRoom)[0].node
	}
	for i, c := range nd.kinds {
		n.Kinds[i] = uint64(c)
	}
	*e = leaf{key: k, node: n}
	return n
}

// textLeaf returns a node of strings, and of nulls and booleans.
func (s *Scanner) textLeaf(nd *node) *Node {
	l := &s.rooms.texts.take(1, leafRoom)[0]
	l.node.Str = &l.str
	s.exportText(&l.str, &s.texts[nd.text-1], s.classes[nd.class])
	for i, c := range nd.kinds {
		l.node.Kinds[i] = uint64(c)
	}
	return &l.node
}

func (s *Scanner) exportNumbers(nd *node) Numbers {
	return Numbers{Negative: uint64(nd.negative), Zero: uint64(nd.zero), MaxBits: nd.bits, Decimals: nd.decimals, Class: s.classes[nd.numClass]}
}

func (s *Scanner) exportText(out *Strings, t *text, class string) {
	*out = Strings{Len: t.len, Class: class, TokensFull: t.full || class != ""}
	out.Formats.Add(t.main, uint64(t.count))
	if t.others >= 0 {
		for f, c := range s.others[t.others] {
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
