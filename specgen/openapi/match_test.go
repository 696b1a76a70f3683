package openapi

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	d := load(t, "testdata/dir/api.yaml")
	tests := []struct{ method, path, want string }{
		{"GET", "/v1/things/7", "/v1/things/{id}"},
		{"GET", "/v1/things/7?x=1", "/v1/things/{id}"},
		{"GET", "/v1/things/7.json", "/v1/things/{id}.json"},
		{"GET", "/v1/things/.json", "/v1/things/{id}"},
		{"POST", "/v1/things/A1:append", "/v1/things/{range}:append"},
		{"GET", "/v1/things/main...dev", "/v1/things/{a}...{b}"},
		{"GET", "/v1/things/mine", "/v1/things/mine"},
		{"GET", "/v1/things/mi%6Ee", "/v1/things/mine"},
		{"POST", "/v1/things/mine/", "/v1/things/mine/"},
		{"GET", "/v1/things/mine/", ""},
		{"POST", "/v1/things/mine", ""},
		{"GET", "/v1/Things/7", ""},
		{"GET", "/v1/things/", ""},
		{"GET", "/v3/things/7", ""},
		{"GET", "/things/7", ""},
		{"PUT", "/legacy/things/7", "/legacy/things/{id}"},
	}
	for _, tt := range tests {
		got := ""
		if op := d.Match(tt.method, tt.path); op != nil {
			got = op.Template
		}
		if got != tt.want {
			t.Errorf("%s %s: %q, want %q", tt.method, tt.path, got, tt.want)
		}
	}
}

// TestMatchFallsBack: where the literal lacks the method, the parameter has it.
func TestMatchFallsBack(t *testing.T) {
	d, err := Parse([]byte("openapi: 3.0.0\npaths: {/a/b: {post: {}}, '/a/{x}': {get: {}}, '/a/{x}/c': {get: {}}, /a/b/d: {get: {}}}"), "d")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"/a/b": "/a/{x}", "/a/b/c": "/a/{x}/c", "/a/b/d": "/a/b/d"} {
		if op := d.Match("GET", path); op == nil || op.Template != want {
			t.Errorf("GET %s: %v, want %s", path, op, want)
		}
	}
}

// TestMatchNaive checks the trie against trying every template.
func TestMatchNaive(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	segs := []string{"a", "b", "{x}", "{y}.json", "pre-{z}", "{p}-{q}", ""}
	values := []string{"a", "b", "c", "1.json", "pre-", "pre-1", "x-y", "-", "", ".json"}
	for range 300 {
		var paths []string
		for range r.IntN(12) + 1 {
			paths = append(paths, random(r, segs))
		}
		text := "openapi: 3.0.0\npaths:\n"
		seen := map[string]bool{}
		for _, p := range paths {
			if !seen[p] {
				seen[p] = true
				text += fmt.Sprintf("  '%s': {get: {}}\n", p)
			}
		}
		d, err := Parse([]byte(text), "d")
		if err != nil {
			t.Fatal(err, text)
		}
		for range 20 {
			path := random(r, values)
			naive := false
			for _, o := range d.Operations {
				naive = naive || covers(o.Template, path)
			}
			if got := d.Match("GET", path) != nil; got != naive {
				t.Fatalf("%s: %v, want %v in\n%s", path, got, naive, text)
			}
		}
	}
}

func random(r *rand.Rand, from []string) string {
	var b strings.Builder
	for range r.IntN(3) + 1 {
		b.WriteString("/" + from[r.IntN(len(from))])
	}
	return b.String()
}

// covers is the plain rule: as many segments, each literal part in order with
// something between.
func covers(template, path string) bool {
	ts, ps := strings.Split(template, "/"), strings.Split(path, "/")
	if len(ts) != len(ps) {
		return false
	}
	for i := range ts {
		parts := splitSegment(ts[i])
		if len(parts) == 1 && ts[i] != ps[i] || len(parts) > 1 && !between(parts, ps[i]) {
			return false
		}
	}
	return true
}

func between(parts []string, text string) bool {
	if len(parts) == 1 {
		return text == parts[0]
	}
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	text = text[len(parts[0]):]
	for cut := 1; cut <= len(text); cut++ {
		if between(append([]string{""}, parts[1:]...)[1:], text[cut:]) {
			return true
		}
	}
	return false
}

func TestVersions(t *testing.T) {
	order := []string{"0.9", "1.0.0-alpha", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc1", "1.0.0", "v1.0.1", "1.2", "1.10", "2", "2.0.1", "2024-01-31", "2024-02-01"}
	for i, a := range order {
		for j, b := range order {
			if got := sign(CompareVersions(a, b)); got != sign(i-j) {
				t.Errorf("%s and %s: %d", a, b, got)
			}
		}
	}
	if CompareVersions("1.0", "1.0.0") != 0 || CompareVersions("1.0.0+build7", "1.0.0") != 0 {
		t.Error("equal versions differ")
	}
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

func TestHistories(t *testing.T) {
	parse := func(name, version, paths string) *Document {
		d, err := Parse([]byte("openapi: 3.0.0\ninfo: {title: T, version: '"+version+"'}\npaths: {"+paths+"}"), name)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	old := parse("old", "1.9", "/a: {get: {}}, '/b/{x}': {get: {}, post: {}}, /c: {get: {}}")
	now := parse("now", "1.10", "/a: {get: {}}, '/b/{y}': {get: {}}, /d: {get: {}}")
	other := parse("other", "2.0", "/v2/a: {get: {}}")
	for _, docs := range [][]*Document{{old, now, other}, {other, now, old}, {now, other, old}} {
		hs := Histories(docs)
		if len(hs) != 2 || hs[0].Current != now || len(hs[0].Older) != 1 || len(hs[1].Older) != 0 {
			t.Fatalf("%+v", hs)
		}
		var removed []string
		for _, o := range hs[0].Removed {
			removed = append(removed, o.Method+" "+o.Template)
		}
		if got := strings.Join(removed, ", "); got != "POST /b/{x}, GET /c" {
			t.Errorf("removed: %s", got)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	d := load(b, "testdata/dir/api.yaml")
	b.ReportAllocs()
	for b.Loop() {
		if d.Match("GET", "/v1/things/7.json") == nil {
			b.Fatal("not found")
		}
	}
}
