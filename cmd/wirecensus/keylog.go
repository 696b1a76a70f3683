package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/pflag"

	"wirecensus/sensor"
	"wirecensus/sensor/tls"
)

// secretFlags name the files with what TLS is decrypted with.
type secretFlags struct{ logs, private []string }

func addSecrets(set *pflag.FlagSet, f *secretFlags) {
	set.StringArrayVar(&f.logs, "keylog", nil, "")
	set.StringArrayVar(&f.private, "rsa-key", nil, "")
}

// warner returns what tells people of a file that others may read.
func warner(w io.Writer, quiet bool) func(string) {
	return func(msg string) {
		if !quiet {
			fmt.Fprintln(w, "wirecensus: warning: "+msg)
		}
	}
}

// readSecrets reads the files once; nil when none is named. Neither what it returns nor
// its errors show a secret.
func readSecrets(f secretFlags, warn func(string)) (*sensor.Keys, error) {
	if len(f.logs)+len(f.private) == 0 {
		return nil, nil
	}
	keys := tls.NewKeys(false, 0)
	if err := readPrivate(keys, f.private, warn); err != nil {
		return nil, err
	}
	for _, path := range f.logs {
		before := keys.Stats()
		if err := readLog(keys, path, warn); err != nil {
			return nil, err
		}
		after := keys.Stats()
		if after.Secrets+after.Repeated == before.Secrets+before.Repeated {
			warn(printable(path) + " holds no TLS secrets: a key log has lines like CLIENT_RANDOM …")
		}
	}
	if n := keys.Stats().Evicted; n > 0 {
		warn(fmt.Sprintf("%d of the TLS secrets are too many and were dropped, the first ones; name fewer or smaller key logs", n))
	}
	return keys, noDump()
}

func readLog(keys *tls.Keys, path string, warn func(string)) error {
	file, err := openSecret(path, "key log", warn)
	if err != nil {
		return err
	}
	defer file.Close()
	log := tls.NewLog(keys, tls.Always)
	if _, err := io.CopyBuffer(log, struct{ io.Reader }{file}, make([]byte, 256<<10)); err != nil {
		return fmt.Errorf("read key log: %w", err)
	}
	log.Flush()
	return nil
}

// maxKeyFile is the longest file of private keys that is read, in bytes.
const maxKeyFile = 1 << 20

func readPrivate(keys *tls.Keys, paths []string, warn func(string)) error {
	for _, path := range paths {
		file, err := openSecret(path, "private key", warn)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(io.LimitReader(file, maxKeyFile))
		if err = errors.Join(err, file.Close()); err == nil {
			err = keys.AddPrivate(text)
		}
		clear(text)
		if err != nil {
			return &hinted{fmt.Errorf("read private key %s: %w", path, err), "--rsa-key takes an RSA key in PEM form, not encrypted; other keys cannot decrypt what was recorded"}
		}
	}
	return nil
}

// openSecret opens a file and warns when others than its owner may read it.
func openSecret(path, what string, warn func(string)) (*os.File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, &hinted{fmt.Errorf("read %s: %w", what, err), "check the path, and that this user may read it"}
	}
	if info, err := file.Stat(); err == nil && info.Mode().Perm()&0o044 != 0 {
		warn(fmt.Sprintf("the %s %s can be read by group or others: chmod 600", what, printable(path)))
	}
	return file, nil
}

// followEvery is how often a key log is looked at.
const followEvery = 100 * time.Millisecond

// follower reads a key log as it grows. A file that is replaced or truncated is read
// from its start; one that is not there is waited for.
type follower struct {
	path string
	log  *tls.Log
	say  zerolog.Logger
	warn func(string)
	buf  []byte

	file   *os.File // nil while there is none
	at     int64    // bytes read of it
	silent bool     // why it cannot be read was said
}

// poll reads what is new.
func (f *follower) poll() {
	named, err := os.Stat(f.path)
	if f.file != nil {
		open, openErr := f.file.Stat()
		switch {
		case err != nil || openErr != nil || !os.SameFile(named, open):
			f.drain() // what was written before it was replaced
			f.close()
		case open.Size() < f.at:
			f.close()
		}
	}
	if f.file == nil {
		file, err := openSecret(f.path, "key log", f.warn)
		if err != nil {
			if !f.silent {
				f.silent = true
				f.say.Warn().Str("error", printable(err.Error())).Msg("the key log cannot be read yet; it is waited for")
			}
			return
		}
		f.file, f.at, f.silent = file, 0, false
	}
	f.drain()
}

func (f *follower) drain() {
	for {
		n, err := f.file.Read(f.buf)
		_, _ = f.log.Write(f.buf[:n]) // never fails
		f.at += int64(n)
		clear(f.buf[:n])
		if n == 0 || err != nil {
			return
		}
	}
}

func (f *follower) close() {
	f.file.Close()
	f.file = nil
	f.log.Drop()
}

// openSecrets reads what the flags name; for a live capture the key logs are followed until
// the sensing is closed.
func (s *sensing) openSecrets() (err error) {
	f := s.flags.tls
	warn := func(msg string) { s.log.Warn().Msg(msg) }
	if !s.isLive() {
		s.tls, err = readSecrets(f, warn)
		return err
	}
	if len(f.logs)+len(f.private) == 0 {
		return nil
	}
	s.tls = tls.NewKeys(len(f.logs) > 0, 0)
	if err := readPrivate(s.tls, f.private, warn); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	s.closers = append(s.closers, closing(func() { cancel(); wg.Wait() }))
	for _, path := range f.logs {
		fw := &follower{path: path, log: tls.NewLog(s.tls, tls.Always), say: s.log, warn: warn, buf: make([]byte, 64<<10)}
		fw.poll()
		wg.Go(func() { fw.follow(ctx) })
	}
	return noDump()
}

func (f *follower) follow(ctx context.Context) {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			if f.file != nil {
				f.file.Close()
			}
			return
		case <-tick.C:
			f.poll()
		}
	}
}

// closing is a function as an io.Closer.
type closing func()

// Close implements io.Closer.
func (c closing) Close() error { c(); return nil }
