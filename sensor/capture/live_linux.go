package capture

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

const (
	blockMax    = 1 << 20   // bytes; a frame of MaxFrame fits
	blockMin    = 128 << 10 // bytes; a frame of 64 KiB fits
	retire      = 40 * time.Millisecond
	watchEvery  = 500 * time.Millisecond
	drainWithin = time.Second
	// settle is how long after its arrival a frame may still be on its way through the ring.
	settle  = 4 * retire
	vlanTag = 4
)

// Live takes frames from network interfaces through a ring that it shares with
// the kernel (TPACKET_V3). It belongs to one goroutine, except that Stop may
// be called from any.
type Live struct {
	cfg    LiveConfig
	fd     int
	all    bool     // attached to all interfaces, of which a filter chooses
	link   LinkType // of the interface
	mixed  bool     // link is not known: every frame says its own
	member int      // number in a fanout
	clock  error    // why the interfaces' clocks are not used; nil: they are

	ring      []byte
	blockSize int
	block     int    // offset in ring of the block that is read, or is next
	held      bool   // the block is ours
	packet    int    // offset in ring of the next frame of the held block
	left      uint32 // frames left in the held block

	index   []int // of the interfaces; 0 while one is away, nothing for Any
	stats   LiveStats
	idled   time.Time // when ErrIdle was last returned
	watched time.Time // when the interface was last looked at

	stop    atomic.Bool
	stopped time.Time // when the kernel was told to take no more; zero before
}

// OpenLive attaches to interfaces. It needs CAP_NET_RAW and nothing else, and that
// only until it returns. The error is a [NoInterfaceError], or wraps a system error.
func OpenLive(cfg LiveConfig) (*Live, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	l, err := newLive(cfg, cfg.any() || len(cfg.Interfaces) > 1)
	if err != nil {
		return nil, err
	}
	if err := l.open(); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// newLive makes a socket to which nothing comes before filter and ring are in place.
func newLive(cfg LiveConfig, all bool) (*Live, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open packet socket: %w", err)
	}
	l := &Live{cfg: cfg, fd: fd, all: all, mixed: all, idled: time.Now(), clock: errNotAsked}
	if !cfg.any() {
		l.index = make([]int, len(cfg.Interfaces))
	}
	return l, nil
}

// open looks for the interfaces and begins to receive.
func (l *Live) open() error {
	if err := l.find(); err != nil {
		return err
	}
	if err := l.filter(); err != nil {
		return err
	}
	if !l.all && l.cfg.IgnoreOutgoing {
		if err := unix.SetsockoptInt(l.fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1); err != nil {
			return fmt.Errorf("ignore outgoing packets: %w", err)
		}
	}
	if l.cfg.HardwareTimes {
		l.clock = l.useClocks()
	}
	if err := l.share(); err != nil {
		return err
	}
	if err := l.attach(); err != nil {
		return err
	}
	l.watch(time.Now())
	return nil
}

// find looks for the interfaces and learns their link type.
func (l *Live) find() error {
	for i, name := range l.cfg.Interfaces {
		if l.cfg.any() {
			return nil
		}
		var err error
		if l.index[i], _, err = l.look(name); err != nil {
			return err
		}
		if l.index[i] == 0 {
			return noInterface(name)
		}
		loopback, err := l.hardware(name)
		if err != nil {
			return err
		}
		l.cfg.IgnoreOutgoing = l.cfg.IgnoreOutgoing || loopback && !l.all // the filter sees to it for all
	}
	return nil
}

// noInterface returns the error for an interface that does not exist.
func noInterface(name string) error {
	e := &NoInterfaceError{Name: name}
	if all, err := net.Interfaces(); err == nil {
		for _, i := range all {
			e.Have = append(e.Have, i.Name)
		}
	}
	slices.Sort(e.Have)
	return e
}

// filter gives the kernel the program for every frame.
func (l *Live) filter() error {
	keep := l.cfg.SnapLen
	if keep == 0 {
		keep = MaxFrame
	}
	if l.all {
		return l.choose(keep)
	}
	if l.cfg.Filter == nil {
		return l.program([]bpf.RawInstruction{returns(uint32(keep))})
	}
	prog, err := l.cfg.Filter(l.link, keep)
	if err != nil {
		return err
	}
	return l.program(prog)
}

