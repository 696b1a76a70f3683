package synth

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"net/http"
	"strconv"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Framing is how the end of an HTTP/1.1 message's content is told (RFC 9112, Section 6).
type Framing uint8

// Framings.
const (
	Length     Framing = iota // Content-Length, none when there is no content
	Chunked                   // chunked transfer coding
	UntilClose                // responses only: the connection ends
)

// Field is one header field.
type Field struct{ Name, Value string }

// Request is an HTTP/1.1 request.
type Request struct {
	Method, Target, Host string
	Fields               []Field
	Body                 []byte
	Framing              Framing
	// Expect sends the content only after a 100 (Continue).
	Expect bool
}

// Response is an HTTP/1.1 response.
type Response struct {
	Status  int
	Fields  []Field
	Body    []byte
	Framing Framing
	// Coding is the content coding to apply: gzip, deflate, br, zstd, or none.
	Coding string
	// Hints sends a 103 (Early Hints) before.
	Hints bool
	// Wait is the server's time to answer.
	Wait time.Duration
}

// Head returns the request's head and its content as it is sent.
func (r *Request) Head() (head, content []byte) {
	h := make([]byte, 0, 640)
	h = append(h, r.Method...)
	h = append(h, ' ')
	h = append(h, r.Target...)
	h = append(h, " HTTP/1.1\r\n"...)
	h = appendField(h, "Host", r.Host)
	for _, f := range r.Fields {
		h = appendField(h, f.Name, f.Value)
	}
	if r.Expect {
		h = appendField(h, "Expect", "100-continue")
	}
	content = r.Body
	switch {
	case r.Framing == Chunked:
		h = appendField(h, "Transfer-Encoding", "chunked")
		content = chunk(content)
	case len(r.Body) > 0 || r.Method == "POST" || r.Method == "PUT" || r.Method == "PATCH":
		h = appendField(h, "Content-Length", strconv.Itoa(len(r.Body)))
	}
	return append(h, "\r\n"...), content
}

// Head returns the response's head and its content as it is sent to a request
// of the method: none to HEAD, and none for 1xx, 204 and 304 (RFC 9110, Section 6.4.1).
func (r *Response) Head(method string) (head, content []byte) {
	h := make([]byte, 0, 448)
	h = appendStatus(h, r.Status)
	for _, f := range r.Fields {
		h = appendField(h, f.Name, f.Value)
	}
	content = r.Body
	if len(content) > 0 && r.Coding != "" {
		content = encode(content, r.Coding)
		h = appendField(h, "Content-Encoding", r.Coding)
		h = appendField(h, "Vary", "Accept-Encoding")
	}
	bare := r.Status == http.StatusSwitchingProtocols || r.Status == http.StatusNoContent || r.Status == http.StatusNotModified
	switch {
	case bare:
		content = nil
	case r.Framing == Chunked:
		h = appendField(h, "Transfer-Encoding", "chunked")
		content = chunk(content)
	case r.Framing == UntilClose:
		h = appendField(h, "Connection", "close")
	default:
		h = appendField(h, "Content-Length", strconv.Itoa(len(content)))
	}
	if method == "HEAD" {
		content = nil
	}
	return append(h, "\r\n"...), content
}

func appendStatus(h []byte, status int) []byte {
	h = append(h, "HTTP/1.1 "...)
	h = strconv.AppendInt(h, int64(status), 10)
	h = append(h, ' ')
	h = append(h, http.StatusText(status)...)
	return append(h, "\r\n"...)
}

func appendField(h []byte, name, value string) []byte {
	h = append(h, name...)
	h = append(h, ": "...)
	h = append(h, value...)
	return append(h, "\r\n"...)
}

// chunk applies the chunked transfer coding, with chunks as a server that
// flushes a 4 KiB buffer makes them.
func chunk(b []byte) []byte {
	out := make([]byte, 0, len(b)+16*(len(b)/4096+2))
	for len(b) > 0 {
		n := min(len(b), 4096)
		out = strconv.AppendInt(out, int64(n), 16)
		out = append(out, "\r\n"...)
		out = append(out, b[:n]...)
		out = append(out, "\r\n"...)
		b = b[n:]
	}
	return append(out, "0\r\n\r\n"...)
}

// encode applies a content coding (RFC 9110, Section 8.4.1; deflate is the zlib
// format; raw-deflate is what some servers send under the name deflate).
func encode(b []byte, coding string) []byte {
	var out bytes.Buffer
	switch coding {
	case "gzip":
		w, _ := gzip.NewWriterLevel(&out, 5) // the level is valid
		w.Write(b)
		w.Close()
	case "deflate":
		w := zlib.NewWriter(&out)
		w.Write(b)
		w.Close()
	case "raw-deflate":
		w, _ := flate.NewWriter(&out, 5)
		w.Write(b)
		w.Close()
	case "br":
		w := brotli.NewWriterLevel(&out, 3)
		w.Write(b)
		w.Close()
	case "zstd":
		w, _ := zstd.NewWriter(&out, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<16), zstd.WithLowerEncoderMem(true))
		w.Write(b)
		w.Close()
	default:
		return b
	}
	return out.Bytes()
}

// Exchange appends a request after a pause and its response to the conversation;
// call may be nil.
func (c *Conversation) Exchange(call *Call, pause time.Duration, q *Request, r *Response) *Conversation {
	head, content := q.Head()
	m := Message{Side: Client, Head: head, Body: content, After: pause, Call: call}
	if q.Expect {
		m.Body = nil
		c.Messages = append(c.Messages, m,
			Message{Side: Server, Head: []byte("HTTP/1.1 100 Continue\r\n\r\n"), After: 200 * time.Microsecond},
			Message{Side: Client, Body: content, After: 100 * time.Microsecond, Call: call})
	} else {
		c.Messages = append(c.Messages, m)
	}
	if r == nil {
		return c
	}
	if r.Hints {
		c.Messages = append(c.Messages, Message{Side: Server, After: time.Millisecond,
			Head: []byte("HTTP/1.1 103 Early Hints\r\nLink: </assets/app.css>; rel=preload; as=style\r\n\r\n")})
	}
	head, content = r.Head(q.Method)
	c.Messages = append(c.Messages, Message{Side: Server, Head: head, Body: content, After: r.Wait, Call: call})
	if r.Framing == UntilClose {
		c.End = EndServer
	}
	return c
}
