package capture

import (
	"encoding/binary"
	"io"
)

// reader is one open capture, decompressed. next returns io.EOF at a regular end,
// errTruncated, a corruptError, or what the window's source failed with.
type reader interface {
	next(f *Frame) error
}

// Magic numbers of classic pcap, as they read in the writer's byte order.
const (
	magicMicro     = 0xa1b2c3d4
	magicNano      = 0xa1b23c4d
	magicKuznetzov = 0xa1b2cd34 // microseconds, 24-byte record headers
)

const (
	pcapHeaderLen      = 24
	pcapRecordLen      = 16
	kuznetzovRecordLen = 24
)

// pcapReader reads classic pcap. The pending frame's bytes stay in the window
// until the next call.
type pcapReader struct {
	w         *window
	big       bool
	recordLen int
	unit      int64 // nanoseconds in one unit of the fraction field
	link      LinkType
	pending   int // bytes of the record that was delivered last
}

// pcapMagic reports whether head begins a classic pcap file, and its properties.
func pcapMagic(head []byte) (r pcapReader, ok bool) {
	if len(head) < 4 {
		return r, false
	}
	for _, big := range [...]bool{false, true} {
		m := binary.LittleEndian.Uint32(head)
		if big {
			m = binary.BigEndian.Uint32(head)
		}
		switch m {
		case magicMicro:
			return pcapReader{big: big, recordLen: pcapRecordLen, unit: 1000}, true
		case magicNano:
			return pcapReader{big: big, recordLen: pcapRecordLen, unit: 1}, true
		case magicKuznetzov:
			return pcapReader{big: big, recordLen: kuznetzovRecordLen, unit: 1000}, true
		}
	}
	return r, false
}

// start reads the file header.
func (r *pcapReader) start() error {
	h := r.w.peek(pcapHeaderLen)
	if len(h) < pcapHeaderLen {
		return short(r.w)
	}
	// The upper 16 bits carry the FCS length and reserved bits
	// (draft-ietf-opsawg-pcap, Section 4): they are not part of the link type.
	r.link = LinkType(u32(h[20:], r.big) & 0xffff)
	r.w.skip(pcapHeaderLen)
	return nil
}

func (r *pcapReader) next(f *Frame) error {
	w := r.w
	if r.pending != 0 {
		w.lo += r.pending
		w.off += int64(r.pending)
		r.pending = 0
	}
	h := w.peek(r.recordLen)
	if len(h) < r.recordLen {
		return endOrShort(w, len(h))
	}
	var sec, frac, kept, wire uint32
	if r.big {
		sec, frac = binary.BigEndian.Uint32(h), binary.BigEndian.Uint32(h[4:])
		kept, wire = binary.BigEndian.Uint32(h[8:]), binary.BigEndian.Uint32(h[12:])
	} else {
		sec, frac = binary.LittleEndian.Uint32(h), binary.LittleEndian.Uint32(h[4:])
		kept, wire = binary.LittleEndian.Uint32(h[8:]), binary.LittleEndian.Uint32(h[12:])
	}
	if kept > MaxFrame {
		return corruptError("a record claims more bytes than a frame can have")
	}
	rec := w.peek(r.recordLen + int(kept))
	if len(rec) < r.recordLen+int(kept) {
		return short(w)
	}
	r.pending = len(rec)
	f.Data = rec[r.recordLen:]
	f.Time = int64(sec)*1e9 + int64(frac)*r.unit
	f.WireLen = wireLen(wire, len(f.Data))
	f.Link = r.link
	return nil
}

// maxWire bounds the length on the wire that is believed: forged ones must not
// turn into gaps that nothing can have filled.
const maxWire = 16 << 20

// wireLen returns the claimed length, at least kept, at most maxWire.
func wireLen(claimed uint32, kept int) int {
	return max(kept, int(min(claimed, maxWire)))
}

func u32(b []byte, big bool) uint32 {
	if big {
		return binary.BigEndian.Uint32(b)
	}
	return binary.LittleEndian.Uint32(b)
}

func u16(b []byte, big bool) uint16 {
	if big {
		return binary.BigEndian.Uint16(b)
	}
	return binary.LittleEndian.Uint16(b)
}

// short says why the stream ended inside a record.
func short(w *window) error {
	if err := w.failure(); err != nil {
		return err
	}
	return errTruncated
}

// endOrShort says why the stream ended when got bytes of a record's head are there.
func endOrShort(w *window, got int) error {
	if got == 0 && w.failure() == nil {
		return io.EOF
	}
	return short(w)
}
