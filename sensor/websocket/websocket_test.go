package websocket

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"wirecensus/reassembly"
	"wirecensus/sensor/message"
)

// step is an event of a direction: bytes, or a gap.
type step struct {
	dir  reassembly.Dir
	data []byte
	gap  uint64
}

// play reads steps and returns the messages as text.
func play(p *Pool, o Options, steps ...step) (out []string, c *Conn) {
	c = p.Conn(reassembly.Orig, o)
	var at [2]uint64
	for _, s := range steps {
		ev := reassembly.Event{Kind: reassembly.Data, Dir: s.dir, Offset: at[s.dir], Data: s.data}
		if s.gap > 0 {
			ev.Kind, ev.Len = reassembly.Gap, s.gap
		}
		at[s.dir] += uint64(len(s.data)) + s.gap
		out = note(out, c.Append(nil, &ev))
	}
	for d := range at {
		out = note(out, c.Append(nil, &reassembly.Event{Kind: reassembly.End, Dir: reassembly.Dir(d), Offset: at[d]}))
	}
	c.Release()
	return out, c
}

func note(out []string, msgs []Message) []string {
	for _, m := range msgs {
		out = append(out, fmt.Sprintf("%d %v %d %d %q", m.Dir, m.Text, m.Loss, m.Size, m.Data))
	}
	return out
}

// whole reports whether a message as text has its content.
func whole(m string) bool { return strings.Fields(m)[2] == "0" }

// reference reads the frames of one direction the simple way, from all its bytes at once: uncompressed
// messages, up to what cannot be read.
func reference(b []byte) (out []string) {
	var msg []byte
	open, text, begun := false, false, true
	for len(b) >= 2 {
		op, fin, n, head := b[0]&15, b[0]&0x80 != 0, uint64(b[1]&127), 2
		switch n {
		case 126:
			head = 4
		case 127:
			head = 10
		}
		mask := []byte{0, 0, 0, 0}
		if b[1]&0x80 != 0 {
			head += 4
		}
		if len(b) < head {
			break
		}
		switch n {
		case 126:
			n = uint64(binary.BigEndian.Uint16(b[2:]))
		case 127:
			n = binary.BigEndian.Uint64(b[2:])
		}
		if b[1]&0x80 != 0 {
			mask = b[head-4 : head]
		}
		if b[0]&0x70 != 0 || op > 2 && op < 8 || op > 10 || n >= 1<<63 {
			break
		}
		b = b[head:]
		k := min(n, uint64(len(b)))
		payload := slices.Clone(b[:k])
		for i := range payload {
			payload[i] ^= mask[i&3]
		}
		b = b[k:]
		whole := k == n
		switch {
		case op == 8:
			if open && whole {
				return append(out, fmt.Sprintf("%v 2 %d", text, len(msg)))
			}
			if !whole {
				break
			}
			return out
		case op > 8:
			continue
		case op != 0:
			msg, open, text, begun = nil, true, op == 1, true
		case !open:
			msg, open, text, begun = nil, true, false, false
		}
		if op > 2 {
			continue
		}
		msg = append(msg, payload...)
		if whole && fin {
			if begun {
				out = append(out, fmt.Sprintf("%v 0 %d %q", text, len(msg), msg))
			} else {
				out = append(out, fmt.Sprintf("%v 2 %d", text, len(msg)))
			}
			open = false
		}
	}
	if open {
		out = append(out, fmt.Sprintf("%v 2 %d", text, len(msg)))
	}
	return out
}

