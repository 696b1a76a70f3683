package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"wirecensus/inventory"
	"wirecensus/inventory/ingest"
)

// inventoryFlags are the flags of inventory as given.
type inventoryFlags struct {
	from    string
	store   string
	group   string
	login   login
	specs   []string
	serving serving
}

// login says how Kafka knows who reads.
type login struct {
	sasl, user, passwordFile string
	tls                      bool
	ca, cert, certKey        string
}

func parseInventory(args []string) (f inventoryFlags, help bool, err error) {
	set := pflag.NewFlagSet("inventory", pflag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Usage = func() {}
	set.StringVar(&f.from, "from", "", "")
	set.StringVar(&f.store, "store", "", "")
	set.StringVar(&f.group, "group", "wirecensus", "")
	set.StringVar(&f.login.sasl, "kafka-sasl", "", "")
	set.StringVar(&f.login.user, "kafka-user", "", "")
	set.StringVar(&f.login.passwordFile, "kafka-password-file", "", "")
	set.BoolVar(&f.login.tls, "kafka-tls", false, "")
	set.StringVar(&f.login.ca, "kafka-ca", "", "")
	set.StringVar(&f.login.cert, "kafka-cert", "", "")
	set.StringVar(&f.login.certKey, "kafka-cert-key", "", "")
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
	l := &f.login
	switch {
	case f.store == "":
		return inventoryUsageError("nowhere to keep the inventory: --store sqlite:FILE or --store postgres://…")
	case f.from == "" && *l != login{}:
		return inventoryUsageError("the flags of Kafka need --from kafka://BROKER/TOPIC")
	case !slices.Contains([]string{"", "plain", "scram-sha-256", "scram-sha-512"}, l.sasl):
		return inventoryUsageError("--kafka-sasl is plain, scram-sha-256 or scram-sha-512, not %q", l.sasl)
	case (l.sasl == "") != (l.user == ""):
		return inventoryUsageError("--kafka-sasl and --kafka-user need each other")
	case !l.tls && (l.ca != "" || l.cert != ""):
		return inventoryUsageError("--kafka-ca and --kafka-cert need --kafka-tls")
	case (l.cert == "") != (l.certKey == ""):
		return inventoryUsageError("--kafka-cert and --kafka-cert-key need each other")
	}
	if f.from != "" {
		if _, _, err := parseFrom(f.from); err != nil {
			return inventoryUsageError("--from %s: %v", f.from, err)
		}
	}
	return f.serving.check("inventory")
}

// topicName is what Kafka takes as the name of a topic; some room is for endings.
var topicName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,236}$`)

// parseFrom splits kafka://BROKER[,BROKER]/TOPIC. Without a port a broker has 9092.
func parseFrom(from string) (brokers []string, topic string, err error) {
	rest, ok := strings.CutPrefix(from, "kafka://")
	if !ok {
		return nil, "", errors.New("it does not begin with kafka://")
	}
	if strings.ContainsAny(rest, "?#@") {
		return nil, "", errors.New("it has brokers and a topic only: users and passwords are flags")
	}
	hosts, topic, _ := strings.Cut(rest, "/")
	if topic == "" {
		topic = "wirecensus.calls"
	}
	if !topicName.MatchString(topic) || topic == "." || topic == ".." {
		return nil, "", fmt.Errorf("%q is no name of a topic", topic)
	}
	for host := range strings.SplitSeq(hosts, ",") {
		name, port, err := net.SplitHostPort(host)
		if err != nil {
			name, port = strings.Trim(host, "[]"), "9092"
		}
		if name == "" {
			return nil, "", errors.New("a broker has no name")
		}
		brokers = append(brokers, net.JoinHostPort(name, port))
	}
	return brokers, topic, nil
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
	brokers, topic, err := parseFrom(f.from)
	if err != nil {
		return nil, err
	}
	base := strings.TrimSuffix(topic, ".calls")
	cfg := &ingest.Config{Group: f.group, Calls: topic, Coverage: base + ".coverage", Definitions: base + ".definitions",
		Kafka: ingest.Kafka{Brokers: brokers, SASL: strings.ToUpper(f.login.sasl), User: f.login.user}}
	if f.login.sasl != "" {
		if cfg.Kafka.Password, err = f.login.password(); err != nil {
			return nil, err
		}
	}
	if f.login.tls {
		cfg.Kafka.TLS, err = f.login.config()
	}
	return cfg, err
}

func (l *login) password() (string, error) {
	const way = "--kafka-password-file FILE, or the environment variable WIRECENSUS_KAFKA_PASSWORD"
	if l.passwordFile == "" {
		if p := os.Getenv("WIRECENSUS_KAFKA_PASSWORD"); p != "" {
			return p, nil
		}
		return "", &hinted{errors.New("no password for --kafka-sasl"), way}
	}
	b, err := os.ReadFile(l.passwordFile)
	if err != nil {
		return "", &hinted{fmt.Errorf("read password: %w", err), way}
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}

func (l *login) config() (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if l.ca != "" {
		pem, err := os.ReadFile(l.ca)
		if err == nil {
			cfg.RootCAs = x509.NewCertPool()
			if !cfg.RootCAs.AppendCertsFromPEM(pem) {
				err = fmt.Errorf("%s holds no certificate", l.ca)
			}
		}
		if err != nil {
			return nil, &hinted{fmt.Errorf("read certificates: %w", err), "--kafka-ca names a file with PEM certificates"}
		}
	}
	if l.cert != "" {
		pair, err := tls.LoadX509KeyPair(l.cert, l.certKey)
		if err != nil {
			return nil, &hinted{fmt.Errorf("read certificate: %w", err), "--kafka-cert and --kafka-cert-key name PEM files"}
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	return cfg, nil
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
