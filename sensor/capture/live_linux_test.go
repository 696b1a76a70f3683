package capture_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"golang.org/x/net/bpf"

	"wirecensus/cmd/wiregen/tap"
	"wirecensus/sensor/capture"
)

// lab makes a cable with the ends mirror and tap.
func lab(t testing.TB) *tap.Lab {
	t.Helper()
	l, err := tap.Open()
	if err != nil {
		t.Skipf("a live capture needs a network namespace, which needs root: %v", err)
	}
	t.Cleanup(l.Close)
	if err := l.Pair("mirror", "tap"); err != nil {
		t.Skipf("a live capture needs virtual Ethernet interfaces: %v", err)
	}
	return l
}

func openLive(t testing.TB, l *tap.Lab, cfg capture.LiveConfig) *capture.Live {
	t.Helper()
	cfg.Interfaces = []string{"tap"}
	var live *capture.Live
	err := l.Do(func() (err error) {
		live, err = capture.OpenLive(cfg)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { live.Close() })
	return live
}

func player(t testing.TB, l *tap.Lab) *tap.Player {
	t.Helper()
	p, err := l.Player("mirror")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// ether returns an IPv4 frame of n bytes with a number in it.
func ether(n int, number uint32, tags ...uint16) []byte {
	b := append(make([]byte, 0, n), 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2)
	for _, tag := range tags {
		b = append(b, 0x81, 0, byte(tag>>8), byte(tag))
	}
	b = append(b, 8, 0, 0x45, 0)
	b = binary.BigEndian.AppendUint32(b, number)
	return append(b, make([]byte, max(0, n-len(b)))...)
}

func send(t testing.TB, p *tap.Player, frames ...[]byte) {
	t.Helper()
	for _, f := range frames {
		if err := p.Send(f); err != nil {
			t.Fatal(err)
		}
	}
}

// rest stops the capture and returns copies of the frames up to its end.
func rest(t testing.TB, live *capture.Live) (frames []capture.Frame) {
	t.Helper()
	time.Sleep(20 * time.Millisecond) // on a busy machine what was sent may not have arrived yet
	live.Stop()
	for {
		var f capture.Frame
		switch err := live.Next(&f); {
		case err == nil:
			f.Data = bytes.Clone(f.Data)
			frames = append(frames, f)
		case errors.Is(err, io.EOF):
			return frames
		case !errors.Is(err, capture.ErrIdle):
			t.Fatal(err)
		}
	}
}

// balance holds the books: every frame that passed the filter was delivered or dropped.
func balance(t testing.TB, live *capture.Live, sent uint64) {
	t.Helper()
	s := live.Stats()
	if s.Packets != sent || s.Packets != s.Delivered+s.Drops {
		t.Errorf("sent %d, kernel saw %d = %d delivered + %d dropped", sent, s.Packets, s.Delivered, s.Drops)
	}
}

// TestLiveFrames: whole frames of any size, with their tags and times, in order.
func TestLiveFrames(t *testing.T) {
	l := lab(t)
	live := openLive(t, l, capture.LiveConfig{Promiscuous: true})
	p := player(t, l)
	var sent [][]byte
	for i, n := range []int{60, 64, 1514, 9014, 65226, 65549, 60, 42} {
		sent = append(sent, ether(n, uint32(i)))
	}
	sent = append(sent, ether(100, 100, 7), ether(100, 101, 7, 4094), ether(65000, 102, 0x6123))
	before := time.Now()
	send(t, p, sent...)
	got := rest(t, live)
	after := time.Now()
	if len(got) != len(sent) {
		t.Fatalf("%d of %d frames", len(got), len(sent))
	}
	for i, f := range got {
		if !bytes.Equal(f.Data, sent[i]) || f.WireLen != len(sent[i]) || f.Link != capture.LinkEthernet {
			t.Errorf("frame %d: %d bytes of %d, link %s, sent were %d\n% x\n% x", i, len(f.Data), f.WireLen, f.Link, len(sent[i]), f.Data[:32], sent[i][:32])
		}
		if f.Time < before.UnixNano() || f.Time > after.UnixNano() {
			t.Errorf("frame %d at %d, sent between %d and %d", i, f.Time, before.UnixNano(), after.UnixNano())
		}
	}
	balance(t, live, uint64(len(sent)))
	if n, err := l.Count("tap", "tx_packets"); err != nil || n != 0 {
		t.Errorf("%d frames were sent on the capture interface (%v)", n, err)
	}
}

// TestLiveSnapLen: frames are cut, their length on the wire is kept; the filter decides before the ring.
func TestLiveSnapLen(t *testing.T) {
	l := lab(t)
	live := openLive(t, l, capture.LiveConfig{SnapLen: 100, Filter: func(link capture.LinkType, keep int) ([]bpf.RawInstruction, error) {
		return bpf.Assemble([]bpf.Instruction{
			bpf.LoadAbsolute{Off: 12, Size: 2},
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0x0800, SkipFalse: 1},
			bpf.RetConstant{Val: uint32(keep)},
			bpf.RetConstant{Val: 0},
		})
	}})
	other := ether(60, 9)
	other[13] = 6 // ARP
	send(t, player(t, l), ether(60, 1), other, ether(1514, 2), ether(1514, 3, 5))
	got := rest(t, live)
	want := [][2]int{{60, 60}, {100, 1514}, {104, 1514}}
	var have [][2]int
	for _, f := range got {
		have = append(have, [2]int{len(f.Data), f.WireLen})
	}
	if !slices.Equal(have, want) {
		t.Errorf("captured and wire lengths %v, want %v", have, want)
	}
	balance(t, live, 3)
}

// TestLiveOverflow: what finds no space in the ring of a reader that stands still is counted,
// and what was kept is whole and in order.
func TestLiveOverflow(t *testing.T) {
	l := lab(t)
	live := openLive(t, l, capture.LiveConfig{Ring: capture.MinRing})
	p := player(t, l)
	const n = 5000
	for i := range uint32(n) {
		send(t, p, ether(1000, i))
	}
	got := rest(t, live)
	s := live.Stats()
	if s.Drops == 0 || len(got) == 0 {
		t.Fatalf("%d frames, %d drops: the ring of %d bytes did not overflow", len(got), s.Drops, capture.MinRing)
	}
	balance(t, live, n)
	last := -1
	for _, f := range got {
		if i := int(binary.BigEndian.Uint32(f.Data[16:])); i <= last || len(f.Data) != 1000 {
			t.Fatalf("frame %d of %d bytes after %d", i, len(f.Data), last)
		} else {
			last = i
		}
	}
	// The statistics reset when they are read; ours do not.
	if again := live.Stats(); again.Drops != s.Drops || again.Packets != s.Packets {
		t.Errorf("asked again: %+v, before %+v", again, s)
	}
}

// TestLiveIdle: without frames time goes on.
func TestLiveIdle(t *testing.T) {
	live := openLive(t, lab(t), capture.LiveConfig{})
	var times []int64
	start := time.Now()
	for len(times) < 3 {
		var f capture.Frame
		if err := live.Next(&f); !errors.Is(err, capture.ErrIdle) {
			t.Fatal(err)
		}
		times = append(times, f.Time)
	}
	if took := time.Since(start); took > 2*time.Second || times[0] >= times[1] || times[1] >= times[2] || times[2] > time.Now().UnixNano() {
		t.Errorf("idle at %v after %v", times, took)
	}
}

// await sends and reads until a frame comes, for at most 5 s.
func await(t *testing.T, live *capture.Live, send func()) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); {
		send()
		var f capture.Frame
		switch err := live.Next(&f); {
		case err == nil:
			return
		case !errors.Is(err, capture.ErrIdle):
			t.Fatal(err)
		}
	}
	t.Fatal("no frame within 5 s")
}

