package http1

import (
	"wirecensus/sensor/message"
)

const (
	smallBuf = 2 << 10  // first capacity of a buffer
	keepBuf  = 64 << 10 // buffers above this capacity are left to the collector
	keepBufs = 256      // buffers kept
	keepConn = 4096     // connections kept
	keepWork = 4096     // works kept

	freshConns = 16   // connections allocated together
	keepSlab   = 4096 // fields kept between calls
)

// Pool is the working memory that the connections of one shard share: the
// slabs that events point into, buffers for heads in parts, and the counters.
// It must not be used concurrently.
type Pool struct {
	limits Limits
	stats  Stats

	// Slabs of the current Append; events point into them.
	heads   []message.Header
	fields  []message.Field
	scratch []byte // joined values of folded fields

	free  [][]byte // empty buffers
	trash [][]byte // buffers that events of the current Append alias
	conns []*Conn
	fresh []Conn // never used
	works []*work
}

// NewPool returns a Pool with the given limits.
func NewPool(l Limits) *Pool { return &Pool{limits: l.withDefaults()} }

// Stats returns the counters of all connections of p; it stays valid and current.
func (p *Pool) Stats() *Stats { return &p.stats }

// Conn returns a connection in its initial state.
func (p *Pool) Conn() *Conn {
	if n := len(p.conns); n > 0 {
		c := p.conns[n-1]
		p.conns = p.conns[:n-1]
		return c
	}
	if len(p.fresh) == 0 {
		p.fresh = make([]Conn, freshConns)
		first := make([]request, freshConns) // most connections never have two pending
		for i := range p.fresh {
			p.fresh[i].match.pending = first[i : i : i+1]
		}
	}
	c := &p.fresh[0]
	p.fresh = p.fresh[1:]
	c.pool = p
	c.Reset()
	return c
}

// work returns a zero work that may have room for events.
func (p *Pool) work() *work {
	if n := len(p.works); n > 0 {
		w := p.works[n-1]
		p.works = p.works[:n-1]
		return w
	}
	return new(work)
}

// putWork takes w back, whose section and queue are empty.
func (p *Pool) putWork(w *work) {
	*w = work{queue: w.queue[:0]}
	if len(p.works) < keepWork {
		p.works = append(p.works, w)
	}
}

// begin ends the life of what the previous Append returned.
func (p *Pool) begin() {
	if cap(p.fields) > keepSlab {
		p.fields = nil
	}
	if cap(p.scratch) > keepBuf {
		p.scratch = nil
	}
	p.heads, p.fields, p.scratch = p.heads[:0], p.fields[:0], p.scratch[:0]
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

// get returns an empty buffer.
func (p *Pool) get() []byte {
	if n := len(p.free); n > 0 {
		b := p.free[n-1]
		p.free = p.free[:n-1]
		return b
	}
	return make([]byte, 0, smallBuf)
}

// put takes b back.
func (p *Pool) put(b []byte) {
	if c := cap(b); c > 0 && c <= keepBuf && len(p.free) < keepBufs {
		p.free = append(p.free, b[:0])
	}
}

// discard takes b back when the current Append's events are no longer used.
func (p *Pool) discard(b []byte) {
	if cap(b) > 0 {
		p.trash = append(p.trash, b)
	}
}
