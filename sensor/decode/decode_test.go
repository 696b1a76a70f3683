package decode_test

import (
	"bytes"
	"net/netip"
	"testing"

	"wirecensus/reassembly"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/decode"
)

var (
	text   = []byte("GET / HTTP/1.1\r\n\r\n")
	plain4 = ip4(6, tcp(text))
	plain6 = ip6(6, tcp(text))
)

// frame decodes b as a whole frame.
func frame(d *decode.Decoder, link capture.LinkType, b []byte) (reassembly.Segment, decode.Verdict) {
	var seg reassembly.Segment
	v := d.Frame(&capture.Frame{Data: b, WireLen: len(b), Time: 5, Link: link}, &seg)
	return seg, v
}

// wantText fails unless seg is the segment that the builders make of text.
func wantText(t *testing.T, seg reassembly.Segment, v decode.Verdict) {
	t.Helper()
	if v != decode.TCP {
		t.Fatalf("verdict %v", v)
	}
	v4 := netip.MustParseAddrPort("10.0.0.1:40000") == seg.Flow.Src.AddrPort() &&
		netip.MustParseAddrPort("10.0.0.2:80") == seg.Flow.Dst.AddrPort()
	v6 := netip.MustParseAddrPort("[fd00::1]:40000") == seg.Flow.Src.AddrPort() &&
		netip.MustParseAddrPort("[fd00::2]:80") == seg.Flow.Dst.AddrPort()
	if !v4 && !v6 {
		t.Errorf("flow %v → %v", seg.Flow.Src.AddrPort(), seg.Flow.Dst.AddrPort())
	}
	if !bytes.Equal(seg.Payload, text) || seg.Cut != 0 {
		t.Errorf("payload %q, cut %d", seg.Payload, seg.Cut)
	}
	if seg.Seq != 1001 || seg.Ack != 2002 || seg.Flags != reassembly.ACK|reassembly.PSH || seg.Window != 512 || seg.Time != 5 {
		t.Errorf("%+v", seg)
	}
}

type linkCase struct {
	name string
	link capture.LinkType
	b    []byte
}

