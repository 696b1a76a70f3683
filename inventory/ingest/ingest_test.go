package ingest

import (
	"context"
	"errors"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"wirecensus/inventory/store"
	"wirecensus/inventory/store/postgres"
	"wirecensus/inventory/store/storetest/pgtest"
	"wirecensus/schemas"
	"wirecensus/schemas/wire"
)

// TestOnce: with a store that fails, second copies and a member that comes and
// goes, every call is counted once and every copy is counted as one.
func TestOnce(t *testing.T) {
	l := newLab(t, 2)
	open := openSQLite(t)
	st := &unreliable{Store: open()}
	var stop func()
	a, b := l.sensor("s", 0), l.sensor("s", 1)
	for i := range 60 {
		if i%20 == 0 {
			if stop != nil {
				stop()
			}
			stop = l.start(l.config(st))
		}
		a.send(1 + l.rng.IntN(40))
		b.send(1 + l.rng.IntN(40))
	}
	l.until("all calls", time.Minute, l.complete(st))
	var all Tally
	l.until("all copies", 30*time.Second, func() bool { all, _ = tally(t, st); return all.Duplicates == l.copies })
	if all.Calls != uint64(len(l.sent)) || all.Lost != 0 || st.broken.Load() == 0 {
		t.Fatalf("%+v of %d, %d broken commits", all, len(l.sent), st.broken.Load())
	}
	if all.First != 1e18 || all.Last < all.First {
		t.Fatalf("%+v", all)
	}
}

// TestRebalance: three members with stores of their own connections, one that joins and one
// that leaves in the middle, count every call once.
func TestRebalance(t *testing.T) {
	server := pgtest.Start(t)
	dsn := server.Database(t)
	l := newLab(t, 6)
	member := func() (*unreliable, func()) {
		st, err := postgres.Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { st.Close() })
		u := &unreliable{Store: st}
		return u, l.start(l.config(u))
	}
	st, _ := member()
	_, leave := member()
	var lanes []*sensor
	for p := range int32(6) {
		lanes = append(lanes, l.sensor("s", p))
	}
	for i := range 50 {
		for _, s := range lanes {
			s.send(1 + l.rng.IntN(20))
		}
		switch i {
		case 15:
			member()
		case 30:
			go leave()
		}
	}
	l.until("all calls", 2*time.Minute, l.complete(st))
	var all Tally
	l.until("all copies", 30*time.Second, func() bool { all, _ = tally(t, st); return all.Duplicates == l.copies })
	if all.Calls != uint64(len(l.sent)) || all.Lost != 0 {
		t.Fatalf("%+v of %d", all, len(l.sent))
	}
}

// TestZombies: two owners of the same partitions, who know nothing of each other,
// count every call once.
func TestZombies(t *testing.T) {
	l := newLab(t, 2)
	open := openSQLite(t)
	st := open()
	one, two := l.config(open()), l.config(open())
	two.Group = "another" // as if the first did not know yet that it was replaced
	l.start(one)
	l.start(two)
	for _, c := range []*Counters{one.Counters, two.Counters} {
		l.until("both own both", 20*time.Second, func() bool { return len(c.Snapshot().Positions) == 3 })
	}
	a, b := l.sensor("s", 0), l.sensor("s", 1)
	for range 60 {
		a.send(1 + l.rng.IntN(40))
		b.send(1 + l.rng.IntN(40))
	}
	l.until("all calls", time.Minute, l.complete(st))
	l.until("somebody was fenced", 20*time.Second, func() bool { return one.Counters.Snapshot().Fenced+two.Counters.Snapshot().Fenced > 0 })
}

// TestLoss: what never comes is counted; what comes late is counted no more.
func TestLoss(t *testing.T) {
	l := newLab(t, 1)
	st := openSQLite(t)()
	l.start(l.config(st))
	s := l.sensor("s", 0)
	s.send(5)
	late, defs, ids := s.record(7)
	s.define(defs)
	s.record(3) // never comes
	s.send(5)
	lost := func(n uint64) func() bool {
		return func() bool { all, _ := tally(t, st); return all.Lost == n && l.complete(st)() }
	}
	l.until("the loss of ten", 20*time.Second, lost(10))
	for _, id := range ids {
		l.sent[id] = 1
	}
	l.put(topic, 0, nil, late)
	l.until("the loss of three", 20*time.Second, lost(3))
}

