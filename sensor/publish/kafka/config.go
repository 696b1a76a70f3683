package kafka

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
)

// Topics are the names of the topics.
type Topics struct{ Calls, Definitions, Coverage string }

// DefaultTopic is the topic of the calls where a URL names none.
const DefaultTopic = "wirecensus.calls"

// TopicsOf derives the names of the others from that of the calls: what stands before
// ".calls", or else the whole name, with ".definitions" and ".coverage" behind it.
func TopicsOf(calls string) Topics {
	base := strings.TrimSuffix(calls, ".calls")
	return Topics{Calls: calls, Definitions: base + ".definitions", Coverage: base + ".coverage"}
}

// ParseURL splits kafka://BROKER[,BROKER]/TOPIC. Without a port a broker has 9092.
func ParseURL(s string) (brokers []string, topics Topics, err error) {
	rest, ok := strings.CutPrefix(s, "kafka://")
	if !ok {
		return nil, Topics{}, errors.New("it does not begin with kafka://")
	}
	hosts, topic, _ := strings.Cut(rest, "/")
	if strings.ContainsAny(rest, "?#@") {
		return nil, Topics{}, errors.New("it has brokers and a topic only: users, passwords and options are flags")
	}
	if topic == "" {
		topic = DefaultTopic
	}
	if topic, err = url.PathUnescape(topic); err != nil || !validTopic(topic) {
		return nil, Topics{}, fmt.Errorf("%q is no name of a topic: letters, digits, dots, dashes and underscores, at most 236", topic)
	}
	for _, host := range strings.Split(hosts, ",") {
		b, err := broker(host)
		if err != nil {
			return nil, Topics{}, err
		}
		brokers = append(brokers, b)
	}
	return brokers, TopicsOf(topic), nil
}

// broker returns host:port.
func broker(host string) (string, error) {
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = strings.Trim(host, "[]"), "9092"
	}
	if name == "" || port == "" || strings.ContainsAny(name, "/ ") || strings.Contains(name, ":") && net.ParseIP(name) == nil {
		return "", fmt.Errorf("%q is no broker: HOST or HOST:PORT", host)
	}
	return net.JoinHostPort(name, port), nil
}

// validTopic leaves room for the longest suffix.
func validTopic(s string) bool {
	if len(s) > 236 || s == "." || s == ".." {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// Config says where the cluster is and how its topics are.
type Config struct {
	Brokers     []string // host:port, at least one
	Topics      Topics
	ClientID    string
	TLS         *tls.Config // nil: none
	SASL        SASL
	Compression string // none, gzip, snappy, lz4, zstd

	// How topics are made that are missing.
	Partitions  int           // of the calls
	Replication int           // -1: as the cluster says
	Retention   time.Duration // of calls and coverage; 0: as the cluster says
}

// SASL says who the sensor is. The zero SASL is nobody.
type SASL struct {
	Mechanism string // "", plain, scram-sha-256, scram-sha-512
	User      string
	Password  string
}
