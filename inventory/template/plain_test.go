package template

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestPlain: words are plainer than all but few random segments.
func TestPlain(t *testing.T) {
	for _, s := range strings.Fields("users orders customers invoices search findByStatus pull-requests search_results containers notifications") {
		if p := Plain(s); p < 6 {
			t.Errorf("%s: %d", s, p)
		}
	}
	for _, s := range []string{"", "xq", "zzqj", "%%%", "1x2y3z", "\xff\xfe"} {
		if p := Plain(s); p != 0 {
			t.Errorf("%q: %d", s, p)
		}
	}
	r := rand.New(rand.NewPCG(1, 1))
	const n = 200_000
	var above [MaxPlain + 1]int
	for range n {
		b := make([]byte, 3+r.IntN(8))
		for i := range b {
			b[i] = byte('a' + r.IntN(26))
		}
		for x := range Plain(string(b)) + 1 {
			above[x]++
		}
	}
	for x := 1; x < MaxPlain; x++ {
		if most := n*math.Exp(-2*float64(x)/3) + n/500; float64(above[x]) > most {
			t.Errorf("%d of %d random words have %d or more, want at most %.0f", above[x], n, x, most)
		}
	}
	t.Log(above)
}
