package tls

// Record types, RFC 8446, Section 5.1; handshake and application data are in hello.go.
const (
	typeChange    = 20
	typeAlert     = 21
	typeHeartbeat = 24
)

// record reads one whole record and reports false when h must wait with it.
func (c *Conn) record(h *half, record []byte) bool {
	l := &h.layer
	body := record[recordHeader:]
	if !l.on || l.v13 {
		switch record[0] {
		case typeHandshake:
			if !c.hand.haveClient && !h.passing && len(h.hs.buf) == 0 && len(body) > 0 && body[0] != typeClientHello {
				c.stop(h, c.now) // for the ClientHello
				return false
			}
			if !l.v13 && l.losing && c.trial(h, record) {
				return true
			}
			c.messages(h, body)
			return true
		case typeAlert, typeHeartbeat:
			return true
		case typeChange:
			return l.v13 || c.changes(h)
		}
	}
	if h.passing && c.asked() == h.asked {
		c.passOver(h, record)
		return true
	}
	switch c.need(h) {
	case wait:
		if !h.passing {
			c.stop(h, c.now)
			return false
		}
		h.asked = c.asked()
		c.passOver(h, record)
		return true
	case never:
		h.dead = true
		c.passOver(h, record)
		return true
	}
	h.passing = false
	if !c.open(h, record) {
		c.failed(h, record)
	}
	return true
}

// asked changes whenever a secret that was not there may be.
func (c *Conn) asked() uint64 {
	if c.now >= c.pool.keys.since.Load() {
		return 0 // what is there may become known
	}
	return c.pool.keys.added.Load()<<8 + uint64(c.hand.steps) + 1
}

// changes handles a ChangeCipherSpec record in the clear: the end of the clear in TLS
// 1.2, nothing in TLS 1.3.
func (c *Conn) changes(h *half) bool {
	version := c.version()
	if version == 0 && h.dir == c.hand.client && !h.passing && c.need(h) == wait {
		c.stop(h, c.now)
		return false
	}
	if version != 0 && version < version13 {
		h.layer.change()
	}
	return true
}

// trial reports whether a record that may be in the clear is encrypted: the
// ChangeCipherSpec before it was lost.
func (c *Conn) trial(h *half, record []byte) bool {
	v := c.version()
	return v != 0 && v < version13 && c.derive() && c.open(h, record)
}

// proves reports whether record, found by searching, is one, and reads it then.
func (c *Conn) proves(h *half, record []byte) bool {
	l := &h.layer
	body := record[recordHeader:]
	clear := !l.on || l.v13
	switch kind := record[0]; {
	case clear && kind == typeChange:
		return len(body) == 1 && body[0] == 1 && (l.v13 || c.changes(h))
	case clear && kind == typeHandshake:
		if c.trial(h, record) {
			return true
		}
		if l.v13 || !whole(body) {
			return false
		}
		c.messages(h, body)
		return true
	case clear && kind != typeApplication:
		return false
	}
	if h.passing && c.asked() == h.asked {
		return false
	}
	switch c.need(h) {
	case ready:
		return c.open(h, record)
	case wait:
		if h.passing {
			h.asked = c.asked()
		} else {
			c.stop(h, c.now)
		}
	case never:
		h.dead = true
	}
	return false
}

// passOver counts a record that nobody can open, yet.
func (c *Conn) passOver(h *half, record []byte) {
	l := &h.layer
	h.lost += uint64(len(record))
	c.unread()
	if h.hs.broken(); l.v13 || !l.on {
		l.begin()
		l.extra++
		return
	}
	l.pass(len(record) - recordHeader)
}

// unread counts a record that cannot be opened, if ever one of the connection can be:
// without that it is a connection without secrets.
func (c *Conn) unread() {
	if c.proved {
		c.pool.stats.Undecryptable++
	} else {
		c.sealed++
	}
}

// failed counts a record that did not open.
func (c *Conn) failed(h *half, record []byte) {
	l := &h.layer
	if h.dir == c.hand.client && c.hand.early == earlyRejected && l.v13 && l.stage == stageHandshake && l.seq == 0 && !l.losing {
		return // early data that the server passed over too, RFC 8446, Section 4.2.10
	}
	c.pool.stats.Undecryptable++
	h.lost += uint64(len(record))
	h.hs.broken()
	l.begin()
	l.extra++
	if l.fails++; l.fails > maxFails {
		h.dead = true
	}
}

// open opens an encrypted record and hands out what is in it.
func (c *Conn) open(h *half, record []byte) bool {
	l := &h.layer
	slack := l.slack()
	for stage := l.stage; stage <= l.last(); stage++ {
		first := uint64(0)
		if stage == l.stage {
			first = l.seq
		}
		for i, op := range c.openers(h, stage) {
			for seq := first; seq <= first+slack; seq++ {
				out, kind, ok := op.open(c.pool.room(len(record)), seq, record, h.before[:h.beforeLen])
				if ok {
					c.pool.keep(out)
					c.accept(h, stage, i, op, seq, out, kind)
					return true
				}
			}
		}
	}
	return false
}

// accept reads the content of a record that was opened.
func (c *Conn) accept(h *half, stage, candidate int, op opener, seq uint64, out []byte, kind byte) {
	l := &h.layer
	if l.v13 && !c.hand.known {
		c.hand.suite, c.hand.known = suites13(len(c.anySecret(h)))[candidate], true
	}
	if l.v13 && stage > stageApplication && stage > l.stage {
		l.secret = c.updated(l.secret)
	}
	c.pool.stats.Records++
	if !c.proved {
		c.proved = true
		c.pool.stats.Undecryptable += c.sealed
		c.pool.stats.Overflow += c.late
	}
	at := h.markAt(h.cpos)
	if c.gap(h, l.opened(stage, op, seq, h.lost), at); h.lost > 0 {
		h.reached(h.cpos)
	}
	if c.hand.deflate && !l.v13 {
		if l.zlib == nil {
			l.zlib = &inflater{broken: seq != 0}
		}
		l.zlib.broken = l.zlib.broken || h.lost > 0
		var ok bool
		if out, ok = l.zlib.record(out); !ok {
			c.pool.stats.Undecryptable++
			c.gap(h, maxContent, at)
		}
	}
	h.lost = 0
	switch kind {
	case typeApplication:
		c.content(h, out, at)
	case typeHandshake:
		c.messages(h, out)
	case typeAlert:
		h.closed = h.closed || len(out) == 2 && out[1] == 0
	case typeChange:
		if !l.v13 {
			l.change() // renegotiation
		}
	}
}

// anySecret returns a secret of h, for its length.
func (c *Conn) anySecret(h *half) []byte {
	for _, l := range labels[c.side(h)] {
		if s := c.pool.keys.get(c.hand.clientRandom, l, c.now); s != nil {
			return s
		}
	}
	return nil
}
