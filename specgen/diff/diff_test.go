package diff

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// shop is a document with base path, operations and a response property.
func shop(base string, ops ...string) Side {
	paths := map[string]map[string]any{}
	for _, op := range ops {
		method, path, _ := strings.Cut(op, " ")
		path, props, _ := strings.Cut(path, " ")
		properties := map[string]any{}
		for p := range strings.FieldsSeq(props) {
			properties[p] = map[string]any{"type": "string"}
		}
		o := map[string]any{"responses": map[string]any{"200": map[string]any{"description": "ok", "content": map[string]any{"application/json": map[string]any{
			"schema": map[string]any{"type": "object", "properties": properties, "required": strings.Fields(props)}}}}}}
		if i := strings.IndexByte(path, '{'); i >= 0 {
			name, _, _ := strings.Cut(path[i+1:], "}")
			o["parameters"] = []any{map[string]any{"name": name, "in": "path", "required": true, "schema": map[string]any{"type": "string"}}}
		}
		if paths[path] == nil {
			paths[path] = map[string]any{}
		}
		paths[path][strings.ToLower(method)] = o
	}
	doc := map[string]any{"openapi": "3.1.0", "info": map[string]any{"title": "t", "version": "1"}, "paths": paths}
	if base != "" {
		doc["servers"] = []any{map[string]any{"url": base}}
	}
	b, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	return Side{Name: "x", Text: b}
}

// atPath moves the parameters of the first GET to its path.
func atPath(s Side) Side {
	text := string(s.Text)
	i := strings.Index(text, `"parameters":`)
	j := i + strings.Index(text[i:], "]") + 1
	moved := strings.Replace(text[:i]+text[j+1:], `"get":`, text[i:j]+`,"get":`, 1)
	s.Text = []byte(moved)
	return s
}

func compare(t testing.TB, a, b Side) *Result {
	t.Helper()
	r, err := Compare(a, b)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestCompare(t *testing.T) {
	seen := func(s Side) Side { s.Observed = true; return s }
	for name, c := range map[string]struct {
		base, revision Side
		want           string // classes, rules and places
	}{
		"the same":                    {shop("", "GET /a"), shop("", "GET /a"), ""},
		"base paths do not matter":    {shop("https://api.example/v2", "GET /a"), shop("https://other.example", "GET /v2/a"), ""},
		"names of parameters do not":  {shop("", "GET /users/{userId}"), seen(shop("", "GET /users/{id}")), ""},
		"where parameters stand":      {shop("", "GET /users/{userId}"), atPath(shop("", "GET /users/{userId}")), ""},
		"a removed endpoint":          {shop("", "GET /a", "GET /b"), shop("", "GET /a"), "breaking api-path-removed-without-deprecation GET /b"},
		"an endpoint nobody called":   {shop("", "GET /a", "GET /b"), seen(shop("", "GET /a")), "unseen api-path-removed-without-deprecation GET /b"},
		"an endpoint nobody declared": {shop("", "GET /a"), seen(shop("", "GET /a", "POST /b")), "info endpoint-added POST /b"},
		"a property is gone":          {shop("", "GET /a name mail"), shop("", "GET /a name"), "breaking response-required-property-removed GET /a"},
		"a property nobody saw":       {shop("", "GET /a name mail"), seen(shop("", "GET /a name")), "unseen response-required-property-removed GET /a"},
		"observed before, gone since": {seen(shop("", "GET /a name mail")), seen(shop("", "GET /a name")), "breaking response-required-property-removed GET /a"},
	} {
		r := compare(t, c.base, c.revision)
		var got []string
		for _, ch := range r.Changes {
			got = append(got, fmt.Sprintf("%s %s %s %s", ch.Class, ch.Rule, ch.Method, ch.Template))
			if ch.Text == "" || ch.Text == ch.Rule {
				t.Errorf("%s: no text: %+v", name, ch)
			}
		}
		if strings.Join(got, "; ") != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestPromised: what clients always do is no new requirement, and what they do
// beyond the declared is one to look at.
func TestPromised(t *testing.T) {
	doc := func(required, extra string) []byte {
		return []byte(`{"openapi":"3.1.0","info":{"title":"t","version":"1"},"paths":{"/a":{"post":{"requestBody":{"content":{"application/json":{"schema":{"type":"object","properties":{"x":{"type":"string"}` + extra + `},"required":[` + required + `]}}}},"responses":{"200":{"description":"ok"}}}}}}`)
	}
	declared := Side{Name: "d", Text: doc("", "")}
	for text, want := range map[string]string{string(doc(`"x"`, "")): Unseen, string(doc(`"y"`, `,"y":{"type":"string"}`)): Warning} {
		r := compare(t, declared, Side{Name: "o", Text: []byte(text), Observed: true})
		if len(r.Changes) != 1 || r.Changes[0].Class != want {
			t.Errorf("%s: %+v, want %s", text, r.Changes, want)
		}
		if r := compare(t, declared, Side{Name: "o", Text: []byte(text)}); r.Counts[Breaking] != 1 {
			t.Errorf("as a new version: %+v", r.Changes)
		}
	}
}

func TestCompareRefuses(t *testing.T) {
	good := shop("", "GET /a")
	for name, text := range map[string]string{"empty": "", "no document": "a: b", "remote": `{"openapi":"3.1.0","info":{"title":"a","version":"1"},"paths":{"/a":{"$ref":"http://127.0.0.1:1/x"}}}`} {
		if _, err := Compare(good, Side{Name: "bad.yaml", Text: []byte(text)}); err == nil || !strings.Contains(err.Error(), "bad.yaml") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzCompare: two texts are compared or refused, always in the same way, and a
// document never differs from itself.
func FuzzCompare(f *testing.F) {
	f.Add(shop("/v1", "GET /a x").Text, shop("", "POST /a/{id} y", "GET /a").Text)
	f.Add([]byte(`{"openapi":"3.0.0","paths":{"/a":{"get":{"responses":{"200":{"$ref":"#/components/responses/R"}}}}},"components":{"responses":{"R":null}}}`), []byte(`{"swagger":"2.0"}`))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		x, err := Compare(Side{Name: "a", Text: a}, Side{Name: "b", Text: b})
		y, again := Compare(Side{Name: "a", Text: a}, Side{Name: "b", Text: b})
		if (err == nil) != (again == nil) || fmt.Sprint(x) != fmt.Sprint(y) {
			t.Fatalf("%v and %v", x, y)
		}
		if same, err := Compare(Side{Name: "a", Text: a}, Side{Name: "a", Text: a}); err == nil && len(same.Changes) > 0 {
			t.Fatalf("it differs from itself: %v", same.Changes)
		}
	})
}
