package decode_test

import (
	"bytes"
	"testing"
	"unsafe"

	"wirecensus/reassembly"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/decode"
)

var fuzzLinks = []capture.LinkType{
	capture.LinkEthernet, capture.LinkRaw, capture.LinkLinuxSLL, capture.LinkLinuxSLL2, capture.LinkNull,
	capture.LinkPPP, capture.LinkPPPoE, capture.LinkNFLOG, capture.LinkCHDLC, 147,
}

// within reports whether a lies in b's memory.
func within(a, b []byte) bool {
	if len(a) == 0 {
		return true
	}
	lo, at := uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(unsafe.Pointer(unsafe.SliceData(a)))
	return at >= lo && at+uintptr(len(a)) <= lo+uintptr(len(b))
}

// FuzzFrame checks for any bytes: the payload is a part of the frame (or of a reassembled datagram), the
// cut is no longer than IP or the wire allows, the verdict exists and is the same for the same bytes, and
// cutting the frame cannot turn it into another segment: only shorten its payload, by what the cut grows.
func FuzzFrame(f *testing.F) {
	for i, b := range [][]byte{
		eth(0x0800, plain4), ip6(0, ext(6, 1, tcp(text))), sll(0x0800, plain4), sll2(0x86dd, plain6),
		cat([]byte{2, 0, 0, 0}, plain4), cat([]byte{0xff, 3, 0, 0x21}, plain4), pppoe(0x57, plain6),
		eth(0x8847, labels(3, plain6)), eth(0x0800, ip4(17, udp(4789, vxlan(5, eth(0x0800, plain4))))),
		eth(0x0800, ip4(17, udp(6081, geneve(5, 0x0800, gwlb, plain4)))), eth(0x0800, ip4(17, udp(2152, gtpu(5, true, plain4)))),
		eth(0x0800, ip4(47, gre(0xb000, 0x22eb, 1, erspan3(5, true, eth(0x0800, plain4))))),
		eth(0x0800, cut4(6, nil, 7, tcp(text), 24)[0]), eth(0x86dd, cut6(6, 7, tcp(text), 24)[1]), dot3(0x0800, plain4),
	} {
		f.Add(b, byte(min(i, 6)), uint16(20), uint16(40))
	}
	f.Fuzz(func(t *testing.T, in []byte, link byte, more, cut uint16) {
		fr := capture.Frame{Data: in, WireLen: len(in) + int(more), Time: 1, Link: fuzzLinks[int(link)%len(fuzzLinks)]}
		var seg, again, shorter reassembly.Segment
		v := decode.New(decode.Config{}).Frame(&fr, &seg)
		if v >= decode.Verdicts || v.String() == "unknown" {
			t.Fatalf("verdict %d", v)
		}
		if w := decode.New(decode.Config{}).Frame(&fr, &again); w != v {
			t.Fatalf("%v, then %v", v, w)
		}
		if v != decode.TCP && v != decode.UDP {
			return
		}
		if !within(seg.Payload, in) {
			t.Fatal("the payload is not part of the frame")
		}
		if total := len(seg.Payload) + int(seg.Cut); total > 16<<20 { // the longest jumbogram that is believed
			t.Fatalf("%d bytes of payload on a wire of %d", total, fr.WireLen)
		}
		// In a tunnel the outer length may end before the inner one: then padding may follow.
		if seg.Cut > 0 && fr.Link == capture.LinkRaw && seg.Flow.Net == 0 && !bytes.HasSuffix(in, seg.Payload) {
			t.Fatal("the capture kept bytes behind a cut")
		}
		fr.Data, fr.WireLen = in[:min(len(in), int(cut))], max(fr.WireLen, len(in))
		if w := decode.New(decode.Config{}).Frame(&fr, &shorter); w == v {
			if shorter.Flow != seg.Flow || shorter.Seq != seg.Seq || !bytes.HasPrefix(seg.Payload, shorter.Payload) ||
				len(shorter.Payload)+int(shorter.Cut) != len(seg.Payload)+int(seg.Cut) {
				t.Fatalf("cut to %d bytes: %v, %d bytes and %d cut, whole %d bytes and %d cut", len(fr.Data), w,
					len(shorter.Payload), shorter.Cut, len(seg.Payload), seg.Cut)
			}
		}
	})
}

// FuzzFrames feeds many frames to one decoder, so that fragments meet: the bytes of a datagram that was
// put together come from the frames.
func FuzzFrames(f *testing.F) {
	var script []byte
	for _, p := range cut4(6, nil, 7, tcp(text), 24) {
		script = append(append(script, byte(len(p))), p...)
	}
	f.Add(script)
	script = nil
	for _, p := range cut6(6, 7, tcp(text), 24) {
		script = append(append(script, byte(len(p))), p...)
	}
	f.Add(script)
	f.Fuzz(func(t *testing.T, in []byte) {
		d := decode.New(decode.Config{})
		var seg reassembly.Segment
		given := 0
		for i := int64(0); len(in) > 0; i++ {
			n := min(int(in[0]), len(in)-1)
			b := in[1 : 1+n]
			in = in[1+n:]
			given += n
			v := d.Frame(&capture.Frame{Data: b, WireLen: n, Time: i * 1e9, Link: capture.LinkRaw}, &seg)
			if (v == decode.TCP || v == decode.UDP) && len(seg.Payload) > given {
				t.Fatalf("%d bytes of payload from %d of frames", len(seg.Payload), given)
			}
		}
		if s := d.Fragments(); s.Completed > s.Fragments {
			t.Fatalf("%+v", s)
		}
	})
}