// linkCases are plain4 or plain6 on every link layer.
func linkCases() []linkCase {
	qinq := func(outer, inner uint16) []byte {
		typ, in := vlan(inner, 20, 0x0800, plain4)
		typ, in = vlan(outer, 10, typ, in)
		return eth(typ, in)
	}
	tag := func(tpid uint16, n int) []byte { return eth(tpid, cat(make([]byte, n), []byte{8, 0}, plain4)) }
	pseudowire := cat([]byte{0, 0, 0, 9}, eth(0x0800, plain4))
	zeroMAC := eth(0x0800, plain4)
	zeroMAC[0] = 0
	return []linkCase{
		{"ethernet", capture.LinkEthernet, eth(0x0800, plain4)},
		{"ethernet, ipv6", capture.LinkEthernet, eth(0x86dd, plain6)},
		{"llc snap", capture.LinkEthernet, dot3(0x0800, plain4)},
		{"802.1q", capture.LinkEthernet, eth(vlan(0x8100, 10, 0x0800, plain4))},
		{"802.1ad", capture.LinkEthernet, qinq(0x88a8, 0x8100)},
		{"qinq", capture.LinkEthernet, qinq(0x8100, 0x8100)},
		{"qinq, 9100", capture.LinkEthernet, qinq(0x9100, 0x8100)},
		{"vn tag", capture.LinkEthernet, tag(0x8926, 4)},
		{"802.1br", capture.LinkEthernet, tag(0x893f, 6)},
		{"mpls", capture.LinkEthernet, eth(0x8847, labels(1, plain4))},
		{"mpls ×3", capture.LinkEthernet, eth(0x8847, labels(3, plain6))},
		{"mpls pseudowire, control word", capture.LinkEthernet, eth(0x8847, labels(2, pseudowire))},
		{"mpls pseudowire", capture.LinkEthernet, eth(0x8848, labels(2, eth(0x0800, plain4)))},
		{"mpls pseudowire, address begins with 0", capture.LinkEthernet, eth(0x8847, labels(2, zeroMAC))},
		{"pppoe", capture.LinkEthernet, eth(0x8864, append(pppoe(0x21, plain4), 0, 0, 0))},
		{"pppoe, ipv6", capture.LinkEthernet, eth(0x8864, pppoe(0x57, plain6))},
		{"pppoe link", capture.LinkPPPoE, pppoe(0x21, plain4)},
		{"ppp", capture.LinkPPP, cat([]byte{0, 0x21}, plain4)},
		{"ppp, framed", capture.LinkPPP, cat([]byte{0xff, 3, 0, 0x57}, plain6)},
		{"ppp, compressed", capture.LinkPPPHDLC, cat([]byte{0x21}, plain4)},
		{"ppp, cisco", capture.LinkPPPHDLC, cat([]byte{0x0f, 0, 8, 0}, plain4)},
		{"c-hdlc", capture.LinkCHDLC, cat([]byte{0x0f, 0, 8, 0}, plain4)},
		{"sll", capture.LinkLinuxSLL, sll(0x0800, plain4)},
		{"sll, vlan", capture.LinkLinuxSLL, sll(vlan(0x8100, 10, 0x86dd, plain6))},
		{"sll2", capture.LinkLinuxSLL2, sll2(0x0800, plain4)},
		{"sll2, ipv6", capture.LinkLinuxSLL2, sll2(0x86dd, plain6)},
		{"null, little endian", capture.LinkNull, cat([]byte{2, 0, 0, 0}, plain4)},
		{"null, big endian", capture.LinkNull, cat([]byte{0, 0, 0, 2}, plain4)},
		{"null, freebsd ipv6", capture.LinkNull, cat([]byte{28, 0, 0, 0}, plain6)},
		{"null, darwin ipv6", capture.LinkNull, cat([]byte{30, 0, 0, 0}, plain6)},
		{"loop, openbsd ipv6", capture.LinkLoop, cat([]byte{0, 0, 0, 24}, plain6)},
		{"raw", capture.LinkRaw, plain4},
		{"raw, ipv6", capture.LinkRaw, plain6},
		{"raw, 12", capture.LinkRawBSD, plain4},
		{"raw, 14", capture.LinkRawBSDOS, plain6},
		{"ipv4", capture.LinkIPv4, plain4},
		{"ipv6", capture.LinkIPv6, plain6},
		{"802.11", capture.LinkWLAN, wlan(0x08, 0x01, nil, plain4)},
		{"802.11, qos", capture.LinkWLAN, wlan(0x88, 0x02, []byte{0, 0}, plain4)},
		{"802.11, four addresses", capture.LinkWLAN, wlan(0x08, 0x03, make([]byte, 6), plain4)},
		{"802.11, ht control", capture.LinkWLAN, wlan(0x88, 0x81, make([]byte, 6), plain4)},
		{"radiotap", capture.LinkRadiotap, cat([]byte{0, 0, 10, 0, 0, 0, 0, 0, 9, 9}, wlan(0x88, 0x01, []byte{0, 0}, plain4))},
		{"nflog", capture.LinkNFLOG, cat([]byte{2, 0, 0, 1, 8, 0, 1, 0, 8, 0, 1, 0, byte(4 + len(plain4)), 0, 9, 0}, plain4)},
	}
}

// Acceptance item 2.
func TestItem02Links(t *testing.T) {
	for _, c := range linkCases() {
		t.Run(c.name, func(t *testing.T) {
			d := decode.New(decode.Config{})
			seg, v := frame(d, c.link, c.b)
			wantText(t, seg, v)
			if seg.Flow.Net != 0 {
				t.Errorf("network %x outside of a tunnel", seg.Flow.Net)
			}
			if !decode.Supported(c.link) {
				t.Errorf("%v is not supported", c.link)
			}
		})
	}
}

func TestItem02UnknownLink(t *testing.T) {
	for _, link := range []capture.LinkType{capture.LinkPrism, capture.LinkUSB, 147, 999} {
		if _, v := frame(decode.New(decode.Config{}), link, eth(0x0800, plain4)); v != decode.UnknownLink {
			t.Errorf("%v: verdict %v", link, v)
		}
		if decode.Supported(link) {
			t.Errorf("%v is supported", link)
		}
	}
}

func TestIP(t *testing.T) {
	noLength4, noLength6 := bytes.Clone(plain4), bytes.Clone(plain6)
	be.PutUint16(noLength4[2:], 0)
	be.PutUint16(noLength6[4:], 0)
	auth := cat([]byte{6, 4}, make([]byte, 22), tcp(text))
	for name, b := range map[string][]byte{
		"options":                 ip4Opt(6, []byte{1, 1, 1, 1, 7, 7, 4, 0}, 0, 0, tcp(text)),
		"don't fragment":          ip4Opt(6, nil, 9, 0x4000, tcp(text)),
		"no length":               noLength4,
		"no length, ipv6":         noLength6,
		"hop by hop, destination": ip6(0, ext(60, 2, ext(6, 1, tcp(text)))),
		"routing":                 ip6(43, ext(6, 3, tcp(text))),
		"authentication":          ip4(51, auth),
		"authentication, ipv6":    ip6(51, auth),
		"atomic fragment":         ip6(44, frag6(6, 99, 0, false, tcp(text))),
	} {
		t.Run(name, func(t *testing.T) {
			seg, v := frame(decode.New(decode.Config{}), capture.LinkRaw, b)
			wantText(t, seg, v)
		})
	}
}

