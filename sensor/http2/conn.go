package http2

import (
	"slices"

	"wirecensus/reassembly"
	"wirecensus/sensor/message"
)

// Conn reads both directions of one connection. It is not safe for concurrent use.
type Conn struct {
	pool    *Pool
	conn    *reassembly.Conn // nil until the first event
	sides   [2]side          // by reassembly.Dir
	known   bool             // client is certain
	client  reassembly.Dir   // the side that sends requests
	streams streams
	highest uint32 // greatest stream id of a request
	pushed  uint32 // greatest stream id of a promise
	begun   bool   // the client's preface was read
	floods  floods
	reset   [16]uint32 // streams reset lately
	resetAt uint8
	crowded bool // streams were forgotten
}

// floods counts what a peer may send much of.
type floods struct {
	opened, resets, settings, pings uint64
	told                            message.Anomalies // of the connection, each is told once
}

// Numbers from which a flood is told.
const (
	floodResets        = 1000
	floodSettings      = 1000
	floodPings         = 10_000
	floodContinuations = 1000
)

// segment is the delivered bytes being read.
type segment struct {
	time  int64
	ack   uint64
	ackOK bool
}

// Reset makes c ready for another connection.
func (c *Conn) Reset() {
	for d := range c.sides {
		s := &c.sides[d]
		s.dec.table.forget(c.pool)
		c.pool.discard(s.block.buf)
		c.pool.discard(s.seek.buf)
		entries, marks := s.dec.table.entries, s.seek.marks[:0]
		if cap(entries) > 256 {
			entries = nil
		}
		if cap(marks) > 64 {
			marks = nil
		}
		*s = side{dir: reassembly.Dir(d)}
		s.dec.table.entries, s.seek.marks = entries, marks
	}
	c.streams.clear()
	*c = Conn{pool: c.pool, sides: c.sides, streams: c.streams}
}

// Release gives c back to its Pool. What its last Append returned stays valid
// until the next Append of a connection of the Pool.
func (c *Conn) Release() {
	c.Reset()
	if len(c.pool.conns) < keepConn {
		c.pool.conns = append(c.pool.conns, c)
	}
}

// Upgraded says that the connection came from HTTP/1 by Upgrade: h2c. Client is
// the side that asked; the request that asked is that of stream 1 and has been
// read (RFC 7540, Section 3.2).
func (c *Conn) Upgraded(client reassembly.Dir) {
	c.client, c.known = client, true
	c.streams.add(1).state = headSeen | ended
	c.highest, c.begun = 1, true
	c.floods.opened = 1
}

// Client returns the direction in which requests flow; ok is false while that is not certain.
func (c *Conn) Client() (d reassembly.Dir, ok bool) { return c.client, c.known }

// Append appends the message events that ev leads to. The events alias ev.Data
// and the Pool's memory until the next Append of a connection of the Pool.
func (c *Conn) Append(dst []message.Event, ev reassembly.Event) []message.Event {
	c.pool.begin()
	if c.conn == nil && ev.Conn != nil {
		c.conn = ev.Conn
		c.streams.seed = uint32(ev.Conn.Start) ^ uint32(ev.Conn.Start>>32)*0x9E3779B1
	}
	s := &c.sides[ev.Dir]
	switch ev.Kind {
	case reassembly.Data:
		c.pool.stats.Bytes += uint64(len(ev.Data))
		if s.over {
			return c.skip(dst, s, uint64(len(ev.Data)))
		}
		s.start(&ev)
		s.cur = segment{ev.Time, ev.Ack, ev.AckOK}
		return c.data(dst, s, ev.Data)
	case reassembly.Gap:
		c.pool.stats.GapBytes += ev.Len
		if s.over {
			return dst
		}
		s.start(&ev)
		s.cur = segment{time: ev.Time}
		return c.gap(dst, s, ev.Len)
	case reassembly.End:
		if s.over {
			return dst
		}
		s.cur = segment{time: ev.Time}
		dst = c.end(dst, s)
		s.over = true
	}
	return dst
}

// end reads what can still be read of a direction that is over.
func (c *Conn) end(dst []message.Event, s *side) []message.Event {
	switch s.state {
	case lost:
		return c.lastChance(dst, s)
	case opening:
		return c.skip(dst, s, uint64(s.held))
	}
	return c.tear(dst, s)
}

// event returns an event of the bytes [from, s.pos) of s.
func (s *side) event(kind message.Kind, id uint32, from uint64) message.Event {
	return message.Event{Kind: kind, Dir: s.dir, Stream: uint64(id), Time: s.cur.time, Offset: from, EndOffset: s.pos, Ack: s.cur.ack, AckOK: s.cur.ackOK}
}

// skip counts n bytes that were passed over.
func (c *Conn) skip(dst []message.Event, s *side, n uint64) []message.Event {
	if n == 0 {
		return dst
	}
	c.pool.stats.Skipped += n
	ev := s.event(message.Skipped, 0, s.pos)
	ev.Len = n
	return append(dst, ev)
}

// odd tells an anomaly outside any message, and each only once of a connection.
func (c *Conn) odd(dst []message.Event, s *side, a message.Anomaly) []message.Event {
	if c.floods.told.Has(a) {
		return dst
	}
	c.floods.told = c.floods.told.With(a)
	ev := s.event(message.Oddity, 0, s.pos)
	ev.Anomalies = ev.Anomalies.With(a)
	c.pool.stats.count(ev.Anomalies)
	return append(dst, ev)
}

// stream finds or adds a stream. Over the limit the older half is forgotten:
// nobody keeps that many open.
func (c *Conn) stream(id uint32) *stream {
	if st := c.streams.find(id); st != nil {
		return st
	}
	if c.streams.n >= c.pool.limits.Streams {
		c.forgetHalf()
	}
	return c.streams.add(id)
}

// forgetHalf drops the older half of the streams.
func (c *Conn) forgetHalf() {
	ids := make([]uint32, 0, c.streams.n)
	for i := range c.streams.places {
		if id := c.streams.places[i].id; id != 0 {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, id := range ids[:len(ids)/2] {
		c.streams.remove(id)
	}
	c.pool.stats.Overflow += uint64(len(ids) / 2)
	c.crowded = true
}

// settle removes a stream of which both messages are over, or the response
// while no request can come any more.
func (c *Conn) settle(st *stream) {
	if st.state&respEnded != 0 && (st.state&ended != 0 || st.state&headSeen == 0 && st.id <= c.highest) {
		c.streams.remove(st.id)
	}
}