// returns is the instruction that ends a filter: keep n bytes.
func returns(n uint32) bpf.RawInstruction { return bpf.RawInstruction{Op: unix.BPF_RET, K: n} }

// program attaches a filter.
func (l *Live) program(prog []bpf.RawInstruction) error {
	if err := l.attachProgram(unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, prog); err != nil {
		return fmt.Errorf("attach filter: %w", err)
	}
	return nil
}

func (l *Live) attachProgram(level, option int, prog []bpf.RawInstruction) error {
	raw := make([]unix.SockFilter, len(prog))
	for i, p := range prog {
		raw[i] = unix.SockFilter{Code: p.Op, Jt: p.Jt, Jf: p.Jf, K: p.K}
	}
	return unix.SetsockoptSockFprog(l.fd, level, option, &unix.SockFprog{Len: uint16(len(raw)), Filter: &raw[0]})
}

// share makes the ring and maps it.
func (l *Live) share() error {
	if err := unix.SetsockoptInt(l.fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V3); err != nil {
		return fmt.Errorf("ask for TPACKET_V3: %w", err)
	}
	// Room to put the VLAN tag back that the kernel took out.
	if err := unix.SetsockoptInt(l.fd, unix.SOL_PACKET, unix.PACKET_RESERVE, vlanTag); err != nil {
		return fmt.Errorf("reserve room for VLAN tags: %w", err)
	}
	l.blockSize = blockMax
	for l.blockSize > blockMin && l.cfg.Ring/l.blockSize < 8 {
		l.blockSize /= 2
	}
	blocks := (l.cfg.Ring + l.blockSize - 1) / l.blockSize
	const slot = 2048 // with TPACKET_V3 frames have any size; the kernel only checks the arithmetic
	req := unix.TpacketReq3{
		Block_size: uint32(l.blockSize), Block_nr: uint32(blocks),
		Frame_size: slot, Frame_nr: uint32(blocks * l.blockSize / slot),
		Retire_blk_tov: uint32(retire.Milliseconds()),
	}
	if err := unix.SetsockoptTpacketReq3(l.fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &req); err != nil {
		return fmt.Errorf("make a ring of %d bytes: %w", blocks*l.blockSize, err)
	}
	ring, err := unix.Mmap(l.fd, 0, blocks*l.blockSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("map the ring: %w", err)
	}
	l.ring = ring
	return nil
}

// Next fills f with the next frame. f.Data aliases the ring until the next call.
// It returns ErrIdle at least every 100 ms in which there is nothing to read, and
// io.EOF after Stop, when what had arrived by then has been read.
func (l *Live) Next(f *Frame) error {
	for {
		if l.left > 0 {
			l.frame(f)
			return nil
		}
		l.release()
		if l.acquire() {
			continue
		}
		if err := l.wait(f); err != nil {
			return err
		}
	}
}

func (l *Live) blockHeader() *unix.TpacketHdrV1 {
	desc := (*unix.TpacketBlockDesc)(unsafe.Pointer(&l.ring[l.block]))
	return (*unix.TpacketHdrV1)(unsafe.Pointer(&desc.Hdr))
}

// acquire takes the next block if the kernel has handed it over.
func (l *Live) acquire() bool {
	h := l.blockHeader()
	if atomic.LoadUint32(&h.Block_status)&unix.TP_STATUS_USER == 0 {
		return false
	}
	l.held = true
	l.left = h.Num_pkts
	l.packet = l.block + int(h.Offset_to_first_pkt)
	if now := time.Now(); now.Sub(l.watched) >= watchEvery {
		l.watch(now)
	}
	return true
}

// release gives the held block back to the kernel.
func (l *Live) release() {
	if !l.held {
		return
	}
	atomic.StoreUint32(&l.blockHeader().Block_status, unix.TP_STATUS_KERNEL)
	l.held = false
	if l.block += l.blockSize; l.block == len(l.ring) {
		l.block = 0
	}
}

