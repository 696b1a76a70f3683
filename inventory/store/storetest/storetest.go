package storetest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wirecensus/inventory/store"
)

// Open opens the same store again, as another process would.
type Open func(t *testing.T) store.Store

// Run runs the suite; fresh makes an empty database and returns how to open it.
func Run(t *testing.T, fresh func(t *testing.T) Open) {
	tests := []struct {
		name string
		test func(t *testing.T, open Open)
	}{
		{"empty", empty}, {"whole or not at all", whole}, {"fence", fence}, {"positions", positions},
		{"hostile names", hostile}, {"objects", objects}, {"conditions", conditions}, {"again", again},
		{"compact", compact}, {"straddle", straddle}, {"two compactors", compactors},
		{"racing owners", racing}, {"tailers", tailers}, {"canceled", canceled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, fresh(t)) })
	}
}

// number is a summary that merges by addition.
func number(n uint64) []byte { return binary.AppendUvarint(nil, n) }

func value(b []byte) uint64 {
	n, _ := binary.Uvarint(b)
	return n
}

// add is the merge of numbers.
func add(blobs [][]byte) ([]byte, error) {
	sum := uint64(0)
	for _, b := range blobs {
		sum += value(b)
	}
	return number(sum), nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("error %v, want %v", err, target)
	}
}

func move(from, to int64) *store.Move {
	return &store.Move{Topic: "calls", Partition: 1, From: from, To: to, Book: fmt.Append(nil, to)}
}

// sums merges the parts beyond a position by key.
func sums(t *testing.T, st store.Store, after int64) map[string]uint64 {
	t.Helper()
	out := map[string]uint64{}
	must(t, st.Parts(t.Context(), after, func(p store.Part) error {
		out[p.Key] += value(p.Blob)
		return nil
	}))
	return out
}

func same(t *testing.T, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("-want +got\n%s", d)
	}
}

func head(t *testing.T, st store.Store) int64 {
	t.Helper()
	h, err := st.Heads(t.Context())
	must(t, err)
	return h.Log
}

func empty(t *testing.T, open Open) {
	st := open(t)
	c, err := st.Cursor(t.Context(), "calls", 7)
	must(t, err)
	same(t, store.Cursor{Topic: "calls", Partition: 7, Next: store.None}, c)
	same(t, map[string]uint64{}, sums(t, st, 0))
	same(t, int64(0), head(t, st))
	_, err = st.Object(t.Context(), "spec", "a")
	want(t, err, store.ErrNotFound)
	must(t, st.Compact(t.Context(), "a", 9, add))
	keys, err := st.Backlog(t.Context(), 9, 2)
	must(t, err)
	same(t, 0, len(keys))
}

// whole: a batch that fails in its last step leaves nothing behind.
func whole(t *testing.T, open Open) {
	st, ctx := open(t), t.Context()
	must(t, st.Commit(ctx, &store.Batch{Move: move(store.None, 10), Deltas: []store.Delta{{Key: "a", Blob: number(1)}}}))
	before := head(t, st)
	want(t, st.Commit(ctx, &store.Batch{
		Move:   move(10, 20),
		Deltas: []store.Delta{{Key: "a", Blob: number(2)}},
		Changes: []store.Change{
			{Object: store.Object{Kind: "spec", Name: "x", Blob: []byte("1")}},
			{Object: store.Object{Kind: "spec", Name: "y"}, Delete: true},
		},
	}), store.ErrNotFound)
	c, err := st.Cursor(ctx, "calls", 1)
	must(t, err)
	same(t, store.Cursor{Topic: "calls", Partition: 1, Next: 10, Book: []byte("10")}, c)
	same(t, map[string]uint64{"a": 1}, sums(t, st, 0))
	same(t, before, head(t, st))
	list, err := st.Objects(ctx, "spec")
	must(t, err)
	same(t, 0, len(list))
}

