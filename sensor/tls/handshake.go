package tls

import (
	"slices"

	"wirecensus/reassembly"
)

// Handshake messages, RFC 8446, Section 4, and RFC 5246, Section 7.4; some are in hello.go.
const (
	newSessionTicket  = 4
	endOfEarlyData    = 5
	encryptedExts     = 8
	serverHelloDone   = 14
	clientKeyExchange = 16
	finished          = 20
	keyUpdate         = 24
)

// early says what is known of 0-RTT.
type early uint8

const (
	earlyNone early = iota
	earlyOffered
	earlyAccepted
	earlyRejected
	earlyUnknown // the server's answer was lost
)

const (
	maxMessage    = 64 << 10 // longer handshake messages are passed over
	maxTranscript = 256 << 10
)

// terms are what both directions have said so far.
type terms struct {
	client     reassembly.Dir
	haveClient bool
	haveServer bool
	serverLost bool // the ServerHello cannot come any more
	serverDone bool // the server's first flight, TLS 1.2, is complete
	steps      uint8

	clientRandom [32]byte
	serverRandom [32]byte
	version      uint16
	suite        suite
	known        bool // suite is valid
	etm, ems     bool // encrypt_then_mac, extended_master_secret
	deflate      bool // compression, RFC 3749
	early        early
	generation   int // ServerHellos so far, HelloRetryRequests left out

	// TLS 1.2 and below.
	keys               [2]opener // of client and server, for the next ChangeCipherSpec
	clientID, serverID []byte    // session ids
	ticket, newTicket  []byte    // offered; issued
	cert, sealed       []byte    // of the server; the encrypted premaster secret
	master             []byte
	tried              bool // the private keys were
	transcript         [2][]byte
	helloLen           int // bytes of the ClientHello in transcript
}

// joiner joins the handshake messages of one direction.
type joiner struct {
	buf  []byte
	skip int  // bytes left of a message that is passed over
	lost bool // something is missing: what comes must begin with a message
}

// broken takes note of a loss.
func (m *joiner) broken() { m.buf, m.skip, m.lost = nil, 0, true }

// whole reports whether b is a sequence of whole handshake messages.
func whole(b []byte) bool {
	if len(b) < 4 {
		return false
	}
	for len(b) >= 4 {
		n := 4 + messageLength(b)
		if n > len(b) || b[0] > keyUpdate {
			return false
		}
		b = b[n:]
	}
	return len(b) == 0
}

func messageLength(b []byte) int { return int(b[1])<<16 | int(b[2])<<8 | int(b[3]) }

// messages reads the handshake messages in b, a record's content.
func (c *Conn) messages(h *half, b []byte) {
	m := &h.hs
	if m.lost {
		if c.lostHello(h); !whole(b) {
			return
		}
	}
	m.lost = false
	if n := min(m.skip, len(b)); n > 0 {
		m.skip -= n
		b = b[n:]
	}
	if len(m.buf) > 0 {
		m.buf = append(m.buf, b...)
		b = m.buf
	}
	for len(b) >= 4 {
		n := 4 + messageLength(b)
		if n > maxMessage {
			m.skip = n - min(n, len(b))
			b = b[min(n, len(b)):]
			continue
		}
		if len(b) < n {
			break
		}
		c.message(h, b[:n])
		if m.lost { // the message led to that
			return
		}
		b = b[n:]
	}
	m.buf = append(m.buf[:0:0], b...)
}

// lostHello notes that h lost a part of its handshake.
func (c *Conn) lostHello(h *half) {
	if c.hand.haveClient && !c.hand.haveServer && h.dir != c.hand.client {
		c.hand.serverLost = true
	}
}

// message reads one handshake message with its header.
func (c *Conn) message(h *half, b []byte) {
	hd, l := &c.hand, &h.layer
	hd.steps++
	body := reader{b: b[4:]}
	if l.v13 && l.on {
		switch kind := b[0]; {
		case kind == typeClientHello && l.stage < stageApplication:
			c.clientHello(h, b) // after a HelloRetryRequest
		case kind == encryptedExts && h.dir != hd.client && l.stage == stageHandshake:
			hd.answerEarly(&body)
		case kind == finished && l.stage == stageHandshake:
			l.change()
		case kind == endOfEarlyData && l.stage == stageEarly:
			l.change()
		case kind == keyUpdate && l.stage >= stageApplication:
			c.update(h)
		}
		return
	}
	if b[0] == typeClientHello {
		c.clientHello(h, b)
		return
	}
	if !hd.haveClient {
		return
	}
	c.transcribe(h, b)
	server := h.dir != hd.client
	switch kind := b[0]; {
	case kind == typeServerHello && server:
		hd.answer(&body)
	case kind == typeCertificate && server && c.pool.keys.HasPrivate():
		chain := reader{b: body.take(int(body.u24()))}
		hd.cert = slices.Clone(chain.take(int(chain.u24())))
	case kind == serverHelloDone && server:
		hd.serverDone = true
	case kind == clientKeyExchange && !server && (c.pool.keys.HasPrivate() || c.pool.keys.odd.Load()):
		hd.sealed = slices.Clone(body.take(int(body.u16())))
		if hd.version == 0x0300 {
			hd.sealed = nil
		}
	case kind == newSessionTicket && server:
		body.skip(4)
		hd.newTicket = slices.Clone(body.take(int(body.u16())))
		c.remember()
	}
}

