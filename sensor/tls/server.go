package tls

// ServerHello is what a ServerHello says in the clear.
type ServerHello struct {
	Version uint16 // negotiated, as on the wire
	Suite   uint16 // cipher suite, as on the wire
	// ALPN is the protocol chosen, "" when it is none or said under encryption, as in TLS 1.3.
	ALPN string
}

// ParseServerHello reads a ServerHello from its handshake body. Of one whose
// extensions are malformed it says what it read up to there.
func ParseServerHello(b []byte) (ServerHello, bool) {
	var h ServerHello
	r := reader{b: b}
	h.Version = r.u16()
	r.skip(32)
	r.skip(int(r.u8()))
	h.Suite = r.u16()
	r.skip(1)
	if r.bad {
		return ServerHello{}, false
	}
	if len(r.b) == 0 {
		return h, true
	}
	for ext := (reader{b: r.take(int(r.u16()))}); len(ext.b) > 0 && !ext.bad; {
		id := ext.u16()
		body := reader{b: ext.take(int(ext.u16()))}
		if ext.bad {
			break
		}
		switch id {
		case 16: // application_layer_protocol_negotiation: a list of one
			list := reader{b: body.take(int(body.u16()))}
			if p := list.take(int(list.u8())); !list.bad && protocol(p) {
				h.ALPN = string(p)
			}
		case 43: // supported_versions: the one chosen
			if v := body.u16(); !body.bad {
				h.Version = v
			}
		}
	}
	return h, true
}
