package status

import (
	"slices"
	"strings"
	"testing"

	"wirecensus/inventory/catalog"
	"wirecensus/schemas"
	"wirecensus/schemas/shape"
)

func param(calls uint64, values ...string) *catalog.Param {
	p := &catalog.Param{Calls: calls}
	for _, v := range values {
		p.Shape = shape.Merge(p.Shape, shape.Infer([]byte(`"`+v+`"`)))
	}
	return p
}

func body(calls uint64, texts ...string) *catalog.Body {
	b := &catalog.Body{Calls: calls}
	for _, s := range texts {
		b.Shape = shape.Merge(b.Shape, shape.Infer([]byte(s)))
	}
	return b
}

// TestDrift: every kind of difference, and conforming traffic that has none.
func TestDrift(t *testing.T) {
	pets := load(t, "pets.yaml")
	key := catalog.AuthKey{Scheme: "api-key", In: "header", Name: "x-api-key"}
	signed := func(e *catalog.Endpoint) {
		e.Op.Auth[key] = &catalog.AuthStat{Calls: e.Op.Calls, Success: e.Op.Success}
	}
	tests := []struct {
		name             string
		method, template string
		statuses         string
		change           func(*catalog.Endpoint)
		want             []string // kind in at
	}{
		{"as declared", "GET", "/api/pets/{id}", "200*2 404", func(e *catalog.Endpoint) {
			signed(e)
			e.Op.Responses[200] = &catalog.Response{Calls: 2, Types: map[string]*catalog.Body{"application/json": body(2, `{"id":1,"name":"a","tag":null,"born":"2020-01-01"}`, `{"id":1,"name":"a"}`)}}
		}, nil},
		{"fields", "GET", "/api/pets/{id}", "200*2", func(e *catalog.Endpoint) {
			signed(e)
			e.Op.Responses[200] = &catalog.Response{Calls: 2, Types: map[string]*catalog.Body{"application/json": body(2, `{"id":"x","name":"a","extra":1,"born":"soon"}`, `{"id":1,"tag":5}`)}}
		}, []string{"type-mismatch response 200 tag", "type-mismatch response 200 id", "missing-required-field response 200 name", "format-mismatch response 200 born", "undeclared-field response 200 extra"}},
		{"items of a list", "GET", "/api/pets", "200*2", func(e *catalog.Endpoint) {
			e.Op.Query = map[string]*catalog.Param{"shop": param(2, "x")}
			e.Op.Responses[200] = &catalog.Response{Calls: 2, Types: map[string]*catalog.Body{"application/json": body(2, `[{"id":1,"name":"a"},{"id":2}]`)}}
		}, []string{"missing-required-field response 200 [].name"}},
		{"parameters", "GET", "/api/pets", "200*4", func(e *catalog.Endpoint) {
			e.Op.Query = map[string]*catalog.Param{"limit": param(2, "10", "many"), "page": param(1, "2"), "shop": param(3, "x")}
		}, []string{"type-mismatch query limit", "undeclared-parameter query page", "missing-required-parameter query shop"}},
		{"statuses", "GET", "/api/pets/{id}", "200 206 500 304", signed, []string{"undeclared-status response 206 ", "undeclared-status response 500 "}},
		{"media type", "GET", "/api/pets/{id}", "200", func(e *catalog.Endpoint) {
			signed(e)
			e.Op.Responses[200] = &catalog.Response{Calls: 1, Types: map[string]*catalog.Body{"text/html": body(1)}}
		}, []string{"undeclared-media-type response 200 text/html"}},
		{"not enforced", "POST", "/api/pets", "201*3", func(e *catalog.Endpoint) {
			e.Op.Auth[catalog.AuthKey{}] = &catalog.AuthStat{Calls: 3, Success: 3}
			e.Op.Requests = map[string]*catalog.Body{"application/json": body(3, `{"id":1,"name":"x"}`)}
		}, []string{"auth-not-enforced auth "}},
		{"another credential", "POST", "/api/pets", "201*3", func(e *catalog.Endpoint) {
			e.Op.Auth[catalog.AuthKey{Scheme: "basic", In: "header", Name: "authorization"}] = &catalog.AuthStat{Calls: 3, Success: 3}
			e.Op.Requests = map[string]*catalog.Body{"application/json": body(3, `{"id":1,"name":"x"}`)}
		}, []string{"undeclared-credential auth basic"}},
		{"no body", "POST", "/api/pets", "201*3", func(e *catalog.Endpoint) {
			signed(e)
			e.Op.Requests = map[string]*catalog.Body{"": {Calls: 1}, "text/plain": {Calls: 2}}
		}, []string{"undeclared-media-type request text/plain", "missing-required-body request "}},
		{"unread bodies say nothing", "GET", "/api/pets/{id}", "200", func(e *catalog.Endpoint) {
			signed(e)
			e.Op.Responses[200] = &catalog.Response{Calls: 1, Types: map[string]*catalog.Body{"application/json": {Calls: 1, Unread: map[string]uint64{"gap": 1}}}}
		}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := verdict(t, pets, schemas.Coverage{}, service("pets.example.com", seen{tt.method, tt.template, tt.statuses, 0, tt.change}), tt.method, tt.template)
			var got []string
			for _, d := range v.Drift {
				got = append(got, d.Kind+" "+d.In+" "+d.At)
				if d.Detail == "" || d.Of == 0 || d.Calls > d.Of {
					t.Errorf("without evidence: %+v", d)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("drift:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

// TestDriftSentence: the sentence has the share and the number.
func TestDriftSentence(t *testing.T) {
	pets := load(t, "pets.yaml")
	svc := service("pets.example.com", seen{"GET", "/api/pets", "200*1000", 0, func(e *catalog.Endpoint) {
		e.Op.Query = map[string]*catalog.Param{"shop": param(969, "x")}
	}})
	v := verdict(t, pets, schemas.Coverage{}, svc, "GET", "/api/pets")
	if len(v.Drift) != 1 || v.Drift[0].Detail != "required query parameter `shop` absent in 3.1 % of 1,000 calls" {
		t.Errorf("%+v", v.Drift)
	}
}
