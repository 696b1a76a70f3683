package catalog

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"wirecensus/schemas"
)

// Config bounds a Catalog. Zero fields take the defaults. Catalogs that are
// merged have the same Config.
type Config struct {
	MaxServices int    // services with a success; default 1,024
	Words       int    // word-like segments that keep their text below one place; default 1,024
	Values      int    // identifiers of one class that keep their text below one place; default 16
	MaxPaths    int    // distinct paths of a service, identifiers not counted, before fewer segments keep their text; default 20,000
	Seed        uint64 // of the hashes that choose what is kept
}

func (c *Config) defaults() {
	if c.MaxServices == 0 {
		c.MaxServices = 1024
	}
	if c.Words == 0 {
		c.Words = 1024
	}
	if c.Values == 0 {
		c.Values = 16
	}
	if c.MaxPaths == 0 {
		c.MaxPaths = 20_000
	}
}

// maxWords is the number of released words that a catalog keeps.
const maxWords = 1 << 16

// Catalog is the bounded summary of the calls to all services.
type Catalog struct {
	cfg  Config
	good map[string]*service // services with a success, by name: their accepted calls
	bad  map[string]*service // all services: the calls that were not accepted

	nogood, nobad Set // services whose calls were dropped
	lost          uint64
	words         map[uint64]string // released, by digest
	key           []byte            // scratch: the name of the call at hand
}

// service is one side of a service.
type service struct {
	name    string
	host    string
	port    uint16
	hash    uint64
	calls   uint64
	first   schemas.Time
	last    schemas.Time
	schemes map[string]uint64
	peers   Set
	bodies  *bloom // identifiers in bodies
	tree    *tree
}

// New returns an empty catalog.
func New(cfg Config) *Catalog {
	cfg.defaults()
	return &Catalog{cfg: cfg, good: map[string]*service{}, bad: map[string]*service{}}
}

// Name is the name of the service that a call was sent to: the host, and the
// port where it is not the default of the scheme.
func Name(c *schemas.Call) string { return string(appendName(nil, c)) }

func appendName(b []byte, c *schemas.Call) []byte {
	v6 := strings.IndexByte(c.Host, ':') >= 0 && !strings.HasPrefix(c.Host, "[")
	if v6 {
		b = append(b, '[')
	}
	b = append(b, c.Host...)
	if v6 {
		b = append(b, ']')
	}
	if c.Port != 0 && !(c.Port == 80 && c.Scheme != "https") && !(c.Port == 443 && c.Scheme != "http") {
		b = strconv.AppendUint(append(b, ':'), uint64(c.Port), 10)
	}
	return b
}

// Apply folds a call in. Calls without a request say nothing about endpoints and
// are passed over.
func (c *Catalog) Apply(call *schemas.Call) {
	if !call.RequestSeen && call.Path == "" || call.Method == "CONNECT" {
		return
	}
	c.key = appendName(c.key[:0], call)
	accepted := call.Status >= 200 && call.Status < 400 && call.Method != "OPTIONS"
	s := c.service(accepted, call)
	if s == nil {
		c.lost++
		return
	}
	s.calls++
	s.port = min(s.port, call.Port)
	if s.first == 0 || call.Time < s.first {
		s.first = call.Time
	}
	s.last = max(s.last, call.Time)
	s.schemes[call.Scheme]++
	if call.Peer != "" {
		s.peers.Add(digest(0, call.Peer))
	}
	s.apply(call, accepted)
}

// service finds or makes the side of a service, nil when there is no room.
func (c *Catalog) service(good bool, call *schemas.Call) *service {
	m, limit, dropped := c.bad, 4*c.cfg.MaxServices, &c.nobad
	if good {
		m, limit, dropped = c.good, c.cfg.MaxServices, &c.nogood
	}
	if s := m[string(c.key)]; s != nil {
		return s
	}
	s := &service{name: string(c.key), host: clone(call.Host), port: call.Port, schemes: map[string]uint64{}}
	s.hash = digest(c.cfg.Seed, s.name)
	l := limits{words: c.cfg.Words, values: c.cfg.Values, paths: c.cfg.MaxPaths, seed: c.cfg.Seed}
	if !good {
		l.paths = max(1, l.paths*2/5)
	}
	s.tree = newTree(l)
	m[s.name] = s
	if c.lost += shrink(m, limit, dropped); m[s.name] == nil {
		return nil
	}
	return s
}

// shrink removes the services of greatest hash, and returns the calls they had.
func shrink(m map[string]*service, limit int, dropped *Set) (calls uint64) {
	for len(m) > limit {
		var top *service
		for _, s := range m {
			if top == nil || s.hash > top.hash || s.hash == top.hash && s.name > top.name {
				top = s
			}
		}
		delete(m, top.name)
		dropped.Add(top.hash)
		calls += top.calls
	}
	return calls
}

