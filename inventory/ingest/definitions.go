package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"wirecensus/inventory/store"
	"wirecensus/schemas"
	"wirecensus/schemas/wire"
)

// maxGivenUp is how many definitions that never came are remembered.
const maxGivenUp = 4096

// definitions follows the topic of definitions and decodes with what it knows.
// It is safe for concurrent use.
type definitions struct {
	cfg    *Config
	client *kafka.Client

	mu      sync.Mutex
	decoder *wire.Decoder
	at      map[int]int64    // partition → offset behind what was read
	givenUp map[wire.ID]bool // waited for in vain
	more    chan struct{}    // closed when something was read
}

func newDefinitions(cfg *Config, client *kafka.Client) *definitions {
	return &definitions{cfg: cfg, client: client, decoder: wire.NewDecoder(), at: map[int]int64{}, givenUp: map[wire.ID]bool{}, more: make(chan struct{})}
}

// decode decodes a record with the definitions known now.
func (d *definitions) decode(value []byte, visit func(*schemas.Call)) (wire.Header, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.decoder.Decode(value, visit)
}

// known says whether waiting for all of the definitions was in vain before.
func (d *definitions) hopeless(missing *wire.MissingError) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, id := range missing.IDs {
		if d.givenUp[id] {
			return true
		}
	}
	return false
}

func (d *definitions) giveUp(missing *wire.MissingError) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.givenUp) > maxGivenUp {
		clear(d.givenUp)
	}
	for _, id := range missing.IDs {
		d.givenUp[id] = true
	}
}

// next returns a channel that is closed when more definitions were read.
func (d *definitions) next() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.more
}

// sync waits until everything was read that the topic holds now. It fails when ctx is done.
func (d *definitions) sync(ctx context.Context) error {
	var goal map[int]span
	for goal == nil {
		var err error
		if goal, err = spans(ctx, d.client, d.cfg.Definitions); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			d.cfg.Trouble(err)
			pause(ctx, time.Second)
		}
	}
	for {
		more := d.next()
		if d.reached(goal) {
			return nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (d *definitions) reached(goal map[int]span) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for p, s := range goal {
		if s.first < s.end && d.at[p] < s.end {
			return false
		}
	}
	return true
}

// follow reads the partitions of the topic until ctx is done.
func (d *definitions) follow(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	followed := map[int]bool{}
	for ctx.Err() == nil {
		all, err := spans(ctx, d.client, d.cfg.Definitions)
		if err != nil && ctx.Err() == nil {
			d.cfg.Trouble(err)
		}
		for p := range all {
			if !followed[p] {
				followed[p] = true
				wg.Go(func() { d.followOne(ctx, p) })
			}
		}
		pause(ctx, 10*time.Second) // partitions are added rarely
	}
}

func (d *definitions) followOne(ctx context.Context, partition int) {
	for ctx.Err() == nil {
		if err := d.read(ctx, partition); err != nil && ctx.Err() == nil {
			d.cfg.Trouble(fmt.Errorf("definitions, partition %d: %w", partition, err))
			pause(ctx, time.Second)
		}
	}
}

// read reads a partition from its start and keeps the words in it.
func (d *definitions) read(ctx context.Context, partition int) error {
	cursor, err := d.cfg.Store.Cursor(ctx, d.cfg.Definitions, partition)
	if err != nil {
		return err
	}
	held, err := spans(ctx, d.client, d.cfg.Definitions)
	if err != nil {
		return err
	}
	if cursor.Next > held[partition].end {
		cursor.Next = 0 // another topic of the same name: its words are added again, which changes nothing
	}
	r, err := d.cfg.Kafka.reader(d.cfg.Definitions, partition, held[partition].first)
	if err != nil {
		return err
	}
	defer r.Close()
	stored, from := cursor.Next, cursor.Next
	if c, err := d.cfg.Store.Cursor(ctx, d.cfg.Definitions, partition); err == nil {
		from = c.Next
	}
	for {
		m, err := r.FetchMessage(ctx)
		if err != nil {
			return err
		}
		words := d.define(&m)
		end := m.Offset + 1
		for r.Stats().QueueLength > 0 && len(words) < 1000 {
			if m, err = r.FetchMessage(ctx); err != nil {
				return err
			}
			words = append(words, d.define(&m)...)
			end = m.Offset + 1
		}
		if end <= stored || len(words) == 0 {
			continue
		}
		if err := d.keep(ctx, partition, from, end, words); err != nil {
			return err
		}
		stored, from = end, end
	}
}

// define takes one record of the topic and returns the word in it, if any.
func (d *definitions) define(m *kafka.Message) []schemas.Word {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at[m.Partition] = m.Offset + 1
	close(d.more)
	d.more = make(chan struct{})
	var def wire.Definition
	if len(m.Key) != len(def.ID) || len(m.Value) == 0 {
		return nil
	}
	copy(def.ID[:], m.Key)
	def.Value = m.Value
	delete(d.givenUp, def.ID)
	if d.decoder.Define(def) != nil {
		d.cfg.Counters.countDead(reasonDefinition)
	}
	return nil
}

// keep writes words once, whichever process is first.
func (d *definitions) keep(ctx context.Context, partition int, from, to int64, words []schemas.Word) error {
	sum := d.cfg.Summary()
	sum.AddWords(words)
	deltas, err := export(sum)
	if err != nil {
		return err
	}
	err = d.cfg.Store.Commit(ctx, &store.Batch{Move: &store.Move{Topic: d.cfg.Definitions, Partition: partition, From: from, To: to}, Deltas: deltas})
	if errors.Is(err, store.ErrFenced) {
		return nil // the one that was first has them, or reads on from there
	}
	return err
}

// export collects the parts of a summary.
func export(s Summary) ([]store.Delta, error) {
	var deltas []store.Delta
	err := s.Export(func(key string, part []byte) error {
		deltas = append(deltas, store.Delta{Key: key, Blob: part})
		return nil
	})
	return deltas, err
}
