package capture_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	netbpf "golang.org/x/net/bpf"

	"wirecensus/cmd/wiregen/tap"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/capture/bpf"
)

// packet is an Ethernet frame with n bytes of TCP data, from one way's source or the other's.
func packet(flow byte, back, six bool, n int, tags ...uint16) []byte {
	a, b, at, bt := byte(1), flow, uint16(80), 40000+uint16(flow)
	if back {
		a, b, at, bt = b, a, bt, at
	}
	tcp := append(binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, at), bt), make([]byte, 16+n)...)
	head := make([]byte, 12)
	for _, tag := range tags {
		head = binary.BigEndian.AppendUint16(append(head, 0x81, 0), tag)
	}
	if six {
		ip := append([]byte{0x60, 0, 0, 0, byte(len(tcp) >> 8), byte(len(tcp)), 6, 64}, make([]byte, 32)...)
		ip[8], ip[23], ip[24], ip[39] = 0xfd, a, 0xfd, b
		return slices.Concat(head, []byte{0x86, 0xdd}, ip, tcp)
	}
	ip := []byte{0x45, 0, 0, 0, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, a, 10, 0, 0, b}
	binary.BigEndian.PutUint16(ip[2:], uint16(20+len(tcp)))
	return slices.Concat(head, []byte{8, 0}, ip, tcp)
}

// vxlan is a frame in a tunnel from any port.
func vxlan(from uint16, inner []byte) []byte {
	udp := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, from), 4789)
	udp = append(binary.BigEndian.AppendUint16(udp, uint16(16+len(inner))), 0, 0, 8, 0, 0, 0, 0, 0, 7, 0)
	ip := []byte{0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 172, 16, byte(from), 1, 172, 16, 0, 2}
	return slices.Concat(make([]byte, 12), []byte{8, 0}, ip, udp, inner)
}

// owner is the ring that a flow of packet belongs to.
func owner(s bpf.Split, flow byte, six bool, rings int) int {
	a, b := [16]byte{10: 0xff, 11: 0xff, 12: 10, 15: 1}, [16]byte{10: 0xff, 11: 0xff, 12: 10, 15: flow}
	if six {
		a, b = [16]byte{0: 0xfd, 15: 1}, [16]byte{0: 0xfd, 15: flow}
	}
	return int(s.Of(&a, &b, 80, 40000+uint16(flow)) % uint32(rings))
}

func openFanout(t testing.TB, l *tap.Lab, n int, s bpf.Split, cfg capture.LiveConfig) []*capture.Live {
	t.Helper()
	prog, err := s.Program()
	if err != nil {
		t.Fatal(err)
	}
	var rings []*capture.Live
	err = l.Do(func() (err error) {
		rings, err = capture.OpenFanout(cfg, n, prog)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, r := range rings {
			r.Close()
		}
	})
	return rings
}

// TestFanout: whatever a flow comes in, both directions are read from the ring that Split names, in
// order, and the books of all rings together balance.
func TestFanout(t *testing.T) {
	const flows = 40
	for _, n := range []int{1, 2, 4, 8} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			l := lab(t)
			split := bpf.Split{Key: 0x1234567}
			rings := openFanout(t, l, n, split, capture.LiveConfig{Interfaces: []string{"tap"}, Ring: 64 << 20, Promiscuous: true})
			p := player(t, l)
			var want [8][][]byte
			sent := 0
			for i := range 3 * flows {
				flow, six := byte(i%flows+2), i%3 == 1
				at := owner(split, flow, six, n)
				for _, f := range [][]byte{
					packet(flow, i&1 != 0, six, i), packet(flow, i&1 == 0, six, 1400, 5), packet(flow, i&1 != 0, six, 20, 5, 6),
					packet(flow, i&1 == 0, six, 30000), // in pages of its own, not all in the first
					vxlan(uint16(i*7919), packet(flow, i&1 != 0, six, 10)), vxlan(uint16(i*104729), packet(flow, i&1 == 0, six, 9000, 9)),
				} {
					send(t, p, f)
					want[at] = append(want[at], f)
					sent++
				}
			}
			var packets, busy uint64
			for at, r := range rings {
				var got [][]byte
				for _, f := range rest(t, r) {
					got = append(got, f.Data)
				}
				if !slices.EqualFunc(got, want[at], bytes.Equal) {
					t.Errorf("ring %d of %d has %d frames, or others, or in another order; %d are its own", at, n, len(got), len(want[at]))
				}
				s := r.Stats()
				if packets += s.Packets; s.Packets != s.Delivered+s.Drops {
					t.Errorf("ring %d: %+v", at, s)
				}
				if s.Delivered > 0 {
					busy++
				}
			}
			if packets != uint64(sent) || busy != uint64(n) {
				t.Errorf("sent %d, all rings have %d; %d of %d have any", sent, packets, busy, n)
			}
			if n, err := l.Count("tap", "tx_packets"); err != nil || n != 0 {
				t.Errorf("%d frames were sent on the capture interface (%v)", n, err)
			}
		})
	}
}

