package rest

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"wirecensus/inventory/api"
	"wirecensus/schemas"
)

// bench is a server with its own document, against which every answer is checked.
type bench struct {
	*Server
	backend *memory
	doc     *openapi3.T
	failed  []Failure
}

func newBench(t testing.TB, change func(*Config)) *bench {
	t.Helper()
	b := &bench{backend: newMemory(t)}
	cfg := Config{Backend: b.backend, Version: "test", Failed: func(f Failure) { b.failed = append(b.failed, f) }}
	if change != nil {
		change(&cfg)
	}
	var err error
	if b.Server, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	if b.doc, err = openapi3.NewLoader().LoadFromData(b.docYAML); err != nil {
		t.Fatal(err)
	}
	return b
}

// reply is an answer as a client sees it.
type reply struct {
	*http.Response
	body []byte
}

// ask sends a request and checks the answer against the server's document. Fields
// are written "Name: value".
func (b *bench) ask(t testing.TB, method, target, body string, fields ...string) reply {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	out := reply{w.Result(), w.Body.Bytes()}
	b.verify(t, r, out)
	return out
}

// verify checks what holds for every answer.
func (b *bench) verify(t testing.TB, r *http.Request, a reply) {
	t.Helper()
	what := r.Method + " " + r.URL.RequestURI()
	for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Cache-Control"} {
		if a.Header.Get(name) == "" {
			t.Errorf("%s: no %s", what, name)
		}
	}
	if a.StatusCode >= 400 && r.Method != http.MethodHead {
		var p Problem
		if err := json.Unmarshal(a.body, &p); err != nil || p.Status != a.StatusCode || p.Detail == "" || p.Title == "" || a.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: status %d with %s %.300s", what, a.StatusCode, a.Header.Get("Content-Type"), a.body)
		}
	}
	req, err := b.find(r)
	if err != nil || req.route.hidden {
		return
	}
	op := b.doc.Paths.Value(req.route.path).GetOperation(r.Method)
	if op == nil {
		t.Fatalf("%s: the operation is not in the document", what)
	}
	response := op.Responses.Status(a.StatusCode)
	if response == nil {
		t.Errorf("%s: status %d is not in the document: %s", what, a.StatusCode, a.body)
		return
	}
	if r.Method == http.MethodHead || a.StatusCode == http.StatusNoContent || a.StatusCode == http.StatusNotModified {
		if len(a.body) > 0 {
			t.Errorf("%s: a body of %d bytes", what, len(a.body))
		}
		return
	}
	b.verifyBody(t, what, response.Value, a)
}

func (b *bench) verifyBody(t testing.TB, what string, response *openapi3.Response, a reply) {
	t.Helper()
	kind, _, _ := strings.Cut(a.Header.Get("Content-Type"), ";")
	media := response.Content[kind]
	if media == nil {
		t.Errorf("%s: %d as %q is not in the document", what, a.StatusCode, kind)
		return
	}
	body := a.body
	if a.Header.Get("Content-Encoding") == "gzip" {
		body = gunzip(t, body)
	}
	if strings.HasSuffix(kind, "json") {
		var v any
		if err := json.Unmarshal(body, &v); err != nil {
			t.Errorf("%s: %v", what, err)
			return
		}
		if err := media.Schema.Value.VisitJSON(v, openapi3.EnableJSONSchema2020()); err != nil {
			t.Errorf("%s: the body is not as documented: %v\n%.500s", what, err, body)
		}
	}
}

