package lint

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// schemaWalk visits every schema of a document once, where it stands first.
type schemaWalk struct {
	seen  map[*openapi3.Schema]bool
	refs  map[string]bool
	visit func(at string, s *openapi3.Schema)
}

func (d *document) walk(visit func(at string, s *openapi3.Schema)) *schemaWalk {
	w := &schemaWalk{seen: map[*openapi3.Schema]bool{}, refs: map[string]bool{}, visit: visit}
	for i := range d.ops {
		o := &d.ops[i]
		for _, list := range []openapi3.Parameters{o.item.Parameters, o.Parameters} {
			for _, p := range list {
				if p != nil && p.Value != nil {
					w.schema(o.at(), p.Value.Schema)
					w.content(o.at(), p.Value.Content)
				}
			}
		}
		if o.RequestBody != nil && o.RequestBody.Value != nil {
			w.content(o.at(), o.RequestBody.Value.Content)
		}
		for _, status := range sortedKeys(o.Responses.Map()) {
			if r := o.Responses.Value(status); r != nil && r.Value != nil {
				w.content(o.at(), r.Value.Content)
				for _, name := range sortedKeys(r.Value.Headers) {
					if h := r.Value.Headers[name]; h != nil && h.Value != nil {
						w.schema(o.at(), h.Value.Schema)
					}
				}
			}
		}
		w.extensions(o)
	}
	if d.Components != nil {
		for _, name := range sortedKeys(d.Components.Schemas) {
			w.inside("#/components/schemas/"+name, d.Components.Schemas[name].Value)
		}
	}
	return w
}

func (w *schemaWalk) content(at string, c openapi3.Content) {
	for _, media := range sortedKeys(c) {
		if c[media] != nil {
			w.schema(at, c[media].Schema)
			var item json.RawMessage
			if read(c[media].Extensions, "x-wirecensus-item-schema", &item) {
				w.text(at, item)
			}
		}
	}
}

func (w *schemaWalk) schema(at string, r *openapi3.SchemaRef) {
	if r == nil {
		return
	}
	if name, ok := strings.CutPrefix(r.Ref, "#/components/schemas/"); ok {
		w.refs[name] = true
		at = r.Ref
	}
	w.inside(at, r.Value)
}

func (w *schemaWalk) inside(at string, s *openapi3.Schema) {
	if s == nil || w.seen[s] {
		return
	}
	w.seen[s] = true
	w.visit(at, s)
	for _, list := range []openapi3.SchemaRefs{s.OneOf, s.AnyOf, s.AllOf, s.PrefixItems} {
		for _, r := range list {
			w.schema(at, r)
		}
	}
	w.schema(at, s.Items)
	w.schema(at, s.Not)
	w.schema(at, s.AdditionalProperties.Schema)
	for _, name := range sortedKeys(s.Properties) {
		w.schema(at, s.Properties[name])
	}
}

func arrayItems(d *document, note noteFunc) {
	d.walk(func(at string, s *openapi3.Schema) {
		if s.Type.Is("array") && s.Items == nil && len(s.PrefixItems) == 0 {
			note(at, "an array without items")
		}
	})
}

func enumDuplicates(d *document, note noteFunc) {
	d.walk(func(at string, s *openapi3.Schema) {
		seen := map[string]bool{}
		for _, v := range s.Enum {
			text := fmt.Sprintf("%T %v", v, v)
			if seen[text] {
				note(at, "enumeration has %v twice", v)
			}
			seen[text] = true
		}
	})
}

func unusedSchema(d *document, note noteFunc) {
	used := d.walk(func(string, *openapi3.Schema) {}).refs
	if d.Components == nil {
		return
	}
	for _, name := range sortedKeys(d.Components.Schemas) {
		if !used[name] {
			note("#/components/schemas/"+name, "nothing refers to it")
		}
	}
}
