package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// look returns the number of the interface, 0 if there is none of its name, and whether
// it is up and has a carrier.
func (l *Live) look() (index int, up bool, err error) {
	req, err := unix.NewIfreq(l.cfg.Interface)
	if err != nil {
		return 0, false, noInterface(l.cfg.Interface)
	}
	if err := unix.IoctlIfreq(l.fd, unix.SIOCGIFINDEX, req); errors.Is(err, unix.ENODEV) {
		return 0, false, nil
	} else if err != nil {
		return 0, false, fmt.Errorf("look for interface %s: %w", l.cfg.Interface, err)
	}
	index = int(req.Uint32())
	if err := unix.IoctlIfreq(l.fd, unix.SIOCGIFFLAGS, req); err != nil {
		return index, false, nil // it went away in between
	}
	const ready = unix.IFF_UP | unix.IFF_RUNNING
	return index, req.Uint16()&ready == ready, nil
}

// hardware learns the link type and reports whether the interface is a loopback.
func (l *Live) hardware() (loopback bool, err error) {
	req, err := unix.NewIfreq(l.cfg.Interface)
	if err != nil {
		return false, err
	}
	if err := unix.IoctlIfreq(l.fd, unix.SIOCGIFHWADDR, req); err != nil {
		return false, fmt.Errorf("ask for the link type of %s: %w", l.cfg.Interface, err)
	}
	switch kind := req.Uint16(); kind { // sa_family of ifr_hwaddr
	case unix.ARPHRD_ETHER:
		l.link = LinkEthernet
	case unix.ARPHRD_LOOPBACK:
		l.link, loopback = LinkEthernet, true
	case unix.ARPHRD_NONE, unix.ARPHRD_RAWIP, unix.ARPHRD_TUNNEL, unix.ARPHRD_TUNNEL6, unix.ARPHRD_SIT, unix.ARPHRD_PPP:
		l.link = LinkRaw
	default:
		return false, fmt.Errorf("interface %s: hardware type %d is not read", l.cfg.Interface, kind)
	}
	return loopback, nil
}

// attach begins to receive from the interface of that number.
func (l *Live) attach(index int) error {
	var all [2]byte
	binary.BigEndian.PutUint16(all[:], unix.ETH_P_ALL)
	if err := unix.Bind(l.fd, &unix.SockaddrLinklayer{Protocol: binary.NativeEndian.Uint16(all[:]), Ifindex: index}); err != nil {
		return fmt.Errorf("attach to %s: %w", l.cfg.Interface, err)
	}
	l.index = index
	if !l.cfg.Promiscuous {
		return nil
	}
	mreq := unix.PacketMreq{Ifindex: int32(index), Type: unix.PACKET_MR_PROMISC}
	if err := unix.SetsockoptPacketMreq(l.fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &mreq); err != nil {
		return fmt.Errorf("make %s promiscuous: %w", l.cfg.Interface, err)
	}
	return nil
}

// watch looks what became of the interface, attaches again to one that was made anew
// under the same name, and keeps the kernel's counters from wrapping.
func (l *Live) watch(now time.Time) {
	l.watched = now
	l.count()
	index, up, err := l.look()
	if err != nil {
		return // no answer is no news
	}
	if index != l.index {
		l.index = 0
		if index != 0 && l.attach(index) != nil {
			up = false
		}
	}
	l.stats.outage(up && l.index != 0, now.UnixNano())
}
