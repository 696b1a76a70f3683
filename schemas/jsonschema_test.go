package schemas_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/schemas"
	"wirecensus/schemas/shape"
	"wirecensus/schemas/wire"
	"wirecensus/sensor"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/publish"
)

var update = flag.Bool("update", false, "write the JSON Schemas")

// forms are the types that have a JSON Schema, by file.
var forms = map[string]reflect.Type{
	"call.schema.json":            reflect.TypeFor[schemas.Call](),
	"coverage.schema.json":        reflect.TypeFor[schemas.Coverage](),
	"coverage-report.schema.json": reflect.TypeFor[wire.CoverageReport](),
	"finding.schema.json":         reflect.TypeFor[schemas.Finding](),
}

// TestSchemas: the committed JSON Schemas are what the types give. `go test ./schemas -update` writes them.
func TestSchemas(t *testing.T) {
	for name, typ := range forms {
		want := schemaOf(t, name, typ)
		if *update {
			if err := os.WriteFile(name, want, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if have, err := os.ReadFile(name); err != nil || !bytes.Equal(have, want) {
			t.Errorf("%s is not what %v gives (%v): go test ./schemas -update", name, typ, err)
		}
	}
}

// TestCallsMatch: the calls and the coverage of the demo are valid.
func TestCallsMatch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "demo.pcap")
	if _, _, err := (synth.Files{Path: path}).Write(synth.Company(synth.Options{Seed: 1, Days: 2})); err != nil {
		t.Fatal(err)
	}
	src, err := capture.OpenFiles([]string{path}, os.Stdin)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	call, n := compileSchema(t, "call.schema.json"), 0
	cov, err := sensor.Run(t.Context(), sensor.Config{Source: src, Sink: func(int) publish.Sink {
		return publish.Func(func(c *schemas.Call) {
			n++
			matches(t, call, c, true)
		})
	}})
	if err != nil || n == 0 {
		t.Fatal(n, err)
	}
	matches(t, compileSchema(t, "coverage.schema.json"), cov, true)
	matches(t, compileSchema(t, "coverage-report.schema.json"), wire.CoverageReport{Coverage: *cov}, true)
	matches(t, compileSchema(t, "finding.schema.json"), schemas.Finding{Evidence: []string{"a"}}, true)
	for _, bad := range []any{map[string]any{"id": "a"}, map[string]any{"body": "x"}, []int{}} {
		matches(t, call, bad, false)
	}
}

func compileSchema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func matches(t *testing.T, s *jsonschema.Schema, v any, want bool) {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(doc); (err == nil) != want {
		t.Fatalf("%s: %v", text, err)
	}
}

type object = map[string]any

// writer makes a JSON Schema of a type.
type writer struct {
	t    *testing.T
	said map[string]string // comments by Type and Type.Field
	defs object
}

