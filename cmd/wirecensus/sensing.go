package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"wirecensus/schemas"
	"wirecensus/schemas/wire"
	"wirecensus/sensor"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/capture/bpf"
	"wirecensus/sensor/publish/batch"
)

const (
	flushEvery  = 500 * time.Millisecond
	reportEvery = time.Minute
	drainWithin = 1500 * time.Millisecond
)

// sensing is one run of sensor.
type sensing struct {
	flags sensorFlags
	sh    shell
	log   zerolog.Logger

	src     sensor.Source
	rings   []sensor.Source // in place of src, where each worker has a ring
	split   bpf.Split       // what rings were divided by
	live    []liveSource    // src or rings, none for capture files
	files   *capture.Files  // src, nil for a live capture
	key     []byte
	protos  protos
	tls     *sensor.Keys // nil without --keylog and --rsa-key
	seed    uint64
	to      target
	metrics *measuring // nil without --metrics
	closers []io.Closer
}

// logger writes for people on a terminal and JSON elsewhere.
func logger(w io.Writer) zerolog.Logger {
	if s := screen(w); s.TTY {
		w = zerolog.ConsoleWriter{Out: w, NoColor: os.Getenv("NO_COLOR") != "", TimeFormat: time.TimeOnly}
	}
	return zerolog.New(w).With().Timestamp().Logger()
}

// open opens source and sinks, then gives up all privileges.
func (s *sensing) open(ctx context.Context) (err error) {
	if err := s.openSource(ctx); err != nil {
		return err
	}
	if err := s.openTarget(); err != nil {
		return err
	}
	if s.metrics, err = openMetrics(s.flags.metrics, s.flags.kafka.name); err != nil {
		return err
	}
	if s.metrics != nil {
		s.closers = append(s.closers, s.metrics)
		s.log.Info().Str("url", "http://"+s.metrics.listener.Addr().String()+"/metrics").Msg("serving metrics")
	}
	if err := s.secrets(); err != nil {
		return err
	}
	switch err := confine(ctx, s.flags.user); {
	case err == nil:
	case errors.Is(err, errors.ErrUnsupported) && s.flags.user == "":
		s.log.Warn().Msg("privileges are kept: this program was built with cgo; build it with CGO_ENABLED=0")
	default:
		return &hinted{fmt.Errorf("give up privileges: %w", err), "--user needs a user of this system and to be started as root"}
	}
	if err := s.to.open(ctx); err != nil {
		return err
	}
	if s.flags.coverage == "" {
		return nil
	}
	// Tried with the rights that are left: later is too late to find out.
	f, err := os.CreateTemp(filepath.Dir(s.flags.coverage), ".wirecensus-*.tmp")
	if err == nil {
		err = errors.Join(f.Close(), os.Remove(f.Name()))
	}
	if err != nil {
		return &hinted{fmt.Errorf("write coverage: %w", err), "--coverage names a file in a folder that this user may write to"}
	}
	return nil
}

// openTarget opens what needs rights that are given up later.
func (s *sensing) openTarget() (err error) {
	f := &s.flags.kafka
	if f.name == "" {
		if f.name, err = os.Hostname(); err != nil {
			return &hinted{fmt.Errorf("name of this host: %w", err), "give the sensor a name: --name NAME"}
		}
	}
	if f.brokers == nil {
		s.to, err = openStream(s.flags.to, s.sh.out, f.binary, wire.Origin{Sensor: f.name, Epoch: randomEpoch()})
		return err
	}
	k := &cluster{flags: f, log: s.log, live: s.isLive(), epoch: s.epoch}
	k.cfg, err = k.flags.config()
	s.to = k
	return err
}

// epoch returns the epoch of the calls of this run.
func (s *sensing) epoch(partitions int) (uint64, error) {
	if s.isLive() {
		return randomEpoch(), nil
	}
	id := identity{
		Version: version, Sensor: s.flags.kafka.name, Key: sha256.Sum256(s.key), Shards: s.flags.shards,
		Partitions: partitions, Encoding: s.flags.kafka.form, Limits: batch.DefaultLimits(), Decoding: s.flags.decoding, Protos: s.protos.sum,
	}
	for _, path := range s.files.Paths() {
		in, err := identify(path)
		if errors.Is(err, errStream) || path == "-" {
			s.log.Warn().Msg("a pipe cannot be read again: if this run is broken off, a second one sends its calls as new ones")
			return randomEpoch(), nil
		}
		if err != nil {
			return 0, openHint(err)
		}
		id.Inputs = append(id.Inputs, in)
	}
	return id.epoch(), nil
}

func (s *sensing) close() error {
	var err error
	for _, c := range s.closers {
		err = errors.Join(err, c.Close())
	}
	return err
}

