package reassembly

// Assembler turns the TCP segments of many connections into events. It is not
// safe for concurrent use; every shard has its own.
type Assembler struct {
	cfg      Config
	maxPages uint32 // per connection
	key      hashKey
	table    table
	conns    slab[Conn]
	stubs    slab[stub]
	pages    slab[page]
	stats    Stats

	// lists; the functions give an item's links.
	watch      list // connections with something to decide
	stubLists  [numStates]list
	wheel      wheel
	watchLinks func(uint32) *link
	wheelLinks func(uint32) *link
	stubLinks  func(uint32) *link
	pageLinks  func(uint32) *link

	queued   uint64   // data bytes in pages
	released []uint32 // pages to free at the next call
	dead     []uint32 // connections to free at the next call

	// time; see tick.
	started bool
	now     int64 // packet time of the current segment or mark
	clock   int64 // now without the clock steps
	high    int64 // highest packet time since the latest clock step
	skew    int64 // sum of the clock steps
}

// New returns an Assembler with the limits of cfg.
func New(cfg Config) *Assembler {
	a := &Assembler{cfg: cfg.withDefaults(), key: newHashKey(cfg.Seed)}
	a.maxPages = uint32(max(1, min(maxPages, a.cfg.MaxQueued/16/pageSize)))
	a.wheel.init(int64(a.cfg.IdleTimeout))
	a.watchLinks = func(i uint32) *link { return &a.conns.at(i).watch }
	a.wheelLinks = func(i uint32) *link { return &a.conns.at(i).wheel }
	a.stubLinks = func(i uint32) *link { return &a.stubs.at(i).link }
	a.pageLinks = func(i uint32) *link { return &a.pages.at(i).link }
	a.table.resize(minSlots)
	return a
}

// Append takes one segment and appends the events that follow from it to dst.
// Their Data is valid until the next call, as long as seg.Payload is.
func (a *Assembler) Append(dst []Event, seg *Segment) []Event {
	a.recycle()
	a.tick(seg.Time)
	a.stats.Segments++
	return a.dispatch(dst, a.key.sum(&seg.Flow), seg)
}

func (a *Assembler) dispatch(dst []Event, hash uint32, seg *Segment) []Event {
	ref, d := a.find(hash, &seg.Flow)
	switch {
	case ref == 0:
		return a.first(dst, hash, seg)
	case ref&stubBit != 0:
		return a.early(dst, ref&^stubBit, d, seg)
	}
	c := a.conns.at(ref)
	if c.watched {
		if dst = a.overdue(dst, c); c.closed {
			return a.dispatch(dst, hash, seg)
		}
	}
	if a.clock-c.last > int64(a.cfg.IdleTimeout) {
		dst = a.close(dst, c, ByTimeout)
		return a.first(dst, hash, seg)
	}
	c.last = max(c.last, a.clock)
	if seg.Flags&(SYN|RST) != 0 || c.pending.known != 0 {
		return a.control(dst, c, d, seg)
	}
	return a.segment(dst, c, d, seg)
}

// overdue decides what time has decided on c before its next segment counts.
func (a *Assembler) overdue(dst []Event, c *Conn) []Event {
	dst = a.decide(dst, c, Orig)
	dst = a.decide(dst, c, Resp)
	if c.rst != rstNone {
		// Both directions may have ended before the reset was overdue.
		if dst = a.after(dst, c); !c.closed {
			dst = a.decideReset(dst, c)
		}
	}
	return a.after(dst, c)
}

// find returns the entry of a flow, 0 if it has none, and the flow's direction.
func (a *Assembler) find(hash uint32, f *Flow) (uint32, Dir) {
	mask := uint32(len(a.table.slots) - 1)
	net := f.Overlay()
	for i := hash & mask; ; i = (i + 1) & mask {
		s := a.table.slots[i]
		if s.ref == 0 {
			return 0, Orig
		}
		if s.hash != hash {
			continue
		}
		g := a.flow(s.ref)
		if net != g.Overlay() {
			continue
		}
		if f.Src == g.Src && f.Dst == g.Dst {
			return s.ref, Orig
		}
		if f.Src == g.Dst && f.Dst == g.Src {
			return s.ref, Resp
		}
	}
}

