package kafka

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	kafka "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"

	"wirecensus/sensor/publish/outbox"
)

const (
	requestTime = 15 * time.Second
	openTime    = 20 * time.Second
	metadataAge = 3 * time.Second
)

// Broker is a cluster with the topics of the sensor. It implements outbox.Broker.
type Broker struct {
	client      *kafka.Client
	transport   *kafka.Transport
	topics      [3]string // by outbox.Topic
	partitions  [3]int
	compression kafka.Compression
}

// compressions by the name in a configuration.
var compressions = map[string]kafka.Compression{"none": 0, "gzip": kafka.Gzip, "snappy": kafka.Snappy, "lz4": kafka.Lz4, "zstd": kafka.Zstd}

// Open finds the cluster, and makes the topics that are missing. The error is an [*Error].
func Open(ctx context.Context, cfg Config) (*Broker, error) {
	ctx, cancel := context.WithTimeout(ctx, openTime)
	defer cancel()
	compression, ok := compressions[cfg.Compression]
	if !ok {
		return nil, fmt.Errorf("%q is no compression", cfg.Compression)
	}
	mechanism, err := cfg.SASL.mechanism()
	if err != nil {
		return nil, err
	}
	topics := [3]string{outbox.Calls: cfg.Topics.Calls, outbox.Definitions: cfg.Topics.Definitions, outbox.Coverage: cfg.Topics.Coverage}
	t := &kafka.Transport{
		TLS: cfg.TLS, SASL: mechanism, ClientID: cfg.ClientID, MetadataTTL: metadataAge, MetadataTopics: topics[:],
		Dial: (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
	}
	b := &Broker{
		client: &kafka.Client{Addr: kafka.TCP(cfg.Brokers...), Transport: t}, transport: t,
		topics: topics, compression: compression,
	}
	if err := b.find(ctx, cfg); err != nil {
		t.CloseIdleConnections()
		return nil, err
	}
	return b, nil
}

// mechanism returns nil for nobody.
func (s SASL) mechanism() (sasl.Mechanism, error) {
	switch s.Mechanism {
	case "":
		return nil, nil
	case "plain":
		return plain.Mechanism{Username: s.User, Password: s.Password}, nil
	case "scram-sha-256":
		return scram.Mechanism(scram.SHA256, s.User, s.Password)
	case "scram-sha-512":
		return scram.Mechanism(scram.SHA512, s.User, s.Password)
	}
	return nil, fmt.Errorf("%q is no mechanism", s.Mechanism)
}

// Partitions is how many partitions the topic of the calls has.
func (b *Broker) Partitions() int { return b.partitions[outbox.Calls] }

// Partition returns the partition of a key in a topic of n, as Kafka's own
// clients choose it.
func Partition(key string, n int) int {
	return int(murmur2([]byte(key))&0x7fffffff) % n
}

// Close closes the connections.
func (b *Broker) Close() { b.transport.CloseIdleConnections() }

// Produce implements outbox.Broker. Definitions and coverage go to the partitions of their keys,
// whatever the partition given.
func (b *Broker) Produce(ctx context.Context, to outbox.Topic, partition int, records []outbox.Record) error {
	if to == outbox.Calls || b.partitions[to] == 1 {
		return b.produce(ctx, to, partition, records)
	}
	parts := map[int][]outbox.Record{}
	for _, r := range records {
		p := Partition(string(r.Key), b.partitions[to])
		parts[p] = append(parts[p], r)
	}
	for p := range b.partitions[to] {
		if len(parts[p]) == 0 {
			continue
		}
		if err := b.produce(ctx, to, p, parts[p]); err != nil {
			return err
		}
	}
	return nil
}

func (b *Broker) produce(ctx context.Context, to outbox.Topic, partition int, records []outbox.Record) error {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	out := make([]kafka.Record, len(records))
	for i := range records {
		out[i] = kafka.Record{Key: kafka.NewBytes(records[i].Key), Value: kafka.NewBytes(records[i].Value)}
		for _, h := range records[i].Headers {
			out[i].Headers = append(out[i].Headers, kafka.Header{Key: h.Key, Value: []byte(h.Value)})
		}
	}
	res, err := b.client.Produce(ctx, &kafka.ProduceRequest{
		Topic: b.topics[to], Partition: partition, RequiredAcks: kafka.RequireAll,
		Records: kafka.NewRecordReader(out...), Compression: b.compression,
	})
	if err == nil {
		err = res.Error
	}
	var code kafka.Error
	if errors.As(err, &code) && (code == kafka.MessageSizeTooLarge || code == kafka.RecordListTooLarge) {
		err = errors.Join(err, outbox.ErrNever)
	}
	return explain("send to "+b.topics[to], err)
}

// murmur2 is the hash that Kafka's Java client chooses partitions by.
func murmur2(data []byte) uint32 {
	const m = 0x5bd1e995
	h := uint32(0x9747b28c) ^ uint32(len(data))
	for ; len(data) >= 4; data = data[4:] {
		k := uint32(data[0]) | uint32(data[1])<<8 | uint32(data[2])<<16 | uint32(data[3])<<24
		k *= m
		k ^= k >> 24
		h = h*m ^ k*m
	}
	for i := len(data) - 1; i >= 0; i-- {
		h ^= uint32(data[i]) << (8 * i)
	}
	if len(data) > 0 {
		h *= m
	}
	h ^= h >> 13
	h *= m
	return h ^ h>>15
}
