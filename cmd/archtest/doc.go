// Package archtest turns the source tree into a list of broken house rules: it
// holds only tests, so that go test ./... is the one command that says whether
// the tree is in order.
//
// What it checks, one file per subject:
//
//   - imports: which package may import which, with the reason in the message;
//     which foreign module may be used where
//   - docs: one package comment per package, in doc.go; every exported name documented
//   - state: no init, no mutable package variable; no wall clock, goroutine,
//     log or standard stream below the shell
//   - size: lines per file and per function
//   - words: nothing in a tracked file names the place where it was written
//   - tools: gofmt, go vet, staticcheck, and a build without cgo
//
// Every check is a function from source to complaints and is itself tested on
// source that breaks the rule.
//
// # Limits
//
// The check for mutable state follows writes through the variable's own name
// (assignment, increment, address, slicing of an array, a method with a pointer
// receiver, append, copy, clear, delete). A write through an alias that was
// handed to another function is not seen.
package archtest
