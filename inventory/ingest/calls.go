package ingest

import (
	"fmt"

	"github.com/segmentio/kafka-go"

	"wirecensus/inventory/store"
	"wirecensus/schemas"
	"wirecensus/schemas/wire"
)

// panicError says that folding a record panicked.
type panicError struct{ value any }

// Error returns what the panic said.
func (e *panicError) Error() string { return fmt.Sprintf("folding a record panicked: %v", e.value) }

// calls folds records of calls.
type calls struct {
	cfg     *Config
	defs    *definitions
	decoder *wire.Decoder
	book    *Book
	sum     Summary
	count   int // of calls in sum
	bytes   int
}

func newCalls(cfg *Config, defs *definitions, book []byte) (*calls, error) {
	b, err := ParseBook(book)
	if err != nil {
		return nil, err
	}
	dec := wire.NewDecoder()
	dec.Reuse = true
	return &calls{cfg: cfg, defs: defs, decoder: dec, book: b, sum: cfg.Summary()}, nil
}

func (f *calls) fold(m *kafka.Message) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{p}
		}
	}()
	for range 2 {
		err = f.apply(m.Value)
		missing, ok := err.(*wire.MissingError)
		if !ok || !f.defs.teach(f.decoder, missing) {
			break
		}
	}
	return err
}

// apply folds in those calls of a record that were not had before.
func (f *calls) apply(value []byte) error {
	h, err := wire.Peek(value)
	if err != nil {
		return err
	}
	if !credible(h) {
		return wire.ErrCorrupt
	}
	var fresh []Span
	var run *Sequence
	i := uint64(0)
	_, err = f.decoder.Decode(value, func(c *schemas.Call) {
		if run == nil { // the whole record can be read
			fresh, run, _ = f.book.Accept(h) // it is credible
		}
		for len(fresh) > 0 && i >= fresh[0].To {
			fresh = fresh[1:]
		}
		if len(fresh) > 0 && i >= fresh[0].From {
			f.sum.Apply(c)
			run.see(c.Time)
			f.count++
			f.cfg.Counters.calls.Add(1)
		} else {
			f.cfg.Counters.duplicates.Add(1)
		}
		i++
	})
	if err == nil {
		f.bytes += len(value)
	}
	return err
}

func (f *calls) dead(m *kafka.Message, reason string) {
	f.book.dead(reason)
	if h, err := wire.Peek(m.Value); err == nil {
		f.book.Miss(h)
	}
}

func (f *calls) full() bool { return f.count >= f.cfg.FlushCalls || f.bytes >= f.cfg.FlushBytes }

func (f *calls) batch(b *store.Batch) (book []byte, err error) {
	if f.count > 0 {
		if b.Deltas, err = export(f.sum); err != nil {
			return nil, err
		}
		f.sum = f.cfg.Summary()
	}
	f.count, f.bytes = 0, 0
	return f.book.Bytes(), nil
}
