// Package spool keeps queues of entries on disk while the one who should take
// them is away: first in, first out, all queues of a folder bounded together.
//
// A queue is a run of segment files. An entry is written by one call and has a
// checksum over its length, weight and bytes, so that a process that is killed in the
// middle of a write leaves a torn entry at the end of a segment, which [Open] cuts off and counts.
// A segment is removed when all its entries are done; until then those that were done
// come again after a restart. Whoever reads must know an entry that it has had.
//
// # Ownership
//
// A spool and its queues may be used by several goroutines; one process owns the
// folder, by a lock that ends with it. An entry handed out belongs to the caller.
//
// # Limits
//
//   - All segments together have at most the bytes given to [Open]; what does not
//     fit is refused with [ErrFull] and nothing of it is written. Only [Queue.Prepend] goes beyond.
//   - A segment is closed at 4 MiB, or at a sixteenth of the bound if that is less. What was
//     done frees space when the whole segment is.
//   - An entry has at most 16 MiB.
//   - A killed process loses no entry that was put. A machine that loses power loses what the
//     kernel had not written: the spool waits for the disk in [Spool.Close] only.
package spool
