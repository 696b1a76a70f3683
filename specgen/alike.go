package specgen

import "wirecensus/schemas/shape"

// alike is what all positions of one name in a service have in common. A position that is seen
// now and then has the bounds of its name from the first day, not from the day on which it was seen often
// enough by itself, so that documents change less.
type alike struct {
	digits, tokens lengths // strings of digits of base 16; words without spaces, some of them at positions with more than MaxTokens
	arrays         lengths
	counts         lengths // integers, as of length 0
}

// lengths are how many values the positions of one name had whose values all have one length.
type lengths struct {
	seen   map[uint64]uint64
	full   map[uint64]bool
	varied bool // some position has values of other lengths or kinds
}

// of is the number of values of a length, 0 where it is not that of each position by itself.
func (l *lengths) of(n uint64) uint64 {
	if l.varied || l.full != nil && !l.full[n] {
		return 0
	}
	return l.seen[n]
}

func (l *lengths) add(n, count uint64) {
	if l.seen == nil {
		l.seen = map[uint64]uint64{}
	}
	l.seen[n] += count
}

// alike returns what is known of a name.
func (l *lexicon) alike(name string) *alike {
	if l != nil && l.like[name] != nil {
		return l.like[name]
	}
	return &alike{}
}

// compare notes what a position called name adds to what is known of the name.
func (l *lexicon) compare(n *shape.Node, name string) {
	a := l.like[name]
	if a == nil {
		a = &alike{}
		l.like[name] = a
	}
	if n.Str != nil {
		a.texts(n.Str)
	}
	if count := n.Kinds[shape.Array]; count > 0 {
		a.arrays.add(n.Lens.Min, count)
		a.arrays.varied = a.arrays.varied || n.Lens.Min != n.Lens.Max
	}
	if n.Num != nil {
		a.counts.add(0, n.Kinds[shape.Integer])
		a.counts.varied = a.counts.varied || n.Num.Negative > 0 || n.Num.Class != "" || n.Kinds[shape.Number] > 0
	}
}

func (a *alike) texts(t *shape.Strings) {
	total := uint64(0)
	for _, c := range t.Formats.All() {
		total += c
	}
	fixed := t.Len.Min == t.Len.Max && t.Class == ""
	if a.tokens.full == nil {
		a.tokens.full = map[uint64]bool{}
	}
	switch {
	case fixed && t.Formats.Count(shape.Hex)+t.Formats.Count(shape.ObjectID) == total:
		a.digits.add(t.Len.Min, total)
	case fixed && t.Formats.Count(shape.Token) == total:
		a.tokens.add(t.Len.Min, total)
		a.tokens.full[t.Len.Min] = a.tokens.full[t.Len.Min] || t.TokensFull
	default:
		a.digits.varied, a.tokens.varied = true, true
	}
}
