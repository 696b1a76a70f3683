package catalog

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"wirecensus/inventory/template"
)

// screen finds the operations that are no candidates for endpoints: files for
// browsers and catch-all pages.
func (d *deciding) screen() {
	d.set = map[*place]Class{}
	d.suffixes = map[string]int{}
	d.fallback = map[uint64]bool{}
	prints := map[uint64]*pageOf{}
	d.each(d.good.tree.root, "", "", func(n *node, way, parent string, p *place) {
		if ext := extension(n.text); ext != "" && n.depth == 1 && d.isData(p) && len(p.Auth) > 0 && !p.anonymous() {
			d.suffixes[ext]++
		}
		if print, ok := p.page(); ok && p.method == "GET" {
			if prints[print] == nil {
				prints[print] = &pageOf{map[string]bool{}, map[string]bool{}}
			}
			prints[print].parents[parent] = true
			prints[print].names[n.text] = true
		}
	})
	for print, of := range prints {
		d.fallback[print] = len(of.parents) >= 4 && len(of.names) >= 4
	}
	d.anything(d.good.tree.root, nil, 0, map[uint64]*reach{})
	d.each(d.good.tree.root, "", "", func(n *node, way, parent string, p *place) {
		switch print, ok := p.page(); {
		case n.class == anything:
			d.set[p] = Fallback
		case ok && d.fallback[print] || !ok && d.alike(p):
			d.set[p] = Fallback
		case d.isStatic(n, p):
			d.set[p] = Static
		case p.method == "HEAD" && d.screened(n) != "":
			d.set[p] = d.screened(n)
		default:
			return
		}
		s := d.other(way)
		e := d.endpoint(s, p.method)
		e.Class = d.set[p]
		e.Op.merge(&p.Operation)
		e.Paths++
		switch print, ok := p.page(); {
		case n.class == anything:
			e.Why = []string{"paths that are longer and more diverse than any that people write, too many to be told apart"}
		case e.Class == Static:
			e.Why = []string{"a file for browsers, sent to anybody"}
		case d.alike(p):
			e.Why = []string{"the same names came for random paths of any length"}
		case !ok:
			e.Why = []string{"GET has the page of a catch-all there"}
		default:
			e.Why = []string{fmt.Sprintf("the same page came for paths in %d other places", len(prints[print].parents))}
		}
	})
}

// pageOf is where one page came: below which paths, and for which last segments. A catch-all's comes for
// any; a page of each object of a collection for those that say which page.
type pageOf struct{ parents, names map[string]bool }

// screened is the class that screen gave to GET at a place, "" for none: HEAD is
// what GET is (RFC 9110, Section 9.3.2).
func (d *deciding) screened(n *node) Class {
	for _, p := range n.called() {
		if p.method == "GET" {
			return d.set[p]
		}
	}
	return ""
}

// each visits all operations with the path and the parent's path.
func (d *deciding) each(n *node, way, parent string, visit func(n *node, way, parent string, p *place)) {
	for _, p := range n.called() {
		visit(n, way, parent, p)
	}
	n.sorted(func(c *node, _ *group) {
		text := c.text
		if c.rest {
			text = c.stands()
		}
		d.each(c, way+"/"+text, way, visit)
	})
}

// stands writes what a segment without its text is.
func (n *node) stands() string {
	if n.class == anything {
		return "{anything}"
	}
	return "{" + strings.ReplaceAll(n.class.String(), " ", "-") + "}"
}

// other is the site of a path that is listed apart.
func (d *deciding) other(way string) *site {
	if way == "" {
		way = "/"
	}
	s := d.others[way]
	if s == nil {
		s = &site{template: way, endpoints: map[string]*Endpoint{}}
		d.others[way] = s
		d.sites = append(d.sites, s)
	}
	return s
}

// page returns the print of an operation whose successes were all one page without a shape.
func (p *place) page() (uint64, bool) {
	print := uint64(0)
	for status, r := range p.Responses {
		if status >= 300 {
			continue
		}
		for _, b := range r.Types {
			if b.acc.View() != nil || b.Prints.Count() != 1 || len(b.Prints.small) != 1 {
				return 0, false
			}
			if print != 0 && print != b.Prints.small[0] {
				return 0, false
			}
			print = b.Prints.small[0]
		}
	}
	return print, print != 0
}

// isData: some success had a shape.
func (d *deciding) isData(p *place) bool {
	for status, r := range p.Responses {
		for _, b := range r.Types {
			if status < 300 && b.acc.View() != nil {
				return true
			}
		}
	}
	return false
}

// anonymous: some success came without a credential.
func (p *place) anonymous() bool {
	st := p.Auth[AuthKey{}]
	return st != nil && st.Success > 0
}

// extension is the file name extension of a segment, lower case.
func extension(s string) string {
	i := strings.LastIndexByte(s, '.')
	if i < 1 || len(s)-i > 12 {
		return ""
	}
	return strings.ToLower(s[i+1:])
}

