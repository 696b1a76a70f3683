package decode

import (
	"encoding/binary"

	"wirecensus/reassembly"
)

// UDP ports of tunnels.
const (
	portGTPU   = 2152
	portL2TP   = 1701
	portVXLAN  = 4789
	portGRE    = 4754 // RFC 8086
	portGPE    = 4790 // VXLAN with a next protocol
	portGENEVE = 6081
	portVXLANL = 8472 // VXLAN of Linux before the port was assigned; Flannel, Cilium
)

// transport decodes what an IP packet of the given protocol carries.
func (p *packet) transport(proto uint8) Verdict {
	switch proto {
	case protoTCP:
		return p.tcp()
	case protoUDP:
		return p.udp()
	case protoIPIP:
		if p.enter(IPinIP, 0) {
			return TooDeep
		}
		return p.ipv4()
	case protoIPv6:
		if p.enter(IPinIP, 0) {
			return TooDeep
		}
		return p.ipv6()
	case protoGRE:
		return p.gre()
	case protoAH: // over IPv4; IPv6 looks through it as an extension header
		return p.extensions(proto)
	case protoMPLS: // RFC 4023
		if p.enter(IPinIP, 0) {
			return TooDeep
		}
		return p.mpls()
	case protoEthernet: // RFC 8986, Section 10.1; EtherIP (RFC 3378) is another number
		if p.enter(IPinIP, 0) {
			return TooDeep
		}
		return p.ethernet()
	}
	return OtherTransport
}

// tcp decodes RFC 9293, Section 3.1. Without its options a header cut by the capture still tells
// where the segment is in the stream; its data then is all cut.
func (p *packet) tcp() Verdict {
	b := p.b
	if len(b) < 20 {
		return p.missing(20)
	}
	head := int(b[12]>>4) * 4
	if head < 20 || head > p.wire {
		return BadHeader
	}
	if p.d.unwanted(p) {
		return BadChecksum
	}
	seg := p.seg
	seg.Flow.Src.Port, seg.Flow.Dst.Port = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	seg.Flow.Net = p.net
	seg.Seq, seg.Ack = binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:])
	seg.Flags = reassembly.Flags(b[13] & 0x3f)
	seg.Window = binary.BigEndian.Uint16(b[14:])
	seg.Payload = b[min(head, len(b)):]
	p.d.header, p.d.id = b[:min(head, len(b))], p.id
	seg.Cut = uint32(p.wire - head - len(seg.Payload))
	return TCP
}

// udp decodes RFC 768 and the tunnels over it, which are known by the destination port.
func (p *packet) udp() Verdict {
	b := p.b
	if len(b) < 8 {
		return p.missing(8)
	}
	port := binary.BigEndian.Uint16(b[2:])
	n := int(binary.BigEndian.Uint16(b[4:]))
	if n < 8 && n != 0 { // 0: a jumbogram (RFC 2675, Section 4), or segmentation offload
		return BadHeader
	}
	if n != 0 && n < p.wire {
		p.limit(n)
	}
	p.skip(8)
	if v, ok := p.udpTunnel(port); ok {
		return v
	}
	p.d.header, p.d.id = b[:8], p.id
	seg := p.seg
	*seg = reassembly.Segment{Flow: seg.Flow, Time: seg.Time, Payload: p.b, Cut: uint32(p.wire - len(p.b))}
	seg.Flow.Src.Port, seg.Flow.Dst.Port = binary.BigEndian.Uint16(b), port
	seg.Flow.Net = p.net
	return UDP
}

// udpTunnel decodes what is in the tunnel of the given destination port; ok is false if that is
// not its header.
func (p *packet) udpTunnel(port uint16) (v Verdict, ok bool) {
	switch port {
	case portVXLAN, portVXLANL, portGPE, portGENEVE, portGTPU, portL2TP:
	case portGRE:
		return p.gre(), true
	default:
		return 0, false
	}
	if len(p.b) < 8 {
		return TruncatedHeader, p.wire >= 8
	}
	switch flags := p.b[0]; {
	case port == portGENEVE:
		if flags>>6 == 0 {
			return p.geneve(), true
		}
	case port == portGTPU:
		if flags>>4 == 3 && p.b[1] == 255 {
			return p.gtpu(), true
		}
	case port == portL2TP:
		if flags&l2tpControl == 0 && p.b[1]&0xf == 2 {
			return p.l2tp(), true
		}
	case flags&8 != 0: // a valid VNI, RFC 7348, Section 5
		return p.vxlan(port == portGPE && flags&4 != 0), true
	}
	return 0, false
}
