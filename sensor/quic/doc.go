// Package quic turns UDP datagrams into the TLS hello messages of QUIC
// connections and counts of what follows them.
//
//	t := quic.New(quic.Config{})
//	for each datagram in packet-time order {
//		if n := quic.Wanted(payload); n > 0 {
//			events = t.Append(events[:0], &datagram)
//		}
//	}
//	events = t.Expire(events[:0], mark) // once per packet-time second
//	events = t.Close(events[:0])        // when the capture ends
//
// The keys of Initial packets follow from a connection id that stands in the
// packet (RFC 9001, Section 5.2), so that anybody can read them; nothing else is
// decrypted. A flow is QUIC when a client's Initial packet was decrypted in it,
// whatever its ports are: what fails to authenticate opens nothing. Who sent that packet is
// the client.
//
// # Ownership
//
// A [Table] belongs to one goroutine and does not retain datagrams. Event.Flow
// and Event.Message are valid until its next call; Flow.Name belongs to the reader.
//
// # Limits
//
//   - Flows: MaxFlows, 65,536; beyond it the one idle longest is closed (Evicted).
//     A flow takes some 300 bytes. One that is silent for 5 min is closed.
//   - Handshakes being read: MaxHeld, 16 MiB, which counts 4 KiB for each and its bytes;
//     beyond it the oldest is given up (GivenUp), and after 10 s of packet time.
//   - Bytes of a handshake direction: 16 KiB, in at most 64 pieces; what is beyond is
//     not taken. A client whose hello is longer stays without a name.
//   - Versions: 1, 2 and drafts 23 to 34 are decrypted; other versions that are
//     known by name are counted for each of their datagrams.
//   - A datagram that the snap length cut cannot be authenticated and is not read.
//   - Packets with a short header are told by the fixed bit, so that those of
//     peers that grease it (RFC 9287) are not counted, and count for their flow alone:
//     a client that has moved to another port is not followed.
//
// # Specifications
//
// RFC 8999 (invariants), RFC 9000 (Sections 12, 17, 19), RFC 9001 (Section 5), RFC 9369
// (version 2), RFC 9368 (a server that answers in another version). Packet numbers of
// Initial packets are taken as they stand, since they begin at 0 and a
// handshake has few (RFC 9000, Section 12.3).
package quic