// FuzzFrames: how the bytes are cut changes nothing, a gap in their place invents nothing, and without
// compression the messages are those that a simple reader finds.
func FuzzFrames(f *testing.F) {
	f.Add([]byte("\x81\x05hello\x01\x02he\x89\x00\x80\x03llo\x88\x00"), uint16(3), uint16(2), false)
	f.Add([]byte("\x81\x85\x01\x02\x03\x04\x69\x67\x6f\x68\x6e\x82\x7e\x00\x02ab"), uint16(7), uint16(1), false)
	f.Add([]byte("\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00\xc1\x05\xf2\x00\x11\x00\x00"), uint16(5), uint16(9), true)
	f.Add([]byte("\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00abcd"), uint16(1), uint16(1), false)
	f.Fuzz(func(t *testing.T, b []byte, a, z uint16, deflate bool) {
		p := NewPool(Limits{})
		o := Options{Deflate: deflate}
		want, _ := play(p, o, step{data: b})
		i := min(int(a), len(b))
		j := min(i+int(z), len(b))
		got, _ := play(p, o, step{data: b[:i]}, step{data: b[i:j]}, step{data: b[j:]})
		if !slices.Equal(got, want) {
			t.Fatalf("cut at %d and %d: %q, want %q", i, j, got, want)
		}
		var bytewise []step
		for k := range b[:min(len(b), 512)] {
			bytewise = append(bytewise, step{data: b[k : k+1]})
		}
		if got, _ := play(p, o, append(bytewise, step{data: b[min(len(b), 512):]})...); !slices.Equal(got, want) {
			t.Fatalf("byte by byte: %q, want %q", got, want)
		}
		if j > i {
			lossy, _ := play(p, o, step{data: b[:i]}, step{gap: uint64(j - i)}, step{data: b[j:]})
			for _, m := range lossy {
				if whole(m) && !slices.Contains(want, m) {
					t.Fatalf("a gap [%d,%d) invented %q; whole %q", i, j, m, want)
				}
			}
		}
		if p.held != 0 || p.windows != 0 {
			t.Fatalf("%d bytes and %d windows are held after the end", p.held, p.windows)
		}
		if deflate || len(b) > 200<<10 {
			return
		}
		var plain []string
		for _, m := range want {
			if !whole(m) {
				m, _, _ = strings.Cut(m, ` "`)
			}
			plain = append(plain, m[2:])
		}
		if ref := reference(b); !slices.Equal(plain, ref) {
			t.Fatalf("%q: %q, want %q", b, plain, ref)
		}
	})
}

// FuzzInflate: what a compressor made of messages comes out again, with a context of any history.
func FuzzInflate(f *testing.F) {
	f.Add([]byte("hello hello|hello again|"), false)
	f.Add([]byte("|a|"+strings.Repeat("abc", 20_000)+"|abcabc"), true)
	f.Fuzz(func(t *testing.T, text []byte, fresh bool) {
		var out bytes.Buffer
		w, _ := flate.NewWriter(&out, 5)
		var steps []step
		var want []string
		for _, m := range bytes.Split(text, []byte("|")) {
			out.Reset()
			if fresh {
				w, _ = flate.NewWriter(&out, 5)
			}
			w.Write(m)
			w.Flush()
			z := bytes.TrimSuffix(out.Bytes(), []byte("\x00\x00\xff\xff"))
			if len(z) > 65535 || len(m) > 60<<10 {
				return
			}
			b := append([]byte{0xc2, 126, byte(len(z) >> 8), byte(len(z))}, z...)
			steps = append(steps, step{dir: reassembly.Resp, data: b})
			want = append(want, fmt.Sprintf("1 false 0 %d %q", len(z), m))
		}
		if got, _ := play(NewPool(Limits{}), Options{Deflate: true, ServerNoContext: fresh}, steps...); !slices.Equal(got, want) {
			t.Fatalf("got %.300q, want %.300q", got, want)
		}
	})
}

