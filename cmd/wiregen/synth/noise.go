package synth

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
	"time"
)

// noise is what else is on the network: ARP, DNS and ICMP, some frames an hour.
func noise(d dice, start time.Time, days int) []Frame {
	var frames []Frame
	for h := range days * 24 {
		base := start.UnixNano() + int64(h)*int64(time.Hour)
		for i, data := range [][]byte{arp(d), dns(d, "api.brisa.example"), echo(d)} {
			at := base + int64(i+1)*int64(17*time.Minute) + d.Int64N(int64(time.Minute))
			frames = append(frames, Frame{Time: at, Len: len(data), Data: data})
		}
	}
	return frames
}

func host(d dice) netip.Addr { return netip.AddrFrom4([4]byte{10, 20, 0, byte(5 + d.IntN(50))}) }

func arp(d dice) []byte {
	a, b := host(d), host(d)
	f := append([]byte{255, 255, 255, 255, 255, 255}, appendMAC(nil, a)...)
	f = append(f, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1)
	f = appendMAC(f, a)
	from, to := a.As4(), b.As4()
	f = append(append(append(f, from[:]...), 0, 0, 0, 0, 0, 0), to[:]...)
	return append(f, make([]byte, 60-len(f))...)
}

// datagram is an Ethernet frame with an IPv4 packet.
func datagram(a, b netip.Addr, proto byte, payload []byte) []byte {
	f := appendLink(nil, Ethernet, a, b, nil, false)
	ip := len(f)
	f = append(appendIPv4(f, a, b, proto), payload...)
	fixIPv4(f[ip:], uint16(len(f)-ip), 77)
	for len(f) < 60 {
		f = append(f, 0)
	}
	return f
}

func dns(d dice, name string) []byte {
	q := binary.BigEndian.AppendUint16(nil, uint16(d.Uint32()))
	q = append(q, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0)
	label := 0
	for i := 0; i <= len(name); i++ {
		if i == len(name) || name[i] == '.' {
			q = append(append(q, byte(i-label)), name[label:i]...)
			label = i + 1
		}
	}
	q = append(q, 0, 0, 1, 0, 1)
	a, b := host(d), netip.AddrFrom4([4]byte{10, 20, 0, 2})
	u := binary.BigEndian.AppendUint16(nil, uint16(d.between(20000, 60000)))
	u = append(u, 0, 53, byte((len(q)+8)>>8), byte(len(q)+8), 0, 0)
	u = append(u, q...)
	from, to := a.As4(), b.As4()
	acc := sum16(to[:], sum16(from[:], 17<<8+uint64(bits.ReverseBytes16(uint16(len(u))))))
	binary.LittleEndian.PutUint16(u[6:], ^fold(sum16(u, acc)))
	return datagram(a, b, 17, u)
}

func echo(d dice) []byte {
	m := append([]byte{8, 0, 0, 0, 0, 7, 0, byte(d.IntN(256))}, make([]byte, 48)...)
	binary.LittleEndian.PutUint16(m[2:], ^fold(sum16(m, 0)))
	return datagram(host(d), host(d), 1, m)
}
