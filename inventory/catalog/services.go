package catalog

import (
	"maps"
	"math"
	"slices"
	"sort"
	"strings"

	"wirecensus/inventory/template"
)

// Options say what is known beside the calls.
type Options struct {
	// Declared returns the operations that documents declare for a service; their
	// templates win over what the calls suggest. nil when there are none.
	Declared func(host string, port uint16) []DeclaredTemplate
	// Overrides are the decisions of people; they win over everything else.
	Overrides []Override
	// MaxOthers bounds Service.Others; 0 means 500. Those with the most calls stay.
	MaxOthers int
}

// DeclaredTemplate is one declared operation, its template with the base path.
type DeclaredTemplate struct{ Method, Template string }

// Services decides the services that answered with a success at least once,
// sorted by name.
func (c *Catalog) Services(o Options) []*Service {
	if o.MaxOthers == 0 {
		o.MaxOthers = 500
	}
	var out []*Service
	for _, name := range names(c.good) {
		d := &deciding{good: c.good[name], bad: c.bad[name]}
		if o.Declared != nil {
			d.declared = o.Declared(d.good.host, d.good.port)
		}
		d.overrides = o.Overrides
		s := d.service()
		s.Words = maps.Clone(c.words)
		if len(s.Others) > o.MaxOthers {
			sort.SliceStable(s.Others, func(i, j int) bool { return s.Others[i].Op.Calls > s.Others[j].Op.Calls })
			s.Others = s.Others[:o.MaxOthers]
			order(s.Others)
		}
		out = append(out, s)
	}
	return out
}

// deciding is the decision of one service.
type deciding struct {
	good, bad *service
	declared  []DeclaredTemplate
	overrides []Override
	out       *Service

	top      *template.Place
	nodes    []*node          // by template.Node.ID
	rests    map[*node]*group // the group that a rest belongs to
	set      map[*place]Class // operations that are no candidates
	fallback map[uint64]bool  // prints of catch-all pages
	same     map[uint64]bool  // digests of the names that answers to anything have
	suffixes map[string]int   // file extensions, right below the root, of answers that are data for some only
	found    map[*template.Place]*site
	sites    []*site              // in order of discovery
	exact    map[string]*site     // of paths that were kept apart, by path
	others   map[string]*site     // those of no decided place, by template
	origins  map[*Endpoint]uint64 // of the earliest success
	params   map[*template.Place]PathParam
	written  *template.Style // how names of parameters are written, nil: not known yet
}

// site is a decided place with operations, successful or not.
type site struct {
	place     *template.Place
	way       []*template.Place
	template  string
	params    []PathParam
	segments  []Segment
	overrides []string
	endpoints map[string]*Endpoint
}

func (d *deciding) service() *Service {
	g := d.good
	s := &Service{Name: g.name, Host: g.host, Port: g.port, Calls: g.calls, First: g.first, Last: g.last, PathUnknown: g.pathless}
	d.out = s
	schemes := map[string]uint64{}
	sum(&schemes, g.schemes)
	s.Peers.Merge(&g.peers)
	if b := d.bad; b != nil {
		s.Calls += b.calls
		if b.first != 0 && b.first < s.First {
			s.First = b.first
		}
		s.Last = max(s.Last, b.last)
		sum(&schemes, b.schemes)
		s.Peers.Merge(&b.peers)
		s.PathUnknown += b.pathless
	}
	for n := range schemes {
		s.Schemes = append(s.Schemes, n)
	}
	slices.Sort(s.Schemes)
	d.others, d.origins = map[string]*site{}, map[*Endpoint]uint64{}
	d.screen()
	d.exactSites()
	var templates []string
	for _, t := range d.declared {
		templates = append(templates, t.Template)
	}
	d.rests = map[*node]*group{}
	d.top = template.Decide(d.convert(g.tree.root, nil), templates, overridesOf(d.overrides, s.Name, s.Last)...)
	d.collect()
	d.assign()
	d.finish()
	order(s.Endpoints)
	order(s.Others)
	return s
}

func order(list []*Endpoint) {
	sort.SliceStable(list, func(i, j int) bool {
		if list[i].Template != list[j].Template {
			return list[i].Template < list[j].Template
		}
		return list[i].Method < list[j].Method
	})
}

// sorted returns the children of a node, each rest after the kept of its class.
func (n *node) sorted(visit func(c *node, g *group)) {
	for _, g := range n.groups {
		kept := slices.Clone(g.kept)
		slices.SortFunc(kept, func(a, b *node) int { return strings.Compare(a.text, b.text) })
		for _, c := range kept {
			visit(c, g)
		}
		if g.rest != nil {
			visit(g.rest, g)
		}
	}
}

