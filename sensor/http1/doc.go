// Package http1 turns the stream events of one TCP connection into HTTP/1
// message events: it is given data, gaps and ends of both directions and says
// where requests and responses begin, what their heads and contents are, and
// which request each response answers.
//
//	pool := http1.NewPool(http1.Limits{})     // one per shard
//	c := pool.Conn()                          // one per connection
//	msgs = c.Append(msgs[:0], event)          // for every reassembly.Event
//	c.Release()                               // after the Close event
//
// Probe says whether a stream is worth giving to a Conn. A Conn may be given a
// connection from any event on.
//
// A Conn never waits: it keeps a place in each direction and moves it with every
// event. What it cannot read it passes over and counts (message.Skipped), until a
// segment begins a message beyond doubt.
//
// # Ownership
//
// Events alias the given Data and memory of the Pool. They are valid until the
// next Append of any connection of the Pool. A head that lies in one segment is
// not copied. A Pool and its connections must not be used concurrently.
//
// # Who answers whom
//
// The side that sends request lines is the client, whoever opened the
// connection. A response is paired by TCP numbers, see matcher. For that, a
// segment of the server that acknowledges client bytes not yet delivered is
// held until they are delivered or known to be lost.
//
// # Limits
//
// See Limits for the values. Over a limit, reading goes on.
//
//   - StartLine, 64 KiB: the target is cut (head-too-large).
//   - Head, 64 KiB, and Fields, 1,024, per section: further fields are dropped,
//     except that framing fields still frame (head-too-large).
//   - ChunkExt, 16 KiB of chunk extensions per message: ext-flood; they are
//     ignored in any case.
//   - Held, 64 KiB per direction: the held bytes are read without what they
//     waited for (Stats.HeldOver), so their responses become orphans.
//   - Pending, 1,024 requests without response: nothing is paired on the
//     connection any more (Stats.Overflow).
//   - A Pool keeps 256 buffers of at most 64 KiB and 4,096 connections for reuse, and
//     as much of what a connection needs while it reads a message.
//
// # Terminology
//
// A flight is what one side sends without having received anything in between.
// A hole is a range of server bytes that may have held responses nobody read.
//
// # Specifications
//
// RFC 9110 and RFC 9112, read as tolerantly as the servers that accepted the
// message; RFC 1945 for HTTP/0.9. docs/http1.md is the table of how ambiguous
// input is read. Deviations that a passive observer needs: obs-fold, bare LF in
// heads and white space in targets are accepted, because the server may have
// accepted them; a framing error ends the message, not the connection.
package http1
