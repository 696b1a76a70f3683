package http1

import (
	"bytes"

	"wirecensus/sensor/message"
)

// readHead reads the start line and fields of a message. A head that lies in
// one segment is not copied.
func (c *Conn) readHead(dst []message.Event, s *stream, in []byte) ([]message.Event, int) {
	n := 0
	if !s.begun {
		// RFC 9112, Section 2.2: empty lines before a request are ignored.
		for n < len(in) && (in[n] == '\r' || in[n] == '\n') {
			n++
		}
		s.pos += uint64(n)
		c.pool.stats.FramingBytes += uint64(n)
		if n == len(in) {
			return dst, n
		}
		s.begun = true
		s.head = place{off: s.pos, time: s.cur.time, ack: s.cur.ack, ackOK: s.cur.ackOK}
	}
	if s.lineEnd == 0 {
		k, ok, done := c.readStartLine(s, in[n:])
		switch {
		case !ok:
			return c.notAHead(dst, s), n
		case !done:
			s.pos += uint64(len(in) - n)
			return dst, len(in)
		case s.simple():
			s.pos += uint64(k)
			raw := in[n : n+k]
			if s.section.buf != nil {
				raw = s.section.buf
			}
			return c.head(dst, s, raw, nil, &facts{}), n + k
		}
		if s.section.buf == nil {
			return c.headInPlace(dst, s, in, n, k)
		}
		s.pos += uint64(k)
		n += k
	}
	k, done := s.section.blank(in[n:])
	s.section.add(in[n:n+k], s.lineEnd, c.pool.limits.Head)
	s.pos += uint64(k)
	if done {
		dst = c.bufferedHead(dst, s)
	}
	return dst, n + k
}

// bufferedHead reads the complete head in s.section.buf.
func (c *Conn) bufferedHead(dst []message.Event, s *stream) []message.Event {
	var f facts
	raw := s.section.buf
	fields, _, _ := c.pool.fieldSection(raw[s.lineEnd:], c.pool.limits.Fields, &f)
	return c.head(dst, s, raw[:s.lineEnd], fields, &f)
}

// simple reports whether the start line, just completed, is an HTTP/0.9 request.
func (s *stream) simple() bool { return s.lineEnd < 0 }

// headInPlace reads the fields after a start line in[n:n+k], copying them only
// when they do not end in this segment or are over the limit.
func (c *Conn) headInPlace(dst []message.Event, s *stream, in []byte, n, k int) ([]message.Event, int) {
	var f facts
	limit := c.pool.limits.Head
	if fields, m, done := c.pool.fieldSection(in[n+k:min(len(in), n+k+limit)], c.pool.limits.Fields, &f); done {
		s.pos += uint64(k + m)
		return c.head(dst, s, in[n:n+k], fields, &f), n + k + m
	}
	m, done := s.section.blank(in[n+k:])
	end := n + k + m
	s.pos += uint64(end - n)
	s.section.buf = append(c.pool.get(), in[n:n+k]...)
	s.section.lineStart = k
	s.section.add(in[n+k:end], k, limit)
	if done {
		dst = c.bufferedHead(dst, s)
	}
	return dst, end
}

// readStartLine looks for the end of the start line: k bytes of in belong to
// it. ok is false when it cannot be one; when done, s.lineEnd is its length, -1
// for HTTP/0.9.
func (c *Conn) readStartLine(s *stream, in []byte) (k int, ok, done bool) {
	x := &s.section
	if x.buf == nil && !token[in[0]] {
		return 0, false, false
	}
	limit := c.pool.limits.StartLine
	k = bytes.IndexByte(in, '\n') + 1
	if k == 0 || x.buf != nil || k > limit {
		if x.buf == nil {
			x.buf = c.pool.get()
		}
		part := in
		if k > 0 {
			part = in[:k]
		}
		x.addLine(part, limit)
		if s.strict && len(x.buf) <= 64 && plausible(x.buf, c.expects(s)) == NoMatch {
			return 0, false, false
		}
	}
	if k == 0 {
		return 0, true, false
	}
	line := in[:k]
	if x.buf != nil {
		line = x.buf
	}
	if s.strict && plausible(line, c.expects(s)) != Match {
		return 0, false, false
	}
	var h message.Header
	form := c.form(s, line)
	if form.response && len(c.match.pending) == 0 {
		form.loose = false // nothing awaits it
	}
	if _, ok = startLine(&h, line, form); !ok {
		return 0, false, false
	}
	if s.lineEnd = len(line); h.Version == "0.9" {
		s.lineEnd = -1
	}
	x.lineStart = len(x.buf)
	return k, true, true
}

