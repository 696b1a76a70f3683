package sensor_test

import (
	"syscall"
	"testing"

	"golang.org/x/net/http2"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/schemas"
)

// resets is a connection on which n requests are sent and reset at once, then one
// that is answered.
func resets(t *testing.T, n int) tape {
	t.Helper()
	c, s := speak(true), speak(false)
	h := byHand(1).open()
	h.step = 1e3
	said := c.said()
	for i := range n {
		id := uint32(2*i + 1)
		said += c.get(id, "/r").said()
		c.must(c.WriteRSTStream(id, http2.ErrCodeCancel))
		if said += c.said(); len(said) > 30_000 || i == n-1 {
			h.say(synth.Client, said, 1460)
			said = ""
		}
	}
	last := uint32(2*n + 1)
	h.say(synth.Client, c.get(last, "/last").said(), 1460)
	h.say(synth.Server, s.said()+s.headers(last, true, ":status", "200").said(), 1460)
	return h.shut().tape
}

// userTime is the CPU time of the process so far in seconds, user and system.
func userTime(t *testing.T) float64 {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// Acceptance item 47: a rapid reset costs in proportion to its length, calls in proportion to
// its beginning only, and the answered request after it is found. The CPU time of each length is the least of some tries,
// as anything else that runs here only adds to it.
func TestItem47RapidResetIsLinear(t *testing.T) {
	n := fullFlood(t) / 2
	tapes := [2]tape{resets(t, n), resets(t, 2*n)}
	var least [2]float64
	for try := range 12 {
		for i, in := range tapes {
			before := userTime(t)
			calls, half, last := 0, 0, false
			cov := hearEach(t, &source{tape: in}, func(c *schemas.Call) {
				if calls++; c.Status == 0 {
					half++
				}
				last = last || c.Path == "/last" && c.Status == 200
			})
			took := userTime(t) - before
			if try == 0 || took < least[i] {
				least[i] = took
			}
			want := uint64(n<<i) - 999
			if calls != 1000 || half != 999 || !last || cov.Evicted["rapid-reset"] != want || cov.Anomalies["rapid-reset"] != 1 {
				t.Fatalf("%d resets: %d calls, %d without answer, last %v, %v, %v", n<<i, calls, half, last, cov.Evicted, cov.Anomalies)
			}
		}
		if try >= 2 && least[1] <= 2.6*least[0] {
			break
		}
	}
	t.Logf("%.3f s of CPU for %d resets, %.3f s for %d: %.2f s a million", least[0], n, least[1], 2*n, least[1]*1e6/float64(2*n))
	if least[1] > 2.6*least[0] {
		t.Errorf("twice as many resets take %.1f times as long", least[1]/least[0])
	}
}
