package tls

import (
	"fmt"
	"io"
	"slices"

	"wirecensus/reassembly"
)

// Conn decrypts one connection. It is not safe for concurrent use.
type Conn struct {
	pool   *Pool
	tcp    *reassembly.Conn // nil until the first event
	halves [2]half          // by reassembly.Dir
	hand   terms
	now    int64              // packet time of the latest event
	dst    []reassembly.Event // during one call
	opened bool               // application data were decrypted
	proved bool               // a record was opened: there are secrets
	sealed uint64             // records passed over before that
	late   uint64             // times that bytes were given up before that
}

// Conn returns a connection that has seen nothing yet.
func (p *Pool) Conn() *Conn {
	var c *Conn
	if n := len(p.conns); n > 0 {
		c, p.conns = p.conns[n-1], p.conns[:n-1]
	} else {
		c = new(Conn)
	}
	*c = Conn{pool: p, now: Always}
	for d := range c.halves {
		c.halves[d].dir = reassembly.Dir(d)
	}
	return c
}

// Append appends to dst the plaintext that ev, a Data, Gap or End event of the encrypted
// connection, leads to: Data for application data, Gap for what is missing of them, End. Offsets
// count application data, and Ack says up to which byte of the other direction's application data
// the sender had acknowledged; what is acknowledged is handed out first, also when it waited for
// secrets. Data alias memory of the Pool until its next Append, Tick or Close.
//
// The length of a Gap is never less than what is missing. It is more where padding, or records
// that are no application data, cannot be told from them.
func (c *Conn) Append(dst []reassembly.Event, ev reassembly.Event) []reassembly.Event {
	c.pool.begin()
	c.dst = dst
	c.tcp = ev.Conn
	c.now = max(c.now, ev.Time)
	h := &c.halves[ev.Dir]
	switch {
	case h.ended:
	case h.waiting:
		c.enqueue(h, ev)
	default:
		c.feed(h, &ev)
	}
	return c.settle()
}

// Tick is Append for packet time that passes: what has waited too long goes on without.
func (c *Conn) Tick(dst []reassembly.Event, now int64) []reassembly.Event {
	c.pool.begin()
	c.dst = dst
	c.now = max(c.now, now)
	return c.settle()
}

// Close appends what was held to dst: nothing more comes.
func (c *Conn) Close(dst []reassembly.Event) []reassembly.Event {
	c.pool.begin()
	c.dst = dst
	dst = c.settle()
	c.dst = dst
	for range 2 { // what one half waited for may come out of the other
		for d := range c.halves {
			if h := &c.halves[d]; h.waiting {
				c.giveUp(h)
			}
		}
	}
	for d := range c.halves {
		c.halves[d].over = true
		c.flush(&c.halves[d])
	}
	dst, c.dst = c.dst, nil
	return dst
}

// Release gives back what c holds. c must not be used afterwards.
func (c *Conn) Release() {
	for d := range c.halves {
		h := &c.halves[d]
		c.pool.buffered -= h.waitBytes + h.heldBytes + len(h.buf)
		c.pool.giveBack(h.buf)
		*h = half{}
	}
	c.hand = terms{}
	if len(c.pool.conns) < maxBuffers {
		c.pool.conns = append(c.pool.conns, c)
	}
}

// Detach makes c independent of the connection that its events named, which is gone: conn
// takes its place in what is still to come.
func (c *Conn) Detach(conn *reassembly.Conn) {
	c.tcp = conn
	for d := range c.halves {
		for _, evs := range [2][]reassembly.Event{c.halves[d].queue, c.halves[d].held} {
			for i := range evs {
				evs[i].Conn = conn
			}
		}
	}
}

// Waiting reports whether something waits for secrets, so that Tick may bring it on.
func (c *Conn) Waiting() bool {
	for d := range c.halves {
		if h := &c.halves[d]; h.waiting || len(h.held) > 0 {
			return true
		}
	}
	return false
}

// Decrypted reports whether application data were decrypted.
func (c *Conn) Decrypted() bool { return c.opened }

// Hopeless reports whether nothing of c will ever be decrypted.
func (c *Conn) Hopeless() bool {
	if c.opened {
		return false
	}
	return c.hand.haveClient && c.pool.keys.hopeless(c.hand.clientRandom, c.now) || c.halves[0].dead && c.halves[1].dead
}

// Format writes that there is nothing to see, whatever the verb.
func (c *Conn) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// overflow counts bytes given up at a limit, if ever a record of the connection can be
// opened: what nobody has secrets for is no loss.
func (c *Conn) overflow() {
	if c.proved {
		c.pool.stats.Overflow++
		return
	}
	c.late++
}

// settle lets both directions go on as far as they can, and returns the events.
func (c *Conn) settle() []reassembly.Event {
	for moved := true; moved; {
		moved = false
		for d := range c.halves {
			h := &c.halves[d]
			if !h.waiting {
				continue
			}
			switch c.need(h) {
			case ready:
				c.resume(h)
				moved = true
			case never:
				c.giveUp(h)
				moved = true
			case wait:
				if h.waitBytes+len(h.buf) > c.pool.limits.Wait || c.now-h.since > c.pool.limits.WaitTime || c.pool.buffered > c.pool.limits.Buffered {
					c.overflow()
					c.giveUp(h)
					moved = true
				}
			}
		}
	}
	for moved := true; moved; {
		moved = c.flush(&c.halves[0])
		moved = c.flush(&c.halves[1]) || moved
	}
	dst := c.dst
	c.dst = nil
	return dst
}

// enqueue keeps a copy of ev until h goes on.
func (c *Conn) enqueue(h *half, ev reassembly.Event) {
	n := len(ev.Data)
	if last := len(h.queue) - 1; last >= 0 && follows(&h.queue[last], &ev) {
		h.queue[last].Data = append(h.queue[last].Data, ev.Data...)
	} else {
		ev.Data = slices.Clone(ev.Data)
		h.queue = append(h.queue, ev)
		n += eventSize
	}
	h.waitBytes += n
	c.pool.buffered += n
}

// follows reports whether b says nothing beside its data that a did not.
func follows(a, b *reassembly.Event) bool {
	return a.Kind == reassembly.Data && b.Kind == reassembly.Data && a.Time == b.Time && a.Ack == b.Ack && a.AckOK == b.AckOK
}

// eventSize is what a held event counts beside its data, in bytes.
const eventSize = 96

// stop makes h wait from now on; what it has not read stays where it is.
func (c *Conn) stop(h *half, now int64) {
	h.waiting, h.since = true, now
}

// giveUp lets h go on without what it waited for: records are passed over until it is there.
func (c *Conn) giveUp(h *half) {
	h.passing = true
	if c.need(h) == never {
		h.dead = true
	}
	c.resume(h)
}

// resume reads what h kept while it waited.
func (c *Conn) resume(h *half) {
	h.waiting = false
	queue := h.queue
	h.queue = nil
	c.pool.buffered -= h.waitBytes
	h.waitBytes = 0
	c.read(h, nil)
	for i := range queue {
		if h.waiting {
			c.enqueue(h, queue[i])
			continue
		}
		c.feed(h, &queue[i])
	}
}
