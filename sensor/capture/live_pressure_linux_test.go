package capture_test

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"wirecensus/cmd/wiregen/tap"
	"wirecensus/sensor/capture"
)

// promiscuity is how many want that the interface hears all frames (IFLA_PROMISCUITY, rtnetlink(7)).
func promiscuity(t *testing.T, l *tap.Lab, name string) (n uint32) {
	t.Helper()
	found := false
	err := l.Do(func() error {
		i, err := net.InterfaceByName(name)
		if err != nil {
			return err
		}
		b, err := syscall.NetlinkRIB(syscall.RTM_GETLINK, syscall.AF_UNSPEC)
		if err != nil {
			return err
		}
		list, err := syscall.ParseNetlinkMessage(b)
		if err != nil {
			return err
		}
		for k := range list {
			m := &list[k]
			if m.Header.Type != syscall.RTM_NEWLINK || binary.NativeEndian.Uint32(m.Data[4:]) != uint32(i.Index) {
				continue
			}
			attrs, err := syscall.ParseNetlinkRouteAttr(m)
			if err != nil {
				return err
			}
			for _, a := range attrs {
				if a.Attr.Type == unix.IFLA_PROMISCUITY {
					n, found = binary.NativeEndian.Uint32(a.Value), true
				}
			}
		}
		return nil
	})
	if err != nil || !found {
		t.Fatalf("promiscuity of %s: found %v (%v)", name, found, err)
	}
	return n
}

// TestLivePromiscuous: the interface is made to hear all frames while the capture is open, and only when asked.
func TestLivePromiscuous(t *testing.T) {
	l := lab(t)
	if n := promiscuity(t, l, "tap"); n != 0 {
		t.Fatalf("promiscuity %d before anybody listens", n)
	}
	quiet := openLive(t, l, capture.LiveConfig{})
	if n := promiscuity(t, l, "tap"); n != 0 {
		t.Errorf("promiscuity %d without being asked", n)
	}
	live := openLive(t, l, capture.LiveConfig{Promiscuous: true})
	if n := promiscuity(t, l, "tap"); n != 1 {
		t.Errorf("promiscuity %d while one wants all frames", n)
	}
	live.Stop()
	if err := live.Close(); err != nil {
		t.Fatal(err)
	}
	if n := promiscuity(t, l, "tap"); n != 0 {
		t.Errorf("promiscuity %d after the end", n)
	}
	quiet.Stop()
}

// eventually waits for what other threads bring about.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never %s", what)
		}
	}
}

// TestLiveStrained: a ring says that it is a quarter full, and that it is no more once it was read.
func TestLiveStrained(t *testing.T) {
	l := lab(t)
	live := openLive(t, l, capture.LiveConfig{Promiscuous: true, Ring: capture.MinRing * 8})
	p := player(t, l)
	frame := ether(1500, 1)
	if live.Strained() {
		t.Fatal("strained while empty")
	}
	sent := 0
	for ; sent < capture.MinRing*8/len(frame) && !live.Strained(); sent++ {
		send(t, p, frame)
	}
	// A block is handed over when it is full: between a quarter and a half, with headers.
	if least := capture.MinRing * 8 / len(frame) / 8; sent < least {
		t.Errorf("strained after %d frames, of %d that the ring holds", sent, capture.MinRing*8/len(frame))
	}
	if !live.Strained() {
		t.Fatal("never strained")
	}
	var f capture.Frame
	for live.Strained() {
		if err := live.Next(&f); err != nil && !errors.Is(err, capture.ErrIdle) {
			t.Fatal(err)
		}
	}
	rest(t, live)
}

// TestUDPStrained: so does a listener for datagrams.
func TestUDPStrained(t *testing.T) {
	u, err := capture.ListenUDP("127.0.0.1:0", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { u.Close() })
	c, err := net.Dial("udp", u.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if u.Strained() {
		t.Fatal("strained while empty")
	}
	datagram := make([]byte, 60000)
	eventually(t, "strained", func() bool {
		c.Write(datagram)
		return u.Strained()
	})
	var f capture.Frame
	for u.Strained() {
		if err := u.Next(&f); err != nil && !errors.Is(err, capture.ErrIdle) && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
	}
}
