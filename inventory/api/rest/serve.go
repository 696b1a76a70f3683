package rest

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"time"
)

// How long a client and a shutdown may take.
const (
	headerWithin = 10 * time.Second
	readWithin   = time.Minute
	writeWithin  = 2 * time.Minute
	idleWithin   = 2 * time.Minute
	drainWithin  = 10 * time.Second
)

// Listening says how a server is reached.
type Listening struct {
	// Cert and Key name PEM files; "" serves without TLS.
	Cert, Key string
	// Linger is how long /readyz says no before the listener closes, so that those
	// who balance load notice in time.
	Linger time.Duration
}

// Serve answers on l until ctx is done. Then /readyz says no, no new connection
// is taken, requests that are being answered may finish, and Serve returns.
func (s *Server) Serve(ctx context.Context, l net.Listener, how Listening) error {
	srv := &http.Server{
		Handler: s, ReadHeaderTimeout: headerWithin, ReadTimeout: readWithin, WriteTimeout: writeWithin, IdleTimeout: idleWithin, MaxHeaderBytes: 1 << 20,
		// What clients do wrong on their connections is theirs to know.
		ErrorLog:  log.New(io.Discard, "", 0),
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12},
	}
	ended := make(chan error, 1)
	go func() {
		if how.Cert != "" {
			ended <- srv.ServeTLS(l, how.Cert, how.Key)
			return
		}
		ended <- srv.Serve(l)
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	s.draining.Store(true)
	time.Sleep(how.Linger)
	draining, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainWithin)
	defer cancel()
	err := srv.Shutdown(draining)
	if errors.Is(err, context.DeadlineExceeded) {
		err = srv.Close()
	}
	if e := <-ended; err == nil && !errors.Is(e, http.ErrServerClosed) {
		err = e
	}
	return err
}
