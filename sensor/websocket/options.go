package websocket

import (
	"bytes"

	"wirecensus/sensor/message"
)

// Options is what the handshake agreed on.
type Options struct {
	Deflate bool // permessage-deflate, RFC 7692
	// NoContext: the client, or the server, begins each message without the
	// context of earlier ones (client_no_context_takeover, server_no_context_takeover).
	ClientNoContext, ServerNoContext bool
	// Foreign: an extension that is not known here may change payloads and give the
	// reserved bits a meaning. Frames are counted, messages have no content.
	Foreign bool
}

// Negotiated returns what the fields of a 101 response accepted (RFC 6455,
// Section 9.1; RFC 7692, Section 7.1). Window bits do not matter to a reader that
// keeps the greatest window.
func Negotiated(fields []message.Field) Options {
	var o Options
	for i := range fields {
		if !message.EqualFold(fields[i].Name, "sec-websocket-extensions") {
			continue
		}
		for rest := fields[i].Value; len(rest) > 0; {
			var one []byte
			if one, rest = cut(rest, ','); len(one) > 0 {
				o.add(one)
			}
		}
	}
	return o
}

// add takes one extension with its parameters.
func (o *Options) add(ext []byte) {
	name, params := cut(ext, ';')
	if !message.EqualFold(name, "permessage-deflate") || o.Deflate {
		o.Foreign = true
		return
	}
	o.Deflate = true
	for len(params) > 0 {
		var p []byte
		p, params = cut(params, ';')
		key, _ := cut(p, '=')
		switch {
		case message.EqualFold(key, "client_no_context_takeover"):
			o.ClientNoContext = true
		case message.EqualFold(key, "server_no_context_takeover"):
			o.ServerNoContext = true
		case message.EqualFold(key, "client_max_window_bits"), message.EqualFold(key, "server_max_window_bits"), len(key) == 0:
		default:
			o.Foreign = true
		}
	}
}

// cut parts b at c and trims both parts.
func cut(b []byte, c byte) (before, after []byte) {
	if i := bytes.IndexByte(b, c); i >= 0 {
		return bytes.TrimSpace(b[:i]), bytes.TrimSpace(b[i+1:])
	}
	return bytes.TrimSpace(b), nil
}
