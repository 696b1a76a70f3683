package catalog

import (
	"math"
	"math/bits"

	"wirecensus/inventory/template"
)

// tree is the tree of the paths of one service, bounded, and a function of the
// set of paths: which segments keep their text follows from hashes, the number
// of those from level, and level from the estimated number of distinct paths.
type tree struct {
	root     *node
	limits   limits
	level    int
	crowd    int     // halvings of the identifiers that keep their text
	paths    sketch8 // of distinct paths, identifiers written as their class
	nodes    int
	overflow uint64 // calls that found no room
}

type limits struct {
	words, values, paths int
	seed                 uint64
}

// node is one place: a segment below its parent.
type node struct {
	text  string // "" at the root and in a rest
	class template.Class
	rest  bool
	depth uint8 // segments above and this one
	ids   uint8 // of them, identifiers
	hash  uint64
	id    uint64 // the sensor's digest of the segment, 0 unknown
	self  uint64 // calls in whose bodies the segment came up

	kids   map[string]*node // by text
	groups []*group         // by class, in order of class
	ops    []*place         // by method, in order of arrival
}

// place is an operation at a node.
type place struct {
	method string
	Operation
}

// group are the children of one class: the limit's number of least hash keep
// their text, the others are in rest.
type group struct {
	class    template.Class
	kept     []*node
	top      uint64 // the greatest hash of kept, valid iff kept is full
	rest     *node  // nil until the group overflowed
	distinct Set    // hashes of all members, valid iff rest is not nil
}

func newTree(l limits) *tree {
	return &tree{root: &node{}, limits: l, nodes: 1}
}

// wordLimits is how many word-like children keep their text at each level.
var wordLimits = [...]int{1024, 512, 256, 128, 64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1}

// keep is how many children of a class may keep their text below n.
func (t *tree) keep(n *node, c template.Class) int {
	l := min(t.level, len(wordLimits)-1)
	if c.Strong() {
		return max(1, t.limits.values>>(min(n.ids, 2))>>t.crowd>>(l/3))
	}
	return max(1, t.limits.words*wordLimits[l]/wordLimits[0])
}

// sketch8 is a HyperLogLog of 256 registers.
type sketch8 [256]uint8

func (s *sketch8) add(d uint64) bool {
	i, r := d>>56, uint8(bits.LeadingZeros64(d<<8|1<<7))+1
	if s[i] >= r {
		return false
	}
	s[i] = r
	return true
}

func (s *sketch8) count() float64 {
	sum, zero := 0.0, 0
	for _, r := range s {
		sum += math.Ldexp(1, -int(r))
		if r == 0 {
			zero++
		}
	}
	e := 0.7213 / (1 + 1.079/256) * 256 * 256 / sum
	if e <= 2.5*256 && zero > 0 {
		e = 256 * math.Log(256/float64(zero))
	}
	return e
}

// roomy is the part of limits.paths up to which all identifiers that may keep
// their text do.
const roomy = 32

// relevel raises level and crowd to what the distinct paths demand, and says
// whether it did.
func (t *tree) relevel() bool {
	full := t.paths.count() / float64(t.limits.paths)
	l, crowd := 0, 0
	for c := full; c > 1 && l < len(wordLimits)-1; c /= 2 {
		l++
	}
	for c := full * roomy; c > 1 && crowd < 8; c /= 2 {
		crowd++
	}
	if l <= t.level && crowd <= t.crowd {
		return false
	}
	t.level, t.crowd = max(l, t.level), max(crowd, t.crowd)
	t.trim(t.root)
	return true
}

func (t *tree) trim(n *node) {
	for _, g := range n.groups {
		for k := t.keep(n, g.class); len(g.kept) > k; {
			t.evict(n, g)
		}
		for _, c := range g.kept {
			t.trim(c)
		}
		if g.rest != nil {
			t.trim(g.rest)
		}
	}
}

// walk finds the node of a path, making what is missing. visit is called with
// each node on the way that stands for one segment, and the segment's index.
func (t *tree) walk(path string, visit func(pos int, n *node)) *node {
	n, pos, print := t.root, 0, t.limits.seed
	for rest := path; len(rest) > 0; {
		var seg string
		if seg, rest = nextSegment(rest, pos); seg == "" {
			continue
		}
		n = t.child(n, seg)
		switch {
		case n.class.Strong():
			print = mix(print ^ uint64(n.class) + 1)
		case n.rest:
			print = mix(print ^ digest(t.limits.seed, canonical(seg)))
		default:
			print = mix(print ^ n.hash)
		}
		if visit != nil && !n.rest {
			visit(pos, n)
		}
		pos++
	}
	if t.paths.add(mix(print)) && t.relevel() {
		return t.walk(path, nil)
	}
	return n
}