func gunzip(t testing.TB, b []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(strings.NewReader(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// read decodes a JSON answer.
func read[T any](t testing.TB, a reply) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("%d: %v in %.300s", a.StatusCode, err, a.body)
	}
	return v
}

// TestOwnDocument: the document is valid, every route that is not hidden is in it
// and everything in it has a route.
func TestOwnDocument(t *testing.T) {
	b := newBench(t, nil)
	if err := b.doc.Validate(context.Background()); err != nil {
		t.Fatal(err)
	}
	fromJSON, err := openapi3.NewLoader().LoadFromData(b.docJSON)
	if err != nil || fromJSON.Paths.Len() != b.doc.Paths.Len() {
		t.Fatalf("JSON and YAML differ: %v", err)
	}
	routes := 0
	for _, rt := range b.routes {
		if !rt.hidden {
			routes++
			if b.doc.Paths.Value(rt.path).GetOperation(rt.method) == nil {
				t.Errorf("%s %s is not documented", rt.method, rt.path)
			}
		}
	}
	documented := 0
	ids := map[string]bool{}
	for path, item := range b.doc.Paths.Map() {
		for method, op := range item.Operations() {
			if ids[op.OperationID] {
				t.Errorf("two operations %s", op.OperationID)
			}
			ids[op.OperationID] = true
			if method == http.MethodHead {
				continue
			}
			documented++
			target := strings.NewReplacer("{service}", "bank.example:8443", "{id}", "x", "{name}", "x").Replace(path)
			if a := b.ask(t, method, target, ""); a.StatusCode == http.StatusMethodNotAllowed {
				t.Errorf("%s %s is documented and not there", method, path)
			}
		}
	}
	if documented != routes {
		t.Errorf("%d operations, %d routes", documented, routes)
	}
	again := newBench(t, nil)
	if string(again.docJSON) != string(b.docJSON) || string(again.docYAML) != string(b.docYAML) {
		t.Error("the document is not the same twice")
	}
}

func TestInventory(t *testing.T) {
	b := newBench(t, nil)
	sum := read[Summary](t, b.ask(t, "GET", "/api/v1", ""))
	if sum.Services != 10 || sum.Endpoints != 67 || sum.ByStatus["shadow"] != 4 || sum.Version != "v1" {
		t.Errorf("%+v", sum)
	}
	all := read[List[api.Endpoint]](t, b.ask(t, "GET", "/api/v1/endpoints?limit=1000", ""))
	if all.Total != 67 || len(all.Items) != 67 || all.Next != "" {
		t.Errorf("%d of %d, next %q", len(all.Items), all.Total, all.Next)
	}
	for query, pass := range map[string]func(e api.Endpoint) bool{
		"status=shadow":                 func(e api.Endpoint) bool { return e.Status == "shadow" },
		"status=shadow,zombie":          func(e api.Endpoint) bool { return e.Status == "shadow" || e.Status == "zombie" },
		"status=shadow&status=zombie":   func(e api.Endpoint) bool { return e.Status == "shadow" || e.Status == "zombie" },
		"service=bank.example:8443":     func(e api.Endpoint) bool { return e.Service == "bank.example:8443" },
		"service=%5B::1%5D:8080":        func(e api.Endpoint) bool { return e.Service == "[::1]:8080" },
		"method=POST&status=documented": func(e api.Endpoint) bool { return e.Method == "POST" && e.Status == "documented" },
		"text=ORDERS+get":               func(e api.Endpoint) bool { return e.Method == "GET" && strings.Contains(e.Template, "orders") },
		"drift=true":                    func(e api.Endpoint) bool { return len(e.Drift) > 0 },
		"auth=none": func(e api.Endpoint) bool {
			return slices.ContainsFunc(e.Auth, func(a api.Auth) bool { return a.Scheme == "none" })
		},
		"sensitive=any": func(e api.Endpoint) bool { return len(e.Sensitive) > 0 },
		"sensitive=email": func(e api.Endpoint) bool {
			return slices.ContainsFunc(e.Sensitive, func(s api.Sensitive) bool { return s.Class == "email" })
		},
	} {
		want := 0
		for _, e := range all.Items {
			if pass(e) {
				want++
			}
		}
		got := read[List[api.Endpoint]](t, b.ask(t, "GET", "/api/v1/endpoints?limit=1000&"+query, ""))
		if want == 0 || got.Total != want || slices.ContainsFunc(got.Items, func(e api.Endpoint) bool { return !pass(e) }) {
			t.Errorf("%s: %d endpoints, want %d", query, got.Total, want)
		}
	}
	if probed := read[List[api.Endpoint]](t, b.ask(t, "GET", "/api/v1/endpoints?class=probed", "")); probed.Total == 0 {
		t.Error("no probed place")
	}
	for _, e := range all.Items {
		d := read[Detail](t, b.ask(t, "GET", "/api/v1/endpoints/"+e.ID, ""))
		if d.Template != e.Template || d.Method != e.Method || d.Explanation == nil || d.Findings == nil || d.Why == nil {
			t.Fatalf("%s: %+v", e.ID, d)
		}
	}
	findings := read[List[schemas.Finding]](t, b.ask(t, "GET", "/api/v1/findings", ""))
	if findings.Total != 18 || findings.Items[0].Severity != b.backend.state.Findings[0].Severity {
		t.Errorf("%d findings, first %+v", findings.Total, findings.Items[0])
	}
	one := read[schemas.Finding](t, b.ask(t, "GET", "/api/v1/findings/"+findings.Items[3].ID, ""))
	if one.Title != findings.Items[3].Title {
		t.Errorf("%+v", one)
	}
	if cov := read[schemas.Coverage](t, b.ask(t, "GET", "/api/v1/coverage", "")); cov.Frames != b.backend.state.Coverage.Frames {
		t.Errorf("%+v", cov)
	}
	if s := read[List[api.Sensor]](t, b.ask(t, "GET", "/api/v1/sensors", "")); s.Total != 2 || s.Items[0].Epoch != 1<<60 {
		t.Errorf("%+v", s)
	}
}

// TestPages: pages of any size and sort give every item once, in order.
func TestPages(t *testing.T) {
	b := newBench(t, nil)
	for _, sort := range []string{"place", "-place", "calls", "-calls", "last_seen", "-clients", "confidence"} {
		whole := read[List[api.Endpoint]](t, b.ask(t, "GET", "/api/v1/endpoints?limit=1000&sort="+sort, ""))
		var got []api.Endpoint
		target := "/api/v1/endpoints?limit=7&sort=" + sort
		for target != "" {
			a := b.ask(t, "GET", target, "")
			page := read[List[api.Endpoint]](t, a)
			got = append(got, page.Items...)
			target = ""
			if link := a.Header.Get("Link"); page.Next != "" {
				target, _, _ = strings.Cut(strings.TrimPrefix(link, "<"), ">")
			}
		}
		if len(got) != len(whole.Items) {
			t.Fatalf("%s: %d items on pages, %d in all", sort, len(got), len(whole.Items))
		}
		for i := range got {
			if got[i].ID != whole.Items[i].ID {
				t.Fatalf("%s: item %d differs", sort, i)
			}
		}
	}
	a := b.ask(t, "GET", "/api/v1/endpoints?limit=7&sort=calls", "")
	next := read[List[api.Endpoint]](t, a).Next
	for _, target := range []string{"?cursor=!", "?cursor=YQ", "?sort=-calls&cursor=" + next, "?limit=0", "?limit=1001", "?limit=x", "?limit=1&limit=2", "?sort=size", "?status=new", "?drift=1", "?stauts=shadow", "?%zz", "?;"} {
		if a := b.ask(t, "GET", "/api/v1/endpoints"+target, ""); a.StatusCode != http.StatusBadRequest || read[Problem](t, a).Hint == "" {
			t.Errorf("%s: %d %s", target, a.StatusCode, a.body)
		}
	}
	// What goes between two pages moves nothing.
	page := read[List[api.Endpoint]](t, b.ask(t, "GET", "/api/v1/endpoints?limit=7", ""))
	b.backend.state.Endpoints = slices.DeleteFunc(b.backend.state.Endpoints, func(e api.Endpoint) bool {
		return e.ID == page.Items[6].ID
	})
	rest := read[List[api.Endpoint]](t, b.ask(t, "GET", "/api/v1/endpoints?limit=1000&cursor="+page.Next, ""))
	if len(rest.Items) != 60 {
		t.Errorf("%d items after the first page, want 60", len(rest.Items))
	}
}

// TestNames: services of any name are reached with their name percent-encoded.
func TestNames(t *testing.T) {
	b := newBench(t, nil)
	for _, s := range b.backend.state.Services {
		for _, tail := range []string{"", "/openapi.yaml", "/openapi.json?openapi=3.0", "/versions", "/explain", "/diff?base=observed@1970-01-01T01:30:00Z"} {
			target := "/api/v1/services/" + url.PathEscape(s.Name) + tail
			a := b.ask(t, "GET", target, "")
			if a.StatusCode != http.StatusOK {
				t.Errorf("%s: %d %s", target, a.StatusCode, a.body)
			}
			if strings.HasPrefix(tail, "/openapi") {
				if _, err := openapi3.NewLoader().LoadFromData(a.body); err != nil {
					t.Errorf("%s: %v", target, err)
				}
			}
			if tail == "" && read[api.Service](t, a).Name != strings.ToValidUTF8(s.Name, "\ufffd") {
				t.Errorf("%s: %s", target, a.body)
			}
		}
	}
	if a := b.ask(t, "GET", "/api/v1/services/x%EF%BF%BDy", ""); a.StatusCode != http.StatusOK {
		t.Errorf("the name as JSON shows it: %d", a.StatusCode)
	}
	for _, target := range []string{"/api/v1/services/a/b", "/api/v1/services/../endpoints", "/api/v1/services/%2e%2e%2fendpoints", "/api/v1//services", "/api/v1/services/", "/api/v1/services/%00", "/%2e%2e/etc/passwd",
		"/assets/..%2f..%2fgo.mod", "/assets/page.html", "/API/v1", "/api/v1/", "/api/v1/services/nobody.example/openapi.yaml", "/debug/pprof/heap"} {
		if a := b.ask(t, "GET", target, ""); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", target, a.StatusCode)
		}
	}
}