// update switches to the keys after a KeyUpdate.
func (c *Conn) update(h *half) {
	l := &h.layer
	ops := c.openers(h, l.stage+1)
	secret := c.updated(l.secret)
	l.change()
	l.ops, l.secret = ops, secret
}

// transcribe keeps b for the session hash.
func (c *Conn) transcribe(h *half, b []byte) {
	hd := &c.hand
	done := hd.serverDone
	if h.dir == hd.client {
		done = hd.sealed != nil
	}
	if t := &hd.transcript[c.side(h)]; c.pool.keys.HasPrivate() && !done && len(*t)+len(b) <= maxTranscript {
		*t = append(*t, b...)
	}
}

// sessionHash is the hash of the messages up to the key exchange, RFC 7627, Section 3.
func (hd *terms) sessionHash() []byte {
	client := hd.transcript[0]
	hello, rest := client[:min(hd.helloLen, len(client))], client[min(hd.helloLen, len(client)):]
	var sum []byte
	for _, f := range hashes(hd.version, hd.suite) {
		f.Write(hello)
		f.Write(hd.transcript[1])
		f.Write(rest)
		sum = f.Sum(sum)
	}
	return sum
}

// cutHello reads the random of a ClientHello of which the rest is missing: buf holds its beginning.
func (c *Conn) cutHello(h *half) {
	const need = recordHeader + 4 + 2 + 32
	if hd := &c.hand; !hd.haveClient && len(h.buf) >= need && h.buf[0] == typeHandshake && h.buf[recordHeader] == typeClientHello && len(h.hs.buf) == 0 {
		*hd = terms{client: h.dir, haveClient: true, clientRandom: [32]byte(h.buf[need-32 : need]), steps: hd.steps + 1}
	}
}

// clientHello reads a ClientHello. A new random begins a new handshake.
func (c *Conn) clientHello(h *half, b []byte) {
	hd := &c.hand
	r := reader{b: b[4:]}
	r.skip(2)
	random := r.take(32)
	id := r.take(int(r.u8()))
	r.skip(int(r.u16()))
	r.skip(int(r.u8()))
	if r.bad || hd.haveClient && h.dir != hd.client {
		return
	}
	if !hd.haveClient || hd.clientRandom != [32]byte(random) {
		*hd = terms{client: h.dir, haveClient: true, clientRandom: [32]byte(random), generation: hd.generation, steps: hd.steps + 1}
		hd.clientID = slices.Clone(id)
		c.transcribe(h, b)
		hd.helloLen = len(hd.transcript[0])
	}
	offered := false
	exts := reader{b: r.take(int(r.u16()))}
	for len(exts.b) > 0 && !exts.bad {
		switch kind, body := exts.u16(), exts.take(int(exts.u16())); kind {
		case 35: // session_ticket
			hd.ticket = slices.Clone(body)
		case 42: // early_data
			offered = true
		}
	}
	if offered && hd.early == earlyNone {
		hd.early = earlyOffered
	}
}

// retry is the random of a HelloRetryRequest, RFC 8446, Section 4.1.3.
const retry = "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"

// answer reads a ServerHello.
func (hd *terms) answer(r *reader) {
	version := r.u16()
	random := r.take(32)
	id := r.take(int(r.u8()))
	suiteID := r.u16()
	compression := r.u8()
	if r.bad {
		return
	}
	etm, ems, psk := false, false, false
	if len(r.b) > 0 {
		exts := reader{b: r.take(int(r.u16()))}
		for len(exts.b) > 0 && !exts.bad {
			kind, body := exts.u16(), reader{b: exts.take(int(exts.u16()))}
			switch kind {
			case 22:
				etm = true
			case 23:
				ems = true
			case 41: // pre_shared_key
				psk = true
			case 43: // supported_versions
				version = body.u16()
			}
		}
	}
	if string(random) == retry {
		hd.version = version
		hd.rejectEarly()
		return
	}
	if !psk {
		hd.rejectEarly()
	}
	hd.haveServer, hd.version, hd.serverRandom, hd.serverID = true, version, [32]byte(random), slices.Clone(id)
	hd.etm, hd.ems = etm, ems
	hd.suite, hd.known = suiteOf(suiteID)
	if version < version10 || version > version13 || version == version13 != (suiteID>>8 == 0x13 || suiteID == 0) {
		hd.known = false
	}
	hd.deflate = compression == 1
	if compression > 1 {
		hd.known = false
	}
	hd.generation++
	hd.keys = [2]opener{}
}

func (hd *terms) rejectEarly() {
	if hd.early == earlyOffered {
		hd.early = earlyRejected
	}
}

// answerEarly reads EncryptedExtensions: whether early data were accepted.
func (hd *terms) answerEarly(r *reader) {
	exts := reader{b: r.take(int(r.u16()))}
	for len(exts.b) > 0 && !exts.bad {
		kind := exts.u16()
		exts.skip(int(exts.u16()))
		if kind == 42 && hd.early == earlyOffered {
			hd.early = earlyAccepted
		}
	}
	hd.rejectEarly()
}
