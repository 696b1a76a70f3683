package rest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"wirecensus/inventory/api"
)

// FuzzRequest: whatever a client sends, the answer is below 500, and from 400 on
// it is a problem.
func FuzzRequest(f *testing.F) {
	b := newBench(f, nil)
	for _, seed := range [][4]string{
		{"GET", "/api/v1/endpoints?limit=3&sort=-calls&status=shadow", "", ""},
		{"GET", "/api/v1/services/%5B::1%5D:8080/openapi.yaml?openapi=3.0", "Accept: application/yaml", ""},
		{"HEAD", "/", "Accept-Encoding: gzip", ""},
		{"PUT", "/api/v1/specs/a%2Fb", "Content-Type: application/yaml\nIf-None-Match: *", yamlDocument},
		{"PUT", "/api/v1/specs/a", "Content-Type: application/json", `{"openapi":"3.1.0","info":{},"paths":{"/a":{"$ref":"#/paths/~1a"}}}`},
		{"DELETE", "/api/v1/specs/a", "If-Match: \"x\", W/\"y\"", ""},
		{"POST", "/api/v1/overrides", "Content-Type: application/json", `{"kind":"pin","service":"s","template":"/a","reason":"r"}`},
		{"PUT", "/api/v1/specs/a", "Content-Type: application/yaml", "{openapi: 3.1.0, info: {}, paths: {}}"},
		{"GET", "/api/v1/services/a/diff?base=observed&revision=declared:x", "", ""},
		{"BREW", "/%zz?%zz", "Host: evil.example\nOrigin: http://evil.example", "x"},
		{"GET", "/api/v1/endpoints?cursor=cGxhY2U.YQ.YQ", "Authorization: Basic eDp5", ""},
	} {
		f.Add(seed[0], seed[1], seed[2], []byte(seed[3]))
	}
	f.Fuzz(func(t *testing.T, method, target, fields string, body []byte) {
		r, err := http.NewRequest(method, "http://127.0.0.1/", bytes.NewReader(body))
		if err != nil {
			return
		}
		path, query, _ := strings.Cut(target, "?")
		if r.URL, err = r.URL.Parse(path); err != nil {
			return // net/http would not hand it to a handler
		}
		r.URL.RawQuery = query
		for line := range strings.Lines(fields) {
			name, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ": ")
			r.Header.Add(name, value)
		}
		b.backend.specs, b.backend.overrides = nil, nil
		again := r.Clone(t.Context()) // reads what the request may have left
		again.Method, again.Body = http.MethodGet, http.NoBody
		for _, r := range []*http.Request{r, again} {
			w := httptest.NewRecorder()
			b.ServeHTTP(w, r)
			if w.Code >= 500 || len(b.failed) > 0 {
				t.Fatalf("%s %q: %d %s %v", method, target, w.Code, w.Body, b.failed)
			}
			b.verify(t, r, reply{w.Result(), w.Body.Bytes()})
		}
	})
}

