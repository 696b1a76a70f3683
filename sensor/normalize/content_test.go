package normalize

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"wirecensus/schemas"
	"wirecensus/sensor/exchange"
	"wirecensus/sensor/message"
)

func pack(t testing.TB, coding string, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "gzip":
		w = gzip.NewWriter(&out)
	case "deflate":
		w = zlib.NewWriter(&out)
	case "raw":
		w, _ = flate.NewWriter(&out, 6)
	case "br":
		w = brotli.NewWriter(&out)
	case "zstd":
		w, _ = zstd.NewWriter(&out)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	w.Close()
	return out.Bytes()
}

func contentOf(n *Normalizer, mediaType, codings string, body []byte, change func(*exchange.Message)) schemas.Content {
	ex := pairOf("POST / HTTP/1.1", "HTTP/1.1 200 OK")
	m := ex.Request
	m.Body, m.Size = body, int64(len(body))
	if mediaType != "" {
		m.Fields = append(m.Fields, message.Field{Name: []byte("Content-Type"), Value: []byte(mediaType)})
	}
	if codings != "" {
		m.Fields = append(m.Fields, message.Field{Name: []byte("Content-Encoding"), Value: []byte(codings)})
	}
	if change != nil {
		change(m)
	}
	return n.Call(ex).Request
}

func TestCodings(t *testing.T) {
	n := New(Config{Key: testKey})
	doc := []byte(`{"a":[1,2,3],"b":"` + strings.Repeat("text ", 200) + `"}`)
	plain := string(contentOf(n, "application/json", "", doc, nil).Shape.AppendJSON(nil))
	for round := range 2 { // decoders are re-used
		for _, c := range []struct {
			label string
			body  []byte
		}{
			{"gzip", pack(t, "gzip", doc)}, {"X-GZIP", pack(t, "gzip", doc)}, {"deflate", pack(t, "deflate", doc)}, {"deflate", pack(t, "raw", doc)}, {"br", pack(t, "br", doc)}, {"zstd", pack(t, "zstd", doc)},
			{"gzip, br", pack(t, "br", pack(t, "gzip", doc))}, {"gzip", append(pack(t, "gzip", doc), "trailing"...)}, {"gzip", append(pack(t, "gzip", doc[:5]), pack(t, "gzip", doc[5:])...)},
			{"gzip", doc}, {"deflate", doc}, {"br", doc}, {"zstd", doc}, {"", pack(t, "gzip", doc)}, {"br", pack(t, "gzip", doc)}, {"identity", doc},
		} {
			got := contentOf(n, "application/json", c.label, c.body, nil)
			if got.Shape == nil || string(got.Shape.AppendJSON(nil)) != plain || got.Unread != "" || got.Size != int64(len(c.body)) {
				t.Errorf("round %d, %q %.12q: unread %q", round, c.label, c.body, got.Unread)
			}
		}
	}
	for _, c := range []struct {
		label string
		body  []byte
	}{{"gzip", []byte("\x1f\x8b\x08garbage")}, {"zstd", []byte("\x00\x01\x02\x03")}, {"compress", []byte("\x1f\x9d\x90abc")}, {"gzip, gzip, gzip", pack(t, "gzip", pack(t, "gzip", pack(t, "gzip", doc)))}, {"br", []byte("\xff\xff\xff\xff\x00")}} {
		if got := contentOf(n, "application/json", c.label, c.body, nil); got.Shape != nil || got.Unread != unreadCoding && got.Unread != unreadTruncated {
			t.Errorf("%q %.12q: unread %q", c.label, c.body, got.Unread)
		}
	}
}

