package http1

import (
	"wirecensus/reassembly"
	"wirecensus/sensor/message"
)

// gap passes over bytes that were never captured. Inside content of known
// length, and inside a chunk, the place stays known.
func (c *Conn) gap(dst []message.Event, s *stream, ev *reassembly.Event) []message.Event {
	s.cur = segment{time: ev.Time, ack: ev.Ack, ackOK: ev.AckOK}
	n := ev.Len
	switch s.state {
	case inFixed:
		k := min(n, s.remain)
		dst = c.contentGap(dst, s, k)
		if s.remain -= k; s.remain == 0 {
			dst = c.endMessage(dst, s, false)
		}
		n -= k
	case inChunked:
		k := &s.chunk
		if k.phase == chunkData && n <= k.remain {
			dst = c.contentGap(dst, s, n)
			if k.remain -= n; k.remain == 0 {
				k.phase = chunkCR
			}
			return dst
		}
		dst = append(dst, s.event(message.Gap, 0)) // how much content is missing is not known
		dst = c.endMessage(dst, s, true)
		c.lose(s, false)
	case inTrailer:
		c.dropSection(s)
		dst = c.endMessage(dst, s, true)
		c.lose(s, false)
	case inClose:
		return c.contentGap(dst, s, n)
	}
	if n == 0 {
		return dst
	}
	switch s.state {
	case atHead:
		var ok bool
		if dst, ok = c.cutResponse(dst, s); !ok {
			dst = c.loseHead(dst, s, !s.begun)
		}
	case waiting:
		return c.gap(c.resolveUnknown(dst, s), s, ev)
	case switched:
		e := s.event(message.Gap, n)
		e.Len = n
		s.pos += n
		c.pool.stats.SwitchedBytes += n
		return append(dst, e)
	}
	s.gapped = s.state == lost
	s.pos += n
	c.pool.stats.LostBytes += n
	return dst
}

// contentGap reports n missing bytes of content.
func (c *Conn) contentGap(dst []message.Event, s *stream, n uint64) []message.Event {
	if n == 0 {
		return dst
	}
	e := s.event(message.Gap, n)
	e.Len = n
	s.pos += n
	s.tentative = false
	c.pool.stats.ContentBytes += n
	return append(dst, e)
}

// lose makes s look for its next message. between says that whole messages may
// be missing, and that the loss did not begin inside one.
func (c *Conn) lose(s *stream, between bool) {
	c.dropSection(s)
	s.state, s.lossFrom, s.between, s.noted, s.strict, s.doubtful = lost, s.pos, between, false, false, false
	s.gapped = between
	s.wait = noWait
}

// skip passes over n bytes that belong to no message.
func (c *Conn) skip(dst []message.Event, s *stream, n uint64) []message.Event {
	if n == 0 {
		return dst
	}
	e := s.event(message.Skipped, n)
	e.Stream, e.Len = 0, n
	if !s.noted {
		s.noted = true
		s.odd = s.odd.With(message.Resync)
		if s.state == ignoring {
			s.odd = s.odd&^(1<<message.Resync) | 1<<message.AfterClose
		}
	}
	e.Anomalies = c.takeOdd(s)
	s.pos += n
	c.pool.stats.SkippedBytes += n
	return append(dst, e)
}

// resync looks for the next message of a stream that lost its place. Only the
// first byte of a segment can begin one, and only when the segment opens a new
// flight: a body that contains something like a head never becomes a message.
func (c *Conn) resync(dst []message.Event, s *stream, in []byte, first bool) ([]message.Event, int) {
	what := c.expects(s)
	if first && what&expectResponse != 0 && !c.wanted(s) {
		what &^= expectResponse
	}
	s.odds = 0
	if !c.known && s.noted && s.pos == s.lossFrom && !s.gapped {
		s.odds = expectOdd // the first bytes of a connection joined late
	}
	begins := first && in[0] > ' ' && plausible(in, what|s.odds) != NoMatch
	if begins && !c.newFlight(s) {
		begins = false
		if s.between && s.dir == c.client {
			c.match.pipelined = true // it may be so
		}
	}
	if !begins {
		return c.skip(dst, s, uint64(len(in))), len(in)
	}
	s.state, s.strict, s.begun = atHead, true, false
	return dst, 0
}

// wanted reports whether a response that begins with the segment being read would
// find its request. One that would not tells nothing, and it could be content.
func (c *Conn) wanted(s *stream) bool {
	if !s.cur.ackOK || c.oneSided() {
		return true
	}
	if len(c.match.pending) == 0 {
		return false
	}
	c.match.hole(s.lossFrom, s.pos)
	c.match.clean = s.between
	return c.match.find(s.pos, s.cur.ack, true) >= 0
}

