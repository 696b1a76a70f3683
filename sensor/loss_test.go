package sensor_test

import (
	"fmt"
	"io"
	"iter"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/schemas"
	"wirecensus/sensor"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/publish"
)

// frames is a synthetic capture as a source.
type frames struct {
	next func() (synth.Frame, bool)
}

func (s frames) Next(f *capture.Frame) error {
	g, ok := s.next()
	if !ok {
		return io.EOF
	}
	*f = capture.Frame{Data: g.Data, Time: g.Time, WireLen: g.Len, Link: capture.LinkEthernet}
	return nil
}

const lossCalls = 100 // on each connection

// lossSize returns the number of connections and of seeds: those of acceptance item 21 with
// WIRECENSUS_LOSS=full, a tenth of the calls in every other run.
func lossSize() (conns int, seeds uint64) {
	if os.Getenv("WIRECENSUS_LOSS") == "full" {
		return 1000, 5
	}
	return 100, 5
}

// lossStatus is the status that call n of connection i is answered with: one that
// allows content and that no neighbour has, so that a wrong pairing shows.
func lossStatus(i, n int) int { return 205 + (i*31+n*7)%89 }

// lossTraffic is keep-alive traffic in which every head fits a packet.
func lossTraffic(seed uint64, conns int, trouble synth.Trouble) *synth.Capture {
	var cs []*synth.Conversation
	body := fmt.Sprintf("%0300d", 0)
	for i := range conns {
		c := &synth.Conversation{
			Client: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 40000), Server: netip.MustParseAddrPort("10.9.0.1:80"),
			Start: int64(i) * int64(3*time.Millisecond), RTT: 2 * time.Millisecond,
		}
		for n := range lossCalls {
			c.Say(synth.Client, fmt.Sprintf("GET /c/%d/%d HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n\r\n", i, n), 5*time.Millisecond)
			c.Say(synth.Server, fmt.Sprintf("HTTP/1.1 %d x\r\nContent-Length: %d\r\n\r\n%s", lossStatus(i, n), len(body), body), time.Millisecond)
		}
		cs = append(cs, c)
	}
	out := synth.New(seed, cs...)
	out.Trouble = trouble
	return out
}

// Acceptance item 21: what is left of keep-alive traffic when the mirror loses
// packets. Never is a status paired with the wrong request.
func TestItem21Loss(t *testing.T) {
	for _, c := range []struct {
		name         string
		trouble      synth.Trouble
		calls, heads float64
	}{
		{"none", synth.Trouble{}, 1, 1},
		{"1 percent", synth.Trouble{Loss: 0.01}, 0.97, 0.985},
		{"5 percent", synth.Trouble{Loss: 0.05}, 0.88, 0.92},
		{"10 percent", synth.Trouble{Loss: 0.10}, 0.78, 0.85},
		{"1 percent, disorder", synth.Trouble{Loss: 0.01, Reorder: 0.02, Retransmit: 0.01, Duplicate: 0.02}, 0.965, 0.98},
		{"bursts", synth.Trouble{BurstEvery: 5000, BurstLen: 50}, 0.975, 0.98},
	} {
		t.Run(c.name, func(t *testing.T) {
			conns, seeds := lossSize()
			for seed := range seeds {
				lossRun(t, lossTraffic(21+seed, conns, c.trouble), conns*lossCalls, seed, c.calls, c.heads)
			}
		})
	}
}

