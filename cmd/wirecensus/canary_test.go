package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strings"
	"testing"

	"wirecensus/cmd/wiregen/synth"
)

// window is the length of the shortest piece of a value that counts as a leak
// of values that are random throughout.
const window = 12

// stride is between the pieces that are hunted for: what has window+stride-1
// letters of a value holds one of them.
const stride = 4

// hunt finds values in output, in whatever way they are written.
type hunt struct {
	// byStart has the forms by their first eight bytes, in lower case.
	byStart map[[8]byte][]quarry
	short   []quarry // of less than eight bytes
}

type quarry struct{ form, of string }

// forms are the ways in which a value could be written.
func forms(v string) []string {
	b := []byte(v)
	quoted, _ := json.Marshal(v)
	out := []string{v, url.QueryEscape(v), url.PathEscape(v), html.EscapeString(v), strings.ReplaceAll(v, "+", "&#43;"), string(quoted[1 : len(quoted)-1]), hex.EncodeToString(b), strings.TrimPrefix(v, "+")}
	if u, err := url.QueryUnescape(v); err == nil {
		out = append(out, u, strings.TrimSpace(u))
	}
	if u, err := url.PathUnescape(v); err == nil {
		out = append(out, u)
	}
	for shift := range 3 {
		for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
			s := strings.TrimRight(enc.EncodeToString(append(make([]byte, shift), b...)), "=")
			if len(s) > 16 { // its ends also depend on the neighbours
				out = append(out, s[4:len(s)-4])
			}
		}
	}
	return out
}

// add hunts for a value; whole is false when a piece of it is a leak as well.
func (h *hunt) add(v string, whole bool) {
	for _, f := range forms(v) {
		f = strings.ToLower(f)
		if whole || len(f) < window {
			h.put(quarry{f, v})
			continue
		}
		for i := 0; i+window <= len(f); i += stride {
			h.put(quarry{f[i : i+window], v})
		}
	}
}

func (h *hunt) put(q quarry) {
	if len(q.form) < 8 {
		h.short = append(h.short, q)
		return
	}
	if h.byStart == nil {
		h.byStart = map[[8]byte][]quarry{}
	}
	k := [8]byte([]byte(q.form[:8]))
	if slices.Contains(h.byStart[k], q) {
		return
	}
	h.byStart[k] = append(h.byStart[k], q)
}

// in looks through one output and calls found with every value that is in it
// and where; each value at most once.
func (h *hunt) in(out []byte, found func(v string, at int)) {
	out = bytes.ToLower(out)
	told := map[string]bool{}
	tell := func(q quarry, at int) {
		if !told[q.of] {
			told[q.of] = true
			found(q.of, at)
		}
	}
	for i := 0; i+8 <= len(out); i++ {
		for _, q := range h.byStart[[8]byte(out[i:i+8])] {
			if len(out)-i >= len(q.form) && string(out[i:i+len(q.form)]) == q.form {
				tell(q, i)
			}
		}
	}
	for _, q := range h.short {
		if i := bytes.Index(out, []byte(q.form)); i >= 0 {
			tell(q, i)
		}
	}
}

// search fails for every value that is in any output of a run. allowed says why
// a value may be where it is, "" if it may not.
func (h *hunt) search(t *testing.T, r result, allowed func(v, file string, around string) string) {
	t.Helper()
	n := 0
	look := func(name string, out []byte) {
		h.in(out, func(v string, at int) {
			where := string(around(out, at))
			if allowed != nil && allowed(v, name, where) != "" {
				return
			}
			if n++; n <= 10 {
				t.Errorf("%q is in %s at %d: …%s…", v, name, at, where)
			}
		})
	}
	for _, name := range r.names() {
		look(name, r.files[name])
		look("a file's name", []byte(name))
	}
	look("standard output", []byte(r.stdout))
	look("standard error", []byte(r.stderr))
	if n > 10 {
		t.Errorf("and %d more", n-10)
	}
}

// TestHuntFinds: the search of the canary tests finds a value in every form.
func TestHuntFinds(t *testing.T) {
	var h hunt
	h.add("ana.lopez+x@mail.example", true)
	h.add("Zk93jdkLLq02mmXaPq", false)
	h.add("4711", true)
	for _, out := range []string{"<ANA.lopez+x@mail.example>", "ana.lopez%2Bx%40mail.example", "ana.lopez&#43;x@mail.example",
		base64.StdEncoding.EncodeToString([]byte(`"mail":"ana.lopez+x@mail.example",`)), hex.EncodeToString([]byte("..ana.lopez+x@mail.example")),
		"3jdkLLq02mmXaPq", base64.RawURLEncoding.EncodeToString([]byte("user:Zk93jdkLLq02mmXaPq")), "a 4711 b"} {
		n := 0
		h.in([]byte("some text "+out+" and more"), func(string, int) { n++ })
		if n == 0 {
			t.Errorf("not found in %q", out)
		}
	}
}

// TestCanaries replays the company's traffic and looks for every sensitive value
// that was in it, in every byte that comes out.
func TestCanaries(t *testing.T) {
	if testing.Short() {
		t.Skip("replays much traffic")
	}
	tests := []struct {
		name string
		opts synth.Options
		args []string
	}{
		{"moderate", synth.Options{Seed: 1, Days: 7, Trouble: synth.Moderate()}, nil},
		{"hard", synth.Options{Seed: 2, Days: 7, Trouble: synth.Hard()}, []string{"--json", "--shards", "3"}},
		{"hard, openapi 3.0", synth.Options{Seed: 3, Days: 4, Trouble: synth.Hard()}, []string{"--openapi", "3.0"}},
		{"cut frames", synth.Options{Seed: 4, Days: 4, SnapLen: 400}, nil},
		{"frames cut in the head", synth.Options{Seed: 5, Days: 4, SnapLen: 200, Trouble: synth.Moderate()}, []string{"--json"}},
	}
	specs := writeSpecs(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := synth.Company(tt.opts)
			path := writeCapture(t, c, "a.pcap")
			r := runReplay(t, nil, append(tt.args, "--calls", "--spec", specs, path)...)
			if r.status != 0 || len(c.Truth.Canaries) < 500 {
				t.Fatalf("status %d, %d canaries\n%s", r.status, len(c.Truth.Canaries), r.stderr)
			}
			var h hunt
			for _, k := range c.Truth.Canaries {
				h.add(k.Value, k.Class != "jwt" && k.Class != "secret" && k.Class != "cookie" && k.Class != "value")
			}
			h.search(t, r, nil)
		})
	}
}
