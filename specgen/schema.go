package specgen

import (
	"slices"
	"strings"

	"wirecensus/schemas/shape"
)

const (
	maxDepth    = 24
	maxName     = 200
	minRequired = 5
)

// schema is the version-independent form of a schema.
type schema struct {
	types    []string // without null, in canonical order; empty: any value
	nullable bool
	format   string
	props    []property
	required []string
	items    *schema
	extra    *schema // additionalProperties
	ref      string  // component name; then nothing else is set but nullable
	objects  string  // component name of the objects where other types are too
	note     string  // description
	attr     string  // name of the XML attribute that it is
	enum     []string
	pattern  string
	minimum0 bool      // no number below 0
	length   *uint64   // of the strings
	count    *uint64   // of the elements of arrays
	places   []*schema // of the elements of arrays, by place
	sample   string    // an example made from type and format, "" none
}

type property struct {
	name string
	*schema
}

// inferrer turns shapes into schemas. refs finds the component of an object, nil
// or "" when it is to be written in place.
type inferrer struct {
	refs func(n *shape.Node, name string) string
	// lexical reads numbers and booleans from strings: parameters and form
	// fields have no other type on the wire.
	lexical bool
	// support is the number of objects from which on what was always there is
	// required; at least minRequired.
	support uint64
	lexicon *lexicon
	// xml: properties that begin with @ are attributes, #text is the text of an element that has some.
	xml bool
	// examples: texts of a format get an example.
	examples bool
	// fields: properties are fields of messages, never keys that are data.
	fields bool
}

// infer returns the schema of a position. name is the property's or the
// parameter's name, for formats that the text alone does not settle.
func (f inferrer) infer(n *shape.Node, name string, depth int) *schema {
	if n == nil || n.Total() == 0 || depth > maxDepth {
		return &schema{}
	}
	if f.refs != nil && n.Kinds[shape.Object] > 0 && onlyObject(n) {
		if ref := f.refs(n, name); ref != "" {
			return &schema{ref: ref, nullable: n.Kinds[shape.Null] > 0}
		}
	}
	s := &schema{nullable: n.Kinds[shape.Null] > 0}
	if n.Kinds[shape.Null] == n.Total() {
		return &schema{nullable: true, note: "Only null was observed."}
	}
	if n.Kinds[shape.Object] > 0 {
		s.types = append(s.types, "object")
		if f.refs != nil {
			s.objects = f.refs(n, name)
		}
		if s.objects == "" {
			f.object(s, n, name, depth)
		}
	}
	if n.Kinds[shape.Array] > 0 {
		s.types = append(s.types, "array")
		s.items = f.infer(n.Items, name, depth+1)
		if s.count = tuple(n, name, f.lexicon); !f.lexical {
			s.places = f.places(n, name, depth)
		}
		if s.places != nil {
			s.count = &n.Lens.Max
		}
	}
	f.scalars(s, n, name)
	return s
}

func onlyObject(n *shape.Node) bool {
	return n.Kinds[shape.Object]+n.Kinds[shape.Null] == n.Total()
}

// scalars adds the scalar types and, where there is only one of them, its format.
func (f inferrer) scalars(s *schema, n *shape.Node, name string) {
	ints, nums, bools, texts := n.Kinds[shape.Integer], n.Kinds[shape.Number], n.Kinds[shape.Bool], n.Kinds[shape.String]
	if f.lexical && texts > 0 && n.Str != nil {
		fs := &n.Str.Formats
		switch {
		case fs.Count(shape.Int) == texts && n.Str.Len.Max <= 18:
			ints, texts = ints+texts, 0
		case fs.Count(shape.Int)+fs.Count(shape.Decimal) == texts:
			nums, texts = nums+texts, 0
		case fs.Count(shape.Boolean) == texts:
			bools, texts = bools+texts, 0
		}
	}
	if texts > 0 {
		s.types = append(s.types, "string")
	}
	switch {
	case nums > 0:
		s.types = append(s.types, "number")
	case ints > 0:
		s.types = append(s.types, "integer")
	}
	if bools > 0 {
		s.types = append(s.types, "boolean")
	}
	if len(s.types) != 1 {
		return
	}
	switch {
	case texts > 0:
		s.format = stringFormat(n.Str, name)
		if s.enum = f.lexicon.enum(n.Str, name); s.enum == nil {
			s.facets(n.Str, name, f.lexicon)
		}
		if f.examples && s.enum == nil {
			s.sample = sample(s.format, s.pattern)
		}
	case nums > 0:
		if n.Num != nil && n.Num.Decimals > 7 {
			s.format = "double"
		}
	case ints > 0:
		if n.Num != nil && n.Num.MaxBits > 31 {
			s.format = "int64"
		}
		s.minimum0 = counting(n, name, f.lexicon)
	}
}

// openFormats are the formats that OpenAPI and JSON Schema have names for and
// that the text settles.
func openFormat(f shape.Format) string {
	switch f {
	case shape.UUID:
		return "uuid"
	case shape.DateTime:
		return "date-time"
	case shape.Date:
		return "date"
	case shape.Time:
		return "time"
	case shape.Duration:
		return "duration"
	case shape.Email:
		return "email"
	case shape.URI:
		return "uri"
	case shape.IPv4:
		return "ipv4"
	case shape.IPv6:
		return "ipv6"
	}
	return ""
}

