package catalog

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"wirecensus/schemas"
)

// parts are the parts of a catalog by key.
func parts(t testing.TB, c *Catalog) map[string][]byte {
	m := map[string][]byte{}
	last := ""
	if err := c.Export(func(key string, part []byte) error {
		if key <= last && last != "" {
			t.Errorf("%q after %q", key, last)
		}
		m[key], last = bytes.Clone(part), key
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return m
}

func imported(t testing.TB, c *Catalog, ps map[string][]byte) {
	for key, part := range ps {
		if err := c.Import(key, part); err != nil {
			t.Fatalf("%s: %v", key, err)
		}
	}
}

// compareParts says where two exports differ.
func compareParts(a, b map[string][]byte) string {
	for _, k := range slices.Sorted(maps.Keys(a)) {
		if !bytes.Equal(a[k], b[k]) {
			return fmt.Sprintf("%s: %d and %d bytes", k, len(a[k]), len(b[k]))
		}
	}
	for k := range b {
		if a[k] == nil {
			return "more: " + k
		}
	}
	return ""
}

// split deals calls out over catalogs, exports each, and puts the parts together
// in a random order and grouping.
func split(t testing.TB, r *rand.Rand, calls []*schemas.Call, cfg Config) *Catalog {
	var have []map[string][]byte
	n := 1 + r.IntN(8)
	batches := make([]*Catalog, n)
	for i := range batches {
		batches[i] = New(cfg)
	}
	for _, c := range calls {
		batches[r.IntN(n)].Apply(c)
	}
	for _, b := range batches {
		have = append(have, parts(t, b))
	}
	for len(have) > 1 {
		k := min(2+r.IntN(3), len(have))
		r.Shuffle(len(have), func(i, j int) { have[i], have[j] = have[j], have[i] })
		c := New(cfg)
		for _, p := range have[:k] {
			imported(t, c, p)
		}
		have = append(have[k:], parts(t, c))
	}
	c := New(cfg)
	imported(t, c, have[0])
	return c
}

func TestExportIsExact(t *testing.T) {
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 77))
		calls := traffic(r, 200+r.IntN(1500))
		cfg := tight()
		cfg.Seed = seed
		switch seed % 3 {
		case 0:
			cfg = Config{}
		case 1:
			cfg.MaxServices = 100
		}
		whole := New(cfg)
		for _, i := range r.Perm(len(calls)) {
			whole.Apply(calls[i])
		}
		got := split(t, r, calls, cfg)
		want := parts(t, whole)
		if d := compareParts(want, parts(t, got)); d != "" {
			t.Fatalf("seed %d: %s", seed, d)
		}
		if d := differ(dump(whole.Services(Options{})), dump(got.Services(Options{}))); d != "" {
			t.Fatalf("seed %d: %.3000s", seed, d)
		}
		if d := compareParts(want, parts(t, whole)); d != "" {
			t.Fatalf("seed %d: a decision changed the catalog: %s", seed, d)
		}
		more := traffic(r, 300)
		for _, c := range more {
			whole.Apply(c)
			got.Apply(c)
		}
		if d := compareParts(parts(t, whole), parts(t, got)); d != "" {
			t.Fatalf("seed %d: after more calls: %s", seed, d)
		}
	}
}

func TestImportRefuses(t *testing.T) {
	c := New(Config{Seed: 3})
	for _, call := range exampleCalls() {
		c.Apply(call)
	}
	c.AddWords([]schemas.Word{{Digest: 1 << 60, Text: "open"}})
	ps := parts(t, c)
	if got := slices.Sorted(maps.Keys(ps)); !slices.Equal(got, []string{"service/api.example", "words/1"}) {
		t.Fatalf("keys %q", got)
	}
	service := ps["service/api.example"]
	newer := bytes.Clone(service)
	newer[0]++
	for _, f := range []struct {
		key  string
		part []byte
		want error
	}{
		{"service/api.example", newer, ErrNewer}, {"service/other.example", service, ErrCorrupt}, {"rest", service, ErrCorrupt}, {"other", service, ErrCorrupt},
		{"service/api.example", nil, ErrCorrupt}, {"service/api.example", []byte{partVersion, 7, 0}, ErrCorrupt}, {"words/2", ps["words/1"], ErrCorrupt}, {"words/", ps["words/1"], ErrCorrupt},
		{"service/api.example", service[:len(service)-1], ErrCorrupt}, {"service/api.example", append(bytes.Clone(service), 0), ErrCorrupt},
	} {
		d := New(Config{Seed: 3})
		if err := d.Import(f.key, f.part); !errors.Is(err, f.want) {
			t.Errorf("%s: %v, want %v", f.key, err, f.want)
		}
		if n := len(parts(t, d)); n != 0 {
			t.Errorf("%s: %d parts after a failure", f.key, n)
		}
	}
	if err := New(Config{Seed: 4}).Import("service/api.example", service); !errors.Is(err, ErrSeed) {
		t.Errorf("another seed: %v", err)
	}
	stop := errors.New("stop")
	if err := c.Export(func(string, []byte) error { return stop }); err != stop {
		t.Errorf("export went on after %v", err)
	}
}

func FuzzImport(f *testing.F) {
	r := rand.New(rand.NewPCG(2, 2))
	c := New(Config{})
	for _, call := range traffic(r, 60) {
		c.Apply(call)
	}
	c.AddWords([]schemas.Word{{Digest: 1, Text: "open"}})
	for key, part := range parts(f, c) {
		if content, err := c.packer.open(part); err == nil {
			f.Add(key, append([]byte{partVersion, packedNot}, content...))
		}
		f.Add(key, part)
	}
	f.Fuzz(func(t *testing.T, key string, part []byte) {
		one := New(tight())
		if one.Import(key, part) != nil {
			return
		}
		first := parts(t, one)
		two := New(tight())
		imported(t, two, first)
		if d := compareParts(first, parts(t, two)); d != "" {
			t.Fatalf("exported again: %s", d)
		}
		one.Services(Options{})
	})
}
