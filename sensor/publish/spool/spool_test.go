package spool_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"wirecensus/sensor/publish/spool"
)

func open(t testing.TB, dir string, limit int64) *spool.Spool {
	t.Helper()
	s, err := spool.Open(dir, limit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func entry(n int) spool.Entry {
	return spool.Entry{Bytes: fmt.Appendf(nil, "%d:%s", n, bytes.Repeat([]byte{byte(n)}, n%40)), Weight: uint32(n)}
}

// all takes everything out of a queue.
func all(t testing.TB, q *spool.Queue, limit int) []spool.Entry {
	t.Helper()
	var out []spool.Entry
	for q.Len() > 0 {
		es, err := q.Read(limit)
		if err != nil || len(es) == 0 {
			t.Fatalf("read %d entries with %d left: %v", len(es), q.Len(), err)
		}
		if err := q.Done(es); err != nil {
			t.Fatal(err)
		}
		out = append(out, es...)
	}
	return out
}

func same(a, b []spool.Entry) bool {
	for i := range a {
		if i >= len(b) || a[i].Weight != b[i].Weight || !bytes.Equal(a[i].Bytes, b[i].Bytes) {
			return false
		}
	}
	return len(a) == len(b)
}

// TestModel does random things to queues and to slices: they stay the same, over restarts too.
// A restart may bring back what was done since the last segment went.
func TestModel(t *testing.T) {
	for seed := range uint64(10) {
		rng := rand.New(rand.NewPCG(seed, 5))
		dir := t.TempDir()
		s := open(t, dir, 1<<14)
		model := map[string][]spool.Entry{}
		next := 0
		for range 500 {
			name := fmt.Sprint("q", rng.IntN(3))
			q := s.Queue(name)
			switch rng.IntN(40) {
			case 0:
				es := []spool.Entry{entry(next), entry(next + 1)}
				next += 2
				if n, err := q.Prepend(es); n != 2 || err != nil {
					t.Fatal(n, err)
				}
				// Those that were done before it come again.
				got, err := q.Read(1 << 20)
				if err != nil || !same(got[:2], es) {
					t.Fatal(got, err)
				}
				model[name] = reread(t, q, append(es, model[name]...), 2)
			case 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14:
				es, err := q.Read(rng.IntN(200))
				if err != nil || len(es) == 0 && len(model[name]) > 0 || !same(es, model[name][:len(es)]) {
					t.Fatalf("seed %d: read %v, %v", seed, es, err)
				}
				n := rng.IntN(len(es) + 1)
				if err := q.Done(es[:n]); err != nil {
					t.Fatal(err)
				}
				model[name] = model[name][n:]
			case 5:
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				s = open(t, dir, 1<<14)
				for name, want := range model {
					model[name] = reread(t, s.Queue(name), want, 0)
				}
			default:
				e := entry(next)
				next++
				if err := q.Append(e); err == nil {
					model[name] = append(model[name], e)
				} else if !errors.Is(err, spool.ErrFull) {
					t.Fatal(err)
				}
			}
			if q := s.Queue(name); q.Len() != len(model[name]) {
				t.Fatalf("seed %d: %d entries, want %d", seed, q.Len(), len(model[name]))
			}
		}
		for name, want := range model {
			if got := all(t, s.Queue(name), 100); !same(got, want) {
				t.Fatalf("seed %d: %d entries of %s, want %d", seed, len(got), name, len(want))
			}
		}
		if st := s.Stats(); st.Entries != 0 || st.Weight != 0 || st.Bytes != 0 || st.Lost != 0 {
			t.Fatalf("seed %d: an empty spool says %+v", seed, st)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*.spool")); len(left) > 0 {
			t.Fatalf("left behind: %v", left)
		}
	}
}

// reread returns what the queue holds when entries that were done may have come back behind the first keep.
func reread(t *testing.T, q *spool.Queue, want []spool.Entry, keep int) []spool.Entry {
	t.Helper()
	back := q.Len() - len(want)
	if back < 0 {
		t.Fatalf("%d entries, want at least %d", q.Len(), len(want))
	}
	if back == 0 {
		return want
	}
	// They are the ones before want[keep] in the order of their making: read to find them.
	var skip []spool.Entry
	for range 2 {
		es, err := q.Read(1 << 30)
		if err != nil {
			t.Fatal(err)
		}
		if keep == 0 || len(skip) > 0 {
			skip = es[:back]
			break
		}
		if err := q.Done(es[:keep]); err != nil {
			t.Fatal(err)
		}
		skip = es[:keep]
	}
	if keep > 0 {
		// The prepended are done, and what came again with them.
		if err := q.Done(skip); err != nil {
			t.Fatal(err)
		}
		return want[keep:]
	}
	if err := q.Done(skip); err != nil {
		t.Fatal(err)
	}
	return want
}

// TestTorn cuts a segment at every byte, and spoils every byte: what was whole before that place
// is read, nothing else ever is, and the next entries go behind it.
func TestTorn(t *testing.T) {
	made := t.TempDir()
	s := open(t, made, 1<<20)
	var want []spool.Entry
	for n := range 6 {
		want = append(want, entry(n*7))
		if err := s.Queue("q").Append(want[n]); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	paths, _ := filepath.Glob(filepath.Join(made, "q-*.spool"))
	whole, err := os.ReadFile(paths[0])
	if err != nil || len(paths) != 1 {
		t.Fatal(err, paths)
	}
	ends := []int{8}
	for _, e := range want {
		ends = append(ends, ends[len(ends)-1]+12+len(e.Bytes))
	}
	for at := range len(whole) {
		kept := 0
		for kept < len(want) && ends[kept+1] <= at {
			kept++
		}
		for _, spoil := range []bool{false, true} {
			b := bytes.Clone(whole[:at])
			if spoil {
				b = bytes.Clone(whole)
				b[at] ^= 0x20
			}
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, filepath.Base(paths[0])), b, 0o600); err != nil {
				t.Fatal(err)
			}
			s := open(t, dir, 1<<20)
			torn := at != 0 && at != ends[kept] || spoil
			if at == 0 && !spoil {
				torn = false
			}
			if st := s.Stats(); (st.Torn == 1) != torn || st.Found != uint64(kept) {
				t.Fatalf("at %d, spoilt %v: %+v, want %d entries, torn %v", at, spoil, st, kept, torn)
			}
			if err := s.Queue("q").Append(entry(99)); err != nil {
				t.Fatal(err)
			}
			if got := all(t, s.Queue("q"), 50); !same(got, append(want[:kept:kept], entry(99))) {
				t.Fatalf("at %d, spoilt %v: %v", at, spoil, got)
			}
			s.Close()
		}
	}
}

// TestBound: what does not fit is refused, and fits once a segment is done.
func TestBound(t *testing.T) {
	const limit = 1 << 12
	dir := t.TempDir()
	s := open(t, dir, limit)
	q := s.Queue("q")
	n := 0
	for ; ; n++ {
		err := q.Append(spool.Entry{Bytes: make([]byte, 100), Weight: 3})
		if errors.Is(err, spool.ErrFull) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var disk int64
	paths, _ := filepath.Glob(filepath.Join(dir, "*.spool"))
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		disk += info.Size()
	}
	st := s.Stats()
	if disk > limit || disk != st.Bytes || disk < limit-200 || st.Weight != uint64(3*n) {
		t.Fatalf("%d entries, %d bytes on disk: %+v", n, disk, st)
	}
	es, err := q.Read(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Done(es); err != nil {
		t.Fatal(err)
	}
	if err := q.Append(spool.Entry{Bytes: make([]byte, 100)}); err != nil {
		t.Fatal(err)
	}
}

// TestLock: a folder has one owner.
func TestLock(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, 1<<20)
	if _, err := spool.Open(dir, 1<<20); !errors.Is(err, spool.ErrLocked) {
		t.Fatalf("a second owner: %v", err)
	}
	s.Close()
	open(t, dir, 1<<20)
}

// TestUnreadable: a segment that vanishes costs its entries, counted, and no more.
func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, 1<<12)
	q := s.Queue("q")
	for range 20 {
		if err := q.Append(spool.Entry{Bytes: make([]byte, 100), Weight: 2}); err != nil {
			t.Fatal(err)
		}
	}
	paths, _ := filepath.Glob(filepath.Join(dir, "*.spool"))
	if err := os.Remove(paths[0]); err != nil {
		t.Fatal(err)
	}
	before := q.Len()
	if _, err := q.Read(1 << 20); err == nil {
		t.Fatal("no error")
	}
	st := s.Stats()
	if lost := before - q.Len(); lost == 0 || st.Lost != uint64(lost) || st.LostSum != uint64(2*lost) {
		t.Fatalf("%d lost: %+v", lost, st)
	}
	if got := all(t, q, 1000); len(got)+int(st.Lost) != 20 {
		t.Fatalf("%d read, %d lost", len(got), st.Lost)
	}
}

// FuzzSegment: whatever stands in a segment, what is read was written by somebody with a checksum,
// and writing it again gives the bytes before the torn end.
func FuzzSegment(f *testing.F) {
	f.Add([]byte("wcspool1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := t.TempDir()
		path := filepath.Join(dir, "q-0000000000000001.spool")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		s := open(t, dir, 1<<30)
		st := s.Stats()
		if st.Bytes+st.TornBytes != int64(len(b)) && st.Found > 0 {
			t.Fatalf("%d bytes: %+v", len(b), st)
		}
		es := all(t, s.Queue("q"), 1<<20)
		again := open(t, t.TempDir(), 1<<30)
		for _, e := range es {
			if err := again.Queue("q").Append(e); err != nil {
				t.Fatal(err)
			}
		}
		if got := again.Stats(); len(es) > 0 && got.Bytes != st.Bytes {
			t.Fatalf("%d bytes again, %d before", got.Bytes, st.Bytes)
		}
		s.Close()
		again.Close()
	})
}