// form says how the start line of a message of s may look.
func (c *Conn) form(s *stream, line []byte) lineForm {
	return lineForm{response: c.isResponse(s, line), simple: c.simpleOK(s), loose: !s.strict}
}

// simpleOK reports whether an HTTP/0.9 request may come: only as the first
// thing on a connection.
func (c *Conn) simpleOK(s *stream) bool { return c.requests == 0 && !s.strict && s.head.off == 0 }

// isResponse reports whether a message of s that begins with line is a response.
func (c *Conn) isResponse(s *stream, line []byte) bool {
	if c.known {
		return s.dir != c.client
	}
	return bytes.HasPrefix(line, []byte("HTTP/1."))
}

// notAHead gives up the head being read: it was none.
func (c *Conn) notAHead(dst []message.Event, s *stream) []message.Event {
	if q := c.match.pending; s.dir != c.client && len(q) > 0 && q[0].simple && !s.strict {
		return c.simpleResponse(dst, s)
	}
	return c.loseHead(dst, s, false)
}

// loseHead looks for the next message in place of the head that was expected;
// the part of it that was read becomes skipped bytes.
func (c *Conn) loseHead(dst []message.Event, s *stream, between bool) []message.Event {
	n := c.unread(s)
	from := s.pos
	if s.strict {
		from, between = s.lossFrom, s.between
	}
	c.lose(s, between)
	s.lossFrom = from
	return c.skip(dst, s, n)
}

// unread forgets the part of a head that was read and returns its length; s.pos is at its start.
func (c *Conn) unread(s *stream) uint64 {
	n := uint64(0)
	if s.begun {
		n = s.pos - s.head.off
		s.pos = s.head.off
	}
	c.dropSection(s)
	return n
}

// head begins the message with the given start line and fields.
func (c *Conn) head(dst []message.Event, s *stream, line []byte, fields []message.Field, f *facts) []message.Event {
	h := c.pool.header()
	odd, _ := startLine(h, line, c.form(s, line))
	f.odd |= odd
	if s.section.over {
		f.odd = f.odd.With(message.HeadTooLarge)
	}
	h.Fields = fields
	if odd.Has(message.RequestLine) && (f.odd.Has(message.FieldSyntax) || len(fields) == 0) {
		return c.loseHead(dst, s, false)
	}
	host := uint64(0)
	if h.Request {
		host = hostDigest(f.host)
		if s.strict && s.doubtful && c.lastHost != 0 && host != c.lastHost {
			return c.loseHead(dst, s, false)
		}
		c.lastHost = host
	}
	if s.strict {
		c.found(s, h.Request)
	}
	if !c.known {
		c.known = true
		c.client = s.dir
		if !h.Request {
			c.client = s.dir.Other()
		}
	}
	c.dropSection(s)
	if h.Request {
		return c.request(dst, s, h, f)
	}
	return c.response(dst, s, h, f)
}

// request begins a request.
func (c *Conn) request(dst []message.Event, s *stream, h *message.Header, f *facts) []message.Event {
	hostFacts(f, h)
	how := bodyFraming(f, h, anyRequest)
	c.requests++
	c.pool.stats.Requests++
	s.id = c.requests
	k := kindOf(h.Method)
	dst = c.await(dst, request{
		stream: s.id, start: s.head.off, headEnd: s.pos, ack: s.head.ack, ackOK: s.head.ackOK, kind: k,
		simple: h.Version == "0.9", expect: f.expect, afterLoss: s.afterLoss,
	})
	s.afterLoss = false
	s.closing = f.close
	switch {
	case k == connectRequest:
		s.wait = waitTunnel
	case f.upgrade && !c.oneSided():
		s.wait = waitUpgrade
	default:
		s.wait = noWait
	}
	if s.wait != noWait {
		s.closing = false
		c.waitFor = s.id
	}
	return c.beginContent(dst, s, h, f, how)
}

