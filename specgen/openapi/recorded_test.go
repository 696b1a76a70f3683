package openapi

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

const shopCollection = `{
  "info": {"name": "Shop", "_postman_id": "x", "version": "1.2.0", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
  "variable": [{"key": "base", "value": "https://{{host}}/v1"}, {"key": "host", "value": "api.shop.example"}],
  "item": [
    {"name": "Orders", "item": [
      {"name": "List orders", "request": {"method": "GET", "url": {"raw": "{{base}}/orders?limit=10&after={{cursor}}", "host": ["{{base}}"]}}, "response": [{"code": 200}, {"code": 401}]},
      {"name": "One order", "request": {"method": "GET", "url": {"raw": "{{base}}/orders/:orderId/lines/{{line}}"}}},
      {"name": "Make", "request": {"method": "POST", "url": "{{base}}/orders", "header": [{"key": "Content-Type", "value": "application/json; charset=utf-8"}], "body": {"mode": "raw", "raw": "{}"}}}
    ]},
    {"name": "Parts", "request": {"method": "DELETE", "url": {"host": ["{{base}}"], "path": ["orders", "42"], "query": [{"key": "force"}]}}},
    {"name": "Elsewhere", "request": "https://other.example/health"}
  ]}`

const shopHAR = `{"log": {"version": "1.2", "entries": [
  {"request": {"method": "GET", "url": "https://api.shop.example/v1/orders/17?full=1#top"}, "response": {"status": 200, "content": {"mimeType": "application/json; charset=utf-8"}}},
  {"request": {"method": "GET", "url": "https://api.shop.example/v1/orders/18?lang=de"}, "response": {"status": 200, "content": {"mimeType": "application/json"}}},
  {"request": {"method": "PUT", "url": "https://api.shop.example/v1/users/4a5b7c9d-1111-2222-3333-444455556666/days/2024-05-01", "postData": {"mimeType": "application/json"}}, "response": {"status": 204, "content": {"mimeType": ""}}},
  {"request": {"method": "GET", "url": "https://api.shop.example/v1/missing"}, "response": {"status": 404, "content": {"mimeType": "application/json"}}},
  {"request": {"method": "GET", "url": "https://api.shop.example/app.js"}, "response": {"status": 200, "content": {"mimeType": "application/javascript"}}},
  {"request": {"method": "GET", "url": "https://ads.example/track"}, "response": {"status": 200, "content": {"mimeType": "application/json"}}},
  {"request": {"method": "OPTIONS", "url": "https://api.shop.example/v1/orders"}, "response": {"status": 204, "content": {"mimeType": ""}}}
]}}`

func listing(d *Document) (out []string) {
	for _, o := range d.Operations {
		line := o.Method + " " + o.Template
		for _, p := range o.Params {
			line += " " + p.In + ":" + p.Name
		}
		if o.Request != nil {
			line += " body:" + o.Request.Types[0].Type
		}
		for _, r := range o.Responses {
			line += " " + r.Status
		}
		out = append(out, line)
	}
	return out
}

func TestByExample(t *testing.T) {
	for _, c := range []struct {
		name, text, spec, host string
		want                   []string
	}{
		{"collection", shopCollection, SpecPostman, "api.shop.example", []string{
			"GET /v1/orders query:after query:limit 200 401 default",
			"POST /v1/orders body:application/json default",
			"DELETE /v1/orders/{id} path:id query:force default",
			"GET /v1/orders/{orderId}/lines/{line} path:line path:orderId default",
		}},
		{"archive", shopHAR, SpecHAR, "api.shop.example", []string{
			"GET /v1/orders/{id} path:id query:full query:lang 200",
			"PUT /v1/users/{id}/days/{id2} path:id path:id2 body:application/json 204",
		}},
		{"collection without a known server", strings.ReplaceAll(shopCollection, `"key": "base"`, `"key": "unused"`), SpecPostman, "other.example", []string{
			"GET /health default",
			"GET /orders query:after query:limit 200 401 default",
			"POST /orders body:application/json default",
			"DELETE /orders/{id} path:id query:force default",
			"GET /orders/{orderId}/lines/{line} path:line path:orderId default",
		}},
	} {
		d, err := Parse([]byte(c.text), "shop.json")
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := listing(d); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
		if d.Spec != c.spec || !d.ByExample() || !slices.Equal(d.Hosts(), []string{c.host}) {
			t.Errorf("%s: %s of %v", c.name, d.Spec, d.Hosts())
		}
	}
}