// A packet without a length of its own ends where what is around it says.
func TestOuterLengths(t *testing.T) {
	noLength := bytes.Clone(plain4)
	be.PutUint16(noLength[2:], 0)
	junk := []byte("junk")
	pad := func(b []byte) []byte { return cat(b, junk) }
	in := cat([]byte{0xff, 3, 0, 0x21}, noLength)
	for name, b := range map[string][]byte{
		"802.3":    dot3(0x0800, noLength),
		"pppoe":    eth(0x8864, pad(pppoe(0x21, noLength))),
		"ip in ip": eth(0x0800, pad(ip4(4, noLength))),
		"udp":      eth(0x0800, ip4(17, pad(udp(6081, geneve(1, 0x0800, nil, noLength))))),
		"gtp-u":    eth(0x0800, ip4(17, udp(2152, pad(gtpu(1, true, noLength))))),
		"pptp": eth(0x0800, ip4(47, cat([]byte{0x30, 1, 0x88, 0x0b}, be.AppendUint16(nil, uint16(len(in))),
			make([]byte, 6), in, junk))),
	} {
		t.Run(name, func(t *testing.T) {
			seg, v := frame(decode.New(decode.Config{}), capture.LinkEthernet, b)
			wantText(t, seg, v)
		})
	}
	seg, v := frame(decode.New(decode.Config{}), capture.LinkRaw, ip4(17, pad(udp(53, text))))
	if v != decode.UDP || !bytes.Equal(seg.Payload, text) {
		t.Errorf("udp: %v, %q", v, seg.Payload)
	}
}

func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		name string
		b    []byte
		want decode.Verdict
	}{
		{"empty", nil, decode.BadHeader},
		{"arp", eth(0x0806, make([]byte, 46)), decode.ARP},
		{"lldp", eth(0x88cc, make([]byte, 46)), decode.NotIP},
		{"spanning tree", eth(38, cat([]byte{0x42, 0x42, 3}, make([]byte, 43))), decode.NotIP},
		{"icmp", eth(0x0800, ip4(1, make([]byte, 8))), decode.OtherTransport},
		{"icmpv6", eth(0x86dd, ip6(58, make([]byte, 8))), decode.OtherTransport},
		{"esp", eth(0x86dd, ip6(50, make([]byte, 8))), decode.OtherTransport},
		{"sctp", eth(0x0800, ip4(132, make([]byte, 12))), decode.OtherTransport},
		{"no next header", eth(0x86dd, ip6(59, nil)), decode.OtherTransport},
		{"pppoe discovery", eth(0x8864, []byte{0x11, 9, 0, 0, 0, 0}), decode.NotIP},
		{"version", eth(0x0800, plain6), decode.BadHeader},
		{"header length", eth(0x0800, cat([]byte{0x44}, plain4[1:])), decode.BadHeader},
		{"total length", eth(0x0800, cat([]byte{0x45, 0, 0, 19}, plain4[4:])), decode.BadHeader},
		{"tcp without header", eth(0x0800, ip4(6, make([]byte, 10))), decode.BadHeader},
		{"tcp data offset 4", eth(0x0800, ip4(6, cat(tcp(nil)[:12], []byte{4 << 4}, tcp(nil)[13:]))), decode.BadHeader},
		{"tcp options beyond the end", eth(0x0800, ip4(6, cat(tcp(nil)[:12], []byte{15 << 4}, tcp(nil)[13:]))), decode.BadHeader},
		{"udp length 7", eth(0x0800, ip4(17, []byte{0, 1, 0, 2, 0, 7, 0, 0})), decode.BadHeader},
		{"extension beyond the end", eth(0x86dd, ip6(0, []byte{6, 9, 0, 0, 0, 0, 0, 0})), decode.BadHeader},
		{"pppoe, lcp", eth(0x8864, []byte{0x11, 0, 0, 0, 0, 4, 0xc0, 0x21, 1, 1}), decode.NotIP},
		{"mpls channel", eth(0x8847, labels(1, []byte{0x10, 0, 0, 0})), decode.NotIP},
		{"gre, keepalive", eth(0x0800, ip4(47, gre(0, 0, 0, nil))), decode.NotIP},
		{"gre, source route", eth(0x0800, ip4(47, gre(0x4000, 0x0800, 0, make([]byte, 8)))), decode.OtherTransport},
		{"pptp, acknowledgment", eth(0x0800, ip4(47, []byte{0x20, 0x81, 0x88, 0x0b, 0, 0, 0, 1, 0, 0, 0, 1})), decode.OtherTransport},
		{"gtp-u, no ip", eth(0x0800, ip4(17, udp(2152, gtpu(1, false, []byte("text"))))), decode.NotIP},
		{"gtp-u, empty extension", eth(0x0800, ip4(17, udp(2152, gtpu(1, true, nil)[:12]))), decode.BadHeader},
		{"vxlan-gpe, nsh", eth(0x0800, ip4(17, udp(4790, []byte{0xc, 0, 0, 4, 0, 0, 1, 0}))), decode.NotIP},
		{"gre version 3", eth(0x0800, ip4(47, []byte{0, 3, 8, 0, 0, 0, 0, 0})), decode.OtherTransport},
	} {
		if _, v := frame(decode.New(decode.Config{}), capture.LinkEthernet, c.b); v != c.want {
			t.Errorf("%s: %v, want %v", c.name, v, c.want)
		}
	}
}

