package catalog

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"wirecensus/schemas"
)

// earlierCalls are calls with segments that version 2 took for words, and that are random text since.
func earlierCalls() []*schemas.Call {
	r := rand.New(rand.NewPCG(1, 2))
	var calls []*schemas.Call
	at := 1000
	for i := range 12 {
		b := make([]byte, 13)
		for k := range b {
			b[k] = "qxzvkwjhtrpnbmlcdfgs"[r.IntN(20)]
		}
		for _, path := range []string{"/teams", "/teams/search", "/teams/%s", "/teams/%s/members", fmt.Sprintf("/users/%d/keys/%%s", i%7), fmt.Sprintf("/users/%d", i)} {
			if strings.Contains(path, "%") {
				path = fmt.Sprintf(path, b)
			}
			at++
			calls = append(calls, data(call(at, fmt.Sprintf("10.1.0.%d", i%5), "GET", path, 200), "f"+fmt.Sprint(strings.Count(path, "/")), "id"))
		}
	}
	return calls
}

// TestReclassed: a part of version 2 is read as if its calls had been counted by this program: exactly where
// it has all texts, and with all calls where some were given up. testdata/part-v2 and part-v2-tight are what
// that version wrote of earlierCalls for Config{Seed: 3} and tight with that seed.
func TestReclassed(t *testing.T) {
	for _, f := range []struct {
		file  string
		cfg   Config
		exact bool
	}{{"part-v2", Config{Seed: 3}, true}, {"part-v2-tight", func() Config { c := tight(); c.Seed = 3; return c }(), false}} {
		early, err := os.ReadFile("testdata/" + f.file)
		if err != nil {
			t.Fatal(err)
		}
		if early[0] != 2 {
			t.Fatalf("%s: version %d", f.file, early[0])
		}
		want, got := New(f.cfg), New(f.cfg)
		for _, k := range earlierCalls() {
			want.Apply(k)
		}
		if err := got.Import("service/api.example", early); err != nil {
			t.Fatalf("%s: %v", f.file, err)
		}
		a, b := parts(t, want), parts(t, got)
		if d := compareParts(a, b); f.exact && d != "" {
			t.Errorf("%s: %s", f.file, d)
		}
		if w, g := list(only(t, want).Endpoints), list(only(t, got).Endpoints); w != g {
			t.Errorf("%s:\n%s\nwant\n%s", f.file, g, w)
		}
		if s := only(t, got); s.Calls != uint64(len(earlierCalls())) {
			t.Errorf("%s: %d calls", f.file, s.Calls)
		}
		again := New(f.cfg)
		imported(t, again, b)
		if d := compareParts(b, parts(t, again)); d != "" {
			t.Errorf("%s: written again: %s", f.file, d)
		}
		// What is there goes on as any other catalog does, and two readings of one part add up.
		for _, k := range earlierCalls() {
			got.Apply(k)
		}
		if err := again.Import("service/api.example", early); err != nil {
			t.Fatal(err)
		}
		if d := compareParts(parts(t, got), parts(t, again)); f.exact && d != "" {
			t.Errorf("%s: calls after it: %s", f.file, d)
		}
		now := bytes.Clone(early)
		now[0] = partVersion
		if err := New(f.cfg).Import("service/api.example", now); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v: segments of other classes were read as of this version", f.file, err)
		}
	}
}
