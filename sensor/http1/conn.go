package http1

import (
	"wirecensus/reassembly"
	"wirecensus/sensor/message"
)

// Conn reads both directions of one connection. It is not safe for concurrent use.
type Conn struct {
	pool  *Pool
	conn  *reassembly.Conn // nil until the first event
	sides [2]stream        // by reassembly.Dir
	match matcher

	known      bool           // client is certain
	client     reassembly.Dir // the side that sends requests; a guess until known
	requests   uint64         // request heads read
	answeredTo uint64         // end of the last response whose request is known, a server offset
	lastHost   uint64         // digest of the Host of the last request, 0 none
	waitFor    uint64         // ordinal of the request whose response the client's stream waits for
	now        int64          // packet time of the event being read
}

// NewConn returns a connection with a Pool of its own. Connections of one shard
// should come from one Pool instead.
func NewConn(l Limits) *Conn { return NewPool(l).Conn() }

// Pool returns the Pool that c belongs to.
func (c *Conn) Pool() *Pool { return c.pool }

// Reset makes c ready for another connection.
func (c *Conn) Reset() {
	for d := range c.sides {
		s := &c.sides[d]
		if s.work != nil {
			c.pool.discard(s.section.buf)
			c.dropQueue(s)
			c.pool.putWork(s.work)
		}
		*s = stream{dir: reassembly.Dir(d)}
	}
	c.match.reset()
	*c = Conn{pool: c.pool, sides: c.sides, match: c.match}
}

// Release gives c back to its Pool. What its last Append returned stays valid
// until the next Append of a connection of the Pool.
func (c *Conn) Release() {
	c.Reset()
	if len(c.pool.conns) < keepConn {
		c.pool.conns = append(c.pool.conns, c)
	}
}

// Detach makes c independent of the connection that its events named, which is gone: conn
// takes its place.
func (c *Conn) Detach(conn *reassembly.Conn) { c.conn = conn }

// Client returns the direction in which requests flow; ok is false while that is not certain.
func (c *Conn) Client() (d reassembly.Dir, ok bool) { return c.client, c.known }

// Switched reports whether the connection stopped being HTTP/1 by CONNECT or
// Upgrade; what follows is reported as Switch events.
func (c *Conn) Switched() bool {
	return c.sides[0].state == switched || c.sides[1].state == switched
}

// Append appends the message events that ev leads to. The events alias ev.Data
// and the Pool's memory until the next Append of a connection of the Pool.
func (c *Conn) Append(dst []message.Event, ev reassembly.Event) []message.Event {
	c.pool.begin()
	if c.conn == nil {
		c.conn = ev.Conn
	}
	for d := range c.sides {
		if c.sides[d].work == nil {
			c.sides[d].work = c.pool.work()
		}
	}
	dst = c.append(dst, &ev)
	for d := range c.sides {
		if s := &c.sides[d]; s.rests() {
			c.pool.putWork(s.work)
			s.work = nil
		}
	}
	return dst
}

// append is Append while both streams can work.
func (c *Conn) append(dst []message.Event, ev *reassembly.Event) []message.Event {
	c.now = ev.Time
	switch ev.Kind {
	case reassembly.Open:
		return dst
	case reassembly.Close:
		return c.close(dst, ev.Time)
	case reassembly.Data:
		c.pool.stats.Bytes += uint64(len(ev.Data))
	case reassembly.Gap:
		c.pool.stats.GapBytes += ev.Len
	}
	s := &c.sides[ev.Dir]
	if c.holds(s, ev) {
		c.hold(s, ev)
		if s.queued <= c.pool.limits.Held {
			return dst
		}
		s.over = true
		c.pool.stats.HeldOver++
		return c.release(dst, s)
	}
	dst = c.feed(dst, s, ev)
	other := &c.sides[ev.Dir.Other()]
	other.over = false
	if len(other.queue) > 0 && other.state != waiting && !c.early(other, &other.queue[0]) {
		dst = c.release(dst, other)
	}
	return dst
}

// oneSided reports whether only one direction of the connection is seen.
func (c *Conn) oneSided() bool { return c.conn != nil && c.conn.OneSided }

// holds reports whether ev must wait: a response is read only when the request
// bytes that it acknowledges were read or are known to be lost, so that it does
// not matter in which order the two directions were delivered.
func (c *Conn) holds(s *stream, ev *reassembly.Event) bool {
	if s.state == waiting {
		return false
	}
	return len(s.queue) > 0 || c.early(s, ev)
}

// early reports whether ev is of the server and acknowledges client bytes that
// did not come yet but may.
func (c *Conn) early(s *stream, ev *reassembly.Event) bool {
	if ev.Kind != reassembly.Data || !ev.AckOK || s.over || s.state == switched || c.oneSided() {
		return false
	}
	other := &c.sides[s.dir.Other()]
	if ev.Ack <= other.seen || other.ended {
		return false
	}
	switch {
	case c.known:
		return s.dir != c.client
	case len(other.queue) > 0:
		return false
	case c.conn != nil && !c.conn.Midstream:
		return s.dir == reassembly.Resp
	}
	return len(ev.Data) >= 7 && string(ev.Data[:7]) == "HTTP/1."
}

