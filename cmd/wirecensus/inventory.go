package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/pflag"

	"wirecensus/inventory"
	"wirecensus/inventory/ingest"
	"wirecensus/sensor/publish/kafka"
)

// inventoryFlags are the flags of inventory as given.
type inventoryFlags struct {
	from    string
	store   string
	group   string
	login   login
	specs   []string
	serving serving

	// What check makes of from.
	brokers []string
	topics  kafka.Topics
}

func parseInventory(args []string) (f inventoryFlags, help bool, err error) {
	set := pflag.NewFlagSet("inventory", pflag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Usage = func() {}
	set.StringVar(&f.from, "from", "", "")
	set.StringVar(&f.store, "store", "", "")
	set.StringVar(&f.group, "group", "wirecensus", "")
	addLogin(set, &f.login)
	set.StringArrayVarP(&f.specs, "spec", "s", nil, "")
	set.StringVar(&f.serving.listen, "listen", "127.0.0.1:8080", "")
	addServing(set, &f.serving)
	if err := set.Parse(args); errors.Is(err, pflag.ErrHelp) {
		return f, true, nil
	} else if err != nil {
		return f, false, inventoryUsageError("%v", err)
	}
	if set.NArg() > 0 {
		return f, false, inventoryUsageError("%q is no flag", set.Arg(0))
	}
	return f, false, f.check()
}

func inventoryUsageError(format string, args ...any) error {
	return &usageError{see: "inventory --help", msg: fmt.Sprintf(format, args...)}
}

func (f *inventoryFlags) check() error {
	switch {
	case f.store == "":
		return inventoryUsageError("nowhere to keep the inventory: --store sqlite:FILE or --store postgres://…")
	case f.from == "" && f.login != login{}:
		return inventoryUsageError("the flags of Kafka need --from kafka://BROKER/TOPIC")
	}
	if err := f.login.check(inventoryUsageError); err != nil {
		return err
	}
	if f.from != "" {
		var err error
		if f.brokers, f.topics, err = kafka.ParseURL(f.from); err != nil {
			return inventoryUsageError("--from %s: %v", f.from, err)
		}
	}
	return f.serving.check("inventory")
}

// keep consumes calls and serves what follows from them.
func keep(ctx context.Context, sh shell, args []string) error {
	flags, help, err := parseInventory(args)
	if err != nil {
		return err
	}
	if help {
		_, err := io.WriteString(sh.out, inventoryUsage)
		return err
	}
	declared, err := readSpecs(flags.specs)
	if err != nil {
		return err
	}
	source, err := flags.source()
	if err != nil {
		return err
	}
	log := logger(sh.err)
	svc, err := openInventory(ctx, flags.store, declared, log)
	if err != nil {
		return err
	}
	srv, err := flags.serving.open(svc, log, svc.Collector())
	if err != nil {
		return errors.Join(err, svc.Close())
	}
	return errors.Join(readAndServe(ctx, svc, srv, source), svc.Close())
}

// readAndServe does both until ctx is done, or one of the two fails.
func readAndServe(ctx context.Context, svc *inventory.Service, srv *server, source *ingest.Config) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	read := make(chan error, 1)
	go func() {
		if source == nil {
			<-ctx.Done()
			read <- nil
			return
		}
		srv.log.Info().Strs("brokers", source.Kafka.Brokers).Str("topic", source.Calls).Str("group", source.Group).Msg("reading")
		err := svc.Consume(ctx, *source)
		if ctx.Err() != nil && errors.Is(err, context.Canceled) {
			err = nil
		}
		cancel()
		read <- err
	}()
	err := srv.serve(ctx)
	cancel()
	return errors.Join(<-read, err)
}

// source is what is read; nil without --from.
func (f *inventoryFlags) source() (*ingest.Config, error) {
	if f.from == "" {
		return nil, nil
	}
	password, secure, err := f.login.secrets()
	return &ingest.Config{Group: f.group, Calls: f.topics.Calls, Coverage: f.topics.Coverage, Definitions: f.topics.Definitions,
		Kafka: ingest.Kafka{Brokers: f.brokers, SASL: f.login.sasl, User: f.login.user, Password: password, TLS: secure}}, err
}

// coverEvery is how often run looks at what the sensor could not see.
const coverEvery = 5 * time.Second

// every runs job at an interval until what it returns is called.
func every(interval time.Duration, job func()) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				job()
			}
		}
	}()
	return func() { close(done); <-ended }
}
