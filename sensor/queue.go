package sensor

import (
	"wirecensus/reassembly"
	"wirecensus/sensor/shed"
)

const (
	batchSegments = 512
	batchBytes    = 256 << 10
	queueDepth    = 8
)

// direct hands segments to the only shard without a queue.
type direct struct{ *shard }

// batch is a run of segments and marks on the way to a shard. It owns their payloads.
type batch struct {
	items []item
	arena []byte
	// report is handed in when the items are done; nil mostly.
	report *report
	level  shed.Level // while its items are read
}

// item is a segment, a datagram, or a mark at seg.Time.
type item struct {
	seg  reassembly.Segment
	kind itemKind
}

// itemKind says what an item is.
type itemKind uint8

const (
	ofTCP itemKind = iota
	ofUDP
	aMark
)

// queue carries batches from the front to one shard. A full queue makes the front
// wait; a live one that may not drops the batch.
type queue struct {
	full chan *batch
	free chan *batch
	live counted // nil: the source waits

	// Owned by the front.
	cur     *batch
	dropped uint64 // segments
	// droppedUDP are datagrams that may have been QUIC.
	droppedUDP uint64
	level      shed.Level // of the batches that begin
}

func newQueue(live counted) *queue {
	return &queue{full: make(chan *batch, queueDepth), free: make(chan *batch, queueDepth+2), live: live}
}

func (q *queue) add(it item) {
	if q.cur == nil {
		q.cur = q.take()
	}
	b := q.cur
	if n := len(it.seg.Payload); n > cap(b.arena)-len(b.arena) {
		// Earlier payloads keep the old arena alive until their batch is drained.
		b.arena = make([]byte, 0, max(batchBytes, n))
	}
	start := len(b.arena)
	b.arena = append(b.arena, it.seg.Payload...)
	it.seg.Payload = b.arena[start:len(b.arena):len(b.arena)]
	b.items = append(b.items, it)
	if len(b.items) == batchSegments || len(b.arena) > batchBytes*3/4 {
		q.send()
	}
}

func (q *queue) take() *batch {
	select {
	case b := <-q.free:
		b.items, b.arena, b.report, b.level = b.items[:0], b.arena[:0], nil, q.level
		return b
	default:
		return &batch{items: make([]item, 0, batchSegments), arena: make([]byte, 0, batchBytes), level: q.level}
	}
}

func (q *queue) send() {
	switch {
	case q.cur == nil:
		return
	case q.live != nil:
		if !patient(q.full, q.cur, q.live) {
			q.drop()
		}
	default:
		q.full <- q.cur
	}
	q.cur = nil
}

func (q *queue) close() {
	q.live = nil // what is left is waited for
	q.send()
	close(q.full)
}

// drain runs s over everything that comes.
func (q *queue) drain(s *shard) {
	for b := range q.full {
		s.setLevel(b.level)
		q.run(s, b)
	}
}

// run runs s over one batch, which is free afterwards.
func (q *queue) run(s *shard, b *batch) {
	for i := range b.items {
		switch it := &b.items[i]; it.kind {
		case ofTCP:
			s.segment(&it.seg)
		case ofUDP:
			s.datagram(&it.seg)
		default:
			s.mark(it.seg.Time)
		}
	}
	if b.report != nil {
		b.report.add(s)
	}
	select {
	case q.free <- b:
	default:
	}
}

// fanout spreads segments over queues by the symmetric hash of their flow.
type fanout struct {
	queues []*queue
	seed   uint64
	// hosts keeps all connections of two hosts together: a session opened with a private
	// key may be resumed on another connection.
	hosts bool
}

func (f fanout) segment(seg *reassembly.Segment) {
	flow := seg.Flow
	if f.hosts {
		flow.Src.Port, flow.Dst.Port = 0, 0
	}
	f.queues[flow.Hash(f.seed)%uint64(len(f.queues))].add(item{seg: *seg})
}

func (f fanout) datagram(seg *reassembly.Segment) {
	f.queues[seg.Flow.Hash(f.seed)%uint64(len(f.queues))].add(item{seg: *seg, kind: ofUDP})
}

func (f fanout) mark(now int64) {
	for _, q := range f.queues {
		q.add(item{seg: reassembly.Segment{Time: now}, kind: aMark})
	}
}
