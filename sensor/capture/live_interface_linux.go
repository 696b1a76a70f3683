package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// look returns the number of an interface, 0 if there is none of its name, and whether
// it is up and has a carrier.
func (l *Live) look(name string) (index int, up bool, err error) {
	req, err := unix.NewIfreq(name)
	if err != nil {
		return 0, false, noInterface(name)
	}
	if err := unix.IoctlIfreq(l.fd, unix.SIOCGIFINDEX, req); errors.Is(err, unix.ENODEV) {
		return 0, false, nil
	} else if err != nil {
		return 0, false, fmt.Errorf("look for interface %s: %w", name, err)
	}
	index = int(req.Uint32())
	if err := unix.IoctlIfreq(l.fd, unix.SIOCGIFFLAGS, req); err != nil {
		return index, false, nil // it went away in between
	}
	const ready = unix.IFF_UP | unix.IFF_RUNNING
	return index, req.Uint16()&ready == ready, nil
}

// hardware learns the link type of an interface and reports whether it is a loopback.
func (l *Live) hardware(name string) (loopback bool, err error) {
	req, err := unix.NewIfreq(name)
	if err != nil {
		return false, err
	}
	if err := unix.IoctlIfreq(l.fd, unix.SIOCGIFHWADDR, req); err != nil {
		return false, fmt.Errorf("ask for the link type of %s: %w", name, err)
	}
	kind := req.Uint16() // sa_family of ifr_hwaddr
	link, known := linkOf(kind)
	if !known && !l.all && l.cfg.Filter != nil {
		return false, fmt.Errorf("interface %s has hardware type %d, for which there are no filters", name, kind)
	}
	l.link, l.mixed = link, l.mixed || !known
	return kind == unix.ARPHRD_LOOPBACK, nil
}

// linkOf returns the link type of a hardware type; of unknown ones what is behind the link header.
func linkOf(kind uint16) (link LinkType, known bool) {
	switch kind {
	case unix.ARPHRD_ETHER, unix.ARPHRD_LOOPBACK:
		return LinkEthernet, true
	case unix.ARPHRD_NONE, unix.ARPHRD_RAWIP, unix.ARPHRD_TUNNEL, unix.ARPHRD_TUNNEL6, unix.ARPHRD_SIT, unix.ARPHRD_PPP:
		return LinkRaw, true
	}
	return LinkRaw, false
}

// frameLink says what frame h, in the ring from start to end, begins with, and returns where f begins.
func (l *Live) frameLink(h *unix.Tpacket3Hdr, f *Frame, start, end int) int {
	from := (*unix.RawSockaddrLinklayer)(unsafe.Pointer(&l.ring[l.packet+unix.SizeofTpacket3Hdr]))
	link, known := linkOf(from.Hatype)
	f.Link = link
	if known {
		return start
	}
	head := min(max(int(h.Net)-int(h.Mac), 0), end-start)
	f.WireLen -= head
	return start + head
}

// attach begins to receive, from the interface or from all.
func (l *Live) attach() error {
	var every [2]byte
	binary.BigEndian.PutUint16(every[:], unix.ETH_P_ALL)
	at := &unix.SockaddrLinklayer{Protocol: binary.NativeEndian.Uint16(every[:])}
	if !l.all {
		at.Ifindex = l.index[0]
	}
	if err := unix.Bind(l.fd, at); err != nil {
		return fmt.Errorf("attach to %s: %w", l.cfg.Interfaces[0], err)
	}
	for i := range l.index {
		if err := l.promiscuous(i); err != nil {
			return err
		}
	}
	return nil
}

// promiscuous makes the i-th interface hear frames to other addresses, if that is wanted.
func (l *Live) promiscuous(i int) error {
	if !l.cfg.Promiscuous || l.member > 0 {
		return nil
	}
	mreq := unix.PacketMreq{Ifindex: int32(l.index[i]), Type: unix.PACKET_MR_PROMISC}
	if err := unix.SetsockoptPacketMreq(l.fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &mreq); err != nil {
		return fmt.Errorf("make %s promiscuous: %w", l.cfg.Interfaces[i], err)
	}
	return nil
}

// again attaches to the i-th interface, which was made anew.
func (l *Live) again(i int) error {
	if !l.all {
		return l.attach()
	}
	return errors.Join(l.filter(), l.promiscuous(i))
}

// watch looks what became of the interfaces, attaches again to those that were made anew
// under the same name, and keeps the kernel's counters from wrapping.
func (l *Live) watch(now time.Time) {
	l.watched = now
	l.count()
	all := true
	for i, was := range l.index {
		index, up, err := l.look(l.cfg.Interfaces[i])
		if err != nil {
			return // no answer is no news
		}
		if index != was {
			l.index[i] = index
			// After Stop the filter lets nothing through, and stays.
			if index != 0 && l.stopped.IsZero() && l.again(i) != nil {
				l.index[i], up = 0, false
			}
		}
		all = all && up && l.index[i] != 0
	}
	if l.member == 0 {
		l.stats.outage(all, now.UnixNano())
	}
}

// choose gives the kernel a program that takes frames of the interfaces and no others, and of a loopback
// interface each once.
func (l *Live) choose(keep int) error {
	var p []bpf.Instruction
	if len(l.index) > 0 {
		p = append(p, bpf.LoadExtension{Num: bpf.ExtInterfaceIndex})
		for i, index := range l.index {
			p = append(p, bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(index), SkipTrue: uint8(len(l.index) - i)})
		}
		p = append(p, bpf.RetConstant{Val: 0})
	}
	p = append(p, bpf.LoadExtension{Num: bpf.ExtType})
	if l.cfg.IgnoreOutgoing {
		p = append(p, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.PACKET_OUTGOING, SkipTrue: 1})
	} else {
		p = append(p, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.PACKET_OUTGOING, SkipTrue: 3},
			bpf.LoadExtension{Num: bpf.ExtLinkLayerType}, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.ARPHRD_LOOPBACK, SkipTrue: 1})
	}
	p = append(p, bpf.RetConstant{Val: 0})
	if l.cfg.Filter == nil {
		p = append(p, bpf.RetConstant{Val: uint32(keep)})
	}
	prog, err := bpf.Assemble(p)
	if err == nil && l.cfg.Filter != nil {
		prog, err = l.filterEach(prog, keep)
	}
	if err != nil {
		return err
	}
	return l.program(prog)
}

// filterEach appends the filter for Ethernet, and the one for the others.
func (l *Live) filterEach(prog []bpf.RawInstruction, keep int) ([]bpf.RawInstruction, error) {
	ether, err := l.cfg.Filter(LinkEthernet, keep)
	if err != nil {
		return nil, err
	}
	raw, err := l.cfg.Filter(LinkRaw, keep)
	if err != nil {
		return nil, err
	}
	which, err := bpf.Assemble([]bpf.Instruction{
		bpf.LoadExtension{Num: bpf.ExtLinkLayerType},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.ARPHRD_ETHER, SkipTrue: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.ARPHRD_LOOPBACK, SkipTrue: 1},
		bpf.Jump{Skip: uint32(len(ether))},
	})
	return append(append(append(prog, which...), ether...), raw...), err
}
