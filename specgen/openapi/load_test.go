package openapi

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func load(t testing.TB, path string) *Document {
	t.Helper()
	d, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func find(t testing.TB, d *Document, method, template string) *Operation {
	t.Helper()
	for _, o := range d.Operations {
		if o.Method == method && o.Template == template {
			return o
		}
	}
	t.Fatalf("no %s %s in %s", method, template, d.Name)
	return nil
}

// TestLoadParts: files, merge keys, servers, sunset, schemas joined and recursive.
func TestLoadParts(t *testing.T) {
	d := load(t, "testdata/dir/api.yaml")
	if d.Title != "Parts" || d.Version != "2024-05-01" || d.Spec != "3.1" || d.Name != "api.yaml" {
		t.Errorf("%q %q %q %q", d.Title, d.Version, d.Spec, d.Name)
	}
	if got := d.Bases(); !slices.Equal(got, []string{"/v1", "/v2", "/legacy"}) {
		t.Errorf("bases %q", got)
	}
	get := find(t, d, "GET", "/v2/things/{id}")
	if get.ID != "getThing" || len(get.Params) != 1 || get.Params[0].Schema.Types[0] != "integer" || !get.Params[0].Required {
		t.Errorf("%+v", get)
	}
	var statuses []string
	for _, r := range get.Responses {
		statuses = append(statuses, r.Status)
	}
	if !slices.Equal(statuses, []string{"200", "404", "5XX"}) {
		t.Errorf("statuses %q", statuses)
	}
	if get.Response(503) == nil || get.Response(302) != nil || get.Response(200).Headers[0] != "etag" {
		t.Error("answers by status")
	}
	thing := get.Response(200).Types[0].Schema
	if get.Response(200).Types[0].Type != "application/json" || thing.Props["parent"] == nil || thing.Props["parent"].Props["name"] == nil {
		t.Errorf("the recursive schema: %+v", thing)
	}
	if k := thing.Props["kind"]; !k.Nullable || len(k.Any) != 1 {
		t.Errorf("an alternative of null: %+v", k)
	}
	put := find(t, d, "PUT", "/legacy/things/{id}")
	if put.Sunset != time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC).Unix() || !put.Deprecated {
		t.Errorf("sunset %d", put.Sunset)
	}
	in := put.Request.Types[0].Schema
	if !in.Closed && !slices.Equal(in.Required, []string{"id", "name"}) || in.Props["extra"] == nil || !in.Props["extra"].Nullable || in.Props["name"] == nil {
		t.Errorf("allOf: %+v", in)
	}
}

func TestLoadSwagger(t *testing.T) {
	d := load(t, "testdata/dir/swagger.json")
	get := find(t, d, "GET", "/base/a/{b}")
	if d.Spec != "2.0" || !d.Servers[0].Matches("old.example.com", 81) || d.Servers[0].Matches("old.example.com", 80) {
		t.Errorf("%+v", d.Servers)
	}
	if s := get.Security; len(s) != 1 || s[0][0].In != "query" || s[0][0].Field != "key" {
		t.Errorf("security %+v", s)
	}
	if p := get.Param("query", "q"); p == nil || p.Schema.Types[0] != "integer" {
		t.Errorf("parameters %+v", get.Params)
	}
	post := find(t, d, "POST", "/base/a/{b}")
	if post.Security == nil || len(post.Security) != 0 || !post.Request.Required || post.Request.Types[0].Schema.Props["n"] == nil {
		t.Errorf("%+v", post)
	}
}

// TestLoadDir passes over what is no description, and not over one that is broken.
func TestLoadDir(t *testing.T) {
	docs, err := LoadDir("testdata/dir")
	if err != nil || len(docs) != 2 {
		t.Fatalf("%d documents, %v", len(docs), err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "bad.yaml"), []byte("openapi: 3.0.0\npaths: [1]"), 0o600); err != nil {
		t.Fatal(err)
	}
	var e *Error
	if _, err := LoadDir(dir); !errors.As(err, &e) || e.Hint == "" || !strings.Contains(e.Error(), "bad.yaml") {
		t.Errorf("a broken document: %v", err)
	}
}