// lossRun reads a capture with loss and holds what is left of it against the least shares of calls and of request heads.
func lossRun(t *testing.T, lost *synth.Capture, all int, seed uint64, least, leastHeads float64) {
	t.Helper()
	next, stop := iter.Pull(lost.Frames())
	defer stop()
	heads, calls := 0, 0
	seen := map[string]bool{}
	cov, err := sensor.Run(t.Context(), sensor.Config{Source: frames{next}, Sink: func(int) publish.Sink {
		return publish.Func(func(call *schemas.Call) {
			var i, n int
			if _, err := fmt.Sscanf(call.Path, "/c/%d/%d", &i, &n); err != nil {
				t.Errorf("nobody called %s", call.Path)
			}
			if seen[call.Path] {
				t.Errorf("%s came twice", call.Path)
			}
			seen[call.Path] = true
			heads++
			switch call.Status {
			case lossStatus(i, n):
				calls++
			case 0:
			default:
				t.Errorf("%s has status %d, sent was %d", call.Path, call.Status, lossStatus(i, n))
			}
		})
	}})
	if err != nil {
		t.Fatal(err)
	}
	got, gotHeads := float64(calls)/float64(all), float64(heads)/float64(all)
	truth := lost.Truth
	t.Logf("seed %d: %.4f of the calls, %.4f of the request heads; %d gap bytes of %d lost (%+.1f %%), stream %d; %d gaps of %d acks", seed, got, gotHeads, cov.GapBytes, truth.LostBytes,
		100*(float64(cov.GapBytes)-float64(truth.LostBytes))/max(1, float64(truth.LostBytes)), truth.StreamBytes, cov.AckGaps, cov.Acks)
	if got < least || gotHeads < leastHeads {
		t.Errorf("seed %d: %.4f of the calls and %.4f of the request heads, want %.4f and %.4f", seed, got, gotHeads, least, leastHeads)
	}
	if off := float64(cov.GapBytes) - float64(truth.LostBytes); off > 0.2*float64(truth.LostBytes) || off < -0.2*float64(truth.LostBytes) {
		t.Errorf("seed %d: %d gap bytes, lost were %d", seed, cov.GapBytes, truth.LostBytes)
	}
	lossPlaces(t, cov)
}

// lossPlaces checks that the loss told by service, host and interval is the loss told in all.
func lossPlaces(t *testing.T, cov *schemas.Coverage) {
	t.Helper()
	var v schemas.Interval
	for i := range cov.Intervals.List {
		x := &cov.Intervals.List[i]
		v.Frames, v.GapBytes, v.StreamBytes, v.Calls = v.Frames+x.Frames, v.GapBytes+x.GapBytes, v.StreamBytes+x.StreamBytes, v.Calls+x.Calls
		v.Acks, v.AckGaps, v.Connections, v.OneSided = v.Acks+x.Acks, v.AckGaps+x.AckGaps, v.Connections+x.Connections, v.OneSided+x.OneSided
	}
	lost := cov.GapBytes + cov.CutBytes
	if v.Frames != cov.Frames || v.GapBytes != lost || v.StreamBytes != cov.StreamBytes || v.Calls != cov.Calls || v.Acks != cov.Acks || v.AckGaps != cov.AckGaps || v.Connections != cov.Connections || v.OneSided != cov.OneSided {
		t.Errorf("the intervals add up to %+v", v)
	}
	h, s := cov.Hosts["10.9.0.1:80"], cov.Services["h"]
	if len(cov.Hosts) != 1 || h.Connections != cov.Connections || h.GapBytes != lost || h.StreamBytes != cov.StreamBytes {
		t.Errorf("host %+v", h)
	}
	if s.StreamBytes > cov.StreamBytes || float64(s.StreamBytes) < 0.95*float64(cov.StreamBytes) || s.GapBytes > lost || float64(s.GapBytes) < 0.9*float64(lost) {
		t.Errorf("service %+v", s)
	}
}

// TestLossByShards: what is told of loss by place and time does not depend on the number of workers.
func TestLossByShards(t *testing.T) {
	var want *schemas.Coverage
	for _, shards := range []int{1, 2, 5} {
		next, stop := iter.Pull(lossTraffic(7, 40, synth.Trouble{Loss: 0.05, Reorder: 0.02}).Frames())
		cov, err := sensor.Run(t.Context(), sensor.Config{Source: frames{next}, Shards: shards, Sink: func(int) publish.Sink { return publish.Func(func(*schemas.Call) {}) }})
		stop()
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = cov
		}
		if d := cmp.Diff(want, cov); d != "" {
			t.Errorf("%d workers: %s", shards, d)
		}
	}
}
