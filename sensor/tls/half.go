package tls

import (
	"encoding/binary"

	"wirecensus/reassembly"
)

// maxRecord is the longest record body that is read: TLS 1.2 allows 2^14 + 2048, and
// RFC 8446 less.
const maxRecord = 1<<14 + 2048

// mark is the segment that carried some bytes.
type mark struct {
	end   uint64 // ciphertext offset after its last byte
	time  int64
	ack   uint64
	ackOK bool
}

// maxMarks bounds the segments told apart within what is buffered.
const maxMarks = 64

// keptBefore is the number of bytes kept from before a record: the IV of TLS 1.0 and a MAC.
const keptBefore = 16 + 48

// half is one direction of a connection.
type half struct {
	dir     reassembly.Dir
	started bool // cpos is valid
	ended   bool
	closed  bool   // close_notify was read
	dead    bool   // nothing will be opened
	passing bool   // records are passed over until the secrets are there
	asked   uint64 // what Conn.asked was when they were asked for last

	// Framing. Without loss cpos is the place of a record's header.
	cpos      uint64 // ciphertext offset of the next byte to be read, buf's first
	buf       []byte // contiguous bytes from cpos on that do not make a record yet
	marks     []mark // of the bytes from cpos on
	before    [keptBefore]byte
	beforeLen int // bytes of before, which end at cpos, that are valid
	skip      int // bytes still to come of a record of which some are missing
	skipped   [recordHeader]byte
	searching bool   // a header was lost: looking for one that proves itself
	done      uint64 // ciphertext offset up to which nothing is left to be known

	// Record layer.
	layer layer
	pos   uint64 // plaintext offset of the next byte
	lost  uint64 // ciphertext bytes of records not opened since the last that was
	hs    joiner

	places  []place
	dropped bool // older places were forgotten

	// What waits.
	waiting   bool
	since     int64 // packet time
	queue     []reassembly.Event
	waitBytes int
	held      []reassembly.Event // plaintext
	heldBytes int
	over      bool // do not hold

	split   bool // first was read, and waits for the rest
	first   byte
	firstAt mark
}

// feed reads one event of h.
func (c *Conn) feed(h *half, ev *reassembly.Event) {
	if h.ended {
		return
	}
	if !h.started {
		h.started, h.cpos, h.done = true, ev.Offset, ev.Offset
	}
	switch ev.Kind {
	case reassembly.Data:
		c.data(h, ev)
	case reassembly.Gap:
		c.missing(h, ev.Len)
	case reassembly.End:
		c.end(h, ev)
	}
}

// data reads the bytes of one segment.
func (c *Conn) data(h *half, ev *reassembly.Event) {
	if h.dead {
		h.bury(uint64(len(ev.Data)))
		return
	}
	h.mark(ev)
	in := ev.Data
	if h.skip > 0 {
		n := min(h.skip, len(in))
		h.consume(in[:n])
		in = in[n:]
		if h.skip -= n; h.skip == 0 {
			c.passed(h, h.skipped[:])
		}
	}
	if len(in) > 0 {
		c.read(h, in)
	}
}

// mark notes the segment of ev.
func (h *half) mark(ev *reassembly.Event) {
	end := ev.Offset + uint64(len(ev.Data))
	drop := 0
	for drop < len(h.marks) && h.marks[drop].end <= h.cpos {
		drop++
	}
	h.marks = append(h.marks[:0], h.marks[drop:]...)
	if n := len(h.marks); n == maxMarks {
		h.marks[n-1].end = end
		return
	}
	h.marks = append(h.marks, mark{end, ev.Time, ev.Ack, ev.AckOK})
}

// bury passes over n bytes of a direction that was given up.
func (h *half) bury(n uint64) {
	h.cpos += n
	h.lost += n
}

// markAt returns the segment that carried the byte at off.
func (h *half) markAt(off uint64) mark {
	for i := range h.marks {
		if off < h.marks[i].end {
			return h.marks[i]
		}
	}
	return mark{}
}

// read reads in, which follows buf, as far as it goes and keeps the rest.
func (c *Conn) read(h *half, in []byte) {
	view := in
	if len(h.buf) > 0 {
		h.buf = append(h.buf, in...)
		c.pool.buffered += len(in)
		view = h.buf
	}
	n := c.records(h, view)
	tail := view[min(n, len(view)):]
	switch {
	case h.dead:
		h.bury(uint64(len(tail)))
		tail = nil
	case c.pool.buffered > c.pool.limits.Buffered && len(tail) > 0 && !h.waiting:
		c.overflow()
		c.abandon(h, tail)
		tail = nil
	}
	had := len(h.buf)
	switch {
	case len(tail) == 0:
		c.pool.giveBack(h.buf)
		h.buf = nil
	case had > 0:
		h.buf = h.buf[:copy(h.buf, tail)]
	default:
		h.buf = append(c.pool.buffer(), tail...)
	}
	c.pool.buffered += len(h.buf) - had
}

// consume moves the place behind b.
func (h *half) consume(b []byte) {
	h.cpos += uint64(len(b))
	if len(b) >= len(h.before) {
		h.beforeLen = copy(h.before[:], b[len(b)-len(h.before):])
		return
	}
	keep := min(h.beforeLen, len(h.before)-len(b))
	copy(h.before[:], h.before[h.beforeLen-keep:h.beforeLen])
	h.beforeLen = keep + copy(h.before[keep:], b)
}

