package decode

import (
	"encoding/binary"

	"wirecensus/reassembly/ipfrag"
)

// IP protocol numbers.
const (
	protoHopByHop = 0
	protoIPIP     = 4
	protoTCP      = 6
	protoUDP      = 17
	protoIPv6     = 41
	protoRouting  = 43
	protoFragment = 44
	protoGRE      = 47
	protoAH       = 51
	protoNoNext   = 59
	protoDestOpt  = 60
	protoMobility = 135
	protoMPLS     = 137
	protoHIP      = 139
	protoShim6    = 140
	protoEthernet = 143
)

// ip decodes IP of the version that its first nibble says.
func (p *packet) ip() Verdict {
	if len(p.b) == 0 {
		return p.missing(1)
	}
	switch p.b[0] >> 4 {
	case 4:
		return p.ipv4()
	case 6:
		return p.ipv6()
	}
	return NotIP
}

// ipv4 decodes RFC 791.
func (p *packet) ipv4() Verdict {
	if p.deeper() {
		return TooDeep
	}
	b := p.b
	if len(b) < 20 {
		return p.missing(20)
	}
	head := int(b[0]&15) * 4
	total := int(binary.BigEndian.Uint16(b[2:]))
	if b[0]>>4 != 4 || head < 20 || total < head && total != 0 {
		return BadHeader
	}
	if total != 0 { // 0 is segmentation offload: the frame's length rules
		p.limit(total)
	}
	if len(p.b) < head {
		return p.missing(head)
	}
	flow := &p.seg.Flow
	mapped(&flow.Src.IP, b[12:16])
	mapped(&flow.Dst.IP, b[16:20])
	proto := b[9]
	p.id = uint32(binary.BigEndian.Uint16(b[4:]))
	frag := binary.BigEndian.Uint16(b[6:])
	p.skip(head)
	if frag&0x3fff == 0 { // neither an offset nor more fragments; DF says nothing
		return p.transport(proto)
	}
	return p.fragment(p.id, proto, int(frag&0x1fff)*8, frag&0x2000 != 0, false)
}

// mapped stores an IPv4 address as ::ffff:a.b.c.d (RFC 4291, Section 2.5.5.2).
func mapped(dst *[16]byte, ip4 []byte) {
	binary.LittleEndian.PutUint64(dst[:8], 0)
	binary.LittleEndian.PutUint64(dst[8:], uint64(binary.LittleEndian.Uint32(ip4))<<32|0xffff0000)
}

// ipv6 decodes RFC 8200.
func (p *packet) ipv6() Verdict {
	if p.deeper() {
		return TooDeep
	}
	b := p.b
	if len(b) < 40 {
		return p.missing(40)
	}
	if b[0]>>4 != 6 {
		return BadHeader
	}
	n := int(binary.BigEndian.Uint16(b[4:]))
	next := b[6]
	p.id = 0
	flow := &p.seg.Flow
	flow.Src.IP, flow.Dst.IP = [16]byte(b[8:24]), [16]byte(b[24:40])
	p.skip(40)
	if n != 0 {
		p.limit(n)
	} else if jumbo := p.jumbo(next); jumbo != 0 {
		p.limit(jumbo)
	} else if next == protoNoNext {
		p.limit(0)
	}
	if next == protoTCP {
		return p.transport(next)
	}
	return p.extensions(next)
}

// jumbo returns the length that a jumbo payload option announces (RFC 2675, Section 2), 0 if
// there is none. The option is the first one wherever it is really used.
func (p *packet) jumbo(next uint8) int {
	if next != protoHopByHop || len(p.b) < 8 || p.b[2] != 0xc2 || p.b[3] != 4 {
		return 0
	}
	n := binary.BigEndian.Uint32(p.b[4:])
	if n <= 65535 || n > 16<<20 {
		return 0
	}
	return int(n)
}

// extensions looks through IPv6 extension headers (RFC 8200, Section 4).
func (p *packet) extensions(next uint8) Verdict {
	for {
		var n int
		switch next {
		case protoHopByHop, protoRouting, protoDestOpt, protoMobility, protoHIP, protoShim6:
			if len(p.b) < 8 {
				return p.missing(8)
			}
			n = int(p.b[1])*8 + 8
		case protoAH: // RFC 4302, Section 2.2: in 4-byte units, less 2
			if len(p.b) < 8 {
				return p.missing(8)
			}
			n = int(p.b[1])*4 + 8
		case protoFragment:
			return p.fragmentHeader()
		default:
			return p.transport(next)
		}
		if p.deeper() {
			return TooDeep
		}
		if len(p.b) < n {
			return p.missing(n)
		}
		next = p.b[0]
		p.skip(n)
	}
}

// fragmentHeader decodes RFC 8200, Section 4.5.
func (p *packet) fragmentHeader() Verdict {
	if p.deeper() {
		return TooDeep
	}
	b := p.b
	if len(b) < 8 {
		return p.missing(8)
	}
	field := binary.BigEndian.Uint16(b[2:])
	p.skip(8)
	if field&0xfff9 == 0 { // an atomic fragment: RFC 6946, Section 3
		return p.extensions(b[0])
	}
	return p.fragment(binary.BigEndian.Uint32(b[4:]), b[0], int(field&0xfff8), field&1 != 0, true)
}

// fragment hands a fragment to the defragmenter and goes on with the datagram if that is
// complete now.
func (p *packet) fragment(id uint32, proto uint8, offset int, more, v6 bool) Verdict {
	flow := &p.seg.Flow
	f := ipfrag.Fragment{
		Key:  ipfrag.Key{Src: flow.Src.IP, Dst: flow.Dst.IP, ID: id, Net: p.net, Proto: proto, V6: v6},
		Time: p.seg.Time, Offset: offset, More: more, Payload: p.b, Len: p.wire,
	}
	datagram, outcome := p.d.frags.Add(&f)
	switch outcome {
	case ipfrag.Complete:
		p.b, p.wire = datagram.Payload, datagram.Len
		if v6 {
			return p.extensions(proto)
		}
		return p.transport(proto)
	case ipfrag.Held:
		return Fragment
	case ipfrag.Duplicate:
		return FragmentDuplicate
	}
	return FragmentBad
}
