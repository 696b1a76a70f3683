// Package shape turns a JSON-like body into its structural type: kinds, formats,
// bounds and presence, never values.
//
// # Ownership
//
// A [Node] that was handed on is immutable; Merge returns new nodes and shares
// unchanged parts.
package shape
