package publish

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"wirecensus/schemas"
)

// TestNDJSONOrder sends the same calls in several orders, with and without
// spilling: the bytes written must be the same, sorted, and no run may stay behind.
func TestNDJSONOrder(t *testing.T) {
	var calls []*schemas.Call
	for i := range 500 {
		calls = append(calls, &schemas.Call{ID: fmt.Sprintf("%03d", i%250), Time: schemas.Time(1e18 + int64(i%97)), Path: fmt.Sprintf("/%d", i)})
	}
	var want []byte
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 1))
		rng.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
		for _, limit := range []int{0, 5000} {
			dir := t.TempDir()
			n := NewNDJSON(limit, dir)
			for _, c := range calls {
				n.Send(c)
			}
			if runs, _ := os.ReadDir(dir); (limit > 0) != (len(runs) > 1) {
				t.Fatalf("limit %d left %d runs", limit, len(runs))
			}
			var got bytes.Buffer
			if err := n.Close(&got); err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = got.Bytes()
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Fatalf("seed %d, limit %d: other bytes", seed, limit)
			}
			if left, _ := os.ReadDir(dir); len(left) != 0 {
				t.Fatalf("%d runs left behind", len(left))
			}
		}
	}
	if n := bytes.Count(want, []byte("\n")); n != 500 {
		t.Fatalf("%d lines, want 500", n)
	}
}
