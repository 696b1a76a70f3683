package sensor

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"wirecensus/reassembly"
	"wirecensus/schemas"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/capture/bpf"
	"wirecensus/sensor/decode"
	"wirecensus/sensor/normalize"
	"wirecensus/sensor/protobuf"
	"wirecensus/sensor/publish"
	"wirecensus/sensor/shed"
	"wirecensus/sensor/tls"
)

// Source yields frames in capture order; io.EOF ends it. A frame's data is
// valid until the next call.
//
// A source that cannot wait also has the methods of [capture.Live] that count what it
// lost and say whether it is about to lose more. Workers that are behind then cost
// segments, which Coverage.Live counts, before they cost frames of everybody.
type Source interface {
	Next(*capture.Frame) error
}

// Config says what Run reads and where the calls go.
type Config struct {
	Source Source
	// Rings, if there are any, are read in place of Source, each by a worker of its own that decodes its frames and
	// owns a shard: nothing is handed on. Each frame is in one of them, and Split says in which one a flow
	// is; what came to another, as with tunnels in fragments, is handed to its worker. Needs Key.
	Rings []Source
	// Split is what Rings were divided by.
	Split bpf.Split
	// Shards is the number of workers; 0 and 1 mean that one goroutine does
	// everything. The calls do not depend on it.
	Shards int
	// Key is the deployment's key of all digests. Empty: derived from the first
	// frames, so that the same capture gives the same digests and nobody who
	// lacks the capture can try values out.
	Key []byte
	// Decode says how frames are decoded: checksums, tunnel identifiers, limits of fragments.
	Decode Decoding
	// Schemas name the messages and fields of remote procedure calls; nil none.
	Schemas *protobuf.Schemas
	// Keys are the secrets that TLS is decrypted with, beside those that the source carries;
	// nil: only those.
	Keys *Keys
	// Seed scatters flow tables; results do not depend on it, except which connections are left out under pressure.
	Seed uint64
	// Sink returns the sink of one shard. It is called once per shard before any call is sent.
	Sink func(shard int) publish.Sink
	// Lend says that the sinks keep nothing of a call once Send has returned: its memory
	// is that of the next one.
	Lend bool
	// Words takes the words that were released, in order of their digests, once
	// and after the last call; nil when no word may leave the sensor.
	Words func([]schemas.Word)
	// Releases asks for the words that may be released up to now, as Reports asks for the coverage. A word
	// released is out: what comes later and would have kept it in comes too late. Needs Words.
	Releases <-chan func([]schemas.Word)
	// Headroom is the number of bytes that may be allocated between two runs of
	// the garbage collector, which serves the whole process; 0 leaves its pace alone.
	Headroom uint64
	// Pressure says how near the sensor is to more than it can do, 0 idle to 1 full, beside what it finds out itself on a
	// live capture; nil: nothing beside that. What is left out then is decided by package shed; without pressure nothing is.
	Pressure func() float64
	// Progress is updated while Run works; nil when nobody looks.
	Progress *Progress
	// Reports asks for the coverage up to now: Run calls what it receives, on one
	// of its goroutines, with a coverage that the function may keep. nil when nobody asks.
	Reports <-chan func(*schemas.Coverage)
}

// Decoding says how frames are decoded.
type Decoding = decode.Config

// Keys are secrets of TLS.
type Keys = tls.Keys

// Progress counts what Run has done so far. It may be read at any time.
type Progress struct{ Frames, Bytes, Calls atomic.Uint64 }

// Run reads the source to its end, or until ctx is done, and sends every call.
// Cancelling is no error: the connections open at that moment are closed as at
// the end of a capture. The coverage is complete in either case, also when an
// error of the source is returned with it.
func Run(ctx context.Context, cfg Config) (*schemas.Coverage, error) {
	if cfg.Progress == nil {
		cfg.Progress = new(Progress)
	}
	if len(cfg.Rings) > 0 {
		return runRings(ctx, cfg)
	}
	var inside embedded
	cfg.Keys, inside = newEmbedded(cfg.Source, cfg.Keys) // before the first frame is read
	src, key, err := keyed(cfg.Source, cfg.Key)
	if err != nil {
		return new(schemas.Coverage), err
	}
	shards := make([]*shard, max(cfg.Shards, 1))
	for i := range shards {
		shards[i] = newShard(cfg, key, len(shards), cfg.Sink(i))
	}
	front := front{
		decoder: decode.New(cfg.Decode), copies: newCopies(cfg.Seed), heap: newHeadroom(cfg.Headroom),
		reports: cfg.Reports, live: liveOf(cfg.Source), secrets: inside, asked: cfg.Pressure,
	}
	if cfg.Words != nil {
		front.releases = cfg.Releases
	}
	defer front.heap.restore()
	if len(shards) == 1 {
		err = front.read(ctx, src, cfg.Progress, direct{shards[0]})
	} else {
		err = front.fan(ctx, src, cfg, shards)
	}
	return finish(cfg, front.total(), shards, front.last), err
}

// finish closes the shards at packet time last, and adds what they saw to that of the fronts.
func finish(cfg Config, cov *schemas.Coverage, shards []*shard, last int64) *schemas.Coverage {
	books := newBooks()
	for _, s := range shards {
		// Ends that nothing tells have the time of the last frame, not that of the shard's.
		s.mark(last)
		s.close()
		s.bookInterval(last)
		s.addTCP(cov)
		s.addTLS(cov)
		s.addQUIC(cov)
		books.merge(s.books)
	}
	books.fill(cov)
	if cfg.Words != nil {
		cfg.Words(release(shards))
	}
	return cov
}

