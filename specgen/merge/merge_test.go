package merge

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"gopkg.in/yaml.v3"
)

// service is a document with one schema, one scheme and the given operations.
func service(host string, ops ...string) Source {
	var paths strings.Builder
	for _, op := range ops {
		method, path, _ := strings.Cut(op, " ")
		fmt.Fprintf(&paths, "  %s:\n    %s:\n      operationId: %s\n      tags: [things]\n      security: [{token: []}]\n      responses:\n        \"200\": {description: ok, content: {application/json: {schema: {$ref: \"#/components/schemas/Thing\"}}}}\n", path, method, method+strings.ReplaceAll(path, "/", "_"))
	}
	return Source{host, []byte("openapi: \"3.1.0\"\ninfo: {title: t, version: \"1\"}\nservers: [{url: \"https://" + host + "\"}]\ntags: [{name: things}]\npaths:\n" + paths.String() +
		"components:\n  schemas:\n    Thing: {type: object, properties: {of: {type: string, const: \"" + host + "\"}, next: {$ref: \"#/components/schemas/Thing\"}}}\n  securitySchemes: {token: {type: http, scheme: bearer}}\n")}
}

func TestDocuments(t *testing.T) {
	sources := []Source{service("a.example", "get /things", "get /health"), service("b.example:80", "post /things", "get /health"), service("b-example-80", "get /only")}
	text, err := Documents(sources, false)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if err := doc.Validate(context.Background()); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for at, want := range map[string]string{"GET /things": "a.example", "POST /things": "b.example:80", "GET /health": "a.example", "GET /health#b_example_80": "b.example:80", "GET /only": "b-example-80"} {
		method, path, _ := strings.Cut(at, " ")
		item := doc.Paths.Value(path)
		if item == nil || item.GetOperation(method) == nil {
			t.Errorf("no %s in\n%s", at, text)
			continue
		}
		op := item.GetOperation(method)
		schema := op.Responses.Status(200).Value.Content["application/json"].Schema.Value
		if (*op.Servers)[0].URL != "https://"+want || schema.Properties["of"].Value.Const != want || schema.Properties["next"].Value != schema || len(*op.Security) != 1 {
			t.Errorf("%s: %+v", at, op)
		}
	}
	if len(doc.Components.Schemas) != 3 || len(doc.Tags) != 3 {
		t.Errorf("%d schemas, %d tags", len(doc.Components.Schemas), len(doc.Tags))
	}
	asJSON, err := Documents(sources, true)
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if json.Unmarshal(asJSON, &a) != nil || yaml.Unmarshal(text, &b) != nil {
		t.Fatal("not readable")
	}
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	if string(x) != string(y) {
		t.Errorf("JSON and YAML differ:\n%s\n%s", x, y)
	}
	again, _ := Documents(sources, false)
	if string(again) != string(text) {
		t.Error("not the same twice")
	}
}

func TestRefuses(t *testing.T) {
	old := service("a.example", "get /a")
	old.Text = []byte(strings.Replace(string(old.Text), "3.1.0", "3.0.3", 1))
	for name, sources := range map[string][]Source{"nothing": nil, "two versions": {service("b.example", "get /b"), old}, "no document": {{"x", []byte("a: b")}}, "swagger": {{"x", []byte(`{"swagger":"2.0","info":{"title":"a","version":"1"},"paths":{}}`)}},
		"remote": {{"x", []byte(`{"openapi":"3.1.0","info":{"title":"a","version":"1"},"paths":{"/a":{"$ref":"http://127.0.0.1:1/a"}}}`)}}} {
		if _, err := Documents(sources, false); err == nil {
			t.Errorf("%s was merged", name)
		}
	}
}

// FuzzDocuments: what is merged can be read again, and gives the same bytes twice.
func FuzzDocuments(f *testing.F) {
	f.Add(service("a.example", "get /a").Text, service("b.example", "get /a").Text)
	f.Fuzz(func(t *testing.T, a, b []byte) {
		sources := []Source{{"a", a}, {"b", b}}
		x, err := Documents(sources, true)
		if err != nil {
			return
		}
		y, _ := Documents(sources, true)
		if string(x) != string(y) || !json.Valid(x) {
			t.Fatalf("%s\n%s", x, y)
		}
	})
}
