package inventory

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"

	"wirecensus/inventory/store"
)

// kindSeed is the kind of the object that holds the seed of the catalog's hashes, 8 bytes.
const (
	kindSeed = "seed"
	seedName = "catalog"
)

// seed returns the seed of the hashes by which the catalogs of a store choose what they keep: nobody
// outside can know it, and all processes of the store have the same, so their parts merge. It is made once, for
// a store without parts; where there are parts without it, they were made with 0.
func seed(ctx context.Context, st store.Store) (uint64, error) {
	have, err := st.Object(ctx, kindSeed, seedName)
	if errors.Is(err, store.ErrNotFound) {
		have, err = makeSeed(ctx, st)
	}
	switch {
	case err != nil:
		return 0, fmt.Errorf("seed of the store: %w", err)
	case len(have.Blob) != 8:
		return 0, fmt.Errorf("seed of the store: %d bytes, want 8", len(have.Blob))
	}
	return binary.BigEndian.Uint64(have.Blob), nil
}

// makeSeed puts a new seed in the store and returns it, or the one that somebody else put in first.
func makeSeed(ctx context.Context, st store.Store) (store.Object, error) {
	o := store.Object{Kind: kindSeed, Name: seedName, Blob: make([]byte, 8)}
	stop := errors.New("there are parts")
	switch err := st.Parts(ctx, 0, func(store.Part) error { return stop }); {
	case err == nil:
		_, _ = rand.Read(o.Blob) // never fails
	case !errors.Is(err, stop):
		return o, err
	}
	err := st.Commit(ctx, &store.Batch{Changes: []store.Change{{Object: o, Absent: true}}})
	if errors.Is(err, store.ErrChanged) {
		return st.Object(ctx, kindSeed, seedName)
	}
	return o, err
}