// TestPoison: what cannot be read becomes a dead letter, and the partition goes on.
func TestPoison(t *testing.T) {
	l := newLab(t, 1)
	st := openSQLite(t)()
	cfg := l.config(st)
	l.start(cfg)
	s := l.sensor("s", 0)
	s.send(5)
	l.put(topic, 0, []byte("key"), []byte("garbage"))
	s.send(5)
	boom, defs, _ := poisoned(s)
	s.define(defs)
	l.put(topic, 0, nil, boom)
	s.send(5)
	l.until("all calls", time.Minute, l.complete(st))
	want := map[string]uint64{reasonCorrupt: 1, reasonPanic: 1}
	l.until("the dead are in the book", 20*time.Second, func() bool { _, dead := tally(t, st); return maps.Equal(dead, want) })
	if all, _ := tally(t, st); all.Lost != 1 {
		t.Errorf("%+v", all)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(l.cluster.ListenAddrs()...), kgo.ConsumeTopics(topic+".dead"))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var got []*kgo.Record
	for len(got) < 2 {
		got = append(got, client.PollFetches(t.Context()).Records()...)
	}
	headers := map[string]string{}
	for _, h := range got[0].Headers {
		headers[h.Key] = string(h.Value)
	}
	if headers[headerOffset] == "" {
		t.Error("no offset")
	}
	delete(headers, headerOffset)
	if d := cmp.Diff(map[string]string{"content-type": "x", headerReason: reasonCorrupt, headerTopic: topic, headerPartition: "0"}, headers); d != "" || string(got[0].Value) != "garbage" || string(got[0].Key) != "key" {
		t.Error(d, got[0])
	}
}

// poisoned is a record whose folding panics.
func poisoned(s *sensor) ([]byte, []wire.Definition, []string) {
	b := new(wire.Batch)
	s.encoder.Add(b, &schemas.Call{ID: "boom", Method: "GET", Host: "h", RequestSeen: true})
	value := b.Seal(nil, s.origin, s.next)
	s.next++
	return value, s.encoder.Definitions(), nil
}

// TestDefinitions: a record waits for its definitions; those that never come cost
// the record, and the next one that lacks them does not wait.
func TestDefinitions(t *testing.T) {
	l := newLab(t, 1)
	st := openSQLite(t)()
	cfg := l.config(st)
	cfg.DefinitionWait = 3 * time.Second
	l.start(cfg)
	s := l.sensor("s", 0)
	value, defs, ids := s.record(5)
	for len(defs) == 0 { // an encoder defines what it meets again
		l.put(topic, 0, nil, value)
		for _, id := range ids {
			l.sent[id] = 1
		}
		value, defs, ids = s.record(5)
	}
	l.put(topic, 0, nil, value)
	time.Sleep(500 * time.Millisecond)
	s.define(defs)
	for _, id := range ids {
		l.sent[id] = 1
	}
	l.until("the record heals", 20*time.Second, l.complete(st))
	other := l.sensor("t", 0) // sends no definition
	other.host = "other.example"
	for defs = nil; len(defs) == 0; { // from then on its records refer to what it would have defined
		value, defs, _ = other.record(5)
	}
	value, _, _ = other.record(5)
	for range 3 {
		l.put(topic, 0, nil, value)
		value, _, _ = other.record(5)
	}
	s.send(5)
	start := time.Now()
	l.until("the others go on", 30*time.Second, l.complete(st))
	if took := time.Since(start); took < cfg.DefinitionWait*9/10 || took > 3*cfg.DefinitionWait {
		t.Errorf("it took %v", took)
	}
	var all Tally
	var dead map[string]uint64
	l.until("the dead are in the book", 20*time.Second, func() bool { all, dead = tally(t, st); return dead[reasonMissing] == 3 })
	if all.Lost < 15 {
		t.Error("dead letters are lost calls:", all)
	}
}

// TestWords: every word is stored once, however many processes read the topic.
func TestWords(t *testing.T) {
	l := newLab(t, 1)
	open := openSQLite(t)
	st := open()
	word := func(n uint64, text string) {
		d := wire.WordDefinition(schemas.Word{Digest: n, Text: text})
		l.put(definitionT, 0, d.ID[:], d.Value)
	}
	word(1, "red")
	l.start(l.config(open()))
	l.start(l.config(open()))
	word(2, "green")
	has := func(want map[string]int) func() bool { return func() bool { return maps.Equal(read(t, st)[""], want) } }
	l.until("two words", 20*time.Second, has(map[string]int{"red": 1, "green": 1}))
	l.start(l.config(open()))
	word(3, "blue")
	l.until("three words", 20*time.Second, has(map[string]int{"red": 1, "green": 1, "blue": 1}))
}

// TestRecreated: a topic that begins again is read from its start, and the book
// knows what was had.
func TestRecreated(t *testing.T) {
	l := newLab(t, 1)
	st := openSQLite(t)()
	stop := l.start(l.config(st))
	s := l.sensor("s", 0)
	value, defs, ids := s.record(5)
	s.define(defs)
	for range 5 {
		l.put(topic, 0, nil, value)
	}
	for _, id := range ids {
		l.sent[id] = 1
	}
	l.until("the first five", 20*time.Second, func() bool { all, _ := tally(t, st); return all.Duplicates == 20 })
	stop()
	if err := l.cluster.DeleteTopic(topic); err != nil {
		t.Fatal(err)
	}
	if err := l.cluster.CreateTopic(topic, 1, nil); err != nil {
		t.Fatal(err)
	}
	l.connect() // the old connection knows the old topic
	l.put(topic, 0, nil, value)
	s.send(5)
	l.start(l.config(st))
	l.until("all calls", 20*time.Second, l.complete(st))
	if all, _ := tally(t, st); all.Calls != 10 || all.Lost != 0 {
		t.Fatalf("%+v", all)
	}
}

