package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"wirecensus/schemas"
	"wirecensus/schemas/wire"
	"wirecensus/sensor/publish/batch"
	"wirecensus/sensor/publish/outbox"
	"wirecensus/sensor/publish/spool"
)

const partitions = 3

// broker is a broker with troubles, and the reader of its topics.
type broker struct {
	t     testing.TB
	delay time.Duration

	mu      sync.Mutex
	rng     *rand.Rand
	trouble float64 // chance that a request goes wrong
	away    bool
	never   map[string]bool // calls whose records are refused
	reader  *wire.Decoder
	reports int
	next    map[sequence]uint64
	got     map[sequence]map[uint64]string // call ids by number
	lost    uint64                         // numbers passed over
	again   int                            // calls that came again
}

// sequence is what numbers run in.
type sequence struct {
	wire.Origin
	partition int
}

func newBroker(t testing.TB, seed uint64) *broker {
	return &broker{t: t, delay: time.Millisecond, rng: rand.New(rand.NewPCG(seed, 9)), reader: wire.NewDecoder(), never: map[string]bool{}, next: map[sequence]uint64{}, got: map[sequence]map[uint64]string{}}
}

var errTrouble = errors.New("trouble")

func (b *broker) Produce(ctx context.Context, to outbox.Topic, partition int, records []outbox.Record) error {
	select {
	case <-time.After(b.delay):
	case <-ctx.Done():
		return ctx.Err()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.away {
		return errTrouble
	}
	for _, r := range records {
		if to == outbox.Calls && b.refuses(r) {
			return fmt.Errorf("too large: %w", outbox.ErrNever)
		}
	}
	stored := records
	bad := b.rng.Float64() < b.trouble
	if bad {
		stored = records[:b.rng.IntN(len(records)+1)]
	}
	for _, r := range stored {
		b.store(to, partition, r)
	}
	if bad {
		return errTrouble
	}
	return nil
}

func (b *broker) refuses(r outbox.Record) (bad bool) {
	if len(b.never) > 0 {
		b.reader.Decode(r.Value, func(c *schemas.Call) { bad = bad || b.never[c.ID] })
	}
	return bad
}

// store reads a record as an inventory does.
func (b *broker) store(to outbox.Topic, partition int, r outbox.Record) {
	switch to {
	case outbox.Definitions:
		if err := b.reader.Define(wire.Definition{ID: wire.ID(r.Key), Value: r.Value}); err != nil {
			b.t.Errorf("a definition that is none: %v", err)
		}
		return
	case outbox.Coverage:
		b.reports++
		return
	}
	var ids []string
	h, err := b.reader.Decode(r.Value, func(c *schemas.Call) { ids = append(ids, c.ID) })
	if err != nil {
		b.t.Errorf("a record that does not decode: %v", err)
		return
	}
	s := sequence{h.Origin, partition}
	if b.got[s] == nil {
		b.got[s] = map[uint64]string{}
	}
	for i, id := range ids {
		n := h.First + uint64(i)
		if old, ok := b.got[s][n]; ok && old != id {
			b.t.Errorf("%v: number %d is %s and %s", s, n, old, id)
		}
		switch {
		case n < b.next[s]:
			b.again++
			continue
		case n > b.next[s]:
			b.lost += n - b.next[s]
		}
		b.got[s][n] = id
		b.next[s] = n + 1
	}
}

func (b *broker) set(trouble float64, away bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trouble, b.away = trouble, away
}

// calls counts the different calls that arrived.
func (b *broker) calls() (n uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.got {
		n += uint64(len(s))
	}
	return n
}

// missing counts the numbers that the reader passed over or that were given after the last it has.
func (b *broker) missing(numbered map[sequence]uint64) uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.lost
	for s, end := range numbered {
		n += end - b.next[s]
	}
	return n
}

func partitionOf(service string) int { return int(service[len(service)-1]) % partitions }

func call(n int) *schemas.Call {
	return &schemas.Call{ID: fmt.Sprint(n), Time: schemas.Time(n), Method: "GET", Scheme: "http", Host: fmt.Sprint("s", n*n%7), Port: 80, Path: fmt.Sprint("/", n), RequestSeen: true}
}

