package capture

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync/atomic"
)

const maxNotes = 4096

// Stats are the counters of a source.
type Stats struct {
	Inputs             uint64 // files and streams begun
	Frames             uint64 // frames delivered
	Bytes              uint64 // bytes of these frames
	BadBlocks          uint64 // pcapng blocks passed over because they made no sense
	SecretBytesDropped uint64 // bytes of decryption secrets beyond the limit
	NotesDropped       uint64 // notes beyond the limit
}

// Files reads captures one after the other. It implements Source.
type Files struct {
	inputs []input // what is still to be read, in order
	w      *window
	codec  inflater
	ng     ngReader
	notes  []Note
	stats  Stats

	// The input that is being read; cur is nil between inputs.
	cur    reader
	in     input
	closer io.Closer // nil for a stream of the caller

	read  atomic.Int64 // bytes as stored, of all inputs
	total int64        // constant after OpenFiles; 0 when an input has no size
}

// input is one file or stream.
type input struct {
	path   string
	first  int64     // packet time of the first frame
	size   int64     // bytes as stored
	found  bool      // in a folder, not named
	stream io.Reader // not nil: read this, do not open path
	pipe   bool      // named, but not a regular file: it can be opened only once
}

// OpenFiles returns the frames of the captures that paths name: files, folders (all
// captures in and below them), and stdin for "-". The package comment says in which
// order.
//
// It fails with a *FormatError if a named file is not a capture or a folder holds
// none, and with an error of the file system if a named path cannot be read. A stream
// is not touched before its turn: its *FormatError comes from Next.
func OpenFiles(paths []string, stdin io.Reader) (*Files, error) {
	s := &Files{w: newWindow(windowSize)}
	if err := s.collect(paths, stdin); err != nil {
		s.codec.close()
		return nil, err
	}
	for _, in := range s.inputs {
		if in.stream != nil || in.pipe {
			s.total = 0
			break
		}
		s.total += in.size
	}
	s.read.Store(0)
	return s, nil
}

// Paths returns the names of what is still to be read, in order; a stream is "-".
func (s *Files) Paths() []string {
	var paths []string
	for _, in := range s.inputs {
		paths = append(paths, in.path)
	}
	return paths
}

// Next implements Source. Besides io.EOF it returns only a *FormatError or the error of
// opening, both for a stream that was named; reading may go on after them.
func (s *Files) Next(f *Frame) error {
	for {
		if s.cur == nil {
			if err := s.advance(); err != nil {
				return err
			}
		}
		err := s.cur.next(f)
		if err == nil {
			s.stats.Frames++
			s.stats.Bytes += uint64(len(f.Data))
			return nil
		}
		s.finish(err)
	}
}

// advance opens the next input that can be read.
func (s *Files) advance() error {
	for len(s.inputs) > 0 {
		s.in = s.inputs[0]
		s.inputs = s.inputs[1:]
		s.stats.Inputs++
		cur, err := s.open(s.in, &s.ng, windowSize)
		if err == nil {
			s.cur = cur
			return nil
		}
		s.closeInput()
		if (s.in.stream != nil || s.in.pipe) && err != errTruncated {
			return named(s.in.path, err)
		}
		s.note(s.in.path, 0, err) // it was a capture when the order was found
	}
	return io.EOF
}

// open begins to read in, at most ahead bytes at a time.
func (s *Files) open(in input, ng *ngReader, ahead int) (reader, error) {
	src := in.stream
	if src == nil {
		file, err := openFile(in)
		if err != nil {
			return nil, err
		}
		src, s.closer = file, file
	}
	plain, err := s.codec.open(&counter{src, &s.read})
	if err != nil {
		return nil, damagedHead(err)
	}
	s.w.reset(plain, ahead)
	return peekFormat(s.w, ng)
}

// openFile opens a file. One that was found in a folder must still be the regular file
// that was found: following a link planted since would read outside of the folder.
func openFile(in input) (*os.File, error) {
	if !in.found {
		return os.Open(in.path)
	}
	before, err := os.Lstat(in.path)
	if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, errReplaced
	}
	file, err := os.Open(in.path)
	if err != nil {
		return nil, err
	}
	if now, err := file.Stat(); err != nil || !os.SameFile(before, now) {
		file.Close()
		return nil, errReplaced
	}
	return file, nil
}

var errReplaced = errors.New("it was replaced while the folder was read")

// damagedHead turns a decoder's complaint about its very first bytes into a FormatError.
func damagedHead(err error) error {
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return err
	}
	return &FormatError{Hint: "its compression is damaged: " + err.Error()}
}

// named returns err as the caller of OpenFiles or Next sees it.
func named(path string, err error) error {
	if fe, ok := errors.AsType[*FormatError](err); ok {
		fe.Path = path
		return fe
	}
	if errors.Is(err, errEmpty) {
		return &FormatError{Path: path, Hint: err.Error()}
	}
	return fmt.Errorf("open capture: %w", err)
}

// finish closes the current input, which ended with err.
func (s *Files) finish(err error) {
	if err != io.EOF {
		s.note(s.in.path, s.w.off, err)
	}
	s.closeInput()
	s.cur = nil
}

func (s *Files) closeInput() {
	if s.closer != nil {
		s.closer.Close()
		s.closer = nil
	}
}

// note keeps why path was not read beyond offset.
func (s *Files) note(path string, offset int64, err error) {
	if len(s.notes) == maxNotes {
		s.stats.NotesDropped++
		return
	}
	n := Note{Kind: Corrupt, Path: path, Offset: offset, Reason: err.Error()}
	if _, ok := errors.AsType[*FormatError](err); ok || errors.Is(err, errEmpty) || errors.Is(err, errReplaced) {
		n.Kind = Skipped
		if ok {
			n.Reason = err.(*FormatError).Hint
		}
	} else if _, ok := errors.AsType[*fs.PathError](err); ok {
		n.Kind = Unreadable
	} else if errors.Is(err, errTruncated) || errors.Is(err, io.ErrUnexpectedEOF) {
		n.Kind, n.Reason = Truncated, errTruncated.Error()
	}
	s.notes = append(s.notes, n)
}

// Position implements Source. It may be called from any goroutine.
func (s *Files) Position() (read, total int64) { return s.read.Load(), s.total }

// Notes returns what was not read, in the order in which it was found.
func (s *Files) Notes() []Note { return s.notes }

// Ahead returns the decryption secrets of all inputs still to be read that can be read
// twice: files, not streams. It reads the pcapng ones among them to their end, and must
// not be called after Next.
func (s *Files) Ahead() []Secret {
	var ng ngReader
	for _, in := range s.inputs {
		if in.stream != nil || in.pipe {
			continue
		}
		if r, err := s.open(in, &ng, windowSize); err == nil && r == reader(&ng) {
			_ = ng.scan() // the damage is noted when the frames are read
		}
		s.closeInput()
	}
	s.read.Store(0)
	return ng.secrets
}

// Secrets returns the decryption secrets that the captures carried, in the order in which
// they were met so far. The result only grows; its elements never change.
func (s *Files) Secrets() []Secret { return s.ng.secrets }

// Stats returns the counters so far.
func (s *Files) Stats() Stats {
	st := s.stats
	st.BadBlocks += s.ng.stats.BadBlocks
	st.SecretBytesDropped += s.ng.stats.SecretBytesDropped
	return st
}

// Close implements Source.
func (s *Files) Close() error {
	s.closeInput()
	s.codec.close()
	s.inputs, s.cur = nil, nil
	return nil
}
