package tls

import (
	"slices"

	"wirecensus/reassembly"
)

// place says that the ciphertext up to one offset is the plaintext up to another.
type place struct{ cipher, plain uint64 }

// maxPlaces is the number of record ends remembered to translate acknowledgements.
const maxPlaces = 256

// reached notes that all of h up to the ciphertext offset at was read.
func (h *half) reached(at uint64) {
	h.done = at
	if n := len(h.places); n > 0 && h.places[n-1].plain == h.pos {
		h.places[n-1].cipher = min(h.places[n-1].cipher, at)
		return
	}
	if len(h.places) == maxPlaces {
		h.places = append(h.places[:0], h.places[maxPlaces/2:]...)
		h.dropped = true
	}
	h.places = append(h.places, place{at, h.pos})
}

// boundary returns the ciphertext offset below which nothing is left to be known:
// an acknowledgement below it can be translated.
func (h *half) boundary() uint64 {
	if h.lost > 0 || h.searching || h.skip > 0 || h.waiting {
		return h.done
	}
	if n := len(h.buf); n >= recordHeader {
		return max(h.done, h.cpos+uint64(recordLength(h.buf))-1)
	} else if n > 0 {
		return max(h.done, h.cpos+uint64(n))
	}
	return h.done
}

// translate replaces the acknowledged ciphertext offset of ev by one of plaintext. It
// reports false while that is not known but may be soon.
func (c *Conn) translate(ev *reassembly.Event, over bool) bool {
	if !ev.AckOK {
		return true
	}
	h := &c.halves[ev.Dir.Other()]
	if ev.Ack > h.boundary() {
		if !over && !h.ended && !h.dead && !ev.Conn.OneSided && !(h.passing && c.need(h) != ready) {
			return false
		}
		ev.Ack, ev.AckOK = 0, false
		return true
	}
	for i := len(h.places) - 1; i >= 0; i-- {
		if h.places[i].cipher <= ev.Ack {
			ev.Ack = h.places[i].plain
			return true
		}
	}
	ev.Ack, ev.AckOK = 0, !h.dropped
	return true
}

// emit hands out ev, or holds it until its acknowledgement can be translated. Its data
// belong to the arena. What the other direction holds goes first where it can: ev may be the
// answer to it.
func (c *Conn) emit(h *half, ev reassembly.Event) {
	c.flush(&c.halves[h.dir.Other()])
	if len(h.held) == 0 && c.translate(&ev, false) {
		c.dst = append(c.dst, ev)
		return
	}
	ev.Data = slices.Clone(ev.Data)
	h.held = append(h.held, ev)
	h.heldBytes += len(ev.Data) + eventSize
	c.pool.buffered += len(ev.Data) + eventSize
	if h.heldBytes > c.pool.limits.Wait || c.pool.buffered > c.pool.limits.Buffered {
		c.overflow()
		h.over = true
		c.flush(h)
		h.over = false
	}
}

// flush hands out what h holds as far as it can and reports whether that was anything.
func (c *Conn) flush(h *half) bool {
	n := 0
	for ; n < len(h.held); n++ {
		ev := &h.held[n]
		if !c.translate(ev, h.over || c.now-ev.Time > c.pool.limits.WaitTime) {
			break
		}
		size := len(ev.Data) + eventSize
		h.heldBytes -= size
		c.pool.buffered -= size
		c.dst = append(c.dst, *ev)
	}
	if n == 0 {
		return false
	}
	if h.held = slices.Delete(h.held, 0, n); len(h.held) == 0 {
		h.held = nil
	}
	return true
}

// content hands out application data, and before them what is missing.
func (c *Conn) content(h *half, data []byte, at mark) {
	if len(data) == 0 {
		return
	}
	if !c.opened {
		c.opened = true
		c.pool.stats.Decrypted++
	}
	switch {
	case h.split:
		data = append(append(make([]byte, 0, 1+len(data)), h.first), data...)
		h.split, at = false, h.firstAt
	case len(data) == 1 && c.hand.version == version10:
		// Against attacks on its IVs a write's first byte has a record of its own: it is
		// handed out with the next one.
		h.split, h.first, h.firstAt = true, data[0], at
		return
	}
	c.emit(h, reassembly.Event{
		Kind: reassembly.Data, Dir: h.dir, Conn: c.tcp, Time: at.time, Offset: h.pos, Ack: at.ack, AckOK: at.ackOK, Data: data,
	})
	h.pos += uint64(len(data))
}

// gap says that n bytes of application data are missing.
func (c *Conn) gap(h *half, n uint64, at mark) {
	if n == 0 {
		return
	}
	c.whole(h)
	c.emit(h, reassembly.Event{Kind: reassembly.Gap, Dir: h.dir, Conn: c.tcp, Time: at.time, Offset: h.pos, Len: n})
	h.pos += n
}

// whole hands out a first byte whose rest does not come.
func (c *Conn) whole(h *half) {
	if h.split {
		h.split = false
		c.emit(h, reassembly.Event{
			Kind: reassembly.Data, Dir: h.dir, Conn: c.tcp, Time: h.firstAt.time, Offset: h.pos, Ack: h.firstAt.ack, AckOK: h.firstAt.ackOK, Data: []byte{h.first},
		})
		h.pos++
	}
}
