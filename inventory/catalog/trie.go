package catalog

import (
	"math/bits"
	"slices"

	"wirecensus/inventory/template"
)

// tree is the tree of the paths of one service, bounded, and a function of the
// set of paths: which segments keep their text follows from hashes, the number
// of those from level, and level from the estimated number of distinct paths.
type tree struct {
	root     *node
	limits   limits
	level    int
	crowd    int // halvings of the identifiers that keep their text
	census   census
	nodes    int
	overflow uint64 // calls that found no room
	trail    trail  // scratch of walk
}

type limits struct {
	words, values, paths, exact int
	seed                        uint64
	memo                        *memo // the catalog's
}

// node is one place: a segment below its parent. What finding a path reads is in its first line
// of memory, what follows then in the second.
type node struct {
	text  string // "" at the root and in a rest
	kids  kids
	mark  *mark // of the way here, nil: not known; valid iff no place on it is a rest
	class template.Class
	rest  bool
	depth uint8  // segments above and this one
	ids   uint8  // of them, identifiers
	cost  uint8  // of all of them
	has   uint16 // bits of the classes in groups

	groups []*group // by class, in order of class
	ops    []*place // by method, in order of arrival
	hash   uint64
	rank   uint64 // the children of least rank in their group keep their text

	id   uint64 // the sensor's digest of the segment, 0 unknown
	self uint64 // calls in whose bodies the segment came up
	// fields counts those by the name of the field, where it is template.Naming
	fields tally
	keys   *Set   // segments with other values that template.Keyed writes alike; nil for others
	more   uint64 // calls of methods that found no room
}

// place is an operation at a node.
type place struct {
	method string
	Operation
}

// group are the children of one class: the limit's number of least rank keep
// their text, the others are in rest.
type group struct {
	class    template.Class
	kept     []*node
	top      uint64 // the greatest rank of kept, valid iff kept is full
	rest     *node  // nil until the group overflowed
	distinct Set    // hashes of all members, valid iff rest is not nil
}

func newTree(l limits) *tree {
	return &tree{root: &node{}, limits: l, nodes: 1}
}

// takeOps takes the operations of src over.
func (n *node) takeOps(src *node) {
	n.more += src.more
	for _, p := range src.ops {
		if q := n.op(p.method); q != nil {
			q.merge(&p.Operation)
		} else if n.admit(p.method) {
			n.ops = append(n.ops, p)
		} else {
			n.more += p.Calls
		}
	}
}

// read sets what follows from the text in normal form.
func (s *segment) read(seed uint64, text string) {
	s.text, s.class, s.hash = text, template.Classify(text), digest(seed, text)
	s.rank = rankOf(text, s.class, s.hash)
}

// missing makes the child of n for a segment that n has no child for, or finds the place that
// stands for it and others. raw is not 0 where the segment was written in another way.
func (t *tree) missing(n *node, seg *segment, raw uint64) *node {
	if int(n.cost)+seg.cost() > t.ceiling() {
		return t.deep(n)
	}
	g := n.group(seg.class)
	k := t.keep(n, seg.class)
	if !seg.class.Strong() && seg.plain() < t.plain() {
		return t.overflowed(n, g, seg.hash)
	}
	if k == 0 && g.rest == nil && len(g.kept) == 0 {
		k = 1
	}
	if g.rest != nil && len(g.kept) < k && seg.class.Strong() || len(g.kept) >= k && (k <= 0 || seg.rank > g.top || seg.rank == g.top && seg.text > g.topText()) {
		r := t.overflowed(n, g, seg.hash)
		if len(g.kept) > max(0, k) {
			t.settle(n, g, k)
		}
		return r
	}
	if t.nodes >= hardLimit*t.limits.paths {
		t.overflow++
		return t.overflowed(n, g, seg.hash)
	}
	c := &node{text: clone(seg.text), class: seg.class, hash: seg.hash, rank: seg.rank, depth: n.depth + 1, ids: n.ids + idOf(seg.class), cost: cost(n, seg.cost())}
	if raw != 0 {
		c.key(raw)
	}
	t.nodes++
	t.insert(n, g, c, k)
	if n.kids.find(c.hash, c.text) == nil {
		return t.overflowed(n, g, seg.hash)
	}
	return c
}

// key notes a segment that is written like n's.
func (n *node) key(hash uint64) {
	if n.keys == nil {
		n.keys = new(Set)
	}
	n.keys.Add(hash)
}

// cost is that of a child of n.
func cost(n *node, more int) uint8 { return uint8(min(255, int(n.cost)+more)) }

// rankOf orders the segments of a class: plain words first, then by hash. It
// depends on nothing but the segment: what is given up when much was seen could
// not be had back when it turned out to be seen often.
func rankOf(seg string, c template.Class, h uint64) uint64 {
	plain := 0
	switch {
	case c.Strong():
		return h
	case c == template.Version && len(seg) <= 3:
		plain = template.Written
	default:
		plain = template.Plain(seg)
	}
	return uint64(template.MaxPlain-plain)<<60 | h>>4
}

// topText is the greatest text of those kept with the greatest rank.
func (g *group) topText() string {
	text := ""
	for _, c := range g.kept {
		if c.rank == g.top {
			text = max(text, c.text)
		}
	}
	return text
}

