// Package outbox brings records to a [Broker] that comes and goes: in order, each at
// least once, and counted where it cannot.
//
// Every partition of the calls, the definitions and the coverage have a queue of their own,
// first in memory, then behind it in a [spool.Spool]. A queue has one request on its way at a time and
// repeats it until the broker has taken it: what arrives is in order, and what arrives twice is known by
// its numbers. A record of calls waits until all definitions put before it are taken.
//
// # Ownership
//
// An Outbox may be used by several goroutines and owns one for each queue until
// Close. A record handed to Put belongs to it.
//
// # Limits
//
//   - Memory: the bytes configured, over all queues, what is on its way included; a queue that reads from the spool holds
//     at most MaxRequest bytes besides.
//   - Spool: as configured. Without one, or beyond it, Put refuses (the calls are counted as
//     shed by the cause) or waits, as it is told.
//   - Of the coverage the latest report is kept, because it contains the earlier ones. It finds room where
//     nothing else does: it is the one that says what was given up.
//   - A record that the broker will never take is given up and counted.
package outbox
