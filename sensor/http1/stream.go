package http1

import (
	"bytes"

	"wirecensus/reassembly"
	"wirecensus/sensor/message"
)

// state is what a stream's next byte belongs to.
type state uint8

const (
	atHead    state = iota // a head, or the empty lines before it
	inFixed                // content of known length
	inChunked              // chunked content
	inTrailer              // trailer section
	inClose                // content until the end of the stream
	lost                   // nothing known: looking for the next message
	waiting                // after CONNECT or an Upgrade: held until the response says what follows
	switched               // another protocol
	ignoring               // nothing that counts any more
)

// place is a byte of a stream and the segment that carried it.
type place struct {
	off   uint64
	time  int64
	ack   uint64
	ackOK bool
}

// stream is one direction of a connection.
type stream struct {
	dir     reassembly.Dir
	state   state
	started bool // pos is valid
	ended   bool
	acked   bool   // maxAck is valid
	begun   bool   // in atHead and inTrailer: a byte of the head was seen
	strict  bool   // the head was found after a loss: it must prove itself
	over    bool   // held more than the limit; not held again until the other side moves
	pos     uint64 // offset of the next byte to be read
	seen    uint64 // offset of the next byte to be given: pos, and what is held
	maxAck  uint64 // highest ack of the segments read
	cur     segment
	odd     message.Anomalies // not yet reported

	// work is nil between two calls while the stream is between two messages.
	*work

	closing   bool // nothing follows the message
	tentative bool // a response to an unknown request: it may have no content
	wait      wait // what the stream waits for after the message

	// Loss.
	between   bool     // in lost: a gap began between two messages
	gapped    bool     // in lost: bytes were lost since the place was
	doubtful  bool     // a head found now counts only if it names the host of the last request
	odds      expected // expectOdd where a request may be odd although it must prove itself
	noted     bool     // in lost: the anomaly was reported
	afterLoss bool     // requests before the next one may be missing
	lossFrom  uint64   // in lost: offset of the first byte that is not understood
}

// segment is the segment being read, afterwards the last one read.
type segment struct {
	time  int64
	ack   uint64
	ackOK bool
}

// work is what a stream needs while it reads a message or holds events.
type work struct {
	lineEnd int // length of the start line, 0 until it is complete
	section section
	head    place  // first byte of the current message
	id      uint64 // ordinal of its exchange, 0 unknown
	remain  uint64 // in inFixed: bytes to come
	chunk   chunk  // in inChunked

	queue  []reassembly.Event // held events, Data in buffers of the pool
	queued int                // bytes held
}

// rests reports whether s is between two messages with nothing to remember of either.
func (s *stream) rests() bool {
	return s.state == atHead && !s.begun && !s.strict && len(s.queue) == 0 && s.section.buf == nil
}

// section collects a start line or field section that comes in parts.
type section struct {
	buf       []byte
	lineStart int  // of the line being read, in buf
	lineLen   int  // bytes of it so far, those not kept included
	cr        bool // its last byte is CR
	over      bool // something was not kept
}

// blank scans in for the end of the section: n bytes belong to it, and the
// empty line was found if done. Each byte is looked at once.
func (x *section) blank(in []byte) (n int, done bool) {
	for n < len(in) {
		j := bytes.IndexByte(in[n:], '\n')
		if j < 0 {
			x.lineLen += len(in) - n
			x.cr = in[len(in)-1] == '\r'
			return len(in), false
		}
		if j > 0 {
			x.cr = in[n+j-1] == '\r'
		}
		length := x.lineLen + j
		empty := length == 0 || length == 1 && x.cr
		n += j + 1
		x.lineLen, x.cr = 0, false
		if empty {
			return n, true
		}
	}
	return n, false
}

// add keeps b, a part of the field section that begins at base in buf. Lines over
// the limit are dropped, except those that framing needs.
func (x *section) add(b []byte, base, limit int) {
	for len(b) > 0 {
		n := bytes.IndexByte(b, '\n') + 1
		ends := n > 0
		if !ends {
			n = len(b)
		}
		part := b[:n]
		b = b[n:]
		if x.over = x.over || len(x.buf)-base+len(part) > limit; x.over {
			const room = 256 // enough for a framing field
			part = part[:min(len(part), max(0, room-(len(x.buf)-x.lineStart)))]
		}
		x.buf = append(x.buf, part...)
		if !ends {
			return
		}
		if x.over && (len(x.buf)-base > limit+4096 || !frames(x.buf[x.lineStart:])) {
			x.buf = x.buf[:x.lineStart]
		}
		x.lineStart = len(x.buf)
	}
}

