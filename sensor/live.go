package sensor

import (
	"sync"

	"wirecensus/schemas"
	"wirecensus/sensor/capture"
)

// counted is a source that cannot wait: it loses frames and counts them.
type counted interface {
	Stats() capture.LiveStats
	// Pressed reports whether frames will be lost soon.
	Pressed() bool
}

// liveOf returns the counters of a source, nil if it loses nothing.
func liveOf(src Source) counted {
	c, _ := src.(counted)
	return c
}

// addLive adds what was lost around the frames.
func (f *front) addLive(cov *schemas.Coverage) {
	if f.live == nil {
		return
	}
	st := f.live.Stats()
	live := &schemas.LiveCoverage{KernelPackets: st.Packets, KernelDrops: st.Drops, Waiting: st.Packets - st.Drops - st.Delivered, Outages: []schemas.Outage{}, MoreOutages: st.MoreOutages}
	for _, o := range st.Outages {
		live.Outages = append(live.Outages, schemas.Outage{From: schemas.Time(o.From), To: schemas.Time(o.To)})
	}
	for _, q := range f.queues {
		live.QueueDrops += q.dropped
	}
	cov.Live = live
}

// pass lets time pass without a frame.
func (f *front) pass(now int64, out outlet) {
	if f.frames > 0 {
		f.clock(now, out)
	}
	out.flush()
}

// answer calls whoever asked for the coverage.
func (f *front) answer(out outlet) {
	select {
	case done := <-f.reports:
		out.report(f.coverage(), done)
	default:
	}
}

// report is a coverage on its way through the shards, each of which adds its part.
type report struct {
	done func(*schemas.Coverage)

	mu    sync.Mutex
	cov   *schemas.Coverage // protected by mu, like the following
	books *books
	left  int // shards that have not added theirs
}

func newReport(cov *schemas.Coverage, done func(*schemas.Coverage), shards int) *report {
	return &report{done: done, cov: cov, books: newBooks(), left: shards}
}

func (r *report) add(s *shard) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.addTCP(r.cov)
	r.books.merge(s.books)
	if r.left--; r.left == 0 {
		r.books.fill(r.cov)
		r.done(r.cov)
	}
}

func (d direct) flush() {}

func (d direct) report(cov *schemas.Coverage, done func(*schemas.Coverage)) {
	newReport(cov, done, 1).add(d.shard)
}

func (f fanout) flush() {
	for _, q := range f.queues {
		q.send()
	}
}

// report goes with the next batches, behind their segments. A batch that is
// dropped takes it along: then nobody is called.
func (f fanout) report(cov *schemas.Coverage, done func(*schemas.Coverage)) {
	r := newReport(cov, done, len(f.queues))
	for _, q := range f.queues {
		if q.cur == nil {
			q.cur = q.take()
		}
		q.cur.report = r
		q.send()
	}
}

// drop counts the segments of the batch at hand and lets it go.
func (q *queue) drop() {
	for i := range q.cur.items {
		if !q.cur.items[i].mark {
			q.dropped++
		}
	}
	select {
	case q.free <- q.cur:
	default:
	}
}