// small are limits that make many records.
var small = batch.Limits{Calls: 4, Bytes: 1 << 20, Open: 3, Held: 1 << 20}

// form is JSON for odd seeds.
func form(seed uint64) batch.Form { return batch.Form{Encoding: wire.Encoding(seed % 2)} }

// numbers counts the calls of a run in their sequences.
func numbers(into map[sequence]uint64, o wire.Origin, from, to int) {
	for n := from; n < to; n++ {
		into[sequence{o, partitionOf(call(n).Service())}]++
	}
}

func openSpool(t testing.TB, dir string, limit int64) *spool.Spool {
	t.Helper()
	s, err := spool.Open(dir, limit)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestItem34Trouble runs sensors one after the other against a broker in trouble, with bounds that are
// exceeded: what arrived and what was counted as given up is everything, in order, exactly.
func TestItem34Trouble(t *testing.T) {
	for seed := range uint64(12) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 1))
			b := newBroker(t, seed)
			dir := t.TempDir()
			numbered := map[sequence]uint64{}
			var shed, sent uint64
			for run := range uint64(4) {
				sp := openSpool(t, dir, 12<<10)
				o := outbox.New(outbox.Config{Broker: b, Partitions: partitions, Memory: 4 << 10, Spool: sp})
				origin := wire.Origin{Sensor: "s", Epoch: run}
				lane := o.Lane(origin, form(seed), small, partitionOf)
				count := 200 + rng.IntN(400)
				for n := range count {
					switch {
					case n%50 == 0:
						b.set(rng.Float64()*0.6, rng.IntN(3) == 0)
					case n%20 == 7:
						lane.Tick()
					case n%90 == 11:
						lane.Announce()
					}
					lane.Send(call(n))
					time.Sleep(time.Duration(rng.IntN(3)) * time.Millisecond)
				}
				lane.Flush()
				sent += uint64(count)
				numbers(numbered, origin, 0, count)
				if run == 3 {
					b.set(0, false)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rng.IntN(3))*time.Second+time.Hour*time.Duration(run/3))
				if err := o.Close(ctx); err != nil {
					t.Fatal(err)
				}
				cancel()
				for _, n := range o.Stats().Shed {
					shed += n
				}
				if err := sp.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if got, miss := b.calls(), b.missing(numbered); got+shed != sent || miss != shed {
				t.Errorf("seed %d: %d calls arrived and %d were given up of %d; the reader misses %d", seed, got, shed, sent, miss)
			}
			if seed == 0 {
				t.Logf("%d sent, %d given up, %d came again", sent, shed, b.again)
			}
		})
	}
}

// TestKilled kills a sensor that reads a file, at random moments, with a spool as it is on disk then, and
// starts it again: every call arrives under one number, none is missing.
func TestKilled(t *testing.T) {
	const count = 600
	for seed := range uint64(12) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 2))
			b := newBroker(t, seed)
			b.set(0.3, false)
			dir := t.TempDir()
			origin := wire.Origin{Sensor: "s", Epoch: 77}
			for run := range 5 {
				sp := openSpool(t, dir, 8<<10)
				o := outbox.New(outbox.Config{Broker: b, Partitions: partitions, Memory: 2 << 10, Spool: sp, Wait: true, Stale: func(value []byte) bool {
					h, err := wire.Peek(value)
					return err == nil && h.Epoch == origin.Epoch
				}})
				lane := o.Lane(origin, form(seed), small, partitionOf)
				stop := count
				if run < 4 {
					stop = rng.IntN(count)
				}
				for n := range stop {
					if n%40 == 0 {
						b.set(rng.Float64()*0.5, false)
					}
					lane.Send(call(n))
				}
				if run == 4 {
					lane.Flush()
					if err := o.Close(t.Context()); err != nil {
						t.Fatal(err)
					}
					sp.Close()
					break
				}
				// What a killed process leaves behind is what is on disk at this moment, and a torn write.
				synctest.Wait()
				next := t.TempDir()
				if err := os.CopyFS(next, os.DirFS(dir)); err != nil {
					t.Fatal(err)
				}
				if found, _ := filepath.Glob(filepath.Join(next, "*.spool")); len(found) > 0 {
					f, err := os.OpenFile(found[0], os.O_APPEND|os.O_WRONLY, 0)
					if err != nil {
						t.Fatal(err)
					}
					f.WriteString("torn")
					f.Close()
				}
				dead, cancel := context.WithCancel(t.Context())
				cancel()
				o.Close(dead)
				sp.Close()
				dir = next
			}
			numbered := map[sequence]uint64{}
			numbers(numbered, origin, 0, count)
			if got, miss := b.calls(), b.missing(numbered); got != count || miss != 0 {
				t.Errorf("seed %d: %d calls arrived, want %d; the reader misses %d", seed, got, count, miss)
			}
		})
	}
}