// frames reports whether line is an empty line or a field that framing needs.
func frames(line []byte) bool {
	line, _ = cutEOL(line)
	colon := bytes.IndexByte(line, ':')
	if colon < 0 {
		return len(line) == 0
	}
	switch name := line[:colon]; colon {
	case len("host"):
		return message.EqualFold(name, "host")
	case len("connection"):
		return message.EqualFold(name, "connection")
	case len("content-length"):
		return message.EqualFold(name, "content-length")
	case len("transfer-encoding"):
		return message.EqualFold(name, "transfer-encoding")
	}
	return false
}

// tailKept is the number of bytes kept from the end of a start line over the limit, for its version.
const tailKept = 16

// addLine keeps b, a part of the start line: the first limit bytes and the last tailKept.
func (x *section) addLine(b []byte, limit int) {
	for len(b) > 0 {
		n := min(len(b), 4096)
		x.buf = append(x.buf, b[:n]...)
		b = b[n:]
		if len(x.buf) > limit+tailKept {
			x.over = true
			x.buf = x.buf[:limit+copy(x.buf[limit:], x.buf[len(x.buf)-tailKept:])]
		}
	}
}

// event returns an event of s about the next n bytes.
func (s *stream) event(k message.Kind, n uint64) message.Event {
	return message.Event{
		Kind: k, Dir: s.dir, Stream: s.id, Time: s.cur.time, Offset: s.pos, EndOffset: s.pos + n, Ack: s.cur.ack, AckOK: s.cur.ackOK,
	}
}

// takeOdd returns the anomalies not yet reported and counts them.
func (c *Conn) takeOdd(s *stream) message.Anomalies {
	odd := s.odd
	if odd != 0 {
		s.odd = 0
		c.pool.stats.count(odd)
	}
	return odd
}

// data reads the bytes of one segment.
func (c *Conn) data(dst []message.Event, s *stream, ev *reassembly.Event) []message.Event {
	s.cur = segment{time: ev.Time, ack: ev.Ack, ackOK: ev.AckOK}
	in := ev.Data
	dst = c.noContentAfterAll(dst, s, in)
	for first := true; len(in) > 0; first = false {
		n := len(in)
		switch s.state {
		case atHead:
			dst, n = c.readHead(dst, s, in)
		case inFixed:
			n = int(min(uint64(n), s.remain))
			dst = c.content(dst, s, in[:n])
			if s.remain -= uint64(n); s.remain == 0 {
				dst = c.endMessage(dst, s, false)
			}
		case inChunked:
			dst, n = c.readChunked(dst, s, in)
		case inTrailer:
			dst, n = c.readTrailer(dst, s, in)
		case inClose:
			dst = c.content(dst, s, in)
		case lost:
			dst, n = c.resync(dst, s, in, first)
		case waiting:
			if c.keep(s, in); s.queued > c.pool.limits.Held {
				c.pool.stats.HeldOver++
				dst = c.resolveUnknown(dst, s)
			}
		case switched:
			e := s.event(message.Switch, uint64(n))
			e.Data = in
			dst = append(dst, e)
			s.pos += uint64(n)
			c.pool.stats.SwitchedBytes += uint64(n)
		case ignoring:
			if first && c.answers(s, in) {
				s.state, s.strict, s.begun, s.lossFrom, n = atHead, true, false, s.pos, 0
				break
			}
			dst = c.skip(dst, s, uint64(n))
		}
		in = in[n:]
	}
	if ev.AckOK && (!s.acked || ev.Ack > s.maxAck) {
		s.maxAck, s.acked = ev.Ack, true
	}
	return dst
}