// isStatic: a GET or HEAD of a file name that browsers load, sent to anybody.
func (d *deciding) isStatic(n *node, p *place) bool {
	if p.method != "GET" && p.method != "HEAD" || !p.anonymous() && len(p.Auth) > 0 {
		return false
	}
	ext := extension(n.text)
	switch ext {
	case "js", "mjs", "css", "map", "png", "jpg", "jpeg", "gif", "svg", "ico", "webp", "avif", "woff", "woff2", "ttf", "otf", "eot", "html", "htm", "wasm", "webmanifest", "swf":
		return !d.isData(p)
	case "txt", "xml":
		if !d.isData(p) {
			return n.depth <= 2
		}
		return n.depth == 1 && d.suffixes[ext] < 2
	case "json":
		return n.depth == 1 && d.suffixes[ext] < 2
	}
	return false
}

// healthNames are the last segments of paths that tell whether a service runs.
var healthNames = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields("health healthz healthcheck health-check health_check ping livez readyz live ready liveness readiness alive status up heartbeat _health _ping _status -health") {
		m[w] = true
	}
	return m
}()

// weakNames are those of healthNames that tell of anything that has a state.
var weakNames = map[string]bool{"status": true, "live": true, "ready": true, "up": true, "alive": true}

// isOwn: a document declares the operation, or it is below a version and so of
// the versioned interface, or all who had an answer sent a credential, or it tells of a
// part of the service: a resource with other operations, beside others.
func (d *deciding) isOwn(e *Endpoint) bool {
	if slices.Contains(d.declared, DeclaredTemplate{e.Method, e.Template}) {
		return true
	}
	if p := e.Op; len(p.Auth) > 0 && p.Auth[AuthKey{}] == nil {
		return true
	}
	if i := strings.LastIndexByte(e.Template, '/'); i > 0 && weakNames[e.Template[i+1:]] {
		beside, all := 0, 0
		for _, s := range d.sites {
			switch {
			case len(s.way) == 0 || s.template == e.Template: // a path that is listed apart, or this one
			case strings.HasPrefix(s.template, e.Template[:i+1]):
				beside, all = beside+1, all+1
			default:
				all++
			}
		}
		if beside > 0 && 2*beside < all {
			return true
		}
	}
	return slices.ContainsFunc(e.Segments, func(s Segment) bool { return !s.Param && template.Classify(s.Text) == template.Version })
}

// isHealth: a GET of a usual name near the root whose answer says next to nothing, and that is no WebSocket or stream.
func isHealth(e *Endpoint) bool {
	segs := strings.Split(strings.Trim(e.Template, "/"), "/")
	if e.Method != "GET" && e.Method != "HEAD" || len(e.Params) > 0 || len(segs) > 3 || !healthNames[segs[len(segs)-1]] || e.Op.Protocol() != "" {
		return false
	}
	for status, r := range e.Op.Responses {
		for _, b := range r.Types {
			if v := b.acc.View(); status < 300 && v != nil && v.Nodes() > 8 {
				return false
			}
		}
	}
	return true
}

// finish classes the endpoints, and gives each its reasons.
func (d *deciding) finish() {
	for _, s := range d.sites {
		methods := make([]string, 0, len(s.endpoints))
		for m := range s.endpoints {
			methods = append(methods, m)
		}
		sort.Strings(methods)
		for _, m := range methods {
			e := s.endpoints[m]
			e.Op.shapes()
			e.ID = d.id(e)
			e.Callers = e.Op.busiest(16)
			switch {
			case e.Op.Slashes == e.Op.Calls:
				e.TrailingSlash = "all"
			case e.Op.Slashes > 0:
				e.TrailingSlash = "some"
			}
			if e.Class == Real {
				if isGRPCHealth(e) || isHealth(e) && !d.isOwn(e) {
					e.Class = Health
				}
				explain(e, s)
				d.out.Endpoints = append(d.out.Endpoints, e)
			} else {
				d.out.Others = append(d.out.Others, e)
			}
		}
	}
}

// explain gives an endpoint its confidence, the least of its segments', and the
// reasons for its template and class.
func explain(e *Endpoint, s *site) {
	conf := 1.0
	for _, p := range s.way {
		conf = min(conf, p.Confidence)
		if p.Why == "" {
			continue
		}
		if p.Segment.Param {
			e.Why = append(e.Why, "parameter: "+p.Why)
		} else {
			e.Why = append(e.Why, "literal: "+p.Why)
		}
	}
	if e.Confidence == 0 {
		e.Confidence = conf
	} else {
		e.Confidence = min(e.Confidence, conf)
	}
	if e.Op.Success > 0 {
		e.Why = append(e.Why, fmt.Sprintf("%d of %d calls succeeded", e.Op.Success, e.Op.Calls))
	}
	if e.Class == Health {
		e.Why = append(e.Why, "a usual name of a health check, and an answer that says next to nothing")
	}
}
