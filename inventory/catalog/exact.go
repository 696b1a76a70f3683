package catalog

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"wirecensus/schemas"
)

// maxExactPath is the bytes of a path that is kept apart from the tree.
const maxExactPath = 512

// exact are the paths that are templates as they are: those of gRPC, which name a service and a method
// and never an object. However many there are, none is a parameter's value. The limit's number of least
// hash stay.
type exact struct {
	kept  map[string]*node // by path, in normal form
	names Set              // hashes of those that found no room
	calls uint64           // and their calls
	top   *node            // the greatest of kept; nil when it is not known
}

// exactPath returns the path under which a call is kept apart, false where it belongs into the tree.
func exactPath(c *schemas.Call) (string, bool) {
	if c.Protocol != "grpc" && c.Protocol != "grpc-web" || len(c.Path) > maxExactPath {
		return "", false
	}
	if p := c.Path; len(p) < 4 || p[0] != '/' || p[len(p)-1] == '/' || strings.Count(p, "/") < 2 || strings.Contains(p, "//") || strings.ContainsAny(p, "{}") {
		return "", false
	}
	return canonical(c.Path), true
}

// at finds or makes the place of a path, nil when there is no room.
func (x *exact) at(path string, l limits) *node {
	if n := x.kept[path]; n != nil {
		return n
	}
	n := &node{text: clone(path), hash: digest(l.seed, path)}
	if !x.admit(n, l.exact) {
		return nil
	}
	if x.kept == nil {
		x.kept = map[string]*node{}
	}
	x.kept[n.text] = n
	return n
}

func compareExact(a, b *node) int {
	return cmp.Or(cmp.Compare(a.hash, b.hash), strings.Compare(a.text, b.text))
}

// admit makes room for a path that is not there, if it is less than some that are, and says whether it did.
func (x *exact) admit(n *node, limit int) bool {
	if len(x.kept) < limit {
		x.top = nil
		return true
	}
	if x.top == nil {
		for _, k := range x.kept {
			if x.top == nil || compareExact(k, x.top) > 0 {
				x.top = k
			}
		}
	}
	if compareExact(n, x.top) > 0 {
		x.names.Add(n.hash)
		return false
	}
	delete(x.kept, x.top.text)
	x.names.Add(x.top.hash)
	x.calls += x.top.calls()
	x.top = nil
	return true
}

// calls are all calls of a place.
func (n *node) calls() uint64 {
	c := n.more
	for _, p := range n.ops {
		c += p.Calls
	}
	return c
}

// merge takes over the content of o.
func (x *exact) merge(o *exact, l limits) {
	x.names.Merge(&o.names)
	x.calls += o.calls
	for path, from := range o.kept {
		if n := x.at(path, l); n != nil {
			n.takeOps(from)
		} else {
			x.calls += from.calls()
		}
	}
}

func (x *exact) size() int {
	k := mapItself + x.names.size()
	for _, n := range x.kept {
		k += mapEntry + n.size()
	}
	return k
}

// sorted are the places in order of their paths.
func (x *exact) sorted() []*node {
	out := make([]*node, 0, len(x.kept))
	for _, path := range slices.Sorted(maps.Keys(x.kept)) {
		out = append(out, x.kept[path])
	}
	return out
}

// exactSites makes endpoints of the paths that were kept apart and answered with a success, and takes the
// successes of the same paths in the tree to them: calls whose protocol was not seen.
func (d *deciding) exactSites() {
	d.exact = map[string]*site{}
	for _, n := range d.good.exact.sorted() {
		ops := n.called()
		if len(ops) == 0 {
			continue
		}
		s := &site{template: n.text, endpoints: map[string]*Endpoint{}}
		for _, text := range strings.Split(n.text[1:], "/") {
			s.segments = append(s.segments, Segment{Text: text, Confidence: 1, For: []string{"gRPC names a service and a method in the path"}, Against: []string{}})
		}
		d.exact[n.text] = s
		d.sites = append(d.sites, s)
		for _, p := range ops {
			d.succeeded(s, p)
		}
		if same := d.good.tree.below(n.text); same != nil {
			for _, p := range same.called() {
				if d.set[p] == "" {
					d.set[p] = Real
					d.succeeded(s, p)
				}
			}
		}
	}
}

// succeeded adds the successes of a place to an exact path's.
func (d *deciding) succeeded(s *site, p *place) {
	e := d.endpoint(s, p.method)
	e.Op.merge(&p.Operation)
	e.Paths = 1
	d.origins[e] = e.Op.Origin
}

// assignExact gives the calls of exact paths that did not succeed to their endpoints, or lists them apart.
func (d *deciding) assignExact(discriminates bool) {
	for _, n := range d.bad.exact.sorted() {
		for _, p := range n.called() {
			if s := d.exact[n.text]; s != nil && s.endpoints[p.method] != nil {
				s.endpoints[p.method].Op.merge(&p.Operation)
				continue
			}
			d.refused(d.other(n.text), p, discriminates)
		}
	}
}

// below is the place of a path whose segments kept their text, nil when there is none.
func (t *tree) below(path string) *node {
	n := t.root
	for _, seg := range strings.Split(strings.Trim(path, "/"), "/") {
		if n = n.kids.find(digest(t.limits.seed, seg), seg); n == nil {
			return nil
		}
	}
	return n
}

// pathOf is the path of a way through the tree, "" where a segment's text was not kept.
func pathOf(way []*node) string {
	var b strings.Builder
	for _, n := range way {
		if n.rest {
			return ""
		}
		b.WriteByte('/')
		b.WriteString(n.text)
	}
	return b.String()
}

// isGRPCHealth: the health checks of gRPC (grpc/health/v1/health.proto).
func isGRPCHealth(e *Endpoint) bool {
	return e.Op.Protocol() != "" && (strings.HasSuffix(e.Template, "/grpc.health.v1.Health/Check") || strings.HasSuffix(e.Template, "/grpc.health.v1.Health/Watch"))
}

// answered404: somebody asked for a method that there is not.
func (x *exact) answered404() bool {
	for _, n := range x.kept {
		for _, p := range n.ops {
			if p.Outcomes()[404] > 0 {
				return true
			}
		}
	}
	return false
}
