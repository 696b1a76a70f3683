package outbox

import (
	"context"
	"maps"
	"sync"
)

// Stats are the counters of an outbox. Of the calls that were put,
// Calls = CallsAcked + CallsWaiting + those of Shed that were put first.
type Stats struct {
	Calls        uint64            `json:"calls"`       // put
	CallsAcked   uint64            `json:"calls_acked"` // the broker has them, or said so of their record
	Records      uint64            `json:"records"`     // put, of all topics
	RecordsAcked uint64            `json:"records_acked"`
	Memory       int64             `json:"queued_bytes"` // in memory now
	Spooled      uint64            `json:"spooled_calls"`
	SpoolCalls   uint64            `json:"spool_calls"` // in the spool now
	SpoolBytes   int64             `json:"spool_bytes"`
	SpoolTorn    uint64            `json:"spool_torn,omitempty"` // entries cut off at the start because their writing was cut short
	SpoolLost    uint64            `json:"spool_lost_calls,omitempty"`
	Stale        uint64            `json:"stale_calls,omitempty"` // found in the spool and left out, because they are made again
	Retried      uint64            `json:"retried"`               // requests that the broker did not take at once
	Shed         map[string]uint64 `json:"shed_calls"`            // calls given up, by cause
}

// ledger counts.
type ledger struct {
	mu sync.Mutex
	s  Stats

	shed map[string]uint64
}

func (l *ledger) put(r Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.s.Calls += uint64(r.Calls)
	l.s.Records++
}

func (l *ledger) give(cause string, r Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.Calls > 0 {
		l.shed[cause] += uint64(r.Calls)
	}
}

// unput counts what was in memory at the end and could not be kept.
func (l *ledger) unput(r Record) { l.give("stopped", r) }

func (l *ledger) spooled(r Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.s.Spooled += uint64(r.Calls)
}

func (l *ledger) stale(r Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.s.Stale += uint64(r.Calls)
}

func (l *ledger) retried() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.s.Retried++
}

func (l *ledger) taken(records []Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.s.RecordsAcked += uint64(len(records))
	for i := range records {
		l.s.CallsAcked += uint64(records[i].Calls)
	}
}

// Stats returns the counters as they are now.
func (o *Outbox) Stats() Stats {
	o.ledger.mu.Lock()
	s := o.ledger.s
	s.Shed = maps.Clone(o.ledger.shed)
	o.ledger.mu.Unlock()
	s.Memory = o.budget.used()
	if o.cfg.Spool != nil {
		d := o.cfg.Spool.Stats()
		s.SpoolCalls, s.SpoolBytes, s.SpoolTorn, s.SpoolLost = d.Weight, d.Bytes, d.Torn, d.LostSum
	}
	return s
}

// budget is the memory that all queues share.
type budget struct {
	mu    sync.Mutex
	limit int64
	taken int64
	more  chan struct{} // closed when there may be more room
}

func (b *budget) init(limit int64) { b.limit, b.more = limit, make(chan struct{}) }

// take takes n bytes if they are there. Something always fits into an empty memory.
func (b *budget) take(n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.taken > 0 && b.taken+n > b.limit {
		return false
	}
	b.taken += n
	return true
}

// exceed takes n bytes whether they are there or not.
func (b *budget) exceed(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.taken += n
}

func (b *budget) free(n int64) {
	b.mu.Lock()
	b.taken -= n
	b.mu.Unlock()
	b.signal()
}

// signal wakes everybody who waits for room.
func (b *budget) signal() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.more)
	b.more = make(chan struct{})
}

// changed is closed as soon as there may be more room than now.
func (b *budget) changed() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.more
}

func (b *budget) used() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.taken
}

// barrier counts definitions put and taken.
type barrier struct {
	mu       sync.Mutex
	put, got uint64
	more     chan struct{} // closed when got grows
}

func (b *barrier) init() { b.more = make(chan struct{}) }

func (b *barrier) issue(n uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.put += n
}

func (b *barrier) issued() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.put
}

func (b *barrier) done(n uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.got += n
	close(b.more)
	b.more = make(chan struct{})
}

// wait waits until the first n definitions are taken, or ctx is done: then it reports false.
func (b *barrier) wait(ctx context.Context, n uint64) bool {
	for {
		b.mu.Lock()
		got, more := b.got, b.more
		b.mu.Unlock()
		if got >= n {
			return true
		}
		select {
		case <-more:
		case <-ctx.Done():
			return false
		}
	}
}