// hardLimit is how many places a tree may have for each of Config.MaxPaths.
const hardLimit = 10

// maxDepth is the number of segments of a path that are told apart.
const maxDepth = 24

func nextSegment(path string, pos int) (seg, rest string) {
	for len(path) > 0 && path[0] == '/' {
		path = path[1:]
	}
	if pos == maxDepth-1 {
		for len(path) > 0 && path[len(path)-1] == '/' {
			path = path[:len(path)-1]
		}
		return path, ""
	}
	for i := 0; i < len(path); i++ {
		if path[i] == '/' {
			return path[:i], path[i+1:]
		}
	}
	return path, ""
}

// child finds or makes the child of n for a segment.
func (t *tree) child(n *node, raw string) *node {
	if c := n.kids[raw]; c != nil {
		return c
	}
	seg := canonical(raw)
	if c := n.kids[seg]; c != nil {
		return c
	}
	class := template.Classify(seg)
	h := digest(t.limits.seed, seg)
	g := n.group(class)
	k := t.keep(n, class)
	if g.rest != nil && (len(g.kept) < k || h > g.top) || len(g.kept) >= k && h > g.top {
		return t.overflowed(n, g, h)
	}
	if t.nodes >= hardLimit*t.limits.paths {
		t.overflow++
		return t.overflowed(n, g, h)
	}
	c := &node{text: clone(seg), class: class, hash: h, depth: n.depth + 1, ids: n.ids + idOf(class)}
	t.nodes++
	t.insert(n, g, c, k)
	return c
}

// overflowed is the rest of a group, made when it is missing, with one more member.
func (t *tree) overflowed(n *node, g *group, h uint64) *node {
	if g.rest == nil {
		g.rest = &node{class: g.class, rest: true, depth: n.depth + 1, ids: n.ids + idOf(g.class)}
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
	if n.kids == nil {
		n.kids = map[string]*node{}
	}
	n.kids[c.text] = c
	g.kept = append(g.kept, c)
	if g.rest != nil {
		g.distinct.Add(c.hash)
	}
	for len(g.kept) > k {
		t.evict(n, g)
	}
	g.findTop()
}

func (g *group) findTop() {
	g.top = 0
	for _, c := range g.kept {
		g.top = max(g.top, c.hash)
	}
}

// evict merges the kept child of greatest hash into the rest.
func (t *tree) evict(n *node, g *group) {
	at := 0
	for i, c := range g.kept {
		if c.hash > g.kept[at].hash || c.hash == g.kept[at].hash && c.text > g.kept[at].text {
			at = i
		}
	}
	c := g.kept[at]
	last := len(g.kept) - 1
	g.kept[at] = g.kept[last]
	g.kept[last] = nil
	g.kept = g.kept[:last]
	delete(n.kids, c.text)
	r := t.overflowed(n, g, c.hash)
	t.absorb(r, c)
	g.findTop()
}

func (n *node) group(class template.Class) *group {
	for i, g := range n.groups {
		if g.class == class {
			return g
		}
		if g.class > class {
			n.groups = append(n.groups, nil)
			copy(n.groups[i+1:], n.groups[i:])
			n.groups[i] = &group{class: class}
			return n.groups[i]
		}
	}
	n.groups = append(n.groups, &group{class: class})
	return n.groups[len(n.groups)-1]
}

// absorb merges src, a place at the same depth, into dst. src is used up.
func (t *tree) absorb(dst, src *node) {
	t.nodes--
	if !dst.rest {
		dst.self += src.self
		dst.id = max(dst.id, src.id)
	}
	for _, p := range src.ops {
		if q := dst.op(p.method); q != nil {
			q.merge(&p.Operation)
		} else {
			dst.ops = append(dst.ops, p)
		}
	}
	for _, from := range src.groups {
		t.join(dst, from)
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
		if have := dst.kids[c.text]; have != nil {
			t.absorb(have, c)
			continue
		}
		t.insert(dst, g, c, k)
	}
	g.findTop()
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

// merge takes over the content of another tree of the same limits.
func (t *tree) merge(o *tree) {
	for i, r := range o.paths {
		t.paths[i] = max(t.paths[i], r)
	}
	t.relevel()
	o.paths = t.paths
	o.relevel()
	t.nodes += o.nodes
	t.overflow += o.overflow
	t.absorb(t.root, o.root)
}
