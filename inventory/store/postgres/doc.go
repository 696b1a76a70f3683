// Package postgres keeps an inventory in a PostgreSQL database, which several
// processes share.
//
//	st, err := postgres.Open(ctx, "postgres://user:secret@host/wirecensus")
//
// Tested with PostgreSQL 15. A commit is acknowledged when the server's
// synchronous_commit says so; its default survives a loss of power.
//
// # Ownership
//
// A store is safe for concurrent use.
//
// # Limits
//
// At most 8 connections a process. The batches of all processes are serialized by a row lock
// that is held for one transaction; with a batch a second and partition that
// is no bottleneck.
package postgres
