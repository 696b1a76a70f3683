// Package ingest turns the records of Kafka into batches of a store: calls are
// folded into summaries, and what they add is written together with the offset
// behind them.
//
//	err := ingest.Run(ctx, ingest.Config{Kafka: …, Calls: "wirecensus.calls", Store: st, Summary: …})
//
// Each partition that the group gives to this process has a worker: it reads on
// from the offset in the store (what Kafka holds is for lag tools), folds, and commits every
// [Config.FlushEvery], or earlier at [Config.FlushCalls] or [Config.FlushBytes]. When a
// commit fails for whatever reason, what was folded since the last one is thrown away and the worker
// begins again from what the store says. So a call is counted once, whoever else
// believes to own the partition.
//
// # Sequences
//
// The calls of each [wire.Origin] are numbered in each partition. The [Book] of the partition, kept with its offset, knows
// which numbers were had: a second copy is dropped and counted, a hole counts as
// loss until a late record fills it.
//
// # Definitions
//
// Every process reads the topic of definitions from its start and follows it. A
// record that needs an unknown definition stops its partition: the topic is read
// to its end, then newer definitions are waited for, at most [Config.DefinitionWait].
// After that the record is a dead letter. Nothing is guessed.
//
// # Dead letters
//
// A record that cannot be read goes to the topic with the suffix .dead, with the reason and where it was in its headers, and the partition
// goes on. Its calls, as far as its header can be read, count as lost, so that a record put
// back into the topic after the cause is gone is counted as late, not twice.
//
// # Ownership
//
// [Run] owns its goroutines and has ended them when it returns. A worker owns its
// summary. A [Feed] is safe for concurrent use.
//
// # Limits
//
//   - In memory for each partition: the summary of the calls since the last
//     commit, 64 records and one answer of Kafka (8 MiB) read ahead. A slow store makes the worker wait, and Kafka keeps the rest.
//   - [MaxSequences] (1,024) origins in a book: those that were silent longest are forgotten, their
//     counts kept by sensor. A copy of their records would be counted again.
//   - [MaxHoles] (256) holes for each origin: the oldest are closed as lost for good.
//   - 1,024 sensors in a book by name; others are counted together as "*".
//   - A dead letter that cannot be published in 10 s is counted in dead_unpublished, and given up.
//   - A record batch that Kafka itself cannot decode stops its partition, which is reported.
package ingest
