package shape

import (
	"slices"
	"strings"
)

// MaxMerged is the number of nodes of a merged shape; a shape that grows beyond
// it is cut at the greatest depth that leaves at most half of it. Below it
// Merge is exactly associative; above it the cut depends on when it was made.
const MaxMerged = 8192

// Merge returns the shape of all that a and b have seen. nil is the shape of
// nothing. Neither is changed; the result may share parts with both.
func Merge(a, b *Node) *Node {
	m := merge(a, b)
	if m != a && m != b && exceeds(m, MaxMerged) {
		m = m.Clone()
		trim(m)
	}
	return m
}

func merge(a, b *Node) *Node {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	m := &Node{Truncated: a.Truncated || b.Truncated, Lens: mergeLens(a, b), Items: merge(a.Items, b.Items), Extra: merge(a.Extra, b.Extra)}
	for i := range m.Kinds {
		m.Kinds[i] = a.Kinds[i] + b.Kinds[i]
	}
	m.Str = mergeStrings(a.Str, b.Str)
	m.Num = mergeNumbers(a.Num, b.Num)
	if len(a.Props)+len(b.Props) > 0 {
		mergeProps(m, a.Props, b.Props)
		m.mergeCases(a, b)
	}
	m.mergeTuples(a, b)
	return m
}

func mergeLens(a, b *Node) Range {
	switch {
	case a.Kinds[Array] == 0:
		return b.Lens
	case b.Kinds[Array] == 0:
		return a.Lens
	}
	return a.Lens.join(b.Lens)
}

func (r Range) join(o Range) Range { return Range{min(r.Min, o.Min), max(r.Max, o.Max)} }

// mergeProps sets the properties of m to the MaxProps least names of a and b and
// merges the others into Extra. Which names stay is a function of the set of
// names alone.
func mergeProps(m *Node, a, b []Prop) {
	m.Props = make([]Prop, 0, min(len(a)+len(b), MaxProps))
	for len(a)+len(b) > 0 {
		var p Prop
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].Name < b[0].Name:
			p, a = a[0], a[1:]
		case len(a) == 0 || b[0].Name < a[0].Name:
			p, b = b[0], b[1:]
		default:
			p = Prop{Name: a[0].Name, Node: merge(a[0].Node, b[0].Node), Seen: a[0].Seen + b[0].Seen}
			a, b = a[1:], b[1:]
		}
		if len(m.Props) < MaxProps {
			m.Props = append(m.Props, p)
		} else {
			m.Extra = merge(m.Extra, p.Node)
		}
	}
}

func mergeStrings(a, b *Strings) *Strings {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	m := *a
	m.Tokens, m.Formats = nil, m.Formats.clone()
	m.add(b, a.Tokens)
	return &m
}

// clone returns a copy that shares nothing with s.
func (s *Strings) clone() *Strings {
	c := *s
	c.Formats, c.Tokens = s.Formats.clone(), slices.Clone(s.Tokens)
	return &c
}

// add counts what o has seen in m, whose tokens are tokens; it writes to
// m.Tokens' room but not to tokens.
func (m *Strings) add(o *Strings, tokens []uint64) {
	m.Len = m.Len.join(o.Len)
	m.Formats.join(&o.Formats)
	m.Class = mergeClass(m.Class, o.Class)
	if m.TokensFull || o.TokensFull || m.Class != "" {
		m.TokensFull, m.Tokens = true, nil
		return
	}
	if subset(o.Tokens, tokens) {
		m.Tokens = tokens
		return
	}
	m.Tokens = union(tokens, o.Tokens)
	if len(m.Tokens) > MaxTokens {
		m.TokensFull, m.Tokens = true, nil
	}
}

func subset(a, b []uint64) bool {
	if len(a) == 0 {
		return true
	}
	if len(a) > len(b) {
		return false
	}
	for _, x := range a {
		if _, ok := slices.BinarySearch(b, x); !ok {
			return false
		}
	}
	return true
}

func union(a, b []uint64) []uint64 {
	u := make([]uint64, 0, len(a)+len(b))
	u = append(append(u, a...), b...)
	slices.Sort(u)
	return slices.Compact(u)
}

func mergeNumbers(a, b *Numbers) *Numbers {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	m := *a
	m.add(b)
	return &m
}

func (m *Numbers) add(o *Numbers) {
	m.Negative += o.Negative
	m.Zero += o.Zero
	m.MaxBits = max(m.MaxBits, o.MaxBits)
	m.Decimals = max(m.Decimals, o.Decimals)
	m.Class = mergeClass(m.Class, o.Class)
}

// Nodes returns the number of nodes of n.
func (n *Node) Nodes() int {
	if n == nil {
		return 0
	}
	k := 1 + n.Items.Nodes() + n.Extra.Nodes()
	for i := range n.Props {
		k += n.Props[i].Node.Nodes()
	}
	return k
}

func exceeds(n *Node, limit int) bool { return n.Nodes() > limit }

// trim cuts n, which the caller owns, at the greatest depth that leaves at most
// half of MaxMerged nodes.
func trim(n *Node) {
	var level [MaxDepth + 2]int
	countLevels(n, 0, &level)
	keep, total := 0, level[0]
	for d := 1; d < len(level); d++ {
		if total += level[d]; total > MaxMerged/2 {
			break
		}
		keep = d
	}
	cut(n, keep)
}

// countLevels counts nodes by depth, deeper than MaxDepth in the last place.
func countLevels(n *Node, depth int, level *[MaxDepth + 2]int) {
	if n == nil {
		return
	}
	level[min(depth, len(level)-1)]++
	countLevels(n.Items, depth+1, level)
	countLevels(n.Extra, depth+1, level)
	for i := range n.Props {
		countLevels(n.Props[i].Node, depth+1, level)
	}
}

// cut removes what is more than depth below n.
func cut(n *Node, depth int) {
	if n == nil {
		return
	}
	if depth == 0 {
		if n.Items != nil || n.Extra != nil || n.Props != nil {
			n.Items, n.Extra, n.Props, n.Cases, n.Tuple, n.Truncated = nil, nil, nil, nil, 0, true
		}
		return
	}
	cut(n.Items, depth-1)
	cut(n.Extra, depth-1)
	for i := range n.Props {
		cut(n.Props[i].Node, depth-1)
	}
}

// Prop returns the property called name, nil when there is none.
func (n *Node) Prop(name string) *Prop {
	if n == nil {
		return nil
	}
	i, ok := slices.BinarySearchFunc(n.Props, name, func(p Prop, s string) int { return strings.Compare(p.Name, s) })
	if !ok {
		return nil
	}
	return &n.Props[i]
}
