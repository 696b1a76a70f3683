package http2_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"sort"
	"strings"
	"testing"

	xhttp2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"wirecensus/reassembly"
	"wirecensus/sensor/http2"
	"wirecensus/sensor/message"
)

// turn is what one side sends, or n bytes of it that were lost.
type turn struct {
	dir  reassembly.Dir
	data []byte
	lost int
}

// script reads turns from fuzz input: a byte whose lowest bit is the direction,
// the next whether it is a gap, then the length.
func script(in []byte) (out []turn) {
	for len(in) >= 2 {
		n := int(in[1])
		if in[0]&4 != 0 {
			n *= 8
		}
		t := turn{dir: reassembly.Dir(in[0] & 1)}
		long := in[0]&2 != 0
		if in = in[2:]; long {
			t.lost = n + 1
		} else {
			n = min(n, len(in))
			t.data, in = in[:n], in[n:]
		}
		out = append(out, t)
	}
	return out
}

// unscript writes turns as fuzz input.
func unscript(turns []turn) (out []byte) {
	for _, t := range turns {
		for d := t.data; len(d) > 0; {
			n := min(len(d), 255)
			out = append(append(out, byte(t.dir), byte(n)), d[:n]...)
			d = d[n:]
		}
		if t.lost > 0 {
			out = append(out, byte(t.dir)|2, byte(t.lost-1))
		}
	}
	return out
}

// tell runs turns through a connection, data cut by cut, and writes down what
// is said of every message: heads, content joined, gaps, ends.
func tell(pool *http2.Pool, turns []turn, mid bool, cut func(n int) int) string {
	c := pool.Conn()
	defer c.Release()
	conn := &reassembly.Conn{Start: 1, Midstream: mid}
	said := map[string]*strings.Builder{}
	var skipped uint64
	var last string
	take := func(evs []message.Event) {
		for i := range evs {
			ev := &evs[i]
			key := fmt.Sprintf("%d/%d", ev.Stream, ev.Dir)
			switch ev.Kind {
			case message.Skipped:
				skipped += ev.Len
				continue
			case message.Oddity:
				key = "odd"
			}
			if said[key] == nil {
				said[key] = new(strings.Builder)
			}
			describe(said[key], ev)
		}
	}
	var at [2]uint64
	for i, t := range turns {
		ev := reassembly.Event{Kind: reassembly.Data, Dir: t.dir, Conn: conn, Time: int64(i)}
		for d := t.data; len(d) > 0; {
			n := min(len(d), cut(len(d)))
			ev.Offset, ev.Data = at[t.dir], bytes.Clone(d[:n])
			take(c.Append(nil, ev))
			for k := range ev.Data {
				ev.Data[k] = 0xEE // events must not be used any more
			}
			at[t.dir] += uint64(n)
			d = d[n:]
		}
		if t.lost > 0 {
			ev.Kind, ev.Data, ev.Offset, ev.Len = reassembly.Gap, nil, at[t.dir], uint64(t.lost)
			take(c.Append(nil, ev))
			at[t.dir] += uint64(t.lost)
		}
	}
	for d := range at {
		take(c.Append(nil, reassembly.Event{Kind: reassembly.End, Dir: reassembly.Dir(d), Conn: conn, Offset: at[d], Time: int64(len(turns))}))
	}
	var keys []string
	for k := range said {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		last += k + ": " + said[k].String() + "\n"
	}
	return fmt.Sprintf("%sskipped %d\n", last, skipped)
}

// describe writes an event; content is written as it comes, so that it does not matter how it was cut.
func describe(b *strings.Builder, ev *message.Event) {
	switch ev.Kind {
	case message.Content, message.Tunnel:
		b.Write(ev.Data)
		return
	case message.Head, message.Trailer:
		fmt.Fprintf(b, "[%d %d-%d %d %q %q %d %d]", ev.Kind, ev.Offset, ev.EndOffset, ev.Time, ev.Head.Method, ev.Head.Target, ev.Head.Status, ev.Head.Unknown)
		for _, f := range ev.Head.Fields {
			fmt.Fprintf(b, "%q=%q ", f.Name, f.Value)
		}
	default:
		fmt.Fprintf(b, "[%d %d %v]", ev.Kind, ev.Len, ev.Incomplete)
	}
	fmt.Fprintf(b, "%q", ev.Anomalies.Append(nil))
}

// traffic is a few exchanges, some of it lost.
func traffic(rng *rand.Rand, loss int) (out []turn) {
	var sides [2]*side
	for d := range sides {
		sides[d] = newSide(d == 0)
	}
	flush := func(d reassembly.Dir) {
		t := turn{dir: d, data: bytes.Clone(sides[d].buf.Bytes())}
		sides[d].buf.Reset()
		if loss > 0 && rng.IntN(loss) == 0 {
			t.lost, t.data = len(t.data), nil
		}
		out = append(out, t)
	}
	for i := range 12 {
		id := uint32(2*i + 1)
		body := rng.IntN(3) == 0
		sides[0].head(id, !body, rng, ":method", []string{"GET", "POST"}[rng.IntN(2)], ":scheme", "http", ":path", fmt.Sprintf("/p/%d", rng.IntN(5)), ":authority", "h", "cookie", "a=1", "cookie", "b=2")
		if body {
			sides[0].fr.WriteDataPadded(id, true, make([]byte, rng.IntN(40)), make([]byte, rng.IntN(9)))
		}
		flush(0)
		sides[1].head(id, false, rng, ":status", []string{"200", "404", "302"}[rng.IntN(3)], "server", "s")
		sides[1].fr.WriteData(id, false, []byte("hello"))
		if rng.IntN(4) == 0 {
			sides[1].fr.WritePing(false, [8]byte{})
		}
		flush(1)
		sides[1].head(id, true, rng, "grpc-status", "0")
		flush(1)
	}
	return out
}