func fence(t *testing.T, open Open) {
	a, b, ctx := open(t), open(t), t.Context()
	must(t, a.Commit(ctx, &store.Batch{Move: move(store.None, 10)}))
	want(t, b.Commit(ctx, &store.Batch{Move: move(store.None, 12), Deltas: []store.Delta{{Key: "a", Blob: number(5)}}}), store.ErrFenced)
	must(t, b.Commit(ctx, &store.Batch{Move: move(10, 30)}))
	want(t, a.Commit(ctx, &store.Batch{Move: move(10, 20), Deltas: []store.Delta{{Key: "a", Blob: number(5)}}}), store.ErrFenced)
	// Whoever commits the very same batch again is fenced as well.
	want(t, b.Commit(ctx, &store.Batch{Move: move(10, 30)}), store.ErrFenced)
	same(t, map[string]uint64{}, sums(t, a, 0))
	for _, bad := range []*store.Move{move(30, 30), move(30, -1)} {
		if err := a.Commit(ctx, &store.Batch{Move: bad}); err == nil || errors.Is(err, store.ErrFenced) {
			t.Fatalf("move %+v: %v", bad, err)
		}
	}
	all, err := a.Cursors(ctx)
	must(t, err)
	same(t, []store.Cursor{{Topic: "calls", Partition: 1, Next: 30, Book: []byte("30")}}, all)
}

func positions(t *testing.T, open Open) {
	st, ctx := open(t), t.Context()
	var batch store.Batch
	for i := range 200 {
		batch.Deltas = append(batch.Deltas, store.Delta{Key: fmt.Sprint("k", i%3), Blob: number(uint64(i))})
	}
	must(t, st.Commit(ctx, &batch))
	must(t, st.Commit(ctx, &store.Batch{Deltas: []store.Delta{{Key: "k0", Blob: nil}}}))
	last, n := int64(0), 0
	must(t, st.Parts(ctx, 0, func(p store.Part) error {
		if p.Seq <= last || p.Since != p.Seq {
			t.Errorf("part %d..%d after %d", p.Since, p.Seq, last)
		}
		if n < 200 && (p.Key != fmt.Sprint("k", n%3) || value(p.Blob) != uint64(n)) {
			t.Errorf("part %d is %s %d", n, p.Key, value(p.Blob))
		}
		last = p.Seq
		n++
		return nil
	}))
	if n != 201 || last != head(t, st) {
		t.Fatalf("%d parts up to %d, head %d", n, last, head(t, st))
	}
	stop := errors.New("stop")
	want(t, st.Parts(ctx, 0, func(store.Part) error { return stop }), stop)
}

// hostile: services and documents are named by strangers.
func hostile(t *testing.T, open Open) {
	st, ctx := open(t), t.Context()
	names := []string{"", "a\x00b", "\xff\xfe", "'; DROP TABLE part; --", "$1", "?1", "ſ\u202e", string(slices.Repeat([]byte("x"), 5000))}
	for i, n := range names {
		must(t, st.Commit(ctx, &store.Batch{
			Deltas:  []store.Delta{{Key: n, Blob: number(uint64(i) + 1)}, {Key: n, Blob: number(100)}},
			Changes: []store.Change{{Object: store.Object{Kind: "spec", Name: n, Blob: []byte(n)}}},
		}))
	}
	got := sums(t, st, 0)
	for i, n := range names {
		same(t, uint64(i)+101, got[n])
		must(t, st.Compact(ctx, n, head(t, st), add))
		o, err := st.Object(ctx, "spec", n)
		must(t, err)
		if string(o.Blob) != n || o.Name != n || o.ETag != store.ETag(o.Blob) {
			t.Fatalf("object %q is %q", n, o.Name)
		}
	}
	same(t, got, sums(t, st, 0))
	list, err := st.Objects(ctx, "spec")
	must(t, err)
	if len(list) != len(names) || !slices.IsSortedFunc(list, func(a, b store.Object) int { return cmp3(a.Name, b.Name) }) {
		t.Fatalf("%d objects, or out of order", len(list))
	}
}

