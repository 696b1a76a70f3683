package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"wirecensus/inventory/api"
	"wirecensus/schemas"

	"golang.org/x/net/html"
)

// company is a fabricated inventory of four services and 61 endpoints.
func company(t testing.TB) (*api.Result, Meta) {
	t.Helper()
	data, err := os.ReadFile("testdata/result.json")
	if err != nil {
		t.Fatal(err)
	}
	var r api.Result
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	meta := Meta{Version: "0.1.0", Documents: map[string]string{},
		Files: []File{{"openapi/", "one OpenAPI document per service"}, {"endpoints.json", "every endpoint with its status and why"}}}
	for _, s := range r.Services {
		meta.Documents[s.Name] = "openapi/" + s.Name + ".yaml"
	}
	return &r, meta
}

func page(t testing.TB, r *api.Result, meta Meta) string {
	t.Helper()
	var b bytes.Buffer
	if err := Report(&b, r, meta); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestLook writes the page where somebody can look at it.
func TestLook(t *testing.T) {
	path := os.Getenv("WIRECENSUS_REPORT")
	if path == "" {
		t.Skip("set WIRECENSUS_REPORT to a path to look at the page in a browser")
	}
	r, meta := company(t)
	if err := os.WriteFile(path, []byte(page(t, r, meta)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// text returns what a reader sees of a page.
func text(t testing.TB, src string) string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(src))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range doc.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "script" && n.Parent.Data != "style" {
			b.WriteString(n.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// TestEverythingIsThere: each service, endpoint, finding and way of losing sight
// that the result has is on the page.
func TestEverythingIsThere(t *testing.T) {
	r, meta := company(t)
	seen := text(t, page(t, r, meta))
	want := []string{"2026-03-02 06:00 to 2026-03-23 21:41 UTC", "some was lost", "4.1 MB of 2.7 GB", "2,910 of 88,210 connections", "snap-cut frames",
		"31.0 % of the connections are one-sided", "no name given", "bare-lf", "4 services", "61 endpoints", "4 shadow", "2 zombie", "7 serious findings", "Remaining callers", "endpoints.json"}
	for _, s := range r.Services {
		want = append(want, s.Name, meta.Documents[s.Name])
	}
	for _, e := range r.Endpoints {
		want = append(want, e.Template, api.Number(e.Calls))
		want = append(want, e.Why...)
		for _, d := range e.Drift {
			want = append(want, d.Kind, d.Detail)
		}
		for _, c := range e.Callers {
			want = append(want, c.Client)
		}
	}
	for _, f := range r.Findings {
		want = append(want, f.Rule, f.Remediation, f.OWASP, f.CWE)
		want = append(want, f.Evidence...)
	}
	for name := range r.Coverage.TLS {
		want = append(want, name)
	}
	for _, o := range r.Others {
		want = append(want, o.Template)
	}
	for _, w := range want {
		if !strings.Contains(seen, strings.Join(strings.Fields(w), " ")) {
			t.Errorf("the page does not show %q", w)
		}
	}
}

func TestSameBytes(t *testing.T) {
	r, meta := company(t)
	first := page(t, r, meta)
	for range 20 {
		again, meta := company(t)
		if page(t, again, meta) != first {
			t.Fatal("the same result gives other bytes")
		}
	}
}

// TestSelfContained: nothing on the page comes from or goes anywhere else.
func TestSelfContained(t *testing.T) {
	r, meta := company(t)
	src := page(t, r, meta)
	doc, err := html.Parse(strings.NewReader(src))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "link", "iframe", "object", "embed", "img", "form", "base", "audio", "video":
			t.Errorf("the page has a %s element", n.Data)
		}
		for _, a := range n.Attr {
			if a.Key == "src" || a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				t.Errorf("%s has %s=%q", n.Data, a.Key, a.Val)
			}
			if a.Key == "href" && (strings.Contains(a.Val, ":") && !strings.HasPrefix(a.Val, "openapi/") || strings.HasPrefix(a.Val, "//")) {
				t.Errorf("a link leaves the folder: %q", a.Val)
			}
		}
	}
	if strings.Contains(src, "@import") || strings.Contains(src, "url(") {
		t.Error("the style loads something")
	}
}

// TestPolicyNamesWhatThePageHas: the digests are those of the bytes between the tags.
func TestPolicyNamesWhatThePageHas(t *testing.T) {
	r, meta := company(t)
	src := page(t, r, meta)
	for tag, want := range map[string]string{"style": styleText, "script": scriptText} {
		m := regexp.MustCompile(`(?s)<`+tag+`>(.*?)</`+tag+`>`).FindAllStringSubmatch(src, -1)
		if len(m) != 1 || m[0][1] != want {
			t.Errorf("%d %s elements, or not the one that the policy names", len(m), tag)
		}
	}
	if p := policy(); !strings.HasPrefix(p, "default-src 'none';") || strings.Contains(p, "unsafe") || strings.Count(p, "sha256-") != 2 {
		t.Errorf("policy %q", p)
	}
	doc, err := html.Parse(strings.NewReader(src))
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for n := range doc.Descendants() {
		for _, a := range n.Attr {
			found = found || n.Data == "meta" && a.Key == "content" && a.Val == policy()
		}
	}
	if !found {
		t.Error("the page does not carry the policy")
	}
}

// hostiles are strings that an attacker would send.
var hostiles = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `javascript:alert(1)`, `{{.Policy}}`, `{{template "case" .}}`,
	"a\u202egpj.exe", "\x1b]0;owned\x07", "a\x00b\x08c\u2028d\u2066", "\xff\xfe", "</style><script>alert(1)</script>", "</title><svg onload=alert(1)>", "-->", "]]>", "&lt;b&gt;", "`${alert(1)}`",
	"data:text/html,<script>alert(1)</script>", strings.Repeat("A", 5000),
}

// poison puts s into every string of v, keys of maps included.
func poison(v reflect.Value, s string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		poison(v.Elem(), s)
	case reflect.Struct:
		for i := range v.NumField() {
			poison(v.Field(i), s)
		}
	case reflect.Slice:
		if v.Len() == 0 {
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		}
		for i := range v.Len() {
			poison(v.Index(i), s)
		}
	case reflect.Map:
		elem := reflect.New(v.Type().Elem()).Elem()
		poison(elem, s)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf(s), elem)
	case reflect.Uint64, reflect.Uint8, reflect.Uint16, reflect.Uint32:
		v.SetUint(3)
	case reflect.Int, reflect.Int64:
		v.SetInt(3)
	}
}

