package openapi

import (
	"maps"
	"slices"
	"sort"

	"github.com/getkin/kin-openapi/openapi3"
)

// schema converts a schema once; a cycle becomes a cycle.
func (b *builder) schema(ref *openapi3.SchemaRef) *Schema {
	if ref == nil || ref.Value == nil {
		return nil
	}
	src := ref.Value
	if s := b.schemas[src]; s != nil {
		return s
	}
	s := &Schema{Format: src.Format, Nullable: src.Nullable, Enum: len(src.Enum), Write: src.WriteOnly, Read: src.ReadOnly}
	b.schemas[src] = s
	for _, t := range src.Type.Slice() {
		if t == "null" {
			s.Nullable = true
		} else {
			s.Types = append(s.Types, t)
		}
	}
	for _, e := range src.Enum {
		if e == nil {
			s.Nullable = true
		}
	}
	if src.Const != nil {
		s.Enum = 1
	}
	s.Required = slices.Clone(src.Required)
	s.Items = b.schema(src.Items)
	for _, name := range sortedKeys(src.Properties) {
		if p := b.schema(src.Properties[name]); p != nil {
			s.setProp(name, p)
		} else {
			s.setProp(name, &Schema{})
		}
	}
	b.extra(s, src)
	for _, list := range []openapi3.SchemaRefs{src.OneOf, src.AnyOf} {
		for _, e := range list {
			if a := b.schema(e); a != nil {
				s.Any = append(s.Any, a)
			}
		}
	}
	for _, e := range src.AllOf {
		if part := b.schema(e); part != nil && part != s {
			s.join(part, 0)
		}
	}
	s.finish()
	return s
}

// finish makes the lists canonical and drops alternatives that only say null.
func (s *Schema) finish() {
	sort.Strings(s.Types)
	s.Types = slices.Compact(s.Types)
	sort.Strings(s.Required)
	s.Required = slices.Compact(s.Required)
	kept := s.Any[:0]
	for _, a := range s.Any {
		if a.Nullable && len(a.Types) == 0 && len(a.Props) == 0 && len(a.Any) == 0 && a.Items == nil && a.Enum <= 1 {
			s.Nullable = true
			continue
		}
		kept = append(kept, a)
	}
	s.Any = kept
}

func (b *builder) extra(s *Schema, src *openapi3.Schema) {
	extra := src.AdditionalProperties
	s.Extra = b.schema(extra.Schema)
	if extra.Has != nil && !*extra.Has && len(src.PatternProperties) == 0 {
		s.Closed = true
	}
	if u := src.UnevaluatedProperties; u.Has != nil && !*u.Has {
		s.Closed = true
	}
	for _, k := range sortedKeys(src.PatternProperties) {
		if s.Extra == nil {
			s.Extra = b.schema(src.PatternProperties[k])
		}
	}
}

func (s *Schema) setProp(name string, p *Schema) {
	if s.Props == nil {
		s.Props = map[string]*Schema{}
	}
	s.Props[name] = p
}

// maxJoin is how deep the properties of the parts of allOf are joined; below it
// the first part's stand.
const maxJoin = 8

// both returns what a value has to fit that must fit a and b.
func both(a, b *Schema, depth int) *Schema {
	switch {
	case a == nil || a == b:
		return b
	case b == nil || depth > maxJoin:
		return a
	}
	c := *a
	c.Types, c.Required, c.Any, c.Props = slices.Clone(a.Types), slices.Clone(a.Required), slices.Clone(a.Any), maps.Clone(a.Props)
	c.join(b, depth)
	c.finish()
	return &c
}

// join adds what a part of allOf demands.
func (s *Schema) join(part *Schema, depth int) {
	if len(s.Types) == 0 {
		s.Types = slices.Clone(part.Types)
	}
	if s.Format == "" {
		s.Format = part.Format
	}
	s.Items = both(s.Items, part.Items, depth+1)
	if s.Extra == nil {
		s.Extra = part.Extra
	}
	if s.Enum == 0 {
		s.Enum = part.Enum
	}
	s.Nullable = s.Nullable || part.Nullable
	s.Read, s.Write = s.Read || part.Read, s.Write || part.Write
	for _, name := range sortedKeys(part.Props) {
		s.setProp(name, both(s.Props[name], part.Props[name], depth+1))
	}
	s.Required = append(s.Required, part.Required...)
	s.Any = append(s.Any, part.Any...)
}