func TestDocumentsInTime(t *testing.T) {
	b := newBench(t, nil)
	base := "/api/v1/services/bank.example:8443"
	if a := b.ask(t, "GET", base+"/openapi.json?at=1970-01-01T01:30:00Z", ""); strings.Contains(string(a.body), "/b") {
		t.Errorf("the document of then has what came later: %s", a.body)
	}
	if a := b.ask(t, "GET", base+"/openapi.json?at=1970-01-01T00:30:00Z", ""); a.StatusCode != http.StatusNotFound {
		t.Errorf("before the first document: %d", a.StatusCode)
	}
	v := read[List[api.Version]](t, b.ask(t, "GET", base+"/versions", ""))
	if v.Total != 2 || v.Items[0].From < v.Items[1].From {
		t.Errorf("%+v", v)
	}
	b.ask(t, "PUT", "/api/v1/specs/bank.json", document("/a", "/c"), "Content-Type: application/json")
	a := b.ask(t, "GET", base+"/diff", "")
	if s := string(a.body); a.StatusCode != http.StatusOK || !strings.Contains(s, `"unseen"`) || !strings.Contains(s, `"/c"`) || !strings.Contains(s, `"/b"`) {
		t.Errorf("declared to observed: %d %s", a.StatusCode, s)
	}
	for query, status := range map[string]int{"?base=declared:nobody": 404, "?base=declared:": 400, "?base=x": 400, "?base=observed@now": 400, "?revision=observed@1970-01-01T00:10:00Z": 404} {
		if a := b.ask(t, "GET", base+"/diff"+query, ""); a.StatusCode != status {
			t.Errorf("%s: %d %s", query, a.StatusCode, a.body)
		}
	}
	if a := b.ask(t, "GET", "/api/v1/services/api.shop.example/diff", ""); a.StatusCode != 400 || !strings.Contains(read[Problem](t, a).Hint, "shop-v2.yaml") {
		t.Errorf("two declared documents: %d %s", a.StatusCode, a.body)
	}
}

