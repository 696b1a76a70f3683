package ingest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"wirecensus/inventory/store"
	"wirecensus/schemas"
	"wirecensus/schemas/wire"
)

const (
	maxGivenUp = 4096     // definitions that never came
	maxHeld    = 64 << 20 // bytes of definitions; twice that for a moment
	maxWords   = 1000     // words of one commit
)

// definitions follows the topic of definitions. It is safe for concurrent use.
type definitions struct {
	cfg    *Config
	client *kafka.Client

	mu         sync.Mutex
	young, old map[wire.ID][]byte // by age, the old ones are dropped at maxHeld
	size       int                // bytes in young
	at         map[int]int64      // partition → offset behind what was read
	givenUp    map[wire.ID]bool   // waited for in vain
	more       chan struct{}      // closed when something was read
}

func newDefinitions(cfg *Config, client *kafka.Client) *definitions {
	return &definitions{
		cfg: cfg, client: client, young: map[wire.ID][]byte{}, at: map[int]int64{}, givenUp: map[wire.ID]bool{}, more: make(chan struct{}),
	}
}

// teach gives a decoder the definitions that it lacks, and says whether it has all now.
func (d *definitions) teach(dec *wire.Decoder, missing *wire.MissingError) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := true
	for _, id := range missing.IDs {
		value, ok := d.young[id]
		if !ok {
			value, ok = d.old[id]
		}
		all = all && ok && dec.Define(wire.Definition{ID: id, Value: value}) == nil
	}
	return all
}

// hopeless says whether one of the definitions was waited for in vain before.
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
		if d.young[id] == nil && d.old[id] == nil {
			d.givenUp[id] = true
		}
	}
}

// next returns a channel that is closed when more was read.
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

// read reads a partition from its start and keeps the words behind the stored cursor.
func (d *definitions) read(ctx context.Context, partition int) error {
	held, err := spans(ctx, d.client, d.cfg.Definitions)
	if err != nil {
		return err
	}
	cursor, err := d.cfg.Store.Cursor(ctx, d.cfg.Definitions, partition)
	if err != nil {
		return err
	}
	from, kept := cursor.Next, cursor.Next
	if from > held[partition].end {
		kept = 0 // another topic of the same name: words that are added again change nothing
	}
	r, err := d.cfg.Kafka.reader(d.cfg.Definitions, partition, held[partition].first)
	if err != nil {
		return err
	}
	defer r.Close()
	words := []schemas.Word{}
	for {
		m, err := r.FetchMessage(ctx)
		if err != nil {
			return err
		}
		if w, ok := d.take(&m); ok && m.Offset >= kept {
			words = append(words, w)
		}
		if len(words) == 0 || m.Offset+1 < m.HighWaterMark && len(words) < maxWords {
			continue
		}
		if err := d.keep(ctx, partition, from, m.Offset+1, words); err != nil {
			return err
		}
		from, kept, words = m.Offset+1, m.Offset+1, words[:0]
	}
}

// take takes one record of the topic and returns the word, if it is one.
func (d *definitions) take(m *kafka.Message) (schemas.Word, bool) {
	kind, word, err := wire.ParseDefinition(m.Value)
	sum := sha256.Sum256(m.Value)
	id := wire.ID(sum[:len(wire.ID{})])
	good := err == nil && string(m.Key) == string(id[:])
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at[m.Partition] = m.Offset + 1
	close(d.more)
	d.more = make(chan struct{})
	if !good {
		d.cfg.Counters.badDefinitions.Add(1)
		return word, false
	}
	if kind == wire.WordKind {
		return word, true
	}
	if d.size+len(m.Value) > maxHeld {
		d.young, d.old, d.size = map[wire.ID][]byte{}, d.young, 0
	}
	if d.young[id] == nil {
		d.young[id] = m.Value
		d.size += len(m.Value)
	}
	delete(d.givenUp, id)
	return word, false
}

// keep writes words once, whichever process is first.
func (d *definitions) keep(ctx context.Context, partition int, from, to int64, words []schemas.Word) error {
	if from == to {
		return nil
	}
	sum := d.cfg.Summary()
	sum.AddWords(words)
	deltas, err := export(sum)
	if err != nil {
		return err
	}
	err = d.cfg.Store.Commit(ctx, &store.Batch{Move: &store.Move{Topic: d.cfg.Definitions, Partition: partition, From: from, To: to}, Deltas: deltas})
	if !errors.Is(err, store.ErrFenced) {
		return err
	}
	// Another process was first. It has these words if it came as far.
	cursor, err := d.cfg.Store.Cursor(ctx, d.cfg.Definitions, partition)
	if err == nil && cursor.Next != to {
		err = store.ErrFenced
	}
	return err
}

// export collects the parts of a summary.
func export(s Summary) ([]store.Delta, error) {
	var deltas []store.Delta
	err := s.Export(func(key string, part []byte) error {
		deltas = append(deltas, store.Delta{Key: key, Blob: slices.Clone(part)})
		return nil
	})
	return deltas, err
}