func TestBombs(t *testing.T) {
	n := New(Config{Key: testKey})
	zeros := bytes.Repeat([]byte(" "), 32<<20)
	for _, c := range []string{"gzip", "deflate", "br", "zstd"} {
		clear(n.struck) // as on another connection
		body := pack(t, c, zeros)
		got := contentOf(n, "application/json", c, body, nil)
		if got.Shape != nil || got.Unread != unreadTruncated {
			t.Errorf("%s: unread %q", c, got.Unread)
		}
		if got := contentOf(n, "application/json", c+","+c, pack(t, c, body), nil); got.Unread == "" {
			t.Errorf("%s twice: read", c)
		}
		for _, out := range n.codings.out {
			if cap(out) > 2*defaultMaxBody {
				t.Errorf("%s: buffer of %d bytes", c, cap(out))
			}
		}
	}
}

func TestUnread(t *testing.T) {
	n := New(Config{Key: testKey})
	for _, c := range []struct {
		name, mediaType string
		body            string
		change          func(*exchange.Message)
		unread          string
		shape           bool
	}{
		{"whole", "application/json", `{"a":1}`, nil, "", true},
		{"our limit", "application/json", `{"a":1`, func(m *exchange.Message) { m.Truncated = true }, "truncated", false},
		{"gap", "application/json", `{"a":1`, func(m *exchange.Message) { m.Gap = true }, "gap", false},
		{"gap behind whole text", "application/json", `{"a":1}`, func(m *exchange.Message) { m.Gap = true }, "gap", false},
		{"ended early", "application/json", `{"a":1`, func(m *exchange.Message) { m.Incomplete = true }, "gap", false},
		{"nothing captured", "application/json", ``, func(m *exchange.Message) { m.Gap, m.Size = true, 100 }, "gap", false},
		{"not JSON", "application/json", `{"a":1,}`, nil, "syntax", false},
		{"HTML", "text/html", `<html></html>`, nil, "type", false},
		{"image", "image/png", "\x89PNG", nil, "type", false},
		{"empty", "application/json", ``, nil, "", false},
		{"vendor JSON", "application/vnd.api+json; charset=utf-8", `{}`, nil, "", true},
		{"guarded JSON", "application/json", ")]}',\n{\"a\":1}", nil, "", true},
		{"JSON with mark", "application/json", "\xef\xbb\xbf{}", nil, "", true},
		{"lines", "application/x-ndjson", "{\"a\":1}\n{\"a\":2}\n", nil, "", true},
		{"lines as JSON", "application/json", "{\"a\":1}\n{\"a\":2}\n", nil, "", true},
		{"cut lines", "application/x-ndjson", "{\"a\":1}\n{\"a\":2}\n{\"a", func(m *exchange.Message) { m.Gap = true }, "gap", true},
		{"events", "text/event-stream", "event: x\ndata: {\"a\":1}\n\ndata: {\"a\":2}\n\ndata: [DONE]\n", nil, "", true},
		{"events that go on", "text/event-stream", "data: {\"a\":1}\n\ndata: {\"a", func(m *exchange.Message) { m.Incomplete = true }, "", true},
		{"lost events", "text/event-stream", "data: {\"a\":1}\n\ndata: {\"a", func(m *exchange.Message) { m.Gap = true }, "gap", true},
		{"events of text", "text/event-stream", "data: hello\n\n", nil, "type", false},
		{"XML", "text/xml", "<a><b>1</b></a>", nil, "", true},
		{"cut XML", "application/xml", "<a><b>1</b>", func(m *exchange.Message) { m.Gap = true }, "gap", false},
		{"not XML", "application/atom+xml", "<a><b>1</a>", nil, "syntax", false},
		{"deep XML", "application/xml", strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100), nil, "truncated", false},
		{"SVG", "image/svg+xml", "<svg></svg>", nil, "type", false},
		{"bad lines", "application/x-ndjson", "x\ny\n", nil, "syntax", false},
		{"form", "application/x-www-form-urlencoded", "a=1&b[c]=2", nil, "", true},
		{"JSON called form", "application/x-www-form-urlencoded", `{"a":1}`, nil, "", true},
		{"multipart", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--\r\n", nil, "", true},
		{"multipart without boundary", "multipart/form-data", "--x\r\n", nil, "syntax", false},
	} {
		got := contentOf(n, c.mediaType, "", []byte(c.body), c.change)
		if got.Unread != c.unread || (got.Shape != nil) != c.shape {
			t.Errorf("%s: unread %q, shape %v", c.name, got.Unread, got.Shape != nil)
		}
	}
}