const yamlDocument = "openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths: {}\n"

// TestSpecs tells the life of a declared document.
func TestSpecs(t *testing.T) {
	b := newBench(t, nil)
	step := func(method, target, body string, status int, fields ...string) reply {
		t.Helper()
		a := b.ask(t, method, target, body, fields...)
		if a.StatusCode != status {
			t.Fatalf("%s %s: %d, want %d: %s", method, target, a.StatusCode, status, a.body)
		}
		return a
	}
	const at, asYAML, asJSON = "/api/v1/specs/shop%2Fv1.yaml", "Content-Type: application/yaml", "Content-Type: application/json; charset=utf-8"
	step("GET", at, "", 404)
	step("PUT", at, yamlDocument, 412, asYAML, `If-Match: "x"`)
	added := step("PUT", at, yamlDocument, 201, asYAML, "If-None-Match: *")
	if added.Header.Get("Location") != at {
		t.Errorf("Location: %s", added.Header.Get("Location"))
	}
	step("PUT", at, yamlDocument, 412, asYAML, "If-None-Match: *")
	tag := added.Header.Get("ETag")
	got := step("GET", at, "", 200)
	if string(got.body) != yamlDocument || got.Header.Get("ETag") != tag || got.Header.Get("Content-Type") != "application/yaml" {
		t.Errorf("%v %s", got.Header, got.body)
	}
	step("GET", at, "", 304, "If-None-Match: W/"+tag)
	step("GET", at, "", 406, "Accept: application/json")
	step("PUT", at, yamlDocument, 412, asYAML, "If-Match: W/"+tag)
	changed := step("PUT", at, document("/a"), 200, asJSON, "If-Match: "+tag)
	step("DELETE", at, "", 412, "If-Match: "+tag)
	if a := step("GET", at, "", 200); a.Header.Get("Content-Type") != "application/json" {
		t.Error(a.Header)
	}
	if l := read[List[api.Spec]](t, step("GET", "/api/v1/specs", "", 200)); l.Total != 1 || l.Items[0].Name != "shop/v1.yaml" || l.Items[0].Operations != 1 {
		t.Errorf("%+v", l)
	}
	step("DELETE", at, "", 204, "If-Match: "+changed.Header.Get("ETag"))
	step("DELETE", at, "", 404)

	step("PUT", at, yamlDocument, 415, "Content-Type: text/html")
	step("PUT", at, yamlDocument, 415)
	step("PUT", at, yamlDocument, 415, asYAML, "Content-Encoding: gzip")
	step("PUT", at, "hello", 422, asYAML)
	step("PUT", at, "", 422, asYAML)
	step("PUT", "/api/v1/specs/"+strings.Repeat("a", 256), yamlDocument, 422, asYAML)
	step("PUT", "/api/v1/specs/a%0Ab", yamlDocument, 422, asYAML)
	if a := step("POST", at, "", 405); a.Header.Get("Allow") != "DELETE, GET, HEAD, PUT" {
		t.Errorf("Allow: %s", a.Header.Get("Allow"))
	}
}