// overflowed is where the members of a group are that do not keep their text: its
// rest, made when it is missing, with one more member.
func (t *tree) overflowed(n *node, g *group, h uint64) *node {
	if int(n.cost)+restCost(g.class) > t.ceiling() {
		return t.deep(n)
	}
	if g.rest == nil {
		g.rest = &node{class: g.class, rest: true, depth: n.depth + 1, ids: n.ids + idOf(g.class), cost: cost(n, restCost(g.class))}
		t.nodes++
		for _, c := range g.kept {
			g.distinct.Add(c.hash)
		}
	}
	g.distinct.Add(h)
	return g.rest
}

func idOf(c template.Class) uint8 {
	if c.Strong() {
		return 1
	}
	return 0
}

// insert puts a new child in its group and evicts what is too many.
func (t *tree) insert(n *node, g *group, c *node, k int) {
	n.kids.put(c)
	g.kept = append(g.kept, c)
	if g.rest != nil {
		g.distinct.Add(c.hash)
	}
	t.settle(n, g, k)
}

func (g *group) findTop() {
	g.top = 0
	for _, c := range g.kept {
		g.top = max(g.top, c.rank)
	}
}

// last is the index of the kept child of greatest rank.
func (g *group) last() int {
	at := 0
	for i, c := range g.kept {
		if c.rank > g.kept[at].rank || c.rank == g.kept[at].rank && c.text > g.kept[at].text {
			at = i
		}
	}
	return at
}

// evict puts a kept child where those are that do not keep their text.
func (t *tree) evict(n *node, g *group, at int) {
	c := g.kept[at]
	last := len(g.kept) - 1
	g.kept[at] = g.kept[last]
	g.kept[last] = nil
	g.kept = g.kept[:last]
	n.kids.drop(c)
	if to := t.overflowed(n, g, c.hash); to.class == anything {
		t.sink(n, c)
	} else {
		t.absorb(to, c)
	}
}

// group finds or makes the children of a class.
func (n *node) group(class template.Class) *group {
	bit := uint16(1) << class
	i := bits.OnesCount16(n.has & (bit - 1))
	if n.has&bit == 0 {
		n.has |= bit
		n.groups = slices.Insert(n.groups, i, &group{class: class})
	}
	return n.groups[i]
}

// absorb merges src, a place at the same depth, into dst. src is used up.
func (t *tree) absorb(dst, src *node) {
	t.nodes--
	if src.cost != dst.cost {
		t.reprice(src, dst.cost)
	}
	dst.self += src.self
	for i := range src.fields {
		dst.tell(src.fields[i].name, src.fields[i].n)
	}
	if !dst.rest {
		if src.keys != nil {
			if dst.keys == nil {
				dst.keys = src.keys
			} else {
				dst.keys.Merge(src.keys)
			}
		}
		dst.id = max(dst.id, src.id)
	}
	dst.takeOps(src)
	for _, from := range src.groups {
		t.join(dst, from)
	}
}

// reprice gives n another cost, and gives up what is too dear then.
func (t *tree) reprice(n *node, to uint8) {
	n.cost = to
	for _, g := range n.groups {
		if g.class == anything {
			continue
		}
		for _, c := range g.kept {
			s := segment{class: c.class, rank: c.rank}
			t.reprice(c, cost(n, s.cost()))
		}
		if g.rest != nil {
			t.reprice(g.rest, cost(n, restCost(g.class)))
		}
		t.cut(n, g)
	}
}

// join merges a group of another node into the group of its class below dst.
func (t *tree) join(dst *node, from *group) {
	g := dst.group(from.class)
	k := t.keep(dst, g.class)
	if from.rest != nil {
		if g.rest == nil {
			g.rest = from.rest
			for _, c := range g.kept {
				g.distinct.Add(c.hash)
			}
		} else {
			t.absorb(g.rest, from.rest)
		}
		g.distinct.Merge(&from.distinct)
	}
	for _, c := range from.kept {
		if have := dst.kids.find(c.hash, c.text); have != nil {
			t.absorb(have, c)
			continue
		}
		t.insert(dst, g, c, k)
	}
	t.settle(dst, g, k)
}

// op returns the operation of a method, nil when there is none.
func (n *node) op(method string) *place {
	for _, p := range n.ops {
		if p.method == method {
			return p
		}
	}
	return nil
}

// place finds or makes the operation of a method, nil when there is no room: the
// maxMethods least stay.
func (n *node) place(method string) *place {
	if p := n.op(method); p != nil {
		return p
	}
	if !n.admit(method) {
		return nil
	}
	p := &place{method: clone(method)}
	n.ops = append(n.ops, p)
	return p
}

// admit makes room for a method that is not there, if it is less than some that
// are, and says whether it did.
func (n *node) admit(method string) bool {
	if len(n.ops) < maxMethods {
		return true
	}
	top := 0
	for i, p := range n.ops {
		if p.method > n.ops[top].method {
			top = i
		}
	}
	if method > n.ops[top].method {
		return false
	}
	n.more += n.ops[top].Calls
	n.ops = slices.Delete(n.ops, top, top+1)
	return true
}

// merge takes over the content of another tree of the same limits.
func (t *tree) merge(o *tree) {
	t.census.merge(&o.census)
	t.relevel()
	if t.level > o.level || t.crowd > o.crowd {
		o.level, o.crowd = t.level, t.crowd
		o.trim(o.root)
	}
	t.nodes += o.nodes
	t.overflow += o.overflow
	t.absorb(t.root, o.root)
}
