// Package relational turns a database that speaks SQL into a [store.Store]: the
// statements that the adapters share.
//
// The tables are head (how far the log and each kind of object went), cursor,
// part and object. Keys and names are bytes, not text: services are named by
// whoever sends a request, in bytes that a database refuses as text.
//
// # Ownership
//
// A [Store] owns the databases that it was given and closes them. It is safe for
// concurrent use.
//
// # Limits
//
// Rows are inserted rowsAtOnce (64) at a time.
package relational