// TestOverrides tells the life of a decision.
func TestOverrides(t *testing.T) {
	b := newBench(t, nil)
	const at, asJSON = "/api/v1/overrides", "Content-Type: application/json"
	good := `{"kind":"pin","service":"bank.example:8443","template":"/users/{id}","reason":"known","expires":"2027-01-01T00:00:00Z"}`
	step := func(method, target, body string, status int, fields ...string) reply {
		t.Helper()
		a := b.ask(t, method, target, body, fields...)
		if a.StatusCode != status {
			t.Fatalf("%s %s %s: %d, want %d: %s", method, target, body, a.StatusCode, status, a.body)
		}
		return a
	}
	added := step("POST", at, good, 201, asJSON)
	o := read[api.Override](t, added)
	if added.Header.Get("Location") != at+"/"+o.ID || o.Expires == 0 || o.Created == 0 {
		t.Errorf("%v %+v", added.Header, o)
	}
	step("POST", at, good, 409, asJSON)
	step("GET", at+"/"+o.ID, "", 304, "If-None-Match: "+added.Header.Get("ETag"))
	step("PUT", at+"/"+o.ID, strings.Replace(good, "known", "better known", 1), 200, asJSON, "If-Match: "+added.Header.Get("ETag"))
	step("PUT", at+"/"+o.ID, good, 412, asJSON, "If-Match: "+added.Header.Get("ETag"))
	step("PUT", at+"/mine", good, 201, asJSON)
	step("PUT", at+"/mine", good, 412, asJSON, "If-None-Match: *")
	if l := read[List[api.Override]](t, step("GET", at+"?kind=pin", "", 200)); l.Total != 2 {
		t.Errorf("%+v", l)
	}
	step("DELETE", at+"/mine", "", 204)
	step("DELETE", at+"/mine", "", 404)
	step("PUT", at+"/..", good, 422, asJSON)
	for _, bad := range []string{"", "[]", "null", `{"kind":"pin"}`, strings.Replace(good, "pin", "pim", 1), strings.Replace(good, "pin", "split", 1), strings.Replace(good, "pin", "name", 1),
		strings.Replace(good, "known", " ", 1), strings.Replace(good, `"/users`, `"users`, 1), good + "x", strings.Replace(good, "}", `,"id":"x"}`, 1), strings.Replace(good, "2027", "soon", 1)} {
		if a := b.ask(t, "POST", at, bad, asJSON); a.StatusCode != 400 && a.StatusCode != 422 || read[Problem](t, a).Hint == "" {
			t.Errorf("%s: %d %s", bad, a.StatusCode, a.body)
		}
	}
	step("POST", at, good, 415, "Content-Type: text/plain")
	step("POST", at, good, 415, "Content-Type: application/yaml")
	step("POST", at, `{"reason":"`+strings.Repeat("a", maxSmall)+`"}`, 413, asJSON)
}