type side struct {
	buf, block bytes.Buffer
	fr         *xhttp2.Framer
	enc        *hpack.Encoder
}

func newSide(client bool) *side {
	s := new(side)
	s.fr, s.enc = xhttp2.NewFramer(&s.buf, nil), hpack.NewEncoder(&s.block)
	if client {
		s.buf.WriteString(xhttp2.ClientPreface)
	}
	s.fr.WriteSettings()
	return s
}

// head writes a header block in one frame or two.
func (s *side) head(id uint32, end bool, rng *rand.Rand, fields ...string) {
	s.block.Reset()
	for i := 0; i < len(fields); i += 2 {
		s.enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	b := s.block.Bytes()
	n := len(b)
	if rng.IntN(3) == 0 {
		n = rng.IntN(n) + 1
	}
	s.fr.WriteHeaders(xhttp2.HeadersFrameParam{StreamID: id, EndStream: end, EndHeaders: n == len(b), BlockFragment: b[:n], PadLength: uint8(rng.IntN(4))})
	if n < len(b) {
		s.fr.WriteContinuation(id, true, b[n:])
	}
}

// FuzzConn: however the bytes are cut, the messages are the same.
func FuzzConn(f *testing.F) {
	for seed := range uint64(6) {
		f.Add(unscript(traffic(rand.New(rand.NewPCG(seed, 9)), int(seed)*3)), seed, seed%2 == 1)
	}
	f.Fuzz(func(t *testing.T, in []byte, seed uint64, mid bool) {
		turns := script(in)
		pool := http2.NewPool(http2.Limits{Block: 600, Held: 700, Table: 500, Fields: 20, Head: 400})
		want := tell(pool, turns, mid, func(n int) int { return n })
		rng := rand.New(rand.NewPCG(seed, 1))
		for name, cut := range map[string]func(int) int{"bytes": func(int) int { return 1 }, "random": func(n int) int { return 1 + rng.IntN(min(n, 30)) }} {
			if got := tell(pool, turns, mid, cut); got != want {
				t.Errorf("%s:\n%s\nwant:\n%s", name, got, want)
			}
		}
	})
}

// Without loss everything is told, whole.
func TestTraffic(t *testing.T) {
	got := tell(http2.NewPool(http2.Limits{}), traffic(rand.New(rand.NewPCG(5, 5)), 0), false, func(n int) int { return n })
	if n := strings.Count(got, `"cookie"="a=1; b=2"`); n != 12 {
		t.Errorf("%d requests with both cookies:\n%s", n, got)
	}
	if n := strings.Count(got, `"grpc-status"="0"`); n != 12 || !strings.Contains(got, "skipped 0") {
		t.Errorf("%d trailers:\n%s", n, got)
	}
}

// Of what is told after any loss nothing was not sent.
func TestLossNeverLies(t *testing.T) {
	for seed := range uint64(400) {
		whole := traffic(rand.New(rand.NewPCG(seed, 5)), 0)
		rng := rand.New(rand.NewPCG(seed, 6))
		torn := make([]turn, 0, len(whole))
		for _, w := range whole {
			if rng.IntN(6) > 0 || len(w.data) < 2 {
				torn = append(torn, w)
				continue
			}
			a := rng.IntN(len(w.data))
			n := 1 + rng.IntN(len(w.data)-a)
			torn = append(torn, turn{dir: w.dir, data: w.data[:a], lost: n}, turn{dir: w.dir, data: w.data[a+n:]})
		}
		all := func(int) int { return 1 << 20 }
		pool := http2.NewPool(http2.Limits{})
		sent := heads(tell(pool, whole, false, all))
		for key, head := range heads(tell(pool, torn, false, all)) {
			want, ok := sent[key]
			if !ok || head[0] != want[0] && head[0] != `""` || head[1] != want[1] && head[1] != `""` || head[2] != want[2] && head[2] != "0" {
				t.Fatalf("seed %d, stream %s: %q, was %q", seed, key, head, want)
			}
		}
	}
}

// heads reads method, target and status of the first head of each message from what tell wrote.
func heads(said string) map[string][3]string {
	out := map[string][3]string{}
	for _, l := range strings.Split(said, "\n") {
		key, rest, ok := strings.Cut(l, ": [1 ")
		if !ok {
			continue
		}
		f := strings.Fields(rest)
		out[key] = [3]string{f[2], f[3], f[4]}
	}
	return out
}
