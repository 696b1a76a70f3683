package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"

	"wirecensus/inventory/store"
	"wirecensus/schemas/wire"
)

// Times of a worker.
const (
	minPause     = 100 * time.Millisecond
	maxPause     = 5 * time.Second
	commitWithin = 15 * time.Second
)

// Reasons of dead letters.
const (
	reasonCorrupt = "corrupt"
	reasonMissing = "definition-missing"
	reasonPanic   = "panic" // our own fault: it could be folded by no version that is this one
)

// folder folds the records of one partition.
type folder interface {
	// fold folds a record in. It fails with wire.ErrCorrupt, a *wire.MissingError or
	// a *panicError; after the first two nothing has changed.
	fold(m *kafka.Message) error
	// dead enters a record that becomes a dead letter.
	dead(m *kafka.Message, reason string)
	// batch adds what was folded in since the last batch, and returns the book.
	batch(b *store.Batch) (book []byte, err error)
	// full says that there is enough for a commit.
	full() bool
}

// worker owns one partition for one generation of the group.
type worker struct {
	cfg    *Config
	client *kafka.Client
	gen    *kafka.Generation
	defs   *definitions
	dead   *deadLetters
	topic  string
	number int

	// poisoned is the offset of a record at which folding panicked, store.None none.
	poisoned int64
}

// run works until the generation ends. Whatever fails, it begins again from what the store says.
func (w *worker) run(ctx context.Context) {
	w.poisoned = store.None
	defer w.cfg.Counters.leave(w.topic, w.number)
	for wait := minPause; ctx.Err() == nil; wait = min(2*wait, maxPause) {
		s := &session{worker: w}
		err := s.run(ctx)
		if ctx.Err() != nil {
			return
		}
		if s.commits > 0 {
			wait = minPause
		}
		w.cfg.Counters.restarts.Add(1)
		if errors.Is(err, store.ErrFenced) {
			w.cfg.Counters.fenced.Add(1)
		}
		w.cfg.Trouble(fmt.Errorf("%s, partition %d: %w", w.topic, w.number, err))
		pause(ctx, wait)
	}
}

// folder makes the folder of the worker's topic from the book in the store.
func (w *worker) folder(book []byte) (folder, error) {
	if w.topic == w.cfg.Coverage {
		return newReports(book)
	}
	return newCalls(w.cfg, w.defs, book)
}

// session is the reading of a partition from a stored cursor on.
type session struct {
	*worker
	fold    folder
	base    int64 // offset in the store
	next    int64 // offset behind what was folded
	end     int64
	commits int
	spoilt  bool // what was folded may not be committed: it is incomplete, or it was tried
}

func (s *session) run(ctx context.Context) error {
	cursor, err := s.cfg.Store.Cursor(ctx, s.topic, s.number)
	if err != nil {
		return err
	}
	if s.fold, err = s.folder(cursor.Book); err != nil {
		return err
	}
	held, err := spans(ctx, s.client, s.topic)
	if err != nil {
		return err
	}
	s.base, s.next, s.end = cursor.Next, cursor.Next, held[s.number].end
	from := max(cursor.Next, held[s.number].first)
	if from > s.end {
		// The topic is a new one, or its log was cut. The book knows what was had.
		s.cfg.Trouble(fmt.Errorf("%s, partition %d: it ends at %d, before the stored offset %d: read again from its start", s.topic, s.number, s.end, from))
		from = held[s.number].first
	}
	r, err := s.cfg.Kafka.reader(s.topic, s.number, from)
	if err != nil {
		return err
	}
	defer r.Close()
	s.report()
	return s.read(ctx, r)
}

// read folds records until ctx is done, with a commit every now and then.
func (s *session) read(ctx context.Context, r *kafka.Reader) error {
	for {
		m, err := r.FetchMessage(ctx)
		if err != nil {
			return s.leave(ctx, err)
		}
		// From the first record on, the others have this long to come along.
		if err := s.gather(ctx, r, m); err != nil {
			return s.leave(ctx, err)
		}
		if err := s.commit(ctx); err != nil {
			return err
		}
	}
}