func (a *Assembler) flow(ref uint32) *Flow {
	if ref&stubBit != 0 {
		return &a.stubs.at(ref &^ stubBit).flow
	}
	return &a.conns.at(ref).Flow
}

// first takes a segment of a flow that has no entry. Only a SYN or data make
// one: late acknowledgements and resets of forgotten connections do not.
func (a *Assembler) first(dst []Event, hash uint32, seg *Segment) []Event {
	switch {
	case seg.Flags&RST != 0:
	case seg.Flags&SYN != 0:
		return a.firstSYN(dst, hash, seg)
	case len(seg.Payload) > 0 || seg.Cut > 0:
		return a.openMidstream(dst, hash, seg)
	}
	a.stats.Ignored++
	return dst
}

// control takes a segment with SYN or RST, or one of a connection on whose
// tuple another handshake was seen.
func (a *Assembler) control(dst []Event, c *Conn, d Dir, seg *Segment) []Event {
	switch {
	case a.reused(c, d, seg):
		return a.reuse(dst, c, seg)
	case seg.Flags&RST != 0:
		return a.reset(dst, c, d, seg)
	case seg.Flags&SYN != 0:
		a.stats.OldSYN++
		return dst
	}
	return a.segment(dst, c, d, seg)
}

// segment takes a segment that is part of c's stream.
func (a *Assembler) segment(dst []Event, c *Conn, d Dir, seg *Segment) []Event {
	h, o := &c.half[d], &c.half[d.Other()]
	seq := seg.Seq
	if seg.Flags&SYN != 0 {
		seq++
	}
	n := len(seg.Payload) + int(seg.Cut)
	if !h.known && (n > 0 || seg.Flags&FIN != 0) {
		h.known, h.next = true, seq
	}
	if h.known && !near(seq, h.next, farWindow) {
		switch {
		case !h.continues(seq, n):
			a.stats.OutOfWindow++
			return dst
		case !h.belongs(o, seq, seg):
			return a.replace(dst, c, seg)
		}
	}
	c.segs++
	if c.seen != 3 {
		c.seen |= 1 << d
		c.OneSided = c.seen != 3
	}
	var ack int64 = -1
	if seg.Flags&ACK != 0 {
		a.ack(c, o, seg.Ack)
		if ack = o.offset(seg.Ack); ack > int64(o.off)+maxWindow {
			ack = -1
		}
	}
	if !c.watched && seg.Cut == 0 && seg.Flags&FIN == 0 && !h.ended && (n == 0 || seq == h.next) {
		if n == 0 {
			return dst
		}
		a.remember(h, seq, seg.Payload)
		dst = append(dst, Event{Kind: Data, Dir: d, Conn: c, Time: seg.Time, Offset: h.off,
			Ack: uint64(max(ack, 0)), AckOK: ack >= 0, Data: seg.Payload})
		a.stats.DataBytes += uint64(n)
		h.advance(uint64(n))
		return dst
	}
	p := piece{ack: uint64(max(ack, 0)), ackOK: ack >= 0, time: seg.Time}
	return a.disorder(dst, c, d, seq, seg, p)
}

