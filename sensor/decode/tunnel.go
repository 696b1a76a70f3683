package decode

// TunnelKind is a kind of tunnel.
type TunnelKind uint8

// Tunnel kinds. Where the two directions of a tunnel have different identifiers (GTP-U, PPTP, L2TP), the
// identifier is left out, or a connection would fall apart into two flows.
const (
	NoTunnel TunnelKind = iota
	IPinIP              // IPv4 or IPv6 in IPv4 or IPv6; no identifier
	GRE                 // the key, if there is one
	NVGRE               // the virtual subnet id
	ERSPAN              // the session id
	VXLAN               // the VNI
	GENEVE              // the VNI
	GTPU                // no identifier
	PPTP                // no identifier
	L2TP                // no identifier
)

var tunnelNames = [...]string{
	NoTunnel: "", IPinIP: "ip-in-ip", GRE: "gre", NVGRE: "nvgre", ERSPAN: "erspan",
	VXLAN: "vxlan", GENEVE: "geneve", GTPU: "gtp-u", PPTP: "pptp", L2TP: "l2tp",
}

// String returns the kind in lower case, "" for NoTunnel.
func (k TunnelKind) String() string {
	if int(k) < len(tunnelNames) {
		return tunnelNames[k]
	}
	return "unknown"
}

// A network number (reassembly.Flow.Net) is 0 outside of tunnels. Otherwise its upper 4
// bits are the kind of the innermost tunnel and the lower 28 bits say which one:
//
//	bit 27 clear  bits 26..0 are the identifier itself; a single tunnel
//	bit 27 set    bits 26..0 are a digest of the identifier and of the tunnels around it
const (
	netKindShift = 28
	netDigest    = 1 << 27
	netMask      = netDigest - 1
)

// Net returns the network number of the tunnel of the given kind and identifier
// inside of the network outer.
func Net(outer uint32, kind TunnelKind, id uint32) uint32 {
	n := uint32(kind) << netKindShift
	if outer == 0 && id <= netMask {
		return n | id
	}
	h := (uint64(outer)<<32 | uint64(id)) * 0x9e3779b97f4a7c15
	h ^= h >> 29
	h *= 0xbf58476d1ce4e5b9
	return n | netDigest | uint32(h>>37)&netMask
}

// Tunnel takes a network number apart. id is the identifier iff exact, otherwise a digest
// of it and of the tunnels around.
func Tunnel(net uint32) (kind TunnelKind, id uint32, exact bool) {
	return TunnelKind(net >> netKindShift), net & netMask, net&netDigest == 0
}
