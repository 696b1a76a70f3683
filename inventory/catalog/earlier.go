package catalog

import (
	"slices"

	"wirecensus/inventory/template"
)

// The class of a segment, how values in it are written and how plain it is are judged from its text, and
// part versions before 3 were written by a program that judged some texts in another way. What such a part
// has in a class that is not that of its text is put where it belongs now. What had lost its text before
// stays where it is.

// judgedVersion is the first version of parts whose segments are in the classes of their texts.
const judgedVersion = 3

// child is a new child of n with a text, as the text is judged.
func (n *node) child(seed uint64, text string) *node {
	form, keyed := template.Keyed(text)
	var s segment
	s.read(seed, form)
	c := &node{text: form, class: s.class, hash: s.hash, rank: s.rank, depth: n.depth + 1, ids: n.ids + idOf(s.class), cost: cost(n, s.cost())}
	if keyed && form != text {
		c.key(max(1, digest(seed, text)))
	}
	return c
}

// adopt puts children into the groups of their classes, or into those of the same text that are there.
func (t *tree) adopt(n *node, strays []*node) {
	for _, c := range strays {
		if have := n.kids.find(c.hash, c.text); have != nil {
			t.absorb(have, c)
			continue
		}
		g := n.group(c.class)
		n.kids.put(c)
		g.kept = append(g.kept, c)
		g.findTop()
		if g.rest != nil {
			g.distinct.Add(c.hash)
		}
	}
	if len(strays) > 0 {
		n.groups = slices.DeleteFunc(n.groups, func(g *group) bool {
			gone := len(g.kept) == 0 && g.rest == nil
			if gone {
				n.has &^= 1 << g.class
			}
			return gone
		})
	}
}

// whole: everything at and below n has the text of its segment.
func (t *tree) whole(n *node) bool {
	for _, g := range n.groups {
		if g.rest != nil {
			return false
		}
		for _, c := range g.kept {
			if !t.whole(c) {
				return false
			}
		}
	}
	return true
}

// formerSketches passes over the sketches of version 1.
func (r *reader) formerSketches() {
	const registers, depths = 256, 12
	r.registers(registers, maxSmall)
	for range depths {
		if r.bool() {
			r.registers(registers, maxSmall)
		}
	}
}

// recount counts the paths at and below n as far as their segments are still there, and those of rests if
// rests says so; way are the segments above.
func (t *tree) recount(n *node, way trail, rests bool) {
	if len(n.ops) > 0 {
		t.census.add(start(t.limits.seed), &way)
	}
	n.sorted(func(c *node, _ *group) {
		if c.rest && !rests {
			return
		}
		down := way
		s := segment{class: c.class, hash: c.hash, rank: c.rank}
		if c.rest {
			s.rank = template.MaxPlain << 60
		}
		down.add(&s)
		t.recount(c, down, rests)
	})
}