// TestByExampleFaults: what cannot be read says why and what to do.
func TestByExampleFaults(t *testing.T) {
	for _, c := range []struct{ name, text, want, hint string }{
		{"old collection", strings.Replace(shopCollection, "/v2.1.0/", "/v1.0.0/", 1), "unsupported Postman collection format", "Collection v2.1"},
		{"items of another form", `{"info": {"_postman_id": "x", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}, "item": "x"}`, "as Postman collection", "export it again"},
		{"empty collection", `{"info": {"schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}, "item": []}`, "no request", "export the collection"},
		{"archive of failures", strings.ReplaceAll(strings.ReplaceAll(shopHAR, `"status": 20`, `"status": 50`), "OPTIONS", "GET"), "no request", "succeed"},
		{"archive of another form", `{"log": {"entries": [{"request": 1}]}}`, "as HAR", "export it again"},
		{"archive of another version", strings.Replace(shopHAR, `"1.2"`, `"2.0"`, 1), "unsupported HAR version", ""},
		{"another file with log", `{"log": {"level": "info"}}`, "no API description", "Postman collections (v2.1) and HAR files"},
		{"another file with item", `{"item": [], "info": {"name": "x"}}`, "no API description", "openapi or swagger"},
	} {
		_, err := Parse([]byte(c.text), "x.json")
		var bad *Error
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.want) || !strings.Contains(bad.Hint, c.hint) || bad.Hint == "" {
			t.Errorf("%s: %v, %+v", c.name, err, bad)
		}
	}
}

// FuzzByExample: the order of an archive's entries does not matter, and what was
// read matches itself: every operation is found under its own template.
func FuzzByExample(f *testing.F) {
	f.Add("https://a.example/x/1?q=1", "https://a.example/x/y", "{{base}}/orders/:id", "a")
	f.Add("http://b.example:80/{x}", "https://a.example//", ":a/{{b}}c", "{{a}}")
	f.Add("https://a.example/%7Bx%7D/%2F", "x", "?", "::")
	f.Fuzz(func(t *testing.T, a, b, c, v string) {
		entry := func(u string) string {
			return fmt.Sprintf(`{"request": {"method": "GET", "url": %s}, "response": {"status": 200, "content": {"mimeType": "application/json"}}}`, quoted(u))
		}
		har := func(x, y string) string {
			return `{"log": {"version": "1.2", "entries": [` + entry(x) + "," + entry(y) + `]}}`
		}
		postman := func(x, y string) string {
			return fmt.Sprintf(`{"info": {"schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}, "variable": [{"key": "base", "value": %s}], "item": [{"request": {"url": %s}}, {"request": %s}]}`, quoted(v), quoted(x), quoted(y))
		}
		for _, pair := range [][2]string{{har(a, b), har(b, a)}, {postman(a, c), postman(c, a)}} {
			d, err := Parse([]byte(pair[0]), "x")
			e, again := Parse([]byte(pair[1]), "x")
			if (err == nil) != (again == nil) {
				t.Fatalf("%v and %v", err, again)
			}
			if err != nil {
				continue
			}
			if x, y := listing(d), listing(e); !slices.Equal(x, y) {
				t.Fatalf("%q and %q", x, y)
			}
			for _, o := range d.Operations {
				if d.MatchTemplate("*", o.Method, o.Template) == nil {
					t.Fatalf("%s %s is not found", o.Method, o.Template)
				}
			}
		}
	})
}

func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range strings.ToValidUTF8(s, "") {
		if r < ' ' || r == '"' || r == '\\' || r > 0xffff {
			continue
		}
		b.WriteRune(r)
	}
	return b.String() + `"`
}
