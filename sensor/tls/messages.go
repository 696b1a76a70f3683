package tls

import "encoding/binary"

// messages takes the handshake messages out of the records of one direction, in
// whatever pieces they come. The zero messages is ready for use.
type messages struct {
	head  [recordHeader]byte
	nhead int
	left  int    // bytes of the record at hand that are still to come
	msg   []byte // the message at hand, its header included
	given bool   // msg was handed out
}

// next returns the first message, with its header, that is complete with b, and
// what of b follows it. The message is valid until the next call. NeedMore: all
// of b was taken. NoMatch: the handshake in the clear is over.
func (m *messages) next(b []byte) (msg, rest []byte, v Verdict) {
	if m.given {
		m.msg, m.given = m.msg[:0], false
	}
	for {
		want := 4
		if len(m.msg) >= 4 {
			if want += int(m.msg[1])<<16 | int(m.msg[2])<<8 | int(m.msg[3]); want > MaxHello {
				return nil, nil, NoMatch
			}
			if len(m.msg) == want {
				m.given = true
				return m.msg, b, Match
			}
		}
		if m.left == 0 {
			n := copy(m.head[m.nhead:], b)
			m.nhead, b = m.nhead+n, b[n:]
			if m.nhead < recordHeader {
				return nil, nil, NeedMore
			}
			m.nhead = 0
			m.left = int(binary.BigEndian.Uint16(m.head[3:]))
			// RFC 8446, Section 5.1: handshake records are not empty.
			if m.head[0] != typeHandshake || m.head[1] != 3 || m.left == 0 || m.left > 1<<14+256 {
				return nil, nil, NoMatch
			}
		}
		if len(b) == 0 {
			return nil, nil, NeedMore
		}
		n := min(want-len(m.msg), m.left, len(b))
		m.msg = append(m.msg, b[:n]...)
		m.left, b = m.left-n, b[n:]
	}
}