func TestSniff(t *testing.T) {
	n := New(Config{Key: testKey})
	for _, c := range []struct{ declared, body, want string }{
		{"", `{"a":1}`, "application/json ~"}, {"text/plain", `[1]`, "text/plain ~"}, {"", "a=1&b=2", "application/x-www-form-urlencoded ~"}, {"", "<!DOCTYPE html><p>", "text/html ~"},
		{"", "hello there, you", "text/plain ~"}, {"", "\x00\x01\x02", "application/octet-stream ~"}, {"Application/JSON ; x=y", `{}`, "application/json"}, {"nonsense", `{}`, "application/json ~"}, {"x/y/z", "%PDF-1.4", "application/pdf ~"},
		{"text/html", `{"error":"x"}`, "text/html ~"},
	} {
		got := contentOf(n, c.declared, "", []byte(c.body), nil)
		s := got.MediaType
		if got.Sniffed {
			s += " ~"
		}
		if s != c.want {
			t.Errorf("%q %q: %s", c.declared, c.body, s)
		}
	}
}

func TestPrints(t *testing.T) {
	n := New(Config{Key: testKey})
	page := func(s string) uint64 { return contentOf(n, "text/html", "", []byte(s), nil).Print }
	if first, again := page("<p>a"), page("<p>a"); first == 0 || first != again || first == page("<p>b") {
		t.Error("prints are wrong")
	}
	long := strings.Repeat("x", maxPrint)
	if page(long) == page(long+"x") {
		t.Error("the length does not count")
	}
}

func TestFormsAndParts(t *testing.T) {
	n := New(Config{Key: testKey})
	for _, c := range []struct{ body, want string }{
		{"a=1&b=", `{"object":1,"props":{"a":{"string":1,"len":[1,1],"formats":{"int":1}},"b":{"string":1,"len":[0,0],"formats":{"empty":1},"words":true}}}`},
		{"u[n]=1&u[m]=2", `{"object":1,"props":{"u":{"object":1,"props":{"m":{"string":1,"len":[1,1],"formats":{"int":1}},"n":{"string":1,"len":[1,1],"formats":{"int":1}}}}}}`},
		{"a[]=1&a[]=22", `{"object":1,"props":{"a":{"array":1,"lens":[2,2],"items":{"string":2,"len":[1,2],"formats":{"int":2}}}}}`},
		{"a=1&a=2", `{"object":1,"props":{"a":{"array":1,"lens":[2,2],"items":{"string":2,"len":[1,1],"formats":{"int":2}}}}}`},
	} {
		got := contentOf(n, "application/x-www-form-urlencoded", "", []byte(c.body), nil)
		if s := string(got.Shape.AppendJSON(nil)); s != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.body, s, c.want)
		}
	}
	got := contentOf(n, `multipart/form-data; boundary="b 1"`, "", []byte("preamble\r\n--b 1\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nx y\r\n"+
		"--b 1\r\ncontent-disposition: form-data; name=\"meta\"\r\nContent-Type: application/json\r\n\r\n{\"a\":1}\r\n"+
		"--b 1\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--b 1--\r\n"), nil)
	want := `{"object":1,"props":{"f":{"seen":1},"meta":{"object":1,"props":{"a":{"integer":1,"bits":8}}},"title":{"string":1,"len":[3,3]}}}`
	if s := string(got.Shape.AppendJSON(nil)); s != want {
		t.Errorf("%s", s)
	}
	if len(got.Parts) != 3 || got.Parts[2] != (schemas.Part{Name: "f", MediaType: "image/png", File: true}) || got.Parts[1].MediaType != "application/json" {
		t.Errorf("%+v", got.Parts)
	}
}

