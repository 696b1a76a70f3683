package inventory

import (
	"path/filepath"
	"sync"
	"testing"

	"wirecensus/inventory/catalog"
	"wirecensus/inventory/store"
)

// TestSeed: the processes of a store have one seed, even when they make it at the same time, stores differ, and one whose parts
// were made without a seed stays without.
func TestSeed(t *testing.T) {
	var seeds [2]uint64
	for i := range seeds {
		address := "sqlite:" + filepath.Join(t.TempDir(), "a.db")
		st, err := openStore(t.Context(), address)
		must(t, err)
		var got [4]uint64
		var all sync.WaitGroup
		for j := range got {
			all.Go(func() {
				var err error
				if got[j], err = seed(t.Context(), st); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		must(t, st.Close())
		if seeds[i] = got[0]; got != [4]uint64{got[0], got[0], got[0], got[0]} || got[0] == 0 {
			t.Fatalf("seeds %x", got)
		}
		s, err := Open(t.Context(), Config{Store: address})
		must(t, err)
		if s.cfg.Catalog.Seed != got[0] {
			t.Errorf("the service has seed %x, the store %x", s.cfg.Catalog.Seed, got[0])
		}
		feed(t, s, "sensor", calls(1, 300))
		must(t, s.Close())
		if s, err = Open(t.Context(), Config{Store: address}); err != nil {
			t.Fatal(err)
		}
		if n := len(state(t, s).Endpoints); n == 0 {
			t.Error("nothing was read back")
		}
		must(t, s.Close())
	}
	if seeds[0] == seeds[1] {
		t.Error("two stores have the same seed")
	}
	st, err := openStore(t.Context(), "memory:")
	must(t, err)
	defer func() { _ = st.Close() }()
	c := catalog.New(catalog.Config{})
	list := calls(1, 20)
	for i := range list {
		c.Apply(&list[i])
	}
	must(t, c.Export(func(key string, part []byte) error {
		return st.Commit(t.Context(), &store.Batch{Deltas: []store.Delta{{Key: key, Blob: part}}})
	}))
	for range 2 {
		if got, err := seed(t.Context(), st); err != nil || got != 0 {
			t.Fatalf("seed %x of a store with parts, %v", got, err)
		}
	}
	must(t, st.Commit(t.Context(), &store.Batch{Changes: []store.Change{{Object: store.Object{Kind: kindSeed, Name: seedName, Blob: []byte("seed")}}}}))
	if _, err := seed(t.Context(), st); err == nil {
		t.Error("a seed of 4 bytes was taken")
	}
}
