package capture

import "strconv"

// Link types of the LINKTYPE_ registry that decode knows, or that are met so
// often that a message should name them.
const (
	LinkNull      LinkType = 0   // BSD loopback, address family in host byte order
	LinkEthernet  LinkType = 1   // Ethernet II and IEEE 802.3
	LinkPPP       LinkType = 9   // PPP, with or without address and control bytes
	LinkRawBSD    LinkType = 12  // DLT_RAW of most systems, written by old libpcaps
	LinkRawBSDOS  LinkType = 14  // DLT_RAW of OpenBSD
	LinkPPPHDLC   LinkType = 50  // PPP in HDLC-like framing, RFC 1662
	LinkPPPoE     LinkType = 51  // PPPoE session header first, RFC 2516
	LinkRaw       LinkType = 101 // IPv4 or IPv6, told apart by the version
	LinkCHDLC     LinkType = 104 // Cisco HDLC
	LinkWLAN      LinkType = 105 // IEEE 802.11
	LinkLoop      LinkType = 108 // OpenBSD loopback, address family in network order
	LinkLinuxSLL  LinkType = 113 // Linux "cooked" capture
	LinkPrism     LinkType = 119 // IEEE 802.11 with a Prism header
	LinkRadiotap  LinkType = 127 // IEEE 802.11 with a radiotap header
	LinkUSB       LinkType = 189 // USB with a Linux header
	LinkIPv4      LinkType = 228 // IPv4
	LinkIPv6      LinkType = 229 // IPv6
	LinkNFLOG     LinkType = 239 // Linux netfilter log
	LinkUSBMmap   LinkType = 220 // USB with a padded Linux header
	LinkLinuxSLL2 LinkType = 276 // Linux "cooked" capture, version 2
)

var linkNames = map[LinkType]string{
	LinkNull: "null", LinkEthernet: "ethernet", LinkPPP: "ppp", LinkRawBSD: "raw", LinkRawBSDOS: "raw",
	LinkPPPHDLC: "ppp-hdlc", LinkPPPoE: "pppoe", LinkRaw: "raw", LinkCHDLC: "c-hdlc",
	LinkWLAN: "ieee802.11", LinkLoop: "loop", LinkLinuxSLL: "linux-sll", LinkPrism: "ieee802.11-prism",
	LinkRadiotap: "ieee802.11-radiotap", LinkUSB: "usb-linux", LinkIPv4: "ipv4", LinkIPv6: "ipv6",
	LinkNFLOG: "nflog", LinkUSBMmap: "usb-linux-mmapped", LinkLinuxSLL2: "linux-sll2",
}

// String returns the registry's name in lower case, or "linktype-N".
func (l LinkType) String() string {
	if s, ok := linkNames[l]; ok {
		return s
	}
	return "linktype-" + strconv.FormatUint(uint64(l), 10)
}
