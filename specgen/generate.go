package specgen

import (
	"cmp"
	"slices"
	"strings"

	"wirecensus/inventory/catalog"
	"wirecensus/schemas"
)

// Options say how a document is written.
type Options struct {
	// Version of OpenAPI: "3.1" (the default) or "3.0".
	Version string
	// Status returns the verdict on an endpoint, written as x-wirecensus-status;
	// nil or "" writes none.
	Status func(*catalog.Endpoint) string
	// Coverage is written as x-wirecensus-coverage when it is not "".
	Coverage string
}

// Document is a generated OpenAPI document.
type Document struct {
	root *object
}

// operation is one endpoint on its way into the document.
type operation struct {
	*catalog.Endpoint
	path  string   // as written in the document
	names []string // names of the path parameters as written
	segs  []segment
	id    string
	tag   string
}

// maxSize is the number of objects from which on a document is written with
// looser components: about a hundred thousand lines.
const maxSize = 60_000

// maxSites is the number of objects in bodies from which on the same is clear before it is written.
const maxSites = 20_000

type generator struct {
	v30  bool
	opts Options
	svc  *catalog.Service
	ops  []*operation
	comp *components
	lex  *lexicon
	sec  *security
	odd  map[string]bool // query parameters that belong to no operation

	terse bool // results of the operations of protocols within HTTP are left out
}

// Generate returns the OpenAPI document of a service: its endpoints of class
// Real, in order of path and method.
func Generate(svc *catalog.Service, opts Options) *Document {
	g := &generator{v30: strings.HasPrefix(opts.Version, "3.0"), opts: opts, svc: svc}
	g.ops = operations(svc)
	g.lex = newLexicon(svc.Words, g.ops)
	g.sec = newSecurity(g.ops, g.v30)
	g.odd = ambient(g.ops)
	g.comp = collect(g.ops, false, g.lex)
	if len(g.comp.sites) > maxSites {
		g.comp = collect(g.ops, true, g.lex)
	}
	root := g.document()
	if !g.comp.loose && root.size() > maxSize {
		g.comp = collect(g.ops, true, g.lex)
		root = g.document()
	}
	if root.size() > maxSize {
		g.terse = true
		root = g.document()
	}
	return &Document{root: root}
}

func (g *generator) document() *object {
	root := obj("openapi", "3.1.0")
	if g.v30 {
		root.set("openapi", "3.0.3")
	}
	root.set("info", g.info())
	root.set("servers", g.servers())
	if tags := g.tags(); len(tags) > 0 {
		root.set("tags", tags)
	}
	root.set("paths", g.paths())
	components := obj()
	if s := g.comp.emit(g.v30, g.lex); s.len() > 0 {
		components.set("schemas", s)
	}
	if s := g.sec.emit(); s.len() > 0 {
		components.set("securitySchemes", s)
	}
	if components.len() > 0 {
		root.set("components", components)
	}
	return root
}

// methods that OpenAPI has a field for, in the order in which they are written.
func methodRank(m string) int {
	return slices.Index([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}, m)
}

// operations returns the endpoints to document in order of path and method, with
// paths, identifiers and tags.
func operations(svc *catalog.Service) []*operation {
	var ops []*operation
	for _, e := range svc.Endpoints {
		if e.Class == catalog.Real && e.Op != nil && methodRank(e.Method) >= 0 {
			ops = append(ops, newOperation(e))
		}
	}
	slices.SortStableFunc(ops, func(a, b *operation) int {
		return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(methodRank(a.Method), methodRank(b.Method)), cmp.Compare(a.Template, b.Template))
	})
	ops = unify(ops)
	assignIDs(ops)
	assignTags(ops)
	return ops
}

// unify gives paths that differ in names of parameters only the same names
// (OpenAPI 3.1.0, Section 4.8.8: such paths are identical), and drops a second
// operation at one place.
func unify(ops []*operation) []*operation {
	first := map[string]*operation{}
	seen := map[string]bool{}
	kept := ops[:0]
	for _, op := range ops {
		key := op.skeleton()
		if f := first[key]; f == nil {
			first[key] = op
		} else {
			op.path, op.names = f.path, f.names
		}
		if !seen[op.Method+" "+op.path] {
			seen[op.Method+" "+op.path] = true
			kept = append(kept, op)
		}
	}
	return kept
}

func (g *generator) info() *object {
	name := printable(g.svc.Name)
	if name == "" {
		name = "unknown service"
	}
	info := obj("title", name, "description", "Written from observed traffic: what was not seen is not here.", "version", "observed")
	evidence(info, g.svc.Calls, g.svc.First, g.svc.Last)
	if g.opts.Coverage != "" {
		info.set("x-wirecensus-coverage", g.opts.Coverage)
	}
	return info
}

// evidence adds counts and times.
func evidence(o *object, calls uint64, first, last schemas.Time) {
	o.set("x-wirecensus-calls", calls)
	if first != 0 {
		o.set("x-wirecensus-first-seen", first.String())
	}
	if last != 0 {
		o.set("x-wirecensus-last-seen", last.String())
	}
}

func (g *generator) servers() []any {
	host := g.svc.Name
	if !hostLike(host) {
		return []any{obj("url", "/")}
	}
	var out []any
	for _, s := range g.svc.Schemes {
		if s == "http" || s == "https" {
			out = append(out, obj("url", s+"://"+host))
		}
	}
	if len(out) == 0 {
		out = append(out, obj("url", "http://"+host))
	}
	return out
}

// hostLike says whether a service's name can stand in a URL.
func hostLike(s string) bool {
	if s == "" || len(s) > 300 {
		return false
	}
	for _, c := range []byte(s) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._:[]", c) >= 0) {
			return false
		}
	}
	return true
}

func (g *generator) tags() []any {
	var names []string
	for _, op := range g.ops {
		names = append(names, op.tag)
	}
	slices.Sort(names)
	var out []any
	for _, n := range slices.Compact(names) {
		out = append(out, obj("name", n))
	}
	return out
}

func (g *generator) paths() *object {
	paths := obj()
	for _, op := range g.ops {
		item, _ := paths.get(op.path).(*object)
		if item == nil {
			item = obj()
			paths.set(op.path, item)
		}
		item.set(strings.ToLower(op.Method), g.operation(op))
	}
	return paths
}

func (g *generator) operation(op *operation) *object {
	o := obj("operationId", op.id, "summary", op.summary(), "tags", []any{op.tag})
	// RFC 9745, Section 2: the date may lie in the future.
	if d := op.Op.Deprecation; d != 0 && d <= int64(op.Op.Last)/1e9 {
		o.set("deprecated", true)
	}
	if params := g.params(op); len(params) > 0 {
		o.set("parameters", params)
	}
	if body := g.request(op); body != nil {
		o.set("requestBody", body)
	}
	o.set("responses", g.responses(op))
	o.set("security", g.sec.requirement(op))
	evidence(o, op.Op.Calls, op.Op.First, op.Op.Last)
	o.set("x-wirecensus-confidence", float64(int(op.Confidence*100+0.5))/100)
	if g.opts.Status != nil {
		if s := g.opts.Status(op.Endpoint); s != "" {
			o.set("x-wirecensus-status", s)
		}
	}
	conventions(o, op)
	g.carried(o, op)
	return o
}

// printable drops what is not seen: controls, overrides, bad encoding.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\ufffd' || hidden(r) && r != '<' && r != '>' && r != '&' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}
