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
	for p.off > h.off {
		end := p.off
		if h.waiting() {
			end = min(end, h.holeEnd(a))
		}
		if a.proven(c, h, end) {
			dst = a.skip(dst, c, d, end, &a.stats.GapsByAck)
			continue
		}
		if a.fits(c, p) {
			break
		}
		o := &c.half[d.Other()]
		if h.queue.head == 0 && o.queue.head != 0 {
			dst = a.skip(dst, c, d.Other(), o.holeEnd(a), &a.stats.GapsByLimit)
			continue
		}
		dst = a.skip(dst, c, d, end, &a.stats.GapsByLimit)
	}
	return a.makeRoomForAll(dst, c, p)
}

// fits reports whether c's own limits let p be queued.
func (a *Assembler) fits(c *Conn, p *piece) bool {
	pages := (uint32(len(p.data)) + pageData - 1) / pageData
	return c.pages+pages <= a.maxPages && c.queued+uint32(len(p.data)) <= uint32(a.cfg.MaxConnQueued)
}

// makeRoomForAll gives up holes, the one watched longest first, until the limit
// of all connections lets p be queued.
func (a *Assembler) makeRoomForAll(dst []Event, c *Conn, p *piece) []Event {
	need := (len(p.data) + pageData - 1) / pageData
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