// TestHostile: hostile documents end in an error with a hint, soon.
func TestHostile(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'k'; c++ {
		bomb += string(c) + ": &" + string(c) + " [" + strings.TrimSuffix(strings.Repeat("*"+string(c-1)+",", 10), ",") + "]\n"
	}
	tests := []struct{ name, text, want string }{
		{"empty", "", "no API description"},
		{"text", "just text", "no API description"},
		{"list", "[1, 2]", "no API description"},
		{"other data", `{"a": 1}`, "no API description"},
		{"no YAML", "a: [", "not YAML or JSON"},
		{"binary", "\xff\xfe\x00", "not UTF-8"},
		{"alias bomb", "openapi: 3.0.0\n" + bomb, ""},
		{"deep", "openapi: 3.0.0\nx: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000), ""},
		{"deep JSON", `{"openapi": "3.0.0", "x": ` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "}", "levels"},
		{"alias of itself", "openapi: 3.0.0\nx: &x [*x]", ""},
		{"wrong version", "openapi: 4.0.0", "unsupported OpenAPI version"},
		{"wrong Swagger", "swagger: '1.2'", "unsupported Swagger version"},
		{"dangling reference", "openapi: 3.0.0\npaths: {/a: {get: {responses: {'200': {$ref: '#/components/responses/none'}}}}}", ""},
		{"file reference from memory", "openapi: 3.0.0\npaths: {/a: {$ref: '/etc/passwd'}}", ""},
		{"network reference", "openapi: 3.0.0\npaths: {/a: {$ref: 'http://127.0.0.1:1/x'}}", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			_, err := Parse([]byte(tt.text), "hostile.yaml")
			var e *Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), tt.want) || e.Hint == "" || e.File != "hostile.yaml" {
				t.Errorf("%v, want an error with %q", err, tt.want)
			}
			if d := time.Since(start); d > 30*time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
	if _, err := Load("testdata/dir/outside.txt"); err == nil || !strings.Contains(err.Error(), "outside the document's folder") {
		t.Errorf("a reference to a file outside: %v", err)
	}
}

// TestCycle: references that only refer to each other end.
func TestCycle(t *testing.T) {
	text := `{"openapi":"3.0.0","info":{"title":"t","version":"1"},"paths":{"/a":{"get":{"responses":{"200":{"description":"","content":{"application/json":{"schema":{"$ref":"#/components/schemas/A"}}}}}}}},
	"components":{"schemas":{"A":{"allOf":[{"$ref":"#/components/schemas/B"}]},"B":{"allOf":[{"$ref":"#/components/schemas/A"}],"properties":{"n":{"type":"string"}}}}}}`
	d, err := Parse([]byte(text), "cycle.json")
	if err != nil {
		return // refused is as good
	}
	if s := d.Operations[0].Response(200).Types[0].Schema; s.Props["n"] == nil {
		t.Errorf("%+v", s)
	}
}

// FuzzParse: any bytes give an error with a hint, or a document whose operations
// are found by their own templates; reading twice gives the same.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"testdata/dir/api.yaml", "testdata/dir/swagger.json"} {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte("openapi: 3.0.0\npaths: {/a: {get: {}}}"))
	f.Add([]byte("openapi: 3.1.0\npaths: {'/{a}{b}/': {get: {}}, '/{': {get: {}}}"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		start := time.Now()
		d, err := Parse(raw, "f")
		if took := time.Since(start); took > 30*time.Second {
			t.Fatalf("took %v", took)
		}
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Hint == "" {
				t.Fatalf("an error without a hint: %v", err)
			}
			return
		}
		for _, o := range d.Operations {
			if got := d.MatchTemplate(o.Base, o.Method, o.Template); got == nil && !strings.ContainsAny(o.Template, "?#") {
				t.Fatalf("%s not found by its own template", o.Place())
			}
		}
		again, err := Parse(raw, "f")
		if err != nil || len(again.Operations) != len(d.Operations) {
			t.Fatalf("another result the second time: %v", err)
		}
	})
}
