package sensor_test

import (
	"context"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"wirecensus/schemas"
	"wirecensus/sensor"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/publish"
)

// steady is a source of short connections, one begun each millisecond.
type steady struct {
	connections int       // 0: as many as there are until the end
	until       time.Time // zero: no end
	look        func()    // called each 20,000 connections
	pending     tape
	n           int
	now         int64
}

func (s *steady) Next(f *capture.Frame) error {
	if len(s.pending) == 0 {
		if s.n%20_000 == 0 {
			s.look()
		}
		if s.n == s.connections && s.connections > 0 || s.connections == 0 && time.Now().After(s.until) {
			return (&source{}).Next(f)
		}
		s.pending = byHand(s.n % 50_000).open().exchange("/a").exchange("/b").shut().tape
		s.n++
		s.now = int64(s.n) * 1e6
	}
	*f, s.pending = s.pending[0], s.pending[1:]
	s.now += 1e4
	f.Time = s.now
	return nil
}

// Acceptance item 36: what a sensor holds does not grow while the same load goes on, and neither do
// its goroutines and file descriptors. 300,000 connections, or WIRECENSUS_SOAK (24h).
func TestItem36Soak(t *testing.T) {
	src := &steady{connections: 300_000}
	if v := os.Getenv("WIRECENSUS_SOAK"); v != "" {
		d, err := time.ParseDuration(v)
		if err != nil {
			t.Fatal(err)
		}
		src.connections, src.until = 0, time.Now().Add(d)
	} else if testing.Short() {
		t.Skip("reads many connections")
	}
	var heaps, goroutines, descriptors []uint64
	src.look = func() {
		heaps = append(heaps, heapNow()>>10)
		goroutines = append(goroutines, uint64(runtime.NumGoroutine()))
		if open, err := os.ReadDir("/proc/self/fd"); err == nil {
			descriptors = append(descriptors, uint64(len(open)))
		}
	}
	began, calls := time.Now(), 0
	_, err := sensor.Run(context.Background(), sensor.Config{Source: src, Sink: func(int) publish.Sink {
		return publish.Func(func(*schemas.Call) { calls++ })
	}})
	if err != nil {
		t.Fatal(err)
	}
	if calls != 2*src.n {
		t.Errorf("%d calls of %d connections with two each", calls, src.n)
	}
	// The first third fills the tables.
	third := len(heaps) / 3
	if third == 0 {
		t.Fatalf("%d connections are too few to compare thirds: give WIRECENSUS_SOAK more time", src.n)
	}
	early, late := slices.Max(heaps[third:2*third]), slices.Max(heaps[2*third:])
	t.Logf("%d connections in %v: heap %d KiB in the second third, %d KiB in the last", src.n, time.Since(began).Round(time.Second), early, late)
	if allowed := uint64(1024 * max(1, time.Since(began).Hours()*2/3)); late > early+allowed {
		t.Errorf("heap %d KiB, later %d KiB", early, late)
	}
	for name, seen := range map[string][]uint64{"goroutines": goroutines, "descriptors": descriptors} {
		if len(seen) > third && slices.Max(seen[third:]) > seen[third] {
			t.Errorf("%s: %d", name, seen)
		}
	}
}
