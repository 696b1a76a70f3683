package decode_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"wirecensus/reassembly"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/decode"
)

// cut4 returns the IPv4 fragments of a payload.
func cut4(proto byte, opts []byte, id uint16, in []byte, size int) (packets [][]byte) {
	for at := 0; at < len(in); at += size {
		end, field := min(at+size, len(in)), uint16(at/8)
		if end < len(in) {
			field |= 0x2000
		}
		packets = append(packets, ip4Opt(proto, opts, id, field, in[at:end]))
	}
	return packets
}

// cut6 returns the IPv6 fragments of a payload.
func cut6(next byte, id uint32, in []byte, size int) (packets [][]byte) {
	for at := 0; at < len(in); at += size {
		end := min(at+size, len(in))
		packets = append(packets, ip6(44, frag6(next, id, at, end < len(in), in[at:end])))
	}
	return packets
}

func wrapAll(packets [][]byte, wrap func([]byte) []byte) (frames [][]byte) {
	for _, p := range packets {
		frames = append(frames, wrap(p))
	}
	return frames
}

// Acceptance item 10: in order, reversed, interleaved, duplicated, with IP options, with VLAN, inside
// and outside of VXLAN.
func TestItem10Fragments(t *testing.T) {
	data := bytes.Repeat([]byte("fragmented "), 400)
	segment := tcp(data)
	opts := []byte{7, 7, 4, 0, 0, 0, 0, 0}
	plain := func(b []byte) []byte { return eth(0x0800, b) }
	tagged := func(b []byte) []byte { return eth(vlan(0x8100, 9, 0x0800, b)) }
	overlay := func(b []byte) []byte { return eth(0x0800, ip4(17, udp(4789, vxlan(9, eth(0x0800, b))))) }
	whole := udp(4789, vxlan(9, eth(0x0800, ip4(6, segment))))
	// Fragments inside of a tunnel packet that was fragmented itself.
	var both [][]byte
	for i, p := range cut4(6, nil, 7, segment, 2000) {
		both = append(both, cut4(17, nil, uint16(100+i), udp(4789, vxlan(9, eth(0x0800, p))), 800)...)
	}
	for name, frames := range map[string][][]byte{
		"ipv4":                   wrapAll(cut4(6, nil, 7, segment, 1480), plain),
		"ipv4, options":          wrapAll(cut4(6, opts, 7, segment, 1472), plain),
		"ipv4, vlan":             wrapAll(cut4(6, nil, 7, segment, 1480), tagged),
		"ipv4, in vxlan":         wrapAll(cut4(6, nil, 7, segment, 1400), overlay),
		"ipv4, vxlan fragmented": wrapAll(cut4(17, nil, 7, whole, 1480), plain),
		"ipv4, both":             wrapAll(both, plain),
		"ipv6":                   wrapAll(cut6(6, 7, segment, 1448), func(b []byte) []byte { return eth(0x86dd, b) }),
		"ipv6, extension inside": wrapAll(cut6(60, 7, ext(6, 1, segment), 1448), func(b []byte) []byte { return eth(0x86dd, b) }),
	} {
		reversed := slices.Clone(frames)
		slices.Reverse(reversed)
		var doubled [][]byte
		for _, f := range frames {
			doubled = append(doubled, f, f)
		}
		for order, frames := range map[string][][]byte{"in order": frames, "reversed": reversed, "doubled": doubled} {
			t.Run(name+"/"+order, func(t *testing.T) {
				d := decode.New(decode.Config{})
				found := 0
				for _, b := range frames {
					seg, v := frame(d, capture.LinkEthernet, b)
					switch v {
					case decode.TCP:
						found++
						if !bytes.Equal(seg.Payload, data) || seg.Cut != 0 || seg.Flow.Dst.Port != 80 {
							t.Errorf("%d bytes, cut %d, port %d", len(seg.Payload), seg.Cut, seg.Flow.Dst.Port)
						}
					case decode.Fragment, decode.FragmentDuplicate:
					default:
						t.Errorf("verdict %v", v)
					}
				}
				if found != 1 {
					t.Errorf("%d segments", found)
				}
			})
		}
	}
}

// Acceptance item 11: the same identification under another protocol, host or VNI.
func TestItem11Fragments(t *testing.T) {
	a, b := cut4(6, nil, 7, tcp(make([]byte, 3000)), 1480), cut4(17, nil, 7, udp(53, make([]byte, 3000)), 1480)
	host := bytes.Clone(a[1])
	host[15]++
	inner := func(vni uint32, p []byte) []byte { return ip4(17, udp(4789, vxlan(vni, eth(0x0800, p)))) }
	for name, packets := range map[string][][]byte{
		"protocol": {a[0], b[1], b[2]},
		"host":     {a[0], host, a[2]},
		"vni":      {inner(1, a[0]), inner(2, a[1]), inner(1, a[2])},
		"outside":  {a[0], inner(2, a[1]), a[2]},
	} {
		d := decode.New(decode.Config{})
		for i, p := range packets {
			if _, v := frame(d, capture.LinkRaw, p); v != decode.Fragment {
				t.Errorf("%s: packet %d: %v", name, i, v)
			}
		}
	}
}

// Fragments that a snap length cut give the bytes up to the first cut, and a gap of known size.
func TestCutFragments(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789"), 300)
	d := decode.New(decode.Config{})
	var got string
	for _, p := range cut4(6, nil, 7, tcp(data), 1480) {
		var seg reassembly.Segment
		f := capture.Frame{Data: p[:min(len(p), 200)], WireLen: len(p), Link: capture.LinkRaw}
		if v := d.Frame(&f, &seg); v == decode.TCP {
			got += fmt.Sprintf("%d bytes, cut %d", len(seg.Payload), seg.Cut)
		}
	}
	if got != "148 bytes, cut 2852" {
		t.Error(got)
	}
}

// Acceptance item 12, RFC 5722, as the verdicts show it.
func TestItem12Verdicts(t *testing.T) {
	fs := cut6(6, 7, tcp(make([]byte, 3000)), 1000)
	evil := ip6(44, frag6(6, 7, 992, true, make([]byte, 64)))
	d := decode.New(decode.Config{})
	var got []decode.Verdict
	for _, p := range [][]byte{fs[0], fs[0], evil, fs[1], fs[2], fs[3]} {
		_, v := frame(d, capture.LinkRaw, p)
		got = append(got, v)
	}
	want := []decode.Verdict{decode.Fragment, decode.FragmentDuplicate, decode.FragmentBad, decode.FragmentBad, decode.FragmentBad, decode.FragmentBad}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if s := d.Fragments(); s.OverlapV6 != 1 || s.Dropped != 3 {
		t.Errorf("%+v", s)
	}
}
