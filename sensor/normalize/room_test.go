package normalize

import (
	"fmt"
	"runtime"
	"testing"
)

// TestKeptCallKeepsLittle: calls are allocated beside each other and share
// leaves, but keeping a few must not keep those that come between.
func TestKeptCallKeepsLittle(t *testing.T) {
	n := New(Config{Key: testKey})
	live := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	call := func(i int) any {
		body := fmt.Sprintf(`{"list":[{"w":"word%d","n":[%d,{"x":"y"}]}],"w%d":"x%d"}`, i, i, i%50, i)
		return n.Call(pairOf("POST /a HTTP/1.1\nHost: a.example\nContent-Type: application/json\n\n"+body, ""))
	}
	for i := range 3000 {
		call(i)
	}
	before := live()
	var kept []any
	for i := range 20_000 {
		if c := call(3000 + i); i%5000 == 0 {
			kept = append(kept, c)
		}
	}
	if after := live(); after > before+2<<20 {
		t.Errorf("%d kept calls keep %d bytes", len(kept), after-before)
	}
	runtime.KeepAlive(kept)
	runtime.KeepAlive(n)
}
