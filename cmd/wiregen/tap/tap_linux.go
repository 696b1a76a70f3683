package tap

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// Lab is a network namespace with nothing in it but what is made there.
type Lab struct {
	work chan func()
	done chan struct{}
}

// Open makes a namespace. No kernel in it speaks IPv6, so that nothing is on
// its cables but what is played.
func Open() (*Lab, error) {
	l := &Lab{work: make(chan func()), done: make(chan struct{})}
	ready := make(chan error)
	go l.serve(ready)
	if err := <-ready; err != nil {
		return nil, err
	}
	return l, nil
}

// serve runs work on a thread in the namespace. The thread is never unlocked, so it ends with this goroutine.
func (l *Lab) serve(ready chan<- error) {
	defer close(l.done)
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		ready <- fmt.Errorf("make a network namespace: %w", err)
		return
	}
	// Kernels without IPv6 have no such file.
	if err := os.WriteFile("/proc/sys/net/ipv6/conf/default/disable_ipv6", []byte("1"), 0o644); err != nil && !errors.Is(err, os.ErrNotExist) {
		ready <- err
		return
	}
	ready <- nil
	for f := range l.work {
		f()
	}
}

// Do calls f on a thread in the namespace.
func (l *Lab) Do(f func() error) error {
	result := make(chan error)
	l.work <- func() { result <- f() }
	return <-result
}

// Close leaves the namespace.
func (l *Lab) Close() {
	close(l.work)
	<-l.done
}

const mtu = 65535

// Pair makes two interfaces that are the ends of one cable, both up, for frames of up to 64 KiB.
func (l *Lab) Pair(a, b string) error {
	return l.Do(func() error {
		peer := attr(unix.IFLA_IFNAME, []byte(b+"\x00"))
		peer = attr(1, append(make([]byte, unix.SizeofIfInfomsg), peer...)) // VETH_INFO_PEER
		info := append(attr(unix.IFLA_INFO_KIND, []byte("veth")), attr(unix.IFLA_INFO_DATA, peer)...)
		body := append(attr(unix.IFLA_IFNAME, []byte(a+"\x00")), attr(unix.IFLA_LINKINFO, info)...)
		if err := netlink(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL, body); err != nil {
			return fmt.Errorf("make veth %s, %s: %w", a, b, err)
		}
		for _, name := range []string{a, b} {
			if err := errors.Join(setMTU(name), setUp(name, true)); err != nil {
				return err
			}
		}
		return errors.Join(running(a), running(b))
	})
}

// running waits, for 2 s at most, until an interface that is up carries frames: what is sent before is lost.
func running(name string) error {
	for range 1000 {
		ready := false
		err := ioctl(name, unix.SIOCGIFFLAGS, func(r *unix.Ifreq) {}, func(r *unix.Ifreq) { ready = r.Uint16()&unix.IFF_RUNNING != 0 })
		if err != nil {
			return err
		}
		wait := 2 // ms
		if ready {
			wait = 50 // the kernel says so just before it is so
		}
		if _, err := unix.Poll(nil, wait); err != nil && !errors.Is(err, unix.EINTR) || ready {
			return err
		}
	}
	return fmt.Errorf("%s does not come up", name)
}

// Set takes an interface up or down.
func (l *Lab) Set(name string, up bool) error {
	return l.Do(func() error { return setUp(name, up) })
}

// Remove removes an interface and the other end of its cable.
func (l *Lab) Remove(name string) error {
	return l.Do(func() error {
		return netlink(unix.RTM_DELLINK, 0, attr(unix.IFLA_IFNAME, []byte(name+"\x00")))
	})
}

// Count returns one of the kernel's counters of an interface: rx_packets, tx_packets, …
func (l *Lab) Count(name, counter string) (n uint64, err error) {
	columns := map[string]int{"rx_packets": 1, "rx_dropped": 3, "tx_packets": 9, "tx_dropped": 11}
	err = l.Do(func() error {
		text, err := os.ReadFile("/proc/thread-self/net/dev")
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(text)) {
			head, rest, _ := strings.Cut(line, ":")
			if strings.TrimSpace(head) == name {
				_, err := fmt.Sscan(strings.Fields(rest)[columns[counter]], &n)
				return err
			}
		}
		return fmt.Errorf("no interface %s", name)
	})
	return n, err
}

// attr returns a netlink attribute.
func attr(kind uint16, value []byte) []byte {
	n := 4 + len(value)
	b := binary.NativeEndian.AppendUint16(nil, uint16(n))
	b = binary.NativeEndian.AppendUint16(b, kind)
	return append(append(b, value...), make([]byte, -n&3)...)
}

// netlink sends one request about a link and waits for the answer.
func netlink(kind, flags uint16, attrs []byte) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	n := unix.SizeofNlMsghdr + unix.SizeofIfInfomsg + len(attrs)
	b := binary.NativeEndian.AppendUint32(nil, uint32(n))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = binary.NativeEndian.AppendUint16(b, flags|unix.NLM_F_REQUEST|unix.NLM_F_ACK)
	b = append(b, make([]byte, 8+unix.SizeofIfInfomsg)...)
	if err := unix.Sendto(fd, append(b, attrs...), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	answer := make([]byte, 4096)
	if n, _, err = unix.Recvfrom(fd, answer, 0); err != nil {
		return err
	}
	if n < 20 {
		return errors.New("netlink: short answer")
	}
	if code := int32(binary.NativeEndian.Uint32(answer[16:])); code != 0 {
		return unix.Errno(-code)
	}
	return nil
}

// ioctl changes an interface, or asks about it.
func ioctl(name string, op uint, change func(*unix.Ifreq), answer ...func(*unix.Ifreq)) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	req, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	if op == unix.SIOCSIFFLAGS {
		if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, req); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	change(req)
	if err := unix.IoctlIfreq(fd, op, req); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for _, f := range answer {
		f(req)
	}
	return nil
}

func setUp(name string, up bool) error {
	return ioctl(name, unix.SIOCSIFFLAGS, func(r *unix.Ifreq) {
		flags := r.Uint16() | unix.IFF_UP | unix.IFF_NOARP
		if !up {
			flags &^= unix.IFF_UP
		}
		r.SetUint16(flags)
	})
}

func setMTU(name string) error {
	return ioctl(name, unix.SIOCSIFMTU, func(r *unix.Ifreq) { r.SetUint32(mtu) })
}

// Player sends frames from one end of a cable.
type Player struct{ fd int }

// Player returns a player at the named interface.
func (l *Lab) Player(name string) (p *Player, err error) {
	err = l.Do(func() error {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		p = &Player{fd}
		return p.attach(name)
	})
	return p, err
}

func (p *Player) attach(name string) error {
	req, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(p.fd, unix.SIOCGIFINDEX, req); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", name, err), unix.Close(p.fd))
	}
	return unix.Bind(p.fd, &unix.SockaddrLinklayer{Ifindex: int(req.Uint32())})
}

// Send puts one Ethernet frame on the cable. It is there when Send returns.
func (p *Player) Send(frame []byte) error {
	_, err := unix.Write(p.fd, frame)
	return err
}

// Close lets go of the interface.
func (p *Player) Close() error { return unix.Close(p.fd) }
