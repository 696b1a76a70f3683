package tls

import (
	"fmt"
	"io"
	"slices"

	"wirecensus/reassembly"
)

// Limits bound what the connections of a Pool hold. The zero value of a field means its default.
type Limits struct {
	// Wait is the number of bytes of one connection that may wait for secrets, or for the
	// other direction, 64 KiB.
	Wait int
	// WaitTime is how long they may, in packet time (ns), 2 s.
	WaitTime int64
	// Buffered is the number of bytes that all connections hold, 64 MiB.
	Buffered int
	// Sessions is the number of sessions that are remembered for their resumption, 65,536.
	// Only those opened with a private key need it.
	Sessions int
}

func (l Limits) filled() Limits {
	def := func(p *int, v int) {
		if *p == 0 {
			*p = v
		}
	}
	def(&l.Wait, 64<<10)
	def(&l.Buffered, 64<<20)
	def(&l.Sessions, 1<<16)
	if l.WaitTime == 0 {
		l.WaitTime = 2e9
	}
	return l
}

// Stats count what became of the records of all connections of a Pool.
type Stats struct {
	Decrypted uint64 // connections of which application data were decrypted
	Records   uint64 // opened
	// Undecryptable are records that could not be opened, of connections of which others could:
	// damaged, or before the secret came; and those that failed with a secret of their connection.
	// Records whose header was lost are not known.
	Undecryptable uint64
	Overflow      uint64 // times that bytes of connections that could be opened were given up because of Limits.Wait, WaitTime or Buffered
	Forgotten     uint64 // sessions dropped at Limits.Sessions, the oldest first
}

// Pool is what the connections of one shard share. It is not safe for concurrent use.
type Pool struct {
	keys     *Keys
	limits   Limits
	stats    Stats
	buffered int // bytes held by connections

	arena    []byte // content of the records opened in one call of Append
	buffers  [][]byte
	conns    []*Conn // to be used again
	sessions map[session][48]byte
	order    []session // a ring once it is full
	oldest   int
}

// maxBuffers is the number of spare buffers, and of spare connections, that a Pool keeps.
const maxBuffers = 64

// session names a session between two hosts: the digest of its id or ticket.
type session struct {
	client, server reassembly.Addr // ports are 0
	digest         [32]byte
}

// NewPool returns a Pool of connections that are decrypted with keys.
func NewPool(keys *Keys, l Limits) *Pool {
	return &Pool{keys: keys, limits: l.filled(), sessions: map[session][48]byte{}}
}

// Useless reports whether no connection that begins at the packet time now can be decrypted.
func (p *Pool) Useless(now int64) bool { return p.keys.Useless(now) }

// Stats returns the counters.
func (p *Pool) Stats() Stats { return p.stats }

// Format writes that there is nothing to see, whatever the verb.
func (p *Pool) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// room returns an empty slice at the end of the arena with room for n bytes. What was
// returned before stays valid.
func (p *Pool) room(n int) []byte {
	if cap(p.arena)-len(p.arena) < n {
		p.arena = make([]byte, 0, max(n, 2*cap(p.arena), 32<<10))
	}
	return p.arena[len(p.arena) : len(p.arena) : len(p.arena)+n]
}

// keep makes b, which was written to room, part of the arena.
func (p *Pool) keep(b []byte) { p.arena = p.arena[:len(p.arena)+len(b)] }

// begin makes the arena empty for another call.
func (p *Pool) begin() {
	if cap(p.arena) > 1<<20 {
		p.arena = nil
	}
	p.arena = p.arena[:0]
}

// buffer returns an empty buffer.
func (p *Pool) buffer() []byte {
	if n := len(p.buffers); n > 0 {
		b := p.buffers[n-1]
		p.buffers = p.buffers[:n-1]
		return b
	}
	return nil
}

// giveBack takes a buffer that is not used any more.
func (p *Pool) giveBack(b []byte) {
	if cap(b) > 0 && cap(b) <= 64<<10 && len(p.buffers) < maxBuffers {
		p.buffers = append(p.buffers, b[:0])
	}
}

// remember keeps the master secret of a session.
func (p *Pool) remember(id session, master []byte) {
	if _, ok := p.sessions[id]; !ok {
		if len(p.order) < p.limits.Sessions {
			p.order = append(p.order, id)
		} else {
			delete(p.sessions, p.order[p.oldest])
			p.order[p.oldest] = id
			p.oldest = (p.oldest + 1) % len(p.order)
			p.stats.Forgotten++
		}
	}
	p.sessions[id] = [48]byte(master)
}

// recall returns the master secret of a session, nil when it is not known.
func (p *Pool) recall(id session) []byte {
	m, ok := p.sessions[id]
	if !ok {
		return nil
	}
	return slices.Clone(m[:])
}
