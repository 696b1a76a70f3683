package batch

import (
	"bufio"
	"errors"
	"io"
	"sync"

	"wirecensus/schemas"
	"wirecensus/schemas/wire"
)

// fileBuffer is how many bytes a File holds before it writes.
const fileBuffer = 64 << 10

// File writes records that are complete in themselves, each behind its length as a
// varint. Its lanes number their calls in one partition.
type File struct {
	mu   sync.Mutex
	w    *bufio.Writer // protected by mu, like the following
	buf  []byte
	err  error
	lost uint64
}

// NewFile returns a File that writes to w.
func NewFile(w io.Writer) *File { return &File{w: bufio.NewWriterSize(w, fileBuffer)} }

// FileLane is the sink of one worker.
type FileLane struct {
	f *File

	mu      sync.Mutex
	batches *Batcher // protected by mu, like the next
	closed  []Record
}

// Lane returns the sink of the origin's calls.
func (f *File) Lane(o wire.Origin) *FileLane {
	return &FileLane{f: f, batches: NewBatcher(o, Form{Inline: true}, DefaultLimits(), func(string) int { return 0 })}
}

// Send takes one call.
func (l *FileLane) Send(c *schemas.Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed = l.batches.Add(l.closed[:0], c); len(l.closed) > 0 {
		l.f.write(l.closed)
	}
}

// Flush closes all batches.
func (l *FileLane) Flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = l.batches.Flush(l.closed[:0])
	l.f.write(l.closed)
}

// write writes records. After an error their calls are counted and dropped.
func (f *File) write(records []Record) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range records {
		if f.err == nil {
			f.buf = wire.AppendDelimited(f.buf[:0], records[i].Value)
			_, f.err = f.w.Write(f.buf)
		}
		if f.err != nil {
			f.lost += uint64(records[i].Count)
		}
	}
}

// Flush writes what is held. The error is the first that any writing met.
func (f *File) Flush() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return errors.Join(f.err, f.w.Flush())
}

// Lost is how many calls could not be written, without those that were held when writing failed.
func (f *File) Lost() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lost
}
