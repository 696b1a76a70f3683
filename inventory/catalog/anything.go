package catalog

import (
	"math/bits"

	"wirecensus/inventory/template"
)

// An interface that answers anything gives itself away by answering alike at so
// many depths, below so many first segments that nobody wrote as words.
const (
	anyDepths = 4
	anyFirsts = 32
	anyPlain  = 3 // template.Plain of a segment at most that nobody wrote as a word
)

// reach is where one kind of answer came.
type reach struct {
	depths uint32 // a bit for each
	firsts uint64 // segments right below the root
	last   *node  // of them
}

// add notes an answer at a depth below a first segment, which stands for many.
func (r *reach) add(depth uint8, first *node, many uint64) {
	r.depths |= 1 << depth
	if r.last != first {
		r.last, r.firsts = first, r.firsts+many
	}
}

// unwritten: the place is of words, and not as people write them.
func (n *node) unwritten() bool {
	return !n.class.Strong() && (n.rest || template.Plain(n.text) <= anyPlain)
}

// anything finds the answers of GET that come for any path, and notes the digests
// of their names. first is the segment right below the root that is above n, and
// stands for many.
func (d *deciding) anything(n, first *node, many uint64, by map[uint64]*reach) {
	n.sorted(func(c *node, g *group) {
		first, many, odd := first, many, c.unwritten()
		if n.depth == 0 {
			if !odd {
				return
			}
			if first, many = c, 1; c.rest {
				many = beyond(g)
			}
		}
		if p := c.op("GET"); odd && p != nil {
			if names := p.answers(); names != 0 {
				if by[names] == nil {
					by[names] = &reach{}
				}
				by[names].add(c.depth, first, many)
			}
		}
		d.anything(c, first, many, by)
	})
	if n.depth > 0 {
		return
	}
	d.same = map[uint64]bool{}
	for names, r := range by {
		if r.firsts >= anyFirsts && bits.OnesCount32(r.depths) >= anyDepths {
			d.same[names] = true
		}
	}
}

// alike: the place answers as the interface answers anything.
func (d *deciding) alike(p *place) bool { return len(d.same) > 0 && d.same[p.answers()] }

// beyond is how many segments the rest of a group stands for.
func beyond(g *group) uint64 {
	return max(1, g.distinct.Count()-min(g.distinct.Count(), uint64(len(g.kept))))
}

// answers is a digest of the names in successful answers, 0 when there are none.
func (p *place) answers() uint64 {
	h := uint64(0)
	for _, k := range p.keys() {
		h = mix(h ^ k.ID)
	}
	return h
}
