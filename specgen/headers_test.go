package specgen

import (
	"strings"
	"testing"

	"wirecensus/inventory/catalog"
	"wirecensus/schemas/shape"
)

// TestHeaders: fields of the API are in the document, those of what carries its calls are not.
func TestHeaders(t *testing.T) {
	field := func() *catalog.Param {
		n := &shape.Node{Str: &shape.Strings{}}
		n.Kinds[shape.String] = 30
		return &catalog.Param{Calls: 30, Shape: n}
	}
	of := func(names ...string) map[string]*catalog.Param {
		out := map[string]*catalog.Param{}
		for _, n := range names {
			out[n] = field()
		}
		return out
	}
	op := &catalog.Operation{Calls: 30, Success: 30, Accepted: 30, Statuses: map[int]uint64{200: 30},
		Headers:   of("x-request-id", "x-b3-flags", "x-datadog-origin", "idempotency-key", "x-tenant", "api-version"),
		Responses: map[int]*catalog.Response{200: {Calls: 30, Headers: of("x-request-id", "x-correlation-id", "location", "etag", "x-ratelimit-remaining")}}}
	svc := &catalog.Service{Name: "a.example", Endpoints: []*catalog.Endpoint{{Method: "POST", Template: "/things", Class: catalog.Real, Op: op}}}
	doc := strings.ToLower(string(Generate(svc, Options{Version: "3.1"}).YAML()))
	for name, want := range map[string]bool{"idempotency-key": true, "x-tenant": true, "api-version": true, "location": true, "etag": true, "x-ratelimit-remaining": true,
		"request-id": false, "b3": false, "datadog": false, "correlation": false} {
		if strings.Contains(doc, name) != want {
			t.Errorf("%s in the document: %v, want %v\n%s", name, !want, want, doc)
		}
	}
}
