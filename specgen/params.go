package specgen

import (
	"sort"
	"strings"

	"wirecensus/inventory/catalog"
	"wirecensus/schemas/shape"
)

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// params lists the parameters in the order of their places: path, query, header, cookie.
func (g *generator) params(op *operation) []any {
	var out []any
	for i, p := range op.pathParams() {
		if i < len(op.names) {
			out = append(out, g.pathParam(op.names[i], p))
		}
	}
	out = append(out, g.query(op)...)
	skip := g.sec.fields(op)
	for _, name := range sortedKeys(op.Op.Headers) {
		if !standardHeader(name) && !infrastructural(name) && token(name) && !skip["header "+strings.ToLower(name)] {
			out = append(out, g.param(op, "header", headerName(name), op.Op.Headers[name]))
		}
	}
	for _, name := range sortedKeys(op.Op.Cookies) {
		if token(name) && !skip["cookie "+name] {
			out = append(out, g.param(op, "cookie", name, op.Op.Cookies[name]))
		}
	}
	return out
}

// pathParams are the path parameters in the order of the path, nil where nothing is known of one.
func (op *operation) pathParams() []*catalog.PathParam {
	byName := map[string]*catalog.PathParam{}
	for i := range op.Params {
		byName[op.Params[i].Name] = &op.Params[i]
	}
	var out []*catalog.PathParam
	for _, s := range op.segs {
		for _, p := range s.params {
			out = append(out, byName[p])
		}
	}
	return out
}

func (g *generator) pathParam(name string, p *catalog.PathParam) *object {
	s := &schema{types: []string{"string"}}
	if p != nil && p.Shape != nil && p.Shape.Total() > 0 {
		s = inferrer{lexical: true, lexicon: g.lex, examples: !g.comp.loose}.infer(p.Shape, name, 0)
		s.nullable = false
	}
	o := s.emit(g.v30)
	if p != nil && len(p.Enum) > 0 {
		o = obj("type", "string", "enum", list(p.Enum))
	}
	return obj("name", name, "in", "path", "required", true, "schema", o)
}

// query lists the query parameters; names of the form a[b] become one parameter
// a in deepObject style.
func (g *generator) query(op *operation) []any {
	skip := g.sec.fields(op)
	deep := map[string][]string{}
	byName := map[string]*object{}
	for _, name := range sortedKeys(op.Op.Query) {
		p := op.Op.Query[name]
		if skip["query "+name] || g.odd[name] || name == "" || len(name) > maxName {
			continue
		}
		if open := strings.IndexByte(name, '['); open > 0 && strings.HasSuffix(name, "]") && !strings.HasSuffix(name, "[]") && p.Styles["deep"] > 0 {
			deep[name[:open]] = append(deep[name[:open]], name)
			continue
		}
		byName[name] = g.param(op, "query", name, p)
	}
	for _, name := range sortedKeys(deep) {
		if byName[name] == nil {
			byName[name] = g.deepParam(op, name, deep[name])
		}
	}
	var out []any
	for _, name := range sortedKeys(byName) {
		out = append(out, byName[name])
	}
	return out
}

func (g *generator) deepParam(op *operation, name string, members []string) *object {
	s := &schema{types: []string{"object"}}
	for _, m := range members {
		p := op.Op.Query[m]
		key := strings.NewReplacer("][", ".", "[", "", "]", "").Replace(m[len(name):])
		s.props = append(s.props, property{key, inferrer{lexical: true, lexicon: g.lex, examples: !g.comp.loose}.infer(p.Shape, key, 1)})
	}
	return obj("name", name, "in", "query", "style", "deepObject", "explode", true, "schema", s.emit(g.v30))
}

// param writes one parameter with its style.
func (g *generator) param(op *operation, in, name string, p *catalog.Param) *object {
	o := obj("name", name, "in", in)
	if p.Calls >= op.Op.Accepted && p.Calls >= minRequired {
		o.set("required", true)
	}
	s := inferrer{lexical: true, lexicon: g.lex, examples: !g.comp.loose}.infer(p.Shape, name, 0)
	s.nullable = false
	if len(s.types) == 0 && s.ref == "" {
		s.types = []string{"string"}
	}
	array := p.Styles["repeat"]+p.Styles["comma"]+p.Styles["brackets"] > 0
	if array && s.items == nil {
		s = &schema{types: []string{"array"}, items: s}
	} else if s.items != nil && len(s.types) > 1 {
		s = &schema{types: []string{"array"}, items: g.itemsOf(p.Shape, name, s)}
	}
	if in == "query" && array {
		// OpenAPI 3.1.0, Section 4.8.12.3: form style, exploded unless written with commas.
		comma := p.Styles["comma"] > p.Styles["repeat"]+p.Styles["brackets"]
		if p.Styles["brackets"] > 0 && !strings.HasSuffix(name, "[]") {
			o.set("name", name+"[]")
		}
		o.set("style", "form")
		o.set("explode", !comma)
	}
	o.set("schema", s.emit(g.v30))
	return o
}

// itemsOf is the item schema of a parameter that was written as one value in
// some calls and as several in others.
func (g *generator) itemsOf(n *shape.Node, name string, s *schema) *schema {
	one := *n
	one.Kinds[shape.Array], one.Items = 0, nil
	return inferrer{lexical: true, lexicon: g.lex, examples: !g.comp.loose}.infer(shape.Merge(&one, n.Items), name, 1)
}

// standardHeader are the fields that OpenAPI describes elsewhere (OpenAPI 3.1.0,
// Section 4.8.12.1: Accept, Content-Type and Authorization are ignored).
func standardHeader(name string) bool {
	switch strings.ToLower(name) {
	case "accept", "content-type", "authorization", "cookie", "host", "content-length", "":
		return true
	}
	return false
}

// token says whether a name is a token (RFC 9110, Section 5.6.2).
func token(name string) bool {
	if name == "" || len(name) > maxName {
		return false
	}
	for _, c := range []byte(name) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0) {
			return false
		}
	}
	return true
}

// headerName writes a field name in its usual case: X-Request-ID.
func headerName(name string) string {
	parts := strings.Split(strings.ToLower(name), "-")
	for i, p := range parts {
		switch p {
		case "id", "etag", "url", "uri", "api", "md5", "sha1", "ttl", "ip":
			parts[i] = strings.ToUpper(p)
		default:
			parts[i] = title(p)
		}
	}
	if name := strings.Join(parts, "-"); name != "ETAG" {
		return name
	}
	return "ETag"
}