// run listens until the source ends or ctx is done, then drains what is on its way.
func (s *sensing) run(ctx context.Context) error {
	working, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() { s.stop(cancel) })()
	keeper := newKeeper(s, cancel)
	if s.metrics != nil {
		s.metrics.serve(func(err error) { cancel(fmt.Errorf("serve metrics: %w", err)) })
	}
	s.log.Info().Str("source", printable(s.source())).Str("to", printable(s.flags.to)).Msg("listening")
	cov, err := sensor.Run(working, sensor.Config{
		Source: s.src, Rings: s.rings, Split: s.split, Shards: s.flags.shards, Key: s.key, Keys: s.tls, Seed: s.seed, Decode: s.flags.decoding, Schemas: s.protos.schemas, Reports: keeper.reports, Headroom: headroom(), Lend: true,
		Sink: s.to.sink, Words: s.to.words(), Releases: keeper.releases,
	})
	keeper.stop()
	err = errors.Join(s.readError(err), s.to.finish(ctx, cov), undecodable(cov))
	s.say(cov)
	if s.flags.coverage != "" {
		err = errors.Join(err, writeCoverage(s.flags.coverage, cov))
	}
	return err
}

func (s *sensing) readError(err error) error {
	if err != nil && s.isLive() {
		return liveHint(s.source(), err)
	}
	return openHint(err)
}

func (s *sensing) source() string {
	if len(s.flags.ifaces) > 0 {
		return strings.Join(s.flags.ifaces, " ")
	}
	return strings.Join(s.flags.read, " ")
}

// stop ends the run: a live capture hands over what has arrived, within drainWithin.
func (s *sensing) stop(cancel context.CancelCauseFunc) {
	s.to.halt()
	if !s.isLive() {
		cancel(nil)
		return
	}
	s.stopLive()
	time.AfterFunc(drainWithin, func() { cancel(nil) })
}

// say logs what became of every packet: received = used + kernel drops + discarded.
func (s *sensing) say(cov *schemas.Coverage) {
	e := s.log.Info()
	received, used, discarded := cov.Frames, cov.Segments, cov.Duplicates
	for _, n := range cov.Undecoded {
		discarded += n
	}
	if l := cov.Live; l != nil {
		received = l.KernelPackets
		used -= l.QueueDrops
		discarded += l.QueueDrops + l.Waiting
		e.Uint64("kernel_drops", l.KernelDrops)
	}
	e.Uint64("received", received).Uint64("used", used).Uint64("discarded", discarded).Uint64("calls", cov.Calls)
	s.to.say(e)
	e.Uint64("gap_bytes", cov.GapBytes).Msg("done")
}

// keeper flushes the calls and writes the coverage while the sensor works.
type keeper struct {
	reports  chan func(*schemas.Coverage)
	releases chan func([]schemas.Word)
	done     chan struct{}
	wg       sync.WaitGroup
}

func newKeeper(s *sensing, cancel context.CancelCauseFunc) *keeper {
	k := &keeper{reports: make(chan func(*schemas.Coverage), 1), releases: make(chan func([]schemas.Word), 1), done: make(chan struct{})}
	k.wg.Go(func() { k.keep(s, cancel) })
	return k
}

func (k *keeper) keep(s *sensing, cancel context.CancelCauseFunc) {
	covered := make(chan *schemas.Coverage, 1)
	tick, file, topic := time.NewTicker(s.to.every()), newTicker(s.flags.coverage != "", reportEvery), newTicker(s.to.covers() > 0, s.to.covers())
	scrape := newTicker(s.metrics != nil, coverEvery)
	defer tick.Stop()
	defer scrape.Stop()
	defer file.Stop()
	defer topic.Stop()
	release := newTicker(s.to.releases() > 0, s.to.releases())
	defer release.Stop()
	write := s.flags.coverage != "" // the next coverage is for the file too
	send := false                   // and for the target
	ask := func() {
		select {
		case k.reports <- func(c *schemas.Coverage) {
			select {
			case covered <- c:
			default: // the one before is still being written
			}
		}:
		default: // nobody answered the last one yet
		}
	}
	if write || s.metrics != nil {
		ask()
	}
	for {
		select {
		case <-k.done:
			return
		case <-tick.C:
			// A broken output ends the run; the error comes back at the end.
			if err := s.to.tick(); err != nil {
				cancel(err)
			}
		case <-file.C:
			write = true
			ask()
		case <-topic.C:
			send = true
			ask()
		case <-scrape.C:
			ask()
		case <-release.C:
			select {
			case k.releases <- s.to.words():
			default: // likewise
			}
		case c := <-covered:
			if s.metrics.report(c); send || write {
				s.to.report(c)
				send = false
			}
			if !write {
				continue
			}
			write = false
			if err := writeCoverage(s.flags.coverage, c); err != nil {
				s.log.Error().Str("error", printable(err.Error())).Msg("coverage was not written")
			}
		}
	}
}

// newTicker returns a ticker that stands still unless it is on.
func newTicker(on bool, d time.Duration) *time.Ticker {
	if !on {
		t := time.NewTicker(time.Hour)
		t.Stop()
		return t
	}
	return time.NewTicker(d)
}

func (k *keeper) stop() {
	close(k.done)
	k.wg.Wait()
}

// writeCoverage replaces the file at once, so that nobody reads half of it.
func writeCoverage(path string, cov *schemas.Coverage) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	if err := enc.Encode(cov); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	_, err = f.Write(b.Bytes())
	err = errors.Join(err, f.Chmod(0o640), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}
