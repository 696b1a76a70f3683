// Package shed decides what a sensor that cannot keep up leaves out, so that
// its inventory stays whole: content first, then responses, then connections,
// and of no endpoint the first calls.
//
//	var ladder shed.Ladder
//	if ladder.Step(pressure, packetTime) {
//		tell every worker ladder.Level()
//	}
//
//	known.Level(level)                        // one Known per worker
//	if level >= shed.Bodies && known.Seen(shed.Key(server, port, method, target)) { … }
//
// # The ladder
//
// Level 0 leaves nothing out. From level 1 on the content of calls whose
// endpoint is known is not read, from level 2 on nothing of their responses but
// the status. From level 3 on only some of the connections are read: one of 2 at
// level 3, one of 4 at level 4, to one of 32 at level 7. Which ones is a function of
// their addresses, so that those read are read from their start to their end. A connection that
// is left out is taken in again as soon as it asks for an endpoint that is not known.
//
// An endpoint is known after FirstCalls calls. Endpoints are told apart by server, method
// and path, in which segments that look like values count as equal.
//
// Pressure that stays from Raise on goes up a level each RaiseEvery of packet time, and pressure below Lower
// for CalmFor down one level. Between them nothing changes.
//
// # Ownership
//
// A Ladder belongs to one goroutine, so does a Known.
//
// # Limits
//
//   - A Known has 65,536 counters of a byte. Endpoints that share one are known earlier. They
//     are emptied when level 0 is reached.
package shed