func TestSensitivePlaces(t *testing.T) {
	c := callOf(t, "POST /u/joe@example.com?email=a@example.com HTTP/1.1\nContent-Type: application/json\nX-Mail: b@example.com\nCookie: m=c@example.com\n\n"+`{"a":[{"b":"d@example.com"},{"b":"e@example.com"}],"c.d":{"card":{"number":"4111111111111111"}},"masked":"****1111"}`,
		"HTTP/1.1 200 OK\nX-Mail: f@example.com\nContent-Type: application/json\n\n[\"g@example.com\"]")
	want := "email request.body $.a[].b x2+; card request.body $.c.d.card.number x1+; card request.body $.masked x1~; email request.cookie m x1+; email request.header x-mail x1+; " +
		"email request.path 1 x1+; email request.query email x1+; email response.body $[] x1+; email response.header x-mail x1+"
	var got []string
	for _, s := range c.Sensitive {
		line := s.Class + " " + s.In + " " + s.At + " x" + string(rune('0'+s.Count))
		if s.Validated {
			line += "+"
		}
		if s.Masked {
			line += "~"
		}
		got = append(got, line)
	}
	if strings.Join(got, "; ") != want {
		t.Errorf("\n got %s\nwant %s", strings.Join(got, "; "), want)
	}
}

// FuzzCall: no exchange makes a Normalizer fail, and what it planted does not leave.
func FuzzCall(f *testing.F) {
	req, resp := typical()
	f.Add([]byte(req), []byte(resp), uint64(1))
	f.Add([]byte("GET http://a@b:1/x;y=z/%zz?a[b]=%4 HTTP/1.1\nHost: [::1\nCookie: a=\"b\nAuthorization: Basic \xff"), []byte("HTTP/1.1 200\nContent-Encoding: gzip, br\n\n\x1f\x8b"), uint64(2))
	f.Add([]byte("POST / HTTP/1.1\nContent-Type: multipart/form-data; boundary=x\n\n--x\n\n--x--"), []byte("HTTP/1.1 200\nContent-Type: text/event-stream\n\ndata: {"), uint64(3))
	n := New(Config{Key: testKey})
	f.Fuzz(func(t *testing.T, req, resp []byte, seed uint64) {
		if !bytes.HasPrefix(resp, []byte("HTTP/")) {
			resp = append([]byte("HTTP/1.1 200 OK\n"), resp...)
		}
		ex := &exchange.Exchange{Client: addr("192.0.2.1:50000"), Server: addr("198.51.100.7:8080")}
		if strings.Count(string(req), " ") > 0 && !bytes.HasPrefix(req, []byte("HTTP/")) {
			ex.Request = parse(string(req))
		}
		ex.Response = parse(string(resp))
		call := n.Call(ex)
		if len(call.Path) > maxPath || len(call.IDs) > maxIDs || len(call.Sensitive) > maxFound || len(call.Auth) > maxAuth {
			t.Fatal("a limit was passed")
		}
		if got, again := text(t, call), text(t, New(Config{Key: testKey}).Call(ex)); got != again {
			t.Fatalf("a used normalizer says\n%s\na new one\n%s", got, again)
		}
		c := &canaries{r: rand.New(rand.NewPCG(seed, 7))}
		secret := c.secret()
		if ex.Request != nil {
			ex.Request.Fields = append(ex.Request.Fields, message.Field{Name: []byte("Authorization"), Value: []byte("Bearer " + secret)}, message.Field{Name: []byte("X-Api-Key"), Value: []byte(secret)})
			ex.Request.Target = append(ex.Request.Target, "?k="+secret...)
		}
		if k := leak(windows(text(t, n.Call(ex))), secret); k != "" {
			t.Fatalf("%q left", k)
		}
	})
}
