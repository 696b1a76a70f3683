package capture

import "errors"

// NoteKind says what kind of oddity a Note reports.
type NoteKind uint8

// Note kinds.
const (
	Truncated  NoteKind = iota + 1 // the file ends inside a record
	Corrupt                        // the file makes no sense from here on; the rest was not read
	Unreadable                     // the operating system refused to read on, or to open the file
	Skipped                        // a file in a folder that is not a capture
)

// String returns the kind in lower case.
func (k NoteKind) String() string {
	switch k {
	case Truncated:
		return "truncated"
	case Corrupt:
		return "corrupt"
	case Unreadable:
		return "unreadable"
	case Skipped:
		return "skipped"
	}
	return "unknown"
}

// Note says that a file was not read to its end, or not at all. Frames before
// the place were delivered.
type Note struct {
	Kind NoteKind
	// Path is the file as it was named or found, "-" for standard input. It is
	// not fit for a terminal: file names may hold anything.
	Path string
	// Offset is where reading stopped: bytes after decompression.
	Offset int64
	Reason string // lower case, no full stop
}

// FormatError says that an input is not a capture that can be read.
type FormatError struct {
	Path string // as named; "-" for standard input
	Hint string // what it looks like, or what to do; lower case, no full stop
}

// Error returns the path and the hint.
func (e *FormatError) Error() string { return e.Path + ": not a capture: " + e.Hint }

// record-level outcomes, internal to the readers: they become notes.
var (
	errTruncated = errors.New("the file ends inside a record")
	errEmpty     = errors.New("the file is empty")
)

// corruptError is a record that cannot be right.
type corruptError string

func (e corruptError) Error() string { return string(e) }
