// Package ipfrag turns IPv4 and IPv6 fragments into the payloads of the datagrams they
// were cut from.
//
//	t := ipfrag.New(ipfrag.Config{})
//	d, out := t.Add(&ipfrag.Fragment{Key: key, Time: now, Offset: 1480, Payload: p, Len: len(p)})
//	if out == ipfrag.Complete { … } // d.Payload begins with the transport header
//
// # Ownership
//
// Add copies the payload of a fragment that it holds. A Datagram's payload aliases the
// table's buffer until the next Add. A table belongs to one goroutine.
//
// # Overlaps
//
// IPv4: first wins. A byte that was received keeps its first value whatever comes
// later; a fragment only fills holes. A fragment that contradicts the datagram's
// length (data behind the end, a second end elsewhere, an end before data) is
// rejected. Hosts differ here and a passive observer cannot know the host's policy;
// this one is fixed, counted (Overlaps) and equal to the reference model of the tests.
//
// IPv6: an overlap drops the datagram and everything that still comes for it (RFC 5722,
// Section 4; RFC 8200, Section 4.5). An exact duplicate is no overlap.
//
// A fragment that equals one of a datagram completed less than 2 s ago is a
// duplicate (a mirror often shows a packet twice) and begins no new datagram.
//
// # Limits
//
//   - Bytes held, counting 512 for each datagram and 24 for each fragment besides its payload:
//     32 MiB (Config.Bytes). The oldest datagram is evicted; Stats.Evicted.
//   - Age of an incomplete datagram: 60 s of packet time since its first fragment
//     (Config.Timeout; RFC 8200, Section 4.5). It is dropped; Stats.TimedOut.
//   - Datagram payload: 65535 bytes. A fragment beyond is rejected; Stats.Rejected.
//   - A fragment with more to come must hold a positive multiple of 8 bytes, a last one
//     at least 1 (RFC 791, Section 3.2; RFC 8200, Section 4.5). Others are rejected; Stats.Rejected.
//   - Fragments with more to come that hold fewer than 48 bytes (what fits through the smallest
//     legal MTU of 68, RFC 791, Section 3.2): 256 for each datagram, so that an Ethernet packet that was cut
//     into pieces of 8 bytes to evade detection is read. Each is counted, Stats.Tiny; the 257th drops the
//     datagram and everything that still comes for it, Stats.TinyDropped.
//
// # Specifications
//
// RFC 791, Section 3.2; RFC 815; RFC 8200, Section 4.5; RFC 5722. Deviation: the key of an
// IPv6 datagram holds the next header too, as that of an IPv4 datagram holds the protocol. RFC 8200
// lets it differ between fragments, but no sender makes use of that, and so datagrams
// that share an identification by accident are kept apart. A fragment that the
// capture cut short takes part with the bytes it has: the datagram's payload ends at the
// first missing one, its length does not.
package ipfrag
