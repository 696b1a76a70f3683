package status

import (
	"slices"
	"strings"

	"wirecensus/inventory/catalog"
	"wirecensus/schemas/shape"
	"wirecensus/specgen/openapi"
)

// comparer compares one body with its declared schema.
type comparer struct {
	d      *differ
	in     string
	answer bool // a response: missing fields break clients
	form   bool // everything is text on the wire
}

// compare goes down a body. at is the JSON path, "" for the root.
func (c *comparer) compare(s *openapi.Schema, n *shape.Node, at string, depth int) {
	if s == nil || n == nil || n.Total() == 0 || depth > maxDriftDepth || free(s) {
		return
	}
	c.kinds(s, n, at)
	if n.Kinds[shape.Object] > 0 && allows(s, "object", 0) {
		c.fields(s, n, at, depth)
	}
	if n.Kinds[shape.Array] > 0 {
		c.compare(items(s), n.Items, at+"[]", depth+1)
	}
}

// free says whether a schema takes everything.
func free(s *openapi.Schema) bool {
	return len(s.Types) == 0 && len(s.Props) == 0 && len(s.Any) == 0 && s.Items == nil && s.Extra == nil && s.Enum == 0 && !s.Closed && s.Format == "" && len(s.Required) == 0
}

// allows says whether a schema takes values of a JSON type.
func allows(s *openapi.Schema, kind string, depth int) bool {
	if s == nil || depth > maxDriftDepth {
		return true
	}
	if kind == "null" && s.Nullable {
		return true
	}
	if len(s.Types) > 0 {
		return slices.Contains(s.Types, kind) || kind == "integer" && slices.Contains(s.Types, "number")
	}
	if len(s.Any) > 0 {
		return slices.ContainsFunc(s.Any, func(a *openapi.Schema) bool { return allows(a, kind, depth+1) })
	}
	switch {
	case len(s.Props) > 0 || s.Extra != nil || s.Closed || len(s.Required) > 0:
		return kind == "object"
	case s.Items != nil:
		return kind == "array"
	case s.Format != "" && s.Format != "int32" && s.Format != "int64" && s.Format != "float" && s.Format != "double":
		return kind == "string"
	}
	return true
}

var kindNames = [...]string{shape.Null: "null", shape.Bool: "boolean", shape.Integer: "integer", shape.Number: "number", shape.String: "string",
	shape.Object: "object", shape.Array: "array"}

// kinds reports the types that the schema does not take, and a declared format
// that no text has.
func (c *comparer) kinds(s *openapi.Schema, n *shape.Node, at string) {
	total := n.Total()
	for k, count := range n.Kinds {
		name := kindNames[k]
		if count == 0 || allows(s, name, 0) || c.form && (shape.Kind(k) == shape.String || shape.Kind(k) == shape.Array) {
			continue
		}
		c.d.add("type-mismatch", c.in, at, place(at)+" is "+article(name)+" in "+of(count, total, "value")+"; declared: "+declaredTypes(s), count, total, c.answer)
	}
	if n.Str == nil || len(s.Types) > 1 {
		return
	}
	if f, ok := lexical(s.Format); ok {
		if bad := n.Kinds[shape.String] - n.Str.Formats.Count(f) - looksLike(&n.Str.Formats, f); bad > 0 {
			c.d.add("format-mismatch", c.in, at, place(at)+" is no "+s.Format+" in "+of(bad, n.Kinds[shape.String], "text"), bad, n.Kinds[shape.String], false)
		}
	}
}

// looksLike counts the texts that many take for ones of format f.
func looksLike(c *shape.Formats, f shape.Format) uint64 {
	if f == shape.UUID {
		return c.Count(shape.GUID)
	}
	return 0
}

func lexical(format string) (shape.Format, bool) {
	switch format {
	case "uuid":
		return shape.UUID, true
	case "date-time":
		return shape.DateTime, true
	case "date":
		return shape.Date, true
	case "email":
		return shape.Email, true
	case "ipv4":
		return shape.IPv4, true
	case "ipv6":
		return shape.IPv6, true
	}
	return 0, false
}

func article(kind string) string {
	switch kind {
	case "null":
		return kind
	case "integer", "object", "array":
		return "an " + kind
	}
	return "a " + kind
}

