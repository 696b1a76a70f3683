package sensor_test

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/schemas"
)

// frame is one WebSocket frame; head is its first byte, masked as clients must.
func frame(head byte, masked bool, payload string) string {
	b := []byte{head, 0}
	switch n := len(payload); {
	case n < 126:
		b[1] = byte(n)
	case n < 1<<16:
		b[1] = 126
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	default:
		b[1] = 127
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	p := []byte(payload)
	if masked {
		b[1] |= 0x80
		key := []byte{0x5a, 0x01, 0xff, 0x33}
		b = append(b, key...)
		for i := range p {
			p[i] ^= key[i&3]
		}
	}
	return string(append(b, p...))
}

// toServer and toClient are whole text messages.
func toServer(text string) string { return frame(0x81, true, text) }
func toClient(text string) string { return frame(0x81, false, text) }

// deflater compresses messages one after the other (RFC 7692), with or without the context of earlier ones.
type deflater struct {
	fresh bool
	out   bytes.Buffer
	w     *flate.Writer
}

func (d *deflater) message(t testing.TB, text string) string {
	t.Helper()
	if d.w == nil || d.fresh {
		d.w, _ = flate.NewWriter(&d.out, 6)
	}
	d.out.Reset()
	if _, err := io.WriteString(d.w, text); err != nil {
		t.Fatal(err)
	}
	if err := d.w.Flush(); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(d.out.String(), "\x00\x00\xff\xff")
}

// upgrade is the exchange before the frames; extensions are what the server accepts.
func upgrade(extensions string) (string, string) {
	if extensions != "" {
		extensions = "Sec-WebSocket-Extensions: " + extensions + "\r\n"
	}
	return "GET /ws?token=x" + request + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n",
		"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" + extensions + "\r\n"
}

// toldOf is a continued call as text: messages and names of the shape each way, why some were not read, anomalies.
func toldOf(c *schemas.Call) string {
	side := func(c *schemas.Content) string {
		var names []string
		if c.Shape != nil {
			for _, p := range c.Shape.Props {
				names = append(names, p.Name+"="+strconv.FormatUint(p.Seen, 10))
			}
		}
		return strings.Join(strings.Fields(strconv.Itoa(c.Messages)+" "+strings.Join(names, ",")+" "+c.Unread), " ")
	}
	return side(&c.Request) + " | " + side(&c.Response) + " | " + strings.Join(c.Anomalies, ",")
}

// Acceptance item 42: WebSocket messages are read whatever frames they come in; what cannot be read is counted.
func TestItem42WebSocket(t *testing.T) {
	keep, fresh, mixed := &deflater{}, &deflater{fresh: true}, &deflater{}
	long := `{"note":"` + strings.Repeat("a", 70_000) + `"}`
	doc := func(i int) string { return fmt.Sprintf(`{"id":%d,"kind":"order","state":"open"}`, i) }
	huge := "\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00abcd"
	cases := []struct {
		name, extensions string
		frames           []string // "> " or "< " before each
		toldOf           string
		opaque           uint64
	}{
		{"text", "", []string{"> " + toServer(`{"a":1}`), "< " + toClient(`{"b":2}`), "< " + toClient(`{"b":2,"c":3}`)}, "1 a=1 | 2 b=2,c=1 |", 0},
		{"other messages", "", []string{"> " + toServer("hello"), "< " + frame(0x82, false, "\x00\x01"), "< " + toClient(`42["x",{"c":1}]`)}, "1 type | 2 |", 0},
		{"empty", "", []string{"> " + toServer(""), "< " + toClient("")}, "1 type | 1 type |", 0},
		{"lengths of 16 and 64 bits", "", []string{"> " + toServer(long[:200]+`"}`), "< " + toClient(long)}, "1 note=1 | 1 note=1 |", 0},
		{"fragments, control in between", "", []string{"> " + frame(0x01, true, `{"a"`) + frame(0x89, true, "ping") + frame(0x00, true, `:`), "< " + frame(0x8a, false, "ping"),
			"> " + frame(0x8a, true, "") + frame(0x80, true, `1}`) + toServer(`{"z":1}`)}, "2 a=1,z=1 | 0 |", 0},
		{"deflate", "permessage-deflate", []string{"> " + frame(0xc1, true, keep.message(t, doc(1))), "> " + frame(0xc1, true, keep.message(t, doc(2))) + frame(0xc1, true, keep.message(t, doc(3))),
			"> " + toServer(doc(4))}, "4 id=4,kind=4,state=4 | 0 |", 0},
		{"deflate without context", "permessage-deflate; server_no_context_takeover; client_max_window_bits=10", []string{"< " + frame(0xc1, false, fresh.message(t, doc(1))),
			"< " + frame(0x41, false, fresh.message(t, doc(2))[:5]) + frame(0x89, false, "") + frame(0x80, false, fresh.message(t, doc(2))[5:])}, "0 | 2 id=2,kind=2,state=2 |", 0},
		{"deflate, context lost", "permessage-deflate", []string{"< " + frame(0xc1, false, mixed.message(t, doc(1))) + frame(0xc1, false, "\xff\xff\xff"), "< " + frame(0xc1, false, mixed.message(t, doc(2)))},
			"0 | 3 id=1,kind=1,state=1 coding |", 0},
		{"deflate not agreed", "", []string{"< " + frame(0xc1, false, "abc")}, "", 1},
		{"unknown extension", "x-webkit-deflate-frame", []string{"< " + frame(0xc1, false, "abc"), "> " + toServer("{}")}, "1 coding | 1 coding |", 0},
		{"2^63", "", []string{"> " + toServer(`{"a":1}`) + huge + toServer(`{"a":1}`), "< " + toClient(`{"b":2}`)}, "1 a=1 | 1 b=1 | ws-frame", 1},
		{"2^62", "", []string{"> " + toServer(`{"a":1}`) + strings.Replace(huge, "\x80\x00", "\x40\x00", 1) + toServer(`{"a":1}`)}, "2 a=1 gap | 0 |", 0},
		{"reserved opcode", "", []string{"> " + toServer(`{"a":1}`) + frame(0x83, true, "x")}, "1 a=1 | 0 | ws-frame", 1},
		{"control in fragments, fragment of nothing", "", []string{"> " + frame(0x09, true, "x") + frame(0x80, true, "y") + toServer(`{"a":1}`)}, "2 a=1 gap | 0 | ws-odd", 0},
		{"unmasked client", "", []string{"> " + toClient(`{"a":1}`)}, "1 a=1 | 0 |", 0},
		{"nothing after close", "", []string{"> " + toServer(`{"a":1}`) + frame(0x88, true, "\x03\xe8"), "> " + toServer(`{"a":1}`)}, "1 a=1 | 0 |", 0},
		{"unfinished", "", []string{"> " + frame(0x01, true, `{"a":1}`)}, "1 gap | 0 |", 0},
		{"bomb", "permessage-deflate", []string{"< " + frame(0xc1, false, (&deflater{}).message(t, strings.Repeat(" ", 16<<20)+"{}"))}, "0 | 1 truncated |", 0},
		{"long message", "", []string{"< " + toClient(`{"a":"`+strings.Repeat("x", 300<<10)+`"}`), "< " + toClient(`{"a":"x"}`)}, "0 | 2 a=1 truncated |", 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			q, a := upgrade(c.extensions)
			calls, cov := hear(t, raw(talk(1, append([]string{"> " + q, "< " + a}, c.frames...)...)))
			got := ""
			if len(calls) == 2 {
				got = strings.TrimSpace(toldOf(calls[1]))
			}
			if len(calls) == 0 || line(calls[0]) != "GET x.example /ws 101 upgrade" || got != c.toldOf || cov.Opaque["websocket"] != c.opaque || cov.Calls != 1 {
				t.Fatalf("%q, toldOf %q, want %q; opaque %v", lines(calls), got, c.toldOf, cov.Opaque)
			}
			if calls[0].Protocol != "websocket" || len(calls) == 2 && (calls[1].Protocol != "websocket" || calls[1].ID == calls[0].ID || len(calls[1].Query) != 0) {
				t.Errorf("protocols %q, %q", calls[0].Protocol, calls[len(calls)-1].Protocol)
			}
		})
	}
}

