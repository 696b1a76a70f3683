package synth

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// Link is the link layer type of a capture, by its number in capture files.
type Link uint16

// Link types.
const (
	Ethernet  Link = 1
	Null      Link = 0
	Raw       Link = 101
	LinuxSLL  Link = 113
	LinuxSLL2 Link = 276
)

const (
	typeIPv4 = 0x0800
	typeIPv6 = 0x86dd

	flagFIN = 1
	flagSYN = 2
	flagRST = 4
	flagPSH = 8
	flagACK = 16
)

// route is everything before the TCP header of one direction of a connection,
// laid out once and copied into every frame.
type route struct {
	hdr    []byte
	outer  int // offset of the tunnel's IPv4 header, -1 without a tunnel
	ip     int // offset of the IP header of the connection
	v6     bool
	sport  uint16
	dport  uint16
	pseudo uint64 // checksum sum of the addresses and the protocol
}

func newRoute(link Link, c *Conversation, from Side) route {
	src, dst := c.Client, c.Server
	if from == Server {
		src, dst = dst, src
	}
	r := route{outer: -1, sport: src.Port(), dport: dst.Port(), v6: src.Addr().Is6()}
	h := make([]byte, 0, 128)
	if c.Tunnel == NoTunnel {
		h = appendLink(h, link, src.Addr(), dst.Addr(), c.VLAN, r.v6)
	} else {
		a, b := tunnelEnd(src.Addr()), tunnelEnd(dst.Addr())
		h = appendLink(h, link, a, b, c.VLAN, false)
		r.outer = len(h)
		h = appendIPv4(h, a, b, 17)
		h = appendTunnel(h, c.Tunnel, c.VNI, src.Port()^dst.Port())
		h = appendLink(h, Ethernet, src.Addr(), dst.Addr(), nil, r.v6)
	}
	r.ip = len(h)
	if r.v6 {
		h = appendIPv6(h, src.Addr(), dst.Addr(), 6)
		r.pseudo = sum16(h[r.ip+8:r.ip+40], 6<<8)
	} else {
		h = appendIPv4(h, src.Addr(), dst.Addr(), 6)
		r.pseudo = sum16(h[r.ip+12:r.ip+20], 6<<8)
	}
	r.hdr = h
	return r
}

// tunnelEnd is the address of the host that wraps the packets of a.
func tunnelEnd(a netip.Addr) netip.Addr {
	b := a.As16()
	return netip.AddrFrom4([4]byte{172, 31, 0, 1 + b[15]%16})
}

func appendMAC(h []byte, a netip.Addr) []byte {
	b := a.As16()
	return append(h, 0x02, 0x42, b[12]^b[5], b[13]^b[7], b[14], b[15])
}

func appendLink(h []byte, link Link, src, dst netip.Addr, vlan []uint16, v6 bool) []byte {
	ether := uint16(typeIPv4)
	if v6 {
		ether = typeIPv6
	}
	switch link {
	case Raw:
		return h
	case Null:
		if v6 {
			return append(h, 30, 0, 0, 0)
		}
		return append(h, 2, 0, 0, 0)
	case LinuxSLL:
		h = append(h, 0, 0, 0, 1, 0, 6)
		h = append(appendMAC(h, src), 0, 0)
	case LinuxSLL2:
		h = binary.BigEndian.AppendUint16(h, ether)
		h = append(h, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6)
		return append(appendMAC(h, src), 0, 0)
	default:
		h = appendMAC(appendMAC(h, dst), src)
		for i, tag := range vlan {
			tpid := uint16(0x8100)
			if i == 0 && len(vlan) > 1 {
				tpid = 0x88a8
			}
			h = binary.BigEndian.AppendUint16(h, tpid)
			h = binary.BigEndian.AppendUint16(h, tag)
		}
	}
	return binary.BigEndian.AppendUint16(h, ether)
}

func appendIPv4(h []byte, src, dst netip.Addr, proto byte) []byte {
	h = append(h, 0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, proto, 0, 0)
	a, b := src.As4(), dst.As4()
	return append(append(h, a[:]...), b[:]...)
}

func appendIPv6(h []byte, src, dst netip.Addr, proto byte) []byte {
	h = append(h, 0x60, 0, 0, 0, 0, 0, proto, 64)
	a, b := src.As16(), dst.As16()
	return append(append(h, a[:]...), b[:]...)
}