func schemaOf(t *testing.T, name string, typ reflect.Type) []byte {
	w := writer{t: t, said: comments(t), defs: object{}}
	root := w.object(typ)
	maps.Copy(root, object{"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "/schemas/v1/" + name, "title": typ.Name(), "$defs": w.defs})
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(root); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (w *writer) object(typ reflect.Type) object {
	props, required := object{}, []string{}
	for i := range typ.NumField() {
		f := typ.Field(i)
		if f.Anonymous {
			in := w.object(f.Type)
			maps.Copy(props, in["properties"].(object))
			required = append(required, in["required"].([]string)...)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		said := w.said[typ.Name()+"."+f.Name]
		if said == "" {
			w.t.Errorf("%s.%s has no comment", typ.Name(), f.Name)
		}
		p := w.of(f.Type)
		if strings.Contains(options, "string") {
			p = object{"type": "string", "pattern": "^[0-9]{1,20}$"}
		}
		p["description"] = said
		props[name] = p
		if !strings.Contains(options, "omitempty") {
			required = append(required, name)
		}
	}
	return object{"type": "object", "description": w.said[typ.Name()], "properties": props, "required": required, "additionalProperties": false}
}

func (w *writer) of(typ reflect.Type) object {
	switch typ {
	case reflect.TypeFor[schemas.Time]():
		return object{"type": []string{"string", "null"}, "format": "date-time"}
	case reflect.TypeFor[*shape.Node]():
		w.defs["Shape"] = shapeSchema()
		return object{"$ref": "#/$defs/Shape"}
	}
	switch typ.Kind() {
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.Uint16:
		return object{"type": "integer", "minimum": 0, "maximum": 65535}
	case reflect.Uint32, reflect.Uint64:
		return object{"type": "integer", "minimum": 0}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Slice:
		return object{"type": []string{"array", "null"}, "items": w.of(typ.Elem())}
	case reflect.Map:
		return object{"type": []string{"object", "null"}, "additionalProperties": w.of(typ.Elem())}
	case reflect.Pointer:
		return w.of(typ.Elem())
	case reflect.Struct:
		if w.defs[typ.Name()] == nil {
			w.defs[typ.Name()] = object{}
			w.defs[typ.Name()] = w.object(typ)
		}
		return object{"$ref": "#/$defs/" + typ.Name()}
	}
	w.t.Fatalf("no schema for %v", typ)
	return nil
}

// shapeSchema describes the JSON form of package shape.
func shapeSchema() object {
	count := object{"type": "integer", "minimum": 0}
	lens := object{"type": "array", "items": count, "minItems": 2, "maxItems": 2}
	formats, props := object{}, object{}
	for f := shape.None + 1; f < shape.NumFormats; f++ {
		formats[f.String()] = count
	}
	for k := shape.Null; k <= shape.Array; k++ {
		props[k.String()] = count
	}
	self := object{"$ref": "#/$defs/Shape"}
	hex := object{"type": "string", "pattern": "^[0-9a-f]{1,16}$"}
	told := object{"by": object{"type": "string"}, "token": object{"type": "string", "pattern": "^[0-9a-f]{16}$"}, "objects": count, "some": hex, "lack": hex}
	maps.Copy(props, object{
		"tuple": object{"type": "array", "items": count, "minItems": 1, "maxItems": shape.MaxTuple},
		"cases": object{"type": "array", "items": object{"type": "object", "properties": told, "required": []any{"by", "token", "objects", "some", "lack"}, "additionalProperties": false}},
		"len":   lens, "formats": object{"type": "object", "properties": formats, "additionalProperties": false},
		"tokens": object{"type": "array", "items": object{"type": "string", "pattern": "^[0-9a-f]{16}$"}, "maxItems": shape.MaxTokens},
		"words":  object{"const": true}, "class": object{"type": "string"}, "negative": count, "zero": count, "bits": count, "decimals": count,
		"number_class": object{"type": "string"}, "lens": lens, "items": self, "extra": self, "truncated": object{"const": true},
		"props": object{"type": "object", "additionalProperties": self}, "seen": count,
	})
	return object{"type": "object", "description": "The structural type of a value: counts by kind, bounds, formats and keyed digests of words; never a value.",
		"properties": props, "additionalProperties": false}
}

// comments returns the comments of the types and their fields in the sources.
func comments(t *testing.T) map[string]string {
	said := map[string]string{}
	files, _ := filepath.Glob("*.go")
	more, _ := filepath.Glob("wire/*.go")
	for _, name := range append(files, more...) {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.TYPE {
				continue
			}
			for _, spec := range g.Specs {
				typ := spec.(*ast.TypeSpec)
				s, ok := typ.Type.(*ast.StructType)
				if !ok {
					continue
				}
				said[typ.Name.Name] = oneLine(g.Doc.Text())
				last := ""
				for _, field := range s.Fields.List {
					for _, n := range field.Names {
						text := oneLine(field.Doc.Text() + " " + field.Comment.Text())
						if text == "" && strings.Contains(last, n.Name) {
							text = last // it speaks of both
						}
						said[typ.Name.Name+"."+n.Name], last = text, text
					}
				}
			}
		}
	}
	return said
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
