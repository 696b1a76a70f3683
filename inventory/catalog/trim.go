package catalog

import "wirecensus/inventory/template"

// trim brings what is below n to the tree's level.
func (t *tree) trim(n *node) {
	for _, g := range n.groups {
		if g.class == anything {
			continue
		}
		t.settle(n, g, t.keep(n, g.class))
		t.cut(n, g)
		for _, c := range g.kept {
			t.trim(c)
		}
		if g.rest != nil {
			t.trim(g.rest)
		}
	}
}

// settle evicts the children of a group that are too many or not plain enough.
func (t *tree) settle(n *node, g *group, k int) {
	if plain := t.plain(); plain > 0 && !g.class.Strong() {
		for i := 0; i < len(g.kept); {
			if c := g.kept[i]; template.MaxPlain-int(c.rank>>60) < plain {
				t.evict(n, g, i)
			} else {
				i++
			}
		}
	}
	for len(g.kept) > k && (k != 0 || len(g.kept) > 1 || g.rest != nil) && len(g.kept) > 0 {
		t.evict(n, g, g.last())
	}
	g.findTop()
}

// cut gives up the children of a group that cost too much.
func (t *tree) cut(n *node, g *group) {
	most := t.ceiling() - int(n.cost)
	if most >= oddCost {
		return
	}
	kept := g.kept
	g.kept = g.kept[:0]
	for _, c := range kept {
		if int(c.cost-n.cost) <= most {
			g.kept = append(g.kept, c)
		} else {
			n.kids.drop(c)
			t.sink(n, c)
		}
	}
	clear(kept[len(g.kept):])
	if g.rest != nil && restCost(g.class) > most {
		t.sink(n, g.rest)
		g.rest, g.distinct = nil, Set{}
	}
	g.findTop()
}

// anything is the class of the place that stands for all that is below its parent
// and not told apart.
const anything = template.NumClasses

// deep is the place for what is below n and not told apart, made when it is missing.
func (t *tree) deep(n *node) *node {
	g := n.group(anything)
	if g.rest == nil {
		g.rest = &node{class: anything, rest: true, depth: n.depth + 1, ids: n.ids, cost: n.cost}
		t.nodes++
	}
	return g.rest
}

// sink puts the operations at and below a former child of n where those not told apart are.
func (t *tree) sink(n, c *node) {
	to := t.deep(n)
	t.fold(to, c)
	to.takeOps(c)
	t.nodes--
}

// fold puts the operations of all places below n into dst, n or one above.
func (t *tree) fold(dst, n *node) {
	groups := n.groups
	n.groups, n.has, n.kids = nil, 0, kids{}
	for _, g := range groups {
		for _, c := range g.kept {
			t.fold(dst, c)
			t.nodes--
			dst.takeOps(c)
		}
		if g.rest != nil {
			t.fold(dst, g.rest)
			t.nodes--
			dst.takeOps(g.rest)
		}
	}
}
