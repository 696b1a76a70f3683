package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// Errors of a Store.
var (
	// ErrFenced says that somebody else moved the cursor or replaced the parts.
	ErrFenced = errors.New("store: somebody else was first")
	// ErrChanged says that an object is not what the change expects.
	ErrChanged  = errors.New("store: object changed meanwhile")
	ErrNotFound = errors.New("store: not found")
	// ErrCompacted says that the log was compacted across the reader's position: it starts again from 0.
	ErrCompacted = errors.New("store: compacted across the position")
)

// VersionError says that the database is of a newer version.
type VersionError struct{ Have, Known int64 }

// Error names the two versions.
func (e *VersionError) Error() string {
	return fmt.Sprintf("store: the database has schema version %d, this program knows versions up to %d: use the newer program, or another database", e.Have, e.Known)
}

// MaxCompact is the greatest number of parts that are merged at once.
const MaxCompact = 1000

// None is the offset of a partition of which nothing was read.
const None = -1

// Cursor is where the reading of a partition stands.
type Cursor struct {
	Topic     string
	Partition int
	Next      int64 // offset of the first record that was not read; None
	Book      []byte
}

// Move moves a cursor from one offset to another, which must differ.
type Move struct {
	Topic     string
	Partition int
	From, To  int64 // From is None for the first move
	Book      []byte
}

// Delta is what calls add to the summary of a key.
type Delta struct {
	Key  string
	Blob []byte
}

// Part stands for the deltas of a key at the positions [Since, Seq].
type Part struct {
	Since, Seq int64
	Key        string
	Blob       []byte
}

// Object is a named thing of a kind.
type Object struct {
	Kind, Name string
	ETag       string // a function of Blob; empty in what is put
	Blob       []byte
}

// Change puts or deletes an object.
type Change struct {
	Object
	Delete bool
	// Is is the ETag that the object must have; "" any.
	Is string
	// Absent: there must be no such object.
	Absent bool
}

// Batch is what is written at once. Every part of it may be absent.
type Batch struct {
	Move    *Move
	Deltas  []Delta
	Changes []Change
}

// Heads says how far things went.
type Heads struct {
	Log   int64            // the position of the newest batch, whatever it held
	Kinds map[string]int64 // the position of the newest change by kind of object
}

// Store keeps deltas, cursors and objects.
type Store interface {
	// Commit writes the batch whole or not at all. It fails with ErrFenced if the
	// cursor is not at Move.From, with ErrChanged if an object is not as a Change says,
	// with ErrNotFound if one that is to be deleted is not there.
	// After any other error it is not known whether the batch was written.
	Commit(ctx context.Context, b *Batch) error
	// Cursor returns the cursor of a partition; at None when there is none.
	Cursor(ctx context.Context, topic string, partition int) (Cursor, error)
	// Cursors returns all cursors in order of topic and partition.
	Cursors(ctx context.Context) ([]Cursor, error)
	// Heads returns how far things went: a cheap question.
	Heads(ctx context.Context) (Heads, error)
	// Parts visits the parts beyond a position in order of Seq, all of one snapshot.
	// ErrCompacted comes before any visit. visit must not use the Store.
	Parts(ctx context.Context, after int64, visit func(Part) error) error
	// Backlog returns the keys that have at least min parts up to a position, those with
	// the most first, at most MaxCompact.
	Backlog(ctx context.Context, upto int64, min int) ([]string, error)
	// Compact replaces the oldest parts of a key, up to a position, by what merge makes of them.
	// It fails with ErrFenced if somebody else did so at the same time.
	Compact(ctx context.Context, key string, upto int64, merge func(blobs [][]byte) ([]byte, error)) error
	// Object returns an object, or ErrNotFound.
	Object(ctx context.Context, kind, name string) (Object, error)
	// Objects returns all objects of a kind in order of name.
	Objects(ctx context.Context, kind string) ([]Object, error)
	// Names returns the names of all objects of a kind, in order.
	Names(ctx context.Context, kind string) ([]string, error)
	Close() error
}

// ETag is the tag of an object's content.
func ETag(blob []byte) string {
	sum := sha256.Sum256(blob)
	return hex.EncodeToString(sum[:12])
}
