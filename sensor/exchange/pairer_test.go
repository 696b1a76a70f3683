package exchange_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wirecensus/reassembly"
	"wirecensus/sensor/exchange"
	"wirecensus/sensor/message"
)

var update = flag.Bool("update", false, "rewrite the transcripts in testdata; commit only differences you understand")

// The transcripts are message events, one a line, each followed by the exchanges
// it finishes, indented. Events:
//
//	request STREAM METHOD TARGET [FIELD=VALUE...]    a head
//	response STREAM STATUS [FIELD=VALUE...] [!early]
//	content orig|resp STREAM TEXT | xN               N bytes of x
//	gap orig|resp STREAM N
//	trailer orig|resp STREAM FIELD=VALUE...
//	end orig|resp STREAM [incomplete]
//	abandon STREAM
//	close
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(data))
			if *update {
				if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(data) {
				t.Errorf("got:\n%s", got)
			}
		})
	}
}

// play runs the events of a transcript and writes it anew.
func play(t *testing.T, text string) string {
	pool := exchange.NewPool(exchange.Limits{Body: 32, Opaque: 4, Pending: 3})
	conn := &reassembly.Conn{Start: 7}
	p := pool.Pairer(conn)
	now := int64(0)
	var out strings.Builder
	for _, l := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if strings.HasPrefix(l, "    ") {
			continue
		}
		out.WriteString(l + "\n")
		f := strings.Fields(l)
		if len(f) == 0 || f[0][0] == '#' {
			continue
		}
		var exs []*exchange.Exchange
		if now++; f[0] == "close" {
			exs = p.Close(nil)
			p = pool.Pairer(conn)
		} else {
			exs = p.Append(nil, []message.Event{event(t, f, now)})
		}
		for _, ex := range exs {
			out.WriteString("    " + line(ex) + "\n")
			pool.Release(ex)
		}
	}
	fmt.Fprintf(&out, "    stats %+v\n", *pool.Stats())
	return out.String()
}

// event reads one line of a transcript.
func event(t *testing.T, f []string, now int64) message.Event {
	ev := message.Event{Time: now, BodyLen: -1}
	kinds := map[string]message.Kind{
		"request": message.Head, "response": message.Head, "content": message.Content, "gap": message.Gap, "trailer": message.Trailer,
		"end": message.End, "abandon": message.Abandon,
	}
	if ev.Kind = kinds[f[0]]; ev.Kind == 0 {
		t.Fatalf("unknown event %q", f)
	}
	args := f[1:]
	switch f[0] {
	case "response":
		ev.Dir = reassembly.Resp
	case "content", "gap", "trailer", "end":
		if args[0] == "resp" {
			ev.Dir = reassembly.Resp
		}
		args = args[1:]
	}
	fmt.Sscan(args[0], &ev.Stream)
	args = args[1:]
	h := &message.Header{Request: f[0] == "request", Version: "1.1"}
	switch f[0] {
	case "request":
		h.Method, h.Target, args = []byte(args[0]), []byte(args[1]), args[2:]
	case "response":
		fmt.Sscan(args[0], &h.Status)
		args = args[1:]
	case "content":
		ev.Data = []byte(args[0])
		if n := 0; args[0][0] == 'x' {
			fmt.Sscan(args[0][1:], &n)
			ev.Data = []byte(strings.Repeat("x", n))
		}
		return ev
	case "gap":
		fmt.Sscan(args[0], &ev.Len)
		return ev
	case "end":
		ev.Incomplete = len(args) > 0
		return ev
	}
	for _, a := range args {
		if a == "!early" {
			ev.Anomalies = ev.Anomalies.With(message.EarlyResponse)
			continue
		}
		k, v, _ := strings.Cut(a, "=")
		h.Fields = append(h.Fields, message.Field{Name: []byte(k), Value: []byte(v)})
	}
	ev.Head = h
	return ev
}

// line writes an exchange on one line.
func line(ex *exchange.Exchange) string {
	s := fmt.Sprint(ex.Index)
	if ex.Index >= exchange.OrphanIndex {
		s = fmt.Sprint("orphan ", ex.Index-exchange.OrphanIndex)
	}
	if ex.Request == nil {
		s += " ?"
	} else {
		s += fmt.Sprintf(" %s %s%s", ex.Request.Method, ex.Request.Target, content(ex.Request))
	}
	if len(ex.Interim) > 0 {
		s += fmt.Sprint(" ", ex.Interim)
	}
	if ex.Response == nil {
		s += " -> ?"
	} else {
		s += fmt.Sprintf(" -> %d%s", ex.Response.Status, content(ex.Response))
	}
	if ex.Early {
		s += " early"
	}
	if ex.Upgrade {
		s += " upgrade"
	}
	return s
}

