package ingest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/segmentio/kafka-go"
)

// deadWithin is the time in which a dead letter must be published.
const deadWithin = 10 * time.Second

// Headers of a dead letter, beside its own.
const (
	headerReason    = "wirecensus-reason"
	headerTopic     = "wirecensus-topic"
	headerPartition = "wirecensus-partition"
	headerOffset    = "wirecensus-offset"
)

// deadLetters publishes records that cannot be read.
type deadLetters struct {
	cfg    *Config
	client *kafka.Client
	topic  string
	writer *kafka.Writer
}

func newDeadLetters(cfg *Config, client *kafka.Client, transport *kafka.Transport) *deadLetters {
	d := &deadLetters{cfg: cfg, client: client, topic: cfg.Calls + ".dead"}
	d.writer = &kafka.Writer{
		Addr: client.Addr, Topic: d.topic, Transport: transport, RequiredAcks: kafka.RequireAll,
		BatchTimeout: time.Millisecond, BatchBytes: 16 << 20, MaxAttempts: 3, WriteTimeout: 5 * time.Second,
	}
	return d
}

func (d *deadLetters) close() { _ = d.writer.Close() } // every write was waited for

// publish writes a dead letter, and makes the topic where it is missing. It fails
// only when ctx is done: a partition is not stopped because of a topic that cannot be written.
func (d *deadLetters) publish(ctx context.Context, m *kafka.Message, reason string) error {
	letter := kafka.Message{Key: m.Key, Value: m.Value, Headers: append(m.Headers[:len(m.Headers):len(m.Headers)],
		kafka.Header{Key: headerReason, Value: []byte(reason)},
		kafka.Header{Key: headerTopic, Value: []byte(m.Topic)},
		kafka.Header{Key: headerPartition, Value: []byte(strconv.Itoa(m.Partition))},
		kafka.Header{Key: headerOffset, Value: []byte(strconv.FormatInt(m.Offset, 10))},
	)}
	within, cancel := context.WithTimeout(ctx, deadWithin)
	defer cancel()
	err := d.writer.WriteMessages(within, letter)
	if errors.Is(err, kafka.UnknownTopicOrPartition) {
		d.make(within)
		err = d.writer.WriteMessages(within, letter)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		d.cfg.Counters.deadUnpublished.Add(1)
		d.cfg.Trouble(fmt.Errorf("publish dead letter to %s: %w", d.topic, err))
	}
	return nil
}

// make makes the topic; the write after it tells whether that worked.
func (d *deadLetters) make(ctx context.Context) {
	_, err := d.client.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{Topic: d.topic, NumPartitions: 1, ReplicationFactor: -1}}})
	if err != nil {
		d.cfg.Trouble(fmt.Errorf("make topic %s: %w", d.topic, err))
	}
	for ctx.Err() == nil {
		if _, err := spans(ctx, d.client, d.topic); err == nil {
			return
		}
		pause(ctx, 100*time.Millisecond)
	}
}
