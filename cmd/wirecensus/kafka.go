package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"wirecensus/schemas"
	"wirecensus/schemas/wire"
	"wirecensus/sensor/publish"
	"wirecensus/sensor/publish/batch"
	"wirecensus/sensor/publish/kafka"
	"wirecensus/sensor/publish/outbox"
	"wirecensus/sensor/publish/spool"
)

const (
	lingerTick    = 100 * time.Millisecond // a batch waits one to two of them
	announceEvery = 10 * time.Minute
	statusEvery   = time.Minute
	releaseEvery  = time.Minute
	maxReleased   = 1 << 16 // words remembered to be sent once an announcement only
)

// cluster is a Kafka cluster as a target.
type cluster struct {
	flags *kafkaFlags
	cfg   kafka.Config
	log   zerolog.Logger
	live  bool
	epoch func(partitions int) (uint64, error)

	broker *kafka.Broker
	spool  *spool.Spool // nil without --spool
	out    *outbox.Outbox
	origin wire.Origin
	ticks  int
	away   away

	reports uint64 // sent; by the keeper, and after it by the run

	mu       sync.Mutex
	lanes    []*outbox.Lane        // protected by mu, like the next
	released map[schemas.Word]bool // words sent since the last announcement
}

func (k *cluster) open(ctx context.Context) (err error) {
	if k.broker, err = kafka.Open(ctx, k.cfg); err != nil {
		return kafkaHint(err)
	}
	if k.flags.spool != "" {
		if k.spool, err = spool.Open(k.flags.spool, int64(k.flags.spoolBytes)); err != nil {
			k.broker.Close()
			return spoolHint(err)
		}
		if err := k.claim(); err != nil {
			return errors.Join(spoolHint(err), k.spool.Close())
		}
	}
	n := k.broker.Partitions()
	epoch, err := k.epoch(n)
	if err != nil {
		return err
	}
	k.origin = wire.Origin{Sensor: k.flags.name, Epoch: epoch}
	k.away.log, k.released = k.log, map[schemas.Word]bool{}
	k.out = outbox.New(outbox.Config{
		Broker: k.broker, Partitions: n, Memory: int64(k.flags.queueBytes), Spool: k.spool, Wait: k.waits(), Stale: k.stale, Note: k.away.note,
	})
	k.log.Info().Str("sensor", printable(k.flags.name)).Str("epoch", fmt.Sprintf("%016x", epoch)).Str("topic", k.flags.topics.Calls).Int("partitions", n).
		Uint64("spool_calls", k.out.Stats().SpoolCalls).Uint64("spool_torn", k.out.Stats().SpoolTorn).Msg("connected")
	return nil
}

// claim makes sure that what is in the spool is for the topic and its partitions.
func (k *cluster) claim() error {
	for _, name := range k.spool.Names() {
		if n, err := strconv.Atoi(name); err == nil && n >= k.broker.Partitions() {
			return fmt.Errorf("%w: partition %d of a topic that has %d", spool.ErrClaimed, n, k.broker.Partitions())
		}
	}
	return k.spool.Claim(k.flags.topics.Calls)
}

// waits reports whether the sensor waits when queue and spool are full.
func (k *cluster) waits() bool {
	return k.flags.whenFull == "wait" || k.flags.whenFull == "" && !k.live
}

// stale reports whether a record of the spool is one that this run makes again.
func (k *cluster) stale(value []byte) bool {
	h, err := wire.Peek(value)
	return !k.live && err == nil && h.Sensor == k.origin.Sensor && h.Epoch == k.origin.Epoch
}

// kafkaHint adds the way out that the error knows.
func kafkaHint(err error) error {
	var e *kafka.Error
	if errors.As(err, &e) && e.Hint != "" {
		return &hinted{err, e.Hint}
	}
	return err
}

func spoolHint(err error) error {
	err = fmt.Errorf("open spool: %w", err)
	if errors.Is(err, spool.ErrLocked) {
		return &hinted{err, "every sensor needs a folder of its own: --spool DIR"}
	}
	if errors.Is(err, spool.ErrClaimed) {
		return &hinted{err, "start the sensor with that topic until the spool is empty, or name another folder"}
	}
	return &hinted{err, "--spool names a folder that this user may write to; it is made if it is missing"}
}

func (k *cluster) sink(lane int) publish.Sink {
	o := k.origin
	o.Lane = uint32(lane)
	n := k.broker.Partitions()
	l := k.out.Lane(o, batch.Form{Encoding: k.flags.form}, batch.DefaultLimits(), func(service string) int { return kafka.Partition(service, n) })
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lanes = append(k.lanes, l)
	return l
}

func (k *cluster) every() time.Duration { return lingerTick }

