package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
)

// Run reads the topics as a member of the group until ctx is done, then commits
// what it has, leaves the group and returns nil. It fails only for a Config that
// cannot work; everything else is told to Trouble and tried again.
func Run(ctx context.Context, cfg Config) error {
	if err := cfg.defaults(); err != nil {
		return err
	}
	client, transport := cfg.Kafka.client()
	defer transport.CloseIdleConnections()
	topics := []string{cfg.Calls, cfg.Coverage}
	if !await(ctx, &cfg, client, append(topics, cfg.Definitions)) {
		return nil
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	defs := newDefinitions(&cfg, client)
	wg.Go(func() { defs.follow(ctx) })
	if err := defs.sync(ctx); err != nil {
		return nil // ctx is done
	}
	dead := newDeadLetters(&cfg, client, transport)
	defer dead.close()
	group, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID: cfg.Group, Brokers: cfg.Kafka.Brokers, Topics: topics, Dialer: cfg.Kafka.dialer(),
		SessionTimeout: cfg.Session, HeartbeatInterval: cfg.Session / 5, RebalanceTimeout: 2 * cfg.Session,
		JoinGroupBackoff: time.Second, WatchPartitionChanges: true, StartOffset: kafka.FirstOffset,
		GroupBalancers: []kafka.GroupBalancer{kafka.RoundRobinGroupBalancer{}},
	})
	if err != nil {
		return fmt.Errorf("join group %s: %w", cfg.Group, err)
	}
	defer group.Close()
	for ctx.Err() == nil {
		gen, err := group.Next(ctx)
		if err != nil {
			if ctx.Err() == nil && !errors.Is(err, kafka.RebalanceInProgress) {
				cfg.Trouble(fmt.Errorf("join group %s: %w", cfg.Group, err))
			}
			continue
		}
		cfg.Counters.generations.Add(1)
		for topic, assigned := range gen.Assignments {
			for _, a := range assigned {
				w := &worker{cfg: &cfg, client: client, gen: gen, defs: defs, dead: dead, topic: topic, number: a.ID}
				gen.Start(w.run)
			}
		}
	}
	return nil
}

// await waits until the topics exist, and says whether they do: the sensor makes
// them, with the number of partitions that it was told.
func await(ctx context.Context, cfg *Config, client *kafka.Client, topics []string) bool {
	for told := 0; ; told++ {
		var missing error
		for _, topic := range topics {
			if _, err := spans(ctx, client, topic); err != nil {
				missing = err
				break
			}
		}
		if missing == nil {
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		if told%30 == 1 {
			cfg.Trouble(fmt.Errorf("waiting for the topics, which the sensor makes: %w", missing))
		}
		pause(ctx, time.Second)
	}
}
