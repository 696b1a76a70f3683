// Package publish takes calls off the sensor: [Sink] is what a shard sends to,
// [NDJSON] writes them as one JSON object a line in an order that does not
// depend on sharding, [Stream] in the order in which they come.
//
// # Ownership
//
// A call handed to Send belongs to the sink. Sinks of one shard are used by one
// goroutine; [NDJSON] and [Stream] may be shared.
//
// # Limits
//
// NDJSON holds at most its configured number of bytes (default 64 MiB) of
// encoded calls in memory; beyond, sorted runs go to temporary files that are
// removed on Close. Stream holds 64 KiB; a slow writer holds up the sender, a broken one costs
// calls, which Lost counts.
package publish
