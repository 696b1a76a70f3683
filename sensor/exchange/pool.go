package exchange

import (
	"math/bits"

	"wirecensus/reassembly"
)

// Limits bound what one connection may hold. The zero value of a field means its default.
type Limits struct {
	Body    int // bytes of content captured of a message, default 1,048,576
	Opaque  int // the same for content types that nobody reads, default 4,096
	Pending int // exchanges not finished, per connection, default 100
	Streams int // the same where streams interleave, default 4,096
	Held    int // bytes of heads and content of these, default 5 MiB
}

// Stats counts what the Pairers of one Pool did. All counters only grow.
type Stats struct {
	Exchanges  uint64 // handed out
	Complete   uint64 // of these: request and response, both whole
	Half       uint64 // of these: a request without a final response
	Orphans    uint64 // of these: a response without a request
	Incomplete uint64 // of these: a message ended early or misses content
	Truncated  uint64 // messages whose content reached the limit
	Evicted    uint64 // handed out early because of Limits.Pending, Streams or Held
	Broken     uint64 // promises that were not kept; they are not handed out
}

const (
	minClass = 10       // content buffers have capacities 2^minClass … 2^maxClass
	maxClass = 21       //
	keepText = 16 << 10 // head buffers above this capacity are left to the collector
	keepMsgs = 1024     // messages and exchanges kept
	keepBody = 16 << 20 // bytes of content buffers kept

	freshPairs = 64 // Pairers allocated together
)

// Pool holds the limits, counters and spare buffers of the Pairers of one shard.
type Pool struct {
	limits Limits
	stats  Stats

	msgs  []*Message
	exs   []*Exchange
	pairs []*Pairer
	fresh []Pairer               // never used
	class [maxClass + 1][][]byte // by log2 of the capacity
	kept  int                    // bytes in class
}

// NewPool returns a Pool with the given limits.
func NewPool(l Limits) *Pool {
	if l.Body <= 0 {
		l.Body = 1 << 20
	}
	if l.Opaque <= 0 {
		l.Opaque = 4 << 10
	}
	if l.Pending <= 0 {
		l.Pending = 100
	}
	if l.Streams <= 0 {
		l.Streams = 4096
	}
	if l.Held <= 0 {
		l.Held = 5 << 20
	}
	return &Pool{limits: l}
}

// Stats returns the counters of all Pairers of p; it stays valid and current.
func (p *Pool) Stats() *Stats { return &p.stats }

// Pairer returns a Pairer for conn.
func (p *Pool) Pairer(conn *reassembly.Conn) *Pairer {
	if n := len(p.pairs); n > 0 {
		r := p.pairs[n-1]
		p.pairs = p.pairs[:n-1]
		r.conn = conn
		return r
	}
	if len(p.fresh) == 0 {
		p.fresh = make([]Pairer, freshPairs)
	}
	r := &p.fresh[0]
	p.fresh = p.fresh[1:]
	r.pool, r.conn = p, conn
	return r
}

// Streams returns a Pairer for conn, whose exchanges are streams that interleave.
func (p *Pool) Streams(conn *reassembly.Conn) *Pairer {
	r := p.Pairer(conn)
	r.streams = true
	return r
}

// Release takes ex and its buffers back. ex must not be used any more.
func (p *Pool) Release(ex *Exchange) {
	p.releaseMessage(ex.Request)
	p.releaseMessage(ex.Response)
	p.releaseMessage(ex.before)
	*ex = Exchange{Interim: ex.Interim[:0]}
	if len(p.exs) < keepMsgs {
		p.exs = append(p.exs, ex)
	}
}

// exchange returns a zero Exchange.
func (p *Pool) exchange() *Exchange {
	if n := len(p.exs); n > 0 {
		ex := p.exs[n-1]
		p.exs = p.exs[:n-1]
		return ex
	}
	return new(Exchange)
}

// message returns a zero Message that may have buffers.
func (p *Pool) message() *Message {
	if n := len(p.msgs); n > 0 {
		m := p.msgs[n-1]
		p.msgs = p.msgs[:n-1]
		return m
	}
	return new(Message)
}

// releaseMessage takes m and its buffers back.
func (p *Pool) releaseMessage(m *Message) {
	if m == nil {
		return
	}
	p.putBody(m.Body)
	text, fields, trailer := m.text[:0], m.Fields[:0], m.Trailer[:0]
	if cap(text) > keepText {
		text = nil
	}
	if cap(fields) > 256 {
		fields = nil
	}
	if cap(trailer) > 16 {
		trailer = nil
	}
	*m = Message{text: text, Fields: fields, Trailer: trailer}
	if len(p.msgs) < keepMsgs {
		p.msgs = append(p.msgs, m)
	}
}

// body returns an empty buffer for at least n bytes.
func (p *Pool) body(n int) []byte {
	c := max(minClass, bits.Len(uint(n-1)))
	if c > maxClass {
		return make([]byte, 0, n)
	}
	if l := p.class[c]; len(l) > 0 {
		b := l[len(l)-1]
		p.class[c] = l[:len(l)-1]
		p.kept -= 1 << c
		return b
	}
	return make([]byte, 0, 1<<c)
}

// putBody takes a content buffer back.
func (p *Pool) putBody(b []byte) {
	n := cap(b)
	if n == 0 || n&(n-1) != 0 || p.kept+n > keepBody {
		return
	}
	c := bits.Len(uint(n)) - 1
	if c < minClass || c > maxClass {
		return
	}
	p.class[c] = append(p.class[c], b[:0])
	p.kept += n
}
