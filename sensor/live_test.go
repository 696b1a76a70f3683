package sensor_test

import (
	"context"
	"io"
	"maps"
	"sync"
	"testing"
	"time"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/schemas"
	"wirecensus/sensor"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/publish"
)

// script is a live source that does what it is told.
type script struct {
	steps []func(*capture.Frame) error
	stats capture.LiveStats
	// pressed makes a full queue drop.
	pressed bool
}

func (s *script) Next(f *capture.Frame) error {
	if len(s.steps) == 0 {
		return io.EOF
	}
	step := s.steps[0]
	s.steps = s.steps[1:]
	return step(f)
}

func (s *script) Stats() capture.LiveStats { return s.stats }
func (s *script) Pressed() bool            { return s.pressed }

// frames adds the frames of conversations.
func (s *script) frames(cs ...*synth.Conversation) (last int64) {
	for f := range synth.New(1, cs...).Frames() {
		frame := capture.Frame{Data: append([]byte(nil), f.Data...), Time: f.Time, WireLen: f.Len, Link: capture.LinkEthernet}
		last = f.Time
		s.steps = append(s.steps, func(f *capture.Frame) error {
			*f = frame
			return nil
		})
	}
	return last
}

// idle adds that the time comes without a frame.
func (s *script) idle(at int64) {
	s.steps = append(s.steps, func(f *capture.Frame) error {
		f.Time = at
		return capture.ErrIdle
	})
}

func (s *script) do(f func()) {
	s.steps = append(s.steps, func(*capture.Frame) error {
		f()
		return capture.ErrIdle
	})
}

// TestIdleTime: when nothing comes any more, time still ends what waits: the call
// without a response is sent while the source goes on.
func TestIdleTime(t *testing.T) {
	for _, shards := range []int{1, 3} {
		var s script
		last := s.frames(talk(1, "> GET /never-answered HTTP/1.1\r\nHost: x.example\r\n\r\n"))
		calls := make(chan *schemas.Call, 10)
		for now := last; now < last+10*int64(time.Minute); now += int64(30 * time.Second) {
			s.idle(now)
		}
		s.do(func() {
			select {
			case c := <-calls:
				if c.Path != "/never-answered" || c.Status != 0 {
					t.Errorf("%d shards: %+v", shards, c)
				}
			case <-time.After(5 * time.Second):
				t.Errorf("%d shards: no call before the end of the source", shards)
			}
		})
		cov, err := sensor.Run(t.Context(), sensor.Config{Source: &s, Shards: shards, Key: []byte("0123456789abcdef"), Sink: func(int) publish.Sink {
			return publish.Func(func(c *schemas.Call) { calls <- c })
		}})
		if err != nil || cov.Calls != 1 || cov.Live == nil {
			t.Errorf("%d shards: %v, %+v", shards, err, cov)
		}
	}
}

// TestReports: the coverage asked for on the way is that of the frames up to there, for any
// number of shards, and what becomes of it does not touch the final one.
func TestReports(t *testing.T) {
	for _, shards := range []int{1, 4} {
		var s script
		s.stats = capture.LiveStats{Packets: 9, Drops: 2, Delivered: 7, Outages: []capture.Outage{{From: 5, To: 7}}}
		reports := make(chan func(*schemas.Coverage), 1)
		got := make(chan *schemas.Coverage, 1)
		half := "< HTTP/1.1 204 No Content\r\n\r\n"
		s.frames(talk(1, "> GET /a HTTP/1.1\r\nHost: x.example\r\n\r\n", half))
		s.idle(1_780_000_500e9)
		s.do(func() { reports <- func(c *schemas.Coverage) { got <- c } })
		s.idle(1_780_000_501e9)
		s.do(func() {
			select {
			case c := <-got:
				if c.Calls != 1 || c.Services["x.example"].Calls != 1 || c.Live.KernelDrops != 2 || len(c.Live.Outages) != 1 {
					t.Errorf("%d shards: report %+v %+v", shards, c, c.Live)
				}
				c.Services["x.example"].Calls = 99
				maps.DeleteFunc(c.Anomalies, func(string, uint64) bool { return true })
			case <-time.After(5 * time.Second):
				t.Errorf("%d shards: no report", shards)
			}
		})
		late := talk(2, "> GET /b HTTP/1.1\r\nHost: x.example\r\n\r\n", half)
		late.Start += 600e9
		s.frames(late)
		cov, err := sensor.Run(t.Context(), sensor.Config{Source: &s, Shards: shards, Key: []byte("0123456789abcdef"), Reports: reports, Sink: func(int) publish.Sink {
			return publish.Func(func(*schemas.Call) {})
		}})
		if err != nil || cov.Calls != 2 || cov.Services["x.example"].Calls != 2 {
			t.Errorf("%d shards: %v, %+v", shards, err, cov)
		}
	}
}

// TestLossyQueue: when a source is pressed, workers that stand still cost segments, all of them counted,
// and never hold up the source; otherwise the source waits for them.
func TestLossyQueue(t *testing.T) {
	for _, live := range []bool{true, false} {
		s := script{pressed: live}
		var cs []*synth.Conversation
		exchanges := map[bool]int{true: 40, false: 20}[live] // 20,000 segments: more than the queues hold
		for n := range 250 {
			c := talk(n)
			for range exchanges {
				c.Say(synth.Client, "GET /a HTTP/1.1\r\nHost: x.example\r\n\r\n", time.Microsecond)
				c.Say(synth.Server, "HTTP/1.1 204 No Content\r\n\r\n", time.Microsecond)
			}
			cs = append(cs, c)
		}
		s.frames(cs...)
		frames := uint64(len(s.steps))
		gate := make(chan struct{})
		var once sync.Once
		open := func() { once.Do(func() { close(gate) }) }
		if live {
			s.do(open) // the source comes to its end although nobody takes a segment
		} else {
			time.AfterFunc(50*time.Millisecond, open)
		}
		cov, err := sensor.Run(context.Background(), sensor.Config{Source: &s, Shards: 2, Key: []byte("0123456789abcdef"), Sink: func(int) publish.Sink {
			return publish.Func(func(*schemas.Call) { <-gate })
		}})
		if err != nil {
			t.Fatal(err)
		}
		dropped := cov.Live.QueueDrops
		if cov.Frames != frames || live != (dropped > 0) || dropped >= cov.Segments {
			t.Errorf("live %v: %d of %d segments dropped", live, dropped, cov.Segments)
		}
		if !live && cov.Calls != 5000 {
			t.Errorf("%d calls", cov.Calls)
		}
	}
}
