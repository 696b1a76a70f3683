package wire

import (
	"fmt"
	"strings"
	"testing"
)

// maxAverage is the bytes that a call of the mix may have on average, uncompressed,
// structures not counted, in records of at least 1,024 calls.
const maxAverage = 250

// TestSize prints where the bytes of records go, with -v, and fails when calls of the mix are too large.
func TestSize(t *testing.T) {
	names := [...]string{"", "id", "time", "duration", "request", "response", "path", "client", "request size", "response size", "tally", "odd", "digests", "request shape", "response shape", "client text", "client port", "id text",
		"operations", "operation tally", "operation odd", "operation digests", "request messages", "response messages", "one of", "trace"}
	for _, name := range []string{"mix", "tiny", "demo"} {
		for _, most := range []int{32, 256, 512, 1024} {
			calls := captured(t, name)
			e := NewEncoder()
			var total, records, defs, defBytes, inline int
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
							size["structures"] += len(m.data) + 3
							inline++
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
			for _, n := range append(names[1:], "reference", "texts") {
				if size[n] == 0 {
					continue
				}
				fmt.Fprintf(&b, " %s %.1f", n, per(size[n]))
			}
			bare := per(total - size["structures"])
			t.Logf("%s, %d calls, records of %d: %.0f B a call without structures (%d in records, %.1f B a call; %d definitions, %.1f B a call):%s",
				name, len(calls), most, bare, inline, per(size["structures"]), defs, per(defBytes), b.String())
			if name == "mix" && most >= 1024 && bare > maxAverage {
				t.Errorf("%.0f B a call of the mix, more than %d", bare, maxAverage)
			}
		}
	}
}
