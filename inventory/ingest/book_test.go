package ingest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wirecensus/schemas/wire"
)

var origin = wire.Origin{Sensor: "s", Epoch: 7}

func record(first uint64, count int) wire.Header {
	return wire.Header{Origin: origin, First: first, Count: count}
}

// TestBook reads as a story: what each record brings that is new, and what the book then says.
func TestBook(t *testing.T) {
	b := new(Book)
	for _, step := range []struct {
		what              string
		first             uint64
		count             int
		miss              bool
		fresh             []Span
		calls, lost, dups uint64
	}{
		{what: "the first record", first: 0, count: 10, fresh: []Span{{0, 10}}, calls: 10},
		{what: "its copy", first: 0, count: 10, calls: 10, dups: 10},
		{what: "after a loss of five", first: 15, count: 5, fresh: []Span{{0, 5}}, calls: 15, lost: 5, dups: 10},
		{what: "two of the five come late", first: 12, count: 2, fresh: []Span{{0, 2}}, calls: 17, lost: 3, dups: 10},
		{what: "a copy of the two", first: 12, count: 2, calls: 17, lost: 3, dups: 12},
		{what: "all, cut otherwise", first: 9, count: 13, fresh: []Span{{1, 3}, {5, 6}, {11, 13}}, calls: 22, dups: 20},
		{what: "a dead letter", first: 22, count: 8, miss: true, calls: 22, lost: 8, dups: 20},
		{what: "the next", first: 30, count: 1, fresh: []Span{{0, 1}}, calls: 23, lost: 8, dups: 20},
		{what: "the dead letter is back", first: 22, count: 8, fresh: []Span{{0, 8}}, calls: 31, dups: 20},
		{what: "a dead letter that was had", first: 22, count: 8, miss: true, calls: 31, dups: 20},
	} {
		h := record(step.first, step.count)
		var fresh []Span
		if step.miss {
			b.Miss(h)
		} else {
			var err error
			if fresh, _, err = b.Accept(h); err != nil {
				t.Fatal(err)
			}
		}
		if d := cmp.Diff(step.fresh, fresh); d != "" {
			t.Fatalf("%s: %s", step.what, d)
		}
		if r := b.Sequences[0]; r.Calls != step.calls || r.Lost != step.lost || r.Duplicates != step.dups {
			t.Fatalf("%s: %+v", step.what, r.Tally)
		}
		again, err := ParseBook(b.Bytes())
		if err != nil || !slices.Equal(again.Bytes(), b.Bytes()) {
			t.Fatalf("%s: %v", step.what, err)
		}
		b = again
	}
}

// TestBookTruth: whatever is lost, copied, cut and delayed, each number is fresh
// once, and calls and losses add up to what was sent.
func TestBookTruth(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(5, seed))
		b, had, sent := new(Book), map[uint64]bool{}, uint64(0)
		var late []wire.Header
		for range 200 {
			h := record(sent, 1+rng.IntN(9))
			sent += uint64(h.Count)
			switch rng.IntN(6) {
			case 0:
				continue
			case 1:
				late = append(late, h)
				continue
			case 2:
				late = append(late, h, h)
			case 3:
				h = record(h.First-min(h.First, rng.Uint64N(30)), h.Count)
			}
			enter(t, b, had, h)
			if len(late) > 0 && rng.IntN(3) == 0 {
				i := rng.IntN(len(late))
				enter(t, b, had, late[i])
				late = slices.Delete(late, i, i+1)
			}
		}
		if len(b.Sequences) == 0 {
			continue
		}
		b.Miss(record(sent, 1))
		r := b.Sequences[0]
		if r.Calls != uint64(len(had)) || r.Calls+r.Lost != sent+1 {
			t.Fatalf("seed %d: %d received, book %+v, %d sent", seed, len(had), r.Tally, sent)
		}
	}
}

func enter(t *testing.T, b *Book, had map[uint64]bool, h wire.Header) {
	t.Helper()
	fresh, _, err := b.Accept(h)
	if err != nil {
		t.Fatal(err)
	}
	isFresh := map[uint64]bool{}
	for _, s := range fresh {
		for i := s.From; i < s.To; i++ {
			isFresh[h.First+i] = true
		}
	}
	for n := h.First; n < h.First+uint64(h.Count); n++ {
		if isFresh[n] == had[n] {
			t.Fatalf("%d: fresh %v, had %v", n, isFresh[n], had[n])
		}
		had[n] = true
	}
}

func TestBookBounds(t *testing.T) {
	b := new(Book)
	for i := range 3 * MaxSequences {
		if _, _, err := b.Accept(wire.Header{Origin: wire.Origin{Sensor: fmt.Sprint("s", i%1500), Epoch: uint64(i)}, First: 1, Count: 2}); err != nil {
			t.Fatal(err)
		}
	}
	var all Tally
	for _, r := range b.Sequences {
		all.Add(r.Tally)
	}
	for _, r := range b.Retired {
		all.Add(*r)
	}
	if len(b.Sequences) != MaxSequences || len(b.Retired) != maxSensors+1 || all.Calls != 6*MaxSequences || all.Lost != 3*MaxSequences {
		t.Fatal(len(b.Sequences), len(b.Retired), all)
	}
	b = new(Book)
	for i := range uint64(2 * MaxHoles) {
		if _, _, err := b.Accept(record(2*i+1, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if r := b.Sequences[0]; len(r.Holes) != MaxHoles || r.Lost != 2*MaxHoles {
		t.Fatal(len(r.Holes), r.Lost)
	}
	if fresh, _, _ := b.Accept(record(0, 1)); fresh != nil {
		t.Fatal("a hole that was closed for good is open")
	}
	for _, h := range []wire.Header{record(0, 0), record(0, -1), record(1<<63, 1)} {
		if _, _, err := b.Accept(h); !errors.Is(err, wire.ErrCorrupt) {
			t.Error(h, err)
		}
		b.Miss(h)
	}
}

func FuzzParseBook(f *testing.F) {
	f.Add([]byte(`{"sequences":[{"sensor":"a","next":5,"holes":[{"From":1,"To":2}],"calls":4,"lost":1}]}`))
	f.Add([]byte(`{"sequences":[null]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := ParseBook(text)
		if err != nil {
			return
		}
		again, err := ParseBook(b.Bytes())
		if err != nil || !slices.Equal(again.Bytes(), b.Bytes()) {
			t.Fatal("a book is not what was written")
		}
	})
}
