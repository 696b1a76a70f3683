package decode

import (
	"encoding/binary"

	"wirecensus/sensor/capture"
)

// EtherTypes, IEEE 802 numbers.
const (
	typeIPv4       = 0x0800
	typeARP        = 0x0806
	typeTEB        = 0x6558 // transparent Ethernet bridging: an Ethernet frame
	typeRARP       = 0x8035
	typeVLAN       = 0x8100
	typeIPv6       = 0x86dd
	typeMPLS       = 0x8847
	typeMPLSUp     = 0x8848
	typePPPoE      = 0x8864
	typePPP        = 0x880b
	typeQinQ       = 0x88a8
	typeERSPAN2    = 0x88be // GRE only; types I and II
	typeERSPAN3    = 0x22eb // GRE only
	typeWCCP       = 0x883e // GRE only
	typeAruba      = 0x8200 // GRE only: 802.11 frames from Aruba access points
	typeVNTag      = 0x8926
	typeETag       = 0x893f
	typeVLAN9100   = 0x9100 // QinQ before 802.1ad
	typeVLAN9200   = 0x9200
	typeVLAN9300   = 0x9300
	smallestType   = 0x0600 // smaller values are an IEEE 802.3 length
	ethernetHeader = 14
)

// Supported reports whether frames of the link type are decoded.
func Supported(l capture.LinkType) bool {
	var d Decoder
	p := packet{d: &d}
	return p.link(l) != UnknownLink
}

// link decodes the link layer.
func (p *packet) link(l capture.LinkType) Verdict {
	switch l {
	case capture.LinkEthernet:
		return p.ethernet()
	case capture.LinkRaw, capture.LinkRawBSD, capture.LinkRawBSDOS, capture.LinkIPv4, capture.LinkIPv6:
		return p.ip()
	case capture.LinkNull, capture.LinkLoop:
		return p.loopback()
	case capture.LinkLinuxSLL:
		return p.cooked(16, 14)
	case capture.LinkLinuxSLL2:
		return p.cooked(20, 0)
	case capture.LinkPPP, capture.LinkPPPHDLC:
		return p.ppp()
	case capture.LinkPPPoE:
		return p.pppoe()
	case capture.LinkCHDLC: // address, control, EtherType
		return p.cooked(4, 2)
	case capture.LinkNFLOG:
		return p.nflog()
	case capture.LinkWLAN:
		return p.wlan()
	case capture.LinkRadiotap:
		return p.radiotap()
	}
	return UnknownLink
}

func (p *packet) ethernet() Verdict {
	if len(p.b) < ethernetHeader {
		return p.missing(ethernetHeader)
	}
	t := binary.BigEndian.Uint16(p.b[12:])
	p.skip(ethernetHeader)
	return p.etherType(t)
}

// cooked decodes a fixed header of n bytes that has an EtherType at the given place.
func (p *packet) cooked(n, at int) Verdict {
	if len(p.b) < n {
		return p.missing(n)
	}
	t := binary.BigEndian.Uint16(p.b[at:])
	p.skip(n)
	if t < smallestType { // Linux: 1 is raw 802.3, 4 is 802.2 LLC; C-HDLC: none is IP
		if t != 4 {
			return NotIP
		}
		return p.llc()
	}
	return p.etherType(t)
}

// loopback decodes BSD's 4-byte address family, in either byte order.
func (p *packet) loopback() Verdict {
	if len(p.b) < 4 {
		return p.missing(4)
	}
	family := binary.LittleEndian.Uint32(p.b)
	if family > 0xffff {
		family = binary.BigEndian.Uint32(p.b)
	}
	p.skip(4)
	switch family {
	case 2: // AF_INET everywhere
		return p.ipv4()
	case 10, 23, 24, 28, 30: // AF_INET6 of Linux, Windows, NetBSD and OpenBSD, FreeBSD, Darwin
		return p.ipv6()
	}
	return NotIP
}

// etherType decodes what follows an EtherType or length field of value t; tags and
// labels are looked through.
func (p *packet) etherType(t uint16) Verdict {
	for {
		switch t {
		case typeIPv4:
			return p.ipv4()
		case typeIPv6:
			return p.ipv6()
		case typeARP, typeRARP:
			return ARP
		case typeMPLS, typeMPLSUp:
			return p.mpls()
		case typePPPoE:
			return p.pppoe()
		case typePPP:
			return p.ppp()
		case typeTEB:
			return p.ethernet()
		}
		n := tagLen(t)
		if n == 0 {
			break
		}
		if p.deeper() {
			return TooDeep
		}
		if len(p.b) < n {
			return p.missing(n)
		}
		t = binary.BigEndian.Uint16(p.b[n-2:])
		p.skip(n)
	}
	if t >= smallestType {
		return NotIP
	}
	if int(t) <= p.wire && t != 0 { // IEEE 802.3: a length; what is behind it is padding
		p.limit(int(t))
	}
	return p.llc()
}