func TestReading(t *testing.T) {
	b := newBench(t, nil)
	a := b.ask(t, "GET", "/api/v1/endpoints", "")
	tag := a.Header.Get("ETag")
	for field, status := range map[string]int{tag: 304, "W/" + tag: 304, `"x", ` + tag: 304, "*": 304, `"x"`: 200, "": 200} {
		if got := b.ask(t, "GET", "/api/v1/endpoints", "", "If-None-Match: "+field); got.StatusCode != status {
			t.Errorf("If-None-Match: %s: %d", field, got.StatusCode)
		}
	}
	head := b.ask(t, "HEAD", "/api/v1/endpoints", "")
	if n, _ := strconv.Atoi(head.Header.Get("Content-Length")); n != len(a.body) || head.Header.Get("ETag") != tag {
		t.Errorf("HEAD: %v", head.Header)
	}
	zipped := b.ask(t, "GET", "/api/v1/endpoints", "", "Accept-Encoding: br, gzip;q=0.5")
	if zipped.Header.Get("Content-Encoding") != "gzip" || string(gunzip(t, zipped.body)) != string(a.body) || zipped.Header.Get("ETag") == tag {
		t.Errorf("gzip: %v", zipped.Header)
	}
	if got := b.ask(t, "GET", "/api/v1/endpoints", "", "If-None-Match: "+zipped.Header.Get("ETag"), "Accept-Encoding: gzip"); got.StatusCode != 304 {
		t.Errorf("with the tag of the compressed one: %d", got.StatusCode)
	}
	if got := b.ask(t, "GET", "/api/v1/endpoints", "", "Accept-Encoding: gzip;q=0, *"); got.Header.Get("Content-Encoding") != "" {
		t.Error("compressed against the client's word")
	}
	for accept, status := range map[string]int{"application/json": 200, "application/*": 200, "*/*;q=0.1": 200, "text/html": 406, "application/json;q=0, */*": 406, "x;;": 406} {
		if got := b.ask(t, "GET", "/api/v1/endpoints", "", "Accept: "+accept); got.StatusCode != status {
			t.Errorf("Accept: %s: %d", accept, got.StatusCode)
		}
	}
	if got := b.ask(t, "GET", "/api/v1?x="+strings.Repeat("a", maxTarget), ""); got.StatusCode != 414 {
		t.Errorf("a long target: %d", got.StatusCode)
	}
	if got := b.ask(t, "GET", "/api/v1", "", "X: "+strings.Repeat("a", maxHeader)); got.StatusCode != 431 {
		t.Errorf("a large header: %d", got.StatusCode)
	}
	for _, method := range []string{"OPTIONS", "TRACE", "PATCH", "BREW"} {
		if got := b.ask(t, method, "/healthz", ""); got.StatusCode != 405 || got.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d %v", method, got.StatusCode, got.Header)
		}
	}
}

func TestHealth(t *testing.T) {
	b := newBench(t, nil)
	if a := b.ask(t, "GET", "/healthz", ""); a.StatusCode != 200 {
		t.Error(a.StatusCode)
	}
	if a := b.ask(t, "GET", "/readyz", ""); a.StatusCode != 200 {
		t.Error(a.StatusCode)
	}
	b.backend.notReady = errors.New("the secret store is away")
	if a := b.ask(t, "GET", "/readyz", ""); a.StatusCode != 503 || strings.Contains(string(a.body), "secret") {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	a := b.ask(t, "GET", "/metrics", "")
	for _, want := range []string{`wirecensus_endpoints{status="shadow"} 4`, `wirecensus_sensor_lost_calls_total{sensor="s1"} 3`, `wirecensus_sensor_shed_total{cause="spool-full",sensor="s1"} 4`,
		`wirecensus_http_requests_total{method="GET",route="GET /readyz",status="503"} 1`, `wirecensus_build_info{`, "wirecensus_through_timestamp_seconds 1.77430206e+09", "go_goroutines", `wirecensus_findings{severity="critical"}`} {
		if !strings.Contains(string(a.body), want) {
			t.Errorf("no %s in the metrics", want)
		}
	}
}
