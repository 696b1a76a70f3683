package bpf

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/net/bpf"
)

// ends are the two ends of a flow.
type ends struct {
	src, dst     [16]byte
	sport, dport uint16
	six          bool
}

func randomEnds(r *rand.Rand, six bool) (e ends) {
	for _, a := range []*[16]byte{&e.src, &e.dst} {
		copy(a[:], []byte{10: 0xff, 11: 0xff, 15: 0})
		binary.BigEndian.PutUint32(a[12:], r.Uint32())
		if six {
			binary.BigEndian.PutUint64(a[:], r.Uint64()|1<<63)
			binary.BigEndian.PutUint32(a[8:], r.Uint32())
		}
	}
	e.sport, e.dport, e.six = uint16(r.Uint32()), uint16(r.Uint32()|1<<15), six
	return e
}

func (e ends) reversed() ends { return ends{e.dst, e.src, e.dport, e.sport, e.six} }

// ip is an IP packet between the ends; frag is the field of flags and fragment offset.
func (e ends) ip(proto byte, frag uint16, in []byte) []byte {
	if e.six {
		return slices.Concat([]byte{0x60, 0, 0, 0, 0, byte(len(in)), proto, 64}, e.src[:], e.dst[:], in)
	}
	// With 4 bytes of options, for which every reader must look.
	return slices.Concat([]byte{0x46, 0, 0, 0, 0, 0, byte(frag >> 8), byte(frag), 64, proto, 0, 0}, e.src[12:], e.dst[12:], []byte{1, 1, 1, 0}, in)
}

func (e ends) tcp() []byte {
	return e.ip(6, 0, binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, e.sport), e.dport))
}

func etherType(six bool) uint16 {
	if six {
		return 0x86dd
	}
	return 0x0800
}

func be16(v ...uint16) (b []byte) {
	for _, x := range v {
		b = binary.BigEndian.AppendUint16(b, x)
	}
	return b
}

// ethernet is a frame with tags.
func ethernet(t uint16, in []byte, tags ...uint16) []byte {
	b := make([]byte, 12)
	for i, id := range tags {
		b = append(b, be16([]uint16{0x88a8, 0x8100}[i%2], id)...)
	}
	return slices.Concat(b, be16(t), in)
}

// udp is a datagram in a packet between two other hosts, from any port.
func (e ends) udp(port, from uint16, in ...[]byte) []byte {
	body := slices.Concat(in...)
	return ethernet(etherType(e.six), e.ip(17, 0, slices.Concat(be16(from, port, uint16(8+len(body)), 0), body)))
}

func (e ends) gre(in ...[]byte) []byte {
	return ethernet(etherType(e.six), e.ip(47, 0, slices.Concat(in...)))
}

// wrappings are the ways in which a packet may come; o are the ends of a tunnel, n is any number.
func wrappings(o ends, n uint16, six bool, ip []byte) map[string][]byte {
	t := etherType(six)
	inner := ethernet(t, ip, 5)
	proto := byte(4)
	ppp := uint16(0x21)
	if six {
		proto, ppp = 41, 0x57
	}
	vxlan := o.udp(4789, n, []byte{8, 0, 0, 0, 0, 0, 7, 0}, inner)
	return map[string][]byte{
		"plain": ethernet(t, ip), "vlan": ethernet(t, ip, 7), "qinq": ethernet(t, ip, 7, 9),
		"pppoe":                   ethernet(0x8864, slices.Concat([]byte{0x11, 0, 0, 7}, be16(uint16(len(ip)+2), ppp), ip)),
		"vxlan":                   vxlan,
		"vxlan of Linux":          o.udp(8472, n, []byte{8, 0, 0, 0, 0, 0, 7, 0}, inner),
		"geneve":                  o.udp(6081, n, []byte{2, 0}, be16(0x6558), []byte{0, 0, 7, 0, 1, 2, 3, 4, 5, 6, 7, 8}, inner),
		"geneve, ip":              o.udp(6081, n, []byte{0, 0}, be16(t), []byte{0, 0, 7, 0}, ip),
		"gtp-u":                   o.udp(2152, n, []byte{0x30, 255, 0, 9, 0, 0, 0, byte(n)}, ip),
		"gtp-u, sequence":         o.udp(2152, n, []byte{0x32, 255, 0, 9, 0, 0, 0, byte(n), 1, 2, 0, 0}, ip),
		"gtp-u, extension":        o.udp(2152, n, []byte{0x34, 255, 0, 9, 0, 0, 0, byte(n), 1, 2, 0, 0x85, 1, 16, byte(n), 0}, ip),
		"gre":                     o.gre(be16(0, t), ip),
		"gre, all":                o.gre(be16(0xb000, 0x6558, 1, 2, 3, 4, 5, n), inner),
		"gre in udp":              o.udp(4754, n, be16(0x2000, t, 0, 9), ip),
		"erspan 1":                o.gre(be16(0, 0x88be), inner),
		"erspan 2":                o.gre(be16(0x1000, 0x88be, 0, n), make([]byte, 8), inner),
		"erspan 3":                o.gre(be16(0x1000, 0x22eb, 0, n), make([]byte, 12), inner),
		"erspan 3, platform data": o.gre(be16(0x1000, 0x22eb, 0, n), make([]byte, 11), []byte{1}, make([]byte, 8), inner),
		"ip in ip":                ethernet(etherType(o.six), o.ip(proto, 0, ip)),
		"vxlan in vxlan":          o.udp(4789, n+1, []byte{8, 0, 0, 0, 0, 0, 9, 0}, vxlan),
	}
}

