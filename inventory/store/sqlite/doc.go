// Package sqlite keeps an inventory in one SQLite file.
//
//	st, err := sqlite.Open(ctx, "wirecensus.db")
//
// The file is in WAL mode with synchronous=FULL: a commit that returned is on the disk. What was committed
// survives kill -9 and a loss of power; commits come about once a second, so
// the fsync of each costs little. One connection writes, four read, and
// readers never wait for the writer. Other processes may read and write the
// same file on the same machine; a network file system will not do.
//
// # Ownership
//
// A store is safe for concurrent use.
//
// # Limits
//
// A writer waits 10 s for another process, then fails with SQLITE_BUSY.
package sqlite
