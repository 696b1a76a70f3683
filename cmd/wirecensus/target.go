package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"wirecensus/schemas"
	"wirecensus/sensor/publish"
)

// target is where a sensor's calls go.
type target interface {
	// open is called after all privileges were given up, before sink.
	open(ctx context.Context) error
	// sink returns the sink of one worker.
	sink(lane int) publish.Sink
	// tick is called again and again while the sensor works. An error ends the run.
	tick() error
	every() time.Duration
	// report takes what was seen so far, every covers(); 0: only at the end.
	report(*schemas.Coverage)
	covers() time.Duration
	// halt gives up waiting for room: the run was interrupted.
	halt()
	// finish hands on what is left after the last call. It ends soon after ctx does.
	finish(ctx context.Context) error
	// say adds what became of the calls to the last line.
	say(e *zerolog.Event)
}

// stream is a file or the standard output.
type stream struct {
	*publish.Stream
	file io.Closer // nil for the standard output
}

// openStream opens what --to names.
func openStream(to string, stdout io.Writer) (*stream, error) {
	path, isFile := strings.CutPrefix(to, "file:")
	if !isFile {
		return &stream{Stream: publish.NewStream(stdout)}, nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o640)
	if err != nil {
		return nil, &hinted{errors.Join(errors.New("open output"), err), "--to file:PATH appends to a file in a folder that exists"}
	}
	return &stream{publish.NewStream(f), f}, nil
}

func (s *stream) open(context.Context) error { return nil }
func (s *stream) sink(int) publish.Sink      { return s.Stream }
func (s *stream) tick() error                { return s.Flush() }
func (s *stream) every() time.Duration       { return flushEvery }
func (s *stream) report(*schemas.Coverage)   {}
func (s *stream) covers() time.Duration      { return 0 }
func (s *stream) halt()                      {}
func (s *stream) say(e *zerolog.Event)       { e.Uint64("calls_lost", s.Lost()) }

func (s *stream) finish(context.Context) error {
	err := s.Flush()
	if s.file != nil {
		err = errors.Join(err, s.file.Close())
	}
	return err
}