// TestInterrupted: after Halt nothing goes out that a whole run would number otherwise.
func TestInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroker(t, 1)
		origin, seed := wire.Origin{Sensor: "s", Epoch: 1}, uint64(1)
		for _, halt := range []int{3, 50, 101, 200} {
			o := outbox.New(outbox.Config{Broker: b, Partitions: partitions, Memory: 1 << 20, Wait: true})
			lane := o.Lane(origin, form(seed), small, partitionOf)
			for n := range 200 {
				if n == halt {
					o.Halt()
				}
				lane.Send(call(n))
			}
			lane.Flush()
			if err := o.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		numbered := map[sequence]uint64{}
		numbers(numbered, origin, 0, 200)
		if miss := b.missing(numbered); b.calls() != 200 || miss != 0 {
			t.Errorf("%d calls, %d missing", b.calls(), miss)
		}
	})
}

// TestItem34Oversize: a record that the broker never takes is given up alone and counted.
func TestItem34Oversize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroker(t, 1)
		b.never["41"] = true
		var notes []outbox.Note
		var mu sync.Mutex
		o := outbox.New(outbox.Config{Broker: b, Partitions: partitions, Memory: 1 << 20, Wait: true, Note: func(n outbox.Note) {
			mu.Lock()
			defer mu.Unlock()
			notes = append(notes, n)
		}})
		origin, seed := wire.Origin{Sensor: "s", Epoch: 1}, uint64(1)
		lane := o.Lane(origin, form(seed), small, partitionOf)
		for n := range 200 {
			lane.Send(call(n))
		}
		lane.Flush()
		if err := o.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		numbered := map[sequence]uint64{}
		numbers(numbered, origin, 0, 200)
		shed := o.Stats().Shed["refused"]
		if miss := b.missing(numbered); shed == 0 || shed > 4 || miss != shed || b.calls()+shed != 200 || len(notes) != 1 {
			t.Errorf("%d calls, %d given up, %d missing, %d notes", b.calls(), shed, miss, len(notes))
		}
	})
}

// TestItem34Wait: without room Put waits, as long as it takes, and Halt ends that.
func TestItem34Wait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroker(t, 1)
		b.set(0, true)
		o := outbox.New(outbox.Config{Broker: b, Partitions: 1, Memory: 100, Wait: true})
		put := make(chan bool)
		go func() {
			for range 3 {
				put <- o.Define("sensor", wire.WordDefinition(schemas.Word{Digest: 1, Text: "word"}))
			}
		}()
		if !<-put {
			t.Fatal("the first does not fit")
		}
		time.Sleep(time.Hour)
		select {
		case <-put:
			t.Fatal("the second did not wait")
		default:
		}
		b.set(0, false)
		if !<-put {
			t.Fatal("the second was given up")
		}
		b.set(0, true)
		time.Sleep(time.Second)
		o.Halt()
		<-put
		b.set(0, false)
		if err := o.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