func cmp3(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func put(kind, name, text string) store.Change {
	return store.Change{Object: store.Object{Kind: kind, Name: name, Blob: []byte(text)}}
}

func objects(t *testing.T, open Open) {
	st, ctx := open(t), t.Context()
	must(t, st.Commit(ctx, &store.Batch{Changes: []store.Change{put("spec", "b", "1"), put("spec", "a", "2"), put("override", "a", "3")}}))
	h1, err := st.Heads(ctx)
	must(t, err)
	must(t, st.Commit(ctx, &store.Batch{Changes: []store.Change{put("spec", "a", "4")}}))
	h2, err := st.Heads(ctx)
	must(t, err)
	if h2.Kinds["spec"] <= h1.Kinds["spec"] || h2.Kinds["override"] != h1.Kinds["override"] || h2.Log <= h1.Log {
		t.Fatalf("heads %+v, then %+v", h1, h2)
	}
	list, err := st.Objects(ctx, "spec")
	must(t, err)
	same(t, []store.Object{{Kind: "spec", Name: "a", ETag: store.ETag([]byte("4")), Blob: []byte("4")}, {Kind: "spec", Name: "b", ETag: store.ETag([]byte("1")), Blob: []byte("1")}}, list)
	names, err := st.Names(ctx, "spec")
	must(t, err)
	same(t, []string{"a", "b"}, names)
	must(t, st.Commit(ctx, &store.Batch{Changes: []store.Change{{Object: store.Object{Kind: "spec", Name: "a"}, Delete: true}}}))
	h3, err := st.Heads(ctx)
	must(t, err)
	if h3.Kinds["spec"] <= h2.Kinds["spec"] {
		t.Fatal("a deletion moves no head")
	}
}

func conditions(t *testing.T, open Open) {
	st, ctx := open(t), t.Context()
	commit := func(c store.Change) error { return st.Commit(ctx, &store.Batch{Changes: []store.Change{c}}) }
	is := func(c store.Change, etag string) store.Change { c.Is = etag; return c }
	absent := func(c store.Change) store.Change { c.Absent = true; return c }
	del := func(c store.Change) store.Change { c.Delete = true; return c }
	one, two := store.ETag([]byte("1")), store.ETag([]byte("2"))
	want(t, commit(is(put("spec", "a", "2"), one)), store.ErrChanged)
	must(t, commit(absent(put("spec", "a", "1"))))
	want(t, commit(absent(put("spec", "a", "2"))), store.ErrChanged)
	want(t, commit(is(put("spec", "a", "2"), two)), store.ErrChanged)
	must(t, commit(is(put("spec", "a", "2"), one)))
	want(t, commit(del(is(put("spec", "a", ""), one))), store.ErrChanged)
	must(t, commit(del(is(put("spec", "a", ""), two))))
	want(t, commit(del(is(put("spec", "a", ""), two))), store.ErrNotFound)
	want(t, commit(del(put("spec", "a", ""))), store.ErrNotFound)
}

// again: what was committed is there after the store was closed and opened.
func again(t *testing.T, open Open) {
	st, ctx := open(t), t.Context()
	must(t, st.Commit(ctx, &store.Batch{Move: move(store.None, 3), Deltas: []store.Delta{{Key: "a", Blob: number(9)}}, Changes: []store.Change{put("spec", "a", "1")}}))
	must(t, st.Close())
	st = open(t)
	c, err := st.Cursor(ctx, "calls", 1)
	must(t, err)
	same(t, int64(3), c.Next)
	same(t, map[string]uint64{"a": 9}, sums(t, st, 0))
	o, err := st.Object(ctx, "spec", "a")
	must(t, err)
	same(t, "1", string(o.Blob))
}

func canceled(t *testing.T, open Open) {
	st := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := st.Commit(ctx, &store.Batch{Deltas: []store.Delta{{Key: "a", Blob: number(1)}}}); !errors.Is(err, context.Canceled) {
		t.Fatalf("commit: %v", err)
	}
	same(t, map[string]uint64{}, sums(t, st, 0))
}
