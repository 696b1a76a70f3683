package reassembly

// conn is the assembler's part of a Conn. Clock values are packet time without
// the clock steps (see Assembler.tick).
type conn struct {
	half  [2]half // by Dir of the sender
	index uint32  // place in Assembler.conns
	hash  uint32
	last  int64  // clock of the latest segment
	segs  uint32 // segments of both directions; wraps
	pages uint32 // queued pages of both directions
	// queued is the number of bytes in these pages.
	queued uint32
	wheel  link
	slot   uint16 // list of the wheel
	seen   uint8  // bit d: direction d has shown a segment
	closed bool   // Close was emitted; to be freed at the next call

	watched bool // in Assembler.watch: something waits for a decision
	watch   link

	// rst is a reset that is not believed yet; see resets.go.
	rst      rstState
	rstDir   Dir
	rstOff   int64 // stream offset of the reset in rstDir
	rstSince int64 // clock

	// pending is a handshake with other numbers that was seen on this tuple.
	pending handshake
}

// half is one direction of a connection: the bytes that its sender sends.
type half struct {
	off  uint64 // stream offset up to which everything was delivered
	next uint32 // sequence number of off; valid iff known
	far  uint32 // sequence number behind the latest segment out of the window; valid iff hasFar
	// acked is the highest stream offset that the receiver acknowledged; it may
	// be greater than off, and counts the FIN as a byte.
	acked uint64
	fin   uint64 // stream offset of the FIN, valid iff hasFin
	// settled is an offset acknowledged so long ago that the mirror will not show
	// data below it any more; mark is one that will be settled AckGrace after
	// markClock or AckGraceSegments after markSegs. Both matter only above off.
	settled, mark uint64
	markClock     int64
	markSegs      uint32
	// queue holds pages above off, sorted and disjoint.
	queue list
	since int64 // clock when the hole at off was noticed, valid iff waiting
	// Invariant: known is true before off, next or queue are used.
	known, hasFar, hasFin, ended bool

	recent recent
}

// offset returns the stream offset of seq, negative before the first byte.
func (h *half) offset(seq uint32) int64 { return int64(h.off) + int64(int32(seq-h.next)) }

// base returns the sequence number of offset 0.
func (h *half) base() uint32 { return h.next - uint32(h.off) }

// waiting reports whether something lies beyond a hole.
func (h *half) waiting() bool { return h.queue.head != 0 || h.hasFin && !h.ended }

// advance moves the delivered edge by n bytes.
func (h *half) advance(n uint64) {
	h.off += n
	h.next += uint32(n)
}

// ack notes that the receiver of h acknowledged up to the sequence number seq.
// For a direction of which nothing is known yet it sets offset 0.
func (a *Assembler) ack(c *Conn, h *half, seq uint32) {
	if !h.known {
		h.known, h.next = true, seq
		return
	}
	off := h.offset(seq)
	if off <= int64(h.acked) || off-int64(h.off) > maxWindow {
		return
	}
	a.stats.Acks++
	if h.acked > h.off {
		a.age(c, h)
	}
	h.acked = uint64(off)
	if h.acked > h.off && h.mark <= max(h.off, h.settled) {
		h.mark, h.markClock, h.markSegs = h.acked, a.clock, c.segs
	}
}

// age moves mark to settled when its grace is over, and what was acknowledged
// by then to mark. It may be called at any time, or not, with the same result.
func (a *Assembler) age(c *Conn, h *half) {
	grace, segs := int64(a.cfg.AckGrace), uint32(a.cfg.AckGraceSegments)
	for h.mark > h.settled && (a.clock-h.markClock >= grace || c.segs-h.markSegs >= segs && int32(c.segs-h.markSegs) > 0) {
		h.settled, h.mark = h.mark, h.acked
		h.markClock += grace
		h.markSegs += segs
	}
}

const (
	// maxWindow is the largest window, RFC 7323, Section 2.3.
	maxWindow = 1 << 30
	// farWindow is the distance from the expected sequence number beyond which
	// a segment needs other evidence to belong to the connection.
	farWindow = 1 << 24
	// lateWindow is the distance within which a segment of a closed connection is recognized.
	lateWindow = 1 << 20
)

