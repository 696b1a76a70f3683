package tls

import (
	"bytes"
	"encoding/binary"
)

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
	// ServerName is the host_name of the server_name extension, lower case and
	// without a final dot, at most 255 letters, digits, hyphens, underscores and
	// dots; "" when there is none or it is something else.
	ServerName string
	// ALPN are the offered application protocols, at most 16 of at most 32 bytes of printable ASCII.
	ALPN []string
	// JA4 is the fingerprint of the client's software; "" for a malformed hello.
	JA4 string
	// Version is the highest version offered, as on the wire: 0x0303 is TLS 1.2.
	Version uint16
	// ECH: an encrypted ClientHello, or something that looks like one, is present, so that
	// ServerName may only be the outer name. Nobody but the server can tell it from GREASE (RFC 9849, Section 6.2).
	ECH bool
}

// Transport is what carries a hello.
type Transport uint8

// Transports.
const (
	TCP Transport = iota
	QUIC
)

// Types of records (RFC 8446, Section 5.1) and of handshake messages (Section 4; RFC 5246, Section 7.4).
const (
	recordHeader    = 5
	typeHandshake   = 22
	typeApplication = 23

	typeClientHello = 1
	typeServerHello = 2
	typeCertificate = 11
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
	if n < 4 || n > 1<<14+256 || b[5] != typeClientHello && b[5] != typeServerHello {
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
	var in messages
	msg, _, v := in.next(b)
	switch {
	case v != Match:
		return Hello{}, v
	case msg[0] != typeClientHello:
		return Hello{}, NoMatch
	}
	h, ok := ParseClientHello(msg[4:], TCP)
	if !ok {
		return Hello{}, NoMatch
	}
	return h, Match
}

// ParseClientHello reads a ClientHello from its handshake body, which is what
// follows the type and the length of the message. QUIC says that it came in
// CRYPTO frames. A hello of which only the extensions are malformed is what it
// says up to there.
func ParseClientHello(b []byte, transport Transport) (Hello, bool) {
	p := parsed{transport: transport}
	r := reader{b: b}
	p.legacy = r.u16()
	p.hello.Version = p.legacy
	r.skip(32)
	r.skip(int(r.u8()))
	p.ciphers = r.take(int(r.u16()))
	r.skip(int(r.u8()))
	if r.bad {
		return Hello{}, false
	}
	if len(r.b) > 0 {
		ext := reader{b: r.take(int(r.u16()))}
		for len(ext.b) > 0 && !ext.bad {
			id := ext.u16()
			body := ext.take(int(ext.u16()))
			if !ext.bad {
				p.extension(id, body)
			}
		}
		p.bad = p.bad || r.bad || ext.bad
	}
	if !p.bad {
		p.hello.JA4 = p.ja4()
	}
	return p.hello, true
}

// parsed is a ClientHello being read: what it says, and what its fingerprint is made of.
type parsed struct {
	hello      Hello
	transport  Transport
	legacy     uint16
	version    uint16   // the highest of supported_versions, unknown ones included; 0 without
	ciphers    []byte   // as on the wire
	extensions []uint16 // without GREASE, at most maxExtensions
	signatures []byte   // as on the wire
	alpn       []byte   // the first
	sni        bool
	bad        bool
}

// maxExtensions is more than a hello of 64 KiB with a use for each of them has.
const maxExtensions = 1024

func (p *parsed) extension(id uint16, b []byte) {
	if grease(id) {
		return
	}
	if len(p.extensions) == maxExtensions {
		p.bad = true
		return
	}
	p.extensions = append(p.extensions, id)
	r := reader{b: b}
	switch id {
	case 0: // server_name
		p.sni = true
		list := reader{b: r.take(int(r.u16()))}
		for len(list.b) > 0 && !list.bad {
			kind, name := list.u8(), list.take(int(list.u16()))
			if kind == 0 && p.hello.ServerName == "" && !list.bad {
				p.hello.ServerName = hostname(name)
			}
		}
	case 13: // signature_algorithms
		p.signatures = r.take(int(r.u16()))
	case 16: // application_layer_protocol_negotiation
		p.protocols(reader{b: r.take(int(r.u16()))})
	case 43: // supported_versions
		list := reader{b: r.take(int(r.u8()))}
		for len(list.b) > 1 {
			v := list.u16()
			if grease(v) {
				continue
			}
			p.version = max(p.version, v)
			if v > p.hello.Version && v <= 0x0304 {
				p.hello.Version = v
			}
		}
	case 0xfe0d, 0xffce: // encrypted_client_hello, and the encrypted_server_name before it
		p.hello.ECH = true
	}
	p.bad = p.bad || r.bad
}

func (p *parsed) protocols(list reader) {
	for i := 0; len(list.b) > 0 && !list.bad; i++ {
		name := list.take(int(list.u8()))
		if i == 0 {
			p.alpn = name
		}
		if !list.bad && len(p.hello.ALPN) < maxALPN && protocol(name) {
			p.hello.ALPN = append(p.hello.ALPN, string(name))
		}
	}
}

const (
	maxALPN     = 16
	maxProtocol = 32
)

// protocol reports whether an ALPN name can be shown. GREASE (RFC 8701) cannot.
func protocol(name []byte) bool {
	return len(name) > 0 && len(name) <= maxProtocol && printable(name)
}

// grease reports whether a value means nothing, RFC 8701, Section 2.
func grease(v uint16) bool { return v&0x0f0f == 0x0a0a && v>>8 == v&0xff }

// hostname returns a name as it is compared, "" if it cannot be one. A port, which
// some clients add, is left out.
func hostname(b []byte) string {
	if i := bytes.LastIndexByte(b, ':'); i > 0 && len(b)-i <= 6 && !bytes.ContainsFunc(b[i+1:], func(r rune) bool { return r < '0' || r > '9' }) {
		b = b[:i]
	}
	if len(b) > 0 && b[len(b)-1] == '.' {
		b = b[:len(b)-1]
	}
	if len(b) > 255 {
		return ""
	}
	out := make([]byte, len(b))
	for i, c := range b {
		switch {
		case 'A' <= c && c <= 'Z':
			c |= 0x20
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '.', c == '_':
		default:
			return ""
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

func (r *reader) u24() uint32 { return uint32(r.u8())<<16 | uint32(r.u16()) }

func (r *reader) u16() uint16 {
	if p := r.take(2); p != nil {
		return binary.BigEndian.Uint16(p)
	}
	return 0
}