// TestFanoutFragments: the fragments of two hosts' datagrams come to one ring, first and later ones.
func TestFanoutFragments(t *testing.T) {
	l := lab(t)
	rings := openFanout(t, l, 4, bpf.Split{Key: 99}, capture.LiveConfig{Interfaces: []string{"tap"}})
	p := player(t, l)
	for i, frag := range []uint16{0x2000, 0x2002, 0x0004, 0x2000, 0x0004} {
		f := packet(9, i > 2, false, 0)
		binary.BigEndian.PutUint16(f[14+6:], frag)
		send(t, p, f)
	}
	var counts []int
	for _, r := range rings {
		counts = append(counts, len(rest(t, r)))
	}
	slices.Sort(counts)
	if !slices.Equal(counts, []int{0, 0, 0, 5}) {
		t.Errorf("the fragments are on rings: %v", counts)
	}
}

// TestFanoutOverflow: drops of all rings add up.
func TestFanoutOverflow(t *testing.T) {
	l := lab(t)
	split := bpf.Split{Key: 7}
	rings := openFanout(t, l, 2, split, capture.LiveConfig{Interfaces: []string{"tap"}, Ring: capture.MinRing})
	p := player(t, l)
	const n = 6000
	for i := range n {
		send(t, p, packet(byte(i%100+2), i&1 != 0, false, 900))
	}
	var sum capture.LiveStats
	for _, r := range rings {
		rest(t, r)
		s := r.Stats()
		sum.Packets, sum.Delivered, sum.Drops = sum.Packets+s.Packets, sum.Delivered+s.Delivered, sum.Drops+s.Drops
		if s.Drops == 0 {
			t.Errorf("a ring did not overflow: %+v", s)
		}
	}
	if sum.Packets != n || sum.Delivered+sum.Drops != n {
		t.Errorf("sent %d: %+v", n, sum)
	}
}

// TestFanoutAgain: rings whose interface is made anew under its name go on, each with its own flows; one of
// them has the outage on its books.
func TestFanoutAgain(t *testing.T) {
	l := lab(t)
	split := bpf.Split{Key: 3}
	rings := openFanout(t, l, 2, split, capture.LiveConfig{Interfaces: []string{"tap"}, Promiscuous: true})
	both := func(p *tap.Player) {
		t.Helper()
		for at, r := range rings {
			flow := byte(2)
			for owner(split, flow, false, 2) != at {
				flow++
			}
			await(t, r, func() { _ = p.Send(packet(flow, false, false, 1)) })
		}
	}
	both(player(t, l))
	for i, c := range []struct{ down, up func() error }{
		{func() error { return l.Set("tap", false) }, func() error { return l.Set("tap", true) }},
		{func() error { return l.Remove("tap") }, func() error { return l.Pair("mirror", "tap") }},
	} {
		if err := c.down(); err != nil {
			t.Fatal(err)
		}
		outages(t, rings[0], i+1, false)
		if err := c.up(); err != nil {
			t.Fatal(err)
		}
		outages(t, rings[0], i+1, true)
		both(player(t, l))
	}
	for at, r := range rings {
		rest(t, r)
		if s := r.Stats(); s.Packets != s.Delivered+s.Drops || (len(s.Outages) == 0) == (at == 0) {
			t.Errorf("ring %d: %+v", at, s)
		}
	}
}

