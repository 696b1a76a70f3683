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
	MaxExact    int    // paths of gRPC methods of a service that are kept, a quarter as many of those that never succeeded; default 8,192
	MaxPaths    int    // distinct beginnings of a service's paths before fewer segments keep their text; default 20,000
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
	if c.MaxExact == 0 {
		c.MaxExact = 8192
	}
}

// Bounds of the released words that a catalog keeps.
const (
	maxWords   = 1 << 16
	maxWordLen = 128 // bytes of one
)

// Catalog is the bounded summary of the calls to all services.
type Catalog struct {
	cfg  Config
	good map[string]*service // services with a success, by name: their accepted calls
	bad  map[string]*service // all services: the calls that were not accepted

	goodOut, badOut outside           // of good and bad
	words           map[uint64]string // released, by digest
	noWords         Set               // digests of words that found no room
	key             []byte            // scratch: the name of the call at hand
	packer          packer
	memo            memo // scratch of all trees
}

// outside are the services that found no room on a side.
type outside struct {
	names Set
	calls uint64
	top   *service // the greatest of those inside; nil when it is not known
}

// service is one side of a service.
type service struct {
	name    string
	host    string // the least, where several have one name
	port    uint16
	hash    uint64
	calls   uint64
	first   schemas.Time
	last    schemas.Time
	schemes map[string]uint64
	more    uint64 // what found no room in schemes
	peers   Set
	bodies  *bloom // identifiers in bodies
	tree    *tree
	exact   exact
	// pathless are the calls whose path or method could not be known.
	pathless uint64
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

// Apply folds a call in. Calls without a request, or to a host that could not be
// known, say nothing about endpoints and are passed over.
func (c *Catalog) Apply(call *schemas.Call) {
	if !call.RequestSeen && call.Path == "" || call.Method == "CONNECT" || call.Has("host_unknown") {
		return
	}
	c.key = appendName(c.key[:0], call)
	accepted := call.Succeeded() && call.Method != "OPTIONS"
	s := c.service(accepted, call)
	if s == nil {
		return
	}
	if !call.Has("continued") {
		s.calls++
	}
	s.port = min(s.port, call.Port)
	if call.Host != s.host {
		s.host = clone(min(s.host, call.Host))
	}
	span(&s.first, &s.last, call.Time, call.Time)
	countText(&s.schemes, call.Scheme, &s.more)
	if call.Peer != "" {
		s.peers.Add(digest(0, call.Peer))
	}
	s.apply(call, accepted)
}

// side returns one side, how many services it may have, and who is outside.
func (c *Catalog) side(good bool) (m map[string]*service, limit int, out *outside) {
	if good {
		return c.good, c.cfg.MaxServices, &c.goodOut
	}
	return c.bad, 4 * c.cfg.MaxServices, &c.badOut
}

// service finds or makes the side of a service, nil when there is no room.
func (c *Catalog) service(good bool, call *schemas.Call) *service {
	m, limit, out := c.side(good)
	if s := m[string(c.key)]; s != nil {
		return s
	}
	s := &service{name: string(c.key), port: call.Port, hash: digest(c.cfg.Seed, string(c.key))}
	if !admit(m, limit, s, out) {
		if !call.Has("continued") {
			out.calls++
		}
		return nil
	}
	s.host = clone(call.Host)
	s.tree = newTree(c.limits(good))
	m[s.name] = s
	return s
}

func (c *Catalog) limits(good bool) limits {
	l := limits{words: c.cfg.Words, values: c.cfg.Values, paths: c.cfg.MaxPaths, exact: c.cfg.MaxExact, seed: c.cfg.Seed, memo: &c.memo}
	if !good {
		l.exact = max(1, l.exact/4)
		l.paths = max(1, l.paths*2/5)
	}
	return l
}

func (s *service) less(o *service) bool {
	return s.hash < o.hash || s.hash == o.hash && s.name < o.name
}

// admit makes room for a service that is not in m, if it is less than some that
// are, and says whether it did.
func admit(m map[string]*service, limit int, s *service, out *outside) bool {
	if len(m) < limit {
		out.top = nil
		return true
	}
	if out.top == nil {
		for _, x := range m {
			if out.top == nil || out.top.less(x) {
				out.top = x
			}
		}
	}
	if out.top.less(s) {
		out.names.Add(s.hash)
		return false
	}
	delete(m, out.top.name)
	out.names.Add(out.top.hash)
	out.calls += out.top.calls
	out.top = nil
	return true
}

func (s *service) apply(call *schemas.Call, accepted bool) {
	at := uint32(0) // the segments of which an identifier is known
	if accepted {
		at = s.identifiers(call.IDs)
	}
	one := uint64(1) // that is counted
	if call.Has("continued") {
		one = 0
	}
	if call.Has("path_unknown") || call.Has("method_unknown") {
		s.pathless += one
		return
	}
	var n *node
	if path, ok := exactPath(call); !ok {
		n = s.tree.walk(call.Path, call.IDs, at)
	} else if n = s.exact.at(path, s.tree.limits); n == nil {
		s.exact.calls += one
		return
	}
	if o := n.place(call.Method); o != nil {
		o.add(call)
	} else {
		n.more += one
	}
}

// identifiers notes those of bodies, and returns the positions of those of segments.
func (s *service) identifiers(ids []schemas.Ident) (at uint32) {
	for i := range ids {
		if id := &ids[i]; id.In == "path" {
			if id.Pos >= 0 && id.Pos < maxDepth {
				at |= 1 << id.Pos
			}
			continue
		}
		if s.bodies == nil {
			s.bodies = new(bloom)
		}
		s.bodies.add(ids[i].Digest)
	}
	return at
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
	for _, good := range [...]bool{true, false} {
		from, _, out := o.side(good)
		for _, s := range from {
			c.take(good, s)
		}
		_, _, to := c.side(good)
		to.names.Merge(&out.names)
		to.calls += out.calls
	}
	for d, text := range o.words {
		c.addWord(d, text)
	}
	c.noWords.Merge(&o.noWords)
	c.boundWords()
}

// take adds one side of a service and takes it over.
func (c *Catalog) take(good bool, s *service) {
	m, limit, out := c.side(good)
	d := m[s.name]
	if d == nil {
		if admit(m, limit, s, out) {
			m[s.name] = s
			s.tree.limits = c.limits(good)
		} else {
			out.calls += s.calls
		}
		return
	}
	d.calls += s.calls
	span(&d.first, &d.last, s.first, s.last)
	d.more += s.more
	addCounts(&d.schemes, s.schemes, maxFew, &d.more)
	d.peers.Merge(&s.peers)
	if d.bodies == nil {
		d.bodies = s.bodies
	} else if s.bodies != nil {
		d.bodies.merge(s.bodies)
	}
	d.port, d.host = min(d.port, s.port), min(d.host, s.host)
	d.pathless += s.pathless
	d.exact.merge(&s.exact, d.tree.limits)
	d.tree.merge(s.tree)
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
	if have, ok := c.words[digest]; !ok || text > have {
		c.words[digest] = clone(text[:min(len(text), maxWordLen)])
	}
}

// boundWords keeps the maxWords words of least digest.
func (c *Catalog) boundWords() {
	if len(c.words) <= maxWords {
		return
	}
	for _, d := range slices.Sorted(maps.Keys(c.words))[maxWords:] {
		delete(c.words, d)
		c.noWords.Add(d)
	}
}

// Dropped returns how many services (an estimate beyond some dozens) and calls
// found no room.
func (c *Catalog) Dropped() (services, calls uint64) {
	return c.goodOut.names.Count() + c.badOut.names.Count(), c.goodOut.calls + c.badOut.calls
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
