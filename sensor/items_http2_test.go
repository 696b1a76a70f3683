package sensor_test

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/schemas"
	"wirecensus/sensor/capture"
)

// Acceptance item 45: prior knowledge, frame by frame or many streams at once.
func TestItem45PriorKnowledge(t *testing.T) {
	c, s := speak(true), speak(false)
	var said, want []string
	for i := range 50 {
		id := uint32(2*i + 1)
		path := "/p/" + strings.Repeat("x", i)
		said = append(said, "> "+c.get(id, path).said(),
			"< "+s.headers(id, false, ":status", "200", "content-type", "application/json").data(id, true, `{"a":1}`).said())
		want = append(want, "GET x.example "+path+" 200")
	}
	calls, cov := hear(t, raw(talk(1, said...)))
	wantLines(t, calls, want...)
	if cov.Orphans+cov.Half+cov.Skipped != 0 || len(cov.Opaque) != 0 {
		t.Errorf("%+v", cov)
	}
	for _, c := range calls {
		if c.Response.Shape == nil || c.Version != "2" || c.Response.Size != 7 {
			t.Fatalf("%+v", c)
		}
	}
}

func TestItem45Concurrent(t *testing.T) {
	c, s := speak(true), speak(false)
	rng := rand.New(rand.NewPCG(45, 1))
	const n = 3000
	want := map[string]bool{}
	for i := range n {
		c.get(uint32(2*i+1), fmt.Sprint("/", i))
	}
	ask := c.said()
	for _, i := range rng.Perm(n) {
		s.headers(uint32(2*i+1), false, ":status", fmt.Sprint(200+i%7))
	}
	for _, i := range rng.Perm(n) {
		s.data(uint32(2*i+1), true, "ok")
		want[fmt.Sprintf("GET x.example /%d %d", i, 200+i%7)] = true
	}
	calls, cov := hear(t, raw(talk(1, "> "+ask, "< "+s.said())))
	for _, l := range lines(calls) {
		delete(want, l)
	}
	if len(want) != 0 || len(calls) != n || cov.Half != 0 {
		t.Errorf("%d calls, %d missing, %d half", len(calls), len(want), cov.Half)
	}
}

