package http2

import "wirecensus/sensor/message"

const (
	smallBuf   = 2 << 10   // first capacity of a buffer
	keepBuf    = 256 << 10 // buffers above this capacity are left to the collector
	keepBufs   = 256       // buffers kept
	keepBytes  = 8 << 20   // bytes of buffers kept
	keepConn   = 1024      // connections kept
	keepSlab   = 4096      // fields kept between calls
	scratchRun = 16 << 10  // capacity of a run of scratch
)

// Pool is the working memory that the connections of one shard share: the
// slabs that events point into, spare buffers, and the counters. It must not be
// used concurrently.
type Pool struct {
	limits Limits
	stats  Stats
	codes  *huffman

	// Slabs of the current Append; events point into them.
	heads   []message.Header
	fields  []message.Field
	scratch []byte // decoded strings and joined cookies

	free  [][]byte // empty buffers
	kept  int      // their bytes
	trash [][]byte // buffers that events of the current Append alias
	conns []*Conn
}

// NewPool returns a Pool with the given limits.
func NewPool(l Limits) *Pool { return &Pool{limits: l.withDefaults(), codes: newHuffman()} }

// Stats returns the counters of all connections of p; it stays valid and current.
func (p *Pool) Stats() *Stats { return &p.stats }

// Conn returns a connection in its initial state.
func (p *Pool) Conn() *Conn {
	if n := len(p.conns); n > 0 {
		c := p.conns[n-1]
		p.conns = p.conns[:n-1]
		return c
	}
	c := &Conn{pool: p}
	c.Reset()
	return c
}

// begin ends the life of what the previous Append returned.
func (p *Pool) begin() {
	if cap(p.fields) > keepSlab {
		p.fields = nil
	}
	p.heads, p.fields, p.scratch = p.heads[:0], p.fields[:0], p.scratch[:0]
	if cap(p.scratch) > scratchRun {
		p.scratch = nil
	}
	for i, b := range p.trash {
		p.put(b)
		p.trash[i] = nil
	}
	p.trash = p.trash[:0]
}

// header returns a header of the slab, zeroed. It stays where it is when the slab grows.
func (p *Pool) header() *message.Header {
	p.heads = append(p.heads, message.Header{})
	return &p.heads[len(p.heads)-1]
}

// room returns an empty slice with room for n bytes. keep makes what was
// written there last as long as the current Append's events.
func (p *Pool) room(n int) []byte {
	if cap(p.scratch)-len(p.scratch) < n {
		p.scratch = make([]byte, 0, max(n, scratchRun)) // events keep the full one
	}
	return p.scratch[len(p.scratch):]
}

func (p *Pool) keep(s []byte) { p.scratch = p.scratch[:len(p.scratch)+len(s)] }

// get returns an empty buffer with room for n bytes.
func (p *Pool) get(n int) []byte {
	for i := len(p.free) - 1; i >= 0 && i >= len(p.free)-4; i-- {
		if b := p.free[i]; cap(b) >= n {
			last := len(p.free) - 1
			p.free[i] = p.free[last]
			p.free = p.free[:last]
			p.kept -= cap(b)
			return b
		}
	}
	size := smallBuf
	for size < n {
		size *= 2
	}
	return make([]byte, 0, size)
}

// put takes b back.
func (p *Pool) put(b []byte) {
	if c := cap(b); c > 0 && c <= keepBuf && len(p.free) < keepBufs && p.kept+c <= keepBytes {
		p.free = append(p.free, b[:0])
		p.kept += c
	}
}

// discard takes b back when the current Append's events are no longer used.
func (p *Pool) discard(b []byte) {
	if cap(b) > 0 {
		p.trash = append(p.trash, b)
	}
}

// appendTo appends b to buf, a buffer of p or nil, and returns it. Events of
// the current Append may alias buf: it is given back when they are gone.
func (p *Pool) appendTo(buf, b []byte) []byte {
	if len(buf)+len(b) > cap(buf) {
		grown := append(p.get(2*(len(buf)+len(b))), buf...)
		p.discard(buf)
		buf = grown
	}
	return append(buf, b...)
}
