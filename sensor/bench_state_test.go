package sensor_test

import (
	"bytes"
	"net/netip"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"testing"

	"wirecensus/reassembly"
	"wirecensus/schemas"
	"wirecensus/sensor"
	"wirecensus/sensor/capture"
)

// resident returns the resident memory of the process in bytes, 0 where the system does not tell.
func resident() uint64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(status, []byte("VmRSS:"))
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kib, _ := strconv.ParseUint(string(fields[0]), 10, 64)
	return kib << 10
}

// weighed is a source that looks at the resident memory each 20,000 frames.
type weighed struct {
	of     sensor.Source
	frames int
	most   uint64
}

func (w *weighed) Next(f *capture.Frame) error {
	if w.frames%20_000 == 0 {
		w.most = max(w.most, resident())
	}
	w.frames++
	return w.of.Next(f)
}

// opened is a source of connections with a request and its response that stay open.
type opened struct {
	n, i    int
	pending tape
}

func (s *opened) Next(f *capture.Frame) error {
	if len(s.pending) == 0 {
		if s.i == s.n {
			return (&source{}).Next(f)
		}
		h := byHand(s.i % 50_000)
		h.open().exchange("/a")
		for i := range h.tape {
			b := h.tape[i].Data
			side := 12
			if fromServer(b) {
				side = 16
			}
			b[side+1] = byte(20 + s.i/50_000)
		}
		s.pending = h.tape
		s.i++
	}
	*f, s.pending = s.pending[0], s.pending[1:]
	f.Time = 1_780_000_000e9 + int64(s.i)*1e4
	return nil
}

// syns is a source of one SYN of each flow.
type syns struct {
	flows []netip.AddrPort
	i     int
	buf   [40]byte
}

func (s *syns) Next(f *capture.Frame) error {
	if s.i == len(s.flows) {
		return (&source{}).Next(f)
	}
	b := s.buf[:]
	copy(b, []byte{0x45, 0, 0, 40, byte(s.i >> 8), byte(s.i), 0, 0, 64, 6, 0, 0})
	from := s.flows[s.i].Addr().As4()
	copy(b[12:], from[:])
	copy(b[16:], []byte{10, 9, 9, 9})
	be.PutUint16(b[20:], s.flows[s.i].Port())
	be.PutUint16(b[22:], 80)
	b[32], b[33] = 5<<4, syn
	*f = capture.Frame{Data: b, WireLen: 40, Time: 1_780_000_000e9 + int64(s.i)*1e3, Link: capture.LinkRaw}
	s.i++
	return nil
}

// BenchmarkState is acceptance items 29, 30 and 33: what floods, connections that stay open, churn and flows that
// were chosen to collide cost in resident memory (most, above that before, and after) and time.
func BenchmarkState(b *testing.B) {
	const buckets, collide = 1024, 100_000
	var chosen, others []netip.AddrPort
	for i := uint32(0); len(chosen) < collide; i++ {
		a := netip.AddrPortFrom(netip.AddrFrom4([4]byte{30 + byte(i>>24), byte(i >> 16), byte(i >> 8), byte(i)}), 4000)
		f := reassembly.Flow{Src: reassembly.AddrOf(a), Dst: reassembly.AddrOf(netip.MustParseAddrPort("10.9.9.9:80"))}
		if f.Hash(0)%buckets == 7 {
			chosen = append(chosen, a)
		}
		if i%buckets == 7 && len(others) < collide {
			others = append(others, a)
		}
	}
	var convs []tape
	for i := range 1000 {
		convs = append(convs, byHand(i).open().exchange("/a").shut().tape)
	}
	legitimate := slices.Concat(convs...)
	for _, c := range []struct {
		name   string
		calls  int // wanted, 0: no matter
		source func() sensor.Source
	}{
		{"item29/1M_SYNs_1000_calls", 1000, func() sensor.Source { return &flood{tape: legitimate, n: 1_000_000, every: 90} }},
		{"item30/1M_connections_stay_open", 1_000_000, func() sensor.Source { return &opened{n: 1_000_000} }},
		{"item30/1M_connections_come_and_go", 2_000_000, func() sensor.Source { return &steady{connections: 1_000_000, look: func() {}} }},
		{"item33/100k_SYNs_chosen_to_collide", 0, func() sensor.Source { return &syns{flows: chosen} }},
		{"item33/100k_SYNs_not_chosen", 0, func() sensor.Source { return &syns{flows: others} }},
	} {
		b.Run(c.name, func(b *testing.B) {
			debug.FreeOSMemory()
			before := resident()
			var most uint64
			frames := 0
			for b.Loop() {
				w, calls := &weighed{of: c.source()}, 0
				hearEach(b, w, func(*schemas.Call) { calls++ })
				if c.calls > 0 && calls < c.calls*99/100 {
					b.Errorf("%d calls of %d", calls, c.calls)
				}
				most, frames = max(most, w.most), frames+w.frames
			}
			debug.FreeOSMemory()
			mib := func(n uint64) float64 { return float64(int64(n)-int64(before)) / (1 << 20) }
			b.ReportMetric(mib(most), "MiB-most")
			b.ReportMetric(mib(resident()), "MiB-after")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(frames), "ns/frame")
		})
	}
}
