// Package synth makes captures of HTTP traffic of which everything is known: it
// turns conversations into frames as a mirror port would deliver them, with the
// losses, copies and delays of a real one, and writes down beside them what was
// said, what was captured of it and what should be found out from it.
//
//	c := synth.Company(synth.Options{Seed: 1, Days: 21})
//	for f := range c.Frames() { … }       // or c.Bytes, or Files.Write
//	c.Truth.Summary                       // complete when the frames were read
//
// [Company] is a believable small company over some weeks; [Load] is dense
// traffic for benchmarks; a [Conversation] is one connection said by hand, for
// case tests with [New].
//
// # Ownership
//
// A Capture is read once, by one goroutine. The data of a frame is valid until
// the next frame; a Truth belongs to the caller when the frames were read.
//
// # Determinism
//
// Equal options make equal bytes, on any machine and any day: there is no clock
// and all chance comes from the seed. The compressors' output may change with
// their version.
//
// # Specifications
//
// RFC 9293 (TCP), RFC 7323 (timestamps), RFC 9112 (HTTP/1.1), RFC 7348 (VXLAN),
// RFC 8926 (Geneve), RFC 8446 (TLS 1.3, only as opaque bytes behind a hello).
package synth
