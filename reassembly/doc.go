// Package reassembly turns TCP segments, as a mirror port shows them, into
// ordered data, gaps and ends for each direction of each connection.
//
//	asm := reassembly.New(reassembly.Config{Seed: seed})
//	for each segment in packet-time order {
//		events = asm.Append(events[:0], &segment)
//	}
//	events = asm.Expire(events[:0], mark) // once per packet-time second
//	events = asm.Close(events[:0])        // when the capture ends
//
// Loss is data: bytes that were never captured are a Gap with their length, and
// nothing is spliced across it. A hole that a late segment may still fill is
// waited for, and given up as soon as one of these holds:
//
//   - the receiver has acknowledged it, data or a FIN beyond it were seen, and
//     the grace for mirrors that show acknowledgements before data is over;
//   - it has lasted for GapTimeout;
//   - a limit on waiting bytes is reached;
//   - the connection ends.
//
// A connection opens with its first data or FIN, so that handshakes that come to
// nothing cost the reader nothing; its Start is the time of the SYN. Connections
// without a handshake start in the middle with their first data; the other
// direction's offset 0 is then what that data acknowledged. Acknowledgements,
// resets and FINs alone open nothing.
//
// Of bytes that were sent twice the first copy is kept; a second copy that
// differs is counted in Conn.Conflicts where it can be noticed: while the first
// is queued every byte is compared, afterwards the latest four segments of the
// same place and length by a digest of their first 32 and last 16 bytes.
//
// A SYN on the tuple of an open connection is believed when it is answered or
// followed by data that fit it: a forged one changes nothing. A reset that does
// not stand exactly at its sender's sequence number ends the connection only if
// the sender is then silent for GapTimeout. A segment more than 16 MiB from its
// place counts if a second one continues it: as data after a long loss if it
// acknowledges in place, else as a new connection.
//
// Directions are independent: after loss or reordering a response may come out
// before its request. Event.Ack says which request bytes it had seen.
//
// # Ownership
//
// An Assembler belongs to one goroutine. Append does not retain the segment:
// what must wait is copied. Event.Data aliases the segment's payload or a page of
// the Assembler and is valid until the Assembler's next call; so is the Conn of a
// Close event. Conn.User belongs to the reader.
//
// # Limits
//
// All of them are in [Config]; the counters are fields of [Stats].
//
//   - Connections, lingering and half-open ones included: MaxConns, 1,000,000. The
//     oldest half-open one is forgotten first (EvictedHalfOpen), then lingering
//     (EvictedLinger) and unused ones (EvictedUnused), then about the connection
//     idle longest is ended by ByEvict (EvictedIdle, EvictedOldest if it had a
//     segment within the last second).
//   - Waiting bytes of a connection: MaxConnQueued, 256 KiB, and 448 pages of 2 KiB,
//     at most a 16th of MaxQueued. Beyond it holes are given up (GapsByLimit).
//   - Memory of waiting bytes: MaxQueued, 64 MiB. Beyond it the holes of the
//     connection that has waited longest are given up (GapsByLimit). Pages handed
//     out in events are held until the next call on top of it.
//   - Silence: IdleTimeout, 5 min; HalfOpenTimeout, 30 s (HalfOpenTimeouts); Linger,
//     5 s after the last segment, a minute after a retransmission (Late counts what came in it). One Expire closes
//     at most 65,536 idle connections, the next goes on.
//   - Holes: GapTimeout, 1 s (GapsByTime); AckGrace, 200 ms, or AckGraceSegments, 128
//     segments of the connection (GapsByAck), which recovers reordering within 64.
//   - Steps of the packet time by more than 24 h forward or 1 min back are a clock
//     that was set, not time that passed (ClockSteps).
//
// A half-open flow takes 123 bytes with its table slot, an idle connection 497
// (2026-11-23, go test -bench 'SYNFlood|Idle' -benchtime 1000000x). An in-order
// segment takes 42 to 57 ns of CPU and no allocation while the connections' state
// is in the cache (1,000 flows), some 200 ns when each segment is of another one of
// 50,000 (same day, shared 2-core AMD EPYC, -bench InOrder -benchtime 20000000x).
//
// # Terminology
//
// The edge of a direction is the offset up to which it was delivered; a hole is
// what is missing at the edge while something beyond was seen, a gap a hole given
// up. A cut is a gap that the snap length made: its place is known, so it is never
// waited for, and data sent again for it are ignored. A stub is a connection of
// which only numbers are kept: half-open, unused (no data yet) or lingering.
//
// # Specifications
//
// RFC 9293 (TCP), RFC 7323 (windows up to 1 GiB), RFC 5961 (resets), RFC 7413
// (data on a SYN). Deviations, because an observer must follow what hosts
// accepted and may have lost the rest: checksums and windows are not enforced,
// urgent data stay in line, payload of a RST is ignored. An acknowledgement one
// byte beyond the last data at the end of a connection is taken for a lost FIN.
package reassembly