// Acceptance item 42: lost bytes of a payload cost their message, a lost head the rest of the direction.
func TestItem42WebSocketGap(t *testing.T) {
	q, a := upgrade("")
	play := func(lose func(h *hand)) (string, *schemas.Coverage) {
		h := byHand(1).open().say(synth.Client, q, 1460).say(synth.Server, a, 1460).say(synth.Client, toServer(`{"a":1}`), 1460)
		lose(h)
		h.say(synth.Client, toServer(`{"b":1}`), 1460).ack(synth.Server).say(synth.Server, toClient(`{"c":1}`), 1460).shut()
		calls, cov := hear(t, h.tape)
		if len(calls) != 2 || !slices.Contains(calls[1].Flags, "gap") && lose != nil {
			t.Fatalf("%q", lines(calls))
		}
		return strings.TrimSpace(toldOf(calls[1])), cov
	}
	skip := func(h *hand, text string, n int) { // the first n bytes are captured
		h.say(synth.Client, text[:n], 1460)
		h.seq[synth.Client] += uint32(len(text) - n)
	}
	text := toServer(`{"long":"` + strings.Repeat("x", 300) + `"}`)
	if got, cov := play(func(h *hand) { skip(h, text, 100) }); got != "3 a=1,b=1 gap | 1 c=1 |" || len(cov.Opaque) != 0 {
		t.Errorf("payload: %q, %v", got, cov.Opaque)
	}
	if got, cov := play(func(h *hand) { skip(h, text+toServer("{}"), 100) }); got != "2 a=1 gap | 1 c=1 | ws-lost" || cov.Opaque["websocket"] != 1 || cov.Anomalies["ws-lost"] != 1 {
		t.Errorf("head: %q, %v", got, cov.Opaque)
	}
}

