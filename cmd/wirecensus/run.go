package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/pflag"

	"wirecensus/inventory"
	"wirecensus/schemas"
	"wirecensus/sensor"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/publish"
	"wirecensus/specgen/openapi"
)

// runFlags are the flags of run as given.
type runFlags struct {
	sensorFlags
	store   string
	name    string
	specs   []string
	noWords bool
	serving serving
}

func parseRun(args []string) (f runFlags, help bool, err error) {
	set := pflag.NewFlagSet("run", pflag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Usage = func() {}
	set.StringArrayVarP(&f.ifaces, "interface", "i", nil, "")
	addWatch(set, &f.watch)
	set.StringArrayVarP(&f.read, "read", "r", nil, "")
	set.StringVarP(&f.filter, "filter", "f", "", "")
	set.StringVar(&f.ring, "ring-size", "64MiB", "")
	set.IntVar(&f.snapLen, "snaplen", 0, "")
	set.BoolVar(&f.noPromiscuous, "no-promiscuous", false, "")
	set.BoolVar(&f.ignoreOutgoing, "ignore-outgoing", false, "")
	set.BoolVar(&f.hardwareTimes, "hardware-times", false, "")
	set.StringVar(&f.user, "user", "", "")
	set.StringVar(&f.key, "key", "", "")
	set.StringArrayVar(&f.protos, "proto", nil, "")
	set.IntVar(&f.shards, "shards", 1, "")
	set.StringVar(&f.store, "store", "sqlite:wirecensus.db", "")
	set.StringVar(&f.name, "name", sensorName(), "")
	set.StringArrayVarP(&f.specs, "spec", "s", nil, "")
	set.BoolVar(&f.noWords, "no-words", false, "")
	set.StringVar(&f.serving.listen, "listen", "127.0.0.1:8080", "")
	addServing(set, &f.serving)
	addDecoding(set, &f.decoding)
	addSecrets(set, &f.tls)
	if err := set.Parse(args); errors.Is(err, pflag.ErrHelp) {
		return f, true, nil
	} else if err != nil {
		return f, false, runUsageError("%v", err)
	}
	if set.NArg() > 0 {
		return f, false, runUsageError("%q is no flag: captures are named with -r, an interface with -i", set.Arg(0))
	}
	return f, false, f.check()
}

func runUsageError(format string, args ...any) error {
	return &usageError{see: "run --help", msg: fmt.Sprintf(format, args...)}
}

func (f *runFlags) check() error {
	f.to = "-" // the calls stay in this process: what is checked is the rest
	var u *usageError
	switch err := f.sensorFlags.check(); {
	case errors.As(err, &u):
		return runUsageError("%s", u.msg)
	case err != nil:
		return err
	case f.name == "" || len(f.name) > 200:
		return runUsageError("--name has 1 to 200 bytes")
	}
	return f.serving.check("run")
}

// live runs sensor and inventory in this process.
func live(ctx context.Context, sh shell, args []string) error {
	flags, help, err := parseRun(args)
	if err != nil {
		return err
	}
	if help {
		_, err := io.WriteString(sh.out, runUsage)
		return err
	}
	declared, err := readSpecs(flags.specs)
	if err != nil {
		return err
	}
	r := &running{flags: flags, log: logger(sh.err)}
	r.sensing = &sensing{flags: flags.sensorFlags, sh: sh, log: r.log}
	err = r.run(ctx, declared)
	return errors.Join(err, r.sensing.close())
}

// running is one run of run.
type running struct {
	flags   runFlags
	log     zerolog.Logger
	sensing *sensing
	feed    *feeding
}

func (r *running) run(ctx context.Context, declared []*openapi.Document) error {
	s := r.sensing
	if err := s.openSource(ctx); err != nil {
		return err
	}
	if err := s.secrets(); err != nil {
		return err
	}
	switch err := confine(ctx, r.flags.user); {
	case err == nil:
	case errors.Is(err, errors.ErrUnsupported) && r.flags.user == "":
		r.log.Warn().Msg("privileges are kept: this program was built with cgo; build it with CGO_ENABLED=0")
	default:
		return &hinted{fmt.Errorf("give up privileges: %w", err), "--user needs a user of this system and to be started as root"}
	}
	svc, err := openInventory(ctx, r.flags.store, declared, r.log)
	if err != nil {
		return err
	}
	return errors.Join(r.with(ctx, svc), svc.Close())
}

// with listens and serves until ctx is done; a capture that ends is served on.
func (r *running) with(ctx context.Context, svc *inventory.Service) error {
	var err error
	if r.feed, err = newFeeding(ctx, svc, r.flags.name); err != nil {
		return err
	}
	srv, err := r.flags.serving.open(svc, r.log, svc.Collector())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	served := make(chan error, 1)
	go func() {
		err := srv.serve(ctx)
		cancel(err)
		served <- err
	}()
	err = r.sense(ctx)
	if err == nil && ctx.Err() == nil {
		if err = svc.Sync(ctx); err == nil {
			r.log.Info().Msg("the captures are read; serving until interrupted")
			<-ctx.Done()
		}
	}
	cancel(err)
	return errors.Join(err, <-served)
}

// stop ends the capture: a live one hands over what has arrived, within drainWithin.
func (r *running) stop(cancel context.CancelCauseFunc) {
	if !r.sensing.isLive() {
		cancel(nil)
		return
	}
	r.sensing.stopLive()
	time.AfterFunc(drainWithin, func() { cancel(nil) })
}

// sense feeds the inventory until the source ends or ctx is done.
func (r *running) sense(ctx context.Context) error {
	s := r.sensing
	working, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() { r.stop(cancel) })()
	r.log.Info().Str("source", printable(s.source())).Str("store", printable(printableStore(r.flags.store))).Msg("listening")
	reports := make(chan func(*schemas.Coverage), 1)
	defer every(coverEvery, func() {
		select {
		case reports <- r.feed.cover:
		default: // nobody answered the last one yet
		}
	})()
	words := r.feed.Words
	if r.flags.noWords {
		words = nil
	}
	cov, err := sensor.Run(working, sensor.Config{
		Source: s.src, Rings: s.rings, Split: s.split, Shards: r.flags.shards, Key: s.key, Keys: s.tls, Seed: s.seed, Decode: r.flags.decoding, Schemas: s.protos.schemas, Reports: reports, Headroom: headroom(), Lend: true, Words: words,
		Sink: func(int) publish.Sink { return publish.Func(r.feed.Call) },
	})
	var format *capture.FormatError
	if err != nil && ctx.Err() != nil && errors.As(err, &format) {
		err = nil // a stream that was interrupted before it said anything
	}
	if err != nil {
		return s.readError(err)
	}
	r.feed.cover(cov)
	return undecodable(cov)
}
