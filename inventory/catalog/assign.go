package catalog

import (
	"fmt"
	"strings"

	"wirecensus/inventory/template"
)

// A route that only ever refused exists when these many calls say so.
const (
	routeCalls   = 5
	routeClients = 2
	routeSpan    = 600e9 // nanoseconds between the first and the last
)

// assign gives the calls that were not accepted to the decided places, and lists
// what belongs to none.
func (d *deciding) assign() {
	if d.bad == nil {
		return
	}
	discriminates := d.answered404(d.bad.tree.root) || d.bad.exact.answered404()
	d.assignExact(discriminates)
	var walk func(n *node, way []*node)
	walk = func(n *node, way []*node) {
		for _, p := range n.called() {
			d.place(way, p, discriminates)
		}
		n.sorted(func(c *node, _ *group) {
			walk(c, append(way[:len(way):len(way)], c))
		})
	}
	walk(d.bad.tree.root, nil)
}

func (d *deciding) answered404(n *node) bool {
	for _, p := range n.ops {
		if p.Outcomes()[404] > 0 {
			return true
		}
	}
	for _, g := range n.groups {
		for _, c := range g.kept {
			if d.answered404(c) {
				return true
			}
		}
		if g.rest != nil && d.answered404(g.rest) {
			return true
		}
	}
	return false
}

// place gives one operation to the site that its path matches.
func (d *deciding) place(way []*node, p *place, discriminates bool) {
	if s := d.exact[pathOf(way)]; s != nil && s.endpoints[p.method] != nil {
		s.endpoints[p.method].Op.merge(&p.Operation)
		return
	}
	if m := match(d.top, way, p.method); m != nil {
		d.endpoint(d.found[m], p.method).Op.merge(&p.Operation)
		return
	}
	m := match(d.top, way, "")
	var s *site
	if m != nil {
		s = d.found[m]
	} else {
		s = d.unknown(way)
	}
	d.refused(s, p, discriminates)
}

// refused adds an operation without a success to a site.
func (d *deciding) refused(s *site, p *place, discriminates bool) {
	e := d.endpoint(s, p.method)
	e.Op.merge(&p.Operation)
	e.Paths++
	if p.method == "OPTIONS" {
		e.Class = Preflight
		e.Why = []string{"requests that ask for permission across origins"}
		return
	}
	e.Class = Probed
	if exists(e.Op, discriminates) {
		e.Class = Real
		e.Confidence = 0.6
		e.Why = []string{fmt.Sprintf("%d calls of %d clients were refused, never with 404, and the service answers unknown paths with 404", e.Op.Calls, e.Op.Clients.Count())}
		return
	}
	e.Why = []string{fmt.Sprintf("%d calls, none of which succeeded", e.Op.Calls)}
}

// exists: refused often, by nothing that says that the route is not there.
func exists(o *Operation, discriminates bool) bool {
	if !discriminates || o.Calls < routeCalls || o.Clients.Count() < routeClients || int64(o.Last-o.First) < routeSpan {
		return false
	}
	refused := uint64(0)
	for s, n := range o.Outcomes() {
		switch s {
		case 404, 405, 410, 501:
			return false
		case 401, 403:
			refused += n
		}
	}
	return 2*refused > o.Calls
}

// unknown is the site of a path that no decided place matches; identifiers in it
// are written as their class.
func (d *deciding) unknown(way []*node) *site {
	var b strings.Builder
	for _, n := range way {
		b.WriteByte('/')
		if n.rest || n.class.Strong() && n.class != template.Masked {
			b.WriteString(n.stands())
		} else {
			b.WriteString(n.text)
		}
	}
	return d.other(b.String())
}

// match finds the decided place of a path, literal first, that has the method;
// any method when it is "".
func match(p *template.Place, way []*node, method string) *template.Place {
	if len(way) == 0 {
		for _, n := range p.Nodes {
			for _, o := range n.Ops {
				if o.Method == method || method == "" {
					return p
				}
			}
		}
		return nil
	}
	n := way[0]
	for _, c := range p.Children {
		if fits(c.Segment, n) {
			if m := match(c, way[1:], method); m != nil {
				return m
			}
		}
	}
	return nil
}

func fits(s template.Segment, n *node) bool {
	if n.rest {
		return n.class != anything && s.Param && s.Prefix+s.Suffix+s.Separator == ""
	}
	return s.Fits(n.text)
}
