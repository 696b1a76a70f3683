package outbox

import (
	"context"
	"errors"
	"strconv"
	"sync"

	"wirecensus/schemas/wire"
	"wirecensus/sensor/publish/spool"
)

// MaxRequest bounds the bytes of the records of one request; a single record may have more.
const MaxRequest = 512 << 10

// Topic says what a record is.
type Topic uint8

// The topics.
const (
	Calls Topic = iota
	Definitions
	Coverage
	topics
)

// Record is one record of a topic.
type Record struct {
	Key     []byte
	Headers []wire.KeyValue
	Value   []byte
	Calls   int // in it
}

// cost is what a record takes of the memory.
func (r *Record) cost() int64 {
	n := int64(cap(r.Key)+cap(r.Value)) + 64
	for _, h := range r.Headers {
		n += int64(len(h.Key)+len(h.Value)) + 32
	}
	return n
}

// ErrNever says that the broker will not take a record however often it is asked.
var ErrNever = errors.New("outbox: never taken")

// Broker takes records.
type Broker interface {
	// Produce returns nil once the broker has stored all records, in order. After any
	// other error than ErrNever they are produced again; some or all may have been stored.
	Produce(ctx context.Context, to Topic, partition int, records []Record) error
}

// Note is something that a person may want to know about a queue.
type Note struct {
	Topic     Topic
	Partition int
	Attempt   int   // how often the broker has not taken the same records
	Err       error // why; nil: now it has
}

// Config says how an outbox works. Broker and Partitions are required.
type Config struct {
	Broker     Broker
	Partitions int          // of the calls
	Memory     int64        // bytes
	Spool      *spool.Spool // nil: none
	// Wait makes Put wait for room, instead of shedding.
	Wait bool
	// Stale says of calls found in the spool at the start that they will be put
	// again; nil: none will.
	Stale func(value []byte) bool
	// Note is called from several goroutines; nil when nobody listens.
	Note func(Note)
}

// Outbox is a set of queues on the way to a broker.
type Outbox struct {
	cfg     Config
	queues  []*queue // of the partitions; then definitions, coverage
	ledger  ledger
	defs    barrier
	closing chan struct{} // closed: queues end when they are empty
	halted  chan struct{} // closed: nothing is put any more
	halt    sync.Once
	abort   context.CancelFunc
	running sync.WaitGroup
	budget  budget
}

// New returns an outbox at work. What is in the spool goes first.
func New(cfg Config) *Outbox {
	ctx, abort := context.WithCancel(context.Background())
	o := &Outbox{cfg: cfg, closing: make(chan struct{}), halted: make(chan struct{}), abort: abort}
	o.ledger.shed = map[string]uint64{}
	o.budget.init(cfg.Memory)
	o.defs.init()
	for i := range cfg.Partitions {
		o.queues = append(o.queues, newQueue(o, Calls, i, strconv.Itoa(i)))
	}
	o.queues = append(o.queues, newQueue(o, Definitions, 0, "definitions"), newQueue(o, Coverage, 0, "coverage"))
	o.defs.issue(uint64(o.queue(Definitions, 0).inherited))
	for _, q := range o.queues {
		o.running.Go(func() { q.run(ctx) })
	}
	return o
}

func (o *Outbox) queue(t Topic, partition int) *queue {
	if t == Calls {
		return o.queues[partition]
	}
	return o.queues[o.cfg.Partitions+int(t-Definitions)]
}

// Put queues a record. It reports false if it gave the record up, whose calls are counted then: because
// there is no room and it may not wait, or because the outbox is halted.
func (o *Outbox) Put(t Topic, partition int, r Record) bool {
	q := o.queue(t, partition)
	for {
		room := o.budget.changed()
		select {
		case <-o.halted:
			o.ledger.give("stopped", r)
			return false
		default:
		}
		err := q.put(r)
		switch {
		case err == nil:
			o.ledger.put(r)
			return true
		case !o.cfg.Wait:
			o.ledger.give("no-room", r)
			return false
		}
		select {
		case <-room:
		case <-o.halted:
		}
	}
}

// Halt makes Put refuse everything from now on; what waits in it returns.
func (o *Outbox) Halt() { o.halt.Do(func() { close(o.halted) }) }

// Close waits until the broker has everything, or ctx is done: what it has not by then goes
// into the spool, or is counted as shed where there is none. Nothing may be put during and after Close.
func (o *Outbox) Close(ctx context.Context) error {
	o.Halt()
	close(o.closing)
	done := make(chan struct{})
	go func() { o.running.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
		o.abort()
		<-done
	}
	o.abort()
	var err error
	for _, q := range o.queues {
		err = errors.Join(err, q.keep())
	}
	return err
}