// TestCoverage: of each origin the newest report is kept, whatever comes after it,
// and a restart does not forget which that was.
func TestCoverage(t *testing.T) {
	l := newLab(t, 1)
	st := openSQLite(t)()
	report := func(lane uint32, sequence, frames uint64) {
		l.put(coverageT, 0, nil, wire.AppendCoverage(nil, &wire.CoverageReport{
			Origin: wire.Origin{Sensor: "s", Epoch: 1, Lane: lane}, Sequence: sequence, Coverage: schemas.Coverage{Frames: frames},
		}))
	}
	stored := func() map[string]uint64 {
		list, err := st.Objects(t.Context(), KindCoverage)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]uint64{}
		for _, o := range list {
			r, err := wire.ParseCoverage(o.Blob)
			if err != nil {
				t.Fatal(err)
			}
			out[o.Name] = r.Coverage.Frames
		}
		return out
	}
	stop := l.start(l.config(st))
	report(0, 1, 10)
	report(1, 1, 5)
	report(0, 2, 20)
	report(0, 1, 10) // a late copy
	l.until("the newest", 20*time.Second, func() bool { return maps.Equal(stored(), map[string]uint64{"s/1/0": 20, "s/1/1": 5}) })
	l.until("the copy is read", 20*time.Second, func() bool { c, _ := st.Cursor(t.Context(), coverageT, 0); return c.Next == 4 })
	stop()
	report(0, 1, 10)
	l.put(coverageT, 0, nil, []byte("garbage"))
	report(1, 2, 6)
	l.start(l.config(st))
	l.until("the next", 20*time.Second, func() bool { return maps.Equal(stored(), map[string]uint64{"s/1/0": 20, "s/1/1": 6}) })
}

// TestFeed: calls that come in the process are stored once, whether commits fail or not.
func TestFeed(t *testing.T) {
	open := openSQLite(t)
	st := &unreliable{Store: open()}
	f, err := NewFeed(t.Context(), st, wire.Origin{Sensor: "live", Epoch: 3}, newCensus)
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{t: t, sent: map[string]int{}}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for lane := range 3 {
		wg.Go(func() {
			for i := range 300 {
				c := schemas.Call{ID: string(rune('a'+lane)) + string(rune('0'+i)), Host: "h"}
				f.Call(&c)
				mu.Lock()
				l.sent[c.ID] = 1
				mu.Unlock()
				if i%10 == 0 {
					if err := f.Flush(t.Context()); err != nil && !errors.Is(err, errUnreliable) {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	f.Cover(&wire.CoverageReport{Origin: wire.Origin{Sensor: "live", Epoch: 3}, Sequence: 1, Coverage: schemas.Coverage{Frames: 7}})
	for f.Flush(t.Context()) != nil || f.Flush(t.Context()) != nil {
		continue
	}
	if !l.complete(st)() {
		t.Fatal("calls are missing")
	}
	o, err := st.Object(t.Context(), KindCoverage, "live/3/0")
	if err != nil {
		t.Fatal(err)
	}
	r, err := wire.ParseCoverage(o.Blob)
	if err != nil || r.Coverage.Frames != 7 || r.Sensor != "live" {
		t.Fatal(r, err)
	}
	again, err := NewFeed(t.Context(), st.Store, wire.Origin{Sensor: "live", Epoch: 4}, newCensus)
	if err != nil {
		t.Fatal(err)
	}
	again.Call(&schemas.Call{ID: "last", Host: "h"})
	l.sent["last"] = 1
	if err := again.Flush(t.Context()); err != nil || !l.complete(st)() {
		t.Fatal(err)
	}
	if all, _ := tally(t, st); all.Calls != uint64(len(l.sent)) {
		t.Fatal(all)
	}
}

func TestConfigErrors(t *testing.T) {
	for _, cfg := range []Config{
		{}, {Calls: "c"}, {Kafka: Kafka{Brokers: []string{"h"}}},
		{Kafka: Kafka{Brokers: []string{"h"}, SASL: "GSSAPI"}, Calls: "c"},
	} {
		if err := Run(t.Context(), cfg); err == nil {
			t.Errorf("%+v runs", cfg)
		}
	}
	// Without a broker it waits, and ends when it is told to.
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	var st store.Store
	if err := Run(ctx, Config{Kafka: Kafka{Brokers: []string{"127.0.0.1:1"}, SASL: "SCRAM-SHA-512", User: "u", Password: "p"}, Calls: "c", Store: st, Summary: newCensus}); err != nil {
		t.Error(err)
	}
}