// TestLimits: at each limit the message loses its content and nothing else.
func TestLimits(t *testing.T) {
	big := func(n int) []byte { return append([]byte{0x02, 126, byte(n >> 8), byte(n)}, make([]byte, n)...) }
	short := []byte("\x81\x02ok")
	for _, c := range []struct {
		name string
		l    Limits
		ok   bool
	}{{"none", Limits{}, true}, {"message", Limits{Message: 100}, false}, {"held", Limits{Held: 100}, false}} {
		p := NewPool(c.l)
		got, _ := play(p, Options{}, step{data: big(200)}, step{data: []byte("\x80\x00")}, step{data: short})
		if len(got) != 2 || strings.HasPrefix(got[0], "0 false 0 200") != c.ok || got[1] != `0 true 0 2 "ok"` || (p.Stats().Truncated == 0) != c.ok || p.held != 0 {
			t.Errorf("%s: %.80q", c.name, got)
		}
	}
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, 5)
	message := func(s string) step {
		out.Reset()
		io.WriteString(w, s)
		w.Flush()
		z := out.Bytes()[:out.Len()-4]
		return step{data: append([]byte{0xc1, 126, byte(len(z) >> 8), byte(len(z))}, z...)}
	}
	first, second := message(strings.Repeat("what was said before ", 5)), message(strings.Repeat("what was said before ", 5))
	p := NewPool(Limits{Windows: 1})
	other := p.Conn(reassembly.Orig, Options{Deflate: true})
	other.Append(nil, &reassembly.Event{Kind: reassembly.Data, Data: first.data})
	got, _ := play(p, Options{Deflate: true}, first, second)
	if len(got) != 2 || !strings.HasPrefix(got[0], "0 true 0") || !strings.HasPrefix(got[1], "0 true 3") || p.Stats().NoWindow != 1 {
		t.Errorf("windows: %.60q, %+v", got, *p.Stats())
	}
	other.Release()
	if got, _ := play(p, Options{Deflate: true}, first, second); !strings.HasPrefix(got[1], "0 true 0") {
		t.Errorf("a window that was given back: %.60q", got)
	}
	if got, _ := play(NewPool(Limits{Inflated: 50}), Options{Deflate: true}, first); !strings.HasPrefix(got[0], "0 true 1") {
		t.Errorf("inflated: %.60q", got)
	}
	step := NewPool(Limits{Step: 100})
	two := slices.Concat(first.data, second.data)
	c := step.Conn(reassembly.Orig, Options{Deflate: true})
	if got := c.Append(nil, &reassembly.Event{Kind: reassembly.Data, Data: two}); len(got) != 2 || got[0].Loss != Whole || got[1].Loss != Truncated {
		t.Errorf("step: %v", got)
	}
}

// TestNegotiated is the table of what a server may accept.
func TestNegotiated(t *testing.T) {
	for _, c := range []struct {
		values []string
		want   Options
	}{
		{nil, Options{}}, {[]string{""}, Options{}}, {[]string{"permessage-deflate"}, Options{Deflate: true}},
		{[]string{"Permessage-Deflate ; SERVER_no_context_takeover; client_max_window_bits=\"15\""}, Options{Deflate: true, ServerNoContext: true}},
		{[]string{"permessage-deflate; client_no_context_takeover; server_no_context_takeover; server_max_window_bits=8"}, Options{Deflate: true, ClientNoContext: true, ServerNoContext: true}},
		{[]string{"permessage-deflate; x=y"}, Options{Deflate: true, Foreign: true}}, {[]string{"permessage-bzip2"}, Options{Foreign: true}},
		{[]string{"permessage-deflate, x"}, Options{Deflate: true, Foreign: true}}, {[]string{"permessage-deflate", "mux"}, Options{Deflate: true, Foreign: true}},
	} {
		fields := []message.Field{{Name: []byte("Upgrade"), Value: []byte("websocket")}}
		for _, v := range c.values {
			fields = append(fields, message.Field{Name: []byte("Sec-WebSocket-Extensions"), Value: []byte(v)})
		}
		if got := Negotiated(fields); got != c.want {
			t.Errorf("%q: %+v, want %+v", c.values, got, c.want)
		}
	}
}

// BenchmarkFrames reads masked text messages of 200 bytes, seven to a segment.
func BenchmarkFrames(b *testing.B) {
	var seg []byte
	for range 7 {
		seg = append(append(seg, 0x81, 0xfe, 0, 200, 1, 2, 3, 4), make([]byte, 200)...)
	}
	p := NewPool(Limits{})
	c := p.Conn(reassembly.Orig, Options{})
	var msgs []Message
	b.SetBytes(int64(len(seg)))
	b.ReportAllocs()
	for b.Loop() {
		msgs = c.Append(msgs[:0], &reassembly.Event{Kind: reassembly.Data, Data: seg})
	}
}
