package reassembly

// rstState says how far a RST is believed.
type rstState uint8

const (
	rstNone    rstState = iota
	rstSuspect          // in the window but not where the sender is known to stand
	rstWaiting          // exact, but bytes before it are still to come
)

// reset handles a RST. As hosts do (RFC 5961, Section 3.2), one that does not
// stand exactly where its sender should be is not believed at once; unlike
// them we may have lost what came before it, so it counts if nothing follows.
func (a *Assembler) reset(dst []Event, c *Conn, d Dir, seg *Segment) []Event {
	h := &c.half[d]
	off, edge := h.offset(seg.Seq), a.edge(h)
	exact := h.known && (off == int64(h.off) || off == edge || h.acked > 0 && off == int64(h.acked) || h.hasFin && off == int64(h.fin)+1)
	switch {
	case exact && a.complete(c):
		return a.linger(dst, c, ByRST)
	case exact:
		c.rst = rstWaiting
	case h.known && (off < edge || off > edge+lateWindow):
		a.stats.BadRST++
		return dst
	case c.rst == rstNone:
		c.rst = rstSuspect
	}
	c.rstDir, c.rstOff, c.rstSince = d, off, a.clock
	a.settle(c)
	return dst
}

// edge returns the stream offset behind the last byte seen.
func (a *Assembler) edge(h *half) int64 {
	if t := h.queue.tail; t != 0 {
		return int64(a.pages.at(t).end())
	}
	return int64(h.off)
}

// complete reports whether nothing is known to be missing.
func (a *Assembler) complete(c *Conn) bool {
	for d := range c.half {
		h := &c.half[d]
		if h.waiting() || h.acked > h.off && !h.ended {
			return false
		}
	}
	return true
}

// decideReset closes c if its reset came true, and forgets it if the sender went on.
func (a *Assembler) decideReset(dst []Event, c *Conn) []Event {
	h := &c.half[c.rstDir]
	switch {
	case c.rst == rstSuspect && h.known && a.edge(h) > c.rstOff:
		c.rst = rstNone
		a.stats.BadRST++
	case int64(h.off) == c.rstOff && a.complete(c):
		return a.linger(dst, c, ByRST)
	case a.clock-c.rstSince >= int64(a.cfg.GapTimeout) && c.rst == rstSuspect:
		return a.close(dst, c, ByRST)
	case a.clock-c.rstSince >= int64(a.cfg.GapTimeout):
		return a.linger(dst, c, ByRST)
	}
	return dst
}
