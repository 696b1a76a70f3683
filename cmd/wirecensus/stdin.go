package main

import (
	"context"
	"io"
)

// interruptible is a stream that ends when ctx is done, also while the stream
// below it has nothing to read and stays open.
type interruptible struct {
	ctx    context.Context
	stream io.Reader

	full, free chan []byte // nil before the first Read; full is closed at the end
	err        error       // why the stream ended; valid when full is closed

	// owned by Read
	buf, rest []byte
}

// streamBuffer is the size of the two buffers of an interruptible, in bytes.
const streamBuffer = 256 << 10

// Read implements [io.Reader].
func (s *interruptible) Read(p []byte) (int, error) {
	if s.full == nil {
		s.full, s.free = make(chan []byte, 2), make(chan []byte, 2)
		s.free <- make([]byte, streamBuffer)
		s.free <- make([]byte, streamBuffer)
		go s.pump()
	}
	for len(s.rest) == 0 {
		if s.buf != nil {
			s.free <- s.buf
			s.buf = nil
		}
		select {
		case <-s.ctx.Done():
			return 0, io.EOF
		case b, ok := <-s.full:
			if !ok {
				return 0, s.err
			}
			s.buf, s.rest = b[:cap(b)], b
		}
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// pump reads ahead by at most two buffers. After an interrupt it may stay in a
// read of a stream that never ends, until the process does.
func (s *interruptible) pump() {
	defer close(s.full)
	for b := range s.free {
		n, err := s.stream.Read(b)
		s.full <- b[:n]
		if err != nil {
			s.err = err
			return
		}
	}
}
