package reassembly

import (
	"encoding/binary"
	"math/bits"
)

// recent remembers the latest segments of a direction by a digest, to notice a
// retransmission that says something else.
type recent struct {
	seq  [4]uint32
	sum  [4]uint32
	n    [4]uint32 // bytes; 0 means none
	next uint8
}

// differs reports whether a segment of the same place and length was noted with
// another digest.
func (r *recent) differs(seq, n, sum uint32) bool {
	for i := range r.seq {
		if r.seq[i] == seq && r.n[i] == n && r.sum[i] != sum {
			return true
		}
	}
	return false
}

// remember notes a segment that is about to be delivered or queued.
func (a *Assembler) remember(h *half, seq uint32, data []byte) {
	r := &h.recent
	i := r.next % 4
	r.seq[i], r.n[i], r.sum[i] = seq, uint32(len(data)), a.digest(data)
	r.next++
}

// digest covers the first 64 and the last 16 bytes of data.
func (a *Assembler) digest(data []byte) uint32 {
	n := len(data)
	h := a.key[0]
	if n < 16 {
		for _, b := range data {
			h = (h ^ uint64(b)) * 0x100000001b3
		}
		return uint32(mix(h, a.key[1]) >> 32)
	}
	for i := 0; i+16 <= n && i < 64; i += 16 {
		h = bits.RotateLeft64(h, 23) ^ a.words(data[i:])
	}
	h = bits.RotateLeft64(h, 23) ^ a.words(data[n-16:])
	return uint32(h ^ h>>32)
}

func (a *Assembler) words(b []byte) uint64 {
	return mix(binary.LittleEndian.Uint64(b)^a.key[2], binary.LittleEndian.Uint64(b[8:])^a.key[3])
}

// compare counts a conflict if a retransmission differs from what was
// delivered, and notes new segments.
func (a *Assembler) compare(c *Conn, h *half, off int64, seq uint32, data []byte) {
	switch {
	case off >= int64(h.off):
		a.remember(h, seq, data)
	case off == int64(h.off)-1 && len(data) == 1:
		// A keep-alive's byte may be garbage (RFC 9293, Section 3.8.4).
	case h.recent.differs(seq, uint32(len(data)), a.digest(data)):
		a.conflict(c)
	}
}

func (a *Assembler) conflict(c *Conn) {
	c.Conflicts++
	a.stats.Conflicts++
}
