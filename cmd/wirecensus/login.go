package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/pflag"
)

// passwordVariable is the environment variable of the password.
const passwordVariable = "WIRECENSUS_KAFKA_PASSWORD"

// login are the flags that say how Kafka knows who speaks to it, as given.
type login struct {
	sasl    string
	user    string
	file    string // with the password
	tls     bool
	ca      string
	cert    string
	certKey string
}

func addLogin(set *pflag.FlagSet, l *login) {
	set.StringVar(&l.sasl, "kafka-sasl", "", "")
	set.StringVar(&l.user, "kafka-user", "", "")
	set.StringVar(&l.file, "kafka-password-file", "", "")
	set.BoolVar(&l.tls, "kafka-tls", false, "")
	set.StringVar(&l.ca, "kafka-ca", "", "")
	set.StringVar(&l.cert, "kafka-cert", "", "")
	set.StringVar(&l.certKey, "kafka-cert-key", "", "")
}

// check looks at the flags; wrong makes the error.
func (l *login) check(wrong func(format string, args ...any) error) error {
	switch {
	case !slices.Contains([]string{"", "plain", "scram-sha-256", "scram-sha-512"}, l.sasl):
		return wrong("--kafka-sasl is plain, scram-sha-256 or scram-sha-512, not %q", l.sasl)
	case l.sasl == "" && (l.user != "" || l.file != ""):
		return wrong("--kafka-user and --kafka-password-file need --kafka-sasl")
	case l.sasl != "" && l.user == "":
		return wrong("--kafka-sasl needs --kafka-user")
	case !l.tls && (l.ca != "" || l.cert != "" || l.certKey != ""):
		return wrong("--kafka-ca, --kafka-cert and --kafka-cert-key need --kafka-tls")
	case (l.cert == "") != (l.certKey == ""):
		return wrong("--kafka-cert and --kafka-cert-key need each other")
	}
	return nil
}

// secrets reads what the flags name: the password, "" without --kafka-sasl, and
// what TLS needs, nil without --kafka-tls.
func (l *login) secrets() (password string, secure *tls.Config, err error) {
	if l.sasl != "" {
		if password, err = l.password(); err != nil {
			return "", nil, err
		}
	}
	if l.tls {
		secure, err = l.config()
	}
	return password, secure, err
}

// password reads the password from its file, or else the environment.
func (l *login) password() (string, error) {
	const way = "--kafka-password-file FILE, or the environment variable " + passwordVariable
	if l.file == "" {
		if p := os.Getenv(passwordVariable); p != "" {
			return p, nil
		}
		return "", &hinted{errors.New("no password for --kafka-sasl"), way}
	}
	b, err := os.ReadFile(l.file)
	if err != nil {
		return "", &hinted{fmt.Errorf("read password: %w", err), way}
	}
	return string(bytes.TrimRight(b, "\r\n")), nil
}

func (l *login) config() (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if l.ca != "" {
		pem, err := os.ReadFile(l.ca)
		if err != nil {
			return nil, &hinted{fmt.Errorf("read certificates: %w", err), "--kafka-ca names a file with PEM certificates"}
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return nil, &hinted{fmt.Errorf("read certificates: %s holds none", l.ca), "--kafka-ca names a file with PEM certificates"}
		}
	}
	if l.cert != "" {
		pair, err := tls.LoadX509KeyPair(l.cert, l.certKey)
		if err != nil {
			return nil, &hinted{fmt.Errorf("read certificate: %w", err), "--kafka-cert and --kafka-cert-key name PEM files that belong together"}
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	return cfg, nil
}