// Acceptance item 45: every kind of frame, and what HTTP does with them.
func TestItem45Frames(t *testing.T) {
	ok := []string{":status", "200"}
	for _, c := range []struct {
		name string
		talk func(c, s *talk2) []string
		want []string
	}{
		{"padding, priority, unknown frames", func(c, s *talk2) []string {
			c.must(c.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, EndHeaders: true, PadLength: 9, Priority: http2.PriorityParam{Weight: 3}, BlockFragment: c.encode(":method", "POST", ":scheme", "http", ":path", "/a", ":authority", "x.example", "content-length", "3")}))
			c.must(c.WritePriority(7, http2.PriorityParam{StreamDep: 1}))
			c.must(c.WriteRawFrame(0x4b, 0xff, 99, []byte("what is this")))
			c.must(c.WriteDataPadded(1, false, []byte("ab"), make([]byte, 200)))
			c.must(c.WriteDataPadded(1, true, []byte("c"), nil))
			c.must(c.WriteWindowUpdate(0, 1000))
			s.must(s.WritePing(false, [8]byte{}))
			s.must(s.WriteSettingsAck())
			return []string{"> " + c.said(), "< " + s.headers(1, true, ok...).said()}
		}, []string{"POST x.example /a 200"}},
		{"continuation", func(c, s *talk2) []string {
			b := c.encode(":method", "GET", ":scheme", "http", ":path", "/long", ":authority", "x.example", "x-long", strings.Repeat("v", 9000))
			c.must(c.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, EndStream: true, BlockFragment: b[:1]}))
			c.must(c.WriteContinuation(1, false, b[1:20]))
			c.must(c.WriteContinuation(1, true, b[20:]))
			return []string{"> " + c.said(), "< " + s.headers(1, true, ok...).said()}
		}, []string{"GET x.example /long 200"}},
		{"push", func(c, s *talk2) []string {
			for _, id := range []uint32{2, 4} {
				s.must(s.WritePushPromise(http2.PushPromiseParam{StreamID: 1, PromiseID: id, EndHeaders: true, BlockFragment: s.encode(":method", "GET", ":scheme", "http", ":path", fmt.Sprint("/pushed/", id), ":authority", "x.example")}))
			}
			s.headers(1, true, ok...).headers(2, false, ok...).data(2, true, "style")
			c.get(1, "/page")
			return []string{"> " + c.said(), "< " + s.said()}
		}, []string{"GET x.example /page 200", "GET x.example /pushed/2 200"}},
		{"interim, trailers, crumbs", func(c, s *talk2) []string {
			c.headers(1, false, ":method", "POST", ":scheme", "http", ":path", "/t", ":authority", "x.example", "cookie", "a=1", "cookie", "b=2").data(1, false, "x").headers(1, true, "x-sum", "1")
			s.headers(1, false, ":status", "103", "link", "</x>").headers(1, false, ok...).data(1, false, "y").headers(1, true, "grpc-status", "0")
			return []string{"> " + c.said(), "< " + s.said()}
		}, []string{"POST x.example /t 200"}},
		{"goaway", func(c, s *talk2) []string {
			c.get(1, "/1").get(3, "/2")
			s.headers(1, true, ok...)
			s.must(s.WriteGoAway(1, http2.ErrCodeNo, []byte("enough")))
			return []string{"> " + c.said(), "< " + s.said()}
		}, []string{"GET x.example /1 200", "GET x.example /2 - half"}},
		{"reset in the middle", func(c, s *talk2) []string {
			c.get(1, "/1").get(3, "/2")
			c.must(c.WriteRSTStream(3, http2.ErrCodeCancel))
			s.headers(1, false, append(ok, "content-length", "500")...).data(1, false, "part")
			s.must(s.WriteRSTStream(1, http2.ErrCodeInternal))
			s.headers(3, true, ok...)
			return []string{"> " + c.said(), "< " + s.said()}
		}, []string{"GET x.example /2 - half", "GET x.example /1 200 incomplete"}},
		{"extended CONNECT", func(c, s *talk2) []string {
			c.headers(1, false, ":method", "CONNECT", ":protocol", "websocket", ":scheme", "http", ":path", "/chat", ":authority", "x.example").get(3, "/other")
			s.headers(1, false, ok...).data(1, false, "\x81\x02hi").headers(3, true, ok...)
			return []string{"> " + c.said(), "< " + s.said(), "> " + c.data(1, false, "\x81\x82abcdef").said()}
		}, []string{"GET x.example /other 200", "CONNECT x.example /chat 200 incomplete,upgrade"}},
		{"CONNECT", func(c, s *talk2) []string {
			c.headers(1, false, ":method", "CONNECT", ":authority", "y.example:443")
			s.headers(1, false, ok...)
			return []string{"> " + c.said(), "< " + s.said(), "> " + c.data(1, true, "bytes").said(), "< " + s.data(1, true, "bytes").said()}
		}, []string{"CONNECT y.example y.example:443 200 upgrade"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			calls, cov := hear(t, raw(talk(1, c.talk(speak(true), speak(false))...)))
			wantLines(t, calls, c.want...)
			if cov.Anomalies["h2-frame"] != 0 || cov.Orphans != 0 {
				t.Errorf("%v, %d orphans", cov.Anomalies, cov.Orphans)
			}
			if c.name == "interim, trailers, crumbs" && len(calls) == 1 && len(calls[0].Cookies) != 2 {
				t.Errorf("cookies %+v", calls[0].Cookies)
			}
		})
	}
}

