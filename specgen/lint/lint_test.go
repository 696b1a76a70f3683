package lint

import (
	"slices"
	"strings"
	"testing"
)

// good is a document without a note.
const good = `openapi: 3.1.0
info: {title: Shop, version: "1"}
servers: [{url: "https://api.shop.example"}]
security: [{token: []}]
paths:
  /users/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: getUser
      summary: One user
      tags: [users]
      responses:
        "200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/User"}}}}
components:
  securitySchemes: {token: {type: http, scheme: bearer}}
  schemas:
    User: {type: object, properties: {roles: {type: array, items: {type: string, enum: [a, b]}}, friend: {$ref: "#/components/schemas/User"}}}
`

func TestRules(t *testing.T) {
	notes, err := Check([]byte(good), "good.yaml")
	if err != nil || len(notes) > 0 {
		t.Fatalf("%v %v", err, notes)
	}
	fired := map[string]bool{}
	for _, c := range []struct{ old, new, rule, at string }{
		{"title: Shop", "title: ''", "info", ""},
		{`openapi: 3.1.0`, `openapi: 3.0.3`, "", ""},
		{`servers: [{url: "https://api.shop.example"}]`, "", "server", ""},
		{"https://api.shop.example", "http://api.shop.example", "plain-server", ""},
		{"/users/{id}:", "/users/{uid}:", "path-parameters", "GET /users/{uid}"},
		{"/users/{id}:", "/users/{id}/:", "path-slash", "/users/{id}/"},
		{"      operationId: getUser\n", "", "operation-id", "GET /users/{id}"},
		{"      summary: One user\n", "", "summary", "GET /users/{id}"},
		{"      tags: [users]\n", "", "tags", "GET /users/{id}"},
		{`"200":`, `"404":`, "success-response", "GET /users/{id}"},
		{"    get:\n", "    delete: {operationId: d, summary: s, tags: [t], deprecated: true, responses: {'204': {description: gone}}}\n    get:\n", "deprecated-sunset", "DELETE /users/{id}"},
		{"    get:\n", "    delete: {operationId: d, summary: s, tags: [t], security: [], responses: {'204': {description: gone}}}\n    get:\n", "no-security", "DELETE /users/{id}"},
		{"    get:\n", "    put: {operationId: getUser, summary: s, tags: [t], responses: {'204': {description: gone}}}\n    get:\n", "operation-id-unique", "PUT /users/{id}"},
		{"    get:\n", "    get:\n      requestBody: {content: {application/json: {schema: {type: string}}}}\n", "body-on-read", "GET /users/{id}"},
		{"paths:\n", "paths:\n  /users/{name}: {parameters: [{name: name, in: path, required: true, schema: {type: string}}]}\n", "same-path", "/users/{name}"},
		{"token: {type", "other: {type", "security-defined", "GET /users/{id}"},
		{"{type: http, scheme: bearer}", "{type: apiKey, in: query, name: key}", "key-in-query", "#/components/securitySchemes/token"},
		{"items: {type: string, enum: [a, b]}", "description: x", "array-items", "#/components/schemas/User"},
		{"enum: [a, b]", "enum: [a, a]", "enum-duplicates", "#/components/schemas/User"},
		{"  schemas:\n", "  schemas:\n    Lone: {type: string}\n", "unused-schema", "#/components/schemas/Lone"},
		{"      summary: One user\n", "      summary: One user\n      x-wirecensus-protocol: carrier-pigeon\n", "carried-operations", "GET /users/{id}"},
		{"      summary: One user\n", "      summary: One user\n      x-wirecensus-operations: [{kind: query, name: a}, {kind: query, name: a}]\n", "carried-operations", "GET /users/{id}"},
		{"      summary: One user\n", "      summary: One user\n      x-wirecensus-operations: {kind: query}\n", "carried-operations", "GET /users/{id}"},
		{"      summary: One user\n", "      summary: One user\n      x-wirecensus-protocol: graphql\n      x-wirecensus-operations: [{kind: query, name: a, args: {type: object}}, {kind: mutation, name: a}]\n", "", ""},
		{"      summary: One user\n", "      summary: One user\n      x-wirecensus-operations: [{kind: query, name: a, result: {type: array}}]\n", "array-items", "GET /users/{id}"},
		{"      summary: One user\n", "      summary: One user\n      x-wirecensus-messages: {sent: {application/json: {schema: {type: string, enum: [a, a]}}}}\n", "enum-duplicates", "GET /users/{id}"},
		{"{application/json: {", "{application/json: {x-wirecensus-item-schema: {type: array}, ", "array-items", "GET /users/{id}"},
		{"description: ok, ", "", "valid", ""},
		{"items: {type: string,", "example: none, items: {type: string,", "examples", ""},
	} {
		text := strings.Replace(good, c.old, c.new, 1)
		notes, err := Check([]byte(text), "x.yaml")
		if err != nil {
			t.Errorf("%s: %v", c.rule, err)
			continue
		}
		if c.rule == "" {
			if len(notes) > 0 {
				t.Errorf("%s: %v", c.new, notes)
			}
			continue
		}
		fired[c.rule] = true
		if !slices.ContainsFunc(notes, func(n Note) bool { return n.Rule == c.rule && n.At == c.at && n.Text != "" }) {
			t.Errorf("%s does not fire at %q: %v", c.rule, c.at, notes)
		}
	}
	for _, r := range Rules() {
		if !fired[r.ID] {
			t.Errorf("no case for %s", r.ID)
		}
	}
}

// FuzzCheck: any text is checked or refused, and twice in the same way.
func FuzzCheck(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(`{"swagger":"2.0","paths":{"/a":{"get":{}}}}`))
	f.Add([]byte(`{"openapi":"3.0.0","paths":{"/a":null,"/b":{"get":null}},"components":{"schemas":{"A":null,"B":{"$ref":"#/components/schemas/B"}}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		a, err := Check(text, "x")
		b, again := Check(text, "x")
		if (err == nil) != (again == nil) || !slices.Equal(a, b) {
			t.Fatalf("%v and %v, %v and %v", a, b, err, again)
		}
	})
}
