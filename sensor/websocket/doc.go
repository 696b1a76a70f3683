// Package websocket turns the bytes of a connection after its upgrade to
// WebSocket into messages: fragments joined, masks removed, permessage-deflate
// undone.
//
//	pool := websocket.NewPool(websocket.Limits{})
//	opts := websocket.Negotiated(response.Fields)
//	conn := pool.Conn(clientDir, opts)
//	for _, m := range conn.Append(msgs[:0], &event) {
//		use(m)
//	}
//	conn.Release() when the connection is over
//
// A gap inside a payload is passed over by the length of its frame: the message
// has lost its content and nothing else. Behind a gap over a frame's head nobody
// can say where the next one begins, since what looks like a head may be payload:
// that direction is not read any further ([message.WSLost]).
//
// A compressed message may refer to the messages before it. Distances count from the
// newest byte, so after a message that could not be read those that refer to what
// came since are read, and the others are known to be unreadable (Loss is Coding).
//
// # Ownership
//
// The messages alias the event's data and the Pool's memory until the next Append
// of a connection of the Pool. A Pool and its connections must not be used concurrently.
//
// # Limits
//
//   - Limits.Message, 256 KiB of payload of a message: beyond it the message is
//     Truncated and has no content (Stats.Truncated). Fragments count by their
//     bytes alone; any number of them is one message.
//   - Limits.Inflated, 1 MiB of a message after decompression, and 2,048 bytes out
//     per byte in above 64 KiB: likewise.
//   - Limits.Held, 32 MiB of unfinished messages of all connections of a Pool: likewise.
//   - Limits.Step, 4 MiB of content of the messages that one event finishes: likewise.
//   - Limits.Windows, 1,024 windows of 32 KiB, of directions whose peers keep the
//     compression context: others are read without one (Stats.NoWindow), which leaves
//     messages that refer to earlier ones unread.
//
// # Specifications
//
// RFC 6455 and RFC 7692. Deviations, since the peers may have accepted what the RFC
// forbids: a frame is unmasked if it says that it is masked, whoever sent it; control
// frames that are fragmented or too long, a continuation of nothing, and a message
// that begins inside another one are read by their lengths ([message.WSOdd]). Reserved bits
// and opcodes, and a length of 2^63 or more, end the reading of the direction
// ([message.WSFrame]), as the RFC demands of the peers (Section 5.2).
package websocket