// disorder takes a segment that is not simply the next of its direction, or one
// of a connection that waits for a decision. p has its acknowledgement and time.
func (a *Assembler) disorder(dst []Event, c *Conn, d Dir, seq uint32, seg *Segment, p piece) []Event {
	h := &c.half[d]
	if c.watched {
		dst = a.decide(dst, c, d.Other())
		dst = a.decide(dst, c, d)
	}
	off := h.offset(seq)
	if h.known && len(seg.Payload) > 0 {
		a.compare(c, h, off, seq, seg.Payload)
		dst = a.piece(dst, c, d, off, seg.Payload, 0, p)
	}
	off += int64(len(seg.Payload))
	if h.known && seg.Cut > 0 {
		dst = a.piece(dst, c, d, off, nil, uint64(seg.Cut), p)
	}
	off += int64(seg.Cut)
	if seg.Flags&FIN != 0 && h.known && !h.hasFin && off >= int64(h.off) {
		if !h.waiting() {
			h.since = a.clock
		}
		h.hasFin, h.fin = true, uint64(off)
		dst = a.decide(a.release(dst, c, d), c, d)
	}
	if c.rst != rstNone && !c.closed {
		dst = a.decideReset(dst, c)
	}
	return a.after(dst, c)
}

// piece hands a range on to arrive, less what lies before the first byte of the stream.
func (a *Assembler) piece(dst []Event, c *Conn, d Dir, off int64, data []byte, cut uint64, p piece) []Event {
	p.data, p.cut = data, cut
	if off < 0 {
		n := min(uint64(-off), p.len())
		a.stats.DupBytes += n
		p.take(n)
		off = 0
	}
	if p.len() == 0 {
		return dst
	}
	p.off = uint64(off)
	if h := &c.half[d]; h.ended && p.off >= h.off {
		a.stats.AfterEnd += p.len()
		return dst
	}
	return a.arrive(dst, c, d, p)
}

// after closes c when both directions have ended.
func (a *Assembler) after(dst []Event, c *Conn) []Event {
	switch {
	case c.closed:
	case c.half[Orig].ended && c.half[Resp].ended:
		return a.linger(dst, c, ByFIN)
	default:
		a.settle(c)
	}
	return dst
}

// recycle frees what the previous call's events still referred to.
func (a *Assembler) recycle() {
	for _, i := range a.released {
		a.pages.put(i)
	}
	a.released = a.released[:0]
	for _, i := range a.dead {
		*a.conns.at(i) = Conn{}
		a.conns.put(i)
	}
	a.dead = a.dead[:0]
}

// Expire decides what time alone decides, as of the packet time now: holes,
// idle connections, forgotten handshakes. It gives unused memory back. Results
// do not depend on how often it is called, only when they come out does.
func (a *Assembler) Expire(dst []Event, now int64) []Event {
	a.recycle()
	a.tick(now)
	for i := a.watch.head; i != 0; {
		c := a.conns.at(i)
		i = c.watch.next
		dst = a.overdue(dst, c)
	}
	dst = a.expireIdle(dst)
	a.expireStubs()
	a.table.shrink()
	a.conns.trim()
	a.stubs.trim()
	a.pages.trim()
	return dst
}

// Close ends all connections, in the order of their places in memory, which
// the segments alone determine. The Assembler may be used again.
func (a *Assembler) Close(dst []Event) []Event {
	a.recycle()
	for n, ch := range a.conns.chunks {
		if ch == nil {
			continue
		}
		for i := range ch.items {
			c := &ch.items[i]
			if c.index != uint32(n*chunkLen+i) || c.index == 0 || c.closed {
				continue
			}
			why := ByFlush
			if c.rst != rstNone {
				why = ByRST
			}
			dst = a.close(dst, c, why)
		}
	}
	for s := range a.stubLists {
		for a.stubLists[s].head != 0 {
			a.dropStub(a.stubLists[s].head)
		}
	}
	return dst
}

// Stats returns the counters.
func (a *Assembler) Stats() Stats {
	s := a.stats
	s.Open = uint64(a.conns.used - len(a.dead))
	s.HalfOpenNow = uint64(a.stubLists[halfOpen].n)
	s.LingerNow = uint64(a.stubLists[lingering].n + a.stubLists[resent].n)
	s.QueuedBytesNow = a.queued
	return s
}
