package shape

import "slices"

// Equal reports whether n and o say the same of the values that they stand for.
func (n *Node) Equal(o *Node) bool {
	if n == nil || o == nil || n == o {
		return n == o
	}
	if n.Kinds != o.Kinds || n.Lens != o.Lens || n.Tuple != o.Tuple || !slices.Equal(n.Cases, o.Cases) || n.Truncated != o.Truncated || len(n.Props) != len(o.Props) ||
		!n.Str.equal(o.Str) || (n.Num == nil) != (o.Num == nil) || n.Num != nil && *n.Num != *o.Num {
		return false
	}
	for i := range n.Props {
		p, q := &n.Props[i], &o.Props[i]
		if p.Name != q.Name || p.Seen != q.Seen || !p.Node.Equal(q.Node) {
			return false
		}
	}
	return n.Items.Equal(o.Items) && n.Extra.Equal(o.Extra)
}

func (s *Strings) equal(o *Strings) bool {
	if s == nil || o == nil {
		return s == o
	}
	return s.Len == o.Len && s.TokensFull == o.TokensFull && s.Class == o.Class && slices.Equal(s.Tokens, o.Tokens) &&
		s.Formats.first == o.Formats.first && slices.Equal(s.Formats.more, o.Formats.more)
}
