package websocket

import (
	"encoding/binary"

	"wirecensus/reassembly"
	"wirecensus/sensor/message"
)

// Opcodes of RFC 6455, Section 5.2.
const (
	opContinuation = 0
	opText         = 1
	opBinary       = 2
	opClose        = 8
)

// maxHead is the number of bytes of the longest frame head.
const maxHead = 14

// Conn reads one connection.
type Conn struct {
	pool   *Pool
	client reassembly.Dir
	opts   Options
	odd    message.Anomalies
	dirs   [2]stream
}

// stream is one direction.
type stream struct {
	stopped bool // cannot be read, or was closed
	broken  bool // stopped, and not by a close frame

	// the frame under way
	head    [maxHead]byte
	headLen int    // bytes of head so far; 0 at the start of a frame
	inside  bool   // the head is complete
	remain  uint64 // bytes of payload to come, valid iff inside
	op      byte
	fin     bool
	mask    [4]byte
	masked  bool
	maskAt  uint8 // index into mask of the next byte

	// the message under way
	open    bool
	text    bool
	deflate bool
	loss    Loss
	size    uint64
	buf     []byte // payload so far; nil while there is none, or loss is not Whole

	// window is the newest content, at most 32 KiB, that compressed messages refer to.
	window   []byte
	windowed bool // room was asked for
}

// Broken reports whether a direction stopped being readable before it was closed.
func (c *Conn) Broken() bool { return c.dirs[0].broken || c.dirs[1].broken }

// Append takes one Data, Gap or End event and appends the messages that it finishes.
func (c *Conn) Append(dst []Message, ev *reassembly.Event) []Message {
	c.pool.begin()
	s := &c.dirs[ev.Dir]
	if s.stopped {
		c.pool.stats.Skipped += uint64(len(ev.Data))
		return dst
	}
	switch ev.Kind {
	case reassembly.Data:
		return c.data(dst, s, ev)
	case reassembly.Gap:
		return c.gap(dst, s, ev)
	case reassembly.End:
		s.stopped = true
		return c.lose(dst, s, ev)
	}
	return dst
}

// Release gives the buffers of a connection back. It must not be used any more.
func (c *Conn) Release() {
	for d := range c.dirs {
		s := &c.dirs[d]
		c.drop(s)
		c.pool.putWindow(s.window)
		s.window = nil
	}
}

// data reads the bytes of one segment.
func (c *Conn) data(dst []Message, s *stream, ev *reassembly.Event) []Message {
	in := ev.Data
	for !s.stopped && (len(in) > 0 || s.inside && s.remain == 0) {
		if !s.inside {
			in = in[c.readHead(s, in):]
			if s.stopped && s.broken {
				return c.lose(dst, s, ev)
			}
			continue
		}
		n := int(min(uint64(len(in)), s.remain))
		whole := s.fin && !s.masked && !s.deflate && len(s.buf) == 0 && s.loss == Whole && uint64(n) == s.remain && n <= c.pool.limits.Message
		if s.op < opClose && !whole {
			c.collect(s, in[:n])
		}
		if s.op < opClose {
			s.size += uint64(n)
		}
		if s.remain -= uint64(n); s.remain == 0 {
			var alias []byte
			if whole {
				alias = in[:n]
			}
			dst = c.endFrame(dst, s, ev, alias)
		}
		in = in[n:]
	}
	c.pool.stats.Skipped += uint64(len(in))
	return dst
}

// readHead takes bytes of a frame's head and returns how many.
func (c *Conn) readHead(s *stream, in []byte) int {
	took := 0
	for took < len(in) {
		s.head[s.headLen] = in[took]
		s.headLen++
		took++
		if s.headLen >= 2 && s.headLen == headSize(s.head[1]) {
			c.openFrame(s)
			break
		}
	}
	return took
}

// headSize returns the length of a head whose second byte is b.
func headSize(b byte) int {
	n := 2
	switch b & 0x7f {
	case 126:
		n += 2
	case 127:
		n += 8
	}
	if b&0x80 != 0 {
		n += 4
	}
	return n
}