// convert makes the tree that templates are decided from: the places with a
// candidate operation at or below them.
func (d *deciding) convert(n *node, g *group) *template.Node {
	t := &template.Node{Text: n.text, Class: n.class, Rest: n.rest, Named: n.self, Fields: n.named(), ID: len(d.nodes)}
	if !n.rest {
		t.Self = n.self
	}
	d.nodes = append(d.nodes, n)
	if g != nil && n.rest {
		t.Distinct = g.distinct.Count()
		d.rests[n] = g
	}
	if d.good.bodies.has(n.id) {
		t.Elsewhere = 1
	}
	for _, p := range n.called() {
		if d.set[p] == "" {
			t.Ops = append(t.Ops, template.Op{Method: p.method, Calls: p.spread(), Keys: p.keys()})
		}
	}
	n.sorted(func(c *node, g *group) {
		if c.class == anything {
			return
		}
		if k := d.convert(c, g); len(k.Ops) > 0 || len(k.Children) > 0 {
			t.Children = append(t.Children, k)
		}
	})
	return t
}

// called are the operations that were called: of others there are only rests of exchanges whose calls
// were lost.
func (n *node) called() []*place {
	return slices.DeleteFunc(n.methods(), func(p *place) bool { return p.Calls == 0 })
}

func (n *node) methods() []*place {
	ops := slices.Clone(n.ops)
	slices.SortFunc(ops, func(a, b *place) int { return strings.Compare(a.method, b.method) })
	return ops
}

// spread are the successful calls as evidence: beyond perClient for each client
// they count by their logarithm, so that one client which asks for one value again
// and again does not make it a route of its own.
func (p *place) spread() uint64 {
	n, fair := p.Success, perClient*max(1, p.Clients.Count())
	if n <= fair {
		return n
	}
	return fair + uint64(float64(fair)*math.Log(float64(n)/float64(fair)))
}

const (
	perClient = 8   // calls
	maxKeys   = 400 // names of bodies that are compared
	maxLevel  = 2   // objects that they may be inside of
)

// keys are the names in successful answers.
func (p *place) keys() []template.Key {
	set := map[uint64]template.Key{}
	for status, r := range p.Responses {
		if status >= 300 {
			continue
		}
		for _, b := range r.Types {
			share := float64(b.Calls) / float64(p.Success)
			keysOf(b.acc.View(), 1, 0, share, func(id uint64, level int, rate float64) {
				set[id] = template.Key{ID: id, Rate: set[id].Rate + rate, Level: level}
			})
		}
	}
	out := make([]template.Key, 0, len(set))
	for _, k := range set {
		out = append(out, k)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].ID < out[j].ID })
	return out[:min(len(out), maxKeys)]
}

// collect makes a site of every decided place, and endpoints of those with
// successful operations.
func (d *deciding) collect() {
	d.found = map[*template.Place]*site{}
	var walk func(p *template.Place, way []*template.Place)
	walk = func(p *template.Place, way []*template.Place) {
		s := &site{place: p, way: way, endpoints: map[string]*Endpoint{}}
		d.found[p] = s
		d.sites = append(d.sites, s)
		for _, n := range p.Nodes {
			for _, o := range n.Ops {
				e := d.endpoint(s, o.Method)
				e.Op.merge(&d.nodes[n.ID].op(o.Method).Operation)
				e.Paths += d.pathsAt(d.nodes[n.ID])
				d.origins[e] = e.Op.Origin
			}
		}
		for _, c := range p.Children {
			walk(c, append(way[:len(way):len(way)], c))
		}
	}
	walk(d.top, nil)
}

// endpoint finds or makes the endpoint of a method at a site.
func (d *deciding) endpoint(s *site, method string) *Endpoint {
	e := s.endpoints[method]
	if e == nil {
		if s.template == "" {
			d.describe(s)
		}
		e = &Endpoint{Service: d.good.name, Method: method, Template: s.template, Params: s.params, Class: Real, Op: &Operation{},
			Segments: s.segments, Overrides: s.overrides}
		s.endpoints[method] = e
	}
	return e
}

// pathsAt is the number of distinct segments that a node stands for.
func (d *deciding) pathsAt(n *node) uint64 {
	if n.keys != nil {
		return max(1, n.keys.Count())
	}
	g := d.rests[n]
	if g == nil {
		return 1
	}
	return beyond(g)
}
