package catalog

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestSetCounts(t *testing.T) {
	for _, n := range []int{0, 1, 63, 64, 65, 200, 5000, 300_000} {
		var s Set
		for i := range n {
			s.Add(digest(7, string(rune(i))+"x"+string(rune(i/1000))))
			s.Add(digest(7, string(rune(i))+"x"+string(rune(i/1000))))
		}
		got := float64(s.Count())
		if s.Exact() && got != float64(n) || math.Abs(got-float64(n)) > 0.1*float64(n) {
			t.Errorf("%d members counted as %v", n, got)
		}
	}
}

func TestSetMergeIsUnion(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var a, b, all Set
		for range r.IntN(150) {
			d := r.Uint64N(200) * 0x9e3779b97f4a7c15
			all.Add(d)
			if r.IntN(2) == 0 {
				a.Add(d)
			} else {
				b.Add(d)
			}
		}
		if r.IntN(2) == 0 {
			a, b = b, a
		}
		a.Merge(&b)
		if a.Count() != all.Count() || a.Exact() != all.Exact() {
			t.Fatalf("merged %d (exact %v), whole %d (exact %v)", a.Count(), a.Exact(), all.Count(), all.Exact())
		}
	}
}