// gather folds m and what comes after it, until there is enough or it took long enough.
func (s *session) gather(ctx context.Context, r *kafka.Reader, m kafka.Message) error {
	within, cancel := context.WithTimeout(ctx, s.cfg.FlushEvery)
	defer cancel()
	for {
		if err := s.one(ctx, &m); err != nil {
			return err
		}
		if s.fold.full() || within.Err() != nil && ctx.Err() == nil {
			return nil
		}
		var err error
		if m, err = r.FetchMessage(within); err != nil {
			if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
				return nil
			}
			return err
		}
	}
}

// leave commits what was folded when the partition is taken away, and gives up
// what was folded when something went wrong.
func (s *session) leave(ctx context.Context, err error) error {
	if ctx.Err() == nil || s.spoilt {
		return err
	}
	return s.commit(ctx)
}

// one folds a record in, or makes it a dead letter.
func (s *session) one(ctx context.Context, m *kafka.Message) error {
	s.cfg.Counters.records.Add(1)
	s.cfg.Counters.bytes.Add(uint64(len(m.Value)))
	s.end = max(m.HighWaterMark, m.Offset+1)
	reason := ""
	switch err := s.settle(ctx, m); {
	case err == nil:
	case errors.Is(err, wire.ErrCorrupt):
		reason = reasonCorrupt
	case errors.As(err, new(*wire.MissingError)):
		reason = reasonMissing
	case errors.As(err, new(*panicError)) && s.poisoned == m.Offset:
		reason = reasonPanic
	default:
		if errors.As(err, new(*panicError)) {
			s.poisoned, s.spoilt = m.Offset, true // begin again, without it
		}
		return err
	}
	if reason != "" {
		if err := s.worker.dead.publish(ctx, m, reason); err != nil {
			return err
		}
		s.cfg.Counters.countDead(reason)
		s.fold.dead(m, reason)
	}
	s.next = m.Offset + 1
	return nil
}

// settle folds a record in, waiting for definitions that it needs.
func (s *session) settle(ctx context.Context, m *kafka.Message) error {
	if s.poisoned == m.Offset {
		return &panicError{}
	}
	var missing *wire.MissingError
	err := s.fold.fold(m)
	if !errors.As(err, &missing) || s.defs.hopeless(missing) {
		return err
	}
	// What was folded is written first: the wait may be long.
	if s.next != s.base {
		if err := s.commit(ctx); err != nil {
			return err
		}
	}
	if err := s.defs.sync(ctx); err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, s.cfg.DefinitionWait)
	defer cancel()
	for {
		more := s.defs.next()
		if err = s.fold.fold(m); !errors.As(err, &missing) {
			return err
		}
		select {
		case <-more:
		case <-within.Done():
			if ctx.Err() != nil {
				return ctx.Err()
			}
			s.defs.giveUp(missing)
			return err
		}
	}
}

// commit writes what was folded with the offset behind it, then tells Kafka.
func (s *session) commit(ctx context.Context) error {
	if s.next == s.base {
		return nil
	}
	s.spoilt = true
	b := &store.Batch{}
	book, err := s.fold.batch(b)
	if err != nil {
		return err
	}
	b.Move = &store.Move{Topic: s.topic, Partition: s.number, From: s.base, To: s.next, Book: book}
	// A partition that is taken away waits for its commit: breaking it off saves nobody work.
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitWithin)
	defer cancel()
	if err := s.cfg.Store.Commit(within, b); err != nil {
		return err
	}
	s.base, s.spoilt = s.next, false
	s.commits++
	s.cfg.Counters.commits.Add(1)
	s.report()
	if err := s.gen.CommitOffsets(map[string]map[int]int64{s.topic: {s.number: s.base}}); err != nil {
		s.cfg.Trouble(fmt.Errorf("tell Kafka the offset of %s, partition %d: %w", s.topic, s.number, err))
	}
	return nil
}

func (s *session) report() {
	s.cfg.Counters.position(Position{Topic: s.topic, Partition: s.number, Next: max(0, s.base), End: s.end})
}