// bare is calls as text, without what depends on when their packets came.
func bare(t *testing.T, calls []*schemas.Call) string {
	t.Helper()
	var out strings.Builder
	for _, c := range calls {
		c := *c
		c.Time, c.Duration = 0, 0
		b, err := json.Marshal(&c)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(b, '\n'))
	}
	return out.String()
}

// TestItem42WebSocketSplits: how the bytes were cut into segments changes nothing.
func TestItem42WebSocketSplits(t *testing.T) {
	q, a := upgrade("permessage-deflate")
	var z deflater
	client := frame(0x01, true, `{"a":`) + frame(0x89, true, "p") + frame(0x80, true, `[1,2]}`) + toServer(`{"method":"m.n","jsonrpc":"2.0","id":1}`) + frame(0x82, true, strings.Repeat("b", 200))
	server := frame(0xc1, false, z.message(t, `{"state":"open","id":7}`)) + frame(0x41, false, z.message(t, `{"state":"open","id":8}`)[:4])
	server += frame(0x8a, false, "p") + frame(0x80, false, z.message(t, `{"state":"open","id":8}`))
	rng := rand.New(rand.NewPCG(42, 42))
	play := func(cut func() int) string {
		h := byHand(1).open().say(synth.Client, q, 1460)
		for side, text := range map[synth.Side]string{synth.Server: a + server} {
			for len(text) > 0 {
				n := min(cut(), len(text))
				h.say(side, text[:n], 1460)
				text = text[n:]
			}
		}
		for text := client; len(text) > 0; {
			n := min(cut(), len(text))
			h.say(synth.Client, text[:n], 1460)
			text = text[n:]
		}
		calls, _ := hear(t, h.shut().tape)
		return bare(t, calls)
	}
	want := play(func() int { return 1 << 20 })
	if !strings.Contains(want, "json-rpc") || strings.Count(want, "\n") != 2 {
		t.Fatalf("unexpected\n%s", want)
	}
	for n := 1; n < 80; n++ {
		if got := play(func() int { return n }); got != want {
			t.Fatalf("segments of %d bytes:\n%s\nwant\n%s", n, got, want)
		}
	}
	for range 50 {
		if got := play(func() int { return 1 + rng.IntN(60) }); got != want {
			t.Fatalf("random segments:\n%s\nwant\n%s", got, want)
		}
	}
	all := len(a + server)
	for at := 1; at < all; at++ {
		first := true
		if got := play(func() int {
			if first {
				first = false
				return at
			}
			return 1 << 20
		}); got != want {
			t.Fatalf("cut at %d:\n%s\nwant\n%s", at, got, want)
		}
	}
}

