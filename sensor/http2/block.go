package http2

import (
	"wirecensus/reassembly"
	"wirecensus/sensor/message"
)

// openBlock begins a header block about stream id with the frame being read.
func (s *side) openBlock(id uint32, end bool) {
	s.block = headBlock{open: true, id: id, on: s.frame.id, end: end, at: s.from, cur: s.cur, buf: s.block.buf[:0]}
	s.dec.begun = false
}

// fragment takes a part of a header block. One that lies in one segment is read
// where it is.
func (c *Conn) fragment(dst []message.Event, s *side, in []byte) []message.Event {
	b := &s.block
	if b.torn {
		return dst
	}
	limit := c.pool.limits.Block
	if len(b.buf) == 0 && !b.over && s.left == s.pad && s.frame.flags&flagEndHeaders != 0 && len(in) <= limit {
		b.open = false
		return c.head(dst, s, in, true)
	}
	for len(in) > 0 && !b.torn {
		most := limit + 1
		if b.over {
			most = b.lastTried + limit/4
		}
		n := min(len(in), most-len(b.buf))
		b.buf = c.pool.appendTo(b.buf, in[:n])
		if in = in[n:]; len(b.buf) == most {
			dst = c.overflow(dst, s)
		}
	}
	if s.left == s.pad && s.frame.flags&flagEndHeaders != 0 && !b.torn {
		dst = c.endBlock(dst, s) // the padding does not matter
	}
	return dst
}

// endBlock reads the header block that was gathered.
func (c *Conn) endBlock(dst []message.Event, s *side) []message.Event {
	b := &s.block
	if !b.open {
		return dst
	}
	b.open = false
	switch {
	case b.torn:
	case b.over:
		if rest, st := c.passOver(s, b.buf); st != decoded || len(rest) > 0 {
			s.dec.table.lose(c.pool)
		}
	default:
		dst = c.head(dst, s, b.buf, true)
	}
	c.pool.discard(b.buf)
	b.buf = nil
	return dst
}

// overflow reads what is whole of a header block over the limit. Its head is
// told with what came so far, the rest is decoded for the table only.
func (c *Conn) overflow(dst []message.Event, s *side) []message.Event {
	b := &s.block
	var rest []byte
	st := decoded
	if b.over {
		rest, st = c.passOver(s, b.buf)
	} else {
		var sec section
		sec, rest, st = c.decode(s, b.buf)
		sec.blank++
		sec.odd = sec.odd.With(message.HPACKBomb)
		dst = c.message(c.odd(dst, s, message.HPACKBomb), s, &sec)
		b.over = true
	}
	if st == invalid || len(rest) > c.pool.limits.Block/2 {
		b.torn = true
		s.dec.table.lose(c.pool)
		rest = nil
	}
	old := b.buf
	b.buf = append(c.pool.get(len(rest)), rest...)
	c.pool.discard(old)
	b.lastTried = len(rest)
	return dst
}

// passOver decodes in for the table only and returns what is not whole.
func (c *Conn) passOver(s *side, in []byte) (rest []byte, st status) {
	var f field
	for len(in) > 0 {
		n, _, st := s.dec.next(c.pool, in, &f)
		if st == partial {
			return in, decoded
		}
		if st == invalid {
			return in, st
		}
		in = in[n:]
	}
	return nil, decoded
}

// tear notes that a part of the open header block is missing: what came before
// it is told, the table is lost.
func (c *Conn) tear(dst []message.Event, s *side) []message.Event {
	b := &s.block
	if !b.open || b.torn {
		return dst
	}
	b.torn = true
	c.pool.stats.Torn++
	if !b.over {
		dst = c.head(dst, s, b.buf, false)
	}
	c.pool.discard(b.buf)
	b.buf = nil
	s.dec.table.lose(c.pool)
	return dst
}

// decode decodes the representations of in up to one that is not whole or is invalid.
func (c *Conn) decode(s *side, in []byte) (sec section, rest []byte, st status) {
	var f field
	sec = c.pool.section()
	for len(in) > 0 {
		n, isField, st := s.dec.next(c.pool, in, &f)
		if st != decoded {
			return sec, in, st
		}
		if isField {
			sec.add(c.pool, &f)
		}
		in = in[n:]
	}
	return sec, nil, decoded
}

// head reads a header block, or only the beginning of it that was captured.
func (c *Conn) head(dst []message.Event, s *side, in []byte, whole bool) []message.Event {
	c.pool.stats.Blocks++
	sec, rest, st := c.decode(s, in)
	if !whole {
		sec.blank++
	}
	if st == invalid || whole && len(rest) > 0 {
		// RFC 7541, Section 3.2: nothing is certain any more.
		sec.blank++
		sec.odd = sec.odd.With(message.HPACK)
		s.dec.table.lose(c.pool)
		dst = c.odd(dst, s, message.HPACK)
	}
	if s.dec.table.sized && s.dec.table.size > uint64(c.pool.limits.Table) {
		dst = c.odd(dst, s, message.HPACKSize)
	}
	if sec.odd.Has(message.HPACKBomb) {
		dst = c.odd(dst, s, message.HPACKBomb)
	}
	return c.message(dst, s, &sec)
}

// message tells the head or trailer that a section is.
func (c *Conn) message(dst []message.Event, s *side, sec *section) []message.Event {
	switch b := &s.block; {
	case b.promise || sec.has&responsePseudo != 0:
		c.tell(s.dir.Other())
	case sec.has&requestPseudo != 0:
		c.tell(s.dir)
	}
	switch {
	case !c.known:
		return dst // whose it is cannot be told
	case s.dir == c.client:
		return c.request(dst, s, sec)
	case s.block.promise:
		return c.promise(dst, s, sec)
	}
	return c.response(dst, s, sec)
}

