package tls

import (
	"bytes"
	"compress/flate"
	"io"
)

// maxContent is the longest content of a record, RFC 8446, Section 5.1.
const maxContent = 1 << 14

// inflater undoes the compression of TLS 1.2 and below, RFC 3749: one zlib stream a
// direction, flushed after each record. After a loss it cannot go on.
type inflater struct {
	window []byte // the last 32 KiB of content
	begun  bool   // the header of the stream was read
	broken bool
}

// record returns the content of a record, or false when it cannot be known.
func (f *inflater) record(b []byte) ([]byte, bool) {
	if f.broken || len(b) == 0 {
		return nil, !f.broken
	}
	if !f.begun {
		if len(b) < 2 || b[0]&15 != 8 || b[1]&32 != 0 {
			f.broken = true
			return nil, false
		}
		f.begun = true
		b = b[2:]
	}
	// Each record ends at a byte with its blocks complete, so that one can be read by
	// itself with what came before as its dictionary.
	var out bytes.Buffer
	r := flate.NewReaderDict(bytes.NewReader(b), f.window)
	if _, err := io.Copy(&out, io.LimitReader(r, maxContent+1)); err != io.ErrUnexpectedEOF && err != nil || out.Len() > maxContent {
		f.broken = true
		return nil, false
	}
	f.window = append(f.window, out.Bytes()...)
	if n := len(f.window) - 32<<10; n > 0 {
		f.window = append(f.window[:0], f.window[n:]...)
	}
	return out.Bytes(), true
}
