package decode_test

import (
	"testing"

	"wirecensus/sensor/capture"
	"wirecensus/sensor/decode"
)

// gwlb are the options that AWS Gateway Load Balancer sends: three of class 0x0108.
var gwlb = []byte{1, 8, 1, 2, 0, 1, 2, 3, 4, 5, 6, 7, 1, 8, 2, 2, 7, 6, 5, 4, 3, 2, 1, 0, 1, 8, 3, 1, 9, 9, 9, 9}

type tunnelCase struct {
	name string
	b    []byte
	kind decode.TunnelKind
	id   uint32
}

// tunnelCases are plain4 or plain6 in every tunnel.
func tunnelCases() []tunnelCase {
	inner := eth(0x0800, plain4)
	reserved := vxlan(5001, inner)
	reserved[0], reserved[1], reserved[3], reserved[7] = 0xff, 0xff, 0xff, 0xff
	return []tunnelCase{
		{"vxlan", ip4(17, udp(4789, vxlan(5001, inner))), decode.VXLAN, 5001},
		{"vxlan, 8472, ipv6", ip6(17, udp(8472, vxlan(0xffffff, inner))), decode.VXLAN, 0xffffff},
		{"vxlan, reserved bits", ip4(17, udp(4789, reserved)), decode.VXLAN, 5001},
		{"vxlan, vlan inside", ip4(17, udp(4789, vxlan(1, eth(vlan(0x8100, 5, 0x86dd, plain6))))), decode.VXLAN, 1},
		{"vxlan-gpe", ip4(17, udp(4790, cat([]byte{0xc, 0, 0, 3}, vxlan(9, inner)[4:]))), decode.VXLAN, 9},
		{"vxlan-gpe, ip", ip4(17, udp(4790, cat([]byte{0xc, 0, 0, 2}, vxlan(9, plain6)[4:]))), decode.VXLAN, 9},
		{"geneve", ip4(17, udp(6081, geneve(77, 0x6558, nil, inner))), decode.GENEVE, 77},
		{"geneve, options, ip", ip4(17, udp(6081, geneve(0, 0x0800, gwlb, plain4))), decode.GENEVE, 0},
		{"gre", ip4(47, gre(0, 0x0800, 0, plain4)), decode.GRE, 0},
		{"gre, ipv6", ip6(47, gre(0, 0x86dd, 0, plain6)), decode.GRE, 0},
		{"gre, checksum", ip4(47, gre(0x8000, 0x0800, 0, plain4)), decode.GRE, 0},
		{"gre, key", ip4(47, gre(0x2000, 0x0800, 4242, plain4)), decode.GRE, 4242},
		{"gre, sequence", ip4(47, gre(0x1000, 0x0800, 0, plain4)), decode.GRE, 0},
		{"gre, all", ip4(47, gre(0xb000, 0x86dd, 4242, plain6)), decode.GRE, 4242},
		{"gre, ethernet", ip4(47, gre(0x2000, 0x6558, 12, inner)), decode.GRE, 12},
		{"gre, mpls", ip4(47, gre(0, 0x8847, 0, labels(1, plain4))), decode.GRE, 0},
		{"gre in udp", ip6(17, udp(4754, gre(0x2000, 0x0800, 7, plain4))), decode.GRE, 7},
		{"gre, wccp", ip4(47, gre(0, 0x883e, 0, cat([]byte{5, 0x59, 0, 0x48}, plain4))), decode.GRE, 0},
		{"gre, wccp 1", ip4(47, gre(0, 0x883e, 0, plain4)), decode.GRE, 0},
		{"nvgre", ip4(47, gre(0x2000, 0x6558, 0x123456_78, inner)), decode.NVGRE, 0x123456},
		{"pptp", ip4(47, cat([]byte{0x30, 0x81, 0x88, 0x0b}, be.AppendUint16(nil, uint16(len(plain4)+4)),
			make([]byte, 10), []byte{0xff, 3, 0, 0x21}, plain4)), decode.PPTP, 0},
		{"l2tp", ip4(17, udp(1701, cat([]byte{0, 2, 0, 7, 0, 9, 0xff, 3, 0, 0x57}, plain6))), decode.L2TP, 0},
		{"l2tp, all fields", ip4(17, udp(1701, cat([]byte{0x4a, 2}, be.AppendUint16(nil, uint16(len(plain4)+20)),
			[]byte{0, 7, 0, 9, 0, 1, 0, 2, 0, 2, 0xee, 0xee, 0xff, 3, 0, 0x21}, plain4, []byte{0, 0}))), decode.L2TP, 0},
		{"erspan i", ip4(47, gre(0, 0x88be, 0, inner)), decode.ERSPAN, 0},
		{"erspan ii", ip4(47, gre(0x1000, 0x88be, 0, erspan2(100, inner))), decode.ERSPAN, 100},
		{"erspan iii", ip4(47, gre(0x1000, 0x22eb, 0, erspan3(100, false, inner))), decode.ERSPAN, 100},
		{"erspan iii, platform", ip4(47, gre(0x1000, 0x22eb, 0, erspan3(1023, true, inner))), decode.ERSPAN, 1023},
		{"ip in ip", ip4(4, plain4), decode.IPinIP, 0},
		{"6in4", ip4(41, plain6), decode.IPinIP, 0},
		{"4in6", ip6(4, plain4), decode.IPinIP, 0},
		{"6in6, options", ip6(60, ext(41, 1, plain6)), decode.IPinIP, 0},
		{"mpls in ip", ip4(137, labels(2, plain4)), decode.IPinIP, 0},
		{"ethernet in ip", ip6(143, inner), decode.IPinIP, 0},
		{"gtp-u", ip4(17, udp(2152, gtpu(0xdeadbeef, false, plain4))), decode.GTPU, 0},
		{"gtp-u, extension", ip4(17, udp(2152, gtpu(1, true, plain6))), decode.GTPU, 0},
	}
}

