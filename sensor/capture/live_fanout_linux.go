package capture

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// OpenFanout attaches n rings to interfaces, of which each frame comes to one: to the ring whose number is the
// remainder by n of what split returns for the frame (PACKET_FANOUT_CBPF). Each ring may be read
// by a goroutine of its own. Rights and errors are those of OpenLive; n is 1 to MaxRings.
func OpenFanout(cfg LiveConfig, n int, split []bpf.RawInstruction) ([]*Live, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if n < 1 || n > MaxRings {
		return nil, fmt.Errorf("capture: %d rings: must be 1 to %d", n, MaxRings)
	}
	cfg.Ring = max(cfg.Ring/n, MinRing)
	var rings []*Live
	fail := func(err error) ([]*Live, error) {
		for _, l := range rings {
			err = errors.Join(err, l.Close())
		}
		return nil, err
	}
	group := 0
	for i := range n {
		// A member of a fanout cannot change its interface, so all members listen to all of them and
		// leave the choice to the filter, which can.
		l, err := newLive(cfg, true)
		if err != nil {
			return fail(err)
		}
		l.member = i
		rings = append(rings, l)
		if group, err = l.join(group, split); err != nil {
			return fail(err)
		}
	}
	for _, l := range rings {
		if err := l.filter(); err != nil {
			return fail(err)
		}
		l.watch(time.Now())
	}
	return rings, nil
}

// join makes the ring a member of a group, of a new one if its number is 0. Until all are members nothing
// passes the filter.
func (l *Live) join(group int, split []bpf.RawInstruction) (int, error) {
	if err := l.find(); err != nil {
		return 0, err
	}
	if l.cfg.HardwareTimes {
		l.clock = l.useClocks()
	}
	if err := errors.Join(l.program([]bpf.RawInstruction{returns(0)}), l.share(), l.attach()); err != nil {
		return 0, err
	}
	kind := unix.PACKET_FANOUT_CBPF
	if group == 0 {
		kind |= unix.PACKET_FANOUT_FLAG_UNIQUEID
	}
	if err := unix.SetsockoptInt(l.fd, unix.SOL_PACKET, unix.PACKET_FANOUT, kind<<16|group); err != nil {
		return 0, fmt.Errorf("share frames among rings: %w", err)
	}
	if group != 0 {
		return group, nil
	}
	if err := l.attachProgram(unix.SOL_PACKET, unix.PACKET_FANOUT_DATA, split); err != nil {
		return 0, fmt.Errorf("tell how frames are shared: %w", err)
	}
	got, err := unix.GetsockoptInt(l.fd, unix.SOL_PACKET, unix.PACKET_FANOUT)
	if err != nil {
		return 0, fmt.Errorf("share frames among rings: %w", err)
	}
	return got & 0xffff, nil
}

// errNotAsked says why the kernel's times are used.
var errNotAsked = errors.New("hardware times were not asked for")

// useClocks asks the interfaces for the times of their clocks. The error says why they will not be used.
func (l *Live) useClocks() error {
	if l.cfg.any() {
		return errors.New("interfaces that are not named are not asked for times")
	}
	for _, name := range l.cfg.Interfaces {
		if now, err := unix.IoctlGetHwTstamp(l.fd, name); err == nil && now.Rx_filter == unix.HWTSTAMP_FILTER_ALL {
			continue
		}
		// Changing it needs CAP_NET_ADMIN.
		want := unix.HwTstampConfig{Tx_type: unix.HWTSTAMP_TX_OFF, Rx_filter: unix.HWTSTAMP_FILTER_ALL}
		if err := unix.IoctlSetHwTstamp(l.fd, name, &want); err != nil {
			return fmt.Errorf("interface %s gives no times: %w", name, err)
		}
		if want.Rx_filter != unix.HWTSTAMP_FILTER_ALL {
			return fmt.Errorf("interface %s gives times to some frames only", name)
		}
	}
	if err := unix.SetsockoptInt(l.fd, unix.SOL_PACKET, unix.PACKET_TIMESTAMP, unix.SOF_TIMESTAMPING_RAW_HARDWARE); err != nil {
		return fmt.Errorf("ask for hardware times: %w", err)
	}
	return nil
}

// Clock returns nil if frames get the time of the interfaces' clocks, as far as they give one, and otherwise why not.
func (l *Live) Clock() error { return l.clock }
