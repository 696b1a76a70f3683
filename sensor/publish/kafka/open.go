package kafka

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	kafka "github.com/segmentio/kafka-go"

	"wirecensus/sensor/publish/outbox"
)

const lookEvery = 100 * time.Millisecond

// find learns how many partitions the topics have, and makes those that are missing.
func (b *Broker) find(ctx context.Context, cfg Config) error {
	missing, err := b.look(ctx)
	if err != nil {
		return explain("find the brokers "+fmt.Sprint(cfg.Brokers), err)
	}
	if len(missing) == 0 {
		return nil
	}
	if err := b.create(ctx, cfg, missing); err != nil {
		return err
	}
	// They are there a little later than their making is acknowledged.
	for {
		missing, err := b.look(ctx)
		if err == nil && len(missing) == 0 {
			return nil
		}
		if err == nil {
			err = fmt.Errorf("topic %s: %w", b.topics[missing[0]], kafka.UnknownTopicOrPartition)
		}
		select {
		case <-ctx.Done():
			return explain("wait for the topics", err)
		case <-after(lookEvery):
		}
	}
}

// look returns which topics are missing and keeps how many partitions the others have.
func (b *Broker) look(ctx context.Context) (missing []outbox.Topic, err error) {
	res, err := b.client.Metadata(ctx, &kafka.MetadataRequest{Topics: b.topics[:]})
	if err != nil {
		return nil, err
	}
	found := map[string]kafka.Topic{}
	for _, t := range res.Topics {
		found[t.Name] = t
	}
	for i, name := range b.topics {
		t, ok := found[name]
		switch {
		case !ok || errors.Is(t.Error, kafka.UnknownTopicOrPartition):
			missing = append(missing, outbox.Topic(i))
		case t.Error != nil && !errors.Is(t.Error, kafka.LeaderNotAvailable):
			return nil, fmt.Errorf("topic %s: %w", name, t.Error)
		case len(t.Partitions) == 0:
			missing = append(missing, outbox.Topic(i))
		default:
			b.partitions[i] = len(t.Partitions)
		}
	}
	return missing, nil
}

// create makes topics.
func (b *Broker) create(ctx context.Context, cfg Config, missing []outbox.Topic) error {
	var topics []kafka.TopicConfig
	for _, t := range missing {
		c := kafka.TopicConfig{Topic: b.topics[t], NumPartitions: 1, ReplicationFactor: cfg.Replication}
		switch {
		case t == outbox.Definitions:
			c.ConfigEntries = append(c.ConfigEntries, kafka.ConfigEntry{ConfigName: "cleanup.policy", ConfigValue: "compact"})
		case cfg.Retention > 0:
			c.ConfigEntries = append(c.ConfigEntries, kafka.ConfigEntry{ConfigName: "retention.ms", ConfigValue: strconv.FormatInt(cfg.Retention.Milliseconds(), 10)})
		}
		if t == outbox.Calls {
			c.NumPartitions = cfg.Partitions
		}
		topics = append(topics, c)
	}
	res, err := b.client.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: topics})
	if err != nil {
		return explain("make the topics", err)
	}
	for _, t := range missing {
		if err := res.Errors[b.topics[t]]; err != nil && !errors.Is(err, kafka.TopicAlreadyExists) {
			return explain("make the topic "+b.topics[t], err)
		}
	}
	return nil
}
