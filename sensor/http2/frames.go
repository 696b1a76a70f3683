package http2

import (
	"encoding/binary"

	"wirecensus/sensor/message"
)

// begin starts a frame with header h, nine bytes. bad says that it cannot be
// one, so that the place in the stream was wrong.
func (c *Conn) begin(dst []message.Event, s *side, h []byte) (_ []message.Event, bad bool) {
	if s.resynced && !consistent(h, s.most) {
		return dst, true
	}
	f := readFrame(h)
	c.pool.stats.Frames++
	s.frame, s.left, s.pad, s.want = f, f.len, 0, 0
	s.most = max(s.most, f.len)
	if b := &s.block; b.open && (f.typ != frameContinuation || f.id != b.on) || !b.open && f.typ == frameContinuation {
		// RFC 9113, Section 6.10: nothing comes between the frames of a header block.
		dst = c.odd(c.tear(dst, s), s, message.H2Frame)
		b.open = false
		s.dec.table.lose(c.pool)
		if f.typ == frameContinuation {
			s.frame.typ, s.state = framePing, inSkip
			return c.rest(dst, s), false
		}
	}
	if f.typ <= frameContinuation && f.broken() {
		dst = c.odd(dst, s, message.H2Frame)
		switch f.typ {
		case frameHeaders, framePromise, frameContinuation:
			s.dec.table.lose(c.pool)
		}
		s.frame.typ = framePing
		s.state = inSkip
		return c.rest(dst, s), false
	}
	padded := 0
	if f.flags&flagPadded != 0 {
		padded = 1
	}
	s.state = inSkip
	switch f.typ {
	case frameData:
		s.want, s.state = padded, inPayload
	case frameHeaders:
		if s.want, s.state = padded, inPayload; f.flags&flagPriority != 0 {
			s.want += 5
		}
		s.openBlock(f.id, f.flags&flagEndStream != 0)
	case framePromise:
		s.want, s.state = padded+4, inPayload
		s.openBlock(0, false)
		s.block.promise = true
	case frameContinuation:
		s.state = inPayload
		if s.block.parts++; s.block.parts == floodContinuations {
			dst = c.odd(dst, s, message.ContinuationFlood)
		}
	case frameReset:
		s.want = 4
	case frameSettings:
		if c.floods.settings++; c.floods.settings == floodSettings {
			dst = c.odd(dst, s, message.SettingsFlood)
		}
	case framePing:
		if c.floods.pings++; c.floods.pings == floodPings {
			dst = c.odd(dst, s, message.PingFlood)
		}
	}
	if uint32(s.want) > s.left {
		return c.overpadded(dst, s), false
	}
	s.left -= uint32(s.want)
	if s.want > 0 {
		s.state = inPrefix
		return dst, false
	}
	return c.rest(dst, s), false
}

// overpadded passes over a frame whose padding is longer than the frame.
func (c *Conn) overpadded(dst []message.Event, s *side) []message.Event {
	dst = c.odd(dst, s, message.H2Frame)
	if s.frame.typ == frameHeaders || s.frame.typ == framePromise {
		dst = c.tear(dst, s)
	}
	s.pad, s.state = 0, inSkip
	return c.rest(dst, s)
}

// prefix reads the fixed part of a frame, in s.hold.
func (c *Conn) prefix(dst []message.Event, s *side) []message.Event {
	b := s.hold[:s.want]
	if s.frame.typ == frameReset {
		s.state = inSkip
		dst = c.resetStream(dst, s, s.frame.id, binary.BigEndian.Uint32(b))
		return c.rest(dst, s)
	}
	if s.frame.flags&flagPadded != 0 {
		s.pad = uint32(b[0])
		b = b[1:]
	}
	if s.frame.typ == framePromise {
		s.block.id = binary.BigEndian.Uint32(b) & (1<<31 - 1)
	}
	if s.pad > s.left {
		return c.overpadded(dst, s)
	}
	s.state = inPayload
	return c.rest(dst, s)
}

// rest ends the frame when all of it was read.
func (c *Conn) rest(dst []message.Event, s *side) []message.Event {
	if s.left > 0 {
		if s.left == s.pad {
			s.state = inSkip
		}
		return dst
	}
	s.state = atFrame
	switch f := &s.frame; f.typ {
	case frameData:
		if f.flags&flagEndStream != 0 {
			dst = c.endStream(dst, s, f.id)
		}
	case frameHeaders, framePromise, frameContinuation:
		if f.flags&flagEndHeaders != 0 {
			dst = c.endBlock(dst, s)
		}
	}
	return dst
}

