package batch

import (
	"bytes"

	"wirecensus/schemas"
	"wirecensus/schemas/wire"
)

// Limits close a batch. They must be the same whenever the same calls are to
// have the same numbers again.
type Limits struct {
	Calls int // of a batch
	Bytes int // of a batch; the call that reaches it is the last
	Open  int // batches at once; the one that has waited longest for a call is closed for a new one
	Held  int // bytes of all open batches; beyond, likewise
}

// DefaultLimits are the limits of one lane.
func DefaultLimits() Limits {
	return Limits{Calls: 1024, Bytes: 256 << 10, Open: 256, Held: 8 << 20}
}

// Form is how calls are written.
type Form struct {
	Encoding wire.Encoding
	Inline   bool // every record is complete in itself: there are no definitions
}

// Record is a closed batch: calls of one service, numbered.
type Record struct {
	Partition int
	Service   string // the key
	First     uint64 // number of the first call
	Count     int
	Headers   []wire.KeyValue
	Value     []byte
}

// Batcher gathers the calls of one origin into records, and numbers them in every partition from 0
// on. The same calls in the same order, without Tick, give the same records.
type Batcher struct {
	origin    wire.Origin
	limits    Limits
	partition func(service string) int
	enc       *wire.Encoder
	next      map[int]uint64 // number of the next call, by partition
	byName    map[string]*open
	oldest    *open // head and tail of a list in order of the latest call
	newest    *open
	free      []*open // empty ones
	held      int
	scratch   []byte
}

// open is a batch that takes calls.
type open struct {
	wire.Batch
	service   string
	partition int
	size      int // Size at the last look
	ticks     int // since its first call
	prev      *open
	next      *open
}

// NewBatcher returns a batcher without calls. partition says which partition a
// service belongs to, always the same.
func NewBatcher(o wire.Origin, form Form, limits Limits, partition func(service string) int) *Batcher {
	b := &Batcher{origin: o, limits: limits, partition: partition, enc: wire.NewEncoder(), next: map[int]uint64{}, byName: map[string]*open{}}
	b.enc.Encoding, b.enc.Inline = form.Encoding, form.Inline
	return b
}

// Add adds a call, of which nothing is kept, and appends the records that this closed.
func (b *Batcher) Add(dst []Record, c *schemas.Call) []Record {
	service := c.Service()
	at := b.byName[service]
	if at == nil {
		if len(b.byName) >= b.limits.Open {
			dst = b.close(dst, b.oldest)
		}
		at = b.take()
		at.service, at.partition = service, b.partition(service)
		b.byName[service] = at
	} else {
		b.unlink(at)
	}
	b.link(at)
	b.enc.Add(&at.Batch, c)
	b.held += at.Size() - at.size
	at.size = at.Size()
	if at.Count() >= b.limits.Calls || at.size >= b.limits.Bytes {
		dst = b.close(dst, at)
	}
	for b.held > b.limits.Held {
		dst = b.close(dst, b.oldest)
	}
	return dst
}

// Tick says that some time has passed: batches that have been open for a whole tick are closed.
func (b *Batcher) Tick(dst []Record) []Record {
	for at := b.oldest; at != nil; {
		next := at.next
		if at.ticks++; at.ticks > 1 {
			dst = b.close(dst, at)
		}
		at = next
	}
	return dst
}

// Flush closes all batches.
func (b *Batcher) Flush(dst []Record) []Record {
	for b.oldest != nil {
		dst = b.close(dst, b.oldest)
	}
	return dst
}

// take returns an empty batch, if possible one whose memory is there already.
func (b *Batcher) take() *open {
	n := len(b.free)
	if n == 0 {
		return new(open)
	}
	at := b.free[n-1]
	b.free = b.free[:n-1]
	at.size, at.ticks = 0, 0
	return at
}

// Idle reports whether no batch is open.
func (b *Batcher) Idle() bool { return b.oldest == nil }

// Definitions returns those that have to go before the records that were closed since the last time.
func (b *Batcher) Definitions() []wire.Definition { return b.enc.Definitions() }

// Renew forgets which definitions were returned, so that they come again when they are needed. No batch may be open.
func (b *Batcher) Renew() {
	enc := wire.NewEncoder()
	enc.Encoding, enc.Inline = b.enc.Encoding, b.enc.Inline
	b.enc = enc
}

// Known returns the definitions that were returned and are still in use.
func (b *Batcher) Known() []wire.Definition { return b.enc.Known() }

// close makes a record of a batch.
func (b *Batcher) close(dst []Record, at *open) []Record {
	b.unlink(at)
	delete(b.byName, at.service)
	b.held -= at.size
	r := Record{Partition: at.partition, Service: at.service, First: b.next[at.partition], Count: at.Count(), Headers: at.Headers(b.origin)}
	b.scratch = at.Seal(b.scratch[:0], b.origin, r.First)
	r.Value = bytes.Clone(b.scratch)
	b.free = append(b.free, at)
	b.next[at.partition] += uint64(r.Count)
	return append(dst, r)
}

func (b *Batcher) link(at *open) {
	at.prev, at.next = b.newest, nil
	if b.newest != nil {
		b.newest.next = at
	} else {
		b.oldest = at
	}
	b.newest = at
}

func (b *Batcher) unlink(at *open) {
	if at.prev != nil {
		at.prev.next = at.next
	} else {
		b.oldest = at.next
	}
	if at.next != nil {
		at.next.prev = at.prev
	} else {
		b.newest = at.prev
	}
}
