package sensor

import (
	"context"
	"errors"
	"runtime"
	"sync"

	"wirecensus/reassembly"
	"wirecensus/schemas"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/capture/bpf"
	"wirecensus/sensor/decode"
	"wirecensus/sensor/normalize"
	"wirecensus/sensor/shed"
)

// errNoKey says that a key cannot be derived: the rings have no first frames in common.
var errNoKey = errors.New("sensor: rings need a key")

// ring is a worker with a ring of its own: front and shard in one goroutine. It is the outlet of its front.
type ring struct {
	front *front
	shard *shard
	src   Source
	split bpf.Split
	self  int
	out   []*queue // to the other workers; nil for itself
	in    []*queue // from them
	asked chan *report
}

// runRings is Run for Config.Rings.
func runRings(ctx context.Context, cfg Config) (*schemas.Coverage, error) {
	if len(cfg.Key) == 0 {
		return new(schemas.Coverage), errNoKey
	}
	rings := newRings(cfg)
	defer rings[0].front.heap.restore()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, len(rings))
	var wg sync.WaitGroup
	for i, r := range rings {
		wg.Go(func() {
			if errs[i] = r.front.read(ctx, r.src, new(Progress), r); errs[i] != nil {
				cancel()
			}
			r.end()
		})
	}
	over := make(chan struct{})
	var relaying sync.WaitGroup
	relaying.Go(func() { relay(cfg, rings, over) })
	wg.Wait()
	close(over)
	relaying.Wait()
	cov, last := new(schemas.Coverage), int64(0)
	shards := make([]*shard, len(rings))
	for i, r := range rings {
		cov.Add(r.front.total())
		shards[i], last = r.shard, max(last, r.front.last)
	}
	return finish(cfg, cov, shards, last), errors.Join(errs...)
}

// newRings makes the workers, each with a queue to each of the others.
func newRings(cfg Config) []*ring {
	n := len(cfg.Rings)
	split := cfg.Split
	rings := make([]*ring, n)
	for i, src := range cfg.Rings {
		room := uint64(0)
		if i == 0 {
			room = cfg.Headroom // one of them paces the collector for all
		}
		f := &front{decoder: decode.New(cfg.Decode), copies: newCopies(cfg.Seed), heap: newHeadroom(room), live: liveOf(src), asked: cfg.Pressure}
		rings[i] = &ring{
			front: f, shard: newShard(cfg, cfg.Key, n, cfg.Sink(i)), src: src, split: split, self: i,
			out: make([]*queue, n), in: make([]*queue, n), asked: make(chan *report, 2),
		}
	}
	for i, r := range rings {
		for j, to := range rings {
			if i != j {
				q := newQueue(impatient{})
				r.out[j], to.in[i] = q, q
				r.front.queues = append(r.front.queues, q)
			}
		}
	}
	return rings
}

// impatient makes a queue drop what finds no room: two workers that wait for each other wait forever.
type impatient struct{}

func (impatient) Stats() capture.LiveStats { return capture.LiveStats{} }
func (impatient) Pressed() bool            { return true }

// relay hands requests for reports to all rings, until over.
func relay(cfg Config, rings []*ring, over <-chan struct{}) {
	releases := cfg.Releases
	if cfg.Words == nil {
		releases = nil
	}
	for {
		r := &report{left: len(rings)}
		select {
		case <-over:
			return
		case r.done = <-cfg.Reports:
			r.cov, r.books = new(schemas.Coverage), newBooks()
		case r.released = <-releases:
			r.words = normalize.NewVocabulary()
		}
		for _, to := range rings {
			select {
			case to.asked <- r:
			default: // it has not answered the last ones: nobody is called
			}
		}
	}
}

// owner returns the worker of a flow.
func (r *ring) owner(f *reassembly.Flow) int {
	return int(r.split.Of(&f.Src.IP, &f.Dst.IP, f.Src.Port, f.Dst.Port) % uint32(len(r.out)))
}

func (r *ring) segment(seg *reassembly.Segment) {
	if at := r.owner(&seg.Flow); at != r.self {
		r.hand(at, item{seg: *seg})
		return
	}
	r.shard.segment(seg)
}

func (r *ring) datagram(seg *reassembly.Segment) {
	if at := r.owner(&seg.Flow); at != r.self {
		r.hand(at, item{seg: *seg, kind: ofUDP})
		return
	}
	r.shard.datagram(seg)
}

// hand gives another worker what is its own.
func (r *ring) hand(to int, it item) {
	q := r.out[to]
	if q.add(it); q.cur == nil {
		r.take() // a batch went: perhaps the other waits for room too
	}
}

func (r *ring) mark(now int64) { r.shard.mark(now) }

// level is that of what this worker reads, also of what the others hand over.
func (r *ring) level(l shed.Level) { r.shard.setLevel(l) }

// take works off what the others have handed over so far.
func (r *ring) take() {
	for _, q := range r.in {
		if q == nil {
			continue
		}
		for more := true; more; {
			select {
			case b, ok := <-q.full:
				if more = ok; ok {
					q.run(r.shard, b)
				}
			default:
				more = false
			}
		}
	}
}

func (r *ring) flush() {
	for _, q := range r.out {
		if q != nil {
			q.send()
		}
	}
}

func (r *ring) poll() {
	r.flush()
	r.take()
	select {
	case rep := <-r.asked:
		if rep.words == nil {
			rep.join(r.front.coverage())
		}
		rep.add(r.shard)
	default:
	}
}

// report is for a front that is asked itself; here relay is.
func (r *ring) report(*report) {}

// join adds what one front saw.
func (r *report) join(cov *schemas.Coverage) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cov.Add(cov)
}

// end hands on what is left, and works off what comes until the others have ended too.
func (r *ring) end() {
	for _, q := range r.out {
		if q == nil {
			continue
		}
		for sent := q.cur == nil; !sent; {
			select {
			case q.full <- q.cur:
				q.cur, sent = nil, true
			default:
				r.take()
				runtime.Gosched()
			}
		}
		close(q.full)
	}
	for _, q := range r.in {
		if q != nil {
			for b := range q.full {
				q.run(r.shard, b)
			}
		}
	}
}
