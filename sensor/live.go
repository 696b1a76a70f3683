package sensor

import (
	"sync"

	"wirecensus/schemas"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/normalize"
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
		if q.droppedUDP > 0 {
			cov.Evicted["quic-queue"] += q.droppedUDP
		}
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

// answer calls whoever asked for the coverage or the words.
func (f *front) answer(out outlet) {
	select {
	case done := <-f.reports:
		out.report(&report{done: done, cov: f.coverage(), books: newBooks()})
	default:
	}
	select {
	case done := <-f.releases:
		out.report(&report{released: done, words: normalize.NewVocabulary()})
	default:
	}
}

// report is a coverage, or the words to release, on its way through the shards, each of which adds its part.
type report struct {
	done     func(*schemas.Coverage)
	released func([]schemas.Word)

	mu    sync.Mutex
	cov   *schemas.Coverage // protected by mu, like the following
	books *books
	words *normalize.Vocabulary // nil: it is about the coverage
	left  int                   // shards that have not added theirs
}

func (r *report) add(s *shard) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.words != nil {
		r.words.Merge(s.norm.Vocabulary())
	} else {
		s.addTCP(r.cov)
		s.addTLS(r.cov)
		s.addQUIC(r.cov)
		r.books.merge(s.books)
	}
	switch r.left--; {
	case r.left > 0:
	case r.words != nil:
		r.released(r.words.Released())
	default:
		r.books.fill(r.cov)
		r.done(r.cov)
	}
}

func (d direct) flush() {}

func (d direct) poll() {}

func (f fanout) poll() {}

func (d direct) report(r *report) {
	r.left = 1
	r.add(d.shard)
}

func (f fanout) flush() {
	for _, q := range f.queues {
		q.send()
	}
}

// report goes with the next batches, behind their segments. A batch that is
// dropped takes it along: then nobody is called.
func (f fanout) report(r *report) {
	r.left = len(f.queues)
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
		switch q.cur.items[i].kind {
		case ofTCP:
			q.dropped++
		case ofUDP:
			q.droppedUDP++
		}
	}
	select {
	case q.free <- q.cur:
	default:
	}
}
