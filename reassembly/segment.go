package reassembly

import "net/netip"

// Addr is an IPv4 (mapped, RFC 4291, Section 2.5.5.2) or IPv6 address with a
// port. It is comparable and holds no pointer.
type Addr struct {
	IP   [16]byte
	Port uint16
}

// AddrPort returns a with IPv4-mapped addresses unmapped.
func (a Addr) AddrPort() netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom16(a.IP).Unmap(), a.Port)
}

// AddrOf returns the Addr for ap; IPv4 addresses are stored mapped, zones are dropped.
func AddrOf(ap netip.AddrPort) Addr {
	return Addr{IP: ap.Addr().As16(), Port: ap.Port()}
}

// Flow is the directed 5-tuple of a TCP segment (the protocol is always TCP)
// together with the network it was seen in.
type Flow struct {
	Src, Dst Addr
	// Net separates overlay networks that reuse addresses: the tunnel's kind in
	// the upper 4 bits, its identifier (VNI, GRE key, …) or a digest in the
	// others, 0 outside tunnels. A kind without identifier separates nothing, so
	// that a connection may be tunnelled in one direction only.
	// VLAN ids are not part of it: a SPAN port often shows one packet with two tags.
	Net uint32
}

// netID are the bits of Flow.Net that hold the identifier.
const netID = 1<<28 - 1

// Overlay returns what separates the flow from others with its addresses, 0 for nothing.
func (f *Flow) Overlay() uint32 {
	if f.Net&netID == 0 {
		return 0
	}
	return f.Net
}

// Reverse returns the flow of the other direction.
func (f Flow) Reverse() Flow { return Flow{Src: f.Dst, Dst: f.Src, Net: f.Net} }

// Flags are the TCP control bits, RFC 9293, Section 3.1.
type Flags uint8

// TCP control bits.
const (
	FIN Flags = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
)

// Segment is one TCP segment as decode hands it on.
type Segment struct {
	Flow     Flow
	Time     int64  // packet time, nanoseconds since the Unix epoch
	Seq, Ack uint32 // Ack is valid iff Flags has ACK
	Flags    Flags
	Window   uint16 // as on the wire, unscaled
	// Payload is what the capture kept of the segment's data. It aliases the
	// frame and is valid until the next frame is read.
	Payload []byte
	// Cut is the number of bytes that followed Payload on the wire and that
	// the capture did not keep (snap length).
	Cut uint32
}