// tick closes batches that have waited. Calls of files have no clock: the same
// batches come every time.
func (k *cluster) tick() error {
	k.ticks++
	if k.ticks%int(statusEvery/lingerTick) == 0 {
		k.status()
	}
	if !k.live {
		return nil
	}
	announce := k.ticks%int(announceEvery/lingerTick) == 0
	if announce {
		k.forget()
	}
	for _, l := range k.workers() {
		if announce {
			l.Announce()
		}
		l.Tick()
	}
	return nil
}

// forget makes all words go out again.
func (k *cluster) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.released)
}

// workers returns the lanes that there are.
func (k *cluster) workers() []*outbox.Lane {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.lanes)
}

// status logs what waits, as long as something does that should not.
func (k *cluster) status() {
	s := k.out.Stats()
	if s.SpoolCalls == 0 && len(s.Shed) == 0 {
		return
	}
	k.add(k.log.Warn(), s).Msg("the broker is behind")
}

func (k *cluster) covers() time.Duration {
	if k.live {
		return k.flags.coverage
	}
	return 0
}

func (k *cluster) report(cov *schemas.Coverage) {
	k.reports++
	r := &wire.CoverageReport{Origin: k.origin, Sequence: k.reports, Coverage: *cov, Shed: k.out.Stats().Shed}
	rec := outbox.Record{Key: []byte(k.origin.Sensor), Headers: wire.CoverageHeaders(r), Value: wire.AppendCoverage(nil, r)}
	if k.flags.form == wire.JSON {
		rec.Headers, rec.Value = wire.JSONHeaders(), wire.AppendCoverageJSON(nil, r)
	}
	k.out.Put(outbox.Coverage, 0, rec)
}

func (k *cluster) releases() time.Duration {
	if k.live && !k.flags.noWords {
		return releaseEvery
	}
	return 0
}

func (k *cluster) words() func([]schemas.Word) {
	if k.flags.noWords {
		return nil
	}
	return k.define
}

// define sends words that were not sent before.
func (k *cluster) define(words []schemas.Word) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, w := range words {
		if !k.released[w] && k.out.Define(k.origin.Sensor, wire.WordDefinition(w)) && len(k.released) < maxReleased {
			k.released[w] = true
		}
	}
}

// halt lets a live capture hand over what it has; of files nothing goes any more, since
// what comes from here on is not what a run to the end would send under these numbers.
func (k *cluster) halt() {
	if k.live {
		time.AfterFunc(k.flags.flush, k.out.Halt)
		return
	}
	k.out.Halt()
}

func (k *cluster) finish(ctx context.Context, last *schemas.Coverage) error {
	for _, l := range k.workers() {
		l.Flush()
	}
	k.report(last)
	working, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(k.flags.flush, cancel) })()
	err := k.out.Close(working)
	if k.spool != nil {
		err = errors.Join(err, k.spool.Close())
	}
	k.broker.Close()
	if err != nil {
		err = &hinted{fmt.Errorf("keep what was not sent: %w", err), "the spool needs room for --spool-size and --queue-size together"}
	}
	return err
}

func (k *cluster) say(e *zerolog.Event) { k.add(e, k.out.Stats()) }

func (k *cluster) add(e *zerolog.Event, s outbox.Stats) *zerolog.Event {
	var shed uint64
	for cause, n := range s.Shed {
		e.Uint64("shed_"+cause, n)
		shed += n
	}
	return e.Uint64("calls_acked", s.CallsAcked).Uint64("calls_lost", shed).Uint64("spool_calls", s.SpoolCalls).Int64("queued_bytes", s.Memory).Uint64("retried", s.Retried)
}

// away logs when the broker does not take records, and when it does again.
type away struct {
	log zerolog.Logger

	mu      sync.Mutex
	failing map[[2]int]bool // protected by mu; by topic and partition
}

func (a *away) note(n outbox.Note) {
	a.mu.Lock()
	defer a.mu.Unlock()
	at := [2]int{int(n.Topic), n.Partition}
	if n.Err == nil {
		if delete(a.failing, at); len(a.failing) == 0 {
			a.log.Info().Msg("the broker takes records again")
		}
		return
	}
	again := !errors.Is(n.Err, outbox.ErrNever) && len(a.failing) > 0
	if a.failing == nil {
		a.failing = map[[2]int]bool{}
	}
	if !errors.Is(n.Err, outbox.ErrNever) {
		a.failing[at] = true
	}
	if again {
		return
	}
	e := a.log.Warn().Str("error", printable(n.Err.Error()))
	var hint *kafka.Error
	if errors.As(n.Err, &hint) && hint.Hint != "" {
		e.Str("hint", hint.Hint)
	}
	e.Msg("records are not taken; they are kept and sent again")
}
