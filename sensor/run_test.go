package sensor_test

import (
	"cmp"
	"os"
	"slices"
	"sync"
	"testing"

	"wirecensus/schemas"
	"wirecensus/sensor"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/publish"
)

// replay runs the sensor over capture files and returns the calls in order of
// time and id.
func replay(t testing.TB, path string, shards int) ([]*schemas.Call, error) {
	t.Helper()
	src, err := capture.OpenFiles([]string{path}, os.Stdin)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	var mu sync.Mutex
	var calls []*schemas.Call
	_, err = sensor.Run(t.Context(), sensor.Config{Source: src, Shards: shards, Sink: func(int) publish.Sink {
		return publish.Func(func(c *schemas.Call) {
			mu.Lock()
			defer mu.Unlock()
			calls = append(calls, c)
		})
	}})
	slices.SortFunc(calls, func(a, b *schemas.Call) int {
		return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.ID, b.ID))
	})
	return calls, err
}