// Acceptance item 45: Upgrade: h2c. The request of HTTP/1 and the response on stream 1
// are one call, and the connection goes on.
func TestItem45Upgrade(t *testing.T) {
	c, s := speak(true), speak(false)
	settings := base64.RawURLEncoding.EncodeToString([]byte{0, 3, 0, 0, 0, 100})
	up := "> GET /up HTTP/1.1\r\nHost: x.example\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: " + settings + "\r\n\r\n"
	s.headers(1, false, ":status", "203", "content-type", "application/json").data(1, true, `{"a":1}`)
	calls, cov := hear(t, raw(talk(1, ask, answer, up,
		"< HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"+s.said(),
		"> "+c.get(3, "/next").said(), "< "+s.headers(3, true, ":status", "204").said())))
	wantLines(t, calls, "GET x.example /a 200", "GET x.example /up 203", "GET x.example /next 204")
	if len(calls) == 3 && (calls[1].Response.Shape == nil || calls[1].ID == calls[2].ID || calls[0].ID == calls[1].ID) || cov.Orphans+cov.Half != 0 {
		t.Errorf("%+v", cov)
	}
	// A tunnel may carry it too.
	c, s = speak(true), speak(false)
	calls, _ = hear(t, raw(talk(1, "> CONNECT y.example:80 HTTP/1.1\r\nHost: y.example:80\r\n\r\n", "< HTTP/1.1 200 OK\r\n\r\n",
		"> "+c.get(1, "/in").said(), "< "+s.headers(1, true, ":status", "200").said())))
	wantLines(t, calls, "CONNECT y.example y.example:80 200 upgrade", "GET x.example /in 200")
}

// lossy runs conns connections of 100 calls of which one packet in a hundred with
// data was lost. It returns how many calls were told with their path, how many
// without, and fails on wrong ones.
func lossy(t *testing.T, conns int, literal bool) (certain, unknown int) {
	t.Helper()
	rng := rand.New(rand.NewPCG(46, 46))
	for n := range conns {
		h := byHand(n).open()
		c, s := speak(true), speak(false)
		path := func(i int) string {
			if literal {
				return fmt.Sprintf("/n%d/%d", n, i)
			}
			return fmt.Sprint("/n", n)
		}
		send := func(side synth.Side, text string) {
			from := len(h.tape)
			h.say(side, text, 1460)
			if rng.IntN(100) == 0 {
				h.tape = h.tape[:from]
			}
			h.ack(1 - side)
		}
		for i := range 100 {
			id := uint32(2*i + 1)
			c.block.Reset()
			for _, f := range []hpack.HeaderField{{Name: ":method", Value: "GET"}, {Name: ":scheme", Value: "http"}, {Name: ":path", Value: path(i), Sensitive: literal}, {Name: ":authority", Value: "x.example"}} {
				c.must(c.enc.WriteField(f))
			}
			c.must(c.WriteHeaders(http2.HeadersFrameParam{StreamID: id, EndStream: true, EndHeaders: true, BlockFragment: c.block.Bytes()}))
			send(synth.Client, c.said())
			send(synth.Server, s.headers(id, false, ":status", "200").data(id, true, "hello").said())
		}
		calls, _ := hear(t, h.shut().tape)
		for _, call := range calls {
			switch {
			case slices.Contains(call.Flags, "path_unknown") && call.Path == "":
				unknown++
			case !literal && call.Path == path(0), literal && strings.HasPrefix(call.Path, fmt.Sprintf("/n%d/", n)):
				certain++
			default:
				t.Fatalf("wrong path %q %v", call.Path, call.Flags)
			}
		}
	}
	return certain, unknown
}

// Acceptance item 46: what was lost stays unknown, what was not is told.
func TestItem46Loss(t *testing.T) {
	certain, unknown := lossy(t, 40, true)
	t.Logf("literal paths: %d of 4000 certain, %d unknown", certain, unknown)
	if certain < 4000*97/100 {
		t.Errorf("%d of 4000 literal paths are certain", certain)
	}
	certain, unknown = lossy(t, 40, false)
	t.Logf("one path by index: %d of 4000 certain, %d unknown", certain, unknown)
	if certain < 4000*60/100 || unknown == 0 {
		t.Errorf("%d of 4000 indexed paths are certain, %d unknown", certain, unknown)
	}
}

