package inventory

import (
	"context"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/inventory/ingest"
	"wirecensus/inventory/store/storetest/pgtest"
	"wirecensus/schemas"
	"wirecensus/schemas/wire"
	"wirecensus/sensor"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/publish"
)

// broker is a broker in this process, and a sensor that publishes to it.
type broker struct {
	t          testing.TB
	cluster    *kfake.Cluster
	client     *kgo.Client
	partitions int
	encoder    *wire.Encoder
	next       []uint64 // by partition
	origin     wire.Origin
	rng        *rand.Rand
	copies     bool // sends some records twice
}

func newBroker(t testing.TB, partitions int) *broker {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(int32(partitions), "calls"), kfake.SeedTopics(1, "calls.definitions", "calls.coverage"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.MaxBufferedRecords(100_000))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return &broker{
		t: t, cluster: cluster, client: client, partitions: partitions, encoder: wire.NewEncoder(), next: make([]uint64, partitions),
		origin: wire.Origin{Sensor: "s", Epoch: 1}, rng: rand.New(rand.NewPCG(8, 8)),
	}
}

// publish sends calls in records of one service, and waits for the broker.
func (b *broker) publish(calls []schemas.Call) {
	b.t.Helper()
	batches := map[string]*wire.Batch{}
	for i := range calls {
		service := calls[i].Service()
		if batches[service] == nil {
			batches[service] = new(wire.Batch)
		}
		batch := batches[service]
		b.encoder.Add(batch, &calls[i])
		if batch.Count() >= 100 || batch.Size() > 64<<10 {
			b.seal(service, batch)
		}
	}
	for service, batch := range batches {
		if batch.Count() > 0 {
			b.seal(service, batch)
		}
	}
	if err := b.client.Flush(context.Background()); err != nil {
		b.t.Fatal(err)
	}
}

func (b *broker) seal(service string, batch *wire.Batch) {
	for _, d := range b.encoder.Definitions() {
		b.produce("calls.definitions", 0, d.ID[:], d.Value)
	}
	h := fnv.New32a()
	h.Write([]byte(service))
	p := int(h.Sum32() % uint32(b.partitions))
	n := batch.Count()
	value := batch.Seal(nil, b.origin, b.next[p])
	b.next[p] += uint64(n)
	for range 1 + b2i(b.copies && b.rng.IntN(5) == 0) {
		b.produce("calls", p, []byte(service), value)
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (b *broker) produce(topic string, p int, key, value []byte) {
	b.client.Produce(context.Background(), &kgo.Record{Topic: topic, Partition: int32(p), Key: key, Value: value}, func(_ *kgo.Record, err error) {
		if err != nil {
			b.t.Error(err)
		}
	})
}

// consume lets a service read until the returned function is called.
func (b *broker) consume(s *Service, cfg ingest.Config) (stop func()) {
	cfg.Kafka.Brokers, cfg.Calls = b.cluster.ListenAddrs(), "calls"
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Consume(ctx, cfg); err != nil {
			b.t.Error(err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
	b.t.Cleanup(stop)
	return stop
}

// received is how many calls the books of a store say there were.
func received(t testing.TB, s *Service) (sum ingest.Tally) {
	t.Helper()
	list, err := s.Sensors(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range list {
		sum.Add(ingest.Tally{Calls: v.Calls, Lost: v.Lost, Duplicates: v.Duplicates})
	}
	return sum
}

// TestConsume: three services on one PostgreSQL, one of which joins and one leaves
// in the middle, and one on SQLite, all have the catalog of all calls once.
func TestConsume(t *testing.T) {
	address := pgtest.Start(t).Database(t)
	b := newBroker(t, 6)
	b.copies = true
	cfg := ingest.Config{FlushEvery: 50 * time.Millisecond, Session: 6 * time.Second}
	one, two, three, alone := service(t, address), service(t, address), service(t, address), service(t, "sqlite:"+filepath.Join(t.TempDir(), "x.db"))
	b.consume(one, cfg)
	leave := b.consume(two, cfg)
	single := cfg
	single.Group = "single"
	b.consume(alone, single)
	var all []schemas.Call
	for i := range 30 {
		list := calls(uint64(i), 100)
		b.publish(list)
		all = append(all, list...)
		switch i {
		case 10:
			b.consume(three, cfg)
		case 20:
			go leave()
			heads, err := one.st.Heads(t.Context())
			must(t, err)
			must(t, one.compact(t.Context(), heads.Log))
		}
	}
	want := total(all)
	for _, s := range []*Service{one, two, three, alone} {
		for end := time.Now().Add(time.Minute); received(t, s).Calls < uint64(len(all)) && time.Now().Before(end); {
			time.Sleep(50 * time.Millisecond)
		}
		if got := received(t, s); got.Calls != uint64(len(all)) || got.Lost != 0 {
			t.Fatalf("%+v of %d", got, len(all))
		}
		must(t, s.follow(t.Context()))
		if d := cmp.Diff(parts(t, want), parts(t, s.seen.catalog)); d != "" {
			t.Fatal("the catalog is another one")
		}
	}
}

// mix are calls like those of a company, many times over.
func mix(b *testing.B, n int) []schemas.Call {
	b.Helper()
	c := synth.Load("mix", synth.LoadOptions{Seed: 1, Bytes: 24 << 20})
	f := synth.Files{Path: filepath.Join(b.TempDir(), "x.pcap")}
	if _, _, err := f.Write(c); err != nil {
		b.Fatal(err)
	}
	src, err := capture.OpenFiles([]string{f.Path}, os.Stdin)
	if err != nil {
		b.Fatal(err)
	}
	defer src.Close()
	var list []schemas.Call
	if _, err := sensor.Run(b.Context(), sensor.Config{Source: src, Sink: func(int) publish.Sink {
		return publish.Func(func(c *schemas.Call) { list = append(list, *c) })
	}}); err != nil {
		b.Fatal(err)
	}
	out := make([]schemas.Call, 0, n)
	for len(out) < n {
		out = append(out, list[:min(len(list), n-len(out))]...)
	}
	return out
}

// BenchmarkConsume reads b.N calls that wait in a broker in this process into a
// store; the broker's work is in the CPU time.
func BenchmarkConsume(b *testing.B) {
	for _, name := range []string{"sqlite", "postgres"} {
		b.Run(name, func(b *testing.B) {
			list := mix(b, b.N)
			k := newBroker(b, 4)
			k.publish(list)
			address := "sqlite:" + filepath.Join(b.TempDir(), "x.db")
			if name == "postgres" {
				address = pgtest.Start(b).Database(b)
			}
			s, err := Open(b.Context(), Config{Store: address})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			b.ResetTimer()
			before := cpu(b)
			stop := k.consume(s, ingest.Config{})
			for received(b, s).Calls < uint64(b.N) {
				time.Sleep(50 * time.Millisecond)
			}
			b.StopTimer()
			stop()
			used := cpu(b) - before
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
			b.ReportMetric(used.Seconds()/float64(b.N)*1e6, "cpu-s/Mcall")
			b.ReportMetric(float64(s.Counters().Commits)/b.Elapsed().Seconds(), "commits/s")
			b.ReportMetric(float64(s.Counters().Bytes)/float64(b.N), "B/call")
		})
	}
}

func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
