package normalize

import (
	"bytes"
	"encoding/binary"

	"wirecensus/schemas"
	"wirecensus/sensor/message"
)

// Flags of the five bytes before each message (gRPC over HTTP/2,
// Length-Prefixed-Message; PROTOCOL-WEB; Connect, Enveloped-Message).
const (
	frameHead       = 5
	frameCompressed = 1 << 0
	frameEnd        = 1 << 1 // Connect: the end of the stream, JSON
	frameTrailer    = 1 << 7 // gRPC-Web: the trailer
)

// framing is the reading of one content of framed messages.
type framing struct {
	coding coding
	asJSON bool
	other  bool // messages of a form that is not read
	whole  int  // messages
	begun  int  // messages whose length was seen
	left   int  // bytes that may still be decoded
	unread string
}

// rpcContent describes the content of a remote procedure call, which body holds as far as it was captured.
func (n *Normalizer) rpcContent(c *schemas.Content, fields []message.Field, body []byte, loss string) {
	f := framing{left: n.cfg.MaxBody, coding: rpcCoding(fields)}
	_, form := cutByte([]byte(c.MediaType), '+')
	f.asJSON = string(form) == "json"
	f.other = len(form) > 0 && !f.asJSON && string(form) != "proto"
	if n.rpc.text {
		var ok bool
		if n.plainText, ok = appendBase64(n.plainText[:0], body); !ok && loss == "" {
			f.unread = unreadSyntax
		}
		body = n.plainText
	}
	n.scanner.Begin()
	n.proto.Begin(n.rpc.names, n.messageType())
	n.frames(&f, body, loss)
	if f.whole > 0 && !f.asJSON && !f.other && f.unread != unreadCoding {
		n.proto.Emit(n.scanner, n.scanner.Root())
	}
	c.Messages = f.whole
	if f.other && f.unread == "" {
		f.unread = unreadType
	}
	if c.Unread = f.unread; loss != "" && (f.unread == "" || f.unread == unreadTruncated) {
		c.Unread = loss
	}
	if f.whole > 0 && (f.unread == "" || f.unread == unreadTruncated) && !f.other {
		c.Shape = n.scanner.Node()
	}
	if s := n.side(); s != nil {
		s.begun, s.whole = f.begun, c.Unread == ""
	}
}

// side returns the count of messages of the content under way.
func (n *Normalizer) side() *sent {
	if n.at.ids == "request" {
		return &n.rpc.sent[0]
	}
	return &n.rpc.sent[1]
}

// messageType returns the full name of the type of the messages under way, "" unknown.
func (n *Normalizer) messageType() string {
	switch {
	case n.rpc.method == nil:
		return ""
	case n.at.ids == "request":
		return n.rpc.method.Input
	}
	return n.rpc.method.Output
}

// rpcCoding returns the coding of compressed messages.
func rpcCoding(fields []message.Field) coding {
	v := fieldOf(fields, "grpc-encoding")
	if v == nil {
		v = fieldOf(fields, "connect-content-encoding")
	}
	return codingOf(bytes.TrimSpace(v))
}

// frames reads all framed messages of body. Those that are whole are used even when the rest is missing.
func (n *Normalizer) frames(f *framing, body []byte, loss string) {
	n.arena = n.arena[:0]
	for len(body) >= frameHead {
		flags, size := body[0], uint64(binary.BigEndian.Uint32(body[1:]))
		special := n.rpc.protocol == protocolWeb && flags&frameTrailer != 0 || n.rpc.protocol == protocolConnect && flags&frameEnd != 0
		if !special && flags > frameCompressed || flags&^(frameCompressed|frameEnd|frameTrailer) != 0 {
			f.unread = unreadSyntax
			return
		}
		if !special {
			f.begun++
		}
		if size > uint64(len(body)-frameHead) {
			break
		}
		data := body[frameHead : frameHead+int(size)]
		body = body[frameHead+int(size):]
		if flags&frameCompressed != 0 {
			var ok bool
			if data, ok = n.inflate(f, data); !ok {
				return
			}
		}
		if special {
			n.endOfStream(data)
			continue
		}
		if f.whole++; !n.message(f, data) {
			f.unread = unreadSyntax
			return
		}
	}
	if len(body) > 0 && loss == "" && f.unread == "" {
		f.unread = unreadTruncated
	}
}