func TestItem46Midstream(t *testing.T) {
	c, s := speak(true), speak(false)
	c.get(1, "/before", "x-known", "later")
	s.headers(1, false, ":status", "302", "server", "s")
	c.said()
	s.said()
	var said []string
	for i, path := range []string{"/before", "/new", "/new", "/before", "/"} {
		id := uint32(2*i + 3)
		said = append(said, "> "+c.get(id, path).said(), "< "+s.headers(id, false, ":status", []string{"302", "200"}[i%2]).data(id, true, "x").said())
	}
	conv := talk(1, said...)
	conv.Skip = 3
	calls, _ := hear(t, raw(conv))
	slices.SortFunc(calls, func(a, b *schemas.Call) int { return cmp.Compare(a.Time, b.Time) })
	for i, want := range []struct {
		path   string
		status int
	}{{"", 0}, {"/new", 200}, {"/new", 0}, {"", 200}, {"/", 0}} {
		if i >= len(calls) {
			t.Fatalf("%d calls: %q", len(calls), lines(calls))
		}
		c := calls[i]
		if c.Path != want.path || c.Status != want.status || slices.Contains(c.Flags, "path_unknown") != (want.path == "") ||
			!slices.Contains(c.Flags, "host_unknown") || (slices.Contains(c.Flags, "status_unknown") || slices.Contains(c.Flags, "half")) != (want.status == 0) || c.Method != "GET" {
			t.Errorf("call %d: %s", i, line(c))
		}
	}
}

// A gap inside content is passed over by the frame's length, one over frame
// headers costs no more than the frames it hit.
func TestItem46Gaps(t *testing.T) {
	h := byHand(0).open()
	c, s := speak(true), speak(false)
	lose := func(side synth.Side, text string, from, to int) {
		h.say(side, text[:from], 1460)
		h.seq[side] += uint32(to - from)
		h.say(side, text[to:], 1460)
		h.ack(1 - side)
	}
	h.say(synth.Client, c.get(1, "/1").said(), 1460)
	lose(synth.Server, s.headers(1, false, ":status", "200", "content-type", "text/plain").data(1, true, text(9000)).said(), 2000, 4000)
	h.say(synth.Client, c.get(3, "/2").said(), 1460)
	h.say(synth.Server, s.headers(3, true, ":status", "404").said(), 1460)
	// The end of one frame and the beginning of the next are lost; three later ones are found.
	h.say(synth.Client, c.get(5, "/3").said(), 1460)
	answers := s.headers(5, false, ":status", "200").data(5, true, text(3000)).said()
	lose(synth.Server, answers+s.headers(7, false, ":status", "204").said(), len(answers)-20, len(answers)+5)
	for id := uint32(9); id < 15; id += 2 {
		h.say(synth.Client, c.get(id, fmt.Sprint("/", id)).said(), 1460)
		h.say(synth.Server, s.headers(id, false, ":status", "200").data(id, true, "x").said(), 1460)
	}
	calls, _ := hear(t, h.shut().tape)
	slices.SortFunc(calls, func(a, b *schemas.Call) int { return strings.Compare(a.Path, b.Path) })
	wantLines(t, calls, "GET x.example /1 200 gap", "GET x.example /11 200", "GET x.example /13 200", "GET x.example /2 404", "GET x.example /3 200 gap", "GET x.example /9 200")
	if len(calls) > 0 && calls[0].Response.Size != 9000 {
		t.Errorf("%d bytes of content", calls[0].Response.Size)
	}
}

