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
	"wirecensus/schemas/wire"
	"wirecensus/sensor/publish"
	"wirecensus/sensor/publish/batch"
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
	// report takes what was seen so far, every covers(); 0: never.
	report(*schemas.Coverage)
	covers() time.Duration
	// words takes released words, every releases() and at the end; nil: none are wanted.
	words() func([]schemas.Word)
	releases() time.Duration
	// halt gives up waiting for room: the run was interrupted.
	halt()
	// finish hands on what is left after the last call, and what was seen in all. It ends soon
	// after ctx does.
	finish(ctx context.Context, last *schemas.Coverage) error
	// say adds what became of the calls to the last line.
	say(e *zerolog.Event)
}

// stream is a file or the standard output.
type stream struct {
	*publish.Stream
	file io.Closer // nil for the standard output
}

// openStream opens what --to names. binary says that it gets Protobuf.
func openStream(to string, stdout io.Writer, binary bool, origin wire.Origin) (target, error) {
	path, isFile := strings.CutPrefix(to, "file:")
	if !isFile && binary {
		return &records{File: batch.NewFile(stdout), origin: origin}, nil
	}
	if !isFile {
		return &stream{Stream: publish.NewStream(stdout)}, nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o640)
	if err != nil {
		return nil, &hinted{errors.Join(errors.New("open output"), err), "--to file:PATH appends to a file in a folder that exists"}
	}
	if binary {
		return &records{File: batch.NewFile(f), file: f, origin: origin}, nil
	}
	return &stream{publish.NewStream(f), f}, nil
}

func (s *stream) open(context.Context) error  { return nil }
func (s *stream) sink(int) publish.Sink       { return s.Stream }
func (s *stream) tick() error                 { return s.Flush() }
func (s *stream) every() time.Duration        { return flushEvery }
func (s *stream) report(*schemas.Coverage)    {}
func (s *stream) covers() time.Duration       { return 0 }
func (s *stream) words() func([]schemas.Word) { return nil }
func (s *stream) releases() time.Duration     { return 0 }
func (s *stream) halt()                       {}
func (s *stream) say(e *zerolog.Event)        { e.Uint64("calls_lost", s.Lost()) }

func (s *stream) finish(context.Context, *schemas.Coverage) error {
	err := s.Flush()
	if s.file != nil {
		err = errors.Join(err, s.file.Close())
	}
	return err
}

// records is a file or the standard output with Protobuf.
type records struct {
	*batch.File
	origin wire.Origin
	file   io.Closer // nil for the standard output
	lanes  []*batch.FileLane
}

func (r *records) sink(lane int) publish.Sink {
	o := r.origin
	o.Lane = uint32(lane)
	l := r.Lane(o)
	r.lanes = append(r.lanes, l)
	return l
}

func (r *records) open(context.Context) error  { return nil }
func (r *records) tick() error                 { return r.Flush() }
func (r *records) every() time.Duration        { return flushEvery }
func (r *records) report(*schemas.Coverage)    {}
func (r *records) covers() time.Duration       { return 0 }
func (r *records) words() func([]schemas.Word) { return nil }
func (r *records) releases() time.Duration     { return 0 }
func (r *records) halt()                       {}
func (r *records) say(e *zerolog.Event)        { e.Uint64("calls_lost", r.Lost()) }

func (r *records) finish(context.Context, *schemas.Coverage) error {
	for _, l := range r.lanes {
		l.Flush()
	}
	err := r.Flush()
	if r.file != nil {
		err = errors.Join(err, r.file.Close())
	}
	return err
}