// message takes one message and reports whether it has the form that the content's type says.
func (n *Normalizer) message(f *framing, data []byte) bool {
	switch {
	case f.other:
		return true
	case !f.asJSON:
		return n.proto.Add(data)
	case !n.scanner.Valid(data):
		return false
	}
	return n.scanner.AddAt(n.scanner.Root(), data)
}

// inflate returns data without its coding, valid until the next content. Of all
// messages together no more than MaxBody bytes are decoded.
func (n *Normalizer) inflate(f *framing, data []byte) ([]byte, bool) {
	if len(data) == 0 || f.coding == identity {
		return data, true
	}
	if f.left <= 0 {
		f.unread = unreadTruncated
		return nil, false
	}
	out, cut, ok := n.codings.decode(0, data, f.coding, f.left)
	switch {
	case !ok:
		f.unread = unreadCoding
		return nil, false
	case cut:
		f.unread = unreadTruncated
		return nil, false
	}
	f.left -= len(out)
	from := len(n.arena)
	n.arena = append(n.arena, out...)
	return n.arena[from:len(n.arena):len(n.arena)], true
}

// endOfStream takes the status from the frame that ends a gRPC-Web or Connect
// stream: fields on lines, or JSON.
func (n *Normalizer) endOfStream(data []byte) {
	if n.rpc.protocol == protocolConnect {
		n.rpc.status = codes[0]
		n.scanner.Members(data, func(name, value []byte) bool {
			if string(name) == "error" {
				n.connectError(value)
			}
			return true
		})
		return
	}
	for len(data) > 0 && n.rpc.status == "" {
		var line []byte
		line, data = cutByte(data, '\n')
		if name, value := cutByte(line, ':'); equalFoldTrim(name, "grpc-status") {
			n.rpc.setCode(bytes.TrimSpace(value))
		}
	}
}

// appendBase64 appends what b holds in base64: one text or several, each with its
// own padding, white space between. ok is false when it is anything else or ends within a group.
func appendBase64(dst, b []byte) (out []byte, ok bool) {
	var acc uint32
	bits, pad := 0, 0
	for _, c := range b {
		v := base64Value(c)
		switch {
		case c == '=':
			if pad++; bits < 12 || bits+6*pad > 24 {
				return dst, false
			}
		case c == '\r' || c == '\n' || c == ' ':
			continue
		case v < 0 || pad > 0:
			return dst, false
		default:
			acc, bits = acc<<6|uint32(v), bits+6
		}
		if bits+6*pad < 24 {
			continue
		}
		acc <<= 6 * pad
		dst = append(dst, byte(acc>>16), byte(acc>>8), byte(acc))
		dst = dst[:len(dst)-pad]
		acc, bits, pad = 0, 0, 0
	}
	return dst, bits == 0
}

func base64Value(c byte) int {
	switch {
	case c-'A' < 26:
		return int(c - 'A')
	case c-'a' < 26:
		return int(c-'a') + 26
	case c-'0' < 10:
		return int(c-'0') + 52
	case c == '+' || c == '-':
		return 62
	case c == '/' || c == '_':
		return 63
	}
	return -1
}

// bareMessage describes content that is one protobuf message.
func (n *Normalizer) bareMessage(c *schemas.Content, body []byte, loss string) {
	if loss != "" {
		c.Unread = loss
		return
	}
	n.scanner.Begin()
	n.proto.Begin(n.rpc.names, n.messageType())
	if !n.proto.Add(body) {
		c.Unread = unreadSyntax
		return
	}
	n.proto.Emit(n.scanner, n.scanner.Root())
	c.Shape = n.scanner.Node()
}
