package decode_test

import (
	"testing"

	"wirecensus/reassembly"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/decode"
)

var kinds = []struct {
	name string
	b    []byte
}{
	{"ipv4", eth(0x0800, plain4)},
	{"ipv6", eth(0x86dd, plain6)},
	{"vlan", eth(vlan(0x8100, 10, 0x0800, plain4))},
	{"vxlan", eth(0x0800, ip4(17, udp(4789, vxlan(9, eth(0x0800, plain4)))))},
	{"gre", eth(0x0800, ip4(47, gre(0xb000, 0x0800, 4, plain4)))},
	{"udp", eth(0x0800, ip4(17, udp(443, text)))},
	{"arp", eth(0x0806, make([]byte, 46))},
	{"deep", eth(0x0800, ip4(4, ip4(4, ip4(4, ip4(4, ip4(4, plain4))))))},
}

func TestFrameDoesNotAllocate(t *testing.T) {
	d := decode.New(decode.Config{})
	var seg reassembly.Segment
	for _, k := range kinds {
		f := capture.Frame{Data: k.b, WireLen: len(k.b), Link: capture.LinkEthernet}
		if n := testing.AllocsPerRun(100, func() { d.Frame(&f, &seg) }); n != 0 {
			t.Errorf("%s: %v allocations", k.name, n)
		}
	}
}

func BenchmarkFrame(b *testing.B) {
	d := decode.New(decode.Config{})
	var seg reassembly.Segment
	for _, k := range kinds {
		b.Run(k.name, func(b *testing.B) {
			f := capture.Frame{Data: k.b, WireLen: len(k.b), Link: capture.LinkEthernet}
			b.SetBytes(int64(len(k.b)))
			b.ReportAllocs()
			for b.Loop() {
				d.Frame(&f, &seg)
			}
		})
	}
}
