package capture

import (
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
)

// probeSize is how much of a file is read to find its first frame, usually.
const probeSize = 16 << 10

// collect fills s.inputs with what paths name, in reading order.
func (s *Files) collect(paths []string, stdin io.Reader) error {
	var streams []input
	seen := make(map[string]bool)
	for _, path := range paths {
		if path == "-" {
			streams = append(streams, input{path: path, stream: stdin})
			stdin = eof{} // a second "-" finds nothing
			continue
		}
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("open capture: %w", err)
		}
		switch clean := filepath.Clean(path); {
		case info.IsDir():
			if err := s.folder(path, seen); err != nil {
				return err
			}
		case !info.Mode().IsRegular():
			streams = append(streams, input{path: path, pipe: true})
		case !seen[clean]:
			seen[clean] = true
			if err := s.probe(input{path: path, size: info.Size()}); err != nil {
				return named(path, err)
			}
		}
	}
	slices.SortStableFunc(s.inputs, func(a, b input) int {
		return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.path, b.path))
	})
	s.inputs = append(s.inputs, streams...)
	return nil
}

// folder adds the captures in and below dir; what is none becomes a note.
func (s *Files) folder(dir string, seen map[string]bool) error {
	had := len(s.inputs)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			if path == dir {
				return fmt.Errorf("open capture: %w", err)
			}
			s.note(path, 0, err)
			return nil
		}
		// The type is that of the entry itself, so links are not followed.
		if !d.Type().IsRegular() || seen[filepath.Clean(path)] {
			return nil
		}
		seen[filepath.Clean(path)] = true
		in := input{path: path, found: true}
		if info, err := d.Info(); err == nil {
			in.size = info.Size()
		}
		if err := s.probe(in); err != nil {
			s.note(path, 0, err)
		}
		return nil
	})
	if err == nil && len(s.inputs) == had {
		return &FormatError{Path: dir, Hint: "the folder holds no capture that was not named already"}
	}
	return err
}

// probe appends in with the time of its first frame; it fails if in is not a capture. A
// capture without a readable frame is kept, last: reading it will say what is wrong.
func (s *Files) probe(in input) error {
	var ng ngReader
	r, err := s.open(in, &ng, probeSize)
	defer s.closeInput()
	in.first = math.MaxInt64
	if err == nil {
		var f Frame
		if r.next(&f) == nil {
			in.first = f.Time
		}
	} else if err != errTruncated {
		return err
	}
	s.inputs = append(s.inputs, in)
	return nil
}

type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }
