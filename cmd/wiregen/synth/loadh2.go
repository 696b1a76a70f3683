package synth

import (
	"bytes"

	"golang.org/x/net/http2/hpack"
)

// h2 says the exchanges of one connection as HTTP/2 with prior knowledge (RFC
// 9113, Section 3.3), one stream after the other.
type h2 struct {
	sides [2]h2side
	id    uint32 // of the last stream
}

// h2side is what one side sends.
type h2side struct {
	out   []byte // of the exchange at hand
	block bytes.Buffer
	enc   *hpack.Encoder
}

func newH2() *h2 {
	h := new(h2)
	for i := range h.sides {
		s := &h.sides[i]
		s.enc = hpack.NewEncoder(&s.block)
	}
	return h
}

// frame appends a frame header.
func (s *h2side) frame(n int, typ, flags byte, id uint32) {
	s.out = append(s.out, byte(n>>16), byte(n>>8), byte(n), typ, flags, byte(id>>24), byte(id>>16), byte(id>>8), byte(id))
}

// literal are fields that encoders keep out of the table: they hardly come again.
func literal(name string) bool {
	return name == ":path" || name == "content-length" || name == "x-request-id"
}

func (s *h2side) field(name, value string) {
	// A buffer takes everything.
	_ = s.enc.WriteField(hpack.HeaderField{Name: name, Value: value, Sensitive: literal(name)})
}

// message appends the message that head and body are in HTTP/1, chunked coding
// left out.
func (s *h2side) message(id uint32, head, body []byte) {
	s.block.Reset()
	line, rest, _ := bytes.Cut(head, []byte("\r\n"))
	first, second, _ := bytes.Cut(line, []byte(" "))
	second, _, _ = bytes.Cut(second, []byte(" "))
	if bytes.HasPrefix(first, []byte("HTTP/")) {
		s.field(":status", string(second))
	} else {
		s.field(":method", string(first))
		s.field(":scheme", "http")
		s.field(":path", string(second))
	}
	for {
		line, rest, _ = bytes.Cut(rest, []byte("\r\n"))
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch low := string(bytes.ToLower(name)); low {
		case "host":
			s.field(":authority", string(value))
		case "connection", "transfer-encoding":
		default:
			s.field(low, string(value))
		}
	}
	flags := byte(4)
	if len(body) == 0 {
		flags |= 1
	}
	s.frame(s.block.Len(), 1, flags, id)
	s.out = append(s.out, s.block.Bytes()...)
	for len(body) > 0 {
		n := min(len(body), 16<<10)
		end := byte(0)
		if n == len(body) {
			end = 1
		}
		s.frame(n, 0, end, id)
		s.out = append(s.out, body[:n]...)
		body = body[n:]
	}
}

// exchange turns the two messages of an exchange into frames. What it returned
// before is overwritten.
func (h *h2) exchange(msgs []Message) {
	for i := range h.sides {
		s := &h.sides[i]
		s.out = s.out[:0]
		if h.id == 0 {
			if Side(i) == Client {
				s.out = append(s.out, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"...)
			}
			s.frame(0, 4, 0, 0)
		}
	}
	if h.id == 0 {
		h.id = 1
	} else {
		h.id += 2
	}
	for i := range msgs {
		m := &msgs[i]
		s := &h.sides[m.Side]
		s.message(h.id, m.Head, m.Body)
		m.Head, m.Body = nil, s.out
	}
}
