package quic

import "slices"

// Bounds of a direction's handshake.
const (
	maxStream = 16 << 10 // bytes
	maxPieces = 64
)

// stream puts the CRYPTO frames of one direction in order, RFC 9000, Section 19.6.
// What came first counts.
type stream struct {
	buf    []byte
	pieces []piece // what of buf is there, in order, none touching another
}

// piece is [from, to).
type piece struct{ from, to int }

// frames takes the CRYPTO frames out of the payload of an Initial packet, where
// only few kinds of frames may be (RFC 9000, Section 12.4, Table 3). It stops at others.
func (s *stream) frames(b []byte) {
	for r := (reader{b: b}); len(r.b) > 0 && !r.bad; {
		switch kind := r.u8(); kind {
		case 0, 1: // PADDING, PING
		case 2, 3: // ACK, Section 19.3
			r.varint()
			r.varint()
			ranges := r.varint()
			r.varint()
			for ; ranges > 0 && !r.bad; ranges-- {
				r.varint()
				r.varint()
			}
			if kind == 3 {
				r.varint()
				r.varint()
				r.varint()
			}
		case 6: // CRYPTO
			from := r.varint()
			if data := r.take(r.length()); !r.bad {
				s.add(from, data)
			}
		default:
			return
		}
	}
}

// add puts data at an offset of the stream.
func (s *stream) add(at uint64, data []byte) {
	if at >= maxStream || len(data) == 0 {
		return
	}
	from := int(at)
	to := min(from+len(data), maxStream)
	data = data[:to-from]
	if len(s.buf) < to {
		s.buf = append(s.buf, make([]byte, to-len(s.buf))...)
	}
	// The pieces that the new one meets become one with it; between them it is new.
	first, _ := slices.BinarySearchFunc(s.pieces, from, func(p piece, at int) int { return p.to - at })
	last, next, whole := first, from, piece{from, to}
	if first == len(s.pieces) && len(s.pieces) == maxPieces {
		return
	}
	if first < len(s.pieces) && s.pieces[first].from > to && len(s.pieces) == maxPieces {
		return
	}
	for ; last < len(s.pieces) && s.pieces[last].from <= to; last++ {
		p := s.pieces[last]
		if next < p.from {
			copy(s.buf[next:p.from], data[next-from:])
		}
		next = max(next, p.to)
		whole.from, whole.to = min(whole.from, p.from), max(whole.to, p.to)
	}
	if next < to {
		copy(s.buf[next:to], data[next-from:])
	}
	s.pieces = slices.Replace(s.pieces, first, last, whole)
}

// message returns the first handshake message, its header included; more is true if
// it may still come. A message that cannot fit never does.
func (s *stream) message() (msg []byte, more bool) {
	if len(s.pieces) == 0 || s.pieces[0].from > 0 || s.pieces[0].to < 4 {
		return nil, true
	}
	n := 4 + (int(s.buf[1])<<16 | int(s.buf[2])<<8 | int(s.buf[3]))
	if n > maxStream {
		return nil, false
	}
	if s.pieces[0].to < n {
		return nil, true
	}
	return s.buf[:n], false
}
