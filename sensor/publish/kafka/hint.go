package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	kafka "github.com/segmentio/kafka-go"
)

// Error is an error with a way out of it.
type Error struct {
	Err  error
	Hint string // "" when there is nothing to say
}

// Error returns the message without the hint.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the error without the hint.
func (e *Error) Unwrap() error { return e.Err }

// hints say what to do about an error of a broker.
var hints = []struct {
	code kafka.Error
	hint string
}{
	{kafka.SASLAuthenticationFailed, "the broker refused the user or the password: see --kafka-user and --kafka-password-file"},
	{kafka.UnsupportedSASLMechanism, "the broker does not offer this mechanism: see --kafka-sasl"},
	{kafka.IllegalSASLState, "the broker does not expect a login on this port: leave --kafka-sasl away or take the port for it"},
	{kafka.TopicAuthorizationFailed, "the user may not use the topic: it needs the rights Describe and Write, and Create where topics are missing"},
	{kafka.ClusterAuthorizationFailed, "the user may not make topics: make them by hand, docs/kafka.md says how, or give it the right Create"},
	{kafka.UnknownTopicOrPartition, "the topic is missing: make it by hand, docs/kafka.md says how"},
	{kafka.InvalidReplicationFactor, "the cluster has fewer brokers than copies were asked for: see --kafka-replication"},
	{kafka.InvalidPartitionNumber, "see --kafka-partitions"},
	{kafka.PolicyViolation, "the cluster forbids topics like this: make them by hand, docs/kafka.md says how"},
	{kafka.MessageSizeTooLarge, "the topic takes smaller records only: raise max.message.bytes to 1 MiB"},
	{kafka.RecordListTooLarge, "the topic takes smaller records only: raise max.message.bytes to 1 MiB"},
	{kafka.NotEnoughReplicas, "too few copies are in sync: brokers are away, or min.insync.replicas is more than there are"},
}

// explain wraps an error with what was done and what to do about it.
func explain(what string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Err: fmt.Errorf("%s: %w", what, short{err}), Hint: hint(err)}
}

func hint(err error) string {
	var code kafka.Error
	if errors.As(err, &code) {
		for _, h := range hints {
			if h.code == code {
				return h.hint
			}
		}
	}
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var record tls.RecordHeaderError
	var dns *net.DNSError
	switch {
	case errors.As(err, &unknown):
		return "the broker's certificate is signed by nobody known: see --kafka-ca"
	case errors.As(err, &name):
		return "the broker's certificate has another name: use the one it has"
	case errors.As(err, &record):
		return "the port does not speak TLS: leave --kafka-tls away or take the port for it"
	case errors.As(err, &dns):
		return "check the name of the broker"
	case strings.Contains(err.Error(), "connection refused"):
		return "nobody listens there: check the address and whether the broker runs"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(err.Error(), "connection reset"):
		return "the broker hung up: a port for TLS needs --kafka-tls, one with logins --kafka-sasl; some hang up on a wrong user or password"
	case errors.Is(err, os.ErrDeadlineExceeded), strings.Contains(err.Error(), "deadline exceeded"), strings.Contains(err.Error(), "i/o timeout"):
		return "no answer: check the address, whether the port speaks TLS (--kafka-tls), and that this host reaches the addresses that the brokers advertise"
	}
	return ""
}

// short is an error that quotes a broker without end.
type short struct{ error }

// Error returns at most 200 bytes.
func (s short) Error() string {
	text := s.error.Error()
	if len(text) > 200 {
		text = text[:200] + "…"
	}
	return text
}

// Unwrap returns the error itself.
func (s short) Unwrap() error { return s.error }
