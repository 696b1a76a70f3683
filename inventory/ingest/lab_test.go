package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"wirecensus/inventory/store"
	"wirecensus/inventory/store/sqlite"
	"wirecensus/schemas"
	"wirecensus/schemas/shape"
	"wirecensus/schemas/wire"
)

const (
	topic       = "calls"
	definitionT = topic + ".definitions"
	coverageT   = topic + ".coverage"
)

// census is a Summary that knows how often each call was applied.
type census map[string]map[string]int // service → id → times; "" → words

func newCensus() Summary { return census{} }

func (c census) add(service, id string, n int) {
	if c[service] == nil {
		c[service] = map[string]int{}
	}
	c[service][id] += n
}

func (c census) Apply(call *schemas.Call) {
	if call.ID == "boom" {
		panic("boom")
	}
	c.add(call.Host, call.ID, 1)
}

func (c census) AddWords(words []schemas.Word) {
	for _, w := range words {
		c.add("", w.Text, 1)
	}
}

func (c census) Export(yield func(string, []byte) error) error {
	for service, ids := range c {
		text, err := json.Marshal(ids)
		if err == nil {
			err = yield(service, text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// read merges everything in a store.
func read(t *testing.T, st store.Store) census {
	t.Helper()
	c := census{}
	err := st.Parts(t.Context(), 0, func(p store.Part) error {
		ids := map[string]int{}
		err := json.Unmarshal(p.Blob, &ids)
		for id, n := range ids {
			c.add(p.Key, id, n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// lab is a broker and what was sent to it.
type lab struct {
	t       *testing.T
	cluster *kfake.Cluster
	client  *kgo.Client
	rng     *rand.Rand
	sent    map[string]int // by call id: 1
	copies  uint64         // calls in second copies
}

func newLab(t *testing.T, partitions int32, opts ...kfake.Opt) *lab {
	t.Helper()
	opts = append(opts, kfake.NumBrokers(1), kfake.SeedTopics(partitions, topic), kfake.SeedTopics(1, definitionT, coverageT))
	cluster, err := kfake.NewCluster(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	l := &lab{t: t, cluster: cluster, rng: rand.New(rand.NewPCG(6, 6)), sent: map[string]int{}}
	l.connect()
	return l
}

func (l *lab) connect() {
	l.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(l.cluster.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(client.Close)
	l.client = client
}

// put publishes a record and waits for it.
func (l *lab) put(topic string, partition int32, key, value []byte) {
	l.t.Helper()
	r := &kgo.Record{Topic: topic, Partition: partition, Key: key, Value: value, Headers: []kgo.RecordHeader{{Key: "content-type", Value: []byte("x")}}}
	if err := l.client.ProduceSync(l.t.Context(), r).FirstErr(); err != nil {
		l.t.Fatal(err)
	}
}

// config is that of a member of the group that notices things soon.
func (l *lab) config(st store.Store) Config {
	return Config{
		Kafka: Kafka{Brokers: l.cluster.ListenAddrs()}, Calls: topic, Store: st, Summary: newCensus,
		FlushEvery: 50 * time.Millisecond, FlushCalls: 500, Session: 6 * time.Second, Counters: new(Counters),
	}
}

// start runs a member until the returned function is called.
func (l *lab) start(cfg Config) (stop func()) {
	ctx, cancel := context.WithCancel(l.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := Run(ctx, cfg); err != nil {
			l.t.Error(err)
		}
	}()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	l.t.Cleanup(stop)
	return stop
}

// until waits for something to become true.
func (l *lab) until(what string, within time.Duration, ok func() bool) {
	l.t.Helper()
	for end := time.Now().Add(within); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			l.t.Fatal("in vain: ", what)
		}
	}
}

// sensor is one lane of a sensor in one partition.
type sensor struct {
	*lab
	origin    wire.Origin
	partition int32
	host      string
	encoder   *wire.Encoder
	next      uint64
}

func (l *lab) sensor(name string, partition int32) *sensor {
	return &sensor{lab: l, origin: wire.Origin{Sensor: name, Epoch: 1}, partition: partition, host: fmt.Sprintf("svc%d.example", partition), encoder: wire.NewEncoder()}
}

// record makes the next record of n calls and the definitions that it needs.
func (s *sensor) record(n int) (value []byte, defs []wire.Definition, ids []string) {
	b := new(wire.Batch)
	for i := range n {
		c := schemas.Call{
			ID: fmt.Sprintf("%s-%d-%d", s.origin.Sensor, s.partition, s.next+uint64(i)), Time: schemas.Time(1e18 + s.next), Method: "GET", Scheme: "http", Port: 80,
			Host: s.host, Path: "/a", RequestSeen: true, Status: 200, Version: "1.1", Client: "10.0.0.1",
		}
		c.Response.Shape = &shape.Node{}
		c.Response.Shape.Kinds[shape.Object] = 1
		s.encoder.Add(b, &c)
		ids = append(ids, c.ID)
	}
	defs = s.encoder.Definitions()
	value = b.Seal(nil, s.origin, s.next)
	s.next += uint64(n)
	return value, defs, ids
}

func (s *sensor) define(defs []wire.Definition) {
	for _, d := range defs {
		s.put(definitionT, 0, d.ID[:], d.Value)
	}
}

// send sends a record, sometimes twice.
func (s *sensor) send(n int) {
	value, defs, ids := s.record(n)
	s.define(defs)
	s.put(topic, s.partition, []byte("k"), value)
	if s.rng.IntN(5) == 0 {
		s.put(topic, s.partition, []byte("k"), value)
		s.copies += uint64(n)
	}
	for _, id := range ids {
		s.sent[id] = 1
	}
}

// complete says whether the store has every call that was sent, and fails as soon
// as it has one twice.
func (l *lab) complete(st store.Store) func() bool {
	return func() bool {
		have := 0
		for service, ids := range read(l.t, st) {
			for id, n := range ids {
				if service == "" {
					continue
				}
				if n != 1 || l.sent[id] != 1 {
					l.t.Fatalf("%s was counted %d times", id, n)
				}
				have++
			}
		}
		return have == len(l.sent)
	}
}

// tally adds the books of all partitions.
func tally(t *testing.T, st store.Store) (all Tally, dead map[string]uint64) {
	t.Helper()
	cursors, err := st.Cursors(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dead = map[string]uint64{}
	for _, c := range cursors {
		b, err := ParseBook(c.Book)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range b.Sequences {
			all.Add(s.Tally)
		}
		maps.Copy(dead, b.Dead)
	}
	return all, dead
}

func openSQLite(t *testing.T) func() store.Store {
	path := filepath.Join(t.TempDir(), "x.db")
	return func() store.Store {
		st, err := sqlite.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { st.Close() })
		return st
	}
}

// unreliable is a store whose commits fail now and then, before or after they were written.
type unreliable struct {
	store.Store
	n      atomic.Uint64
	broken atomic.Uint64
}

var errUnreliable = errors.New("the connection broke")

func (u *unreliable) Commit(ctx context.Context, b *store.Batch) error {
	switch n := u.n.Add(1); n % 7 {
	case 3:
		u.broken.Add(1)
		return errUnreliable
	case 5:
		u.broken.Add(1)
		return errors.Join(errUnreliable, u.Store.Commit(ctx, b))
	}
	return u.Store.Commit(ctx, b)
}