// poisoned is a result in which every observed string is s; the words that are
// ours choose every part of the page.
func poisoned(s string) (*api.Result, Meta) {
	var r api.Result
	poison(reflect.ValueOf(&r), s)
	for i := range r.Endpoints {
		r.Endpoints[i].Status = []string{"shadow", "zombie"}[i%2]
	}
	for i := range r.Findings {
		r.Findings[i].Severity = severities()[i%5]
		if i%2 == 1 {
			r.Findings[i].Template = ""
		}
	}
	meta := Meta{}
	poison(reflect.ValueOf(&meta), s)
	return &r, meta
}

// shape is the tree of elements and attribute names of a page.
func shape(t testing.TB, src string) string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(src))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			b.WriteString("<" + n.Data)
			for _, a := range n.Attr {
				b.WriteString(" " + a.Key)
			}
			b.WriteString(">")
		} else if n.Type == html.CommentNode {
			b.WriteString("<!-->")
		}
	}
	return b.String()
}

// TestHostileTextIsInert: whatever the observed text is, the page has the
// elements and attributes that it has for a plain word, leads nowhere new, and
// hides nothing.
func TestHostileTextIsInert(t *testing.T) {
	want := shape(t, page2(t, "word"))
	for _, s := range hostiles {
		src := page2(t, s)
		if got := shape(t, src); got != want {
			t.Errorf("%.40q changes the page's elements", s)
		}
		if !utf8.ValidString(src) {
			t.Errorf("%.40q makes the page invalid UTF-8", s)
		}
		if i := strings.IndexFunc(src, func(r rune) bool {
			return r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co)
		}); i >= 0 {
			t.Errorf("%.40q leaves a hidden character on the page: %q", s, src[max(0, i-30):i+10])
		}
		doc, err := html.Parse(strings.NewReader(src))
		if err != nil {
			t.Fatal(err)
		}
		for n := range doc.Descendants() {
			for _, a := range n.Attr {
				if low := strings.ToLower(a.Val); a.Key == "href" && (strings.HasPrefix(low, "javascript:") || strings.HasPrefix(low, "data:")) {
					t.Errorf("%.40q makes a link to %q", s, a.Val)
				}
			}
		}
	}
}

