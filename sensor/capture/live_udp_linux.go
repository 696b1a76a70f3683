package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// UDP receives datagrams that a mirror sends to this host: VXLAN, GENEVE or another tunnel
// over UDP, told by the port listened on as package decode tells it from a frame. A port
// that is no tunnel's is read as VXLAN. It belongs to one goroutine, except that Stop may be called from any.
type UDP struct {
	conn    *net.UDPConn
	raw     int // the socket of conn, valid while it is open
	dst     netip.AddrPort
	buf     []byte // headroom for the headers, then the datagram
	oob     []byte
	stats   LiveStats
	dropped uint32 // the kernel's counter when it was last read
	stop    atomic.Bool
}

const (
	headersMax = 40 + 8 // IPv6 and UDP
	vxlanPort  = 4789
)

// tunnelPort returns the port by which decode knows what is in a datagram for port.
func tunnelPort(port uint16) uint16 {
	switch port {
	case 2152, 4754, vxlanPort, 4790, 6081, 8472: // GTP-U, GRE, VXLAN, VXLAN-GPE, GENEVE, old VXLAN
		return port
	}
	return vxlanPort
}

// ListenUDP listens on an address and port of this host; buffer is the size of the
// kernel's queue in bytes, 0 for DefaultRing. What the system allows at most is taken silently.
func ListenUDP(addr string, buffer int) (*UDP, error) {
	at, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, fmt.Errorf("listen for mirrored datagrams: %w", err)
	}
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	if err != nil {
		return nil, fmt.Errorf("listen for mirrored datagrams: %w", err)
	}
	if buffer == 0 {
		buffer = DefaultRing
	}
	at = conn.LocalAddr().(*net.UDPAddr).AddrPort()
	u := &UDP{
		conn: conn, dst: netip.AddrPortFrom(at.Addr().Unmap(), tunnelPort(at.Port())),
		buf: make([]byte, headersMax+64<<10), oob: make([]byte, 128),
	}
	if err := u.prepare(buffer); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return u, nil
}

// prepare asks for kernel times and a long queue.
func (u *UDP) prepare(buffer int) error {
	raw, err := u.conn.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		u.raw = int(fd)
		failed = unix.SetsockoptInt(u.raw, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
		if unix.SetsockoptInt(u.raw, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, buffer) != nil {
			// Without CAP_NET_ADMIN the system's limit holds.
			failed = errors.Join(failed, unix.SetsockoptInt(u.raw, unix.SOL_SOCKET, unix.SO_RCVBUF, buffer))
		}
	})
	return errors.Join(err, failed)
}

// Addr is the address that is listened on.
func (u *UDP) Addr() net.Addr { return u.conn.LocalAddr() }

// Next fills f with the next datagram as a raw IP packet. f.Data is valid until the next
// call. It returns ErrIdle when none came for 100 ms and io.EOF after Stop, when the
// queue is empty.
func (u *UDP) Next(f *Frame) error {
	for {
		wait := idleEvery
		if u.stop.Load() {
			wait = time.Millisecond
		}
		// A deadline of the past would leave the queue unread.
		if err := u.conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
			return fmt.Errorf("receive mirrored datagrams: %w", err)
		}
		n, oobn, flags, from, err := u.conn.ReadMsgUDPAddrPort(u.buf[headersMax:], u.oob)
		switch {
		case err == nil:
			u.stats.Delivered++
			u.fill(f, n, flags, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), u.arrival(oobn))
			return nil
		case !errors.Is(err, os.ErrDeadlineExceeded):
			if u.stop.Load() {
				return io.EOF
			}
			return fmt.Errorf("receive mirrored datagrams: %w", err)
		case u.stop.Load():
			return io.EOF
		default:
			f.Time = time.Now().Add(-idleEvery).UnixNano()
			return ErrIdle
		}
	}
}

// arrival returns the kernel's time of arrival out of the ancillary data.
func (u *UDP) arrival(n int) int64 {
	for oob := u.oob[:n]; len(oob) > 0; {
		h, data, rest, err := unix.ParseOneSocketControlMessage(oob)
		if err != nil {
			break
		}
		if h.Level == unix.SOL_SOCKET && h.Type == unix.SO_TIMESTAMPNS && len(data) >= int(unsafe.Sizeof(unix.Timespec{})) {
			return (*unix.Timespec)(unsafe.Pointer(&data[0])).Nano()
		}
		oob = rest
	}
	return time.Now().UnixNano()
}

// fill writes the headers that the kernel took off back before the datagram of n bytes.
func (u *UDP) fill(f *Frame, n, flags int, from netip.AddrPort, at int64) {
	b := u.buf[:headersMax+n]
	src, dst := from.Addr(), u.dst.Addr()
	if dst.IsUnspecified() || src.Is4() != dst.Is4() {
		dst = src // the kernel was not asked which of its addresses was meant
	}
	udp := b[headersMax-8:]
	be := binary.BigEndian
	be.PutUint16(udp, from.Port())
	be.PutUint16(udp[2:], u.dst.Port())
	be.PutUint16(udp[4:], uint16(n+8))
	be.PutUint16(udp[6:], 0)
	start := headersMax - 8
	if src.Is4() {
		start -= 20
		ip := b[start:]
		s, d := src.As4(), dst.As4()
		copy(ip, []byte{0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, unix.IPPROTO_UDP, 0, 0})
		be.PutUint16(ip[2:], uint16(n+28))
		copy(ip[12:], s[:])
		copy(ip[16:], d[:])
	} else {
		start -= 40
		ip := b[start:]
		s, d := src.As16(), dst.As16()
		copy(ip, []byte{0x60, 0, 0, 0, 0, 0, unix.IPPROTO_UDP, 64})
		be.PutUint16(ip[4:], uint16(n+8))
		copy(ip[8:], s[:])
		copy(ip[24:], d[:])
	}
	*f = Frame{Data: b[start:], Time: at, WireLen: len(b) - start, Link: LinkRaw}
	if flags&unix.MSG_TRUNC != 0 {
		f.WireLen++ // it was longer; nobody says how much
	}
}

// memInfo returns what the kernel says of the socket's queue: SK_MEMINFO_*.
func (u *UDP) memInfo() (mem [9]uint32, ok bool) {
	size := uint32(unsafe.Sizeof(mem))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(u.raw), unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&mem)), uintptr(unsafe.Pointer(&size)), 0)
	return mem, errno == 0 && int(size) == len(mem)*4
}

// Stats returns the counters up to now. What still waits in the queue is not among them.
func (u *UDP) Stats() LiveStats {
	if mem, ok := u.memInfo(); ok {
		u.stats.Drops += uint64(mem[8] - u.dropped) // SK_MEMINFO_DROPS, which wraps
		u.dropped = mem[8]
	}
	u.stats.Packets = u.stats.Delivered + u.stats.Drops
	return u.stats
}

// Pressed reports whether the queue is half full.
func (u *UDP) Pressed() bool {
	mem, ok := u.memInfo()
	return ok && mem[0] > mem[1]/2 // SK_MEMINFO_RMEM_ALLOC, SK_MEMINFO_RCVBUF
}

// Stop makes Next return what is queued and then io.EOF.
func (u *UDP) Stop() { u.stop.Store(true) }

// Close stops listening.
func (u *UDP) Close() error { return u.conn.Close() }
