package ingest

import (
	"context"
	"errors"
	"sync"

	"wirecensus/inventory/store"
	"wirecensus/schemas"
	"wirecensus/schemas/wire"
)

// Feed brings calls to a store without Kafka. It is safe for concurrent use.
type Feed struct {
	st      store.Store
	topic   string // of the cursor that numbers the batches
	origin  wire.Origin
	summary func() Summary

	mu       sync.Mutex // protects what calls change
	sum      Summary
	fed      bool                 // sum holds something
	came     Tally                // calls in sum
	coverage *wire.CoverageReport // the newest, nil when it was written

	flushing sync.Mutex // protects what flushes change
	pending  *store.Batch
	tally    Tally // calls in pending
	next     int64
	book     *Book
}

// NewFeed returns a feed. A sensor has one feed at a time; feeds of several sensors are independent.
func NewFeed(ctx context.Context, st store.Store, origin wire.Origin, summary func() Summary) (*Feed, error) {
	f := &Feed{st: st, topic: "feed:" + origin.Sensor, origin: origin, summary: summary, sum: summary()}
	return f, f.look(ctx)
}

// look reads where the batches of the sensor stand.
func (f *Feed) look(ctx context.Context) error {
	c, err := f.st.Cursor(ctx, f.topic, 0)
	if err != nil {
		return err
	}
	f.next = c.Next
	f.book, err = ParseBook(c.Book)
	return err
}

// Call folds a call in and keeps nothing of it.
func (f *Feed) Call(c *schemas.Call) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sum.Apply(c)
	f.came.Calls++
	f.came.see(c.Time)
	f.fed = true
}

// Words adds released words.
func (f *Feed) Words(words []schemas.Word) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sum.AddWords(words)
	f.fed = true
}

// Cover takes a report that contains all earlier ones of its run.
func (f *Feed) Cover(r *wire.CoverageReport) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.coverage = r
}

// Flush writes what was fed since the last one. After an error the same batch is
// tried again by the next Flush; calls go on being folded meanwhile.
func (f *Feed) Flush(ctx context.Context) error {
	f.flushing.Lock()
	defer f.flushing.Unlock()
	for range 2 { // what is left of the last time, and what came since
		tried := f.pending != nil
		if !tried {
			if err := f.take(); err != nil || f.pending == nil {
				return err
			}
		}
		if err := f.write(ctx, tried); err != nil {
			return err
		}
		f.pending = nil
		if !tried {
			return nil
		}
	}
	return nil
}

// take makes a batch of what was fed; none when nothing was.
func (f *Feed) take() error {
	f.mu.Lock()
	sum, fed, came, cov := f.sum, f.fed, f.came, f.coverage
	if fed {
		f.sum, f.fed, f.came = f.summary(), false, Tally{}
	}
	f.coverage = nil
	f.mu.Unlock()
	b := new(store.Batch)
	if fed {
		var err error
		if b.Deltas, err = export(sum); err != nil {
			return err
		}
	}
	if cov != nil {
		b.Changes = append(b.Changes, change(cov))
	}
	if len(b.Deltas)+len(b.Changes) > 0 {
		f.pending, f.tally = b, came
	}
	return nil
}

// write writes the pending batch once. Whether an attempt that failed wrote it
// tells the cursor: if it moved as the attempt would have moved it, it did.
func (f *Feed) write(ctx context.Context, tried bool) error {
	for {
		was := f.book.Bytes()
		f.book.run(f.origin).Add(f.tally)
		f.pending.Move = &store.Move{Topic: f.topic, From: f.next, To: max(0, f.next) + 1, Book: f.book.Bytes()}
		err := f.st.Commit(ctx, f.pending)
		if err == nil {
			f.next = f.pending.Move.To
			return nil
		}
		if !errors.Is(err, store.ErrFenced) {
			f.book, _ = ParseBook(was) // what Bytes wrote can be read
			return err
		}
		if err := f.look(ctx); err != nil {
			return err
		}
		if tried && f.next == f.pending.Move.To {
			return nil
		}
		tried = false // another feed of this sensor was first
	}
}
