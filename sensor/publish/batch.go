package publish

import (
	"wirecensus/schemas"
	"wirecensus/schemas/wire"
)

// BatchLimits close a batch. They must be the same whenever the same calls are to
// have the same numbers again.
type BatchLimits struct {
	Calls int // of a batch
	Bytes int // of a batch; the call that reaches it is the last
	Open  int // batches at once; the one that has waited longest for a call is closed for a new one
	Held  int // bytes of all open batches; beyond, likewise
}

// DefaultBatchLimits are the limits of one lane.
func DefaultBatchLimits() BatchLimits {
	return BatchLimits{Calls: 256, Bytes: 256 << 10, Open: 256, Held: 8 << 20}
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
	limits    BatchLimits
	partition func(service string) int
	enc       *wire.Encoder
	next      map[int]uint64 // number of the next call, by partition
	open      map[string]*batch
	oldest    *batch // head and tail of a list in order of the latest call
	newest    *batch
	free      []*batch // empty ones
	held      int
}

// batch is an open batch.
type batch struct {
	wire.Batch
	service   string
	partition int
	size      int // Size at the last look
	ticks     int // since its first call
	prev      *batch
	next      *batch
}

// NewBatcher returns a batcher without calls. partition says which partition a
// service belongs to, always the same.
func NewBatcher(o wire.Origin, enc wire.Encoding, limits BatchLimits, partition func(service string) int) *Batcher {
	b := &Batcher{origin: o, limits: limits, partition: partition, enc: wire.NewEncoder(), next: map[int]uint64{}, open: map[string]*batch{}}
	b.enc.Encoding = enc
	return b
}

// Add adds a call, of which nothing is kept, and appends the records that this closed.
func (b *Batcher) Add(dst []Record, c *schemas.Call) []Record {
	service := c.Service()
	at := b.open[service]
	if at == nil {
		if len(b.open) >= b.limits.Open {
			dst = b.close(dst, b.oldest)
		}
		at = b.take()
		at.service, at.partition = service, b.partition(service)
		b.open[service] = at
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
func (b *Batcher) take() *batch {
	n := len(b.free)
	if n == 0 {
		return new(batch)
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
	enc.Encoding, b.enc = b.enc.Encoding, enc
}

// Known returns the definitions that were returned and are still in use.
func (b *Batcher) Known() []wire.Definition { return b.enc.Known() }

// close makes a record of a batch.
func (b *Batcher) close(dst []Record, at *batch) []Record {
	b.unlink(at)
	delete(b.open, at.service)
	b.held -= at.size
	r := Record{Partition: at.partition, Service: at.service, First: b.next[at.partition], Count: at.Count(), Headers: at.Headers(b.origin)}
	r.Value = at.Seal(make([]byte, 0, at.Size()+len(b.origin.Sensor)+64), b.origin, r.First)
	b.free = append(b.free, at)
	b.next[at.partition] += uint64(r.Count)
	return append(dst, r)
}

func (b *Batcher) link(at *batch) {
	at.prev, at.next = b.newest, nil
	if b.newest != nil {
		b.newest.next = at
	} else {
		b.oldest = at
	}
	b.newest = at
}

func (b *Batcher) unlink(at *batch) {
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