// appendTunnel writes the UDP header, its length still 0 and its checksum absent
// as both tunnels allow over IPv4, and the tunnel's own header.
func appendTunnel(h []byte, t Tunnel, vni uint32, entropy uint16) []byte {
	h = binary.BigEndian.AppendUint16(h, 0xc000|entropy)
	if t == VXLAN {
		h = append(h, 4789>>8, 4789&255, 0, 0, 0, 0, 8, 0, 0, 0)
		return binary.BigEndian.AppendUint32(h, vni<<8)
	}
	h = append(h, 6081>>8, 6081&255, 0, 0, 0, 0, 2, 0, 0x65, 0x58)
	h = binary.BigEndian.AppendUint32(h, vni<<8)
	return append(h, 0x01, 0x02, 0x80, 1, 0xca, 0xfe, 0, 1) // one option of 4 bytes
}

// segment is what varies from packet to packet of one direction.
type segment struct {
	seq, ack   uint32
	flags      byte
	id, window uint16
	options    []byte
	head, body []byte
	badSum     bool // leave the checksum as an offloading sender does
}

// appendFrame writes a frame. Ethernet frames are padded to 60 bytes.
func (r *route) appendFrame(b []byte, s *segment, pad bool) []byte {
	b = append(b, r.hdr...)
	tcp := len(b)
	b = binary.BigEndian.AppendUint16(b, r.sport)
	b = binary.BigEndian.AppendUint16(b, r.dport)
	b = binary.BigEndian.AppendUint32(b, s.seq)
	b = binary.BigEndian.AppendUint32(b, s.ack)
	b = append(b, byte(5+len(s.options)/4)<<4, s.flags, byte(s.window>>8), byte(s.window), 0, 0, 0, 0)
	b = append(b, s.options...)
	b = append(b, s.head...)
	b = append(b, s.body...)
	length := len(b) - tcp
	if r.v6 {
		binary.BigEndian.PutUint16(b[r.ip+4:], uint16(length))
	} else {
		fixIPv4(b[r.ip:], uint16(length+20), s.id)
	}
	if r.outer >= 0 {
		fixIPv4(b[r.outer:], uint16(len(b)-r.outer), s.id^0x5555)
		binary.BigEndian.PutUint16(b[r.outer+24:], uint16(len(b)-r.outer-20))
	}
	acc := r.pseudo + uint64(bits.ReverseBytes16(uint16(length)))
	if s.badSum {
		binary.LittleEndian.PutUint16(b[tcp+16:], fold(acc))
	} else {
		binary.LittleEndian.PutUint16(b[tcp+16:], ^fold(sum16(b[tcp:], acc)))
	}
	for pad && len(b) < 60 {
		b = append(b, 0)
	}
	return b
}

func fixIPv4(h []byte, length, id uint16) {
	binary.BigEndian.PutUint16(h[2:], length)
	binary.BigEndian.PutUint16(h[4:], id)
	h[10], h[11] = 0, 0
	binary.LittleEndian.PutUint16(h[10:], ^fold(sum16(h[:20], 0)))
}

// sum16 adds b, as little-endian words, to a ones' complement sum (RFC 1071,
// Section 2: the byte order does not matter as long as it is kept).
func sum16(b []byte, acc uint64) uint64 {
	var carry uint64
	for len(b) >= 32 {
		acc, carry = bits.Add64(acc, binary.LittleEndian.Uint64(b), 0)
		acc, carry = bits.Add64(acc, binary.LittleEndian.Uint64(b[8:]), carry)
		acc, carry = bits.Add64(acc, binary.LittleEndian.Uint64(b[16:]), carry)
		acc, carry = bits.Add64(acc, binary.LittleEndian.Uint64(b[24:]), carry)
		acc += carry
		b = b[32:]
	}
	acc = uint64(fold(acc))
	for len(b) >= 2 {
		acc += uint64(b[0]) | uint64(b[1])<<8
		b = b[2:]
	}
	if len(b) == 1 {
		acc += uint64(b[0])
	}
	return acc
}

func fold(acc uint64) uint16 {
	acc = acc>>32 + acc&0xffffffff
	for acc > 0xffff {
		acc = acc>>16 + acc&0xffff
	}
	return uint16(acc)
}
