package outbox

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"wirecensus/sensor/publish/spool"
)

// errNoRoom says that neither memory nor spool has room.
var errNoRoom = errors.New("outbox: no room")

// item is a record in a queue.
type item struct {
	Record
	after uint64 // definitions that were put before it
}

// queue holds the records of one partition: those in memory are older than those in
// the spool.
type queue struct {
	o         *Outbox
	topic     Topic
	partition int
	disk      *spool.Queue // nil without a spool
	wake      chan struct{}

	mu        sync.Mutex
	mem       []item // protected by mu, like the next two
	sending   int    // of mem, on their way
	inherited int    // of the spool: there at the start, not looked at yet
}

func newQueue(o *Outbox, t Topic, partition int, name string) *queue {
	q := &queue{o: o, topic: t, partition: partition, wake: make(chan struct{}, 1)}
	if o.cfg.Spool != nil {
		q.disk = o.cfg.Spool.Queue(name)
		q.inherited = q.disk.Len()
	}
	return q
}

// put adds a record at the end, or returns errNoRoom or an error of the spool.
func (q *queue) put(r Record) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.topic == Coverage {
		q.forget()
	}
	after := q.o.defs.issued()
	if (q.disk == nil || q.disk.Len() == 0) && q.o.budget.take(r.cost()) {
		q.mem = append(q.mem, item{r, after})
	} else if err := q.spill(r); err != nil && q.topic == Coverage {
		q.o.budget.exceed(r.cost())
		q.mem = append(q.mem, item{r, after})
	} else if err != nil {
		return err
	}
	if q.topic == Definitions {
		q.o.defs.issue(1)
	}
	select {
	case q.wake <- struct{}{}:
	default:
	}
	return nil
}

// forget drops what is not yet on its way.
func (q *queue) forget() {
	for i := q.sending; i < len(q.mem); i++ {
		q.o.budget.free(q.mem[i].cost())
	}
	clear(q.mem[q.sending:])
	q.mem = q.mem[:q.sending]
}

// spill puts a record into the spool.
func (q *queue) spill(r Record) error {
	if q.disk == nil {
		return errNoRoom
	}
	err := q.disk.Append(pack(r))
	if err == nil {
		q.o.ledger.spooled(r)
	} else if !errors.Is(err, spool.ErrFull) {
		q.note(Note{Attempt: 1, Err: err})
	}
	return err
}

// load is what goes to the broker in one request.
type load struct {
	records []Record
	after   uint64
	entries []spool.Entry // nil: from memory
}

// run sends what the queue holds until the outbox closes and it is empty, or ctx is done.
func (q *queue) run(ctx context.Context) {
	for ctx.Err() == nil {
		l, ok := q.take()
		if !ok {
			select {
			case <-q.wake:
				continue
			case <-ctx.Done():
				return
			case <-q.o.closing:
			}
			// Nothing is put after closing: what is not there now will not come.
			if l, ok = q.take(); !ok {
				return
			}
		}
		if q.topic == Calls && !q.o.defs.wait(ctx, l.after) {
			return
		}
		if len(l.records) > 0 && !q.send(ctx, l.records) {
			return
		}
		q.taken(l)
	}
}

// take returns the next records, which stay in the queue until they are taken.
func (q *queue) take() (load, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.mem) == 0 {
		return q.fromDisk()
	}
	var l load
	size := 0
	for i := range q.mem {
		it := &q.mem[i]
		if size += len(it.Value) + len(it.Key); size > MaxRequest && i > 0 {
			break
		}
		l.records = append(l.records, it.Record)
		l.after = max(l.after, it.after)
	}
	q.sending = len(l.records)
	return l, true
}

// fromDisk reads the next records of the spool.
func (q *queue) fromDisk() (load, bool) {
	for q.disk != nil && q.disk.Len() > 0 {
		before := q.disk.Len()
		entries, err := q.disk.Read(MaxRequest)
		if err != nil {
			lost := before - q.disk.Len()
			q.inherited = max(q.inherited-lost, 0)
			if q.topic == Definitions {
				q.o.defs.done(uint64(lost))
			}
			q.note(Note{Attempt: 1, Err: fmt.Errorf("the spool lost %d records: %w", lost, err)})
			continue
		}
		l := load{entries: entries, after: q.o.defs.issued()}
		for i, e := range entries {
			r, ok := unpack(e)
			if !ok || q.topic == Calls && i < q.inherited && q.o.cfg.Stale != nil && q.o.cfg.Stale(r.Value) {
				q.o.ledger.stale(r)
				continue
			}
			l.records = append(l.records, r)
		}
		return l, true
	}
	return load{}, false
}

// taken removes what the broker has from the queue.
func (q *queue) taken(l load) {
	q.mu.Lock()
	if l.entries == nil {
		var cost int64
		for i := range l.records {
			cost += l.records[i].cost()
		}
		q.o.budget.free(cost)
		rest := copy(q.mem, q.mem[len(l.records):])
		clear(q.mem[rest:])
		q.mem, q.sending = q.mem[:rest], 0
	} else {
		q.inherited = max(q.inherited-len(l.entries), 0)
		if err := q.disk.Done(l.entries); err != nil {
			q.note(Note{Attempt: 1, Err: err})
		}
		q.o.budget.signal()
	}
	q.mu.Unlock()
	if q.topic == Definitions {
		q.o.defs.done(uint64(max(len(l.records), len(l.entries))))
	}
}

// send brings records to the broker, however long it takes. It reports false when ctx
// is done before.
func (q *queue) send(ctx context.Context, records []Record) bool {
	for attempt := 1; ; attempt++ {
		err := q.o.cfg.Broker.Produce(ctx, q.topic, q.partition, records)
		switch {
		case err == nil:
			q.o.ledger.taken(records)
			if attempt > 1 {
				q.note(Note{Attempt: attempt})
			}
			return true
		case errors.Is(err, ErrNever) && len(records) == 1:
			q.o.ledger.give("refused", records[0])
			q.note(Note{Attempt: 1, Err: err})
			return true
		case errors.Is(err, ErrNever):
			// Which of them it is shows when each goes alone.
			for i := range records {
				if !q.send(ctx, records[i:i+1]) {
					return false
				}
			}
			return true
		case ctx.Err() != nil:
			return false
		}
		q.o.ledger.retried()
		q.note(Note{Attempt: attempt, Err: err})
		if !pause(ctx, attempt) {
			return false
		}
	}
}

func (q *queue) note(n Note) {
	if q.o.cfg.Note != nil {
		n.Topic, n.Partition = q.topic, q.partition
		q.o.cfg.Note(n)
	}
}

// keep puts what is left in memory into the spool, before what is there, when nothing runs any more.
func (q *queue) keep() error {
	if len(q.mem) == 0 {
		return nil
	}
	put, err := 0, error(nil)
	if q.disk != nil {
		entries := make([]spool.Entry, len(q.mem))
		for i := range q.mem {
			entries[i] = pack(q.mem[i].Record)
		}
		put, err = q.disk.Prepend(entries)
	}
	for i := range q.mem {
		if i < put {
			q.o.ledger.spooled(q.mem[i].Record)
		} else {
			q.o.ledger.unput(q.mem[i].Record)
		}
	}
	q.mem = nil
	return err
}