// newFlight reports whether the segment being read was sent after its sender
// received something since the last segment read, and, when whole messages may
// be lost, since the ones that may have been lost. What one side sends without
// having heard from the other belongs to one message, unless it pipelines.
func (c *Conn) newFlight(s *stream) bool {
	at := &s.cur
	if !at.ackOK {
		return true
	}
	if s.acked && at.ack <= s.maxAck {
		return false
	}
	if !s.gapped || !c.known && c.conn != nil && c.conn.Midstream {
		return true
	}
	if s.dir == c.client {
		// The lost bytes may have begun the message that this segment continues:
		// then its sender had received the last response and nothing since, and the
		// end of what it had received does not acknowledge all of the lost bytes.
		if s.between && len(c.match.pending) == 0 && at.ack <= c.answeredTo {
			return false
		}
		ack, ok := c.sides[s.dir.Other()].ackBefore(at.ack)
		s.doubtful = len(c.match.pending) > 0 && !ok
		return !ok || ack >= s.pos
	}
	q := c.match.lastBefore(s.pos)
	switch {
	case q == nil || !s.between:
		return true
	case q.expect:
		return at.ack > q.headEnd // only 100 (Continue) need be lost
	case q.ended:
		return at.ack > q.end
	}
	return false
}

// ackBefore returns the ack of the segment of s that ends at off, if that was seen
// and is still known.
func (s *stream) ackBefore(off uint64) (ack uint64, ok bool) {
	for i := range s.queue {
		if e := &s.queue[i]; e.Kind == reassembly.Data && e.Offset+uint64(len(e.Data)) == off {
			return e.Ack, e.AckOK
		}
	}
	return s.cur.ack, s.cur.ackOK && s.pos == off
}

// found ends a search: the head just read is the next message.
func (c *Conn) found(s *stream, request bool) {
	s.strict, s.noted = false, false
	if request {
		s.afterLoss = true
	} else {
		c.match.hole(s.lossFrom, s.head.off)
		c.match.clean = s.between
	}
}

// expects says what kind of message may begin in s.
func (c *Conn) expects(s *stream) expected {
	switch {
	case !c.known:
		return expectAny | s.odds
	case s.dir == c.client:
		return expectRequest | s.odds
	}
	return expectResponse
}

// answers reports whether the segment being read, which in begins with, is a
// response to a request that was sent after the server had announced to close:
// it did not close then.
func (c *Conn) answers(s *stream, in []byte) bool {
	if s.dir == c.client || !s.cur.ackOK || len(c.match.pending) == 0 || plausible(in, expectResponse) == NoMatch {
		return false
	}
	q := &c.match.pending[0]
	return q.ackOK && s.cur.ack >= q.headEnd && q.ack > s.head.off && (!s.acked || s.cur.ack > s.maxAck)
}

// noContentAfterAll ends a response whose request is not known when the next
// response follows where its content would begin: the lost request was HEAD. It
// must come in a new flight.
func (c *Conn) noContentAfterAll(dst []message.Event, s *stream, in []byte) []message.Event {
	if !s.tentative || !s.cur.ackOK || !s.head.ackOK || s.cur.ack <= s.head.ack || plausible(in, expectResponse) != Match {
		return dst
	}
	s.closing = false
	return c.endMessage(dst, s, false)
}

// wait says why a client's stream waits for a response.
type wait uint8

const (
	noWait      wait = iota
	waitUpgrade      // Upgrade, RFC 9110, Section 7.8
	waitTunnel       // CONNECT, RFC 9110, Section 9.3.6
)

// resolve lets the client's stream go on after the response to the request that
// it waited for: as another protocol iff isSwitch.
func (c *Conn) resolve(dst []message.Event, isSwitch bool) []message.Event {
	s := &c.sides[c.client]
	c.waitFor = 0
	if s.wait == noWait && !isSwitch || s.ended {
		return dst
	}
	s.wait = noWait
	switch {
	case isSwitch:
		switch s.state {
		case inFixed, inChunked, inTrailer, inClose:
			dst = c.endMessage(dst, s, true)
		}
		dst = c.skip(dst, s, c.unread(s))
		s.state = switched
		e := s.event(message.Switch, 0)
		e.Time = c.now
		dst = append(dst, e)
	case s.state == waiting:
		s.state = atHead
	default:
		return dst
	}
	return c.release(dst, s)
}

// resolveUnknown lets the stream s go on without the response it waited for: after
// Upgrade what follows is read if it is plainly HTTP, after CONNECT it is not.
func (c *Conn) resolveUnknown(dst []message.Event, s *stream) []message.Event {
	c.waitFor = 0
	w := s.wait
	c.lose(s, true)
	if w == waitTunnel {
		s.state, s.noted = ignoring, true
	}
	return c.release(dst, s)
}
