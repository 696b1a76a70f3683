package sensor_test

import (
	"fmt"
	"io"
	"iter"
	"net/netip"
	"testing"
	"time"

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

const lossConns, lossCalls = 250, 100 // connections, and calls on each

// lossStatus is the status that call n of connection i is answered with: one that
// allows content and that no neighbour has, so that a wrong pairing shows.
func lossStatus(i, n int) int { return 205 + (i*31+n*7)%89 }

// lossTraffic is keep-alive traffic in which every head fits a packet.
func lossTraffic(seed uint64, trouble synth.Trouble) *synth.Capture {
	var cs []*synth.Conversation
	body := fmt.Sprintf("%0300d", 0)
	for i := range lossConns {
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
		{"bursts", synth.Trouble{Burst: 0.0002, BurstLen: 50}, 0.975, 0.98},
	} {
		t.Run(c.name, func(t *testing.T) {
			lost := lossTraffic(21, c.trouble)
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
			const all = lossConns * lossCalls
			got, gotHeads := float64(calls)/all, float64(heads)/all
			truth := lost.Truth
			t.Logf("%.4f of the calls, %.4f of the request heads; %d gap bytes of %d lost, stream %d", got, gotHeads, cov.GapBytes, truth.LostBytes, truth.StreamBytes)
			if got < c.calls || gotHeads < c.heads {
				t.Errorf("%.4f of the calls and %.4f of the request heads, want %.4f and %.4f", got, gotHeads, c.calls, c.heads)
			}
			if off := float64(cov.GapBytes) - float64(truth.LostBytes); off > 0.2*float64(truth.LostBytes) || off < -0.2*float64(truth.LostBytes) {
				t.Errorf("%d gap bytes, lost were %d", cov.GapBytes, truth.LostBytes)
			}
		})
	}
}
