package catalog

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestKids compares the table with a map, hashes of few values among them: whatever is put in
// and taken out, the same is found.
func TestKids(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 3))
		var k kids
		all, have := []*node{}, map[*node]bool{}
		for i := range 60 {
			all = append(all, &node{text: fmt.Sprint(i), hash: r.Uint64() >> (r.IntN(2) * 62)})
		}
		for range 3000 {
			c := all[r.IntN(len(all))]
			if have[c] {
				k.drop(c)
				delete(have, c)
			} else if r.IntN(60) > len(have)/2 {
				k.put(c)
				have[c] = true
			}
			for _, c := range all {
				if got := k.find(c.hash, c.text); (got == c) != have[c] || got != nil && got != c {
					t.Fatalf("seed %d: %v found for %q, in: %v", seed, got, c.text, have[c])
				}
			}
			if k.used != len(have) {
				t.Fatalf("seed %d: %d used, want %d", seed, k.used, len(have))
			}
		}
	}
}
