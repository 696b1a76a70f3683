package sensor_test

import (
	"fmt"
	"io"
	"iter"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/schemas"
	"wirecensus/sensor"
	"wirecensus/sensor/publish"
)

const (
	shedConns     = 1500
	shedCalls     = 20 // on each connection
	shedEndpoints = 60 // of which a third are called from the middle on only
)

// shedStatus is the status of call n of connection i.
func shedStatus(i, n int) int { return 200 + (i*7+n)%4*100/100 }

// shedTraffic is of many connections over a minute, with content in both directions.
func shedTraffic() *synth.Capture {
	var cs []*synth.Conversation
	body := fmt.Sprintf(`{"text":"%0500d"}`, 0)
	for i := range shedConns {
		c := &synth.Conversation{
			Client: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 40000), Server: netip.MustParseAddrPort("10.9.0.1:80"),
			Start: int64(i) * int64(40*time.Millisecond), RTT: time.Millisecond,
		}
		for n := range shedCalls {
			e := (i*shedCalls + n) * 7919 % shedEndpoints
			if i < shedConns/2 {
				e = e * 2 / 3
			}
			path := fmt.Sprintf("/e%c%c/%d", 'a'+e/26, 'a'+e%26, i*100+n)
			c.Say(synth.Client, fmt.Sprintf("POST %s HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body), time.Millisecond)
			c.Say(synth.Server, fmt.Sprintf("HTTP/1.1 %d x\r\nX-A: b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", shedStatus(i, n), len(body), body), time.Millisecond)
		}
		cs = append(cs, c)
	}
	return synth.New(35, cs...)
}

// underLoad is what a run under pressure gave.
type underLoad struct {
	mu    sync.Mutex
	calls []*schemas.Call
	cost  float64 // of the calls so far, in calls that are read whole
	cov   *schemas.Coverage
	worst float64 // pressure
}

// run reads the traffic with a sensor whose workers do capacity calls per look of 256 frames.
func (u *underLoad) run(t *testing.T, shards int, capacity float64) {
	t.Helper()
	next, stop := iter.Pull(shedTraffic().Frames())
	defer stop()
	var backlog, before float64
	cfg := sensor.Config{Source: frames{next}, Shards: shards, Sink: func(int) publish.Sink {
		return publish.Func(func(c *schemas.Call) {
			u.mu.Lock()
			defer u.mu.Unlock()
			u.calls = append(u.calls, c)
			switch {
			case c.Response.Unread == "shed" && len(c.ResponseHeaders) == 0:
				u.cost += 0.35
			case slices.Contains(c.Flags, "shed"):
				u.cost += 0.5
			default:
				u.cost++
			}
		})
	}}
	if capacity > 0 {
		cfg.Pressure = func() float64 {
			u.mu.Lock()
			defer u.mu.Unlock()
			backlog = max(0, backlog+u.cost-before-capacity)
			before = u.cost
			u.worst = max(u.worst, backlog/2000)
			return min(1, backlog/2000)
		}
	}
	var err error
	if u.cov, err = sensor.Run(t.Context(), cfg); err != nil && err != io.EOF {
		t.Fatal(err)
	}
}

// Acceptance item 35: at twice what the workers can do, content goes first, then responses, then connections, and
// of each endpoint the first calls stay. Calls that stay are right, and what went is counted and told in each call.
func TestItem35Overload(t *testing.T) {
	var whole underLoad
	whole.run(t, 1, 0)
	if len(whole.calls) != shedConns*shedCalls || whole.cov.Shed != nil {
		t.Fatalf("without pressure %d calls, shed %v", len(whole.calls), whole.cov.Shed)
	}
	looks := float64(whole.cov.Frames) / 256
	for _, load := range []float64{2, 8} {
		t.Run(fmt.Sprintf("load %v", load), func(t *testing.T) {
			var u underLoad
			u.run(t, 1, float64(len(whole.calls))/looks/load)
			t.Logf("%d of %d calls, shed %v, worst backlog %.2f", len(u.calls), len(whole.calls), u.cov.Shed, u.worst)
			u.check(t)
			for _, kind := range []string{"bodies", "responses", "bytes"} {
				if u.cov.Shed[kind] == 0 {
					t.Errorf("no %s shed", kind)
				}
			}
			if load > 3 && (u.cov.Shed["connections"] == 0 || len(u.calls) > len(whole.calls)/2) {
				t.Errorf("%d connections shed, %d calls left", u.cov.Shed["connections"], len(u.calls))
			}
			if u.worst > 1.5 {
				t.Errorf("a backlog of %.2f: what is shed does not suffice", u.worst)
			}
		})
	}
	t.Run("workers", func(t *testing.T) {
		var u underLoad
		u.run(t, 3, float64(len(whole.calls))/looks/8)
		u.check(t)
	})
	t.Run("enough capacity", func(t *testing.T) {
		var u underLoad
		u.run(t, 1, float64(len(whole.calls))/looks*3)
		if u.cov.Shed != nil || len(u.calls) != len(whole.calls) {
			t.Errorf("%d calls, shed %v", len(u.calls), u.cov.Shed)
		}
	})
}

// check checks calls and counters against the truth.
func (u *underLoad) check(t *testing.T) {
	t.Helper()
	endpoints, whole := map[string]int{}, map[string]int{}
	shed, sampled := uint64(0), 0
	for _, c := range u.calls {
		var name string
		var id int
		if _, err := fmt.Sscanf(c.Path, "/e%2s/%d", &name, &id); err != nil || c.Method != "POST" {
			t.Fatalf("nobody called %s %s", c.Method, c.Path)
		}
		if c.Status != 0 && c.Status != shedStatus(id/100, id%100) {
			t.Fatalf("%s has status %d", c.Path, c.Status)
		}
		endpoints[name]++
		if c.Request.Shape != nil && c.Response.Shape != nil {
			whole[name]++
		}
		if slices.Contains(c.Flags, "shed") {
			shed++
			if c.Request.Unread != "shed" || c.Request.Shape != nil || c.Request.Size == 0 {
				t.Fatalf("shed, with %+v", c.Request)
			}
		}
		if c.OneOf > 1 {
			sampled++
		}
	}
	if len(endpoints) != shedEndpoints {
		t.Errorf("%d endpoints of %d", len(endpoints), shedEndpoints)
	}
	for name, n := range whole {
		if n < 20 {
			t.Errorf("%s was read whole %d times", name, n)
		}
	}
	if s := u.cov.Services["h"]; shed == 0 || shed != u.cov.Shed["bodies"] || s.Shed != shed {
		t.Errorf("%d calls say that they were shed, coverage %v, service %+v", shed, u.cov.Shed, s)
	}
	if left := u.cov.Shed["connections"] > 0; left != (u.cov.Hosts["10.9.0.1:80"].Shed > 0) || left != (sampled > 0) {
		t.Errorf("%d connections shed, host %+v, %d calls sampled", u.cov.Shed["connections"], u.cov.Hosts["10.9.0.1:80"], sampled)
	}
	var intervals uint64
	for _, i := range u.cov.Intervals.List {
		intervals += i.Shed
	}
	if intervals != u.cov.Shed["bodies"]+u.cov.Shed["connections"] {
		t.Errorf("%d shed in intervals, %v in all", intervals, u.cov.Shed)
	}
}

// Acceptance item 35, hysteresis: when the pressure is over, all is read again after a while.
func TestItem35Recovery(t *testing.T) {
	next, stop := iter.Pull(shedTraffic().Frames())
	defer stop()
	looks := 0
	var calls []*schemas.Call
	_, err := sensor.Run(t.Context(), sensor.Config{Source: frames{next}, Pressure: func() float64 {
		if looks++; looks < 60 {
			return 0.9
		}
		return 0.1
	}, Sink: func(int) publish.Sink { return publish.Func(func(c *schemas.Call) { calls = append(calls, c) }) }})
	if err != nil {
		t.Fatal(err)
	}
	last := calls[len(calls)-1].Time
	early, late, n := 0, 0, 0
	for _, c := range calls {
		odd := slices.Contains(c.Flags, "shed") || c.OneOf > 1
		switch {
		case last-c.Time < 10e9:
			n++
			if odd {
				late++
			}
		case odd:
			early++
		}
	}
	if early == 0 || late > 0 || n < 10*25*shedCalls*9/10 {
		t.Errorf("%d shed early, %d in the last 10 s, of which %d calls", early, late, n)
	}
}
