package sensor_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/schemas"
	"wirecensus/sensor"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/publish"
)

// TestLend: the calls of a capture with everything in it are the same bytes whether
// their memory is used again or not.
func TestLend(t *testing.T) {
	dir := write(t, synth.Company(synth.Options{Seed: 11, Days: 1, Scale: 0.3, Trouble: synth.Moderate()}), synth.Files{Path: "c.pcapng"})
	lines := func(lend bool) (out []string) {
		src, err := capture.OpenFiles([]string{dir}, os.Stdin)
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		_, err = sensor.Run(t.Context(), sensor.Config{Source: src, Key: []byte("k"), Lend: lend, Sink: func(int) publish.Sink {
			return publish.Func(func(c *schemas.Call) {
				b, err := json.Marshal(c)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, string(b))
			})
		}})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	kept, lent := lines(false), lines(true)
	if len(kept) < 100 {
		t.Fatalf("only %d calls", len(kept))
	}
	if !slices.Equal(kept, lent) {
		for i := range min(len(kept), len(lent)) {
			if kept[i] != lent[i] {
				t.Fatalf("%d and %d calls; call %d kept\n%s\nlent\n%s", len(kept), len(lent), i, kept[i], lent[i])
			}
		}
		t.Fatalf("%d and %d calls", len(kept), len(lent))
	}
}
