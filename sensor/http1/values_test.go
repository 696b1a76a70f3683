package http1_test

import (
	"testing"

	"wirecensus/reassembly"
)

// Acceptance item 40: the values of fields are kept byte for byte; a CR becomes a space.
func TestItem40Values(t *testing.T) {
	for b := range 256 {
		if b == '\n' {
			continue
		}
		value := "a" + string([]byte{byte(b)}) + "z"
		want := value
		if b == '\r' {
			want = "a z"
		}
		segs := segments(answered("GET /x HTTP/1.1\r\nHost: h\r\nX-Value: \t "+value+" \r\n\r\n", ok0))
		for i, s := range [][]segment{segs, bytewise(segs)} {
			r := run(t, &reassembly.Conn{}, s)
			if len(r.exs) != 2 {
				t.Fatalf("byte %#x, cut %d: %d exchanges", b, i, len(r.exs))
			}
			if got := field(r.exs[0].Request, "x-value"); got != want {
				t.Errorf("byte %#x, cut %d: %q, want %q", b, i, got, want)
			}
		}
	}
}