// release joins the vocabularies of the shards and returns the words released.
func release(shards []*shard) []schemas.Word {
	all := normalize.NewVocabulary()
	for _, s := range shards {
		all.Merge(s.norm.Vocabulary())
	}
	return all.Released()
}

// front is the part before the shards: it reads and decodes frames and keeps packet time.
type front struct {
	decoder  *decode.Decoder
	copies   *copies
	heap     *headroom
	frames   uint64
	bytes    uint64
	verdicts [decode.Verdicts]uint64
	first    int64
	last     int64
	marked   int64 // packet time of the last mark, ns
	reports  <-chan func(*schemas.Coverage)
	releases <-chan func([]schemas.Word)
	secrets  embedded
	live     counted  // nil for sources that lose nothing
	queues   []*queue // nil without workers

	ladder    shed.Ladder
	asked     func() float64 // Config.Pressure
	intervals schemas.Intervals
	booked    frontMark
}

// outlet takes segments and time marks in capture order.
type outlet interface {
	segment(*reassembly.Segment)
	// datagram takes one of UDP.
	datagram(*reassembly.Segment)
	// mark says that packet time has reached now: idle state may go.
	mark(now int64)
	// level says how much is to be left out from here on.
	level(shed.Level)
	// flush hands on what waits for more of its kind.
	flush()
	// poll is called every now and then.
	poll()
	// report adds what the shards have up to here and calls whoever asked.
	report(*report)
}

const (
	second       = int64(1e9)
	pollInterval = 256 // frames between looks at the context and the counters
)

// read decodes every frame and hands the segments on.
func (f *front) read(ctx context.Context, src Source, p *Progress, out outlet) error {
	var frame capture.Frame
	var seg reassembly.Segment
	idle := false
	for {
		if f.frames%pollInterval == 0 || idle {
			idle = false
			p.Frames.Store(f.frames)
			p.Bytes.Store(f.bytes)
			if ctx.Err() != nil {
				return nil
			}
			if f.frames%headroomFrames == 0 {
				f.heap.adjust()
			}
			f.press(out)
			f.answer(out)
			out.poll()
		}
		switch err := src.Next(&frame); {
		case err == nil:
		case errors.Is(err, capture.ErrIdle):
			f.pass(frame.Time, out)
			idle = true
			continue
		case errors.Is(err, io.EOF):
			p.Frames.Store(f.frames)
			p.Bytes.Store(f.bytes)
			return nil
		default:
			return err
		}
		f.secrets.follow(frame.Time)
		f.clock(frame.Time, out)
		f.frames++
		f.bytes += uint64(frame.WireLen)
		verdict := f.decoder.Frame(&frame, &seg)
		if verdict <= decode.UDP {
			if header, id := f.decoder.Header(); f.copies.seen(&seg, header, id) {
				continue
			}
		}
		f.verdicts[verdict]++
		switch verdict {
		case decode.TCP:
			out.segment(&seg)
		case decode.UDP:
			datagram(&seg, out)
		}
	}
}

// clock advances packet time, which never goes back, and marks every new second.
// The marks stand at the same place of the frame sequence for any number of shards.
func (f *front) clock(now int64, out outlet) {
	if f.frames == 0 {
		f.first, f.last, f.marked = now, now, now
		return
	}
	f.first = min(f.first, now)
	if now <= f.last {
		return
	}
	f.last = now
	if now-f.marked >= second {
		f.marked = now
		f.decoder.Expire(now)
		f.bookInterval(now)
		out.mark(now)
	}
}

// fan reads in this goroutine and runs every shard in its own.
func (f *front) fan(ctx context.Context, src Source, cfg Config, shards []*shard) error {
	out := fanout{seed: cfg.Seed, hosts: cfg.Keys != nil && cfg.Keys.HasPrivate()}
	var wg sync.WaitGroup
	for _, s := range shards {
		q := newQueue(f.live)
		out.queues = append(out.queues, q)
		wg.Go(func() { q.drain(s) })
	}
	f.queues = out.queues
	err := f.read(ctx, src, cfg.Progress, out)
	for _, q := range out.queues {
		q.close()
	}
	wg.Wait()
	return err
}

// total is coverage after the last frame.
func (f *front) total() *schemas.Coverage {
	if f.frames > 0 {
		f.bookInterval(f.last)
	}
	return f.coverage()
}

// coverage returns what the front saw.
func (f *front) coverage() *schemas.Coverage {
	cov := &schemas.Coverage{Undecoded: map[string]uint64{}, Evicted: map[string]uint64{}}
	cov.First, cov.Last = schemas.Time(f.first), schemas.Time(f.last)
	cov.Frames, cov.Bytes, cov.Duplicates = f.frames, f.bytes, f.copies.found
	for v, n := range f.verdicts {
		switch v := decode.Verdict(v); {
		case n == 0:
		case v == decode.TCP:
			cov.Segments = n
		default:
			cov.Undecoded[v.String()] = n
		}
	}
	frags := f.decoder.Fragments()
	cov.Conflicts = frags.Conflicts
	if n := frags.Evicted + frags.TimedOut; n > 0 {
		cov.Evicted["fragments"] = n
	}
	if len(f.intervals.List) > 0 {
		cov.Intervals = new(schemas.Intervals)
		cov.Intervals.Add(&f.intervals)
	}
	f.addLive(cov)
	return cov
}
