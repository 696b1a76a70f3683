package synth_test

import (
	"bytes"
	"compress/zlib"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"wirecensus/cmd/wiregen/synth"
)

// unzstd is one decoder for all tests: to make one is dear.
var unzstd = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		panic(err)
	}
	return d
})

// inflate undoes the content coding.
func inflate(t *testing.T, coding string, b []byte) []byte {
	t.Helper()
	var r io.Reader
	var err error
	switch coding {
	case "":
		return b
	case "gzip":
		r, err = gzip.NewReader(bytes.NewReader(b))
	case "deflate":
		r, err = zlib.NewReader(bytes.NewReader(b))
	case "br":
		r = brotli.NewReader(bytes.NewReader(b))
	case "zstd":
		out, err := unzstd().DecodeAll(b, nil)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if err == nil {
		b, err = io.ReadAll(r)
	}
	if err != nil {
		t.Fatalf("%s: %v", coding, err)
	}
	return b
}

// differences walks a JSON value beside a declared schema.
func differences(s *openapi3.Schema, v any, at string, report func(kind, at string)) {
	properties := map[string]*openapi3.SchemaRef{}
	required := slices.Clone(s.Required)
	for name, p := range s.Properties {
		properties[name] = p
	}
	for _, part := range s.AllOf {
		for name, p := range part.Value.Properties {
			properties[name] = p
		}
		required = append(required, part.Value.Required...)
	}
	switch v := v.(type) {
	case map[string]any:
		for _, name := range required {
			if _, ok := v[name]; !ok {
				report("missing-required-field", at+"."+name)
			}
		}
		for name, e := range v {
			switch p := properties[name]; {
			case p != nil:
				differences(p.Value, e, at+"."+name, report)
			case len(properties) > 0:
				report("undeclared-field", at+"."+name)
			}
		}
	case []any:
		if s.Items != nil {
			for _, e := range v {
				differences(s.Items.Value, e, at+"[]", report)
			}
		}
	default:
		if s.Type != nil && !fits(s, v) || len(s.Enum) > 0 && !slices.Contains(s.Enum, v) {
			report("type-mismatch", at)
		}
	}
}

func fits(s *openapi3.Schema, v any) bool {
	switch v := v.(type) {
	case nil:
		return s.Nullable || s.Type.Includes("null")
	case string:
		return s.Type.Includes("string")
	case bool:
		return s.Type.Includes("boolean")
	case json.Number:
		return s.Type.Includes("number") || s.Type.Includes("integer") && !strings.ContainsAny(v.String(), ".eE")
	}
	return false
}

// declared are the company's operations by "host METHOD template".
func declared(t *testing.T) map[string]*openapi3.Operation {
	t.Helper()
	out := map[string]*openapi3.Operation{}
	for name, data := range synth.Specs() {
		doc, err := openapi3.NewLoader().LoadFromData(data)
		if err != nil {
			t.Fatal(err)
		}
		base, err := url.Parse(doc.Servers[0].URL)
		if err != nil {
			t.Fatal(err)
		}
		for path, item := range doc.Paths.Map() {
			for method, op := range item.Operations() {
				op.Parameters = append(op.Parameters, item.Parameters...)
				key := base.Host + " " + method + " " + base.Path + path
				if out[key] != nil {
					t.Errorf("%s: %s is declared twice", name, key)
				}
				out[key] = op
			}
		}
	}
	return out
}

// TestDriftIsThePlantedOne compares all traffic with the declared documents:
// the differences are those of the truth, with their counts, and no others.
func TestDriftIsThePlantedOne(t *testing.T) {
	c := synth.Company(synth.Options{Seed: 6, Days: 8})
	ops, templates := declared(t), map[string]string{}
	found, planted := map[string]int{}, map[string]int{}
	called := map[string]int{}
	all := streams(t, c)
	for _, call := range c.Truth.Calls {
		templates[call.Host+" "+call.Method+" "+call.Path] = call.Host + " " + call.Method + " " + call.Template
	}
	exchanges(t, all, func(_, _ string, q *http.Request, sent []byte, r *http.Response, answer []byte) {
		key := templates[q.Host+" "+q.Method+" "+q.URL.EscapedPath()]
		called[key]++
		op := ops[key]
		if op == nil {
			return
		}
		if r.StatusCode == 422 {
			sent = nil // refused: no evidence of what is accepted
		}
		for _, d := range drifts(t, op, q, sent, r, inflate(t, r.Header.Get("Content-Encoding"), answer)) {
			found[key+" "+d]++
		}
	})
	for _, e := range c.Truth.Endpoints {
		key := e.Service + " " + e.Method + " " + e.Template
		for _, d := range e.Drift {
			planted[key+" "+d.Kind+" "+d.In+" "+d.At] = d.Calls
		}
		if wantOp := e.Verdict == "documented" || e.Verdict == "orphan" || e.Verdict == "zombie"; wantOp != (ops[key] != nil) {
			t.Errorf("%s is %s, declared: %v", key, e.Verdict, ops[key] != nil)
		}
		if called[key] != e.Calls || (e.Verdict == "orphan") != (e.Calls == 0) {
			t.Errorf("%s (%s): %d calls, the truth says %d", key, e.Verdict, called[key], e.Calls)
		}
	}
	for k, n := range planted {
		if found[k] != n {
			t.Errorf("planted %d times, found %d: %s", n, found[k], k)
		}
	}
	for k, n := range found {
		if planted[k] == 0 {
			t.Errorf("found %d times, not planted: %s", n, k)
		}
	}
}

func drifts(t *testing.T, op *openapi3.Operation, q *http.Request, sent []byte, r *http.Response, answer []byte) []string {
	t.Helper()
	seen := map[string]bool{}
	for name := range q.URL.Query() {
		if op.Parameters.GetByInAndName("query", name) == nil {
			seen["undeclared-parameter query "+name] = true
		}
	}
	content := func(c openapi3.Content, ctype string, body []byte, in string) {
		ctype, _, _ = strings.Cut(ctype, ";")
		if len(body) == 0 {
			return
		}
		m := c.Get(ctype)
		if m == nil || c[ctype] == nil {
			seen["undeclared-media-type "+in+" "+ctype] = true
			return
		}
		if !strings.Contains(ctype, "json") {
			return
		}
		d := json.NewDecoder(bytes.NewReader(body))
		d.UseNumber()
		var v any
		if err := d.Decode(&v); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		differences(m.Schema.Value, v, "$", func(kind, at string) { seen[kind+" "+in+" "+at] = true })
	}
	if op.RequestBody != nil {
		content(op.RequestBody.Value.Content, q.Header.Get("Content-Type"), sent, "request")
	} else if len(sent) > 0 {
		seen["undeclared-content request "] = true
	}
	in := fmt.Sprint("response ", r.StatusCode)
	if resp := op.Responses.Status(r.StatusCode); resp == nil {
		seen["undeclared-status "+in+" "] = true
	} else {
		content(resp.Value.Content, r.Header.Get("Content-Type"), answer, in)
	}
	out := make([]string, 0, len(seen))
	for d := range seen {
		out = append(out, d)
	}
	return out
}