// bomb is a YAML text whose aliases expand to far more than memory holds.
func bomb() string {
	var b strings.Builder
	b.WriteString("openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths: {}\nx-a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := range 12 {
		fmt.Fprintf(&b, "x-a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", "))
	}
	return b.String()
}

// TestHostileDocuments: documents made to hurt are refused soon, and what they
// point to is never fetched.
func TestHostileDocuments(t *testing.T) {
	trap, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer trap.Close()
	go func() {
		if c, err := trap.Accept(); err == nil {
			c.Close()
			t.Error("the server fetched what a document points to")
		}
	}()
	remote := "http://" + trap.Addr().String() + "/schema.json"
	head := `{"openapi":"3.1.0","info":{"title":"a","version":"1"},`
	b := newBench(t, nil)
	for name, c := range map[string]struct {
		text   string
		status int
	}{
		"alias bomb":         {bomb(), 422},
		"deep JSON":          {head + `"x-a":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `,"paths":{}}`, 422},
		"deep YAML":          {yamlDocument + "x-a: " + strings.Repeat("[", 20_000), 422},
		"remote schema":      {head + `"paths":{"/a":{"get":{"responses":{"200":{"description":"d","content":{"application/json":{"schema":{"$ref":"` + remote + `"}}}}}}}}}`, 422},
		"remote path":        {head + `"paths":{"/a":{"$ref":"` + remote + `"}}}`, 422},
		"file":               {head + `"paths":{"/a":{"$ref":"file:///etc/passwd"}}}`, 422},
		"file nearby":        {head + `"paths":{"/a":{"$ref":"../../go.mod"}}}`, 422},
		"path to itself":     {head + `"paths":{"/a":{"$ref":"#/paths/~1a"}}}`, 201},
		"schema of itself":   {head + `"paths":{},"components":{"schemas":{"A":{"$ref":"#/components/schemas/A"}}}}`, 201},
		"schemas in a ring":  {head + `"paths":{},"components":{"schemas":{"A":{"$ref":"#/components/schemas/B"},"B":{"$ref":"#/components/schemas/A"}}}}`, 201},
		"recursive property": {head + `"paths":{"/a":{"get":{"responses":{"200":{"description":"d","content":{"application/json":{"schema":{"$ref":"#/components/schemas/A"}}}}}}}},"components":{"schemas":{"A":{"type":"object","properties":{"a":{"$ref":"#/components/schemas/A"}}}}}}`, 201},
		"no UTF-8":           {"openapi: 3.1.0\ninfo: {title: \xff}\n", 422},
		"null":               {"null", 422},
		"version 9":          {`{"openapi":"9.0.0"}`, 422},
		"swagger 1":          {`{"swagger":"1.2"}`, 422},
		"script in the name": {head + `"paths":{"/<script>alert(1)</script>":{}}}`, 201},
	} {
		start := time.Now()
		a := b.ask(t, "PUT", "/api/v1/specs/x", c.text, "Content-Type: application/json")
		if a.StatusCode != c.status && !(c.status == 201 && a.StatusCode == 200) {
			t.Errorf("%s: %d, want %d: %.300s", name, a.StatusCode, c.status, a.body)
		}
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("%s took %v", name, took)
		}
		if a.StatusCode < 300 {
			if a := b.ask(t, "GET", "/api/v1/services/clinic.example/diff?base=declared:x", ""); a.StatusCode != 200 && a.StatusCode != 422 {
				t.Errorf("%s: compared: %d %s", name, a.StatusCode, a.body)
			}
			b.ask(t, "DELETE", "/api/v1/specs/x", "")
		}
	}
}

// letters is n bytes of a document, made as they are read.
type letters struct{ n int }

func (l *letters) Read(p []byte) (int, error) {
	if l.n == 0 {
		return 0, io.EOF
	}
	k := min(l.n, len(p))
	for i := range p[:k] {
		p[i] = 'a'
	}
	l.n -= k
	return k, nil
}

// TestLargeDocument: 100 MB are refused, by their announced length without reading
// any, and unannounced after what is allowed.
func TestLargeDocument(t *testing.T) {
	b := newBench(t, nil)
	for _, announced := range []bool{true, false} {
		body := &letters{n: 100 << 20}
		r := httptest.NewRequest("PUT", "/api/v1/specs/x", body)
		r.Header.Set("Content-Type", "application/yaml")
		if r.ContentLength = -1; announced {
			r.ContentLength = 100 << 20
		}
		w := httptest.NewRecorder()
		b.ServeHTTP(w, r)
		b.verify(t, r, reply{w.Result(), w.Body.Bytes()})
		if read := 100<<20 - body.n; w.Code != 413 || announced && read > 0 || read > maxSpec+1<<20 {
			t.Errorf("announced %v: %d after %d bytes", announced, w.Code, read)
		}
	}
}

// failing panics or fails wherever it is asked.
type failing struct {
	*memory
	panics bool
}

const canary = "value-4111111111111111"

func (f failing) State(context.Context) (*api.State, error) {
	if f.panics {
		panic(canary)
	}
	return nil, fmt.Errorf("select %s: %w", canary, io.ErrUnexpectedEOF)
}

// TestFailures: what goes wrong inside is a problem that says nothing of it, and
// is reported without values.
func TestFailures(t *testing.T) {
	for _, panics := range []bool{true, false} {
		b := newBench(t, func(c *Config) { c.Backend = failing{newMemory(t), panics} })
		a := b.ask(t, "GET", "/api/v1/endpoints?text="+canary, "")
		if a.StatusCode != 500 || strings.Contains(string(a.body), canary) {
			t.Errorf("%d %s", a.StatusCode, a.body)
		}
		if len(b.failed) != 1 || strings.Contains(fmt.Sprint(b.failed), canary) || b.failed[0].Route != "GET /api/v1/endpoints" || len(b.failed[0].Stack) == 0 {
			t.Errorf("%+v", b.failed)
		}
		if m := b.ask(t, "GET", "/metrics", ""); strings.Contains(string(m.body), canary) || m.StatusCode != 200 || strings.Contains(string(m.body), "wirecensus_services") {
			t.Errorf("metrics: %d %.200s", m.StatusCode, m.body)
		}
	}
}

// TestWaiting: a request that finds no room waits as long as its client does.
func TestWaiting(t *testing.T) {
	b := newBench(t, nil)
	for range maxAtOnce {
		b.slots <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequest("GET", "/api/v1", nil).WithContext(ctx)
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	b.verify(t, r, reply{w.Result(), w.Body.Bytes()})
	if w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}
