// Package protobuf turns messages in protobuf's wire format into a shape, with
// the names of descriptors where there are some and with field numbers where not.
//
//	r.Begin(protobuf.Names{Given: schemas}, "shop.v1.Order") // or "": type unknown
//	for _, m := range messages {
//		ok = r.Add(m) && ok
//	}
//	r.Emit(scanner, scanner.Root())
//
// # Without a descriptor
//
// The wire format tells numbers, fixed numbers and length-delimited bytes apart
// and no more. What stands at one position (the way of field numbers from the
// root) is decided from all values seen there in one content, never from one:
//
//   - varint: an integer; from 2^63 up a negative one. Booleans and enumerations look the same.
//   - fixed: a number when all that are not 0 are of a magnitude from 1e-12 to 1e18 read as floating-point, otherwise an integer.
//   - length-delimited: text when all values are UTF-8 without control characters other than tab and line break;
//     otherwise a message when all have the form of one; otherwise packed varints when all are such, of one length or a quarter
//     of the bytes at most in longer ones than a byte, and not all 0; otherwise bytes. Text that begins with a tab or line break and has
//     the form of a message is one: so begins, by chance, a message whose first field has a text of 9, 10, 13 or more than 31 bytes.
//     When all values are empty nothing is said but that the field was there.
//   - a field that occurs twice in one message is an array wherever it stands at that position.
//
// Packed fixed numbers, zigzag numbers and short bytes that have the form of a
// message cannot be told.
//
// # With a descriptor
//
// As protobuf's JSON mapping has it, but: the keys of maps are data, so a placeholder stands for each; 64-bit integers are integers, not
// strings; floating-point fields are numbers also when the value is whole; a field that is not repeated and comes twice
// counts twice; fields that the descriptor does not know stand under their numbers; the value of Any is read as if
// it had no type; extensions are fields that are not known. Values that do not fit their field's type are read as without one.
//
// # Ownership
//
// Schemas are immutable once nothing is added any more and may then be shared. A
// Reader belongs to one goroutine; it aliases the messages until the next Begin.
//
// # Limits
//
//   - 32 messages inside each other; deeper ones are objects without properties, flagged Truncated. Groups likewise: deeper ones are not well-formed.
//   - 4,160 positions, and what a shape.Scanner has room for: the shape says that it was cut.
//   - 65,536 messages of one depth are searched for evidence; further ones are read as those show.
//   - descriptors given: 64 MiB, 16,384 files, 4,194,304 fields, values and methods; learnt: 512 KiB, 64 files, 8,192. Beyond: ErrRoom.
//   - names 128 bytes, full names 512: longer ones are no descriptor.
//
// # Specifications
//
// protobuf.dev: Encoding, ProtoJSON Format; descriptor.proto.
package protobuf