func TestNames(t *testing.T) {
	seen := make(map[string]bool)
	for v := range decode.Verdicts + 1 {
		if name := v.String(); name == "" || seen[name] || (name == "unknown") != (v == decode.Verdicts) {
			t.Errorf("verdict %d is %q", v, name)
		}
		seen[v.String()] = true
	}
	for k := decode.IPinIP; k <= decode.L2TP+1; k++ {
		if name := k.String(); name == "" || seen[name] && name != "unknown" || (name == "unknown") != (k > decode.L2TP) {
			t.Errorf("tunnel %d is %q", k, name)
		}
		seen[k.String()] = true
	}
}

func TestUDP(t *testing.T) {
	seg, v := frame(decode.New(decode.Config{}), capture.LinkEthernet, eth(0x86dd, ip6(17, udp(443, text))))
	if v != decode.UDP || !bytes.Equal(seg.Payload, text) || seg.Cut != 0 || seg.Time != 5 ||
		seg.Flow.Src.Port != 55555 || seg.Flow.Dst.Port != 443 || seg.Flags != 0 || seg.Seq != 0 {
		t.Errorf("%v %+v", v, seg)
	}
	for _, port := range []uint16{4789, 6081, 2152} { // what is no tunnel header stays a datagram
		in := []byte{0xff, 0, 0, 0}
		if seg, v = frame(decode.New(decode.Config{}), capture.LinkEthernet, eth(0x0800, ip4(17, udp(port, in)))); v != decode.UDP || !bytes.Equal(seg.Payload, in) {
			t.Errorf("port %d: %v %+v", port, v, seg)
		}
	}
}

// Acceptance item 6: what a snap length kept is data, the rest is a gap of known size, whether or
// not the capture tells the length on the wire.
func TestItem06Truncated(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789"), 140)
	whole := eth(0x0800, ip4(6, tcp(data)))
	for snap := range len(whole) + 1 {
		for _, wire := range []int{len(whole), snap} {
			var seg reassembly.Segment
			f := capture.Frame{Data: whole[:snap], WireLen: wire, Link: capture.LinkEthernet}
			v := decode.New(decode.Config{}).Frame(&f, &seg)
			if snap < 14+20+20 {
				if v != decode.TruncatedHeader && (wire == len(whole) || v != decode.BadHeader) {
					t.Fatalf("snap %d: %v", snap, v)
				}
				continue
			}
			kept := max(0, snap-14-20-32)
			if v != decode.TCP || !bytes.Equal(seg.Payload, data[:kept]) || int(seg.Cut) != len(data)-kept {
				t.Fatalf("snap %d: %v, %d bytes, cut %d", snap, v, len(seg.Payload), seg.Cut)
			}
		}
	}
}

