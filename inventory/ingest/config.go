package ingest

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"

	"wirecensus/inventory/store"
	"wirecensus/schemas"
)

// Summary is what calls are folded into; *catalog.Catalog is one.
type Summary interface {
	Apply(*schemas.Call)
	AddWords([]schemas.Word)
	// Export yields the summary in parts that merge by key. A part is yield's until yield returns.
	Export(yield func(key string, part []byte) error) error
}

// Kafka says how brokers are reached.
type Kafka struct {
	Brokers  []string
	TLS      *tls.Config // nil: no TLS
	SASL     string      // "", PLAIN, SCRAM-SHA-256, SCRAM-SHA-512
	User     string
	Password string
}

// Config says what is read and where it goes. Zero durations and numbers take the defaults.
type Config struct {
	Kafka       Kafka
	Group       string // default wirecensus
	Calls       string // topic
	Coverage    string // topic; default Calls with .coverage
	Definitions string // topic; default Calls with .definitions

	Store   store.Store
	Summary func() Summary // makes an empty one

	FlushCalls     int           // calls of a partition before a commit; default 100,000
	FlushBytes     int           // bytes of records of a partition before a commit; default 32 MiB
	FlushEvery     time.Duration // default 1 s
	DefinitionWait time.Duration // for a definition that is in no topic yet; default 30 s
	Session        time.Duration // after which a silent process loses its partitions; default 10 s

	// Trouble is told what went wrong and is being tried again; it must not block. nil: nobody.
	Trouble  func(error)
	Counters *Counters // nil: not counted
}

func (c *Config) defaults() error {
	c.Group = cmp.Or(c.Group, "wirecensus")
	c.FlushCalls = cmp.Or(c.FlushCalls, 100_000)
	c.FlushBytes = cmp.Or(c.FlushBytes, 32<<20)
	c.FlushEvery = cmp.Or(c.FlushEvery, time.Second)
	c.DefinitionWait = cmp.Or(c.DefinitionWait, 30*time.Second)
	c.Session = cmp.Or(c.Session, 10*time.Second)
	if c.Trouble == nil {
		c.Trouble = func(error) {}
	}
	if c.Counters == nil {
		c.Counters = new(Counters)
	}
	if len(c.Kafka.Brokers) == 0 || c.Calls == "" {
		return errors.New("ingest: no broker or no topic named")
	}
	c.Coverage = cmp.Or(c.Coverage, c.Calls+".coverage")
	c.Definitions = cmp.Or(c.Definitions, c.Calls+".definitions")
	_, err := c.Kafka.mechanism()
	return err
}

func (k *Kafka) mechanism() (sasl.Mechanism, error) {
	switch k.SASL {
	case "":
		return nil, nil
	case "PLAIN":
		return plain.Mechanism{Username: k.User, Password: k.Password}, nil
	case "SCRAM-SHA-256":
		return scram.Mechanism(scram.SHA256, k.User, k.Password)
	case "SCRAM-SHA-512":
		return scram.Mechanism(scram.SHA512, k.User, k.Password)
	}
	return nil, fmt.Errorf("SASL mechanism %q is not known: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512", k.SASL)
}

const clientID = "wirecensus-inventory"

func (k *Kafka) dialer() *kafka.Dialer {
	m, _ := k.mechanism() // tried by defaults
	return &kafka.Dialer{ClientID: clientID, Timeout: 10 * time.Second, DualStack: true, TLS: k.TLS, SASLMechanism: m}
}

func (k *Kafka) client() (*kafka.Client, *kafka.Transport) {
	m, _ := k.mechanism()
	t := &kafka.Transport{ClientID: clientID, TLS: k.TLS, SASL: m, DialTimeout: 10 * time.Second}
	return &kafka.Client{Addr: kafka.TCP(k.Brokers...), Transport: t, Timeout: 10 * time.Second}, t
}

// reader reads one partition from an offset on.
func (k *Kafka) reader(topic string, partition int, from int64) (*kafka.Reader, error) {
	r := kafka.NewReader(kafka.ReaderConfig{
		Brokers: k.Brokers, Topic: topic, Partition: partition, Dialer: k.dialer(),
		MinBytes: 1, MaxBytes: 8 << 20, MaxWait: 250 * time.Millisecond, QueueCapacity: 64,
		ReadLagInterval: -1, ReadBackoffMin: 50 * time.Millisecond, ReadBackoffMax: time.Second, OffsetOutOfRangeError: true,
	})
	if err := r.SetOffset(from); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// span is what a partition holds: the offsets [first, end).
type span struct{ first, end int64 }

// spans asks what the partitions of a topic hold; it fails while there is no such topic.
func spans(ctx context.Context, c *kafka.Client, topic string) (map[int]span, error) {
	meta, err := c.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic}})
	if err != nil {
		return nil, fmt.Errorf("topic %s: %w", topic, err)
	}
	var ask []kafka.OffsetRequest
	for _, t := range meta.Topics {
		if t.Error != nil {
			return nil, fmt.Errorf("topic %s: %w", topic, t.Error)
		}
		for _, p := range t.Partitions {
			ask = append(ask, kafka.FirstOffsetOf(p.ID), kafka.LastOffsetOf(p.ID))
		}
	}
	if len(ask) == 0 {
		return nil, fmt.Errorf("topic %s: %w", topic, kafka.UnknownTopicOrPartition)
	}
	res, err := c.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: ask}})
	if err != nil {
		return nil, fmt.Errorf("topic %s: %w", topic, err)
	}
	out := map[int]span{}
	for _, p := range res.Topics[topic] {
		if p.Error != nil {
			return nil, fmt.Errorf("topic %s, partition %d: %w", topic, p.Partition, p.Error)
		}
		out[p.Partition] = span{p.FirstOffset, p.LastOffset}
	}
	return out, nil
}

// pause waits for a while, or until ctx is done.
func pause(ctx context.Context, d time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-ctx.Done()
}
