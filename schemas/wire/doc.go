// Package wire is the form that calls have between a sensor and an inventory:
// records of a topic, each a batch of calls of one service.
//
// # Sequence
//
// A sensor numbers the calls of each [Origin] and partition from 0 without a hole, in the
// order of their records. So a reader knows a record that it has had, and counts
// the calls that it will never have.
//
// # Definitions
//
// What many calls have in common is sent once, as a [Definition] under the
// address of its content, and referred to. A definition is published before the
// first record that refers to it. A reader that lacks one learns its [ID] from
// [*MissingError] and reads on in the topic of the definitions.
//
// # Ownership
//
// An [Encoder] and its batches are used by one goroutine. A decoded call shares
// nothing with the record.
package wire