// payload takes bytes of content or of a header block.
func (c *Conn) payload(dst []message.Event, s *side, b []byte) []message.Event {
	if len(b) == 0 {
		return dst
	}
	if s.frame.typ != frameData {
		return c.fragment(dst, s, b)
	}
	return c.content(dst, s, message.Content, b, 0)
}

// lostPayload takes n bytes of content or of a header block that were not captured.
func (c *Conn) lostPayload(dst []message.Event, s *side, n uint64) []message.Event {
	switch {
	case n == 0:
		return dst
	case s.frame.typ != frameData:
		return c.tear(dst, s)
	}
	return c.content(dst, s, message.Gap, nil, n)
}

// content takes bytes of a DATA frame, or n of them that are missing.
func (c *Conn) content(dst []message.Event, s *side, kind message.Kind, b []byte, n uint64) []message.Event {
	st := c.streams.find(s.frame.id)
	i, seen, over := c.part(s)
	if st == nil || st.state&(seen|over) != seen {
		return c.skip(dst, s, uint64(len(b)))
	}
	ev := s.event(kind, st.id, s.pos-uint64(len(b))-n)
	ev.Data, ev.Len = b, n
	if kind == message.Gap {
		st.state |= gapped << (4 * i)
	}
	st.got[i] += int64(len(b)) + int64(n)
	if kind == message.Content && st.state&(isConnect|tunnels) != 0 {
		ev.Kind = message.Tunnel
	}
	return append(dst, ev)
}

// part returns, for the direction, the index in stream.want and the bits of
// stream.state that say that the message has begun and is over.
func (c *Conn) part(s *side) (i int, seen, over uint16) {
	if s.dir == c.client {
		return 0, headSeen, ended
	}
	return 1, respHead, respEnded
}

// endStream ends the message that s sends on a stream.
func (c *Conn) endStream(dst []message.Event, s *side, id uint32) []message.Event {
	st := c.streams.find(id)
	i, seen, over := c.part(s)
	if st == nil || st.state&over != 0 {
		return dst
	}
	st.state |= over
	switch {
	case st.state&seen != 0:
		ev := s.event(message.End, id, s.pos)
		if st.mismatch(i) {
			ev.Anomalies = ev.Anomalies.With(message.LengthMismatch)
			c.pool.stats.count(ev.Anomalies)
		}
		dst = append(dst, ev)
	case i == 1: // the head of the response was lost
		dst = append(dst, s.event(message.Abandon, id, s.pos))
	}
	c.settle(st)
	return dst
}

// mismatch reports whether message i has another length than it said, RFC 9113,
// Section 8.1.1. A response to HEAD, and a 304, say the length of what they leave out.
func (st *stream) mismatch(i int) bool {
	return st.want[i] >= 0 && st.want[i] != st.got[i] && st.state&(gapped<<(4*i)) == 0 && (i == 0 || st.got[i] > 0)
}

// resetStream ends both messages of a stream, RFC 9113, Section 6.4.
func (c *Conn) resetStream(dst []message.Event, s *side, id, _ uint32) []message.Event {
	st := c.streams.find(id)
	if st == nil || !c.known {
		return dst
	}
	if s.dir == c.client && st.state&respHead == 0 {
		if c.floods.resets++; c.floods.resets >= floodResets && 2*c.floods.resets > c.floods.opened {
			// A request more says nothing, and a call costs many times what it costs to send it.
			dst = append(c.odd(dst, s, message.RapidReset), s.event(message.Withdraw, id, s.pos))
			c.pool.stats.Withdrawn++
			c.dropStream(id)
			return dst
		}
	}
	for i, over := range [2]uint16{ended, respEnded} {
		if st.state&over != 0 || i == 0 && st.state&headSeen == 0 {
			continue
		}
		ev := s.event(message.End, id, s.pos)
		if ev.Incomplete = true; i == 1 && st.state&respHead == 0 {
			ev.Kind, ev.Incomplete = message.Abandon, false
		}
		if ev.Dir = c.client; i == 1 {
			ev.Dir = c.client.Other()
		}
		dst = append(dst, ev)
	}
	c.dropStream(id)
	return dst
}

// dropStream forgets a stream that was reset.
func (c *Conn) dropStream(id uint32) {
	c.streams.remove(id)
	c.reset[c.resetAt%uint8(len(c.reset))] = id
	c.resetAt++
}

// wasReset reports whether a stream was reset lately: what its server still
// sends belongs to nobody.
func (c *Conn) wasReset(id uint32) bool {
	for _, r := range c.reset {
		if r == id {
			return true
		}
	}
	return false
}