func content(m *exchange.Message) string {
	s := fmt.Sprintf(" [%d,%d]", m.Start, m.End)
	for _, f := range append(append([]message.Field(nil), m.Fields...), m.Trailer...) {
		s += fmt.Sprintf(" %s=%s", f.Name, f.Value)
	}
	if m.Size > 0 {
		s += fmt.Sprintf(" %d%q", m.Size, m.Body)
	}
	for _, f := range []struct {
		on   bool
		name string
	}{{m.Gap, "gap"}, {m.Truncated, "truncated"}, {m.Incomplete, "incomplete"}} {
		if f.on {
			s += " " + f.name
		}
	}
	return s
}

// Content buffers grow with the content, whatever a message declares.
func TestDeclaredLengthAllocatesNothing(t *testing.T) {
	pool := exchange.NewPool(exchange.Limits{})
	p := pool.Pairer(nil)
	h := &message.Header{Request: true, Method: []byte("PUT"), Target: []byte("/"), Version: "1.1"}
	exs := p.Append(nil, []message.Event{
		{Kind: message.Head, Stream: 1, Head: h, BodyLen: 1 << 40},
		{Kind: message.Content, Stream: 1, Data: []byte("x")},
	})
	if exs = p.Close(exs); len(exs) != 1 || cap(exs[0].Request.Body) > 1024 {
		t.Errorf("%d exchanges, capacity %d", len(exs), cap(exs[0].Request.Body))
	}
}

// What a released exchange held must not show in the next one.
func TestReleaseForgets(t *testing.T) {
	pool := exchange.NewPool(exchange.Limits{})
	p := pool.Pairer(&reassembly.Conn{})
	one := func(method string, fields []message.Field, body string) *exchange.Exchange {
		h := &message.Header{Request: true, Method: []byte(method), Target: []byte("/"), Version: "1.1", Fields: fields}
		exs := p.Append(nil, []message.Event{
			{Kind: message.Head, Stream: 1, Head: h},
			{Kind: message.Content, Stream: 1, Data: []byte(body)},
			{Kind: message.Gap, Stream: 1, Len: 3},
			{Kind: message.Trailer, Stream: 1, Head: &message.Header{Fields: fields}},
			{Kind: message.End, Stream: 1, Incomplete: true},
			{Kind: message.Abandon, Stream: 1},
		})
		if len(exs) != 1 {
			t.Fatalf("%d exchanges", len(exs))
		}
		return exs[0]
	}
	pool.Release(one("POST", []message.Field{{Name: []byte("secret"), Value: []byte("s3cret")}}, "secret"))
	h := &message.Header{Request: true, Method: []byte("GET"), Target: []byte("/"), Version: "1.1"}
	exs := p.Append(nil, []message.Event{{Kind: message.Head, Stream: 2, Head: h}, {Kind: message.End, Stream: 2}, {Kind: message.Abandon, Stream: 2}})
	m := exs[0].Request
	if len(m.Fields)+len(m.Trailer)+len(m.Body) != 0 || m.Size != 0 || m.Gap || m.Incomplete || len(exs[0].Interim) != 0 {
		t.Errorf("%+v", m)
	}
}

func TestOpaqueTypes(t *testing.T) {
	for v, want := range map[string]bool{
		"image/png": true, "IMAGE/PNG": true, "image/svg+xml": false, "application/json": false, "application/octet-stream": true,
		"application/zip": true, "text/html": false, "": false, "app": false, "application/": false, "application/x-www-form-urlencoded": false,
		"video/mp4": true, "multipart/form-data; boundary=x": false, "audio/ogg": true, "font/woff2": true,
	} {
		pool := exchange.NewPool(exchange.Limits{Body: 100, Opaque: 10})
		p := pool.Pairer(nil)
		h := &message.Header{Request: true, Method: []byte("PUT"), Target: []byte("/"), Fields: []message.Field{{Name: []byte("Content-Type"), Value: []byte(v)}}}
		exs := p.Close(p.Append(nil, []message.Event{{Kind: message.Head, Stream: 1, Head: h}, {Kind: message.Content, Stream: 1, Data: make([]byte, 50)}}))
		if m := exs[0].Request; m.Truncated != want || m.Size != 50 {
			t.Errorf("%q: truncated %v, %d bytes of %d", v, m.Truncated, len(m.Body), m.Size)
		}
	}
}