// TestDefinitionsFirst: no record is stored before the definitions that were put before it, also when
// they had to wait in the spool over a restart.
func TestDefinitionsFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &ordered{t: t, rng: rand.New(rand.NewPCG(3, 3))}
		dir := t.TempDir()
		for run := range 3 {
			sp := openSpool(t, dir, 1<<20)
			o := outbox.New(outbox.Config{Broker: b, Partitions: partitions, Memory: 3 << 10, Spool: sp})
			for n := range 200 {
				if n%3 == 0 {
					b.promise()
					o.Put(outbox.Definitions, 0, outbox.Record{Key: make([]byte, 16), Value: []byte("d")})
				}
				o.Put(outbox.Calls, n%partitions, outbox.Record{Value: fmt.Append(nil, b.promised()), Calls: 1})
				time.Sleep(time.Millisecond)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(run)*time.Hour)
			if err := o.Close(ctx); err != nil {
				t.Fatal(err)
			}
			cancel()
			sp.Close()
		}
		if b.definitions < 3*67 || b.records < 600 {
			t.Errorf("%d definitions, %d records", b.definitions, b.records)
		}
	})
}

// ordered is a broker that knows how many definitions each record needs.
type ordered struct {
	t   testing.TB
	mu  sync.Mutex
	rng *rand.Rand

	put, definitions, records int
}

func (b *ordered) promise()      { b.mu.Lock(); b.put++; b.mu.Unlock() }
func (b *ordered) promised() int { b.mu.Lock(); defer b.mu.Unlock(); return b.put }

func (b *ordered) Produce(ctx context.Context, to outbox.Topic, _ int, records []outbox.Record) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if ctx.Err() != nil || b.rng.IntN(3) > 0 {
		return errTrouble
	}
	if to == outbox.Definitions {
		b.definitions += len(records)
		return nil
	}
	for _, r := range records {
		var needs int
		if fmt.Sscan(string(r.Value), &needs); needs > b.definitions {
			b.t.Errorf("a record that needs %d definitions came after %d", needs, b.definitions)
		}
	}
	b.records += len(records)
	return nil
}

// TestCoverage: the latest report is kept, also over a restart.
func TestCoverage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroker(t, 1)
		b.set(0, true)
		sp := openSpool(t, t.TempDir(), 1<<20)
		o := outbox.New(outbox.Config{Broker: b, Partitions: 1, Memory: 1 << 10, Spool: sp})
		for range 1000 {
			o.Put(outbox.Coverage, 0, outbox.Record{Key: []byte("s"), Value: make([]byte, 100)})
			time.Sleep(time.Millisecond)
		}
		if s := o.Stats(); s.Memory > 1<<10 || s.SpoolBytes > 0 {
			t.Errorf("%+v", s)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := o.Close(ctx); err != nil || sp.Queue("coverage").Len() == 0 {
			t.Fatal(err)
		}
		b.set(0, false)
		o = outbox.New(outbox.Config{Broker: b, Partitions: 1, Memory: 1 << 10, Spool: sp})
		if err := o.Close(t.Context()); err != nil || b.reports == 0 {
			t.Fatal(err, b.reports)
		}
		sp.Close()
	})
}

// TestCoverageFindsRoom: a report goes out also when calls find no room.
func TestCoverageFindsRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroker(t, 1)
		b.set(0, true)
		o := outbox.New(outbox.Config{Broker: b, Partitions: partitions, Memory: 1 << 10})
		lane := o.Lane(wire.Origin{Sensor: "s", Epoch: 1}, form(0), batch.DefaultLimits(), partitionOf)
		for n := 0; len(o.Stats().Shed) == 0; n++ {
			lane.Send(call(n))
		}
		for range 100 {
			if !o.Put(outbox.Coverage, 0, outbox.Record{Key: []byte("s"), Value: make([]byte, 100)}) {
				t.Fatal("a report was given up")
			}
			time.Sleep(time.Millisecond)
		}
		// One on its way and one that waits.
		if s := o.Stats(); s.Memory > 1<<10+2*200 {
			t.Errorf("%+v", s)
		}
		b.set(0, false)
		if err := o.Close(t.Context()); err != nil || b.reports == 0 {
			t.Fatal(err, b.reports)
		}
	})
}