// TestWebSocketLong: a connection that talks for long is toldOf of in parts, and is one call.
func TestWebSocketLong(t *testing.T) {
	q, a := upgrade("")
	h := byHand(1).open().say(synth.Client, q, 1460).say(synth.Server, a, 1460)
	for range 2500 {
		h.say(synth.Server, toClient(`{"tick":1}`), 1460)
	}
	h.ack(synth.Client)
	h.now += 61e9
	h.say(synth.Server, toClient(`{"tick":1}`), 1460).say(synth.Server, toClient(`{"tick":1}`), 1460).shut()
	calls, cov := hear(t, h.tape)
	var got []int
	ids := map[string]bool{}
	for _, c := range calls {
		got = append(got, c.Response.Messages)
		ids[c.ID] = true
	}
	if !slices.Equal(got, []int{0, 1024, 1024, 452, 2}) || len(ids) != len(calls) || cov.Calls != 1 || cov.Services["x.example"].Calls != 1 {
		t.Errorf("messages %v, %d calls counted", got, cov.Calls)
	}
}

// recorder notes what goes over a connection, in order.
type recorder struct {
	net.Conn
	mu   *sync.Mutex
	said *[]string
}

func (r recorder) note(side string, b []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*r.said = append(*r.said, side+string(b))
}

func (r recorder) Read(b []byte) (int, error) {
	n, err := r.Conn.Read(b)
	if n > 0 {
		r.note("< ", b[:n])
	}
	return n, err
}

func (r recorder) Write(b []byte) (int, error) {
	r.note("> ", b)
	return r.Conn.Write(b)
}

// TestWebSocketPeer: a library's client and server, with and without compression, are read whole.
func TestWebSocketPeer(t *testing.T) {
	for _, compress := range []bool{false, true} {
		up := websocket.Upgrader{EnableCompression: compress}
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, err := up.Upgrade(w, r, nil)
			if err != nil {
				return
			}
			defer c.Close()
			for {
				kind, b, err := c.ReadMessage()
				if err != nil {
					return
				}
				if c.WriteMessage(kind, append([]byte(`{"echo":`), append(b, '}')...)) != nil {
					return
				}
			}
		}))
		defer srv.Close()
		var said []string
		dial := websocket.Dialer{EnableCompression: compress, NetDial: func(network, addr string) (net.Conn, error) {
			c, err := net.Dial(network, addr)
			return recorder{c, new(sync.Mutex), &said}, err
		}}
		c, _, err := dial.Dial("ws"+strings.TrimPrefix(srv.URL, "http")+"/live", nil)
		if err != nil {
			t.Fatal(err)
		}
		const messages = 300
		for i := range messages {
			if err := c.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, `{"id":%d,"text":%q}`, i, strings.Repeat("word ", i))); err != nil {
				t.Fatal(err)
			}
			if _, _, err := c.ReadMessage(); err != nil {
				t.Fatal(err)
			}
		}
		c.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(1000, "bye"))
		c.ReadMessage()
		c.Close()
		calls, cov := hear(t, raw(talk(1, said...)))
		if len(calls) != 2 || len(cov.Opaque) != 0 {
			t.Fatalf("%q, opaque %v", lines(calls), cov.Opaque)
		}
		want := fmt.Sprintf("%d id=%d,text=%d | %d echo=%d |", messages, messages, messages, messages, messages)
		if got := strings.TrimSpace(toldOf(calls[1])); got != want || calls[1].Path != "/live" {
			t.Errorf("compressed %v: %q, want %q", compress, got, want)
		}
	}
}