func declaredTypes(s *openapi.Schema) string {
	types := slices.Clone(s.Types)
	for _, a := range s.Any {
		types = append(types, a.Types...)
	}
	if len(types) == 0 {
		for _, k := range kindNames {
			if allows(s, k, 0) {
				types = append(types, k)
			}
		}
	}
	slices.Sort(types)
	return join(slices.Compact(types))
}

func place(at string) string {
	if at == "" {
		return "the body"
	}
	return "field " + quote(at)
}

// fields compares the properties of the objects at a position.
func (c *comparer) fields(s *openapi.Schema, n *shape.Node, at string, depth int) {
	objects := n.Kinds[shape.Object]
	noun := "object"
	if at == "" {
		noun = "body"
	}
	for _, p := range n.Props {
		child, known := property(s, p.Name, 0)
		name := strings.TrimPrefix(at+"."+p.Name, ".")
		if !known {
			c.d.add("undeclared-field", c.in, name, "field "+quote(name)+" in "+ofBodies(p.Seen, objects, noun)+" is not declared", p.Seen, objects, s.Closed && c.answer)
			continue
		}
		c.compare(child, p.Node, name, depth+1)
	}
	for _, name := range s.Required {
		child := s.Props[name]
		if child != nil && (c.answer && child.Write || !c.answer && child.Read) {
			continue
		}
		seen := uint64(0)
		if p := n.Prop(name); p != nil {
			seen = p.Seen
		}
		if seen < objects && !n.Truncated && n.Extra == nil {
			full := strings.TrimPrefix(at+"."+name, ".")
			c.d.add("missing-required-field", c.in, full, "required field "+quote(full)+" absent in "+ofBodies(objects-seen, objects, noun), objects-seen, objects, c.answer)
		}
	}
}

func ofBodies(n, all uint64, noun string) string {
	if noun == "body" {
		return of(n, all, "call")
	}
	return of(n, all, noun)
}

// property finds the schema of a property: its own, that of an alternative, or
// that of further properties. A schema that names no properties takes any.
func property(s *openapi.Schema, name string, depth int) (*openapi.Schema, bool) {
	if s == nil || depth > maxDriftDepth {
		return nil, true
	}
	if p, ok := s.Props[name]; ok {
		return p, true
	}
	var found []*openapi.Schema
	for _, a := range s.Any {
		if p, ok := property(a, name, depth+1); ok {
			if p == nil {
				return nil, true
			}
			found = append(found, p)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], true
	case len(found) > 1:
		return &openapi.Schema{Any: found}, true
	case s.Extra != nil:
		return s.Extra, true
	}
	return nil, len(s.Props) == 0 && len(s.Any) == 0 && !s.Closed && (len(s.Types) == 0 || slices.Contains(s.Types, "object"))
}

// items is the schema of the elements, joined over alternatives.
func items(s *openapi.Schema) *openapi.Schema {
	if s.Items != nil {
		return s.Items
	}
	var found []*openapi.Schema
	for _, a := range s.Any {
		if a.Items != nil {
			found = append(found, a.Items)
		}
	}
	switch len(found) {
	case 0:
		return nil
	case 1:
		return found[0]
	}
	return &openapi.Schema{Any: found}
}

// text compares the values of a parameter, which are text on the wire, with the
// declared type.
func (d *differ) text(s *openapi.Schema, p *catalog.Param, in, name string) {
	if s == nil || p.Shape == nil || len(s.Types) != 1 || p.Shape.Str == nil {
		return
	}
	fs := &p.Shape.Str.Formats
	all := p.Shape.Kinds[shape.String]
	var good uint64
	switch s.Types[0] {
	case "integer":
		good = fs.Count(shape.Int)
	case "number":
		good = fs.Count(shape.Int) + fs.Count(shape.Decimal)
	case "boolean":
		good = fs.Count(shape.Boolean) + fs.Count(shape.Int)
	default:
		return
	}
	if bad := all - min(all, good+fs.Count(shape.Empty)); bad > 0 {
		d.add("type-mismatch", in, name, in+" parameter "+quote(name)+" is no "+s.Types[0]+" in "+of(bad, all, "value"), bad, all, false)
	}
}
