package specgen

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"wirecensus/inventory/catalog"
	"wirecensus/schemas/shape"
)

var componentName = regexp.MustCompile(`^[a-zA-Z0-9._-]+$`)

// hostileTexts go where observed text goes: names of services, paths, parameters,
// fields, media types, credentials, properties.
var hostileTexts = []string{
	"", " ", "\x00\x01\x1b[31m", "a\nb: c", "- x", "# no", "'\"\\", "{a}", "{", "}{", "{a}{b}", "../../x", "%zz", "%", "?q=1#f", "\u202egnp.exe", "\ufeffx", "\xff\xfe",
	"<script>alert(1)</script>", "null", "true", "yes", "1e3", "0x10", "2020-01-01", "~", "*a", "&a", "!!str", "|", ">", "@x", "`x`", "$ref", "x-y", "__proto__", "a[b][c]", "a[]",
	"é", "日本語", "💥", strings.Repeat("long", 200), "a/b", "application/json; charset=utf-8", "constructor", "\u2028", "key: [", "{uuid}", "en-GB",
}

// TestHostile: whatever text was observed, the document is valid in both forms,
// names of components are safe and nothing hidden is left in it.
func TestHostile(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	pick := func() string { return hostileTexts[r.IntN(len(hostileTexts))] }
	for round := range 20 {
		svc := &catalog.Service{Name: pick(), Schemes: []string{"https", pick()}}
		for range 1 + r.IntN(6) {
			svc.Endpoints = append(svc.Endpoints, hostileEndpoint(r, pick))
		}
		for _, version := range []string{"3.1", "3.0"} {
			doc := Generate(svc, Options{Version: version, Status: func(*catalog.Endpoint) string { return pick() }, Coverage: pick()})
			tree := validate(t, doc)
			if tree.Components != nil {
				for name := range tree.Components.Schemas {
					if !componentName.MatchString(name) {
						t.Fatalf("component %q", name)
					}
				}
				for name := range tree.Components.SecuritySchemes {
					if !componentName.MatchString(name) {
						t.Fatalf("security scheme %q", name)
					}
				}
			}
			for _, b := range doc.YAML() {
				if b < 0x20 && b != '\n' || b == 0x7f {
					t.Fatalf("round %d: a control character in the document", round)
				}
			}
		}
	}
}

func hostileEndpoint(r *rand.Rand, pick func() string) *catalog.Endpoint {
	methods := []string{"GET", "POST", "PUT", "CONNECT", "_OTHER", "DELETE"}
	e := &catalog.Endpoint{Method: methods[r.IntN(len(methods))], Class: catalog.Real, Template: "/" + strings.ReplaceAll(pick(), "/", "") + "/{a}/" + pick(), Op: newOp(1)}
	e.Params = []catalog.PathParam{{Name: "a", Segment: 1, Shape: text("7"), Enum: []string{pick(), pick()}}}
	op := e.Op
	op.Calls, op.Success, op.Accepted = 9, 9, 9
	op.Statuses[[]int{0, 99, 200, 204, 404, 999}[r.IntN(6)]] = 9
	body := func() *catalog.Body {
		n := shape.Infer([]byte(`{"a":{"b":[{"c":1},null]},"d":[[1.5]]}`))
		if r.IntN(2) == 0 {
			n = &shape.Node{Props: []shape.Prop{{Name: pick(), Node: n, Seen: 2}}}
			n.Kinds[shape.Object] = 2
		}
		return &catalog.Body{Calls: 9, Shape: n, Parts: map[string]*catalog.Part{pick(): {Calls: 9, File: true}}}
	}
	for range 3 {
		op.Query[pick()] = &catalog.Param{Calls: 9, Shape: text(pick()), Styles: map[string]uint64{[]string{"", "deep", "comma", "brackets", "repeat"}[r.IntN(5)]: 9}}
		op.Headers[pick()] = &catalog.Param{Calls: 9, Shape: text(pick())}
		op.Cookies[pick()] = &catalog.Param{Calls: 9}
		op.Requests[pick()] = body()
		op.Responses[200] = &catalog.Response{Calls: 9, Types: map[string]*catalog.Body{pick(): body(), "application/json": body()}, Headers: map[string]*catalog.Param{pick(): {Calls: 9}}}
		in := []string{"header", "query", "cookie", "body", ""}[r.IntN(5)]
		op.Auth[catalog.AuthKey{Scheme: pick(), In: in, Name: pick()}] = &catalog.AuthStat{Calls: 9, Success: 9}
		op.Auth[catalog.AuthKey{Scheme: "api-key", In: in, Name: pick()}] = &catalog.AuthStat{Calls: 9, Success: 9}
	}
	return e
}
