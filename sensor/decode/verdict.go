package decode

// Verdict says what a frame turned out to be. Only TCP and UDP fill the segment.
type Verdict uint8

// Verdicts.
const (
	// TCP: the segment is complete.
	TCP Verdict = iota
	// UDP: the segment's Flow, Time, Payload and Cut are valid. A datagram that
	// carries a tunnel is not UDP but what is in the tunnel.
	UDP
	// ARP is ARP or RARP.
	ARP
	// NotIP is another network protocol: LLC control, LLDP, MACsec, PPP control, …
	NotIP
	// OtherTransport is IP with another payload: ICMP, ESP, SCTP, …
	OtherTransport
	// Fragment was kept until its datagram is complete.
	Fragment
	// FragmentDuplicate repeats a fragment that was seen.
	FragmentDuplicate
	// FragmentBad is malformed, contradicts its datagram, or belongs to one that was given up.
	FragmentBad
	// UnknownLink is a link type that is not decoded.
	UnknownLink
	// TruncatedHeader: the capture kept too little to know more.
	TruncatedHeader
	// BadHeader: a header contradicts itself.
	BadHeader
	// TooDeep: more tunnels or headers inside each other than the limits allow.
	TooDeep
	// BadChecksum: the TCP checksum is wrong and Config.Checksums says that this matters.
	BadChecksum

	// Verdicts is the number of verdicts.
	Verdicts
)

var verdictNames = [Verdicts]string{
	TCP: "tcp", UDP: "udp", ARP: "arp", NotIP: "not-ip", OtherTransport: "other-transport",
	Fragment: "fragment", FragmentDuplicate: "fragment-duplicate", FragmentBad: "fragment-bad",
	UnknownLink: "unknown-link", TruncatedHeader: "truncated-header", BadHeader: "bad-header",
	TooDeep: "too-deep", BadChecksum: "bad-checksum",
}

// String returns the verdict in kebab case.
func (v Verdict) String() string {
	if v < Verdicts {
		return verdictNames[v]
	}
	return "unknown"
}
