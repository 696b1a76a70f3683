package sensor_test

import (
	"encoding/binary"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/schemas"
	"wirecensus/sensor"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/decode"
	"wirecensus/sensor/publish"
)

// tape is a capture in memory.
type tape []capture.Frame

// source plays a tape.
type source struct {
	tape tape
	at   int
}

func (s *source) Next(f *capture.Frame) error {
	if s.at == len(s.tape) {
		return io.EOF
	}
	*f = s.tape[s.at]
	s.at++
	return nil
}

// record returns the frames of a synthetic capture.
func record(c *synth.Capture) tape {
	link := map[synth.Link]capture.LinkType{synth.Ethernet: capture.LinkEthernet, synth.Null: capture.LinkNull, synth.Raw: capture.LinkRaw,
		synth.LinuxSLL: capture.LinkLinuxSLL, synth.LinuxSLL2: capture.LinkLinuxSLL2}[c.Link]
	var out tape
	for f := range c.Frames() {
		out = append(out, capture.Frame{Data: slices.Clone(f.Data), Time: f.Time, WireLen: f.Len, Link: link})
	}
	return out
}

// raw returns the conversations as bare IP packets.
func raw(cs ...*synth.Conversation) tape {
	c := synth.New(1, cs...)
	c.Link = synth.Raw
	return record(c)
}

// hear runs the sensor over a tape.
func hear(t testing.TB, frames tape) ([]*schemas.Call, *schemas.Coverage) {
	t.Helper()
	return hearFrom(t, &source{tape: frames})
}

// hearAs is hear with frames decoded as cfg says.
func hearAs(t testing.TB, cfg decode.Config, frames tape) ([]*schemas.Call, *schemas.Coverage) {
	t.Helper()
	return run(t, sensor.Config{Source: &source{tape: frames}, Decode: cfg})
}

func hearFrom(t testing.TB, src sensor.Source) ([]*schemas.Call, *schemas.Coverage) {
	t.Helper()
	return run(t, sensor.Config{Source: src})
}

// hearEach runs the sensor over a source and keeps no call.
func hearEach(t testing.TB, src sensor.Source, take func(*schemas.Call)) *schemas.Coverage {
	t.Helper()
	cov, err := sensor.Run(t.Context(), sensor.Config{Source: src, Key: []byte("k"), Sink: func(int) publish.Sink { return publish.Func(take) }})
	if err != nil {
		t.Fatal(err)
	}
	balance(t, cov)
	return cov
}

func run(t testing.TB, cfg sensor.Config) ([]*schemas.Call, *schemas.Coverage) {
	t.Helper()
	var calls []*schemas.Call
	cfg.Key, cfg.Sink = []byte("k"), func(int) publish.Sink {
		return publish.Func(func(c *schemas.Call) { calls = append(calls, c) })
	}
	cov, err := sensor.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	balance(t, cov)
	return calls, cov
}

// balance holds the frames against what became of them.
func balance(t testing.TB, cov *schemas.Coverage) {
	t.Helper()
	sum := cov.Segments + cov.Duplicates
	for _, n := range cov.Undecoded {
		sum += n
	}
	if sum != cov.Frames || cov.Evicted["panic"] != 0 {
		t.Errorf("%d frames, %d accounted for, %d panics", cov.Frames, sum, cov.Evicted["panic"])
	}
}

// line is a call as text: method, host, path, status, flags.
func line(c *schemas.Call) string {
	return strings.TrimSpace(strings.Join([]string{c.Method, c.Host, c.Path, statusText(c.Status), strings.Join(c.Flags, ",")}, " "))
}

func lines(calls []*schemas.Call) []string {
	var out []string
	for _, c := range calls {
		out = append(out, line(c))
	}
	return out
}

// wantLines compares calls with what is expected.
func wantLines(t testing.TB, calls []*schemas.Call, want ...string) {
	t.Helper()
	if got := lines(calls); !slices.Equal(got, want) {
		t.Errorf("calls %q, want %q", got, want)
	}
}

// hand builds one connection packet by packet, as bare IPv4 with an own identification each.
type hand struct {
	tape   tape
	now    int64 // of the next packet; advances by step
	step   int64
	seq    [2]uint32
	client netip.AddrPort
	server netip.AddrPort
	id     uint16
}

// TCP flags.
const (
	fin, syn, rst, psh, ackf, urg = 1, 2, 4, 8, 16, 32
)

func byHand(n int) *hand {
	return &hand{now: 1_780_000_000e9 + int64(n)*100e9, step: 1e6, seq: [2]uint32{1000, 900_000},
		client: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(n >> 8), byte(n)}), 40000), server: netip.MustParseAddrPort("10.9.9.9:8080")}
}

// packet adds a packet with any numbers and changes none.
func (h *hand) packet(side synth.Side, flags byte, seq, ack uint32, data string) *hand {
	src, dst := h.client, h.server
	if side == synth.Server {
		src, dst = dst, src
	}
	be := binary.BigEndian
	b := make([]byte, 40, 40+len(data))
	b[0], b[8], b[9] = 0x45, 64, 6
	be.PutUint16(b[2:], uint16(40+len(data)))
	h.id++
	be.PutUint16(b[4:], h.id)
	a, z := src.Addr().As4(), dst.Addr().As4()
	copy(b[12:], a[:])
	copy(b[16:], z[:])
	be.PutUint16(b[20:], src.Port())
	be.PutUint16(b[22:], dst.Port())
	be.PutUint32(b[24:], seq)
	be.PutUint32(b[28:], ack)
	b[32], b[33] = 5<<4, flags
	be.PutUint16(b[34:], 500)
	b = append(b, data...)
	h.tape = append(h.tape, capture.Frame{Data: b, WireLen: len(b), Time: h.now, Link: capture.LinkRaw})
	h.now += h.step
	return h
}

// open is the handshake.
func (h *hand) open() *hand {
	h.packet(synth.Client, syn, h.seq[0], 0, "")
	h.packet(synth.Server, syn|ackf, h.seq[1], h.seq[0]+1, "")
	h.seq[0]++
	h.seq[1]++
	return h.ack(synth.Client)
}

// ack is a bare acknowledgement.
func (h *hand) ack(side synth.Side) *hand {
	return h.packet(side, ackf, h.seq[side], h.seq[1-side], "")
}

// say sends data in segments of at most n bytes.
func (h *hand) say(side synth.Side, data string, n int) *hand {
	for len(data) > 0 {
		k := min(n, len(data))
		h.packet(side, ackf|psh, h.seq[side], h.seq[1-side], data[:k])
		h.seq[side] += uint32(k)
		data = data[k:]
	}
	return h
}

// shut is the end by FIN of both sides.
func (h *hand) shut() *hand {
	for _, side := range []synth.Side{synth.Client, synth.Server} {
		h.packet(side, ackf|fin, h.seq[side], h.seq[1-side], "")
		h.seq[side]++
	}
	return h.ack(synth.Client)
}

// exchange is one usual request and response.
func (h *hand) exchange(path string) *hand {
	h.say(synth.Client, "GET "+path+" HTTP/1.1\r\nHost: x.example\r\n\r\n", 1460)
	return h.say(synth.Server, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 1460)
}

// join puts tapes in order of time.
func join(tapes ...tape) tape {
	all := slices.Concat(tapes...)
	slices.SortStableFunc(all, func(a, b capture.Frame) int {
		switch {
		case a.Time < b.Time:
			return -1
		case a.Time > b.Time:
			return 1
		}
		return 0
	})
	return all
}