// outages reads until the number of outages is n and the last is over or not, for at most 5 s.
func outages(t *testing.T, live *capture.Live, n int, over bool, got ...func(*capture.Frame)) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); {
		var f capture.Frame
		if err := live.Next(&f); err != nil && !errors.Is(err, capture.ErrIdle) {
			t.Fatal(err)
		} else if err == nil && len(got) > 0 {
			got[0](&f)
		}
		if o := live.Stats().Outages; len(o) == n && (n == 0 || (o[n-1].To != 0) == over) {
			return
		}
	}
	t.Fatalf("outages %+v, want %d, over: %v", live.Stats().Outages, n, over)
}

// TestLiveDownUp: an interface that goes down, loses its carrier, or is made anew under
// its name goes on delivering afterwards, and the time without it is on the books.
func TestLiveDownUp(t *testing.T) {
	l := lab(t)
	live := openLive(t, l, capture.LiveConfig{Promiscuous: true})
	p := player(t, l)
	one := func() { _ = p.Send(ether(60, 1)) } // fails while the cable is out
	await(t, live, one)
	for i, end := range []string{"tap", "mirror"} {
		if err := l.Set(end, false); err != nil {
			t.Fatal(err)
		}
		outages(t, live, i+1, false)
		if err := l.Set(end, true); err != nil {
			t.Fatal(err)
		}
		outages(t, live, i+1, true)
		await(t, live, one)
	}
	if err := l.Remove("tap"); err != nil {
		t.Fatal(err)
	}
	outages(t, live, 3, false)
	if err := l.Pair("mirror", "tap"); err != nil {
		t.Fatal(err)
	}
	outages(t, live, 3, true)
	p = player(t, l)
	await(t, live, one)
	rest(t, live)
	for _, o := range live.Stats().Outages {
		if o.To <= o.From {
			t.Errorf("an outage from %d to %d", o.From, o.To)
		}
	}
	if s := live.Stats(); s.Packets != s.Delivered+s.Drops {
		t.Errorf("the books do not balance: %+v", s)
	}
}

