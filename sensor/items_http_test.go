package sensor_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/schemas"
	"wirecensus/sensor/capture"
)

const (
	request  = " HTTP/1.1\r\nHost: x.example\r\n"
	lastAsk  = "> GET /last" + request + "\r\n"
	lastLine = "GET x.example /last 200"
)

// Acceptance item 37: every way to delimit messages pairs right, pipelined too.
func TestItem37Pairing(t *testing.T) {
	var q, a strings.Builder
	var want []string
	for i := range 100 {
		fmt.Fprintf(&q, "GET /%d%s\r\n", i, request)
		fmt.Fprintf(&a, "HTTP/1.1 %d x\r\nContent-Length: %d\r\n\r\n%s", 205+i, i, text(i))
		want = append(want, fmt.Sprintf("GET x.example /%d %d", i, 205+i))
	}
	calls, _ := listen(t, talk(1, "> "+q.String(), "< "+a.String()))
	if !slices.Equal(calls, want) {
		t.Errorf("100 pipelined: %q", calls)
	}
	calls, cov := listen(t, talk(1,
		"> PUT /1"+request+"Expect: 100-continue\r\nContent-Length: 4\r\n\r\n", "< HTTP/1.1 100 Continue\r\n\r\n", "> data",
		"< HTTP/1.1 102 Processing\r\n\r\n", "< HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
		"> HEAD /2"+request+"\r\nGET /3"+request+"\r\n", "< HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nHTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n",
		"> GET /4"+request+"\r\n", "< HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n",
		"> GET /5"+request+"\r\n", "< HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n",
		"> POST /6"+request+"\r\n", "< HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"> GET /7"+request+"\r\n", "< HTTP/1.1 200 OK\r\n\r\nuntil close\r\nHTTP/1.1 500 no\r\n\r\n"))
	if want := []string{"PUT x.example /1 201", "HEAD x.example /2 200", "GET x.example /3 204", "GET x.example /4 304", "GET x.example /5 205",
		"POST x.example /6 202", "GET x.example /7 200"}; !slices.Equal(calls, want) || cov.Orphans+cov.Half != 0 {
		t.Errorf("got %q, want %q", calls, want)
	}
}

// odd runs a request with odd framing, then a usual one: there must be two calls, the
// first with the flags and the anomaly, and never a smuggled one.
func odd(t *testing.T, name, head, content, flags, anomaly string, size int64) {
	t.Helper()
	calls, _ := hear(t, raw(talk(1, "> POST /p"+request+head+"\r\n"+content, answer, lastAsk, answer)))
	got := lines(calls)
	want := []string{strings.TrimSpace("POST x.example /p 200 " + flags), lastLine}
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", name, got, want)
		return
	}
	if odds := calls[0].Anomalies; anomaly == "" && len(odds) != 0 || anomaly != "" && !slices.Contains(odds, anomaly) {
		t.Errorf("%s: anomalies %q, want %q", name, odds, anomaly)
	}
	if size >= 0 && calls[0].Request.Size != size {
		t.Errorf("%s: %d bytes, want %d", name, calls[0].Request.Size, size)
	}
}

const smuggled = "GET /smuggled HTTP/1.1\r\nHost: evil.example\r\n\r\n"

// Acceptance item 38: valid chunks are decoded, others are flagged and passed over.
func TestItem38Chunked(t *testing.T) {
	const te = "Transfer-Encoding: chunked\r\n"
	for _, c := range []struct {
		content string
		size    int64
	}{
		{"5\r\nhello\r\n0\r\n\r\n", 5}, {"5;a=b\r\nhello\r\n1 ;x\r\n!\r\n0\r\n\r\n", 6}, {"1;a=\"\\\";\\r\\n0\"\r\n!\r\n0\r\n\r\n", 1},
		{"0000a\r\n0123456789\r\n000\r\n\r\n", 10}, {strings.Repeat("1\r\nx\r\n", 2000) + "0\r\n\r\n", 2000},
		{"2\r\nhi\r\n0\r\nContent-Length: 999\r\nHost: evil.example\r\n\r\n", 2}, {"2e\r\n" + smuggled + "\r\n0\r\n\r\n", 46},
	} {
		odd(t, "valid "+c.content[:9], te, c.content, "", "", c.size)
	}
	for content, anomaly := range map[string]string{
		"FFFFFFFFFFFFFFFF\r\n": "chunk-bad", "FFFFFFFFFFFFFFFFF\r\n": "chunk-bad", "20000000000001\r\n": "chunk-bad", "7FFFFFFFFFFFFFFF\r\n": "chunk-bad",
		"0x5\r\nhello\r\n": "chunk-line", "+5\r\nhello\r\n": "chunk-line", "5_0\r\nhello\r\n": "chunk-line", "-1\r\n": "chunk-line", "5\nhello\r\n": "chunk-line",
		"5;a=\"\r\n0\r\n\r\n\"\r\nhello\r\n": "chunk-line", "\r\n": "chunk-line",
	} {
		odd(t, content, te, content+smuggled, "ambiguous,incomplete", anomaly, 0)
	}
	odd(t, "no CRLF after data", te, "5\r\nhello"+smuggled, "ambiguous,incomplete", "chunk-bad", 5)
	odd(t, "extension flood", te, "1;"+strings.Repeat("x", 20_000)+"\r\n!\r\n0\r\n\r\n", "ambiguous", "ext-flood", 1)
}

// Acceptance item 39: contradictory framing gives one call, flagged.
func TestItem39Framing(t *testing.T) {
	n := "Content-Length: " + strconv.Itoa(len(smuggled)) + "\r\n"
	all := int64(len(smuggled))
	chunk := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", all, smuggled)
	for _, c := range []struct {
		head, content, flags, anomaly string
		size                          int64
	}{
		{"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", chunk, "ambiguous", "te-cl", all},
		{"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", chunk, "ambiguous", "te-cl", all},
		{n + n, smuggled, "ambiguous", "cl-dup", all},
		{strings.TrimSpace(n) + ", " + strconv.Itoa(len(smuggled)) + "\r\n", smuggled, "ambiguous", "cl-dup", all},
		{strings.Replace(n, ": ", ": 000", 1), smuggled, "ambiguous", "cl-zeros", all},
		{n + "Content-Length: 6\r\n", smuggled, "ambiguous,incomplete", "cl-bad", 0},
		{"Content-Length: -1\r\n", smuggled, "ambiguous,incomplete", "cl-bad", 0},
		{"Content-Length: +5\r\n", smuggled, "ambiguous,incomplete", "cl-bad", 0},
		{"Content-Length: 18446744073709551615\r\n", smuggled, "ambiguous,incomplete", "cl-bad", 0},
		{"Transfer-Encoding: xchunked\r\n", smuggled, "ambiguous,incomplete", "te-bad", 0},
		{"Transfer-Encoding: chunked, chunked\r\n", chunk, "ambiguous", "te-multi", all},
		{"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", chunk, "ambiguous", "te-multi", all},
		{"Content-Length : 5\r\n", "", "ambiguous", "field-syntax", 0},
		{"Host: other.example\r\n", "", "ambiguous", "host-conflict", 0},
	} {
		odd(t, c.head, c.head, c.content, c.flags, c.anomaly, c.size)
	}
	calls, _ := listen(t, talk(1, "> GET http://target.example/t HTTP/1.1\r\nHost: field.example\r\n\r\n", answer, lastAsk, answer))
	if want := []string{"GET target.example /t 200 ambiguous", lastLine}; !slices.Equal(calls, want) {
		t.Errorf("absolute-form: %q, want %q", calls, want)
	}
	calls, _ = listen(t, talk(1, "> POST /p HTTP/1.0\r\nHost: x.example\r\nTransfer-Encoding: chunked\r\n\r\n"+chunk, answer))
	if want := []string{"POST x.example /p 200 ambiguous"}; !slices.Equal(calls, want) {
		t.Errorf("chunked on 1.0: %q, want %q", calls, want)
	}
}

// Acceptance item 40: odd syntax is read, whatever the method.
func TestItem40Syntax(t *testing.T) {
	for _, c := range []struct {
		name, ask, answer, want, anomaly string
	}{
		{"folded", "> GET /p HTTP/1.1\r\nHost: x.example\r\nX-A: b\r\n c\r\n\r\n", answer, "GET x.example /p 200 ambiguous", "obs-fold"},
		{"bare LF", "> GET /p HTTP/1.1\nHost: x.example\n\n", "< HTTP/1.1 200 OK\nContent-Length: 0\n\n", "GET x.example /p 200 ambiguous", "bare-lf"},
		{"bare CR", "> GET /p HTTP/1.1\r\nHost: x.example\r\nX-A: b\rc\r\n\r\n", answer, "GET x.example /p 200 ambiguous", "bare-cr"},
		{"NUL", "> GET /p HTTP/1.1\r\nHost: x.example\r\nX-A: b\x00c\r\n\r\n", answer, "GET x.example /p 200 ambiguous", "nul"},
		{"leading CRLF", "> \r\n\r\n\r\nGET /p HTTP/1.1\r\nHost: x.example\r\n\r\n", answer, "GET x.example /p 200", ""},
		{"lower case", "> get /p HTTP/1.1\r\nHost: x.example\r\n\r\n", answer, "GET x.example /p 200", ""},
		{"unknown", "> FROBNICATE /p HTTP/1.1\r\nHost: x.example\r\n\r\n", answer, "_OTHER x.example /p 200", ""},
		{"QUERY", "> QUERY /p HTTP/1.1\r\nHost: x.example\r\nContent-Length: 3\r\n\r\nabc", answer, "QUERY x.example /p 200", ""},
	} {
		calls, _ := hear(t, raw(talk(1, c.ask, c.answer, lastAsk, answer)))
		wantLines(t, calls, c.want, lastLine)
		if len(calls) > 0 && c.anomaly != "" && !slices.Contains(calls[0].Anomalies, c.anomaly) {
			t.Errorf("%s: %q", c.name, calls[0].Anomalies)
		}
	}
	old := talk(1, "> GET /old\r\n", "< <html>hi</html>")
	old.End = synth.EndServer
	calls, _ := hear(t, raw(old))
	if len(calls) != 1 || calls[0].Path != "/old" || calls[0].Version != "0.9" {
		t.Errorf("HTTP/0.9: %q", lines(calls))
	}
	var said []string // 200 methods of 64 KiB each, then a usual request
	for range 200 {
		said = append(said, "> "+strings.Repeat("M", 64<<10)+" /p"+request+"\r\n", answer)
	}
	calls, _ = hear(t, raw(talk(1, said...), talk(2, ask, answer)))
	if len(calls) == 0 || line(calls[len(calls)-1]) != "GET x.example /a 200" {
		t.Errorf("long methods: %d calls", len(calls))
	}
}

// Acceptance item 41: over a limit the call is there, flagged, and reading goes on.
func TestItem41Limits(t *testing.T) {
	long := strings.Repeat("m", 70_000)
	for name, c := range map[string]struct{ ask, flag string }{
		"request line": {"> GET /" + long + request + "\r\n", "truncated"},
		"field":        {"> GET /p" + request + "X-A: " + long + "\r\n\r\n", ""},
		"fields":       {"> GET /p" + request + strings.Repeat("X-A: b\r\n", 2000) + "\r\n", ""},
		"head":         {"> GET /p" + request + strings.Repeat("X-A: "+long[:1000]+"\r\n", 100) + "\r\n", ""},
		"content":      {"> POST /p" + request + "Content-Type: application/json\r\nContent-Length: 2097152\r\n\r\n" + strings.Repeat("[", 2<<20), "truncated"},
	} {
		t.Run(name, func(t *testing.T) {
			calls, _ := hear(t, raw(talk(1, c.ask, answer, lastAsk, answer)))
			if len(calls) != 2 || line(calls[1]) != lastLine || calls[0].Host != "x.example" && name != "request line" || calls[0].Status != 200 {
				t.Fatalf("%.200q", lines(calls))
			}
			if c.flag != "" && !slices.Contains(calls[0].Flags, c.flag) {
				t.Errorf("flags %q", calls[0].Flags)
			}
			if name != "content" && !slices.Contains(calls[0].Anomalies, "head-too-large") {
				t.Errorf("anomalies %q", calls[0].Anomalies)
			}
			if name == "content" && (calls[0].Request.Size != 2<<20 || calls[0].Request.Unread != "truncated") {
				t.Errorf("content %+v", calls[0].Request)
			}
		})
	}
}

// Acceptance item 42: what comes after CONNECT and Upgrade.
func TestItem42Switch(t *testing.T) {
	up := func(p string) []string {
		return []string{"> GET /ws" + request + "Connection: Upgrade\r\nUpgrade: " + p + "\r\n\r\n",
			"< HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: " + p + "\r\n\r\n"}
	}
	connect := "> CONNECT y.example:443 HTTP/1.1\r\nHost: y.example:443\r\n\r\n"
	frames := []string{"> \x81\x85abcd" + smuggled, "< \xc1\x05\xf2\x48\xcd\xc9\xc9", "< \x01\x03" + "abc", "< \x89\x00", "< \x80\x03def",
		"> \x82\xff\x80\x00\x00\x00\x00\x00\x00\x00abcd" + smuggled, "> " + smuggled, "< " + okay}
	for name, c := range map[string]struct {
		talk   []string
		want   []string
		opaque string
	}{
		"tunnel to TLS":   {[]string{connect, "< HTTP/1.1 200 OK\r\n\r\n", hello("y.example")}, []string{"CONNECT y.example y.example:443 200 upgrade"}, "tls"},
		"tunnel to HTTP":  {[]string{connect, "< HTTP/1.1 200 OK\r\n\r\n", ask, answer}, []string{"CONNECT y.example y.example:443 200 upgrade", "GET x.example /a 200"}, ""},
		"tunnel refused":  {[]string{connect, "< HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", ask, answer}, []string{"CONNECT y.example y.example:443 407", "GET x.example /a 200"}, ""},
		"websocket":       {append(up("websocket"), frames...), []string{"GET x.example /ws 101 upgrade", "GET x.example /ws 101 continued"}, "websocket"},
		"h2c":             {append(up("h2c"), "> PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "< \x00\x00\x00\x04\x00\x00\x00\x00\x00"), []string{"GET x.example /ws 101 upgrade"}, ""},
		"unknown upgrade": {append(up("foo/2"), "> \x00\x01\x02 foo", "< \x00\x03 bar"), []string{"GET x.example /ws 101 upgrade"}, "upgrade"},
		"upgrade ignored": {[]string{up("h2c")[0], answer, ask, answer}, []string{"GET x.example /ws 200", "GET x.example /a 200"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			calls, cov := listen(t, talk(1, c.talk...))
			if !slices.Equal(calls, c.want) {
				t.Errorf("calls %q, want %q", calls, c.want)
			}
			if c.opaque != "" && cov.Opaque[c.opaque] != 1 || c.opaque == "" && len(cov.Opaque) != 0 {
				t.Errorf("opaque %v, want %q", cov.Opaque, c.opaque)
			}
		})
	}
}

// random is a source of n connections to port 80 that say random bytes.
type random struct {
	n   int
	rng *rand.Rand
	buf []byte
}

func (s *random) Next(f *capture.Frame) error {
	if s.n == 0 {
		return (&source{}).Next(f)
	}
	s.n--
	const printable = " \r\n/:.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	h := byHand(0)
	h.client = netip.AddrPortFrom(netip.AddrFrom4([4]byte{40, byte(s.n >> 16), byte(s.n >> 8), byte(s.n)}), 4000)
	s.buf = s.buf[:0]
	for range 20 + s.rng.IntN(200) {
		b := byte(s.rng.Uint32())
		if s.n%2 == 0 {
			b = printable[int(b)%len(printable)]
		}
		s.buf = append(s.buf, b)
	}
	side := synth.Side(s.n >> 1 & 1)
	h.packet(side, ackf|psh, h.seq[side], h.seq[1-side], string(s.buf))
	*f = h.tape[0]
	f.Time = 1_780_000_000e9 - int64(s.n)*1e4
	return nil
}

// manyStreams names the environment variable that asks for all 10⁶ random streams.
const manyStreams = "WIRECENSUS_RANDOM_STREAMS"

// Acceptance item 43: protocols are told by what is said, on any port, within 1 KiB,
// and random bytes are no calls.
func TestItem43AnyPort(t *testing.T) {
	for _, port := range []uint16{22, 443, 6379, 31337} {
		c := talk(1, ask, answer)
		c.Server = netip.AddrPortFrom(c.Server.Addr(), port)
		if calls, _ := hear(t, raw(c)); len(calls) != 1 || calls[0].Path != "/a" || calls[0].Status != 200 {
			t.Errorf("port %d: %q", port, lines(calls))
		}
	}
	for name, said := range map[string][]string{
		"tls":   {hello("x.example")},
		"ssh":   {"< SSH-2.0-OpenSSH_9.6\r\n", "> SSH-2.0-OpenSSH_9.6\r\n"},
		"mysql": {"< \x4a\x00\x00\x00\x0a8.0.36\x00" + strings.Repeat("x", 70), "> \x20\x00\x00\x01" + strings.Repeat("y", 32)},
		"redis": {"> *1\r\n$4\r\nPING\r\n", "< +PONG\r\n"},
	} {
		c := talk(1, said...)
		c.Server = netip.AddrPortFrom(c.Server.Addr(), 80)
		if calls, cov := hear(t, raw(c)); len(calls) != 0 || cov.Opaque[name] != 1 {
			t.Errorf("%s: %q, opaque %v", name, lines(calls), cov.Opaque)
		}
	}
	n := 100_000
	if v, err := strconv.Atoi(os.Getenv(manyStreams)); err == nil {
		n = v
	}
	calls, cov := hearFrom(t, &random{n: n, rng: rand.New(rand.NewPCG(43, 43))})
	if len(calls) != 0 || cov.Connections != uint64(n) {
		t.Errorf("%d calls in %d random streams: %.300q", len(calls), cov.Connections, lines(calls))
	}
}

func packed(t *testing.T, coding, s string) string {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser
	var err error
	switch coding {
	case "gzip":
		w = gzip.NewWriter(&out)
	case "deflate":
		w = zlib.NewWriter(&out)
	case "raw":
		w, err = flate.NewWriter(&out, 6)
	case "br":
		w = brotli.NewWriter(&out)
	case "zstd":
		w, err = zstd.NewWriter(&out)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, s); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// coded is the call of a response with the content coding and content.
func coded(t *testing.T, label, content string) *schemas.Call {
	t.Helper()
	var field string
	if label != "" {
		field = "Content-Encoding: " + label + "\r\n"
	}
	calls, _ := hear(t, raw(talk(1, ask, fmt.Sprintf("< HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s", field, len(content), content), lastAsk, answer)))
	wantLines(t, calls, "GET x.example /a 200", lastLine)
	if len(calls) != 2 {
		t.FailNow()
	}
	return calls[0]
}

// Acceptance item 44: content codings, wrongly labelled ones and two of them too, are
// undone; bombs are not, and cost little.
func TestItem44Codings(t *testing.T) {
	doc := `{"id":1,"tags":["a","b"],"text":"` + strings.Repeat("words ", 500) + `"}`
	plain := string(coded(t, "", doc).Response.Shape.AppendJSON(nil))
	gz := packed(t, "gzip", doc)
	for _, c := range []struct{ label, content string }{
		{"gzip", gz}, {"deflate", packed(t, "deflate", doc)}, {"deflate", packed(t, "raw", doc)}, {"br", packed(t, "br", doc)}, {"zstd", packed(t, "zstd", doc)},
		{"gzip, br", packed(t, "br", gz)}, {"gzip, gzip", packed(t, "gzip", gz)}, {"br", gz}, {"", gz}, {"gzip", doc}, {"gzip", gz + "trailing"},
	} {
		r := coded(t, c.label, c.content).Response
		if r.Shape == nil || r.Unread != "" || string(r.Shape.AppendJSON(nil)) != plain || r.Size != int64(len(c.content)) {
			t.Errorf("%q %.8q: unread %q", c.label, c.content, r.Unread)
		}
	}
	bomb, deep := strings.Repeat(" ", 64<<20), doc
	for range 10 {
		deep = packed(t, "gzip", deep)
	}
	for _, c := range []struct{ name, label, content, unread string }{
		{"bomb, gzip", "gzip", packed(t, "gzip", bomb), "truncated"},
		{"bomb, br", "br", packed(t, "br", bomb), "truncated"},
		{"bomb, zstd", "zstd", packed(t, "zstd", bomb), "truncated"},
		{"bomb in a bomb", "gzip, gzip", packed(t, "gzip", packed(t, "gzip", bomb)), "truncated"},
		{"ten layers", strings.TrimSuffix(strings.Repeat("gzip, ", 10), ", "), deep, "coding"},
		{"broken", "gzip", gz[:len(gz)/2] + strings.Repeat("\xff", 50), "coding"},
		{"unknown", "compress", "\x1f\x9d\x90abc", "coding"},
	} {
		from := time.Now()
		r := coded(t, c.label, c.content).Response
		if took := time.Since(from); took > 20*time.Second { // 100 ms of a processor of one's own
			t.Errorf("%s: %v", c.name, took)
		}
		if r.Shape != nil || r.Unread != c.unread {
			t.Errorf("%s: unread %q, want %q", c.name, r.Unread, c.unread)
		}
	}
}

// Acceptance item 44: behind three bombs of a connection no coding is undone there; other connections go on,
// and large contents that are none are no bombs.
func TestItem44Strikes(t *testing.T) {
	bomb := packed(t, "br", strings.Repeat(" ", 64<<20))
	doc := packed(t, "gzip", `{"id":1}`)
	var big strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&big, "%d:%x,", i, i*i*7919)
	}
	large := packed(t, "gzip", `{"a":"`+big.String()+`"}`)
	reply := func(coding, content string) string {
		return fmt.Sprintf("< HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s", coding, len(content), content)
	}
	for _, c := range []struct {
		name    string
		bombs   int
		coding  string
		content string
		unread  string
	}{
		{"two bombs", 2, "br", bomb, ""},
		{"three bombs", 3, "br", bomb, "coding"},
		{"large contents", 5, "gzip", large, ""},
	} {
		var lines []string
		for range c.bombs {
			lines = append(lines, ask, reply(c.coding, c.content))
		}
		lines = append(lines, ask, reply("gzip", doc))
		calls, _ := hear(t, raw(talk(1, lines...), talk(2, ask, reply("gzip", doc))))
		if len(calls) != c.bombs+2 {
			t.Fatalf("%s: %d calls", c.name, len(calls))
		}
		for _, call := range calls {
			switch r := &call.Response; {
			case r.Size == int64(len(c.content)):
				if r.Unread != "truncated" {
					t.Errorf("%s: unread %q", c.name, r.Unread)
				}
			case call.Client == calls[0].Client && r.Unread != c.unread:
				t.Errorf("%s: what follows is unread %q, want %q", c.name, r.Unread, c.unread)
			case call.Client != calls[0].Client && r.Unread != "":
				t.Errorf("%s: on another connection: unread %q", c.name, r.Unread)
			}
		}
	}
}
