package catalog

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"

	"wirecensus/schemas"
)

// writer writes the content of a part: numbers as varints, texts in full once
// and then by number, maps in order of their keys.
type writer struct {
	b    []byte
	refs map[string]uint64
}

func (w *writer) reset() {
	w.b = w.b[:0]
	if w.refs == nil {
		w.refs = map[string]uint64{}
	}
	clear(w.refs)
}

func (w *writer) uint(n uint64)       { w.b = binary.AppendUvarint(w.b, n) }
func (w *writer) int(n int64)         { w.b = binary.AppendVarint(w.b, n) }
func (w *writer) time(t schemas.Time) { w.int(int64(t)) }
func (w *writer) word(n uint64)       { w.b = binary.LittleEndian.AppendUint64(w.b, n) }
func (w *writer) bool(v bool)         { w.b = append(w.b, bit(v, 0)) }

func bit(v bool, at int) byte {
	if v {
		return 1 << at
	}
	return 0
}

// text writes 0, length and bytes the first time, later the number of the text.
func (w *writer) text(s string) {
	if n, ok := w.refs[s]; ok {
		w.uint(n)
		return
	}
	w.refs[s] = uint64(len(w.refs)) + 1
	w.b = append(w.b, 0)
	w.uint(uint64(len(s)))
	w.b = append(w.b, s...)
}

// writeMap writes a map in order of its keys.
func writeMap[K comparable, V any](w *writer, m map[K]V, compare func(a, b K) int, key func(K), value func(V)) {
	w.uint(uint64(len(m)))
	if len(m) == 0 {
		return
	}
	for _, k := range slices.SortedFunc(maps.Keys(m), compare) {
		key(k)
		value(m[k])
	}
}

// tally writes a tally in order of the names.
func (w *writer) tally(t tally) {
	w.uint(uint64(len(t)))
	if len(t) > 1 {
		t = slices.SortedFunc(slices.Values(t), func(a, b tallied) int { return cmp.Compare(a.name, b.name) })
	}
	for i := range t {
		w.text(t[i].name)
		w.uint(t[i].n)
	}
}

func (w *writer) counts(m map[string]uint64) {
	writeMap(w, m, cmp.Compare[string], w.text, w.uint)
}

// set writes the members, or one more than there can be and the registers.
func (w *writer) set(s *Set) {
	if s.big != nil {
		w.uint(maxExact + 1)
		w.b = append(w.b, s.big[:]...)
		return
	}
	w.uint(uint64(len(s.small)))
	for _, d := range s.small {
		w.word(d)
	}
}

func (w *writer) words(digests []uint64, texts map[uint64]string) {
	w.uint(uint64(len(digests)))
	for _, d := range digests {
		w.word(d)
		w.text(texts[d])
	}
}

// rest writes what is of no service, and says whether there was anything.
func (c *Catalog) rest(w *writer) bool {
	w.word(c.cfg.Seed)
	start := len(w.b)
	w.set(&c.goodOut.names)
	w.uint(c.goodOut.calls)
	w.set(&c.badOut.names)
	w.uint(c.badOut.calls)
	w.set(&c.noWords)
	return slices.ContainsFunc(w.b[start:], func(b byte) bool { return b != 0 })
}

func (c *Catalog) writeService(w *writer, name string) {
	w.word(c.cfg.Seed)
	w.text(name)
	for _, s := range [...]*service{c.good[name], c.bad[name]} {
		if w.bool(s != nil); s != nil {
			w.service(s)
		}
	}
}

func (w *writer) service(s *service) {
	w.text(s.host)
	w.uint(uint64(s.port))
	w.uint(s.calls)
	w.time(s.first)
	w.time(s.last)
	w.counts(s.schemes)
	w.uint(s.more)
	w.set(&s.peers)
	w.bloom(s.bodies)
	w.tree(s.tree)
	w.uint(s.pathless)
	w.exact(&s.exact)
}

// bloom writes the distances between the bits that are set, one after the other.
func (w *writer) bloom(b *bloom) {
	if b == nil {
		w.uint(0)
		return
	}
	w.uint(uint64(b.set) + 1)
	last := uint64(0)
	b.all(func(at uint64) {
		w.uint(at + 1 - last)
		last = at + 1
	})
}

func (w *writer) tree(t *tree) {
	t.census.sketches(w.small)
	w.uint(t.overflow)
	w.node(t.root)
}

// small writes the number of registers that are set and each of them, or all.
func (w *writer) small(s *small) {
	w.uint(uint64(s.set()))
	if s.regs != nil {
		w.b = append(w.b, s.regs[:]...)
		return
	}
	s.all(func(at, r uint8) { w.b = append(w.b, at, r) })
}