// content reports b as content.
func (c *Conn) content(dst []message.Event, s *stream, b []byte) []message.Event {
	s.tentative = false
	e := s.event(message.Content, uint64(len(b)))
	e.Data = b
	s.pos += uint64(len(b))
	c.pool.stats.ContentBytes += uint64(len(b))
	return append(dst, e)
}

// readChunked reads chunk lines or data.
func (c *Conn) readChunked(dst []message.Event, s *stream, in []byte) ([]message.Event, int) {
	k := &s.chunk
	if k.phase == chunkData {
		n := int(min(uint64(len(in)), k.remain))
		dst = c.content(dst, s, in[:n])
		if k.remain -= uint64(n); k.remain == 0 {
			k.phase = chunkCR
		}
		return dst, n
	}
	n, bad := k.line(in)
	s.pos += uint64(n)
	s.tentative = false
	c.pool.stats.FramingBytes += uint64(n)
	if limit := c.pool.limits.ChunkExt; k.ext > limit {
		s.odd = s.odd.With(message.ExtFlood)
	}
	if bad != 0 {
		s.odd |= bad
		dst = c.endMessage(dst, s, true)
		c.lose(s, false)
		return dst, n
	}
	if k.phase == chunkLast {
		s.state = inTrailer
	}
	return dst, n
}

// readTrailer reads the trailer section, RFC 9112, Section 7.1.2. Its fields
// are never merged into the head.
func (c *Conn) readTrailer(dst []message.Event, s *stream, in []byte) ([]message.Event, int) {
	x := &s.section
	n, done := x.blank(in)
	raw := in[:n]
	if limit := c.pool.limits.Head; !done || x.buf != nil || n > limit {
		if x.buf == nil {
			x.buf = c.pool.get()
		}
		x.add(in[:n], 0, limit)
		raw = x.buf
	}
	c.pool.stats.HeadBytes += uint64(n)
	s.pos += uint64(n)
	if !done {
		return dst, n
	}
	var f facts
	fields, _, _ := c.pool.fieldSection(raw, c.pool.limits.Fields, &f)
	if s.odd |= f.odd & trailerOdd; x.over {
		s.odd = s.odd.With(message.HeadTooLarge)
	}
	if len(fields) > 0 {
		h := c.pool.header()
		h.Fields = fields
		e := s.event(message.Trailer, 0)
		e.Head = h
		dst = append(dst, e)
	}
	c.dropSection(s)
	return c.endMessage(dst, s, false), n
}

// trailerOdd are the anomalies that a field section shows by itself; framing
// fields in a trailer mean nothing.
const trailerOdd message.Anomalies = 1<<message.FieldSyntax | 1<<message.ObsFold | 1<<message.BareLF | 1<<message.BareCR | 1<<message.NUL |
	1<<message.HeadTooLarge

// dropSection forgets the section being read. Events of this Append may alias it.
func (c *Conn) dropSection(s *stream) {
	c.pool.discard(s.section.buf)
	s.section = section{}
	s.begun, s.lineEnd = false, 0
}

// endMessage reports the end of the message and prepares for what may follow it.
func (c *Conn) endMessage(dst []message.Event, s *stream, incomplete bool) []message.Event {
	e := s.event(message.End, 0)
	e.Incomplete = incomplete
	e.Anomalies = c.takeOdd(s)
	dst = append(dst, e)
	unsure := s.dir != c.client && s.id == 0 && !s.tentative && (s.state == inFixed || s.state == inTrailer)
	s.tentative = false
	if s.dir == c.client {
		c.requestEnds(s.id, s.pos, incomplete)
	} else if s.id != 0 {
		c.answeredTo = s.pos
	}
	s.id = 0
	switch {
	case s.state == switched: // the head said so
	case s.closing:
		s.state, s.noted = ignoring, false
	case unsure:
		c.lose(s, false) // the request may have been HEAD, and what was read as content the next response
	case s.wait != noWait:
		s.state = waiting
	default:
		s.state = atHead
	}
	return dst
}

// requestEnds records the end of the request id while it is pending.
func (c *Conn) requestEnds(id, end uint64, open bool) {
	for i := len(c.match.pending) - 1; i >= 0; i-- {
		if q := &c.match.pending[i]; q.stream == id {
			q.ended, q.end, q.open = true, end, open
			return
		}
	}
}
