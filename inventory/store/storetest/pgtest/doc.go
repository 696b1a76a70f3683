// Package pgtest turns a test's wish for PostgreSQL into the address of an empty
// database: on the server that WIRECENSUS_POSTGRES names, or on one that it
// starts from Debian's packages for the time of the test. Where there is
// neither, the test is skipped with a sentence that says so.
//
// # Ownership
//
// The server and the databases are gone after the test, also when the test's
// process dies: the server is stopped by the end of a pipe.
//
// # Limits
//
// Starting takes some seconds. The server listens on a socket in a temporary
// folder only. It does not sync to the disk: it is no test of durability.
package pgtest