// Wherever a frame is cut, decoding says that it is truncated, never that the sender is at fault, and once
// the TCP header is there the rest is a gap of known size.
func TestItem06TruncatedEverywhere(t *testing.T) {
	cases := linkCases()
	for _, c := range tunnelCases() {
		cases = append(cases, linkCase{c.name, capture.LinkRaw, c.b})
	}
	for _, c := range cases {
		for n := range c.b {
			var seg reassembly.Segment
			f := capture.Frame{Data: c.b[:n], WireLen: len(c.b), Link: c.link}
			switch v := decode.New(decode.Config{}).Frame(&f, &seg); v {
			case decode.TruncatedHeader:
			case decode.TCP:
				if !bytes.HasPrefix(text, seg.Payload) || len(seg.Payload)+int(seg.Cut) != len(text) || seg.Flow.Dst.Port != 80 {
					t.Errorf("%s, %d bytes: payload %q, cut %d", c.name, n, seg.Payload, seg.Cut)
				}
			default:
				t.Errorf("%s, %d bytes: %v", c.name, n, v)
			}
		}
	}
}

// Acceptance item 27.
func TestItem27Offload(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789abcdef"), 4093)[:65535-52]
	seg, v := frame(decode.New(decode.Config{}), capture.LinkEthernet, eth(0x0800, ip4(6, tcp(data))))
	if v != decode.TCP || len(seg.Payload) != len(data) || seg.Cut != 0 {
		t.Fatalf("65535: %v, %d bytes, cut %d", v, len(seg.Payload), seg.Cut)
	}
	data = bytes.Repeat(data, 3)
	big := ip4(6, tcp(data))
	be.PutUint16(big[2:], 0)
	var kept reassembly.Segment
	f := capture.Frame{Data: eth(0x0800, big)[:1000], WireLen: 14 + len(big), Link: capture.LinkEthernet}
	if v = decode.New(decode.Config{}).Frame(&f, &kept); v != decode.TCP || int(kept.Cut)+len(kept.Payload) != len(data) {
		t.Fatalf("big tcp, ipv4: %v, %d bytes, cut %d", v, len(kept.Payload), kept.Cut)
	}
	jumbo := cat([]byte{6, 0, 0xc2, 4}, be.AppendUint32(nil, uint32(8+32+len(data))), tcp(data))
	big = ip6(0, jumbo)
	be.PutUint16(big[4:], 0)
	seg, v = frame(decode.New(decode.Config{}), capture.LinkEthernet, append(eth(0x86dd, big), 0, 0, 0))
	if v != decode.TCP || len(seg.Payload) != len(data) || seg.Cut != 0 {
		t.Fatalf("big tcp, ipv6: %v, %d bytes, cut %d", v, len(seg.Payload), seg.Cut)
	}
}

// Acceptance item 28.
func TestItem28Padding(t *testing.T) {
	ack := tcp(nil)[:20]
	ack[12] = 5 << 4
	for name, b := range map[string][]byte{
		"ipv4": eth(0x0800, append(ip4(6, ack), 1, 2, 3, 4, 5, 6)),
		"ipv6": eth(0x86dd, append(ip6(6, ack), 1, 2, 3, 4)),
	} {
		seg, v := frame(decode.New(decode.Config{}), capture.LinkEthernet, b)
		if v != decode.TCP || len(seg.Payload) != 0 || seg.Cut != 0 {
			t.Errorf("%s: %v, payload %q, cut %d", name, v, seg.Payload, seg.Cut)
		}
	}
}

// wlan wraps an IPv4 packet in an 802.11 data frame with more header bytes behind the first 24.
func wlan(control, flags byte, more, packet []byte) []byte {
	return cat([]byte{control, flags}, make([]byte, 22), more, []byte{0xaa, 0xaa, 3, 0, 0, 0, 8, 0}, packet)
}

// TestWLANNotData: frames that carry no readable packet give none.
func TestWLANNotData(t *testing.T) {
	for name, b := range map[string][]byte{
		"beacon": wlan(0x80, 0, nil, plain4), "null": wlan(0x48, 1, nil, plain4), "encrypted": wlan(0x08, 0x41, nil, plain4),
		"aggregate": wlan(0x88, 1, []byte{0x80, 0}, plain4),
	} {
		if _, v := frame(decode.New(decode.Config{}), capture.LinkWLAN, b); v != decode.NotIP {
			t.Errorf("%s: verdict %v", name, v)
		}
	}
	if _, v := frame(decode.New(decode.Config{}), capture.LinkRadiotap, []byte{0, 0, 3, 0, 0, 0, 0, 0}); v != decode.BadHeader {
		t.Errorf("radiotap header that ends in itself: verdict %v", v)
	}
}