// TestLiveSeveral: frames of two named interfaces come, those of others do not.
func TestLiveSeveral(t *testing.T) {
	l := lab(t)
	for _, pair := range [][2]string{{"m2", "tap2"}, {"m3", "tap3"}} {
		if err := l.Pair(pair[0], pair[1]); err != nil {
			t.Fatal(err)
		}
	}
	var live *capture.Live
	if err := l.Do(func() (err error) {
		live, err = capture.OpenLive(capture.LiveConfig{Interfaces: []string{"tap", "tap2"}, Promiscuous: true})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	defer live.Close()
	var want [][]byte
	for i, name := range []string{"mirror", "m2", "m3", "mirror", "m2"} {
		p, err := l.Player(name)
		if err != nil {
			t.Fatal(err)
		}
		f := ether(100+i, uint32(i), 7)
		if send(t, p, f); name != "m3" {
			want = append(want, f)
		}
		p.Close()
	}
	if err := l.Remove("tap2"); err != nil { // one of them is away: the other goes on, and it is on the books
		t.Fatal(err)
	}
	send(t, player(t, l), want[0])
	want = append(want, want[0])
	var got [][]byte
	outages(t, live, 1, false, func(f *capture.Frame) { got = append(got, bytes.Clone(f.Data)) })
	for _, f := range rest(t, live) {
		got = append(got, f.Data)
	}
	if !slices.EqualFunc(got, want, bytes.Equal) {
		t.Errorf("%d frames, want %d", len(got), len(want))
	}
	balance(t, live, uint64(len(want)))
}

// TestLiveAny: of all interfaces every frame comes, of a loopback once, of a cable with two ends here twice, or once
// without what is sent; a filter knows each interface's link type.
func TestLiveAny(t *testing.T) {
	for _, ignore := range []bool{false, true} {
		l := lab(t)
		if err := l.Set("lo", true); err != nil {
			t.Fatal(err)
		}
		var live *capture.Live
		if err := l.Do(func() (err error) {
			live, err = capture.OpenLive(capture.LiveConfig{Interfaces: []string{capture.Any}, IgnoreOutgoing: ignore, Promiscuous: true,
				Filter: func(link capture.LinkType, keep int) ([]netbpf.RawInstruction, error) {
					if link == capture.LinkRaw {
						return bpf.Compile("udp or host 10.0.0.9", bpf.RawIP, uint32(keep))
					}
					return bpf.Compile("udp or host 10.0.0.9", bpf.Ethernet, uint32(keep))
				}})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		defer live.Close()
		if err := l.Do(func() error {
			c, err := net.Dial("udp", "127.0.0.1:9")
			if err != nil {
				return err
			}
			_, err = c.Write([]byte("once"))
			return errors.Join(err, c.Close())
		}); err != nil {
			t.Fatal(err)
		}
		send(t, player(t, l), packet(9, false, false, 5), packet(10, false, false, 5))
		if err := l.Pair("m2", "tap2"); err != nil { // one that comes later
			t.Fatal(err)
		}
		p, err := l.Player("m2")
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		send(t, p, packet(9, true, false, 6))
		counts := map[int]int{}
		for _, f := range rest(t, live) {
			if f.Link != capture.LinkEthernet {
				t.Errorf("link %s", f.Link)
			}
			counts[len(f.Data)]++
		}
		times := 2
		if ignore {
			times = 1
		}
		if counts[14+28+4] != 1 || counts[len(packet(9, false, false, 5))] != times || counts[len(packet(9, false, false, 6))] != times || len(counts) > 3+1 {
			t.Errorf("outgoing ignored: %v: frames by length %v", ignore, counts)
		}
		if s := live.Stats(); s.Packets != s.Delivered || len(s.Outages) > 0 {
			t.Errorf("%+v", s)
		}
	}
}

// TestLiveTimes: where an interface has no clock the kernel's is used, and said to be.
func TestLiveTimes(t *testing.T) {
	l := lab(t)
	for _, want := range []bool{false, true} {
		live := openLive(t, l, capture.LiveConfig{HardwareTimes: want})
		before := time.Now().UnixNano()
		send(t, player(t, l), ether(60, 1))
		got := rest(t, live)
		if len(got) != 1 || got[0].Time < before || got[0].Time > time.Now().UnixNano() {
			t.Errorf("asked %v: %d frames", want, len(got))
		}
		s, err := live.Stats(), live.Clock()
		if err == nil && s.HardwareTimes != s.Delivered || err != nil && s.HardwareTimes != 0 {
			t.Errorf("asked %v: %d of %d times are the interface's, clock: %v", want, s.HardwareTimes, s.Delivered, err)
		}
		if !want && err == nil {
			t.Error("the interface's clock is used unasked")
		}
	}
}

func TestFanoutErrors(t *testing.T) {
	for _, c := range []struct {
		cfg capture.LiveConfig
		n   int
	}{
		{capture.LiveConfig{Interfaces: []string{"lo"}}, 0},
		{capture.LiveConfig{Interfaces: []string{"lo"}}, capture.MaxRings + 1},
		{capture.LiveConfig{}, 1},
		{capture.LiveConfig{Interfaces: []string{"lo", "lo"}}, 1},
		{capture.LiveConfig{Interfaces: []string{"lo", capture.Any}}, 1},
		{capture.LiveConfig{Interfaces: make([]string, capture.MaxInterfaces+1)}, 1},
	} {
		if rings, err := capture.OpenFanout(c.cfg, c.n, nil); err == nil || rings != nil {
			t.Errorf("%+v with %d rings: %v", c.cfg, c.n, err)
		}
	}
	l := lab(t)
	prog, err := bpf.Split{}.Program()
	if err != nil {
		t.Fatal(err)
	}
	var none *capture.NoInterfaceError
	if err := l.Do(func() error {
		_, err := capture.OpenFanout(capture.LiveConfig{Interfaces: []string{"tap", "nosuch0"}}, 2, prog)
		return err
	}); !errors.As(err, &none) || none.Name != "nosuch0" {
		t.Errorf("an interface that is not there: %v", err)
	}
	// Two fanouts on one interface do not take each other's frames.
	first := openFanout(t, l, 2, bpf.Split{}, capture.LiveConfig{Interfaces: []string{"tap"}})
	second := openFanout(t, l, 2, bpf.Split{}, capture.LiveConfig{Interfaces: []string{"tap"}})
	send(t, player(t, l), packet(3, false, false, 1))
	for i := range 2 {
		a, b := len(rest(t, first[i])), len(rest(t, second[i]))
		if a != b {
			t.Errorf("ring %d: %d frames in one fanout, %d in the other", i, a, b)
		}
	}
	var f capture.Frame
	if err := first[0].Next(&f); !errors.Is(err, io.EOF) {
		t.Errorf("after the end: %v", err)
	}
}