// hold queues a copy of ev.
func (c *Conn) hold(s *stream, ev *reassembly.Event) {
	e := *ev
	if ev.Kind == reassembly.Data {
		e.Data = append(c.pool.get(), ev.Data...)
	}
	s.queue = append(s.queue, e)
	s.queued += len(ev.Data) + 64 // the event itself counts too
	c.advance(s, ev)
}

// keep queues the rest of the segment being read, while the stream waits.
func (c *Conn) keep(s *stream, in []byte) {
	at := s.pos
	if n := len(s.queue); n > 0 {
		last := &s.queue[n-1]
		at = last.Offset + uint64(len(last.Data))
	}
	e := reassembly.Event{Kind: reassembly.Data, Dir: s.dir, Time: s.cur.time, Offset: at, Ack: s.cur.ack, AckOK: s.cur.ackOK, Data: in}
	c.hold(s, &e)
}

// release reads what was held of s, as far as it need not wait any longer.
func (c *Conn) release(dst []message.Event, s *stream) []message.Event {
	for len(s.queue) > 0 && s.state != waiting {
		if c.early(s, &s.queue[0]) {
			return dst
		}
		ev := s.queue[0]
		s.queue = append(s.queue[:0], s.queue[1:]...)
		s.queued -= len(ev.Data) + 64
		dst = c.feed(dst, s, &ev)
		c.pool.discard(ev.Data)
	}
	return dst
}

// dropQueue forgets what was held of s.
func (c *Conn) dropQueue(s *stream) {
	for i := range s.queue {
		c.pool.discard(s.queue[i].Data)
		s.queue[i] = reassembly.Event{}
	}
	if s.queue = s.queue[:0]; cap(s.queue) > 64 {
		s.queue = nil
	}
	s.queued = 0
}

// advance notes that the stream was delivered up to the end of ev.
func (c *Conn) advance(s *stream, ev *reassembly.Event) {
	s.seen = max(s.seen, ev.Offset+uint64(len(ev.Data))+ev.Len)
}

// feed reads one event of s.
func (c *Conn) feed(dst []message.Event, s *stream, ev *reassembly.Event) []message.Event {
	c.now = ev.Time
	if s.ended {
		c.pool.stats.SkippedBytes += uint64(len(ev.Data))
		c.pool.stats.LostBytes += ev.Len
		return dst
	}
	if !s.started {
		s.started, s.pos = true, ev.Offset
		if ev.Offset > 0 || c.conn != nil && c.conn.Midstream {
			s.lossFrom, s.state = ev.Offset, lost
			s.noted = true // joining late is no anomaly
		}
	}
	c.advance(s, ev)
	switch ev.Kind {
	case reassembly.Data:
		return c.data(dst, s, ev)
	case reassembly.Gap:
		return c.gap(dst, s, ev)
	case reassembly.End:
		return c.end(dst, s, ev)
	}
	return dst
}

// end ends a stream.
func (c *Conn) end(dst []message.Event, s *stream, ev *reassembly.Event) []message.Event {
	s.cur = segment{time: ev.Time}
	switch s.state {
	case waiting:
		dst = c.resolveUnknown(dst, s)
		if s.state != waiting {
			return c.end(dst, s, ev)
		}
	case inClose:
		// RFC 9112, Section 8: complete only after an orderly close.
		dst = c.endMessage(dst, s, ev.Reason != reassembly.ByFIN)
	case inFixed, inChunked, inTrailer:
		c.dropSection(s)
		dst = c.endMessage(dst, s, true)
	case atHead:
		ok := false
		if ev.Reason != reassembly.ByFlush { // else the rest may have come later
			dst, ok = c.cutResponse(dst, s)
		}
		if !ok {
			dst = c.skip(dst, s, c.unread(s))
		}
	}
	s.ended = true
	return dst
}

// close ends both streams and gives up what is still pending.
func (c *Conn) close(dst []message.Event, now int64) []message.Event {
	for _, d := range [2]reassembly.Dir{c.client, c.client.Other()} {
		s := &c.sides[d]
		for len(s.queue) > 0 && s.state != waiting {
			s.over = true // nothing more to wait for
			dst = c.release(dst, s)
		}
		if s.started && !s.ended {
			dst = c.end(dst, s, &reassembly.Event{Kind: reassembly.End, Dir: d, Time: now, Reason: reassembly.ByFlush})
		}
	}
	for i := range c.match.pending {
		dst = c.abandon(dst, &c.match.pending[i])
	}
	c.match.reset()
	return dst
}
