package wire

import (
	"fmt"
	"strings"
	"testing"
)

// maxAverage is the bytes that a call of the mix may have on average, uncompressed, definitions not counted.
const maxAverage = 250

// TestSize prints where the bytes of records go, with -v, and fails when calls of the mix are too large.
func TestSize(t *testing.T) {
	names := [...]string{"", "id", "time", "duration", "request", "response", "path", "client", "request size", "response size", "tally", "odd", "digests", "request shape", "response shape", "client text", "client port", "id text"}
	for _, name := range []string{"mix", "tiny", "demo"} {
		for _, most := range []int{32, 256, 1024} {
			calls := captured(t, name)
			e := NewEncoder()
			var total, records, defs, defBytes, inlineBytes int
			size := map[string]int{}
			for _, r := range pack(e, calls, most) {
				total, records = total+len(r.value), records+1
				for _, d := range r.defs {
					defs, defBytes = defs+1, defBytes+len(d.Value)+len(d.ID)
				}
				read(r.value, func(m *message) {
					switch m.number {
					case 7:
						if m.data[0] == tag(1, lengthed) {
							size["reference"] += len(m.data) + 2
						} else {
							size["inline"] += len(m.data) + 3
							inlineBytes += len(m.data)
						}
					case 8, 10:
						size["texts"] += len(m.data) + 2
					case 9:
						read(m.data, func(m *message) {
							n := 1 + len(appendUvarint(nil, m.num))
							if m.typ == lengthed {
								n = 2 + len(m.data)
							}
							size[names[m.number]] += n
						})
					}
				})
			}
			per := func(n int) float64 { return float64(n) / float64(len(calls)) }
			var b strings.Builder
			for _, n := range append(names[1:], "reference", "inline", "texts") {
				fmt.Fprintf(&b, " %s %.1f", n, per(size[n]))
			}
			t.Logf("%s, %d calls, records of %d: %.0f B a call;%s; %d definitions of %.0f B, %.1f B a call", name, len(calls), most, per(total), b.String(), defs, float64(defBytes)/float64(max(defs, 1)), per(defBytes))
			if name == "mix" && most >= 256 && per(total) > maxAverage {
				t.Errorf("%.0f B a call of the mix, more than %d", per(total), maxAverage)
			}
		}
	}
}
