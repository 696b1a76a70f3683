package catalog

import (
	"cmp"
	"encoding/binary"
	"math"

	"wirecensus/inventory/template"
	"wirecensus/schemas"
)

// reader reads what a writer wrote. After the first thing that is not as a writer
// writes it bad is set, all is zero and nothing is left.
type reader struct {
	b     []byte
	texts []string
	bad   bool
	seed  bool // the part is of another seed

	version byte // of the part
}

func (r *reader) fail() {
	r.bad, r.b = true, nil
}

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) int() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) time() schemas.Time { return schemas.Time(r.int()) }

// take returns the next n bytes, nil when there are fewer.
func (r *reader) take(n int) []byte {
	if n > len(r.b) {
		r.fail()
		return nil
	}
	b := r.b[:n:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) word() uint64 {
	if b := r.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (r *reader) bool() bool {
	b := r.byte()
	if b > 1 {
		r.fail()
	}
	return b == 1
}

// count reads how many things follow, at most limit, of which each has size bytes or more.
func (r *reader) count(limit, size int) int {
	n := r.uint()
	if n > uint64(limit) || n > uint64(len(r.b)/size) {
		r.fail()
		return 0
	}
	return int(n)
}

func (r *reader) text() string {
	if n := r.uint(); n > uint64(len(r.texts)) {
		r.fail()
	} else if n > 0 {
		return r.texts[n-1]
	}
	if r.bad {
		return ""
	}
	s := string(r.take(r.count(math.MaxInt, 1)))
	if !r.bad {
		r.texts = append(r.texts, s)
	}
	return s
}

// readMap reads a map whose keys ascend, nil when it is empty.
func readMap[K comparable, V any](r *reader, limit int, compare func(a, b K) int, key func() K, value func() V) map[K]V {
	n := r.count(limit, 2)
	if n == 0 {
		return nil
	}
	m := make(map[K]V, n)
	var last K
	for i := range n {
		k := key()
		if i > 0 && compare(last, k) >= 0 {
			r.fail()
		}
		v := value()
		if r.bad {
			return nil
		}
		m[k], last = v, k
	}
	return m
}

func (r *reader) counts() map[string]uint64 {
	return readMap(r, maxFew, cmp.Compare[string], r.text, r.uint)
}

func (r *reader) tally() tally { return r.tallyUpTo(maxFew) }

func (r *reader) tallyUpTo(limit int) tally {
	n := r.count(limit, 2)
	if n == 0 {
		return nil
	}
	t := make(tally, n)
	for i := range t {
		t[i] = tallied{r.text(), r.uint()}
		if i > 0 && t[i].name <= t[i-1].name {
			r.fail()
		}
	}
	return t
}

func (r *reader) set(s *Set) {
	n := r.count(maxExact+1, 1)
	if n > maxExact {
		s.big = new(sketch)
		copy(s.big[:], r.registers(len(s.big), 64-precision+1))
		return
	}
	for i := range n {
		d := r.word()
		if r.bad || i > 0 && d <= s.small[i-1] {
			r.fail()
			return
		}
		s.small = append(s.small, d)
	}
}

// registers returns n registers of a sketch, none greater than limit.
func (r *reader) registers(n int, limit uint8) []uint8 {
	b := r.take(n)
	for _, x := range b {
		if x > limit {
			r.fail()
			return nil
		}
	}
	return b
}

func (c *Catalog) readSeed(r *reader) {
	if r.word() != c.cfg.Seed && !r.bad {
		r.seed = true
		r.fail()
	}
}

func (c *Catalog) readRest(r *reader) {
	c.readSeed(r)
	r.set(&c.goodOut.names)
	c.goodOut.calls = r.uint()
	r.set(&c.badOut.names)
	c.badOut.calls = r.uint()
	r.set(&c.noWords)
}

// readWords reads the words whose digests begin with a hex digit.
func (c *Catalog) readWords(r *reader, digit byte) {
	for range r.count(maxWords, 9) {
		d, text := r.word(), r.text()
		if r.bad || "0123456789abcdef"[d>>60] != digit || len(text) > maxWordLen {
			r.fail()
			return
		}
		c.addWord(d, text)
	}
}

func (c *Catalog) readService(r *reader, name string) {
	c.readSeed(r)
	if r.text() != name {
		r.fail()
	}
	for _, good := range [...]bool{true, false} {
		if !r.bool() {
			continue
		}
		s := &service{name: name, hash: digest(c.cfg.Seed, name)}
		r.service(s, c.limits(good))
		if r.bad {
			return
		}
		m, _, _ := c.side(good)
		m[name] = s
	}
}

func (r *reader) service(s *service, l limits) {
	s.host = r.text()
	port := r.uint()
	s.port = uint16(port)
	s.calls = r.uint()
	s.first, s.last = r.time(), r.time()
	s.schemes = r.counts()
	s.more = r.uint()
	r.set(&s.peers)
	if s.bodies = r.bloom(); port > math.MaxUint16 {
		r.fail()
	}
	s.tree = newTree(l)
	r.tree(s.tree)
	if r.version > 1 && !r.bad {
		s.pathless = r.uint()
		r.exact(&s.exact, l)
	}
}

func (r *reader) bloom() *bloom {
	n := r.count(bloomBits+1, 1)
	if n == 0 {
		return nil
	}
	b := new(bloom)
	at := uint64(0)
	for range n - 1 {
		d := r.uint()
		if at += d; d == 0 || d > bloomBits || at > bloomBits {
			r.fail()
			return nil
		}
		b.put(at - 1)
	}
	return b
}

func (r *reader) tree(t *tree) {
	if r.version > 1 {
		t.census.sketches(r.small)
	} else {
		r.formerSketches()
	}
	t.overflow = r.uint()
	r.node(t, t.root)
	if r.bad {
		return
	}
	if r.version == 1 || r.version < judgedVersion && t.whole(t.root) {
		t.census = census{}
	}
	if r.version < judgedVersion {
		t.recount(t.root, trail{}, r.version == 1)
	}
	t.relevel()
	t.trim(t.root)
}

func (r *reader) small(s *small) {
	n := r.count(registered, 1)
	if n > smallFew {
		for at, x := range r.registers(registered, maxSmall) {
			if x > 0 {
				s.put(uint8(at), x)
			}
		}
	} else {
		last := -1
		for range n {
			at, x := r.byte(), r.byte()
			if int(at) <= last || x == 0 || x > maxSmall {
				r.fail()
				return
			}
			s.put(at, x)
			last = int(at)
		}
	}
	if s.set() != n {
		r.fail()
	}
}

// node reads what is of n, whose text, class, hash and depth are set.
func (r *reader) node(t *tree, n *node) {
	f := r.byte()
	if f&1 != 0 {
		n.id = r.word()
	}
	if f&2 != 0 {
		n.self = r.uint()
	}
	if f&4 != 0 {
		n.more = r.uint()
	}
	if f&8 != 0 {
		n.keys = new(Set)
		r.set(n.keys)
	}
	if f&16 != 0 {
		n.fields = r.tallyUpTo(maxFields)
	}
	if f > 31 || n.rest && f&9 != 0 || f&16 != 0 && (len(n.fields) == 0 || !n.tells()) {
		r.fail()
	}
	for i := range r.count(maxMethods, 2) {
		p := &place{method: r.text()}
		r.operation(&p.Operation)
		if r.bad || i > 0 && n.ops[i-1].method >= p.method {
			r.fail()
			return
		}
		n.ops = append(n.ops, p)
	}
	last := template.Class(0)
	var strays []*node
	for i := range r.count(int(anything)+1, 3) {
		class := template.Class(r.count(int(anything), 1))
		if r.bad || n.depth >= maxDepth || n.class == anything || i > 0 && last >= class {
			r.fail()
			return
		}
		last = class
		if strays = r.group(t, n, n.group(class), strays); r.bad {
			return
		}
	}
	t.adopt(n, strays)
}

// group reads the children of one class of n. It adds to strays those of an earlier version that
// are of another class now, or written in another way.
func (r *reader) group(t *tree, n *node, g *group, strays []*node) []*node {
	last := ""
	var former []uint64 // hashes of the texts of strays
	for range r.count(math.MaxInt, 4) {
		text := r.text()
		if r.bad || text <= last || canonical(text) != text || g.class == anything {
			r.fail()
			return nil
		}
		last = text
		c := n.child(t.limits.seed, text)
		stray := c.class != g.class || c.text != text
		if stray && r.version >= judgedVersion {
			r.fail()
		}
		if r.node(t, c); r.bad {
			return nil
		}
		if t.nodes++; stray {
			strays, former = append(strays, c), append(former, digest(t.limits.seed, text))
			continue
		}
		n.kids.put(c)
		g.kept = append(g.kept, c)
	}
	g.findTop()
	if !r.bool() {
		return strays
	}
	r.set(&g.distinct)
	for _, h := range former {
		g.distinct.drop(h)
	}
	g.rest = &node{class: g.class, rest: true, depth: n.depth + 1, ids: n.ids + idOf(g.class), cost: cost(n, restCost(g.class))}
	if g.class == anything {
		g.rest.ids, g.rest.cost = n.ids, n.cost
	}
	t.nodes++
	for _, c := range g.kept {
		g.distinct.Add(c.hash)
	}
	r.node(t, g.rest)
	return strays
}
