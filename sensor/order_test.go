package sensor_test

import (
	"iter"
	"slices"
	"testing"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/schemas"
	"wirecensus/sensor"
	"wirecensus/sensor/publish"
)

// TestOrder: every worker emits the same calls in the same order each time, so that a run that
// starts again can give them the same numbers. The traffic has losses, disorder and second copies.
func TestOrder(t *testing.T) {
	trouble := synth.Trouble{Loss: 0.02, Reorder: 0.02, Retransmit: 0.01, Duplicate: 0.02}
	for _, shards := range []int{1, 3} {
		run := func() [][]string {
			next, stop := iter.Pull(lossTraffic(7, 250, trouble).Frames())
			defer stop()
			out := make([][]string, shards)
			_, err := sensor.Run(t.Context(), sensor.Config{Source: frames{next}, Shards: shards, Sink: func(i int) publish.Sink {
				return publish.Func(func(c *schemas.Call) { out[i] = append(out[i], c.ID) })
			}})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		first := run()
		for range 2 {
			for i, ids := range run() {
				if len(ids) == 0 || !slices.Equal(ids, first[i]) {
					t.Errorf("worker %d of %d emits its %d calls in another order", i, shards, len(ids))
				}
			}
		}
	}
}
