package shape

import "slices"

// Acc accumulates shapes in place: after Add of a, b, c it holds
// Merge(Merge(a, b), c). Once the structure is known, Add allocates nothing. The
// zero value is the shape of nothing.
type Acc struct {
	root  *Node
	count int // nodes of root
}

// Add merges n into the accumulated shape. It does not retain n.
func (a *Acc) Add(n *Node) {
	if n == nil {
		return
	}
	if a.root == nil {
		a.root, a.count = n.Clone(), n.Nodes()
		return
	}
	a.count += add(a.root, n)
	if a.count > MaxMerged {
		trim(a.root)
		a.count = a.root.Nodes()
	}
}

// Node returns a copy of the accumulated shape, nil when there was none.
func (a *Acc) Node() *Node { return a.root.Clone() }

// View returns the accumulated shape itself: it changes with the next Add and
// must not be changed by the caller.
func (a *Acc) View() *Node { return a.root }

// add merges src into dst, which the caller owns, and returns how many nodes dst grew by.
func add(dst, src *Node) (grown int) {
	dst.Lens = mergeLens(dst, src)
	for i, c := range src.Kinds {
		dst.Kinds[i] += c
	}
	dst.Truncated = dst.Truncated || src.Truncated
	if src.Str != nil {
		if dst.Str == nil {
			dst.Str = src.Str.clone()
		} else {
			dst.Str.add(src.Str, dst.Str.Tokens)
		}
	}
	if src.Num != nil {
		if dst.Num == nil {
			v := *src.Num
			dst.Num = &v
		} else {
			dst.Num.add(src.Num)
		}
	}
	grown = addTo(&dst.Items, src.Items) + addTo(&dst.Extra, src.Extra)
	return grown + addProps(dst, src.Props)
}

func addTo(dst **Node, src *Node) int {
	if src == nil {
		return 0
	}
	if *dst == nil {
		*dst = src.Clone()
		return src.Nodes()
	}
	return add(*dst, src)
}

// addProps merges the properties src into dst.
func addProps(dst *Node, src []Prop) (grown int) {
	i := 0
	for _, p := range src {
		for i < len(dst.Props) && dst.Props[i].Name < p.Name {
			i++
		}
		switch {
		case i < len(dst.Props) && dst.Props[i].Name == p.Name:
			dst.Props[i].Seen += p.Seen
			grown += add(dst.Props[i].Node, p.Node)
		case i >= MaxProps:
			grown += addTo(&dst.Extra, p.Node)
		default:
			grown += p.Node.Nodes()
			dst.Props = slices.Insert(dst.Props, i, Prop{Name: p.Name, Node: p.Node.Clone(), Seen: p.Seen})
		}
	}
	if len(dst.Props) > MaxProps {
		for _, p := range dst.Props[MaxProps:] {
			grown += addTo(&dst.Extra, p.Node) - p.Node.Nodes()
		}
		clear(dst.Props[MaxProps:])
		dst.Props = dst.Props[:MaxProps]
	}
	return grown
}
