// Package http2 turns the stream events of one TCP connection into HTTP
// message events: it is given data, gaps and ends of both directions and says
// where the requests and responses of every stream begin, what their heads and
// contents are, and what of it cannot be known.
//
//	pool := http2.NewPool(http2.Limits{})     // one per shard
//	c := pool.Conn()                          // one per connection
//	msgs = c.Append(msgs[:0], event)          // for every reassembly.Event
//	c.Release()                               // after the Close event
//
// Probe says whether a stream begins with the client's preface; Chain and
// Follower find frames in a connection that was joined in the middle. A Conn may
// be given a connection from any event on.
//
// # What is lost and what is not
//
// A gap inside content is passed over by the frame's length. A gap inside a
// header block costs that block; a gap over a frame header costs the place in
// the stream, which is found again by three consistent frame headers in a row.
// Either costs the dynamic table: entries inserted later are known by their
// place, which counts from the newest; older ones are not, and what refers to
// them is told as unknown ([message.Unknown]). Nothing is guessed.
//
// # Ownership
//
// Events alias the given Data and memory of the Pool. They are valid until the
// next Append of any connection of the Pool. A Pool and its connections must
// not be used concurrently.
//
// # Limits
//
// See Limits for the values. Over a limit, reading goes on.
//
//   - Head, 64 KiB decoded, and Fields, 1,024, per section: further fields are
//     dropped, pseudo-fields are not (hpack-bomb).
//   - Block, 64 KiB coded: the head is told with what came so far, the rest is
//     decoded for the table only (hpack-bomb). One string of more than half of that
//     is passed over and the table lost.
//   - Table, 64 KiB of each direction, whatever size was announced (hpack-size): older
//     entries are unknown, as is an entry of more than 8 KiB.
//   - Streams, 16,384: the older half is forgotten (stream-flood, Stats.Overflow).
//   - Held, 64 KiB per direction while frames are looked for; the earlier ones are
//     passed over (Stats.Skipped).
//   - A direction that turns out 16 times not to be frames where it was taken for
//     such is read no further (resync).
//   - 1,000 CONTINUATION frames of a block, 1,000 SETTINGS, 10,000 PING: told once of
//     a connection, read as before.
//   - 1,000 requests that their client reset before a response, while they are the greater
//     part: told once of a connection, and further ones are withdrawn (Stats.Withdrawn).
//   - A Pool keeps 256 buffers and 8 MiB of them for reuse, and 1,024 connections.
//
// # Specifications
//
// RFC 9113, RFC 7541, RFC 8441; RFC 7540, Section 3.2 for Upgrade: h2c. What
// RFC 9113 calls a connection error ends a connection for its peers, not for us: who only
// listens cannot know that they noticed. docs/http2.md is the reading in words.
package http2