// near reports whether a and b are less than window apart.
func near(a, b uint32, window int32) bool {
	d := int32(a - b)
	return -window < d && d < window
}

// class orders ports by how likely a server listens there: system, registered,
// ephemeral (RFC 6335, Section 6, with Linux's lower start of the ephemeral range).
func class(port uint16) int {
	switch {
	case port < 1024:
		return 0
	case port < 32768:
		return 1
	}
	return 2
}

// openMidstream starts the connection of a data segment whose handshake was not
// seen. The lower class of port is taken for the responder's.
func (a *Assembler) openMidstream(dst []Event, hash uint32, seg *Segment) []Event {
	dst = a.reserve(dst)
	flow := seg.Flow
	d := Orig
	if class(flow.Src.Port) < class(flow.Dst.Port) {
		flow, d = flow.Reverse(), Resp
	}
	var c *Conn
	dst, c = a.open(dst, hash, flow, seg.Time)
	c.Midstream = true
	a.stats.Midstream++
	a.table.add(hash, c.index)
	return a.segment(dst, c, d, seg)
}

// open makes a Conn and announces it; the caller puts it into the table.
func (a *Assembler) open(dst []Event, hash uint32, flow Flow, start int64) ([]Event, *Conn) {
	i := a.conns.get()
	c := a.conns.at(i)
	c.Flow, c.Start, c.OneSided = flow, start, true
	c.index, c.hash, c.last = i, hash, a.clock
	a.schedule(c)
	a.stats.Connections++
	return append(dst, Event{Kind: Open, Conn: c, Time: a.now}), c
}

// finish ends one direction.
func (a *Assembler) finish(dst []Event, c *Conn, d Dir, why Reason) []Event {
	h := &c.half[d]
	h.ended = true
	for h.queue.head != 0 {
		a.stats.AfterEnd += uint64(a.pages.at(h.queue.head).n)
		a.dequeue(c, h)
	}
	a.countEnd(why)
	return append(dst, Event{Kind: End, Dir: d, Reason: why, Conn: c, Time: a.now, Offset: h.off})
}

// close ends what has not ended, after delivering what waits, and closes c.
func (a *Assembler) close(dst []Event, c *Conn, why Reason) []Event {
	for d := Orig; d <= Resp; d++ {
		h := &c.half[d]
		for !h.ended && h.waiting() {
			dst = a.skip(dst, c, d, h.holeEnd(a), &a.stats.GapsByEnd)
		}
		if h.ended {
			continue
		}
		// One acknowledged byte that was never seen is a lost FIN. A direction that
		// was never seen at all is OneSided, not a gap.
		if c.seen&(1<<d) != 0 && h.acked > h.off+1 && h.acked-h.off < farWindow {
			dst = a.skip(dst, c, d, h.acked, &a.stats.GapsByEnd)
		}
		dst = a.finish(dst, c, d, why)
	}
	c.closed = true
	if c.OneSided {
		a.stats.OneSided++
	}
	a.unschedule(c)
	a.settle(c)
	a.table.remove(c.hash, c.index)
	a.dead = append(a.dead, c.index)
	return append(dst, Event{Kind: Close, Conn: c, Time: a.now})
}

// linger closes c and remembers its numbers.
func (a *Assembler) linger(dst []Event, c *Conn, why Reason) []Event {
	dst = a.close(dst, c, why)
	i := a.newStub(c.Flow, c.hash, lingering)
	s := a.stubs.at(i)
	s.last = c.last // not the time of the decision, which depends on Expire
	for d := range c.half {
		h := &c.half[d]
		if h.known {
			s.hs.known |= 1 << d
			s.hs.isn[d], s.hs.alt[d] = h.next, h.base()-1
		}
	}
	return dst
}

func (a *Assembler) countEnd(why Reason) {
	switch why {
	case ByFIN:
		a.stats.EndFIN++
	case ByRST:
		a.stats.EndRST++
	case ByTimeout:
		a.stats.EndTimeout++
	case ByReuse:
		a.stats.EndReuse++
	case ByEvict:
		a.stats.EndEvict++
	case ByFlush:
		a.stats.EndFlush++
	}
}
