package decode

import "encoding/binary"

// vxlan decodes RFC 7348, Section 5, and, if its last reserved byte names the next protocol,
// draft-ietf-nvo3-vxlan-gpe, Section 3. The caller has seen 8 bytes with the I flag set. The other bits are
// reserved, or belong to extensions that do not move the frame.
func (p *packet) vxlan(named bool) Verdict {
	next := p.b[3]
	vni := binary.BigEndian.Uint32(p.b[4:]) >> 8
	p.skip(8)
	if p.enter(VXLAN, vni) {
		return TooDeep
	}
	if !named {
		return p.ethernet()
	}
	switch next {
	case 1:
		return p.ipv4()
	case 2:
		return p.ipv6()
	case 3:
		return p.ethernet()
	case 5:
		return p.mpls()
	}
	return NotIP
}

// geneve decodes RFC 8926, Section 3.4. The caller has seen 8 bytes of version 0.
func (p *packet) geneve() Verdict {
	n := 8 + int(p.b[0]&0x3f)*4
	proto := binary.BigEndian.Uint16(p.b[2:])
	vni := binary.BigEndian.Uint32(p.b[4:]) >> 8
	if len(p.b) < n {
		return p.missing(n)
	}
	p.skip(n)
	if p.enter(GENEVE, vni) {
		return TooDeep
	}
	return p.protocolType(proto)
}

// protocolType decodes what follows the protocol type of GRE or GENEVE, which is an
// EtherType but never a length.
func (p *packet) protocolType(t uint16) Verdict {
	if t < smallestType {
		return NotIP
	}
	return p.etherType(t)
}

// gtpu decodes 3GPP TS 29.281, Section 5. The caller has seen 8 bytes of a version 1 G-PDU.
func (p *packet) gtpu() Verdict {
	flags := p.b[0]
	n := int(binary.BigEndian.Uint16(p.b[2:]))
	p.skip(8)
	if n < p.wire {
		p.limit(n)
	}
	if p.enter(GTPU, 0) {
		return TooDeep
	}
	if flags&7 == 0 {
		return p.ip()
	}
	if len(p.b) < 4 {
		return p.missing(4)
	}
	next := p.b[3]
	p.skip(4)
	for flags&4 != 0 && next != 0 { // extension headers, in 4-byte units, the next type last
		if p.deeper() {
			return TooDeep
		}
		if len(p.b) == 0 {
			return p.missing(1)
		}
		n := int(p.b[0]) * 4
		if n == 0 {
			return BadHeader
		}
		if len(p.b) < n {
			return p.missing(n)
		}
		next = p.b[n-1]
		p.skip(n)
	}
	return p.ip()
}

// GRE flags, RFC 2784, Section 2.1; RFC 2890, Section 2; RFC 1701; RFC 2637, Section 4.1.
const (
	greChecksum = 0x8000
	greRouting  = 0x4000
	greKey      = 0x2000
	greSequence = 0x1000
	greAck      = 0x0080
)

// gre decodes GRE and what it carries.
func (p *packet) gre() Verdict {
	if len(p.b) < 4 {
		return p.missing(4)
	}
	flags, proto := binary.BigEndian.Uint16(p.b), binary.BigEndian.Uint16(p.b[2:])
	switch flags & 7 {
	case 0:
	case 1:
		return p.pptp(flags)
	default:
		return OtherTransport
	}
	if flags&greRouting != 0 { // RFC 1701 source routes: nobody sends them any more
		return OtherTransport
	}
	n, keyAt := greLen(flags)
	if len(p.b) < n {
		return p.missing(n)
	}
	var key uint32
	if flags&greKey != 0 {
		key = binary.BigEndian.Uint32(p.b[keyAt:])
	}
	p.skip(n)
	switch proto {
	case typeERSPAN2, typeERSPAN3:
		return p.erspan(proto, flags&greSequence != 0)
	}
	kind := GRE
	// RFC 7637, Section 3.2: the key of NVGRE is a subnet id, of which those below 4096 are
	// reserved, and 8 bits that may differ between the directions.
	if proto == typeTEB && key>>8 >= 0x1000 {
		kind, key = NVGRE, key>>8
	}
	if p.enter(kind, key) {
		return TooDeep
	}
	if proto == typeAruba {
		return p.wlan()
	}
	if proto == typeWCCP {
		// WCCP version 2 has a redirect header, version 1 has none and begins with IP.
		if len(p.b) >= 4 && p.b[0]>>4 != 4 {
			p.skip(4)
		}
		proto = typeIPv4
	}
	return p.protocolType(proto)
}