func TestLiveErrors(t *testing.T) {
	l := lab(t)
	err := l.Do(func() error {
		_, err := capture.OpenLive(capture.LiveConfig{Interfaces: []string{"nosuch0"}})
		return err
	})
	var none *capture.NoInterfaceError
	if !errors.As(err, &none) || none.Name != "nosuch0" || !slices.Equal(none.Have, []string{"lo", "mirror", "tap"}) {
		t.Errorf("an interface that is not there: %v, %+v", err, none)
	}
	if _, err := capture.OpenLive(capture.LiveConfig{Interfaces: []string{"lo"}, Ring: 1000}); err == nil {
		t.Error("a ring of 1000 bytes was made")
	}
}

// TestListenUDP: a datagram comes back as the packet that it was.
func TestListenUDP(t *testing.T) {
	u, err := capture.ListenUDP("127.0.0.1:0", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	sendUDP(t, u.Addr().String(), []byte("hello"), bytes.Repeat([]byte("x"), 60000))
	u.Stop()
	for _, want := range []int{5, 60000} {
		var f capture.Frame
		if err := u.Next(&f); err != nil {
			t.Fatal(err)
		}
		b := f.Data
		if f.Link != capture.LinkRaw || len(b) != 28+want || f.WireLen != len(b) || b[0] != 0x45 || b[9] != 17 ||
			int(binary.BigEndian.Uint16(b[2:])) != len(b) || binary.BigEndian.Uint16(b[22:]) != 4789 || int(binary.BigEndian.Uint16(b[24:])) != 8+want ||
			!bytes.Equal(b[12:20], []byte{127, 0, 0, 1, 127, 0, 0, 1}) {
			t.Errorf("link %s, %d bytes: % x", f.Link, len(b), b[:28])
		}
		if d := time.Since(time.Unix(0, f.Time)); d < 0 || d > time.Minute {
			t.Errorf("arrived %v ago", d)
		}
	}
	var f capture.Frame
	if err := u.Next(&f); !errors.Is(err, io.EOF) {
		t.Errorf("after Stop: %v", err)
	}
	if s := u.Stats(); s.Packets != 2 || s.Delivered != 2 || s.Drops != 0 {
		t.Errorf("%+v", s)
	}
}

// TestListenUDPOverflow: datagrams that find the queue full are counted.
func TestListenUDPOverflow(t *testing.T) {
	u, err := capture.ListenUDP("127.0.0.1:0", 4096)
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	const n = 200
	sendUDP(t, u.Addr().String(), slices.Repeat([][]byte{make([]byte, 1000)}, n)...)
	u.Stop()
	var f capture.Frame
	for u.Next(&f) == nil {
	}
	if s := u.Stats(); s.Packets != n || s.Drops == 0 || s.Delivered+s.Drops != n {
		t.Errorf("sent %d: %+v", n, s)
	}
}

func sendUDP(t *testing.T, to string, datagrams ...[]byte) {
	t.Helper()
	c, err := net.Dial("udp", to)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, d := range datagrams {
		if _, err := c.Write(d); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkLive is what reading a frame from the ring costs; filling it is not measured.
func BenchmarkLive(b *testing.B) {
	l := lab(b)
	live := openLive(b, l, capture.LiveConfig{})
	p := player(b, l)
	frame := ether(700, 1)
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	const chunk = 20_000
	left := 0
	for b.Loop() {
		if left == 0 {
			b.StopTimer()
			for range chunk {
				send(b, p, frame)
			}
			left = chunk
			time.Sleep(100 * time.Millisecond) // the last block is handed over
			b.StartTimer()
		}
		var f capture.Frame
		if err := live.Next(&f); err == nil {
			left--
		}
	}
}