// machine is the program without its beginning, which needs a kernel.
func machine(t *testing.T, s Split) *bpf.VM {
	t.Helper()
	p := splitter{Split: s}
	vm, err := bpf.NewVM(p.build(func(p *splitter) {
		p.emit(bpf.LoadConstant{Dst: bpf.RegX, Val: etherHeader}, bpf.LoadAbsolute{Off: 12, Size: 2})
		p.to(p.types[0])
	}))
	if err != nil {
		t.Fatal(err)
	}
	return vm
}

func worker(t *testing.T, s Split, frame []byte) uint32 {
	t.Helper()
	got, err := machine(t, s).Run(frame)
	if err != nil {
		t.Fatal(err)
	}
	return uint32(got)
}

// TestSplit: in every tunnel both directions of a flow have the number that Of has for them, whatever the
// ends of the tunnel are; without ports it is that of the two hosts.
func TestSplit(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 4 {
		six := round&1 != 0
		e, s := randomEnds(r, six), Split{Key: r.Uint32(), Hosts: round&2 != 0}
		want := s.Of(&e.src, &e.dst, e.sport, e.dport)
		if back := s.Of(&e.dst, &e.src, e.dport, e.sport); back != want {
			t.Fatalf("%x one way, %x the other", want, back)
		}
		if other := s.Of(&e.src, &e.dst, e.sport+1, e.dport); (other == want) != s.Hosts {
			t.Errorf("hosts together: %v, but with another port %x and %x", s.Hosts, want, other)
		}
		for _, one := range []ends{e, e.reversed()} {
			for name, frame := range wrappings(randomEnds(r, r.Uint32()&1 != 0), uint16(r.Uint32()), six, one.tcp()) {
				if got := worker(t, s, frame); got != want {
					t.Errorf("%s, IPv6 %v: %x, want %x", name, six, got, want)
				}
			}
		}
	}
}

// TestSplitFragments: all fragments of a datagram, with ports or without, come to the worker of the two hosts.
func TestSplitFragments(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	e, s := randomEnds(r, false), Split{Key: 5}
	want := Split{Key: 5, Hosts: true}.Of(&e.src, &e.dst, 0, 0)
	for _, frag := range []uint16{0x2000, 0x2064, 0x0064} {
		if got := worker(t, s, ethernet(0x0800, e.ip(6, frag, be16(e.sport, e.dport)))); got != want {
			t.Errorf("fragment field %x: %x, want %x", frag, got, want)
		}
	}
	six := randomEnds(r, true)
	want = Split{Key: 5, Hosts: true}.Of(&six.src, &six.dst, 0, 0)
	if got := worker(t, s, ethernet(0x86dd, six.ip(44, 0, make([]byte, 8)))); got != want {
		t.Errorf("IPv6 fragment: %x, want %x", got, want)
	}
}

// TestSplitEven: flows spread over the workers, and with another key otherwise.
func TestSplitEven(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 7))
	var a, b [16]byte
	copy(a[10:], []byte{0xff, 0xff, 10, 0, 0, 1})
	copy(b[10:], []byte{0xff, 0xff, 10, 0, 0, 2})
	for range 3 {
		s := Split{Key: r.Uint32()}
		var got [8]int
		const flows = 8000
		for port := range uint16(flows) {
			got[s.Of(&a, &b, 20000+port, 80)%8]++
		}
		for w, n := range got {
			if n < flows/8*3/4 || n > flows/8*5/4 {
				t.Errorf("key %x: worker %d has %d of %d flows", s.Key, w, n, flows)
			}
		}
	}
	same := 0
	for port := range uint16(1000) {
		if (Split{Key: 1}).Of(&a, &b, port, 80)%8 == (Split{Key: 2}).Of(&a, &b, port, 80)%8 {
			same++
		}
	}
	if same > 250 {
		t.Errorf("%d of 1000 flows stay where they were with another key", same)
	}
}

// TestSplitHostile: the program is one that the kernel takes, and ends on any bytes.
func TestSplitHostile(t *testing.T) {
	prog, err := Split{}.Program()
	if err != nil || len(prog) > maxProgram {
		t.Fatalf("%d instructions, %v", len(prog), err)
	}
	r := rand.New(rand.NewPCG(8, 9))
	vm := machine(t, Split{Key: 1})
	for _, frame := range wrappings(randomEnds(r, false), 1, false, randomEnds(r, false).tcp()) {
		for n := 15; n <= len(frame); n++ {
			cut := slices.Clone(frame[:n])
			cut[r.IntN(n)] ^= byte(r.Uint32())
			if _, err := vm.Run(cut); err != nil {
				t.Fatal(err)
			}
		}
	}
}
