package openapi

import (
	"fmt"
	"net/http"
	"sort"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// builder turns a resolved tree into a Document.
type builder struct {
	doc     *Document
	tree    *openapi3.T
	schemas map[*openapi3.Schema]*Schema
}

func build(t *openapi3.T, name, spec string) *Document {
	b := &builder{doc: &Document{Name: name, Spec: spec}, tree: t, schemas: map[*openapi3.Schema]*Schema{}}
	d := b.doc
	var sunset int64
	if t.Info != nil {
		d.Title, d.Version = t.Info.Title, t.Info.Version
		sunset = sunsetOf(t.Info.Extensions)
	}
	d.Servers = servers(t.Servers)
	for _, path := range sortedKeys(t.Paths.Map()) {
		item := t.Paths.Value(path)
		if item == nil || !strings.HasPrefix(path, "/") {
			continue
		}
		ops := item.Operations()
		for _, method := range sortedKeys(ops) {
			if ops[method] != nil {
				b.operation(strings.ToUpper(method), path, item, ops[method], sunset)
			}
		}
	}
	sort.SliceStable(d.Operations, func(i, j int) bool {
		a, b := d.Operations[i], d.Operations[j]
		if a.Template != b.Template {
			return a.Template < b.Template
		}
		return a.Method < b.Method
	})
	d.index = indexes(d.Operations)
	return d
}

func (b *builder) operation(method, path string, item *openapi3.PathItem, src *openapi3.Operation, sunset int64) {
	op := Operation{
		Document: b.doc, Method: method, ID: src.OperationID, Summary: src.Summary, Tags: src.Tags,
		Deprecated: src.Deprecated || truth(src.Extensions["x-deprecated"]) || truth(item.Extensions["x-deprecated"]),
		Params:     b.params(item.Parameters, src.Parameters),
		Request:    b.request(src.RequestBody),
		Security:   b.security(src.Security),
		Sunset:     sunset,
	}
	if s := sunsetOf(item.Extensions); s != 0 {
		op.Sunset = s
	}
	if s := sunsetOf(src.Extensions); s != 0 {
		op.Sunset = s
	}
	if src.Responses != nil {
		b.responses(&op, src.Responses)
	}
	places := b.doc.Servers
	if len(item.Servers) > 0 {
		places = servers(item.Servers)
	}
	if src.Servers != nil && len(*src.Servers) > 0 {
		places = servers(*src.Servers)
	}
	if len(places) == 0 {
		places = []Server{{}}
	}
	seen := map[string]bool{}
	for _, s := range places {
		if seen[s.Base] {
			continue
		}
		seen[s.Base] = true
		o := op
		o.Base, o.Template = s.Base, s.Base+path
		b.doc.Operations = append(b.doc.Operations, &o)
	}
}

// params joins the parameters of the path item with those of the operation,
// which win.
func (b *builder) params(lists ...openapi3.Parameters) []Param {
	byKey := map[string]Param{}
	for _, list := range lists {
		for _, ref := range list {
			if ref == nil || ref.Value == nil {
				continue
			}
			v := ref.Value
			p := Param{In: v.In, Name: v.Name, Required: v.Required || v.In == "path", Schema: b.schema(v.Schema), Style: v.Style}
			if p.Style == "" {
				p.Style = "simple"
				if p.In == "query" || p.In == "cookie" {
					p.Style = "form"
				}
			}
			p.Explode = p.Style == "form"
			if v.Explode != nil {
				p.Explode = *v.Explode
			}
			for _, t := range sortedKeys(v.Content) {
				if m := v.Content[t]; p.Schema == nil && m != nil {
					p.Schema = b.schema(m.Schema)
				}
			}
			byKey[p.In+"\x00"+p.Name] = p
		}
	}
	out := make([]Param, 0, len(byKey))
	for _, k := range sortedKeys(byKey) {
		out = append(out, byKey[k])
	}
	return out
}

func (b *builder) request(ref *openapi3.RequestBodyRef) *Request {
	if ref == nil || ref.Value == nil {
		return nil
	}
	return &Request{Required: ref.Value.Required, Types: b.content(ref.Value.Content)}
}

func (b *builder) responses(op *Operation, rs *openapi3.Responses) {
	m := rs.Map()
	for _, status := range sortedKeys(m) {
		if m[status] == nil || m[status].Value == nil {
			continue
		}
		r := Response{Status: strings.ToUpper(status), Types: b.content(m[status].Value.Content)}
		if r.Status == "DEFAULT" {
			r.Status = "default"
		}
		for _, h := range sortedKeys(m[status].Value.Headers) {
			r.Headers = append(r.Headers, strings.ToLower(h))
		}
		op.Responses = append(op.Responses, r)
	}
}

func (b *builder) content(c openapi3.Content) []Media {
	var out []Media
	for _, t := range sortedKeys(c) {
		m := Media{Type: mediaType(t)}
		if c[t] != nil {
			m.Schema = b.schema(c[t].Schema)
		}
		out = append(out, m)
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Type < out[j].Type })
	return out
}

// mediaType is a media type without parameters, in lower case.
func mediaType(t string) string {
	t, _, _ = strings.Cut(t, ";")
	return strings.ToLower(strings.TrimSpace(t))
}

func (b *builder) security(own *openapi3.SecurityRequirements) [][]Scheme {
	reqs := b.tree.Security
	if own != nil {
		reqs = *own
	} else if reqs == nil {
		return nil
	}
	out := make([][]Scheme, 0, len(reqs))
	for _, alt := range reqs {
		schemes := []Scheme{}
		for _, name := range sortedKeys(alt) {
			schemes = append(schemes, b.scheme(name))
		}
		out = append(out, schemes)
	}
	return out
}

func (b *builder) scheme(name string) Scheme {
	s := Scheme{Name: name}
	if b.tree.Components == nil {
		return s
	}
	if ref := b.tree.Components.SecuritySchemes[name]; ref != nil && ref.Value != nil {
		v := ref.Value
		s.Type, s.Scheme, s.In, s.Field = v.Type, strings.ToLower(v.Scheme), v.In, v.Name
	}
	return s
}

func truth(v any) bool {
	b, ok := v.(bool)
	return ok && b
}

// sunsetOf reads the date from which something is to be gone: x-sunset and its
// spellings, as a date, a time (RFC 3339) or an HTTP date (RFC 8594, Section 3).
func sunsetOf(ext map[string]any) int64 {
	for _, k := range sortedKeys(ext) {
		switch strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(k)) {
		case "xsunset", "xsunsetdate", "xsunsetat", "xapisunset", "xremovaldate", "xendoflife":
			s := fmt.Sprint(ext[k])
			for _, layout := range []string{time.RFC3339, time.DateOnly, "2006-01-02 15:04:05", http.TimeFormat} {
				if t, err := time.Parse(layout, s); err == nil {
					return t.Unix()
				}
			}
		}
	}
	return 0
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
