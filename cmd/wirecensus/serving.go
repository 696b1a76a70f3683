package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/spf13/pflag"

	"wirecensus/inventory/api"
	"wirecensus/inventory/api/rest"
)

// serving are the flags of a server.
type serving struct {
	listen     string
	tokens     string
	unsafeOpen bool
	cert, key  string
	pprof      bool
	linger     time.Duration
}

// addServing adds the flags of a server but the one that names its address.
func addServing(set *pflag.FlagSet, s *serving) {
	set.StringVar(&s.tokens, "tokens", "", "")
	set.BoolVar(&s.unsafeOpen, "unsafe-no-auth", false, "")
	set.StringVar(&s.cert, "tls-cert", "", "")
	set.StringVar(&s.key, "tls-key", "", "")
	set.BoolVar(&s.pprof, "pprof", false, "")
	set.DurationVar(&s.linger, "drain-delay", 0, "")
}

// check finds what is wrong with the flags before anything is opened.
func (s *serving) check(command string) error {
	wrong := func(format string, args ...any) error {
		return &usageError{see: command + " --help", msg: fmt.Sprintf(format, args...)}
	}
	host, _, err := net.SplitHostPort(s.listen)
	switch {
	case err != nil:
		return wrong("the address to serve on is ADDRESS:PORT as in 127.0.0.1:8080, not %q", s.listen)
	case (s.cert == "") != (s.key == ""):
		return wrong("--tls-cert and --tls-key come together")
	case s.tokens != "" && s.unsafeOpen:
		return wrong("--tokens and --unsafe-no-auth exclude each other")
	case s.linger < 0 || s.linger > time.Minute:
		return wrong("--drain-delay is 0s to 1m, not %s", s.linger)
	}
	if addr, err := netip.ParseAddr(host); s.tokens == "" && !s.unsafeOpen && host != "localhost" && (err != nil || !addr.IsLoopback()) {
		return wrong("%s can be reached from elsewhere: give --tokens FILE, or --unsafe-no-auth to let everybody in", s.listen)
	}
	return nil
}

// server is a server with its listener.
type server struct {
	*rest.Server
	listener net.Listener
	how      rest.Listening
	log      zerolog.Logger
}

// open makes a server that is listening; nobody is answered yet.
func (s *serving) open(b api.Backend, log zerolog.Logger, metrics ...prometheus.Collector) (*server, error) {
	cfg := rest.Config{Backend: b, Version: version, Pprof: s.pprof, Metrics: metrics, Loopback: s.tokens == "" && !s.unsafeOpen,
		Failed: func(f rest.Failure) {
			log.Error().Str("route", f.Route).Str("cause", f.Cause).Strs("stack", f.Stack).Msg("a request failed")
		}}
	if s.tokens != "" {
		f, err := os.Open(s.tokens)
		if err != nil {
			return nil, &hinted{fmt.Errorf("read tokens: %w", err), tokensHint}
		}
		defer f.Close()
		if cfg.Tokens, err = rest.ReadTokens(f); err != nil {
			return nil, &hinted{fmt.Errorf("read tokens: %s: %w", s.tokens, err), tokensHint}
		}
	}
	if s.cert != "" {
		for _, path := range []string{s.cert, s.key} {
			if _, err := os.Stat(path); err != nil {
				return nil, &hinted{fmt.Errorf("read certificate: %w", err), "--tls-cert and --tls-key name PEM files"}
			}
		}
	}
	handler, err := rest.New(cfg)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", s.listen)
	if err != nil {
		return nil, &hinted{fmt.Errorf("serve: %w", err), "choose another address, or end who has it"}
	}
	return &server{handler, l, rest.Listening{Cert: s.cert, Key: s.key, Linger: s.linger}, log}, nil
}

const tokensHint = "a line for each token: read TOKEN, or admin TOKEN; sha256:HEX can stand for a token; make one: openssl rand -hex 24"

// url is where a browser finds the server.
func (s *server) url() string {
	scheme := "http"
	if s.how.Cert != "" {
		scheme = "https"
	}
	return scheme + "://" + s.listener.Addr().String() + "/"
}

// serve answers until ctx is done and what was being answered is finished.
func (s *server) serve(ctx context.Context) error {
	s.log.Info().Str("url", s.url()).Msg("serving")
	err := s.Serve(ctx, s.listener, s.how)
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	if err == nil {
		s.log.Info().Msg("drained")
	}
	return err
}
