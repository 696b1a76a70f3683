package websocket

import (
	"io"

	"github.com/klauspost/compress/flate"
)

// Limits of the ratio of decompression.
const (
	maxRatio  = 2048     // bytes out per byte in, above ratioFree
	ratioFree = 64 << 10 // bytes out that are always allowed
)

// tail ends the compressed data of a message: the bytes that the sender removed
// (RFC 7692, Section 7.2.2), and an empty last block.
const tail = "\x00\x00\xff\xff\x01\x00\x00\xff\xff"

// maxLeft is what a message may leave unread: a last block of its own (Section 7.2.3.4)
// ends the data before the byte of its padding and the tail.
const maxLeft = 1 + len(tail)

// inflate decompresses the message under way.
func (c *Conn) inflate(s *stream) ([]byte, Loss) {
	p := c.pool
	if len(p.out) >= p.limits.Step {
		c.forgetContext(s)
		return nil, Truncated
	}
	size := len(s.buf)
	src := append(s.buf, tail...)
	s.buf = src[:size]
	p.src.Reset(src)
	if p.flate == nil {
		p.flate = flate.NewReaderDict(&p.src, s.window)
	} else if p.flate.(flate.Resetter).Reset(&p.src, s.window) != nil {
		c.forgetContext(s)
		return nil, Coding
	}
	from := len(p.out)
	limit := min(p.limits.Inflated, max(ratioFree, maxRatio*size))
	whole, ok := p.drain(from, limit)
	out := p.out[from:len(p.out):len(p.out)]
	if !whole || !ok || p.src.Len() > maxLeft {
		p.out = p.out[:from]
		c.forgetContext(s)
		if !whole {
			return nil, Truncated
		}
		return nil, Coding
	}
	c.remember(s, out)
	return out, Whole
}

// drain appends what flate reads to p.out. whole is false when there is more than limit.
func (p *Pool) drain(from, limit int) (whole, ok bool) {
	for {
		if len(p.out) == cap(p.out) {
			p.out = append(make([]byte, 0, max(4096, 2*cap(p.out))), p.out...)
		}
		n, err := p.flate.Read(p.out[len(p.out):cap(p.out)])
		p.out = p.out[:len(p.out)+n]
		if len(p.out)-from > limit {
			return false, true
		}
		if err != nil {
			return true, err == io.EOF
		}
	}
}

// remember adds content to the compression context of s.
func (c *Conn) remember(s *stream, out []byte) {
	client := s == &c.dirs[c.client]
	if client && c.opts.ClientNoContext || !client && c.opts.ServerNoContext {
		return
	}
	if !s.windowed {
		s.windowed, s.window = true, c.pool.window()
	}
	if s.window == nil {
		return
	}
	if len(out) >= windowLen {
		s.window = append(s.window[:0], out[len(out)-windowLen:]...)
		return
	}
	if over := len(s.window) + len(out) - windowLen; over > 0 {
		s.window = s.window[:copy(s.window, s.window[over:])]
	}
	s.window = append(s.window, out...)
}

// forgetContext says that the newest content of s is unknown.
func (c *Conn) forgetContext(s *stream) { s.window = s.window[:0] }