// frame reads the next frame of the held block.
func (l *Live) frame(f *Frame) {
	h := (*unix.Tpacket3Hdr)(unsafe.Pointer(&l.ring[l.packet]))
	start := l.packet + int(h.Mac)
	end := start + int(h.Snaplen)
	*f = Frame{Time: int64(h.Sec)*1e9 + int64(h.Nsec), WireLen: int(h.Len), Link: l.link}
	if l.mixed {
		start = l.frameLink(h, f, start, end)
	}
	if h.Status&unix.TP_STATUS_TS_RAW_HARDWARE != 0 {
		l.stats.HardwareTimes++
	}
	if h.Status&unix.TP_STATUS_VLAN_VALID != 0 && f.Link == LinkEthernet && h.Snaplen >= 12 {
		start = l.retag(h, start)
		f.WireLen += vlanTag
	}
	f.Data = l.ring[start:end:end]
	l.packet += int(h.Next_offset)
	l.left--
	l.stats.Delivered++
}

// retag puts the VLAN tag back behind the addresses, where it was on the wire: they
// move into the room that was reserved before the frame. It returns the new start.
func (l *Live) retag(h *unix.Tpacket3Hdr, start int) int {
	tpid := uint16(unix.ETH_P_8021Q)
	if h.Status&unix.TP_STATUS_VLAN_TPID_VALID != 0 {
		tpid = h.Hv1.Vlan_tpid
	}
	b := l.ring[start-vlanTag : start+12]
	copy(b, b[vlanTag:])
	tci := h.Hv1.Vlan_tci
	b[12], b[13], b[14], b[15] = byte(tpid>>8), byte(tpid), byte(tci>>8), byte(tci)
	return start - vlanTag
}

// wait sleeps until there may be something to read, or returns ErrIdle or io.EOF.
func (l *Live) wait(f *Frame) error {
	now := time.Now()
	if l.stop.Load() && l.drained(now) {
		return io.EOF
	}
	if now.Sub(l.watched) >= watchEvery {
		l.watch(now)
	}
	if now.Sub(l.idled) >= idleEvery {
		l.idled = now
		f.Time = now.Add(-settle).UnixNano()
		return ErrIdle
	}
	timeout := idleEvery
	if !l.stopped.IsZero() {
		timeout = retire / 4
	}
	fds := []unix.PollFd{{Fd: int32(l.fd), Events: unix.POLLIN}}
	if _, err := unix.Poll(fds, int(timeout.Milliseconds())); err != nil && !errors.Is(err, unix.EINTR) {
		return fmt.Errorf("wait for packets: %w", err)
	}
	if fds[0].Revents&unix.POLLERR != 0 {
		// ENETDOWN, told once: watch sees what became of the interface. Reading it clears it.
		_, _ = unix.GetsockoptInt(l.fd, unix.SOL_SOCKET, unix.SO_ERROR)
		l.watch(now)
	}
	return nil
}

// drained reports whether nothing is left in the ring after Stop. The kernel's count of
// what it took decides; a deadline guards against waiting for what never comes.
func (l *Live) drained(now time.Time) bool {
	if l.stopped.IsZero() {
		l.stopped = now
		if l.program([]bpf.RawInstruction{returns(0)}) != nil {
			return true
		}
	}
	l.count()
	return l.stats.Packets == l.stats.Delivered+l.stats.Drops || now.Sub(l.stopped) > drainWithin
}

// count adds what the kernel counted since it was last asked: asking resets it.
func (l *Live) count() {
	if s, err := unix.GetsockoptTpacketStatsV3(l.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
		l.stats.Packets += uint64(s.Packets)
		l.stats.Drops += uint64(s.Drops)
	}
}

// Stats returns the counters up to now.
func (l *Live) Stats() LiveStats {
	l.count()
	s := l.stats
	s.Outages = slices.Clone(s.Outages)
	return s
}

// Pressed reports whether half of the ring waits to be read.
func (l *Live) Pressed() bool {
	half := (l.block + len(l.ring)/l.blockSize/2*l.blockSize) % len(l.ring)
	desc := (*unix.TpacketBlockDesc)(unsafe.Pointer(&l.ring[half]))
	h := (*unix.TpacketHdrV1)(unsafe.Pointer(&desc.Hdr))
	return atomic.LoadUint32(&h.Block_status)&unix.TP_STATUS_USER != 0
}

// Stop makes the kernel take no more frames; Next returns what is left and then io.EOF.
func (l *Live) Stop() { l.stop.Store(true) }

// Close releases the ring and the interface.
func (l *Live) Close() error {
	var err error
	if l.ring != nil {
		err = unix.Munmap(l.ring)
		l.ring = nil
	}
	if l.fd >= 0 {
		err = errors.Join(err, unix.Close(l.fd))
		l.fd = -1
	}
	return err
}
