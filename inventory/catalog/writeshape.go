package catalog

import "wirecensus/schemas/shape"

// Bits of the first number of a shape, after one for each kind.
const (
	hasProps = 1 << (iota + 7)
	hasExtra
	hasItems
	hasLens
	hasStr
	hasNum
	isTruncated
	hasTuple
	hasCases
	hasAll = hasCases<<1 - 1
)

func flag(v bool, f uint64) uint64 {
	if v {
		return f
	}
	return 0
}

// acc writes a shape, which may be nil.
func (w *writer) acc(n *shape.Node) {
	if w.bool(n != nil); n != nil {
		w.shape(n)
	}
}

func (w *writer) shape(n *shape.Node) {
	f := flag(len(n.Props) > 0, hasProps) | flag(n.Extra != nil, hasExtra) | flag(n.Items != nil, hasItems) | flag(n.Lens != shape.Range{}, hasLens) |
		flag(n.Str != nil, hasStr) | flag(n.Num != nil, hasNum) | flag(n.Truncated, isTruncated) |
		flag(n.Tuple != 0, hasTuple) | flag(n.Cases != nil, hasCases)
	for k, c := range n.Kinds {
		f |= flag(c > 0, 1<<k)
	}
	w.uint(f)
	for _, c := range n.Kinds {
		if c > 0 {
			w.uint(c)
		}
	}
	if f&hasStr != 0 {
		w.strings(n.Str)
	}
	if f&hasNum != 0 {
		w.uint(n.Num.Negative)
		w.uint(n.Num.Zero)
		w.b = append(w.b, n.Num.MaxBits, n.Num.Decimals)
		w.text(n.Num.Class)
	}
	if f&hasLens != 0 {
		w.uint(n.Lens.Min)
		w.uint(n.Lens.Max)
	}
	if f&hasTuple != 0 {
		w.uint(n.Tuple)
	}
	if f&hasItems != 0 {
		w.shape(n.Items)
	}
	if f&hasExtra != 0 {
		w.shape(n.Extra)
	}
	if f&hasProps != 0 {
		w.uint(uint64(len(n.Props)))
		for i := range n.Props {
			p := &n.Props[i]
			w.text(p.Name)
			w.uint(p.Seen)
			w.shape(p.Node)
		}
	}
	if f&hasCases != 0 {
		w.cases(n.Cases)
	}
}

func (w *writer) cases(cs []shape.Case) {
	w.uint(uint64(len(cs)))
	for i := range cs {
		c := &cs[i]
		w.b = append(w.b, c.By)
		w.word(c.Token)
		w.uint(c.Count)
		w.uint(c.Some)
		w.uint(c.Lack)
	}
}

func (w *writer) strings(s *shape.Strings) {
	w.uint(s.Len.Min)
	w.uint(s.Len.Max)
	w.bool(s.TokensFull)
	w.text(s.Class)
	formats := 0
	for range s.Formats.All() {
		formats++
	}
	w.uint(uint64(formats))
	for f, n := range s.Formats.All() {
		w.b = append(w.b, byte(f))
		w.uint(n)
	}
	w.uint(uint64(len(s.Tokens)))
	for _, t := range s.Tokens {
		w.word(t)
	}
}