// openFrame reads a complete head (RFC 6455, Section 5.2).
func (c *Conn) openFrame(s *stream) {
	h := s.head[:s.headLen]
	s.headLen = 0
	s.fin, s.op, s.masked = h[0]&0x80 != 0, h[0]&0x0f, h[1]&0x80 != 0
	s.remain = uint64(h[1] & 0x7f)
	switch s.remain {
	case 126:
		s.remain = uint64(binary.BigEndian.Uint16(h[2:]))
	case 127:
		s.remain = binary.BigEndian.Uint64(h[2:])
	}
	s.maskAt = 0
	if s.masked {
		copy(s.mask[:], h[len(h)-4:])
	}
	rsv := h[0] >> 4 & 7
	compressed := rsv == 4 && c.opts.Deflate && (s.op == opText || s.op == opBinary)
	reserved := s.op > opBinary && s.op < opClose || s.op > 10
	if s.remain >= 1<<63 || reserved || rsv != 0 && !compressed && !c.opts.Foreign {
		s.stopped, s.broken = true, true
		c.odd = c.odd.With(message.WSFrame)
		return
	}
	c.pool.stats.Frames++
	s.inside = true
	if s.op >= opClose {
		c.pool.stats.Control++
		if !s.fin || s.remain > 125 {
			c.odd = c.odd.With(message.WSOdd)
		}
		return
	}
	if s.op == opContinuation {
		if !s.open { // its beginning was never there: not a message
			c.odd = c.odd.With(message.WSOdd)
			s.open, s.text, s.deflate, s.loss, s.size = true, false, false, Gap, 0
		}
		return
	}
	if s.open {
		c.odd = c.odd.With(message.WSOdd)
		c.forgetContext(s)
		c.drop(s)
	}
	s.open, s.text, s.deflate, s.loss, s.size = true, s.op == opText, compressed, Whole, 0
	if c.opts.Foreign {
		s.loss = Coding
	}
}

// collect keeps payload of the message under way, without its mask.
func (c *Conn) collect(s *stream, b []byte) {
	if s.loss != Whole || len(b) == 0 {
		return
	}
	if len(s.buf)+len(b) > c.pool.limits.Message || c.pool.held+len(b) > c.pool.limits.Held {
		c.drop(s)
		s.loss = Truncated
		return
	}
	if s.buf == nil {
		s.buf = c.pool.get()
	}
	c.pool.held += len(b)
	from := len(s.buf)
	s.buf = append(s.buf, b...)
	if s.masked {
		unmask(s.buf[from:], &s.mask, s.maskAt)
		s.maskAt = uint8((int(s.maskAt) + len(b)) & 3)
	}
}

// unmask undoes the mask (RFC 6455, Section 5.3) of bytes whose first one has index at in it.
func unmask(b []byte, mask *[4]byte, at uint8) {
	var m [8]byte
	for i := range m {
		m[i] = mask[(int(at)+i)&3]
	}
	key := binary.LittleEndian.Uint64(m[:])
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^key)
		b = b[8:]
	}
	for i := range b {
		b[i] ^= m[i]
	}
}

// endFrame ends the frame under way; alias is the content of a message that lies whole in the segment.
func (c *Conn) endFrame(dst []Message, s *stream, ev *reassembly.Event, alias []byte) []Message {
	s.inside = false
	switch {
	case s.op == opClose: // RFC 6455, Section 5.5.1: nothing follows
		dst = c.lose(dst, s, ev)
		s.stopped = true
		return dst
	case s.op > opClose || !s.fin:
		return dst
	}
	return c.endMessage(dst, s, ev, alias)
}

// endMessage hands the message under way out.
func (c *Conn) endMessage(dst []Message, s *stream, ev *reassembly.Event, alias []byte) []Message {
	m := Message{Dir: ev.Dir, Text: s.text, Loss: s.loss, Size: s.size, Time: ev.Time}
	switch {
	case s.deflate && m.Loss == Whole:
		m.Data, m.Loss = c.inflate(s)
		c.drop(s)
	case s.deflate:
		c.forgetContext(s)
	case m.Loss == Whole && alias != nil:
		m.Data = alias
	case m.Loss == Whole:
		m.Data = s.buf
		c.pool.held -= len(s.buf)
		c.pool.done = append(c.pool.done, s.buf)
		s.buf = nil
	}
	if m.Loss == Whole && m.Data == nil {
		m.Data = []byte{}
	}
	c.drop(s)
	s.open, s.deflate, s.loss = false, false, Whole
	st := &c.pool.stats
	st.Messages++
	switch m.Loss {
	case Truncated:
		st.Truncated++
	case Gap:
		st.Gaps++
	case Coding:
		st.Coding++
	}
	return append(dst, m)
}

// lose ends the message under way, if there is one, without its content.
func (c *Conn) lose(dst []Message, s *stream, ev *reassembly.Event) []Message {
	if !s.open {
		return dst
	}
	c.drop(s)
	if s.loss == Whole {
		s.loss = Gap
	}
	return c.endMessage(dst, s, ev, nil)
}

// gap passes over bytes that were never captured.
func (c *Conn) gap(dst []Message, s *stream, ev *reassembly.Event) []Message {
	n := ev.Len
	if s.inside {
		k := min(n, s.remain)
		if s.op < opClose && k > 0 {
			c.drop(s)
			s.size += k
			if s.loss == Whole {
				s.loss = Gap
			}
		}
		n -= k
		if s.remain -= k; s.remain == 0 {
			dst = c.endFrame(dst, s, ev, nil)
		}
	}
	if n == 0 || s.stopped {
		return dst
	}
	s.stopped, s.broken = true, true
	c.odd = c.odd.With(message.WSLost)
	return c.lose(dst, s, ev)
}

// drop forgets the payload of the message under way.
func (c *Conn) drop(s *stream) {
	if s.buf != nil {
		c.pool.held -= len(s.buf)
		c.pool.put(s.buf)
		s.buf = nil
	}
}
