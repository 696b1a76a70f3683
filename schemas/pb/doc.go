// Package pb is the generated Go of schemas/*.proto: the records of the topics
// as any Protobuf library reads and writes them.
//
// The codec of calls is schemas/wire, which is held to these types by tests;
// everything that is not per call uses them.
//
// # Ownership
//
// As of any generated message: the caller's.
//
// # Limits
//
// None of its own. What comes from outside is bounded by schemas/wire, which hands no
// record beyond its limits to this package.
//
// # Specifications
//
// Protocol Buffers, edition proto3.
package pb
