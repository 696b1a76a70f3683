package reassembly

import "bytes"

// pageSize is the memory of a page, data and numbers together.
const (
	pageSize = 2048
	pageData = pageSize - 48
	// maxPages bounds the pages of one connection; with the pages of one more
	// segment they are less than 1 MiB.
	maxPages = 448
)

// page is a queued piece of a segment. It holds no pointer.
type page struct {
	link
	off   uint64
	ack   uint64
	time  int64 // packet time
	clock int64
	n     uint32
	ackOK bool
	cut   bool // n bytes that the capture did not keep
	data  [pageData]byte
}

func (p *page) end() uint64 { return p.off + uint64(p.n) }

// piece is a range of a segment: its data, or what was cut off it.
type piece struct {
	off   uint64
	data  []byte
	cut   uint64 // bytes, valid iff data is nil
	ack   uint64
	ackOK bool
	time  int64
}

func (p *piece) len() uint64 {
	if p.data == nil {
		return p.cut
	}
	return uint64(len(p.data))
}

func (p *piece) end() uint64 { return p.off + p.len() }

// take removes and returns the first n bytes.
func (p *piece) take(n uint64) piece {
	front := *p
	if p.data != nil {
		front.data, p.data = p.data[:n:n], p.data[n:]
	} else {
		front.cut, p.cut = n, p.cut-n
	}
	p.off += n
	return front
}

// arrive delivers or queues a piece of direction d, then what follows it. First
// wins: bytes that were delivered or queued before are kept.
func (a *Assembler) arrive(dst []Event, c *Conn, d Dir, p piece) []Event {
	h := &c.half[d]
	if h.hasFin && p.end() > h.fin {
		keep := max(p.off, h.fin) - p.off
		a.stats.AfterEnd += p.len() - keep
		p = p.take(keep)
	}
	if p.off > h.off {
		dst = a.makeRoom(dst, c, d, &p)
	}
	if h.ended && p.off >= h.off { // a FIN came out when room was made
		a.stats.AfterEnd += p.len()
		return dst
	}
	if p.off > h.off && p.len() > 0 {
		a.stats.Queued++
	}
	if p.off < h.off {
		n := min(p.len(), h.off-p.off)
		p.take(n)
		a.stats.DupBytes += n
	}
	dst = a.place(dst, c, d, p)
	return a.release(dst, c, d)
}

// place delivers the part of p at the edge and queues the parts that no page
// covers yet.
func (a *Assembler) place(dst []Event, c *Conn, d Dir, p piece) []Event {
	h := &c.half[d]
	at := h.queue.head
	if t := h.queue.tail; t != 0 && a.pages.at(t).end() <= p.off {
		at = 0
	}
	for p.len() > 0 {
		for at != 0 && a.pages.at(at).end() <= p.off {
			at = a.pages.at(at).next
		}
		free := p.len()
		if at != 0 {
			q := a.pages.at(at)
			if q.off <= p.off {
				a.overlap(c, q, p.take(min(p.len(), q.end()-p.off)))
				continue
			}
			free = min(free, q.off-p.off)
		}
		front := p.take(free)
		if front.off == h.off {
			dst = a.emit(dst, c, d, &front)
		} else {
			a.enqueue(c, h, front, at)
		}
	}
	return dst
}

// overlap compares a piece with the page that covers it.
func (a *Assembler) overlap(c *Conn, q *page, p piece) {
	a.stats.DupBytes += p.len()
	if q.cut || p.data == nil {
		return
	}
	from := p.off - q.off
	if !bytes.Equal(q.data[from:from+p.len()], p.data) {
		a.conflict(c)
	}
}

// emit delivers a piece that starts at the edge.
func (a *Assembler) emit(dst []Event, c *Conn, d Dir, p *piece) []Event {
	h := &c.half[d]
	ev := Event{Kind: Data, Dir: d, Conn: c, Time: p.time, Offset: h.off, Ack: p.ack, AckOK: p.ackOK, Data: p.data}
	n := p.len()
	if p.data == nil {
		ev.Kind, ev.Len, ev.Cut = Gap, n, true
		a.stats.Cuts++
		a.stats.CutBytes += n
	} else {
		a.stats.DataBytes += n
	}
	h.advance(n)
	return append(dst, ev)
}

// enqueue copies a piece into pages before the page at.
func (a *Assembler) enqueue(c *Conn, h *half, p piece, at uint32) {
	if !h.waiting() {
		h.since = a.clock
	}
	for p.len() > 0 {
		i := a.pages.get()
		q := a.pages.at(i)
		n := p.len()
		if p.data != nil {
			n = min(n, pageData)
		}
		f := p.take(n)
		q.off, q.ack, q.time, q.clock, q.n = f.off, f.ack, f.time, a.clock, uint32(n)
		q.ackOK, q.cut = f.ackOK, f.data == nil
		if !q.cut {
			copy(q.data[:], f.data)
			c.queued += q.n
			a.queued += uint64(n)
		}
		h.queue.insert(a.pageLinks, i, at)
		c.pages++
	}
}

// dequeue takes the first page off; its memory stays valid until the next call.
func (a *Assembler) dequeue(c *Conn, h *half) *page {
	i := h.queue.head
	q := a.pages.at(i)
	h.queue.remove(a.pageLinks, i)
	c.pages--
	if !q.cut {
		c.queued -= q.n
		a.queued -= uint64(q.n)
	}
	a.released = append(a.released, i)
	return q
}

// release delivers the pages that start at the edge, and the FIN.
func (a *Assembler) release(dst []Event, c *Conn, d Dir) []Event {
	h := &c.half[d]
	for h.queue.head != 0 && a.pages.at(h.queue.head).off == h.off {
		q := a.dequeue(c, h)
		p := piece{off: q.off, cut: uint64(q.n), ack: q.ack, ackOK: q.ackOK, time: q.time}
		if !q.cut {
			p.data = q.data[:q.n:q.n]
		}
		dst = a.emit(dst, c, d, &p)
		if h.queue.head != 0 {
			h.since = a.pages.at(h.queue.head).clock
		}
	}
	if h.hasFin && !h.ended && h.off >= h.fin {
		dst = a.finish(dst, c, d, ByFIN)
	}
	return dst
}
