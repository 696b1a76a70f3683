// Package batch makes numbered records of calls: [Batcher] gathers the calls of each service,
// [File] writes records to a file.
//
// # Ownership
//
// A Batcher is used by one goroutine and keeps nothing of a call. A record belongs to
// the caller. A File may be shared.
//
// # Limits
//
//   - Of one batch, of all open batches and of their number: [Limits]. What reaches one is closed, and
//     nothing is lost.
//   - What an encoder remembers of structures: see [wire.Encoder].
//   - A File holds 64 KiB of what is to be written.
package batch
