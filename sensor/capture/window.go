package capture

import (
	"errors"
	"io"
)

// windowSize is the size of the read buffer. It exceeds MaxFrame and every
// block head together, so one whole record always fits.
const windowSize = 1 << 20

// window is a sliding view of a stream: peek, then skip. It is bufio.Reader
// reduced to what record readers need, with one large read(2) per refill.
type window struct {
	src    io.Reader
	ahead  int    // how many bytes one read may ask for, unless more are needed
	buf    []byte // constant after newWindow
	lo, hi int    // Invariant: 0 ≤ lo ≤ hi ≤ len(buf); unread bytes are buf[lo:hi]
	off    int64  // stream offset of buf[lo]
	err    error  // what ended src; io.EOF at its regular end
}

func newWindow(size int) *window { return &window{buf: make([]byte, size)} }

// reset makes w read src from its start, at most ahead bytes at a time.
func (w *window) reset(src io.Reader, ahead int) {
	*w = window{src: src, ahead: ahead, buf: w.buf}
}

// peek returns the next n bytes without consuming them, or fewer iff the stream
// ends before. n must not exceed len(w.buf). The result is valid until the next call.
func (w *window) peek(n int) []byte {
	if w.hi-w.lo < n {
		w.fill(n)
	}
	return w.buf[w.lo:min(w.lo+n, w.hi)]
}

// fill reads until n bytes are unread or the stream ends.
func (w *window) fill(n int) {
	if w.err != nil {
		return
	}
	copy(w.buf, w.buf[w.lo:w.hi])
	w.lo, w.hi = 0, w.hi-w.lo
	for empty := 0; w.hi < n && w.err == nil; {
		got, err := w.src.Read(w.buf[w.hi:min(len(w.buf), max(n, w.hi+w.ahead))])
		w.hi += got
		w.err = err
		if got > 0 {
			empty = 0
		} else if empty++; empty > 100 && err == nil {
			w.err = io.ErrNoProgress
		}
	}
}

// skip consumes n bytes and reports whether the stream held that many.
func (w *window) skip(n int64) bool {
	for n > int64(w.hi-w.lo) {
		have := w.hi - w.lo
		n -= int64(have)
		w.off += int64(have)
		w.lo = w.hi
		if w.fill(1); w.lo == w.hi {
			return false
		}
	}
	w.lo += int(n)
	w.off += n
	return true
}

// failure returns what ended the stream irregularly, nil for its regular end.
func (w *window) failure() error {
	if w.err == nil || errors.Is(w.err, io.EOF) {
		return nil
	}
	return w.err
}
