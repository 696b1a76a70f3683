package sensor

import (
	"encoding/binary"
	"math/bits"

	"wirecensus/reassembly"
)

// Second copies of a packet: mirrors of two ports show each packet twice, with other
// VLAN tags, link addresses and hop counts. A copy has the same addresses, IP
// identification and transport header, checksum included; a retransmission differs
// at least in the identification or in the timestamp (RFC 7323).
const (
	copySlots = 1 << 16 // packets remembered; the oldest of a bucket goes first
	copyWays  = 4       // slots of a bucket

	copyWindow = 2000 // ms of packet time between copies
	// A packet with neither identification nor timestamp looks like its
	// retransmission, which no sender makes that soon.
	copyWindowUnsure = 50 // ms

	copyTimeBits = 20 // of a slot: the time in ms, the rest is the digest
	copyTimeMask = 1<<copyTimeBits - 1
)

// copies remembers the latest packets of all flows.
type copies struct {
	slots []uint64
	seed  uint64
	found uint64
}

func newCopies(seed uint64) *copies {
	return &copies{slots: make([]uint64, copySlots), seed: seed}
}

// seen reports whether the packet is a copy of one seen before, and remembers it.
func (c *copies) seen(seg *reassembly.Segment, header []byte, id uint32) bool {
	window := uint64(copyWindow)
	if id == 0 && (len(header) < 32 || seg.Flags&reassembly.SYN != 0) {
		if len(seg.Payload) == 0 {
			return false // one acknowledgement more does no harm
		}
		window = copyWindowUnsure
	}
	h := c.digest(seg, header, id)
	now := uint64(seg.Time) / 1e6 & copyTimeMask
	at := int(h&(copySlots/copyWays-1)) * copyWays
	tag := h &^ copyTimeMask
	b := c.slots[at : at+copyWays : at+copyWays]
	for _, s := range b {
		if s&^copyTimeMask == tag && s != 0 && (now-s+window)&copyTimeMask <= 2*window {
			c.found++
			return true
		}
	}
	b[3], b[2], b[1], b[0] = b[2], b[1], b[0], tag|now
	return false
}

// digest is a keyed hash of what the copies of a packet have in common.
func (c *copies) digest(seg *reassembly.Segment, header []byte, id uint32) uint64 {
	le := binary.LittleEndian
	f := &seg.Flow
	h := mix(le.Uint64(f.Src.IP[:])^c.seed^0xe7037ed1a0b428db, le.Uint64(f.Src.IP[8:])^0x9e3779b97f4a7c15)
	h = mix(le.Uint64(f.Dst.IP[:])^h, le.Uint64(f.Dst.IP[8:])^0xa0761d6478bd642f)
	h = mix(uint64(id)<<32|uint64(f.Net)^h, uint64(len(seg.Payload))<<32|uint64(seg.Cut)^0xe7037ed1a0b428db)
	for ; len(header) >= 16; header = header[16:] {
		h = mix(le.Uint64(header)^h, le.Uint64(header[8:])^0x9e3779b97f4a7c15)
	}
	if len(header) >= 8 {
		h, header = mix(le.Uint64(header)^h, 0xa0761d6478bd642f), header[8:]
	}
	if len(header) >= 4 {
		h = mix(uint64(le.Uint32(header))^h, 0xe7037ed1a0b428db)
	}
	if n := len(seg.Payload); n >= 8 { // where checksums are left to the hardware they say nothing
		h = mix(le.Uint64(seg.Payload)^h, le.Uint64(seg.Payload[n-8:])^0xe7037ed1a0b428db)
	}
	return h
}

// mix multiplies to 128 bits and folds the halves.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}
