package reassembly

// holeEnd returns the stream offset where the hole at the edge ends; valid iff waiting.
func (h *half) holeEnd(a *Assembler) uint64 {
	if h.queue.head == 0 {
		return h.fin
	}
	end := a.pages.at(h.queue.head).off
	if h.hasFin {
		end = min(end, h.fin)
	}
	return end
}

// proven reports whether the receiver had everything up to end long enough ago
// that the mirror will not show it any more.
func (a *Assembler) proven(c *Conn, h *half, end uint64) bool {
	if h.acked < end {
		return false
	}
	if h.settled < end {
		a.age(c, h)
	}
	return h.settled >= end
}

// skip gives up the bytes up to end, which must lie beyond the edge or at it,
// and delivers what follows. why is the counter of the deciding cause.
func (a *Assembler) skip(dst []Event, c *Conn, d Dir, end uint64, why *uint64) []Event {
	h := &c.half[d]
	if n := end - h.off; end > h.off {
		*why++
		a.stats.Gaps++
		a.stats.GapBytes += n
		dst = append(dst, Event{Kind: Gap, Dir: d, Conn: c, Time: a.now, Offset: h.off, Len: n})
		h.advance(n)
	}
	return a.release(dst, c, d)
}

// decide gives up the holes of direction d that are settled by an
// acknowledgement or have lasted too long.
func (a *Assembler) decide(dst []Event, c *Conn, d Dir) []Event {
	h := &c.half[d]
	for h.waiting() {
		switch end := h.holeEnd(a); {
		case a.proven(c, h, end):
			dst = a.skip(dst, c, d, end, &a.stats.GapsByAck)
		case a.clock-h.since >= int64(a.cfg.GapTimeout):
			dst = a.skip(dst, c, d, end, &a.stats.GapsByTime)
		default:
			return dst
		}
	}
	return dst
}

// makeRoom gives up holes until p, which lies beyond the edge, may be queued or
// has come to the edge.
func (a *Assembler) makeRoom(dst []Event, c *Conn, d Dir, p *piece) []Event {
	h := &c.half[d]
	for p.off > h.off && p.len() > 0 && !h.ended {
		end := p.off
		if h.waiting() {
			end = min(end, h.holeEnd(a))
		}
		if a.proven(c, h, end) {
			dst = a.skip(dst, c, d, end, &a.stats.GapsByAck)
			continue
		}
		if a.fits(c, h, p) {
			break
		}
		o := &c.half[d.Other()]
		if h.queue.head == 0 && o.queue.head != 0 {
			dst = a.skip(dst, c, d.Other(), o.holeEnd(a), &a.stats.GapsByLimit)
			continue
		}
		dst = a.skip(dst, c, d, end, &a.stats.GapsByLimit)
	}
	return a.makeRoomForAll(dst, c, h, p)
}

// fits reports whether c's own limits let p be queued.
func (a *Assembler) fits(c *Conn, h *half, p *piece) bool {
	return c.pages+a.need(h, *p) <= a.maxPages && c.queued+uint32(len(p.data)) <= uint32(a.cfg.MaxConnQueued)
}

// need returns the number of pages that p takes where no page covers it yet.
func (a *Assembler) need(h *half, p piece) uint32 {
	per := uint64(pageData)
	if p.data == nil {
		per = 1 << 32
	}
	n := uint64(0)
	at := p.off
	i := h.queue.head
	if t := h.queue.tail; t != 0 && a.pages.at(t).end() <= at {
		i = 0
	}
	for ; i != 0 && at < p.end(); i = a.pages.at(i).next {
		q := a.pages.at(i)
		if q.off > at {
			n += (min(q.off, p.end()) - at + per - 1) / per
		}
		at = max(at, q.end())
	}
	if at < p.end() {
		n += (p.end() - at + per - 1) / per
	}
	return uint32(n)
}

// makeRoomForAll gives up holes, the one watched longest first, until the limit
// of all connections lets p be queued.
func (a *Assembler) makeRoomForAll(dst []Event, c *Conn, h *half, p *piece) []Event {
	if p.off <= h.off || h.ended {
		return dst
	}
	need := int(a.need(h, *p))
	for i := a.watch.head; i != 0 && (a.pages.used-len(a.released)+need)*pageSize > a.cfg.MaxQueued; {
		o := a.conns.at(i)
		i = o.watch.next
		if o == c {
			continue
		}
		for d := Orig; d <= Resp; d++ {
			for h := &o.half[d]; h.queue.head != 0; {
				dst = a.skip(dst, o, d, h.holeEnd(a), &a.stats.GapsByLimit)
			}
		}
		dst = a.after(dst, o)
	}
	return dst
}

// settle keeps c in the watch list iff something of it waits for a decision.
func (a *Assembler) settle(c *Conn) {
	want := !c.closed && (c.half[Orig].waiting() || c.half[Resp].waiting() || c.rst != rstNone)
	if want == c.watched {
		return
	}
	c.watched = want
	if want {
		a.watch.insert(a.watchLinks, c.index, 0)
	} else {
		a.watch.remove(a.watchLinks, c.index)
	}
}
