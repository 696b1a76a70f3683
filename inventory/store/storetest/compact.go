package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"wirecensus/inventory/store"
)

func deltas(t *testing.T, st store.Store, key string, n int) {
	t.Helper()
	for range n {
		must(t, st.Commit(t.Context(), &store.Batch{Deltas: []store.Delta{{Key: key, Blob: number(1)}}}))
	}
}

func parts(t *testing.T, st store.Store) (list []store.Part) {
	t.Helper()
	must(t, st.Parts(t.Context(), 0, func(p store.Part) error {
		p.Blob = append([]byte(nil), p.Blob...)
		list = append(list, p)
		return nil
	}))
	return list
}

func compact(t *testing.T, open Open) {
	st, ctx := open(t), t.Context()
	deltas(t, st, "a", 5)
	deltas(t, st, "b", 2)
	deltas(t, st, "a", 4)
	keys, err := st.Backlog(ctx, head(t, st), 3)
	must(t, err)
	same(t, []string{"a"}, keys)
	must(t, st.Compact(ctx, "a", 8, add)) // positions 1 to 5 and 8
	same(t, []store.Part{
		{Since: 6, Seq: 6, Key: "b", Blob: number(1)}, {Since: 7, Seq: 7, Key: "b", Blob: number(1)},
		{Since: 1, Seq: 8, Key: "a", Blob: number(6)},
		{Since: 9, Seq: 9, Key: "a", Blob: number(1)}, {Since: 10, Seq: 10, Key: "a", Blob: number(1)}, {Since: 11, Seq: 11, Key: "a", Blob: number(1)},
	}, parts(t, st))
	must(t, st.Compact(ctx, "a", 11, add))
	same(t, map[string]uint64{"a": 9, "b": 2}, sums(t, st, 0))
	bad := errors.New("bad")
	want(t, st.Compact(ctx, "b", 11, func([][]byte) ([]byte, error) { return nil, bad }), bad)
	same(t, map[string]uint64{"a": 9, "b": 2}, sums(t, st, 0))
	deltas(t, st, "c", store.MaxCompact+5)
	must(t, st.Compact(ctx, "c", head(t, st), add))
	n := 0
	for _, p := range parts(t, st) {
		if p.Key == "c" {
			n++
		}
	}
	same(t, 6, n)
	same(t, uint64(store.MaxCompact+5), sums(t, st, 0)["c"])
}

// straddle: a reader whose position a compaction crossed is told so before it
// counts anything; others are not.
func straddle(t *testing.T, open Open) {
	st, ctx := open(t), t.Context()
	deltas(t, st, "a", 6)
	deltas(t, st, "b", 1)
	must(t, st.Compact(ctx, "a", 4, add))
	for after, wrong := range map[int64]bool{0: false, 1: true, 3: true, 4: false, 6: false, 7: false} {
		seen := 0
		err := st.Parts(ctx, after, func(store.Part) error { seen++; return nil })
		if errors.Is(err, store.ErrCompacted) != wrong || wrong && seen > 0 || !wrong && err != nil {
			t.Errorf("from %d: %v after %d parts", after, err, seen)
		}
	}
}

// compactors: the second of two that merge the same parts changes nothing.
func compactors(t *testing.T, open Open) {
	a, b, ctx := open(t), open(t), t.Context()
	deltas(t, a, "k", 10)
	want(t, a.Compact(ctx, "k", 8, func(blobs [][]byte) ([]byte, error) {
		must(t, b.Compact(ctx, "k", 10, add))
		return add(blobs)
	}), store.ErrFenced)
	deltas(t, a, "k", 3)
	want(t, a.Compact(ctx, "k", 13, func(blobs [][]byte) ([]byte, error) {
		must(t, b.Compact(ctx, "k", 11, add))
		return add(blobs)
	}), store.ErrFenced)
	same(t, map[string]uint64{"k": 13}, sums(t, a, 0))
}

// racing: many owners of one partition count each offset once.
func racing(t *testing.T, open Open) {
	const owners, end = 4, 60
	var wg sync.WaitGroup
	for o := range owners {
		st := open(t)
		rng := rand.New(rand.NewPCG(1, uint64(o)))
		wg.Go(func() {
			for {
				c, err := st.Cursor(t.Context(), "calls", 1)
				if err != nil || c.Next >= end {
					if err != nil {
						t.Error(err)
					}
					return
				}
				to := min(end, max(0, c.Next)+1+rng.Int64N(4))
				err = st.Commit(t.Context(), &store.Batch{Move: move(c.Next, to), Deltas: []store.Delta{{Key: fmt.Sprint("s", o%2), Blob: number(uint64(to - max(0, c.Next)))}}})
				if err != nil && !errors.Is(err, store.ErrFenced) {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	got := sums(t, open(t), 0)
	same(t, uint64(end), got["s0"]+got["s1"])
}

// tailers: while writers append and compactors merge at random, each tailer counts
// each delta once, whatever moments it reads at.
func tailers(t *testing.T, open Open) {
	rounds := 150
	if testing.Short() {
		rounds = 40
	}
	const writers, compactors, readers = 2, 2, 3
	var truth, written atomic.Uint64
	var work, read sync.WaitGroup
	var done atomic.Bool
	for w := range writers {
		st, rng := open(t), rand.New(rand.NewPCG(2, uint64(w)))
		work.Go(func() {
			for range rounds {
				var b store.Batch
				sum := uint64(0)
				for range rng.IntN(4) {
					n := rng.Uint64N(9)
					b.Deltas = append(b.Deltas, store.Delta{Key: fmt.Sprint("k", rng.IntN(3)), Blob: number(n)})
					sum += n
				}
				if err := st.Commit(t.Context(), &b); err != nil {
					t.Error(err)
					return
				}
				truth.Add(sum)
				written.Add(1)
			}
		})
	}
	for c := range compactors {
		st, rng := open(t), rand.New(rand.NewPCG(3, uint64(c)))
		read.Go(func() {
			for !done.Load() {
				h, err := st.Heads(t.Context())
				if err == nil && h.Log > 0 {
					err = st.Compact(t.Context(), fmt.Sprint("k", rng.IntN(3)), rng.Int64N(h.Log)+1, add)
				}
				if err != nil && !errors.Is(err, store.ErrFenced) {
					t.Error(err)
					return
				}
			}
		})
	}
	totals, restarts := make([]tailer, readers), new(atomic.Int64)
	for r := range readers {
		st, tail := open(t), &totals[r]
		read.Go(func() {
			for !done.Load() {
				if !tail.read(t, st, restarts) {
					return
				}
			}
			tail.read(t, st, restarts)
		})
	}
	work.Wait()
	done.Store(true)
	read.Wait()
	for i, tail := range totals {
		if tail.sum != truth.Load() {
			t.Errorf("tailer %d counted %d of %d", i, tail.sum, truth.Load())
		}
	}
	t.Logf("%d batches, tailers started again %d times", written.Load(), restarts.Load())
}

// tailer is a reader of the log.
type tailer struct {
	at  int64
	sum uint64
}

// read reads on; it starts again when the log was compacted across it.
func (l *tailer) read(t *testing.T, st store.Store, restarts *atomic.Int64) bool {
	err := st.Parts(t.Context(), l.at, func(p store.Part) error {
		l.at = p.Seq
		l.sum += value(p.Blob)
		return nil
	})
	if errors.Is(err, store.ErrCompacted) {
		*l = tailer{}
		restarts.Add(1)
		return l.read(t, st, restarts)
	}
	if err != nil {
		t.Error(err)
	}
	return err == nil
}
