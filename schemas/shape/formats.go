package shape

import (
	"iter"
	"slices"
)

// Formats counts strings by format. Most positions have one format, so the
// counts are kept as a short list. The zero value counts nothing.
type Formats struct {
	first formatCount   // of the smallest format; nothing is counted while n is 0
	more  []formatCount // of the others, in order
}

type formatCount struct {
	format Format
	n      uint64
}

// Count returns how many strings had format f.
func (c *Formats) Count(f Format) uint64 {
	if c.first.format == f {
		return c.first.n
	}
	for i := range c.more {
		if c.more[i].format == f {
			return c.more[i].n
		}
	}
	return 0
}

// Add counts n more strings of format f.
func (c *Formats) Add(f Format, n uint64) {
	switch {
	case n == 0:
	case c.first.n == 0:
		c.first = formatCount{f, n}
	case c.first.format == f:
		c.first.n += n
	case f < c.first.format:
		c.more = slices.Insert(c.more, 0, c.first)
		c.first = formatCount{f, n}
	default:
		i := 0
		for i < len(c.more) && c.more[i].format < f {
			i++
		}
		if i < len(c.more) && c.more[i].format == f {
			c.more[i].n += n
			return
		}
		c.more = slices.Insert(c.more, i, formatCount{f, n})
	}
}

// All yields the formats that were seen with their counts, in order.
func (c *Formats) All() iter.Seq2[Format, uint64] {
	return func(yield func(Format, uint64) bool) {
		if c.first.n == 0 || !yield(c.first.format, c.first.n) {
			return
		}
		for _, e := range c.more {
			if !yield(e.format, e.n) {
				return
			}
		}
	}
}

// join adds the counts of o.
func (c *Formats) join(o *Formats) {
	c.Add(o.first.format, o.first.n)
	for _, e := range o.more {
		c.Add(e.format, e.n)
	}
}

// clone returns a copy that shares nothing with c.
func (c Formats) clone() Formats { return Formats{c.first, slices.Clone(c.more)} }

// Clear forgets all counts and keeps their room.
func (c *Formats) Clear() { c.first, c.more = formatCount{}, c.more[:0] }