// records reads the whole records at the start of view and returns how many bytes they have.
func (c *Conn) records(h *half, view []byte) int {
	at := 0
	for at < len(view) && !h.waiting && !h.dead {
		if h.searching {
			n, found := c.search(h, view[at:])
			if at += n; !found {
				return at
			}
			if h.lost == 0 {
				h.reached(h.cpos)
			}
			continue
		}
		rest := view[at:]
		if !plausible(rest) {
			h.lose()
			continue
		}
		if len(rest) < recordHeader || len(rest) < recordLength(rest) {
			return at
		}
		record := rest[:recordLength(rest)]
		if !c.record(h, record) {
			return at
		}
		h.consume(record)
		at += len(record)
		if h.lost == 0 {
			h.reached(h.cpos)
		}
	}
	return at
}

// recordLength returns the length of the record whose header b begins with.
func recordLength(b []byte) int { return recordHeader + int(binary.BigEndian.Uint16(b[3:])) }

// plausible reports whether b, as far as it goes, begins like a record.
func plausible(b []byte) bool {
	switch {
	case len(b) > 0 && (b[0] < 20 || b[0] > 24):
		return false
	case len(b) > 1 && b[1] != 3 || len(b) > 2 && b[2] > 4:
		return false
	}
	return len(b) < recordHeader || recordLength(b) <= recordHeader+maxRecord
}

// lose makes h look for its next record.
func (h *half) lose() { h.searching = true }

// missing passes over n bytes that were never captured.
func (c *Conn) missing(h *half, n uint64) {
	if h.dead {
		h.bury(n)
		return
	}
	if h.skip == 0 && !h.searching {
		c.damage(h)
	}
	if h.searching {
		c.drop(h)
	}
	h.beforeLen = 0
	k := min(uint64(h.skip), n)
	h.cpos += k
	n -= k
	if h.skip > 0 {
		if h.skip -= int(k); h.skip == 0 {
			c.passed(h, h.skipped[:])
		}
	}
	if n == 0 {
		return
	}
	h.cpos += n
	h.lost += n
	h.hs.broken()
	h.layer.unsure(n)
	h.lose()
}

// damage gives up the record that buf begins, if its header is there, else its place.
func (c *Conn) damage(h *half) {
	if len(h.buf) < recordHeader {
		return
	}
	c.cutHello(h)
	copy(h.skipped[:], h.buf)
	h.skip = recordLength(h.buf) - len(h.buf)
	h.cpos += uint64(len(h.buf))
	c.release(h)
}

// abandon gives up tail, which would have been kept.
func (c *Conn) abandon(h *half, tail []byte) {
	if !h.searching && len(tail) >= recordHeader {
		copy(h.skipped[:], tail)
		h.skip = recordLength(tail) - len(tail)
		h.consume(tail)
		return
	}
	h.astray(tail)
	h.hs.broken()
	h.lose()
}

// drop gives up what buf holds of a place that is not known.
func (c *Conn) drop(h *half) {
	n := uint64(len(h.buf))
	h.cpos += n
	h.lost += n
	h.layer.unsure(n)
	c.release(h)
}

// release empties buf.
func (c *Conn) release(h *half) {
	c.pool.buffered -= len(h.buf)
	c.pool.giveBack(h.buf)
	h.buf = nil
}

// passed takes note of a record with this header that cannot be opened.
func (c *Conn) passed(h *half, header []byte) {
	h.lost += uint64(recordLength(header))
	h.hs.broken()
	c.unread()
	h.layer.pass(recordLength(header) - recordHeader)
}

// search looks for a record in view that proves to be one, reads it, and passes over
// what is before it. It returns how many bytes that are.
func (c *Conn) search(h *half, view []byte) (n int, found bool) {
	for n < len(view) {
		i := n
		for i < len(view) && !plausible(view[i:]) {
			i++
		}
		h.astray(view[n:i])
		n = i
		rest := view[n:]
		if len(rest) < recordHeader || len(rest) < recordLength(rest) {
			break // it may be one
		}
		record := rest[:recordLength(rest)]
		if c.proves(h, record) {
			h.searching = false
			h.consume(record)
			return n + len(record), true
		}
		if h.waiting {
			break
		}
		h.astray(rest[:1])
		n++
	}
	return n, false
}

// astray passes over bytes of which it is not known what record they belong to.
func (h *half) astray(b []byte) {
	if len(b) == 0 {
		return
	}
	h.consume(b)
	h.lost += uint64(len(b))
	h.layer.unsure(uint64(len(b)))
}

// end ends h.
func (c *Conn) end(h *half, ev *reassembly.Event) {
	at := mark{time: ev.Time}
	h.lost += uint64(len(h.buf))
	if h.skip > 0 {
		h.lost += uint64(recordLength(h.skipped[:]))
	}
	c.release(h)
	if h.lost > 0 && h.layer.carries() {
		c.gap(h, h.layer.content(h.lost, 1), at)
	}
	c.whole(h)
	reason := ev.Reason
	if h.closed && reason != reassembly.ByReuse {
		reason = reassembly.ByFIN
	}
	h.ended = true
	c.emit(h, reassembly.Event{Kind: reassembly.End, Dir: h.dir, Conn: c.tcp, Time: ev.Time, Offset: h.pos, Reason: reason})
}