func (w *writer) node(n *node) {
	w.b = append(w.b, bit(n.id != 0, 0)|bit(n.self != 0, 1)|bit(n.more != 0, 2)|bit(n.keys != nil, 3)|bit(len(n.fields) > 0, 4))
	if n.id != 0 {
		w.word(n.id)
	}
	if n.self != 0 {
		w.uint(n.self)
	}
	if n.more != 0 {
		w.uint(n.more)
	}
	if n.keys != nil {
		w.set(n.keys)
	}
	if len(n.fields) > 0 {
		w.tally(n.fields)
	}
	w.uint(uint64(len(n.ops)))
	for _, p := range n.methods() {
		w.text(p.method)
		w.operation(&p.Operation)
	}
	groups := 0
	for _, g := range n.groups {
		if len(g.kept) > 0 || g.rest != nil {
			groups++
		}
	}
	w.uint(uint64(groups))
	for _, g := range n.groups {
		if len(g.kept) > 0 || g.rest != nil {
			w.group(g)
		}
	}
}

func (w *writer) group(g *group) {
	w.uint(uint64(g.class))
	kept := slices.SortedFunc(slices.Values(g.kept), func(a, b *node) int { return cmp.Compare(a.text, b.text) })
	w.uint(uint64(len(kept)))
	for _, c := range kept {
		w.text(c.text)
		w.node(c)
	}
	if w.bool(g.rest != nil); g.rest != nil {
		w.set(&g.distinct)
		w.node(g.rest)
	}
}

func (w *writer) operation(o *Operation) {
	w.uint(o.Calls)
	w.word(o.Origin)
	w.time(o.First)
	w.time(o.Last - o.First)
	w.uint(o.Success)
	w.uint(o.Accepted)
	w.uint(o.Incomplete)
	w.uint(o.Ambiguous)
	w.uint(o.Slashes)
	w.uint(o.more)
	w.int(o.Deprecation)
	w.int(o.Sunset)
	writeMap(w, o.Statuses, cmp.Compare[int], w.status, w.uint)
	w.tally(o.agents)
	w.set(&o.Clients)
	w.set(&o.Principals)
	w.params(o.Query)
	w.params(o.Headers)
	w.params(o.Cookies)
	w.bodies(o.Requests)
	writeMap(w, o.Responses, cmp.Compare[int], w.status, func(r *Response) {
		w.uint(r.Calls)
		w.uint(r.more)
		w.bodies(r.Types)
		w.params(r.Headers)
	})
	w.security(o)
	w.uint(uint64(len(o.callers)))
	for _, c := range slices.SortedFunc(slices.Values(o.callers), func(a, b Caller) int { return cmp.Compare(a.Client, b.Client) }) {
		w.text(c.Client)
		w.text(c.Agent)
		w.uint(c.Calls)
		w.time(c.Last - o.First)
	}
	w.carried(o.Carried)
	writeMap(w, o.Versions, cmp.Compare[string], w.text, func(v *VersionStat) {
		w.uint(v.Calls)
		w.uint(v.Success)
		w.time(v.First)
		w.time(v.Last)
		w.set(&v.Clients)
	})
}

func (w *writer) status(n int) { w.int(int64(n)) }

func (w *writer) params(m map[string]*Param) {
	writeMap(w, m, cmp.Compare[string], w.text, func(p *Param) {
		w.uint(p.Calls)
		w.uint(p.more)
		w.text(p.Class)
		w.tally(p.styles)
		w.acc(p.acc.Whole())
	})
}

func (w *writer) bodies(m map[string]*Body) {
	writeMap(w, m, cmp.Compare[string], w.text, func(b *Body) {
		w.uint(b.Calls)
		w.uint(b.more)
		w.uint(b.Sniffed)
		w.tally(b.unread)
		w.set(&b.Prints)
		writeMap(w, b.Parts, cmp.Compare[string], w.text, func(p *Part) {
			w.uint(p.Calls)
			w.uint(p.more)
			w.bool(p.File)
			w.tally(p.types)
		})
		w.acc(b.acc.Whole())
		w.uint(b.Messages)
	})
}

func (w *writer) security(o *Operation) {
	writeMap(w, o.Auth, compareAuth, func(k AuthKey) { w.text(k.Scheme); w.text(k.In); w.text(k.Name) }, func(a *AuthStat) {
		w.uint(a.Calls)
		w.uint(a.Success)
		w.uint(a.Expired)
		w.uint(a.NoExpiry)
		w.uint(a.more)
		w.tally(a.algs)
	})
	writeMap(w, o.Sensitive, compareSensitive, func(k SensitiveKey) { w.text(k.Class); w.text(k.In); w.text(k.At) }, func(s *SensitiveStat) {
		w.uint(s.Calls)
		w.uint(s.Values)
		w.bool(s.Validated)
		w.uint(s.Masked)
		w.uint(s.Anonymous)
	})
}