// tagLen returns the length of a tag with the EtherType behind it, 0 if t is no tag.
func tagLen(t uint16) int {
	switch t {
	case typeVLAN, typeQinQ, typeVLAN9100, typeVLAN9200, typeVLAN9300:
		return 4
	case typeVNTag:
		return 6
	case typeETag:
		return 8
	}
	return 0
}

// llc decodes an IEEE 802.2 header with a SNAP header behind it (RFC 1042).
func (p *packet) llc() Verdict {
	if len(p.b) < 3 {
		return p.missing(3)
	}
	if p.b[0] == 6 && p.b[1] == 6 && p.b[2] == 3 { // RFC 948: IP directly in LLC
		p.skip(3)
		return p.ipv4()
	}
	if p.b[0] != 0xaa || p.b[1] != 0xaa || p.b[2] != 3 {
		return NotIP
	}
	if len(p.b) < 8 {
		return p.missing(8)
	}
	// OUI 0 is RFC 1042, 0x0000f8 the bridge tunnel encapsulation of 802.1H.
	oui := uint32(p.b[3])<<16 | uint32(p.b[4])<<8 | uint32(p.b[5])
	t := binary.BigEndian.Uint16(p.b[6:])
	if oui != 0 && oui != 0xf8 || t < smallestType || p.deeper() {
		return NotIP
	}
	p.skip(8)
	return p.etherType(t)
}

// mpls looks through a label stack. Nothing says what is below it (RFC 3032, Section 3.1): the
// first nibble is an IP version, or that of a control word (RFC 4385, Section 3), or the start of
// an Ethernet frame without one.
func (p *packet) mpls() Verdict {
	for bottom := false; !bottom; {
		if p.deeper() {
			return TooDeep
		}
		if len(p.b) < 4 {
			return p.missing(4)
		}
		bottom = p.b[2]&1 != 0
		p.skip(4)
	}
	if len(p.b) == 0 {
		return p.missing(1)
	}
	switch p.b[0] >> 4 {
	case 4:
		return p.ipv4()
	case 6:
		return p.ipv6()
	case 0: // a control word, or an address that begins with 0
		if len(p.b) < ethernetHeader || !common(binary.BigEndian.Uint16(p.b[12:])) {
			if len(p.b) < 4 {
				return p.missing(4)
			}
			p.skip(4)
		}
	case 1: // an associated channel, no user data
		return NotIP
	}
	return p.ethernet()
}

// common reports whether t is an EtherType that is met in practice.
func common(t uint16) bool {
	switch t {
	case typeIPv4, typeIPv6, typeARP, typeMPLS, typePPPoE:
		return true
	}
	return tagLen(t) != 0
}

// pppoe decodes a PPPoE session header (RFC 2516, Section 4).
func (p *packet) pppoe() Verdict {
	if p.deeper() {
		return TooDeep
	}
	if len(p.b) < 6 {
		return p.missing(6)
	}
	if p.b[0] != 0x11 || p.b[1] != 0 {
		return NotIP // discovery, or another version
	}
	n := int(binary.BigEndian.Uint16(p.b[4:]))
	p.skip(6)
	if n < p.wire {
		p.limit(n)
	}
	return p.ppp()
}

// ppp decodes a PPP header, with or without address and control fields, with the
// protocol field compressed or not (RFC 1661, Section 2 and 6.5; RFC 1662, Section 3.1).
func (p *packet) ppp() Verdict {
	if p.deeper() {
		return TooDeep
	}
	if len(p.b) < 4 {
		return p.missing(4)
	}
	switch {
	case p.b[0] == 0x0f || p.b[0] == 0x8f: // Cisco HDLC on the same line, RFC 1547, Section 4.3.1
		return p.cooked(4, 2)
	case p.b[0] == 0xff && p.b[1] == 3:
		p.skip(2)
	}
	proto := uint16(p.b[0])
	if proto&1 != 0 {
		p.skip(1)
	} else {
		proto = binary.BigEndian.Uint16(p.b)
		p.skip(2)
	}
	switch proto {
	case 0x21:
		return p.ipv4()
	case 0x57:
		return p.ipv6()
	case 0x281, 0x283:
		return p.mpls()
	}
	return NotIP
}

// nflog looks for the packet among the attributes of a netfilter log message.
func (p *packet) nflog() Verdict {
	if len(p.b) < 4 {
		return p.missing(4)
	}
	for p.skip(4); !p.deeper(); {
		if len(p.b) < 4 {
			return p.missing(4)
		}
		// Attributes are in the byte order of the writer, which is nowhere stated.
		n, kind := binary.LittleEndian.Uint16(p.b), binary.LittleEndian.Uint16(p.b[2:])
		if kind > 0xff && kind&0xff == 0 {
			n, kind = binary.BigEndian.Uint16(p.b), binary.BigEndian.Uint16(p.b[2:])
		}
		if n < 4 {
			return BadHeader
		}
		if kind == 9 { // NFULA_PAYLOAD
			p.skip(4)
			p.limit(int(n) - 4)
			return p.ip()
		}
		padded := (int(n) + 3) &^ 3
		if len(p.b) < padded {
			return p.missing(padded)
		}
		p.skip(padded)
	}
	return TooDeep
}