// await queues q for its response.
func (c *Conn) await(dst []message.Event, q request) []message.Event {
	m := &c.match
	if n := len(m.pending); n > 0 && c.oneSided() && q.ackOK && m.pending[n-1].ackOK && q.ack > m.pending[n-1].ack {
		// The client received what we did not: those responses will not be seen.
		m.hole(m.pending[0].ack, q.ack)
		for i := range m.pending {
			dst = c.abandon(dst, &m.pending[i])
		}
		m.pending = m.pending[:0]
	}
	if len(m.pending) >= c.pool.limits.Pending && !m.blind {
		m.blind = true
		c.pool.stats.Overflow++
		for i := range m.pending {
			dst = c.abandon(dst, &m.pending[i])
		}
		m.pending = m.pending[:0]
	}
	if m.blind {
		return dst
	}
	m.add(q)
	return dst
}

// response begins a response.
func (c *Conn) response(dst []message.Event, s *stream, h *message.Header, f *facts) []message.Event {
	c.pool.stats.Responses++
	if c.sides[c.client].state == waiting && (len(c.match.holes) > 0 || len(c.match.pending) == 0) {
		dst = c.resolveUnknown(dst, &c.sides[c.client]) // the response that was waited for may be the one lost
	}
	dst, q := c.matchResponse(dst, s, h, &f.odd)
	s.id = q.stream
	how := bodyFraming(f, h, q.kind)
	interim := isInterim(h.Status)
	if f.cut {
		how = unknown
	}
	s.closing = f.close && !interim || how == tunnel
	s.wait = noWait
	s.tentative = q.stream == 0 && how != noContent && how != tunnel
	dst = c.beginContent(dst, s, h, f, how)
	if how == tunnel || !interim && q.stream != 0 && q.stream == c.waitFor {
		dst = c.resolve(dst, how == tunnel)
	}
	return dst
}

// isInterim reports whether a response with the given status, 0 unknown, is
// followed by another one, RFC 9110, Section 15.2.
func isInterim(status int) bool { return 100 <= status && status < 200 && status != 101 }

// cutResponse reads a response of which the rest of the head will not come: its
// status is known all the same. ok is false when there is no such response.
func (c *Conn) cutResponse(dst []message.Event, s *stream) (_ []message.Event, ok bool) {
	x := &s.section
	if s.lineEnd <= 0 || x.buf == nil || !c.isResponse(s, x.buf) {
		return dst, false
	}
	f := facts{cut: true}
	raw := append(x.buf[:max(x.lineStart, s.lineEnd)], '\r', '\n')
	x.buf = raw
	fields, _, _ := c.pool.fieldSection(raw[s.lineEnd:], c.pool.limits.Fields, &f)
	return c.head(dst, s, raw[:s.lineEnd], fields, &f), true
}

// simpleResponse begins an HTTP/0.9 response: content without a head, RFC 1945, Section 6.
func (c *Conn) simpleResponse(dst []message.Event, s *stream) []message.Event {
	read := s.section.buf
	n := s.pos - s.head.off
	h := c.pool.header()
	h.Version = "0.9"
	c.dropSection(s)
	s.pos -= n
	f := facts{odd: message.Anomalies(0).With(message.HTTP09)}
	dst = c.response(dst, s, h, &f)
	if n > 0 {
		dst = c.content(dst, s, read[:n])
	}
	return dst
}

// beginContent reports the head and prepares for the content after it.
func (c *Conn) beginContent(dst []message.Event, s *stream, h *message.Header, f *facts, how framing) []message.Event {
	s.odd |= f.odd
	e := s.event(message.Head, 0)
	e.Offset, e.Time, e.Ack, e.AckOK = s.head.off, s.head.time, s.head.ack, s.head.ackOK
	e.Head = h
	e.Anomalies = c.takeOdd(s)
	c.pool.stats.HeadBytes += s.pos - s.head.off
	switch how {
	case noContent, tunnel:
		dst = append(dst, e)
		if how == tunnel {
			s.state = switched
		}
		if dst = c.endMessage(dst, s, false); how == tunnel {
			dst = append(dst, s.event(message.Switch, 0))
		}
		return dst
	case fixed:
		e.BodyLen = f.length
		s.state, s.remain = inFixed, uint64(f.length)
		if dst = append(dst, e); f.length == 0 {
			dst = c.endMessage(dst, s, false)
		}
		return dst
	case chunked:
		s.state, s.chunk = inChunked, chunk{}
	case untilClose:
		s.state = inClose
	}
	e.BodyLen = -1
	dst = append(dst, e)
	if how == unknown {
		dst = c.endMessage(dst, s, true)
		c.lose(s, false)
	}
	return dst
}
