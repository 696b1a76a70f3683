package sensor_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/reassembly"
	"wirecensus/schemas"
	"wirecensus/sensor"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/capture/bpf"
	"wirecensus/sensor/decode"
	"wirecensus/sensor/publish"
)

// divided deals the frames of conversations out to n rings.
func divided(n int, cs []*synth.Conversation, to func(*reassembly.Flow) int) []sensor.Source {
	rings := make([]*script, n)
	sources := make([]sensor.Source, n)
	for i := range rings {
		rings[i] = new(script)
		sources[i] = rings[i]
	}
	d := decode.New(decode.Config{})
	for f := range synth.New(1, cs...).Frames() {
		frame := capture.Frame{Data: append([]byte(nil), f.Data...), Time: f.Time, WireLen: f.Len, Link: capture.LinkEthernet}
		var seg reassembly.Segment
		d.Frame(&frame, &seg)
		r := rings[to(&seg.Flow)]
		r.stats.Packets++
		r.stats.Delivered++
		r.steps = append(r.steps, func(f *capture.Frame) error {
			*f = frame
			return nil
		})
	}
	return sources
}

// gather runs the sensor and returns the calls as sorted lines.
func gather(t *testing.T, cfg sensor.Config) ([]string, *schemas.Coverage) {
	t.Helper()
	var mu sync.Mutex
	var lines []string
	cfg.Key = []byte("0123456789abcdef")
	cfg.Sink = func(int) publish.Sink {
		return publish.Func(func(c *schemas.Call) {
			b, err := json.Marshal(c)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			lines = append(lines, string(b))
		})
	}
	cov, err := sensor.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return lines, cov
}

func conversations(n int) (cs []*synth.Conversation) {
	for i := range n {
		cs = append(cs, talk(i, fmt.Sprintf("> GET /%d HTTP/1.1\r\nHost: x.example\r\n\r\n", i), "< HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
			"> GET /again HTTP/1.1\r\nHost: x.example\r\n\r\n", "< HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"))
	}
	return cs
}

// TestItem67Rings: calls and counts are those of one worker for any number of rings, if each flow is where it
// belongs, and also if it is elsewhere: then it is handed over.
func TestItem67Rings(t *testing.T) {
	cs := conversations(100)
	one := divided(1, cs, func(*reassembly.Flow) int { return 0 })
	want, seen := gather(t, sensor.Config{Source: one[0]})
	if len(want) != 200 {
		t.Fatalf("%d calls", len(want))
	}
	split := bpf.Split{Key: 0xabcdef}
	for _, n := range []int{1, 2, 4, 8} {
		owner := func(f *reassembly.Flow) int {
			return int(split.Of(&f.Src.IP, &f.Dst.IP, f.Src.Port, f.Dst.Port) % uint32(n))
		}
		for name, to := range map[string]func(*reassembly.Flow) int{
			"its own":     owner,
			"the next":    func(f *reassembly.Flow) int { return (owner(f) + 1) % n },
			"always 0":    func(*reassembly.Flow) int { return 0 },
			"by the hash": func(f *reassembly.Flow) int { return int(f.Hash(1) % uint64(n)) },
		} {
			got, cov := gather(t, sensor.Config{Rings: divided(n, cs, to), Split: split})
			if !slices.Equal(got, want) {
				t.Errorf("%d rings, flows on %s: %d calls, or others, want %d", n, name, len(got), len(want))
			}
			if cov.Frames != seen.Frames || cov.Segments != seen.Segments || cov.Connections != seen.Connections || cov.Calls != seen.Calls || cov.GapBytes != 0 ||
				cov.Live.KernelPackets != cov.Frames || cov.Live.QueueDrops != 0 || cov.First != seen.First || cov.Last != seen.Last {
				t.Errorf("%d rings, flows on %s: %+v\nwant %+v", n, name, cov, seen)
			}
		}
	}
}

// TestRingsReport: whoever asks while the rings are read gets what all of them saw up to then, and the words likewise.
func TestRingsReport(t *testing.T) {
	split := bpf.Split{Key: 1}
	rings := divided(3, conversations(30), func(f *reassembly.Flow) int {
		return int(split.Of(&f.Src.IP, &f.Dst.IP, f.Src.Port, f.Dst.Port) % 3)
	})
	reports, releases := make(chan func(*schemas.Coverage), 1), make(chan func([]schemas.Word), 1)
	covered, released := make(chan *schemas.Coverage, 1), make(chan struct{}, 1)
	reports <- func(c *schemas.Coverage) { covered <- c }
	releases <- func([]schemas.Word) { released <- struct{}{} }
	// The rings go on until both have been answered, or for 10 s.
	var cov *schemas.Coverage
	over := make(chan struct{})
	go func() {
		cov = <-covered
		<-released
		close(over)
	}()
	for _, r := range rings {
		s := r.(*script)
		var wait func(*capture.Frame) error
		left := 5000
		wait = func(*capture.Frame) error {
			select {
			case <-over:
			case <-time.After(2 * time.Millisecond):
				if left--; left > 0 {
					s.steps = append(s.steps, wait)
				}
			}
			return capture.ErrIdle
		}
		s.steps = append(s.steps, wait)
	}
	_, all := gather(t, sensor.Config{Rings: rings, Split: split, Reports: reports, Releases: releases, Words: func([]schemas.Word) {}})
	select {
	case <-over:
	default:
		t.Fatal("nobody answered")
	}
	if cov.Frames > all.Frames || cov.Live == nil || cov.Live.KernelPackets != all.Live.KernelPackets || all.Calls != 60 {
		t.Errorf("on the way: %+v\nat the end: %+v", cov, all)
	}
}

// TestRingsFail: a ring that cannot be read ends the others, and rings without a key are refused.
func TestRingsFail(t *testing.T) {
	broken := errors.New("broken")
	var bad, endless script
	bad.steps = append(bad.steps, func(*capture.Frame) error { return broken })
	var again func(*capture.Frame) error
	again = func(*capture.Frame) error {
		endless.steps = append(endless.steps, again)
		return capture.ErrIdle
	}
	endless.steps = append(endless.steps, again)
	sink := func(int) publish.Sink { return publish.Func(func(*schemas.Call) {}) }
	rings := []sensor.Source{&bad, &endless}
	if _, err := sensor.Run(t.Context(), sensor.Config{Rings: rings, Key: []byte("0123456789abcdef"), Sink: sink}); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	if _, err := sensor.Run(t.Context(), sensor.Config{Rings: rings, Sink: sink}); err == nil {
		t.Error("no key, no error")
	}
}
