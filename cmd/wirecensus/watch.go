package main

import (
	"errors"
	"os"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/pflag"

	"wirecensus/sensor/capture"
)

// watchFlags say how folders are watched.
type watchFlags struct {
	on    bool
	state string
	quiet time.Duration
}

func addWatch(set *pflag.FlagSet, f *watchFlags) {
	set.BoolVar(&f.on, "watch", false, "")
	set.StringVar(&f.state, "watch-state", "", "")
	set.DurationVar(&f.quiet, "watch-quiet", capture.DefaultQuiet, "")
}

func (f *watchFlags) check(read []string) error {
	switch {
	case !f.on && (f.state != "" || f.quiet != capture.DefaultQuiet):
		return sensorUsageError("--watch-state and --watch-quiet belong to --watch")
	case !f.on:
		return nil
	case len(read) == 0:
		return sensorUsageError("--watch needs a folder: -r DIR")
	case f.quiet < time.Second || f.quiet > time.Hour:
		return sensorUsageError("--watch-quiet is 1s to 1h, not %s", f.quiet)
	}
	for _, dir := range read {
		if info, err := os.Stat(dir); err == nil && !info.IsDir() {
			return sensorUsageError("--watch is for folders, and %q is none", dir)
		}
	}
	return nil
}

// openWatch begins to watch the folders.
func (s *sensing) openWatch() error {
	w, err := capture.OpenWatch(capture.WatchConfig{Dirs: s.flags.read, State: s.flags.watch.state, Quiet: s.flags.watch.quiet})
	if errors.Is(err, capture.ErrWatchState) {
		return &hinted{err, "--watch-state names a file in a folder that exists, for this sensor alone"}
	}
	if err != nil {
		return openHint(err)
	}
	s.src = s.listensTo(&told{Watch: w, log: s.log})
	return nil
}

// told logs what became of the files of a watched folder.
type told struct {
	*capture.Watch
	log zerolog.Logger
}

// Next is that of the folder.
func (t *told) Next(f *capture.Frame) error {
	err := t.Watch.Next(f)
	if err == nil {
		return nil
	}
	for _, e := range t.Watch.Events() {
		ev := t.log.Info()
		if e.Reason != "" {
			ev = t.log.Warn().Str("why", printable(e.Reason))
		}
		ev.Str("file", printable(e.Path)).Uint64("frames", e.Frames).Msg(e.What)
	}
	return err
}
