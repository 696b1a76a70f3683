package sensor_test

import (
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"

	"wirecensus/reassembly"
	"wirecensus/sensor/capture"
)

// flood is a source of SYNs from distinct addresses with the frames of a tape among them.
type flood struct {
	tape  tape
	n     int // SYNs
	every int // SYNs between two frames of the tape
	i     int
	most  uint64 // heap, sampled
	buf   [40]byte
}

func (s *flood) Next(f *capture.Frame) error {
	if s.i%200_000 == 0 {
		s.most = max(s.most, heapNow())
	}
	if s.i/(s.every+1) < len(s.tape) && s.i%(s.every+1) == s.every {
		*f = s.tape[s.i/(s.every+1)]
		f.Time = int64(s.i) * 1e4
		s.i++
		return nil
	}
	if s.i >= s.n {
		return (&source{}).Next(f)
	}
	b := s.buf[:]
	copy(b, []byte{0x45, 0, 0, 40, byte(s.i >> 8), byte(s.i), 0, 0, 64, 6, 0, 0})
	be.PutUint32(b[12:], uint32(s.i)|20<<24)
	copy(b[16:], []byte{10, 9, 9, 9, 0x9c, 0x40, 0x1f, 0x90})
	be.PutUint32(b[24:], uint32(s.i)*2654435761)
	b[32], b[33] = 5<<4, syn
	*f = capture.Frame{Data: b, WireLen: 40, Time: int64(s.i) * 1e4, Link: capture.LinkRaw}
	s.i++
	return nil
}

func heapNow() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Acceptance item 29: half a million half-open connections hide no call and cost at
// most 256 bytes each.
func TestItem29SYNFlood(t *testing.T) {
	const half = 500_000
	var convs []tape
	for i := range 100 {
		convs = append(convs, byHand(i).open().exchange("/a").shut().tape)
	}
	src := &flood{tape: slices.Concat(convs...), n: half, every: 400}
	before := heapNow()
	calls, cov := hearFrom(t, src)
	if len(calls) != 100 || cov.Half != 0 {
		t.Errorf("%d calls, %d half", len(calls), cov.Half)
	}
	if used := src.most - before; used > half*256+16<<20 {
		t.Errorf("%d MiB for %d half-open connections", used>>20, half)
	}
}

// Acceptance item 31: each limit is reached, is counted, and what follows is read again.
func TestItem31Limits(t *testing.T) {
	tail := func(h *hand) tape { return h.exchange("/n").shut().tape }
	for name, c := range map[string]struct {
		tape tape
		last string
		more func(t *testing.T, calls []string)
	}{
		"content": {tail(byHand(1).open().say(client, getA, 1460).say(server, download(3<<20), 60_000)), "GET x.example /n 200", func(t *testing.T, calls []string) {
			if calls[0] != "GET x.example /a 200 truncated" {
				t.Errorf("%q", calls[0])
			}
		}},
		"requests without response": {func() tape {
			h := byHand(1).open()
			for range 3000 {
				h.say(client, getA, 1460)
			}
			return append(h.tape, byHand(2).open().exchange("/n").tape...)
		}(), "GET x.example /n 200", func(t *testing.T, calls []string) {
			if len(calls) != 3001 {
				t.Errorf("%d calls", len(calls))
			}
		}},
		"out of order": {func() tape {
			h := byHand(1).open().say(client, getA, 1460)
			body := download(3 << 20)
			h.step = 1e3
			h.say(server, body[:100], 1460)
			h.seq[1] += 1000
			h.say(server, body[1100:], 1400)
			return tail(h)
		}(), "GET x.example /n 200", func(t *testing.T, calls []string) {
			if calls[0] != "GET x.example /a 200 gap,truncated" && calls[0] != "GET x.example /a 200 gap" {
				t.Errorf("%q", calls[0])
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			calls, _ := hear(t, c.tape)
			got := lines(calls)
			if len(got) < 2 {
				t.Fatalf("%q", got)
			}
			slices.Sort(got[:len(got)-1])
			if !slices.Contains(got, c.last) {
				t.Errorf("%q is missing among %d", c.last, len(got))
			}
			c.more(t, got)
		})
	}
}

// endless is one download without end, the start of each window lost and never acknowledged.
type endless struct {
	head tape
	n    int
	seq  uint32
	buf  []byte
	most uint64
}

func (s *endless) Next(f *capture.Frame) error {
	if len(s.head) > 0 {
		*f, s.head = s.head[0], s.head[1:]
		return nil
	}
	if s.n == 0 {
		return (&source{}).Next(f)
	}
	if s.n%400 == 0 {
		s.most = max(s.most, heapNow())
		s.seq += uint32(len(s.buf) - 40)
	}
	s.n--
	s.seq += uint32(len(s.buf) - 40)
	be.PutUint32(s.buf[24:], s.seq)
	be.PutUint16(s.buf[4:], uint16(s.n))
	*f = capture.Frame{Data: s.buf, WireLen: len(s.buf), Time: 1_780_000_001e9 + int64(10_000-s.n)*1e4, Link: capture.LinkRaw}
	return nil
}

// Acceptance item 32: one download, however long, holds little.
func TestItem32OneFlow(t *testing.T) {
	h := byHand(0).open().say(client, getA, 1460)
	h.say(server, "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 10000000000\r\n\r\n", 1460)
	h.packet(server, ackf, h.seq[1], h.seq[0], strings.Repeat("x", 60_000))
	last := h.tape[len(h.tape)-1]
	src := &endless{head: h.tape[:len(h.tape)-1], n: 3000, seq: h.seq[1], buf: last.Data}
	before := heapNow()
	calls, _ := hearFrom(t, src)
	if used := int64(src.most) - int64(before); used > 6<<20 { // 1 MiB for the flow, the rest is the sensor
		t.Errorf("%d KiB held", used>>10)
	}
	if len(calls) != 1 || calls[0].Response.Size < 150_000_000 {
		t.Errorf("calls %q", lines(calls))
	}
}

// Acceptance item 33: flows that were chosen to collide without a key are spread by
// one, over shards and tables, and the key changes no call.
func TestItem33HashFlood(t *testing.T) {
	const buckets, want = 1024, 2000
	var chosen []reassembly.Flow
	for i := uint32(0); len(chosen) < want; i++ {
		f := reassembly.Flow{Dst: reassembly.AddrOf(netip.MustParseAddrPort("10.9.9.9:80"))}
		f.Src = reassembly.AddrOf(netip.AddrPortFrom(netip.AddrFrom4([4]byte{30, byte(i >> 16), byte(i >> 8), byte(i)}), 4000))
		if f.Hash(0)%buckets == 7 {
			chosen = append(chosen, f)
		}
	}
	var spread [2][buckets]int
	same := 0
	for _, f := range chosen {
		a, b := f.Hash(0x1234567)%buckets, f.Hash(0x89abcde)%buckets
		spread[0][a]++
		spread[1][b]++
		if a == b {
			same++
		}
	}
	for i := range spread {
		if most := slices.Max(spread[i][:]); most > 14 { // 2 are expected
			t.Errorf("%d of %d flows in one of %d buckets", most, want, buckets)
		}
	}
	if same > want/50 {
		t.Errorf("%d flows in the same bucket under two keys", same)
	}
}
