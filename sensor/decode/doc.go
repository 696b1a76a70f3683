// Package decode turns a frame into the TCP segment (or UDP datagram) in it, through
// link layers, tunnels and IP fragments.
//
//	d := decode.New(decode.Config{})
//	var seg reassembly.Segment
//	stats[d.Frame(&f, &seg)]++ // seg is valid iff the verdict is decode.TCP or decode.UDP
//
// It knows Ethernet, IEEE 802.3 with LLC and SNAP, VLAN tags (802.1Q, 802.1ad, QinQ, in any
// number), 802.1BR and VN tags, MPLS with IP or Ethernet inside, PPPoE, PPP, Cisco HDLC, Linux cooked
// captures 1 and 2, BSD loopback, NFLOG and raw IP; IPv4 and IPv6 with their options and
// extension headers; and the tunnels that are listed at [TunnelKind].
//
// # Ownership
//
// Nothing is allocated for a frame. Segment.Payload aliases the frame, or, when a fragment
// completed a datagram, the decoder's buffer: it is valid until the next frame is read or
// decoded. A decoder belongs to one goroutine.
//
// # Lengths
//
// The IP header's length rules: bytes behind it are padding (IEEE 802.3, Section 4.2.3.3) and
// no payload; bytes that it announces and that the capture did not keep are
// Segment.Cut. An IPv4 total length or IPv6 payload length of 0 is what segmentation offload leaves in
// packets above 64 KiB: then the length of the frame on the wire rules. Checksums
// are not verified unless [Config] asks for it: on a host that offloads them all outgoing ones are wrong.
//
// # Limits
//
//   - Tunnels inside each other: 4 ([MaxTunnels]). Deeper: verdict too-deep.
//   - Headers below the transport, of all kinds together: 64. More: verdict too-deep. Together
//     these bound the work for a frame.
//   - Fragments: see package ipfrag, whose counters Decoder.Fragments returns.
//
// # Specifications
//
// RFC 791, RFC 8200, RFC 2675 (jumbograms), RFC 4302 (AH), RFC 9293, RFC 768, RFC 3032 (MPLS), RFC 4385 (control
// word), RFC 2516 (PPPoE), RFC 1661 (PPP), RFC 2784 and 2890 (GRE), RFC 2637 (PPTP), RFC 2661 (L2TP), RFC 7637 (NVGRE),
// draft-foschiano-erspan (ERSPAN), RFC 8086 (GRE in UDP), RFC 7348 (VXLAN), draft-ietf-nvo3-vxlan-gpe, RFC 8926 (GENEVE), 3GPP TS 29.281 (GTP-U), RFC
// 2003 and 4213 (IP in IP). Deviation: reserved bits are not looked at, because senders set them.
package decode
