package decode_test

import (
	"encoding/binary"
	"slices"
)

// The builders return the bytes of a header in front of what is inside of it.

var be = binary.BigEndian

func cat(parts ...[]byte) []byte { return slices.Concat(parts...) }

func eth(t uint16, in []byte) []byte {
	return cat([]byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2}, be.AppendUint16(nil, t), in)
}

// dot3 is an IEEE 802.3 frame with LLC and SNAP inside, padded.
func dot3(t uint16, in []byte) []byte {
	llc := cat([]byte{0xaa, 0xaa, 3, 0, 0, 0}, be.AppendUint16(nil, t), in)
	return append(eth(uint16(len(llc)), llc), make([]byte, 9)...)
}

func vlan(tpid uint16, id, t uint16, in []byte) (uint16, []byte) {
	return tpid, cat(be.AppendUint16(nil, id), be.AppendUint16(nil, t), in)
}

// labels is a stack of n MPLS labels.
func labels(n int, in []byte) []byte {
	var b []byte
	for i := range n {
		entry := uint32(1000+i)<<12 | 64
		if i == n-1 {
			entry |= 1 << 8
		}
		b = be.AppendUint32(b, entry)
	}
	return append(b, in...)
}

func pppoe(proto uint16, in []byte) []byte {
	return cat([]byte{0x11, 0, 0, 7}, be.AppendUint16(nil, uint16(len(in)+2)), be.AppendUint16(nil, proto), in)
}

func sll(t uint16, in []byte) []byte {
	return cat([]byte{0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0}, be.AppendUint16(nil, t), in)
}

func sll2(t uint16, in []byte) []byte {
	return cat(be.AppendUint16(nil, t), []byte{0, 0, 0, 0, 0, 3, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0}, in)
}

// ip4 is an IPv4 packet from 10.0.0.1 to 10.0.0.2.
func ip4(proto byte, in []byte) []byte { return ip4Opt(proto, nil, 0, 0, in) }

// ip4Opt adds options, an identification, and the field of flags and fragment offset.
func ip4Opt(proto byte, opts []byte, id, frag uint16, in []byte) []byte {
	h := make([]byte, 20, 20+len(opts))
	h[0] = 0x45 + byte(len(opts)/4)
	be.PutUint16(h[2:], uint16(20+len(opts)+len(in)))
	be.PutUint16(h[4:], id)
	be.PutUint16(h[6:], frag)
	h[8], h[9] = 64, proto
	copy(h[12:], []byte{10, 0, 0, 1, 10, 0, 0, 2})
	return cat(h, opts, in)
}

// ip6 is an IPv6 packet from fd00::1 to fd00::2.
func ip6(next byte, in []byte) []byte {
	h := make([]byte, 40)
	h[0] = 0x60
	be.PutUint16(h[4:], uint16(len(in)))
	h[6], h[7] = next, 64
	h[8], h[23], h[24], h[39] = 0xfd, 1, 0xfd, 2
	return append(h, in...)
}

// ext is an IPv6 extension header of 8·units bytes.
func ext(next byte, units int, in []byte) []byte {
	h := make([]byte, 8*units)
	h[0], h[1] = next, byte(units-1)
	return append(h, in...)
}

// frag6 is an IPv6 fragment header.
func frag6(next byte, id uint32, offset int, more bool, in []byte) []byte {
	f := uint16(offset)
	if more {
		f |= 1
	}
	return cat([]byte{next, 0}, be.AppendUint16(nil, f), be.AppendUint32(nil, id), in)
}

// tcp is a segment from port 40000 to 80 with 12 bytes of options.
func tcp(data []byte) []byte {
	h := make([]byte, 32)
	be.PutUint16(h, 40000)
	be.PutUint16(h[2:], 80)
	be.PutUint32(h[4:], 1001)
	be.PutUint32(h[8:], 2002)
	h[12], h[13] = 8<<4, 0x18
	be.PutUint16(h[14:], 512)
	return append(h, data...)
}

func udp(port uint16, in []byte) []byte {
	return cat(be.AppendUint16(nil, 55555), be.AppendUint16(nil, port), be.AppendUint16(nil, uint16(8+len(in))), []byte{0, 0}, in)
}

func vxlan(vni uint32, in []byte) []byte {
	return cat([]byte{8, 0, 0, 0}, be.AppendUint32(nil, vni<<8), in)
}

func geneve(vni uint32, proto uint16, opts, in []byte) []byte {
	return cat([]byte{byte(len(opts) / 4), 0}, be.AppendUint16(nil, proto), be.AppendUint32(nil, vni<<8), opts, in)
}

// gre has the optional fields that flags ask for.
func gre(flags, proto uint16, key uint32, in []byte) []byte {
	b := cat(be.AppendUint16(nil, flags), be.AppendUint16(nil, proto))
	if flags&0x8000 != 0 {
		b = append(b, 0xab, 0xcd, 0, 0)
	}
	if flags&0x2000 != 0 {
		b = be.AppendUint32(b, key)
	}
	if flags&0x1000 != 0 {
		b = be.AppendUint32(b, 77)
	}
	return append(b, in...)
}

// gtpu is a G-PDU; ext adds the optional fields and a PDU session container.
func gtpu(teid uint32, ext bool, in []byte) []byte {
	flags, opts := byte(0x30), []byte(nil)
	if ext {
		flags, opts = 0x34, []byte{0, 0, 0, 0x85, 1, 0x10, 9, 0}
	}
	return cat([]byte{flags, 255}, be.AppendUint16(nil, uint16(len(opts)+len(in))), be.AppendUint32(nil, teid), opts, in)
}

func erspan2(session uint16, in []byte) []byte {
	return cat([]byte{0x10, 0}, be.AppendUint16(nil, session), []byte{0, 0, 0, 0}, in)
}

func erspan3(session uint16, platform bool, in []byte) []byte {
	b := cat([]byte{0x20, 0}, be.AppendUint16(nil, session), []byte{1, 2, 3, 4, 0, 0, 0, 0})
	if platform {
		b[11] = 1
		b = append(b, 0, 0, 0, 0, 0, 0, 0, 0)
	}
	return append(b, in...)
}
