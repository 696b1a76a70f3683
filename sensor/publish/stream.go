package publish

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"sync"

	"wirecensus/schemas"
)

// streamBuffer is how many bytes a Stream holds before it writes.
const streamBuffer = 64 << 10

// Stream writes calls as JSON, one a line, in the order in which they come. It is
// safe for concurrent use. A writer that is slow holds up whoever sends.
type Stream struct {
	mu struct {
		sync.Mutex
		w    *bufio.Writer
		err  error
		lost uint64
	}
}

// NewStream returns a stream to w.
func NewStream(w io.Writer) *Stream {
	s := new(Stream)
	s.mu.w = bufio.NewWriterSize(w, streamBuffer)
	return s
}

// Send writes the call to the buffer. After an error calls are counted and dropped.
func (s *Stream) Send(c *schemas.Call) {
	line, err := json.Marshal(c)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil && s.mu.err == nil {
		_, err = s.mu.w.Write(append(line, '\n'))
	}
	if err != nil || s.mu.err != nil {
		s.mu.lost++
		s.mu.err = errors.Join(s.mu.err, err)
	}
}

// Flush writes what is in the buffer. The error is the first that any writing met.
func (s *Stream) Flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.err == nil {
		s.mu.err = s.mu.w.Flush()
	}
	return s.mu.err
}

// Lost is how many calls could not be written. Those that were in the buffer when
// writing failed are not among them.
func (s *Stream) Lost() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.lost
}