// Acceptance item 3: the segment inside, and which tunnel it was in.
func TestItem03Tunnels(t *testing.T) {
	for _, c := range tunnelCases() {
		t.Run(c.name, func(t *testing.T) {
			seg, v := frame(decode.New(decode.Config{}), capture.LinkRaw, c.b)
			wantText(t, seg, v)
			kind, id, exact := decode.Tunnel(seg.Flow.Net)
			if seg.Flow.Net == 0 || kind != c.kind || id != c.id || !exact {
				t.Errorf("network %#x: %v %d %v", seg.Flow.Net, kind, id, exact)
			}
		})
	}
}

// Acceptance item 4: four tunnels inside each other, and no more.
func TestItem04Nesting(t *testing.T) {
	wraps := map[string]func(in []byte) []byte{
		"ip in ip": func(in []byte) []byte { return ip4(4, in) },
		"vxlan":    func(in []byte) []byte { return ip4(17, udp(4789, vxlan(3, eth(0x0800, in)))) },
		"gre":      func(in []byte) []byte { return ip4(47, gre(0x2000, 0x0800, 8, in)) },
		"geneve":   func(in []byte) []byte { return ip4(17, udp(6081, geneve(3, 0x0800, gwlb, in))) },
		"gtp-u":    func(in []byte) []byte { return ip4(17, udp(2152, gtpu(3, true, in))) },
	}
	for name, wrap := range wraps {
		b := plain4
		nets := make(map[uint32]bool)
		for depth := range 8 {
			seg, v := frame(decode.New(decode.Config{}), capture.LinkRaw, b)
			if depth <= decode.MaxTunnels {
				wantText(t, seg, v)
				nets[seg.Flow.Net] = true
			} else if v != decode.TooDeep {
				t.Errorf("%s, %d deep: %v", name, depth, v)
			}
			b = wrap(b)
		}
		if len(nets) != decode.MaxTunnels+1 {
			t.Errorf("%s: %d networks at 5 depths", name, len(nets))
		}
	}
	tags := eth(0x0800, plain4)
	for range 200 {
		tags = cat(tags[:12], []byte{0x81, 0, 0, 1}, tags[12:])
	}
	if _, v := frame(decode.New(decode.Config{}), capture.LinkEthernet, tags); v != decode.TooDeep {
		t.Errorf("200 tags: %v", v)
	}
	options := tcp(text)
	for range 200 {
		options = ext(60, 1, options)
	}
	if _, v := frame(decode.New(decode.Config{}), capture.LinkRaw, ip6(60, options)); v != decode.TooDeep {
		t.Errorf("200 extension headers: %v", v)
	}
}

// Acceptance item 5: the identifier separates flows unless it is switched off.
func TestItem05Networks(t *testing.T) {
	build := func(vni uint32) []byte { return ip4(17, udp(4789, vxlan(vni, eth(0x0800, plain4)))) }
	for _, off := range []bool{false, true} {
		d := decode.New(decode.Config{IgnoreTunnelID: off})
		a, _ := frame(d, capture.LinkRaw, build(1))
		b, _ := frame(d, capture.LinkRaw, build(2))
		if (a.Flow == b.Flow) != off {
			t.Errorf("identifiers ignored %v: flows %x and %x", off, a.Flow.Net, b.Flow.Net)
		}
		if kind, _, _ := decode.Tunnel(a.Flow.Net); kind != decode.VXLAN {
			t.Errorf("identifiers ignored %v: network %x", off, a.Flow.Net)
		}
	}
}

func TestNet(t *testing.T) {
	seen := make(map[uint32]string)
	add := func(net uint32, what string) {
		if net == 0 || seen[net] != "" {
			t.Errorf("%s has network %#x of %q", what, net, seen[net])
		}
		seen[net] = what
	}
	for kind := decode.IPinIP; kind <= decode.L2TP; kind++ {
		for _, id := range []uint32{0, 1, 2, 0xffffff, 0x8000000, 0xffffffff} {
			add(decode.Net(0, kind, id), "one tunnel")
			add(decode.Net(decode.Net(0, decode.VXLAN, 7), kind, id), "two tunnels")
		}
	}
	if kind, _, exact := decode.Tunnel(decode.Net(0, decode.GRE, 0xffffffff)); kind != decode.GRE || exact {
		t.Errorf("a 32-bit key is said to be exact")
	}
}
