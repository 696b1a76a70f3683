package reassembly

// reused notes handshakes on the tuple of c and reports whether seg proves that
// a new connection has taken it. A SYN alone does not: hosts ignore a forged
// one (RFC 9293, Section 3.10.7.4), and c must outlive it.
func (a *Assembler) reused(c *Conn, d Dir, seg *Segment) bool {
	p := &c.pending
	if seg.Flags&RST != 0 {
		return false
	}
	if seg.Flags&SYN != 0 {
		return a.reusedSYN(c, d, seg)
	}
	if !p.has(d) {
		return false
	}
	h, o := &c.half[d], d.Other()
	rel := int32(seg.Seq - p.base(d, seg.Seq))
	acks := seg.Flags&ACK != 0 && p.has(o) && seg.Ack == p.isn[o]+1
	switch {
	case rel == 0 && acks:
		return true
	case rel == 0:
		return !p.has(o) && !(h.known && seg.Seq == h.next)
	}
	return 0 <= rel && rel < lateWindow && !(h.known && near(seg.Seq, h.next, lateWindow))
}

// reusedSYN is reused for a SYN or SYN-ACK.
func (a *Assembler) reusedSYN(c *Conn, d Dir, seg *Segment) bool {
	p, h := &c.pending, &c.half[d]
	behind := int32(h.base() - 1 - seg.Seq)
	switch {
	case h.known && behind == 0:
		c.Midstream = false // a SYN that was overtaken by data
		return false
	case !h.known && seg.Flags&ACK != 0 && c.half[d.Other()].acceptable(seg.Ack):
		a.adopt(c, d, seg) // the answer to a SYN that carried data (RFC 7413)
		return false
	case h.known && c.Midstream && 0 < behind && behind < lateWindow && a.now-c.Start < int64(a.cfg.GapTimeout):
		return false // the same, and the data had a hole at its start
	}
	confirmed := seg.Flags&ACK != 0 && p.has(d.Other()) && seg.Ack == p.isn[d.Other()]+1
	p.syn(d, seg)
	return confirmed
}

// acceptable reports whether seq lies within what h has delivered.
func (h *half) acceptable(seq uint32) bool {
	off := h.offset(seq)
	return h.known && 0 <= off && off <= int64(h.off)
}

// adopt takes the first byte of direction d from its SYN-ACK.
func (a *Assembler) adopt(c *Conn, d Dir, seg *Segment) {
	h := &c.half[d]
	h.known, h.next = true, seg.Seq+1
	c.seen |= 1 << d
	c.OneSided = c.seen != 3
}

// reuse ends c and lets the handshake that followed on its tuple take seg.
func (a *Assembler) reuse(dst []Event, c *Conn, seg *Segment) []Event {
	hs, hash, flow := c.pending, c.hash, c.Flow
	dst = a.close(dst, c, ByReuse)
	if hs.orig == Resp {
		flow = flow.Reverse()
		hs.isn[0], hs.isn[1] = hs.isn[1], hs.isn[0]
		hs.alt[0], hs.alt[1] = hs.alt[1], hs.alt[0]
		hs.known = hs.known>>1 | hs.known<<1&2
		hs.other = hs.other>>1 | hs.other<<1&2
		hs.orig = Orig
	}
	i := a.newStub(flow, hash, halfOpen)
	s := a.stubs.at(i)
	s.hs = hs
	s.seen = 1
	a.stats.HalfOpen++
	d := Orig
	if seg.Flow.Src != flow.Src {
		d = Resp
	}
	return a.early(dst, i, d, seg)
}

// continues reports whether a data segment of n bytes out of the window follows
// another one: one alone may be damaged or forged.
func (h *half) continues(seq uint32, n int) bool {
	if n == 0 {
		return false
	}
	again := h.hasFar && seq == h.far
	h.hasFar, h.far = true, seq+uint32(n)
	return again
}

// belongs reports whether segments far from the expected sequence number still
// are of this connection after a long loss: they acknowledge what the other side sends.
func (h *half) belongs(o *half, seq uint32, seg *Segment) bool {
	if seg.Flags&ACK == 0 || !o.known || int32(seq-h.next) < 0 {
		return false
	}
	off := o.offset(seg.Ack)
	return off >= 0 && off <= int64(max(o.off, o.acked))+farWindow
}

// replace ends c for a connection on its tuple whose handshake was not seen.
func (a *Assembler) replace(dst []Event, c *Conn, seg *Segment) []Event {
	hash := c.hash
	dst = a.close(dst, c, ByReuse)
	return a.openMidstream(dst, hash, seg)
}