func page2(t testing.TB, s string) string {
	t.Helper()
	r, meta := poisoned(s)
	return page(t, r, meta)
}

// TestListsAreBounded: a huge result gives a bounded page that says what it leaves out.
func TestListsAreBounded(t *testing.T) {
	var r api.Result
	s := api.Service{Name: "big.example", Endpoints: maxEndpoints + 7, Coverage: "ok"}
	for i := range maxEndpoints + 7 {
		r.Endpoints = append(r.Endpoints, api.Endpoint{Service: s.Name, Method: "GET", Template: fmt.Sprintf("/x%d", i), Status: "documented"})
	}
	for range maxFindings + 5 {
		r.Findings = append(r.Findings, schemas.Finding{Rule: "r", Severity: "low", Title: "t: x"})
	}
	for range maxOthers + 3 {
		r.Others = append(r.Others, api.Endpoint{Service: s.Name, Method: "GET", Template: "/p", Class: "probed"})
	}
	r.Services = []api.Service{s}
	seen := text(t, page(t, &r, Meta{}))
	for _, want := range []string{"7 more endpoints", "5 more findings", "3 more places", "5,007 endpoints"} {
		if !strings.Contains(seen, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestEmptyResult(t *testing.T) {
	seen := text(t, page(t, &api.Result{}, Meta{}))
	for _, want := range []string{"No HTTP service was seen", "No rule fired", "No TLS or QUIC connection was seen", "Every frame and connection was read"} {
		if !strings.Contains(seen, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// TestBar: segments are in order, side by side, and fill the bar, however uneven the parts.
func TestBar(t *testing.T) {
	for _, counts := range [][]uint64{{1}, {1, 1}, {1e15, 1}, {1, 1e15, 1, 1}, {0, 5, 0}, {3, 3, 3}, {1e18, 1e18, 7}} {
		var list []part
		for _, n := range counts {
			list = append(list, part{"x", n})
		}
		at := 0
		for _, s := range bar(list) {
			if s.From != at || s.Width() < 1 {
				t.Errorf("%v: segment %+v starts at %d", counts, s, at)
			}
			at = s.To
		}
		if at != 1000 {
			t.Errorf("%v: the bar ends at %d", counts, at)
		}
	}
	if bar(nil) != nil || bar([]part{{"x", 0}}) != nil {
		t.Error("nothing has a bar")
	}
}

func FuzzReport(f *testing.F) {
	for _, s := range hostiles {
		f.Add(s)
	}
	want := ""
	f.Fuzz(func(t *testing.T, s string) {
		if s == "" {
			return // what is absent has no elements
		}
		if want == "" {
			want = shape(t, page2(t, "word"))
		}
		if got := shape(t, page2(t, s)); got != want {
			t.Errorf("%q changes the page's elements", s)
		}
	})
}

func BenchmarkReport(b *testing.B) {
	r, meta := company(b)
	b.SetBytes(int64(len(page(b, r, meta))))
	b.ReportAllocs()
	for b.Loop() {
		if err := Report(io.Discard, r, meta); err != nil {
			b.Fatal(err)
		}
	}
}