// greLen returns the length of a GRE header with the given flags, and where its key is.
func greLen(flags uint16) (n, keyAt int) {
	n = 4
	if flags&greChecksum != 0 {
		n += 4
	}
	keyAt = n
	if flags&greKey != 0 {
		n += 4
	}
	if flags&greSequence != 0 {
		n += 4
	}
	return n, keyAt
}

// pptp decodes GRE version 1, RFC 2637, Section 4.1. Call ids differ between the directions.
func (p *packet) pptp(flags uint16) Verdict {
	n := 8
	if flags&greSequence != 0 {
		n += 4
	}
	if flags&greAck != 0 {
		n += 4
	}
	if len(p.b) < n {
		return p.missing(n)
	}
	size := int(binary.BigEndian.Uint16(p.b[4:]))
	p.skip(n)
	if flags&greSequence == 0 || size == 0 {
		return OtherTransport // an acknowledgment only
	}
	if size < p.wire {
		p.limit(size)
	}
	if p.enter(PPTP, 0) {
		return TooDeep
	}
	return p.ppp()
}

// L2TP flags in the first byte, RFC 2661, Section 3.1.
const (
	l2tpControl  = 0x80
	l2tpLength   = 0x40
	l2tpSequence = 0x08
	l2tpOffset   = 0x02
)

// l2tp decodes RFC 2661, Section 3.1. The caller has seen 8 bytes of a version 2 data message.
// Tunnel and session ids differ between the directions.
func (p *packet) l2tp() Verdict {
	flags := p.b[0]
	n := 6
	if flags&l2tpLength != 0 {
		if size := int(binary.BigEndian.Uint16(p.b[2:])); size < p.wire {
			p.limit(size)
		}
		n += 2
	}
	if flags&l2tpSequence != 0 {
		n += 4
	}
	if flags&l2tpOffset != 0 {
		if len(p.b) < n+2 {
			return p.missing(n + 2)
		}
		n += 2 + int(binary.BigEndian.Uint16(p.b[n:]))
	}
	if len(p.b) < n {
		return p.missing(n)
	}
	p.skip(n)
	if p.enter(L2TP, 0) {
		return TooDeep
	}
	return p.ppp()
}

// erspan decodes draft-foschiano-erspan, Section 4. Type I has no header and, unlike type II, no
// sequence number in GRE.
func (p *packet) erspan(proto uint16, sequence bool) Verdict {
	if proto == typeERSPAN2 && !sequence {
		if p.enter(ERSPAN, 0) {
			return TooDeep
		}
		return p.ethernet()
	}
	n := 8
	if proto == typeERSPAN3 {
		n = 12
	}
	if len(p.b) < n {
		return p.missing(n)
	}
	session := uint32(binary.BigEndian.Uint16(p.b[2:]) & 0x3ff)
	isIP := false
	if proto == typeERSPAN3 {
		last := binary.BigEndian.Uint16(p.b[10:])
		isIP = last>>10&31 == 2 // FT: 0 an Ethernet frame, 2 an IP packet
		if last&1 != 0 {        // O: 8 bytes of platform data follow
			n += 8
		}
	}
	if len(p.b) < n {
		return p.missing(n)
	}
	p.skip(n)
	if p.enter(ERSPAN, session) {
		return TooDeep
	}
	if isIP {
		return p.ip()
	}
	return p.ethernet()
}