// stringFormat is the format that all strings at a position have.
func stringFormat(s *shape.Strings, name string) string {
	if s == nil {
		return ""
	}
	var total uint64
	one, kinds := shape.None, 0
	for f, c := range s.Formats.All() {
		total += c
		one = f
		kinds++
	}
	if kinds == 1 {
		if f := openFormat(one); f != "" && !(one == shape.Duration && s.Len.Max < 4) && !(one == shape.Time && total < 3) {
			return f
		}
		if one == shape.Hostname && slices.ContainsFunc(words(name), hostWord) {
			return "hostname"
		}
	}
	if s.Formats.Count(shape.URI) > 0 && s.Formats.Count(shape.URI)+s.Formats.Count(shape.PathRef) == total {
		return "uri-reference"
	}
	return ""
}

func hostWord(w string) bool {
	switch w {
	case "host", "hostname", "domain", "fqdn", "dns", "server", "nameserver":
		return true
	}
	return false
}

// object adds properties, required names and the schema of further properties.
func (f inferrer) object(s *schema, n *shape.Node, name string, depth int) {
	objects := n.Kinds[shape.Object]
	fixed, extra := n.Props, n.Extra
	if !f.fields {
		fixed, extra = split(n)
	}
	for _, p := range fixed {
		if len(p.Name) > maxName {
			continue
		}
		one := f.infer(p.Node, p.Name, depth+1)
		if name, ok := strings.CutPrefix(p.Name, "@"); ok && f.xml && name != "" {
			one.attr = name
		} else if f.xml && p.Name == "#text" && one.note == "" {
			one.note = "The text of the element."
		}
		s.props = append(s.props, property{p.Name, one})
		if p.Seen >= objects && objects >= max(f.support, minRequired) {
			s.required = append(s.required, p.Name)
		}
	}
	if extra != nil {
		s.extra = f.infer(extra, name+" value", depth+1)
		s.extra.enum = nil // entries of a map are data
	}
}

// emit writes a schema in the terms of an OpenAPI version.
func (s *schema) emit(v30 bool) *object {
	if s.ref != "" {
		return s.emitRef(v30)
	}
	simple := !slices.Contains(s.types, "object") && !slices.Contains(s.types, "array")
	if len(s.types) > 1 && (v30 || !simple) {
		return s.emitUnion(v30)
	}
	o := obj()
	switch {
	case len(s.types) == 0:
	case v30 || len(s.types) == 1 && !s.nullable:
		o.set("type", s.types[0])
	default:
		types := list(s.types)
		if s.nullable {
			types = append(types, "null")
		}
		o.set("type", types)
	}
	if s.format != "" {
		o.set("format", s.format)
	}
	if len(s.enum) > 0 {
		values := list(s.enum)
		if s.nullable {
			values = append(values, nil) // JSON Schema 2020-12, Validation, Section 6.1.2: null is a value like the others
		}
		o.set("enum", values)
	}
	s.emitFacets(o, v30)
	if v30 && s.nullable && len(s.types) > 0 {
		o.set("nullable", true)
	}
	if s.note != "" {
		o.set("description", s.note)
	}
	if s.attr != "" {
		o.set("xml", obj("name", s.attr, "attribute", true))
	}
	s.emitObject(o, v30)
	if slices.Contains(s.types, "array") {
		items := obj()
		if s.items != nil {
			items = s.items.emit(v30)
		}
		if s.places != nil && !v30 {
			var list []any
			for _, p := range s.places {
				list = append(list, p.emit(v30))
			}
			o.set("prefixItems", list)
		}
		o.set("items", items)
		if s.count != nil {
			o.set("minItems", *s.count)
			o.set("maxItems", *s.count)
		}
	}
	return o
}

func (s *schema) emitObject(o *object, v30 bool) {
	if len(s.required) > 0 {
		o.set("required", list(s.required))
	}
	if len(s.props) > 0 {
		props := obj()
		for _, p := range s.props {
			props.set(p.name, p.emit(v30))
		}
		o.set("properties", props)
	}
	if s.extra != nil {
		o.set("additionalProperties", s.extra.emit(v30))
	}
}

func (s *schema) emitRef(v30 bool) *object {
	ref := obj("$ref", "#/components/schemas/"+s.ref)
	switch {
	case !s.nullable:
		return ref
	case v30:
		return obj("type", "object", "nullable", true, "allOf", []any{ref}) // OpenAPI 3.0.3, Section 4.7.24: nullable needs a type beside it
	}
	return obj("oneOf", []any{ref, obj("type", "null")})
}

// emitUnion writes values of several types, one alternative for each.
func (s *schema) emitUnion(v30 bool) *object {
	var alts []any
	for i, t := range s.types {
		one := &schema{types: []string{t}, nullable: v30 && s.nullable && i == len(s.types)-1} // the last one is no reference
		if t == "object" && s.objects != "" {
			one = &schema{ref: s.objects}
		}
		switch t {
		case "object":
			one.props, one.required, one.extra = s.props, s.required, s.extra
		case "array":
			one.items, one.count, one.places = s.items, s.count, s.places
		}
		alts = append(alts, one.emit(v30))
	}
	o := obj()
	if s.nullable && !v30 {
		alts = append(alts, obj("type", "null"))
	}
	o.set("oneOf", alts)
	return o
}

// Scalar returns the type and the format ("" for none) of a parameter with the
// shape n, as the document would write them; "string" when nothing is known.
func Scalar(n *shape.Node, name string) (kind, format string) {
	s := inferrer{lexical: true}.infer(n, name, 0)
	if len(s.types) != 1 {
		return "string", ""
	}
	return s.types[0], s.format
}