func (s *service) apply(call *schemas.Call, accepted bool) {
	var visit func(int, *node)
	if accepted && len(call.IDs) > 0 {
		for _, id := range call.IDs {
			if id.In != "path" {
				if s.bodies == nil {
					s.bodies = new(bloom)
				}
				s.bodies.add(id.Digest)
			}
		}
		visit = func(pos int, n *node) { n.identify(call.IDs, pos) }
	}
	n := s.tree.walk(call.Path, visit)
	p := n.op(call.Method)
	if p == nil {
		p = &place{method: clone(call.Method)}
		n.ops = append(n.ops, p)
	}
	p.add(call)
}

// identify notes the digest of the segment at pos, and whether the call's own
// bodies named it.
func (n *node) identify(ids []schemas.Ident, pos int) {
	own := uint64(0)
	for _, id := range ids {
		if id.In == "path" && id.Pos == pos {
			own = id.Digest
		}
	}
	if own == 0 {
		return
	}
	n.id = max(n.id, own)
	for _, id := range ids {
		if id.In != "path" && id.Digest == own {
			n.self++
			return
		}
	}
}

// Unanswered returns how many services were called without any success.
func (c *Catalog) Unanswered() int {
	n := 0
	for name := range c.bad {
		if c.good[name] == nil {
			n++
		}
	}
	return n
}

// Merge adds the content of another catalog of the same Config, and takes it over.
func (c *Catalog) Merge(o *Catalog) {
	mergeServices(c.good, o.good)
	mergeServices(c.bad, o.bad)
	c.nogood.Merge(&o.nogood)
	c.nobad.Merge(&o.nobad)
	c.lost += o.lost
	for d, text := range o.words {
		c.addWord(d, text)
	}
	c.boundWords()
	c.lost += shrink(c.good, c.cfg.MaxServices, &c.nogood)
	c.lost += shrink(c.bad, 4*c.cfg.MaxServices, &c.nobad)
}

func mergeServices(dst, src map[string]*service) {
	for name, s := range src {
		d := dst[name]
		if d == nil {
			dst[name] = s
			continue
		}
		d.calls += s.calls
		if d.first == 0 || s.first != 0 && s.first < d.first {
			d.first = s.first
		}
		d.last = max(d.last, s.last)
		sum(&d.schemes, s.schemes)
		d.peers.Merge(&s.peers)
		if d.bodies == nil {
			d.bodies = s.bodies
		} else if s.bodies != nil {
			d.bodies.merge(s.bodies)
		}
		d.port = min(d.port, s.port)
		d.tree.merge(s.tree)
	}
}

// AddWords adds words that a sensor released.
func (c *Catalog) AddWords(words []schemas.Word) {
	for _, w := range words {
		c.addWord(w.Digest, w.Text)
	}
	c.boundWords()
}

func (c *Catalog) addWord(digest uint64, text string) {
	if c.words == nil {
		c.words = map[uint64]string{}
	}
	c.words[digest] = max(c.words[digest], text)
}

// boundWords keeps the maxWords words of least digest.
func (c *Catalog) boundWords() {
	if len(c.words) <= maxWords {
		return
	}
	for _, d := range slices.Sorted(maps.Keys(c.words))[maxWords:] {
		delete(c.words, d)
	}
}

// Dropped returns how many services (an estimate beyond some dozens) and calls
// found no room.
func (c *Catalog) Dropped() (services, calls uint64) {
	return c.nogood.Count() + c.nobad.Count(), c.lost
}

// Overflow returns how many calls were put in a place that stands for many
// because a service's tree was full.
func (c *Catalog) Overflow() uint64 {
	n := uint64(0)
	for _, m := range [...]map[string]*service{c.good, c.bad} {
		for _, s := range m {
			n += s.tree.overflow
		}
	}
	return n
}

// names lists the services of a map in order.
func names(m map[string]*service) []string {
	out := make([]string, 0, len(m))
	for n := range m {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// bloom is a set of digests that may say yes wrongly.
type bloom struct {
	bits [1 << 13]uint64
	set  int
}

func (b *bloom) add(d uint64) {
	for range 3 {
		d = mix(d)
		w, m := d>>6&(1<<13-1), uint64(1)<<(d&63)
		if b.bits[w]&m == 0 {
			b.bits[w] |= m
			b.set++
		}
	}
}

// has reports whether d is probably in; false for all once the filter is so full
// that it says little.
func (b *bloom) has(d uint64) bool {
	if b == nil || d == 0 || b.set > len(b.bits)*64*3/10 {
		return false
	}
	for range 3 {
		d = mix(d)
		if b.bits[d>>6&(1<<13-1)]&(1<<(d&63)) == 0 {
			return false
		}
	}
	return true
}

func (b *bloom) merge(o *bloom) {
	b.set = 0
	for i := range b.bits {
		b.bits[i] |= o.bits[i]
		for x := b.bits[i]; x != 0; x &= x - 1 {
			b.set++
		}
	}
}
