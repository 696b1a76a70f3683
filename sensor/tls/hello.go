package tls

import "encoding/binary"

// MaxHello is the most bytes, records included, that a ClientHello may take.
const MaxHello = 64 << 10

// Verdict is the answer to a question about the first bytes of a stream.
type Verdict uint8

// Verdicts.
const (
	NoMatch  Verdict = iota // not it, whatever follows
	NeedMore                // too few bytes to tell
	Match
)

// Hello is what a ClientHello says in the clear.
type Hello struct {
	// ServerName is the host_name of the server_name extension, lower case, at
	// most 255 printable ASCII bytes; "" when there is none or it is malformed.
	ServerName string
	// ALPN are the offered application protocols, at most 16 of printable ASCII.
	ALPN []string
	// Version is the highest version offered, as on the wire: 0x0303 is TLS 1.2.
	Version uint16
	// ECH: an encrypted ClientHello is present, so ServerName is only the outer name.
	ECH bool
}

const (
	recordHeader    = 5
	typeHandshake   = 22
	typeApplication = 23
	helloType       = 1
)

// Probe tells whether b, the first bytes of one direction, begin a TLS
// handshake: a handshake record that opens with a ClientHello or ServerHello.
func Probe(b []byte) Verdict {
	want := [...]struct{ min, max byte }{{typeHandshake, typeHandshake}, {3, 3}, {0, 4}}
	for i, w := range want {
		if i >= len(b) {
			return NeedMore
		}
		if b[i] < w.min || b[i] > w.max {
			return NoMatch
		}
	}
	if len(b) <= recordHeader {
		return NeedMore
	}
	n := int(binary.BigEndian.Uint16(b[3:]))
	if n < 4 || n > 1<<14+256 || b[5] != helloType && b[5] != 2 {
		return NoMatch
	}
	return Match
}

// IsRecord reports whether b begins like a TLS record of a running connection:
// application data, an alert or a handshake of a plausible length. It is how a
// connection that was joined after its handshake is told.
func IsRecord(b []byte) bool {
	return len(b) >= recordHeader && b[0] >= 20 && b[0] <= typeApplication && b[1] == 3 && b[2] <= 4 &&
		binary.BigEndian.Uint16(b[3:]) > 0 && binary.BigEndian.Uint16(b[3:]) <= 1<<14+2048
}

// ParseHello reads the ClientHello at the start of b. NeedMore asks for more
// bytes of the stream; NoMatch says that b holds no well-formed ClientHello.
func ParseHello(b []byte) (Hello, Verdict) {
	body, v := handshake(b)
	if v != Match {
		return Hello{}, v
	}
	return parseBody(body)
}

// handshake joins the fragments of the first handshake message, RFC 8446,
// Section 5.1, and returns its body when it is a ClientHello.
func handshake(b []byte) ([]byte, Verdict) {
	var msg []byte
	copied := false
	for total := 0; ; {
		if len(b) < recordHeader {
			return nil, NeedMore
		}
		if b[0] != typeHandshake {
			return nil, NoMatch
		}
		n := int(binary.BigEndian.Uint16(b[3:]))
		if n == 0 || n > 1<<14+256 {
			return nil, NoMatch
		}
		if len(b) < recordHeader+n {
			return nil, NeedMore
		}
		frag := b[recordHeader : recordHeader+n]
		if msg == nil {
			msg = frag
		} else {
			if !copied {
				msg, copied = append([]byte(nil), msg...), true
			}
			msg = append(msg, frag...)
		}
		b = b[recordHeader+n:]
		if len(msg) < 4 {
			continue
		}
		if msg[0] != helloType {
			return nil, NoMatch
		}
		total = int(msg[1])<<16 | int(msg[2])<<8 | int(msg[3])
		if total > MaxHello {
			return nil, NoMatch
		}
		if len(msg) >= 4+total {
			return msg[4 : 4+total], Match
		}
	}
}

func parseBody(b []byte) (h Hello, v Verdict) {
	r := reader{b: b}
	h.Version = r.u16()
	r.skip(32)
	r.skip(int(r.u8()))
	r.skip(int(r.u16()))
	r.skip(int(r.u8()))
	if r.bad {
		return Hello{}, NoMatch
	}
	if len(r.b) == 0 {
		return h, Match
	}
	ext := reader{b: r.take(int(r.u16()))}
	if r.bad {
		return Hello{}, NoMatch
	}
	for len(ext.b) > 0 && !ext.bad {
		id := ext.u16()
		body := reader{b: ext.take(int(ext.u16()))}
		if ext.bad {
			break
		}
		h.extension(id, &body)
	}
	return h, Match
}

func (h *Hello) extension(id uint16, r *reader) {
	switch id {
	case 0: // server_name
		list := reader{b: r.take(int(r.u16()))}
		for len(list.b) > 0 && !list.bad {
			kind, name := list.u8(), list.take(int(list.u16()))
			if kind == 0 && h.ServerName == "" && !list.bad {
				h.ServerName = hostname(name)
			}
		}
	case 16: // application_layer_protocol_negotiation
		list := reader{b: r.take(int(r.u16()))}
		for len(list.b) > 0 && !list.bad && len(h.ALPN) < 16 {
			if p := list.take(int(list.u8())); !list.bad && printable(p) && len(p) > 0 {
				h.ALPN = append(h.ALPN, string(p))
			}
		}
	case 43: // supported_versions
		list := reader{b: r.take(int(r.u8()))}
		for len(list.b) > 1 {
			// GREASE values (RFC 8701) are 0x?a?a and above every real version.
			if v := list.u16(); v > h.Version && v <= 0x0304 {
				h.Version = v
			}
		}
	case 0xfe0d: // encrypted_client_hello
		h.ECH = true
	}
}

func hostname(b []byte) string {
	if len(b) > 255 || !printable(b) {
		return ""
	}
	out := make([]byte, len(b))
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		out[i] = c
	}
	return string(out)
}

func printable(b []byte) bool {
	for _, c := range b {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}

// reader takes big-endian fields from b; bad is set, and stays set, when b was too short.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n int) []byte {
	if r.bad || n > len(r.b) {
		r.bad = true
		r.b = nil
		return nil
	}
	p := r.b[:n]
	r.b = r.b[n:]
	return p
}

func (r *reader) skip(n int) { r.take(n) }

func (r *reader) u8() byte {
	if p := r.take(1); p != nil {
		return p[0]
	}
	return 0
}

func (r *reader) u16() uint16 {
	if p := r.take(2); p != nil {
		return binary.BigEndian.Uint16(p)
	}
	return 0
}
