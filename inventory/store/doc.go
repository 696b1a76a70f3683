// Package store is where an inventory keeps what must outlive it: an interface,
// what it promises, and the words for it. Adapters are below.
//
//	err := st.Commit(ctx, &store.Batch{
//		Move:   &store.Move{Topic: "calls", Partition: 3, From: 1200, To: 1450, Book: book},
//		Deltas: []store.Delta{{Key: "api.example.com", Blob: summary}},
//	})
//
// # The log
//
// What was observed is a log of deltas: summaries that merge in any order. A
// process that counts calls appends what they add; the state is the merge of the
// whole log. Nobody changes a row, so every process follows all others by
// reading on from where it stopped ([Store.Parts]).
//
// # Once
//
// A [Batch] is written whole or not at all. Its [Move] says from which offset of a
// partition to which the deltas go, and the batch is written only if the stored
// offset is the first one. Two processes that both believe that they own a
// partition cannot both count a call: the second finds the offset moved and has
// [ErrFenced]. A writer that does not know whether its batch was written (the
// connection broke during the commit) reads the cursor and goes on from there.
//
// # Positions
//
// Batches are serialized by a row that each of them locks first, and numbered in
// that order. So a reader that has seen position p will never find a
// position below p appear later, which sequences of a database do not promise.
//
// # Compaction
//
// [Store.Compact] replaces the parts of one key by their merge. A [Part] stands
// for the deltas of its key at the positions [Since, Seq]; a fresh one has Since
// = Seq. At any moment the parts of a key stand for each of its deltas once. A
// reader at position p has counted the deltas at positions up to p, and
// reads the parts with Seq > p, all in one snapshot:
//   - Since > p: the part holds nothing that was counted. It is counted.
//   - Since <= p < Seq: a compaction joined counted deltas with others. The
//     reader has [ErrCompacted] before it sees anything, and starts again from nothing.
//   - Seq <= p: everything in the part was counted; it is not read.
//
// From nothing (p = 0) no part straddles, so starting again always succeeds. Readers that keep up
// never do, because the compactor leaves young positions alone. Two compactors
// of one key are serialized by the lock of the batches, and the second one
// finds parts gone and has ErrFenced.
//
// # Ownership
//
// A Store is safe for concurrent use. Blobs that are passed in may be reused after
// the call; those that come out belong to the caller, but not those that visit is given.
//
// # Limits
//
//   - [MaxCompact] parts (1,000) are merged at once; the others wait for the next time.
//   - A database that a newer version made is refused with a [*VersionError].
package store
