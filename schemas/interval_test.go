package schemas

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestIntervals: what is added keeps its sums, the bound on intervals holds, and neither order nor grouping matters.
func TestIntervals(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		span := int64(1) << (30 + r.IntN(33))
		var parts [3]Intervals
		var all Intervals
		var frames uint64
		for range 1 + r.IntN(2000) {
			at, n := Time(r.Int64N(span)-span/4), 1+r.Uint64N(9)
			parts[r.IntN(3)].At(at).Frames += n
			all.At(at).Frames += n
			frames += n
		}
		var ab, ba, tree Intervals
		for i := range parts {
			ab.Add(&parts[i])
			ba.Add(&parts[2-i])
		}
		tree.Add(&parts[1])
		tree.Add(&parts[2])
		tree.Add(&parts[0])
		for name, got := range map[string]*Intervals{"in order": &ab, "backwards": &ba, "grouped": &tree} {
			if d := cmp.Diff(&all, got); d != "" {
				t.Fatalf("seed %d, %s: %s", seed, name, d)
			}
		}
		var sum uint64
		for i, v := range all.List {
			sum += v.Frames
			if int64(v.From)%all.Width != 0 || i > 0 && v.From <= all.List[i-1].From {
				t.Fatalf("interval %d from %d, width %d", i, v.From, all.Width)
			}
		}
		if sum != frames || len(all.List) > maxIntervals {
			t.Fatalf("%d frames of %d in %d intervals", sum, frames, len(all.List))
		}
	}
}