// flood2 plays a connection whose client repeats what next returns, n frames of
// it, and notes the heap at its end.
type flood2 struct {
	h     *hand
	next  func() string
	n     int
	base  uint64
	grown int64
	stop  bool
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func (f *flood2) Next(frame *capture.Frame) error {
	if len(f.h.tape) == 0 {
		if f.n <= 0 {
			if !f.stop {
				f.stop, f.grown = true, int64(heap())-int64(f.base)
			}
			return (&source{}).Next(frame)
		}
		var b strings.Builder
		for f.n > 0 && b.Len() < 30_000 {
			b.WriteString(f.next())
			f.n--
		}
		f.h.step = 1e3
		f.h.say(synth.Client, b.String(), 1460)
	}
	*frame = f.h.tape[0]
	f.h.tape = f.h.tape[1:]
	return nil
}

// fullFlood is how much is sent of a flood: a million with WIRECENSUS_LONG=1, else a
// tenth, which is over all the limits too.
func fullFlood(t *testing.T) int {
	if os.Getenv("WIRECENSUS_LONG") != "" {
		return 1_000_000
	}
	t.Log("a tenth; WIRECENSUS_LONG=1 sends a million")
	return 100_000
}

// Acceptance item 47: floods cost memory within the limits, mark the connection and
// hurt nobody else.
func TestItem47Floods(t *testing.T) {
	n := fullFlood(t)
	c := speak(true)
	c.said()
	id := uint32(1)
	nextID := func() uint32 { id += 2; return id }
	big := strings.Repeat("v", 4000)
	fill := func() string { // an entry of nearly the whole table
		return c.headers(nextID(), true, ":method", "GET", ":scheme", "http", ":path", "/bomb", ":authority", "x.example", "x", big).said()
	}
	frame := func(typ http2.FrameType, flags http2.Flags, id uint32, payload string) string {
		c.must(c.WriteRawFrame(typ, flags, id, []byte(payload)))
		return c.said()
	}
	for _, f := range []struct {
		name, anomaly string
		first         string
		n             int
		next          func() string
	}{
		{"continuation", "continuation-flood", frame(http2.FrameHeaders, 0, 1, "\x82"), n, func() string { return frame(http2.FrameContinuation, 0, 1, "\x82") }},
		{"rapid reset", "rapid-reset", "", n, func() string {
			s := c.get(nextID(), "/r").said()
			c.must(c.WriteRSTStream(id, http2.ErrCodeCancel))
			return s + c.said()
		}},
		{"settings", "settings-flood", "", n, func() string { return frame(http2.FrameSettings, 0, 0, "\x00\x03\x00\x00\x00\x01") }},
		{"ping", "ping-flood", "", n, func() string { return frame(http2.FramePing, 0, 0, "12345678") }},
		{"hpack bomb", "hpack-bomb", fill(), n / 1000, func() string {
			return frame(http2.FrameHeaders, http2.FlagHeadersEndHeaders|http2.FlagHeadersEndStream, nextID(), "\x82\x86\x84"+strings.Repeat("\xbe", 12_000))
		}},
		{"indexed fields", "hpack-bomb", "", n / 1000, func() string {
			return frame(http2.FrameHeaders, http2.FlagHeadersEndHeaders|http2.FlagHeadersEndStream, nextID(), "\x82\x86\x84"+strings.Repeat("\x90", 16_000))
		}},
		{"table size", "hpack-size", frame(http2.FrameHeaders, 5, nextID(), "\x3f\xe0\xff\xff\xff\x0f\x82\x86\x84"), n / 100, fill},
		{"integer overflow", "hpack", "", n / 10, func() string {
			return frame(http2.FrameHeaders, 5, nextID(), "\x82\x86\x84\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f")
		}},
		{"data on stream 0", "h2-frame", "", n / 10, func() string { return frame(http2.FrameData, 0, 0, "data") }},
		{"stream reuse", "stream-reuse", c.get(nextID(), "/once").said(), n / 10, func() string { return c.get(id, "/again").said() }},
		{"open streams", "stream-flood", "", n / 5, func() string {
			return c.headers(nextID(), false, ":method", "POST", ":scheme", "http", ":path", "/open", ":authority", "x.example").said()
		}},
		{"unfinished content", "", "", n / 100, func() string {
			return c.headers(nextID(), false, ":method", "POST", ":scheme", "http", ":path", "/open", ":authority", "x.example").data(id, false, text(16_000)).said()
		}},
	} {
		t.Run(f.name, func(t *testing.T) {
			h := byHand(1).open()
			h.say(synth.Client, http2.ClientPreface+"\x00\x00\x00\x04\x00\x00\x00\x00\x00"+f.first, 1460)
			good := byHand(2)
			good.client = netip.MustParseAddrPort("10.7.7.7:7")
			good.now = h.now
			h.tape = join(h.tape, good.open().exchange("/other").shut().tape)
			src := &flood2{h: h, next: f.next, n: f.n, base: heap()}
			calls := 0
			other := false
			cov := hearEach(t, src, func(c *schemas.Call) {
				calls++
				other = other || c.Path == "/other" && c.Status == 200
			})
			if src.grown > 8<<20 {
				t.Errorf("%d KiB held for one connection", src.grown>>10)
			}
			if !other || f.anomaly != "" && cov.Anomalies[f.anomaly] == 0 {
				t.Errorf("other call %v, anomalies %v", other, cov.Anomalies)
			}
			t.Logf("%d frames, %d calls, %d KiB held", f.n, calls, src.grown>>10)
		})
	}
}

// Acceptance item 48: odd authorities, names and values are kept and flagged.
func TestItem48Oddities(t *testing.T) {
	for _, c := range []struct {
		name    string
		fields  []string
		want    string
		anomaly string
	}{
		{"host differs", []string{":authority", "x.example", ":path", "/p", "host", "y.example"}, "GET x.example /p 200 ambiguous", "host-conflict"},
		{"host agrees", []string{":authority", "x.example", ":path", "/p", "host", "X.example"}, "GET x.example /p 200", ""},
		{"host alone", []string{":path", "/p", "host", "x.example"}, "GET x.example /p 200", ""},
		{"userinfo", []string{":authority", "user@x.example", ":path", "/p"}, "GET x.example /p 200 ambiguous", "userinfo"},
		{"upper case", []string{":authority", "x.example", ":path", "/p", "X-Upper", "v"}, "GET x.example /p 200 ambiguous", "field-case"},
		{"CR LF", []string{":authority", "x.example", ":path", "/p", "x-a", "v\r\nx-b: w"}, "GET x.example /p 200 ambiguous", "bare-cr"},
		{"NUL", []string{":authority", "x.example", ":path", "/p", "x-a", "v\x00w"}, "GET x.example /p 200 ambiguous", "nul"},
		{"CR LF in the path", []string{":authority", "x.example", ":path", "/p\r\nq"}, "GET x.example /p%0D%0Aq 200 ambiguous", "target-syntax"},
		{"two paths", []string{":authority", "x.example", ":path", "/p", ":path", "/q"}, "GET x.example /p 200 ambiguous", "pseudo-field"},
		{"late authority", []string{":path", "/p", "x-a", "b", ":authority", "x.example"}, "GET x.example /p 200 ambiguous", "pseudo-field"},
		{"transfer-encoding", []string{":authority", "x.example", ":path", "/p", "transfer-encoding", "chunked"}, "GET x.example /p 200 ambiguous", "connection-field"},
		{"wrong length", []string{":authority", "x.example", ":path", "/p", "content-length", "7"}, "GET x.example /p 200 ambiguous", "length-mismatch"},
	} {
		t.Run(c.name, func(t *testing.T) {
			q, s := speak(true), speak(false)
			q.headers(1, true, append([]string{":method", "GET", ":scheme", "http"}, c.fields...)...)
			calls, _ := hear(t, raw(talk(1, "> "+q.said(), "< "+s.headers(1, true, ":status", "200").said())))
			wantLines(t, calls, c.want)
			if len(calls) == 1 && (c.anomaly != "" && !slices.Contains(calls[0].Anomalies, c.anomaly) || c.anomaly == "" && len(calls[0].Anomalies) > 0) {
				t.Errorf("anomalies %q", calls[0].Anomalies)
			}
		})
	}
}

// Acceptance item 62: segments of one byte, or of any size, give the same calls.
func TestItem62HTTP2Segments(t *testing.T) {
	play := func(cut func() int) []string {
		h := byHand(1).open()
		c, s := speak(true), speak(false)
		for i := range 20 {
			id := uint32(2*i + 1)
			h.say(synth.Client, c.headers(id, false, ":method", "POST", ":scheme", "http", ":path", fmt.Sprint("/", i%3), ":authority", "x.example", "content-type", "application/json").data(id, true, `{"a":[1,2]}`).said(), cut())
			h.say(synth.Server, s.headers(id, false, ":status", "201").data(id, false, "hello").headers(id, true, "x-sum", "1").said(), cut())
		}
		calls, _ := hear(t, h.shut().tape)
		var out []string
		for _, c := range calls {
			out = append(out, fmt.Sprint(c.ID, line(c), c.Request.Size, c.Response.Size, string(c.Request.Shape.AppendJSON(nil))))
		}
		return out
	}
	want := play(func() int { return 1460 })
	rng := rand.New(rand.NewPCG(62, 2))
	for name, cut := range map[string]func() int{"bytes": func() int { return 1 }, "random": func() int { return 1 + rng.IntN(40) }} {
		if got := play(cut); !slices.Equal(got, want) || len(want) != 20 {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
