package quic

import "encoding/binary"

// Kind is the kind of a packet.
type Kind uint8

// Kinds of packets.
const (
	Initial Kind = iota
	ZeroRTT
	Handshake
	Retry
	Negotiation // Version Negotiation
	Foreign     // of a version whose packets are not known
)

// maxID is the longest connection id of the versions that are read, RFC 9000, Section 17.2.
const maxID = 20

// Packet is one packet with a long header. Its slices alias the datagram.
type Packet struct {
	Kind     Kind
	Version  uint32
	DCID     []byte // connection id of the receiver
	SCID     []byte // of the sender
	raw      []byte // the whole packet, valid iff Kind is Initial
	protects int    // offset in raw of the protected packet number
}

// Next takes the first packet off a datagram or what is left of one. Packets are
// coalesced as RFC 9000, Section 12.2, says. ok is false if b does not
// begin with a whole packet with a long header.
func Next(b []byte) (p Packet, rest []byte, ok bool) {
	r := reader{b: b}
	first := r.u8()
	p.Version = r.u32()
	if !r.bad && first&0x80 != 0 && p.Version != 0 && saltOf(p.Version) == nil {
		p.Kind = Foreign // gQUIC writes the lengths of its connection ids otherwise
		return p, nil, true
	}
	p.DCID = r.take(int(r.u8()))
	p.SCID = r.take(int(r.u8()))
	if r.bad || first&0x80 == 0 {
		return Packet{}, nil, false
	}
	if p.Version == 0 {
		p.Kind = Negotiation
		return p, nil, len(r.b) > 0 && len(r.b)%4 == 0
	}
	if first&0x40 == 0 || len(p.DCID) > maxID || len(p.SCID) > maxID {
		return Packet{}, nil, false
	}
	p.Kind = Kind(first >> 4 & 3)
	if p.Version == Version2 { // RFC 9369, Section 3.2
		p.Kind = (p.Kind - 1) & 3
	}
	if p.Kind == Retry {
		return p, nil, len(r.b) >= 16 // its integrity tag
	}
	if p.Kind == Initial {
		r.take(r.length())
	}
	n := r.length()
	if r.bad || n > len(r.b) || n < 20 { // RFC 9001, Section 5.4.2: a sample needs as much
		return Packet{}, nil, false
	}
	p.protects = len(b) - len(r.b)
	p.raw = b[:p.protects+n]
	return p, b[p.protects+n:], true
}

// Wanted returns how many of a datagram's first bytes [Table.Append] looks at: all of them
// where it begins with a long header of a version that is known, 1 where it may begin
// with a short one, 0 where it is not QUIC.
func Wanted(b []byte) int {
	switch {
	case len(b) < 7:
		return 0
	case b[0]&0xc0 == 0x40:
		return 1
	case b[0]&0x80 == 0:
		if oldVersion(b) != "" {
			return len(b)
		}
		return 0
	}
	if v := binary.BigEndian.Uint32(b[1:]); v == 0 || saltOf(v) != nil || VersionName(v) != "" {
		return len(b)
	}
	return 0
}

// reader takes big-endian fields from b; bad is set, and stays set, when b was too short.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n int) []byte {
	if r.bad || n < 0 || n > len(r.b) {
		r.bad, r.b = true, nil
		return nil
	}
	p := r.b[:n]
	r.b = r.b[n:]
	return p
}

func (r *reader) u8() byte {
	if p := r.take(1); p != nil {
		return p[0]
	}
	return 0
}

func (r *reader) u32() uint32 {
	if p := r.take(4); p != nil {
		return binary.BigEndian.Uint32(p)
	}
	return 0
}

// varint takes an integer of variable length, RFC 9000, Section 16.
func (r *reader) varint() uint64 {
	first := r.u8()
	v := uint64(first & 0x3f)
	for _, c := range r.take(1<<(first>>6) - 1) {
		v = v<<8 | uint64(c)
	}
	return v
}

// length takes an integer that counts bytes of the datagram.
func (r *reader) length() int {
	v := r.varint()
	if v > 1<<16 {
		r.bad, r.b = true, nil
		return 0
	}
	return int(v)
}