// tell notes who the client is, unless that is known.
func (c *Conn) tell(client reassembly.Dir) {
	if !c.known {
		c.known, c.client = true, client
	}
}

// headEvent is the event of a head with the section's fields.
func (c *Conn) headEvent(s *side, sec *section, h *message.Header, id uint32) message.Event {
	ev := s.event(message.Head, id, s.block.at)
	ev.EndOffset += uint64(s.left) // padding
	ev.Time, ev.Ack, ev.AckOK = s.block.cur.time, s.block.cur.ack, s.block.cur.ackOK
	ev.Head, ev.BodyLen, ev.Anomalies = h, sec.length, sec.odd
	if ev.BodyLen < 0 && s.block.end {
		ev.BodyLen = 0
	}
	return ev
}

// request takes a header block of the client.
func (c *Conn) request(dst []message.Event, s *side, sec *section) []message.Event {
	b := &s.block
	st := c.streams.find(b.id)
	switch {
	case b.promise || b.id&1 == 0:
		return c.odd(dst, s, message.H2Frame)
	case st != nil && st.state&headSeen != 0 || st == nil && b.id <= c.highest:
		// RFC 9113, Section 5.1.1: a new stream has a greater id than all before.
		if sec.has&requestPseudo != 0 || st != nil && st.state&ended != 0 {
			return c.odd(dst, s, message.StreamReuse)
		}
		if st == nil {
			return dst
		}
		return c.trailer(dst, s, sec)
	case sec.has&requestPseudo == 0:
		return dst // perhaps the trailer of a request that was lost
	}
	h := sec.header(c.pool, true)
	if sec.malformed(h) {
		return c.odd(dst, s, message.PseudoField)
	}
	c.highest = b.id
	c.floods.opened++
	st = c.stream(b.id)
	st.begin(0, sec)
	if string(sec.method) == "CONNECT" {
		st.state |= isConnect
	}
	ev := c.headEvent(s, sec, h, b.id)
	ev.Anomalies = sec.judge(h)
	c.pool.stats.count(ev.Anomalies)
	c.pool.stats.Requests++
	dst = append(dst, ev)
	if b.end {
		dst = c.endStream(dst, s, b.id)
	}
	return dst
}

// begin notes that message i of the stream has begun.
func (st *stream) begin(i int, sec *section) {
	st.state |= headSeen << (4 * i)
	st.want[i] = sec.length
}

// promise takes the request of a PUSH_PROMISE, RFC 9113, Section 8.4.
func (c *Conn) promise(dst []message.Event, s *side, sec *section) []message.Event {
	b := &s.block
	if b.id == 0 {
		return dst // lost
	}
	if b.id&1 != 0 || b.id <= c.pushed {
		return c.odd(dst, s, message.StreamReuse)
	}
	h := sec.header(c.pool, true)
	if sec.has&requestPseudo == 0 || sec.malformed(h) {
		return dst
	}
	c.pushed = b.id
	st := c.stream(b.id)
	st.begin(0, sec)
	st.state |= ended
	ev := c.headEvent(s, sec, h, b.id)
	ev.Dir, ev.Promised, ev.AckOK, ev.BodyLen = c.client, true, false, 0
	ev.Anomalies = sec.judge(h)
	c.pool.stats.Requests++
	end := ev
	end.Kind, end.Head, end.Anomalies = message.End, nil, 0
	return append(dst, ev, end)
}

// trailer takes the trailer of the message that s sends.
func (c *Conn) trailer(dst []message.Event, s *side, sec *section) []message.Event {
	if sec.has&(requestPseudo|responsePseudo) != 0 {
		sec.odd = sec.odd.With(message.PseudoField)
	}
	h := c.pool.header()
	h.Fields = sec.fields(c.pool)
	ev := c.headEvent(s, sec, h, s.block.id)
	ev.Kind = message.Trailer
	dst = append(dst, ev)
	if s.block.end {
		dst = c.endStream(dst, s, s.block.id)
	}
	return dst
}

// response takes a header block of the server.
func (c *Conn) response(dst []message.Event, s *side, sec *section) []message.Event {
	b := &s.block
	st := c.streams.find(b.id)
	switch {
	case st != nil && st.state&respEnded != 0 || st == nil && c.wasReset(b.id):
		return dst
	case st != nil && st.state&respHead != 0 && (sec.has&responsePseudo == 0 || b.end && st.got[1] > 0):
		return c.trailer(dst, s, sec)
	case sec.has&responsePseudo == 0 && (sec.blank == 0 || st == nil && b.id <= c.highest):
		// The trailer of a response whose head was lost.
		if b.end && st != nil {
			dst = c.endStream(dst, s, b.id)
		}
		return dst
	}
	h := sec.header(c.pool, false)
	c.pool.stats.Responses++
	c.pool.stats.count(sec.odd)
	ev := c.headEvent(s, sec, h, b.id)
	if interim := h.Status >= 100 && h.Status < 200; interim {
		if st == nil {
			return dst
		}
		dst = append(dst, ev, s.event(message.End, b.id, s.pos))
	} else {
		if st == nil {
			st = c.stream(b.id)
		}
		st.begin(1, sec)
		if st.state&isConnect != 0 && h.Status >= 200 && h.Status < 300 {
			st.state |= tunnels
		}
		dst = append(dst, ev)
	}
	if b.end {
		dst = c.endStream(dst, s, b.id)
	}
	return dst
}
