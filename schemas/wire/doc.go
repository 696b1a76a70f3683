// Package wire is the form that calls have between a sensor and an inventory:
// records of a topic, each a batch of calls of one service.
//
//	enc, dec := wire.NewEncoder(), wire.NewDecoder()
//	var b wire.Batch
//	enc.Add(&b, &call)
//	for _, def := range enc.Definitions() { … } // published before the record
//	value := b.Seal(nil, wire.Origin{Sensor: "tap-1", Epoch: 7}, first)
//	header, err := dec.Decode(value, func(c *schemas.Call) { … })
//
// Calls come out as they went in, field by field.
//
// # Sequence
//
// A sensor numbers the calls of each [Origin] and partition from 0 without a hole, in the
// order of their records. So a reader knows a record that it has had, and counts
// the calls that it will never have.
//
// # Definitions
//
// What many calls have in common is a structure: of the request, of the response, of each content's
// shape. One that an encoder meets for the first time stands in the record. From the second record on it is
// a [Definition] under the address of its content, and records refer to it: what is met once, and what
// an attacker makes up for each call, is not kept in a topic for ever. A definition is published before the
// first record that refers to it. A reader that lacks one learns its [ID] from
// [*MissingError] and reads on in the topic of the definitions; a writer says those in use
// again from time to time ([Encoder.Known]). Released words are definitions too.
//
// # Ownership
//
// An [Encoder] and its batches are used by one goroutine, and so is a [Decoder]. A
// decoded call shares nothing with the record. With Decoder.Reuse its lists and shapes are valid until
// the visitor returns; its strings may be kept.
//
// # Limits
//
//   - [MaxRecord] 4 MiB, [MaxCount] 65,536 calls of a record: longer ones are corrupt. A writer seals a batch at a
//     Size of at most 512 KiB and stays below these and the next two.
//   - 8,388,608 nodes of shapes and entries of lists over the calls of a record; 65,536 in the structures that stand in it, eight
//     more counted for each: with more it is corrupt.
//   - Shapes of a call's operations: 8,192 nodes in all, those that a content has too among them; an encoder leaves the others out.
//   - A structure: 1 MiB, 16,384 nodes and entries, 64 levels; 1,024 identifiers of a call; 32 words of a position. What a
//     sensor makes is below each; with more the record is corrupt.
//   - An encoder remembers 32 MiB of structures, then it forgets those not used lately, half at a time;
//     [Encoder.Forgotten] counts the definitions among them. They are defined again when they are met again.
//   - A decoder keeps structures of 128 MiB, then it forgets
//     those not used lately, half at a time; they are reported missing when they are met again. 16,384 addresses as text, then it forgets all.
//   - Words: 256 bytes; the rest is dropped. Text that is not UTF-8 is mended as in JSON.
//
// # Specifications
//
// docs/wire.md is the form in full. Protocol Buffers, edition proto3: records are what schemas/*.proto say, byte by byte as
// the Go library writes them. CloudEvents 1.0 and its Kafka binding for headers and for records in JSON.
package wire
