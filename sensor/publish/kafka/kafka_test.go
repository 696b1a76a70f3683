package kafka_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"wirecensus/schemas"
	"wirecensus/schemas/wire"
	"wirecensus/sensor/publish/batch"
	"wirecensus/sensor/publish/kafka"
	"wirecensus/sensor/publish/outbox"
	"wirecensus/sensor/publish/spool"
)

// cluster starts a broker in this process.
func cluster(t testing.TB, opts ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1), kfake.SleepOutOfOrder()}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func config(c *kfake.Cluster) kafka.Config {
	return kafka.Config{Brokers: c.ListenAddrs(), Topics: kafka.TopicsOf(kafka.DefaultTopic), Compression: "zstd", Partitions: 4, Replication: -1, Retention: time.Hour}
}

func open(t testing.TB, cfg kafka.Config) *kafka.Broker {
	t.Helper()
	b, err := kafka.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// read returns what a topic holds.
func read(t testing.TB, c *kfake.Cluster, topic string, opts ...kgo.Opt) []*kgo.Record {
	t.Helper()
	want := int64(0)
	for _, p := range c.PartitionInfos(topic) {
		want += p.HighWatermark
	}
	client, err := kgo.NewClient(append(opts, kgo.SeedBrokers(c.ListenAddrs()...), kgo.ConsumeTopics(topic))...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var out []*kgo.Record
	for int64(len(out)) < want {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			t.Fatalf("%d records of %s, want %d", len(out), topic, want)
		}
		fetches.EachRecord(func(r *kgo.Record) { out = append(out, r) })
	}
	return out
}

func call(n int) *schemas.Call {
	return &schemas.Call{ID: fmt.Sprintf("%032x", n), Time: schemas.Time(n), Method: "GET", Scheme: "http", Host: fmt.Sprint("s", n%17), Port: 80, Path: fmt.Sprint("/", n), RequestSeen: true}
}

// lane returns a sink into an outbox before b.
func lane(o *outbox.Outbox, b *kafka.Broker, epoch uint64) *outbox.Lane {
	limits := batch.Limits{Calls: 5, Bytes: 1 << 18, Open: 8, Held: 1 << 20}
	return o.Lane(wire.Origin{Sensor: "s", Epoch: epoch}, batch.Form{}, limits, func(s string) int { return kafka.Partition(s, b.Partitions()) })
}

// tally reads the calls of the topics: how many different ones there are, how many came
// again, and how many numbers are missing before the last of each partition.
func tally(t testing.TB, c *kfake.Cluster) (calls, again int, missing uint64) {
	t.Helper()
	d := wire.NewDecoder()
	for _, r := range read(t, c, "wirecensus.definitions") {
		if err := d.Define(wire.Definition{ID: wire.ID(r.Key), Value: r.Value}); err != nil {
			t.Fatal(err)
		}
	}
	next := map[string]uint64{}
	seen := map[string]bool{}
	for _, r := range read(t, c, "wirecensus.calls") {
		h, err := wire.Peek(r.Value)
		if err != nil {
			t.Fatal(err)
		}
		at := fmt.Sprint(h.Epoch, r.Partition)
		if h.First < next[at] {
			again += h.Count
			continue
		}
		missing += h.First - next[at]
		next[at] = h.First + uint64(h.Count)
		if _, err := d.Decode(r.Value, func(c *schemas.Call) { seen[fmt.Sprint(h.Epoch, c.ID)] = true }); err != nil {
			t.Fatal(err)
		}
	}
	return len(seen), again, missing
}

// TestFaults: whatever the broker answers, all calls arrive, in order, and those that arrive twice
// have the same numbers.
func TestFaults(t *testing.T) {
	for _, fault := range []*kerr.Error{kerr.RequestTimedOut, kerr.NotEnoughReplicasAfterAppend, kerr.NotLeaderForPartition, kerr.NotEnoughReplicas, kerr.CorruptMessage, kerr.UnknownServerError} {
		t.Run(fault.Message, func(t *testing.T) {
			t.Parallel()
			c := cluster(t)
			b := open(t, config(c))
			o := outbox.New(outbox.Config{Broker: b, Partitions: b.Partitions(), Memory: 1 << 20, Wait: true})
			l := lane(o, b, 1)
			c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: fault, Count: 3})
			for n := range 1000 {
				l.Send(call(n))
			}
			l.Flush()
			if err := o.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			calls, again, missing := tally(t, c)
			appended := fault == kerr.RequestTimedOut || fault == kerr.NotEnoughReplicasAfterAppend
			if calls != 1000 || missing != 0 || again > 0 && !appended || o.Stats().Retried < 3 || o.Stats().CallsAcked != 1000 {
				t.Errorf("%d calls, %d again, %d missing: %+v", calls, again, missing, o.Stats())
			}
		})
	}
}

// TestAway: while the broker is away calls go to memory, then to disk, then they are given up and counted; when
// it is back the kept ones arrive in order, and the numbers missing are those given up.
func TestAway(t *testing.T) {
	c := cluster(t)
	b := open(t, config(c))
	sp, err := spool.Open(t.TempDir(), 64<<10)
	if err != nil {
		t.Fatal(err)
	}
	defer sp.Close()
	o := outbox.New(outbox.Config{Broker: b, Partitions: b.Partitions(), Memory: 32 << 10, Spool: sp})
	l := lane(o, b, 1)
	sent := 0
	send := func(n int) {
		for range n {
			l.Send(call(sent))
			sent++
		}
	}
	send(500)
	away := c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.NotEnoughReplicas, Count: -1})
	send(4000)
	if st := o.Stats(); st.SpoolCalls == 0 || st.Shed["no-room"] == 0 {
		t.Fatalf("bounds were not reached: %+v", st)
	}
	away.Remove()
	for o.Stats().SpoolCalls > 0 {
		time.Sleep(20 * time.Millisecond)
	}
	send(500)
	l.Flush()
	if err := o.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	var shed uint64
	for _, n := range o.Stats().Shed {
		shed += n
	}
	calls, _, missing := tally(t, c)
	t.Logf("%d sent, %d given up", sent, shed)
	if missing != shed || uint64(calls)+shed != uint64(sent) {
		t.Errorf("%d calls arrived of %d, %d are missing, %v were given up", calls, sent, missing, o.Stats().Shed)
	}
}

// TestTooLarge: a record beyond the topic's limit is given up alone.
func TestTooLarge(t *testing.T) {
	c := cluster(t)
	cfg := config(c)
	cfg.Compression = "none"
	b := open(t, cfg)
	value := make([]byte, 3<<20)
	rand.Read(value)
	err := b.Produce(t.Context(), outbox.Calls, 0, []outbox.Record{{Key: []byte("k"), Value: value}})
	if !errors.Is(err, outbox.ErrNever) || !strings.Contains(hintOf(err), "max.message.bytes") {
		t.Errorf("%v, hint %q", err, hintOf(err))
	}
}

func hintOf(err error) string {
	var e *kafka.Error
	if errors.As(err, &e) {
		return e.Hint
	}
	return ""
}

// TestCompressions: every one of them can be read by another client.
func TestCompressions(t *testing.T) {
	for _, name := range []string{"none", "gzip", "snappy", "lz4", "zstd"} {
		c := cluster(t)
		cfg := config(c)
		cfg.Compression = name
		b := open(t, cfg)
		if err := b.Produce(t.Context(), outbox.Calls, 3, []outbox.Record{{Key: []byte("k"), Value: make([]byte, 5000), Headers: []wire.KeyValue{{Key: "a", Value: "b"}}}}); err != nil {
			t.Fatal(name, err)
		}
		got := read(t, c, "wirecensus.calls")
		if len(got) != 1 || got[0].Partition != 3 || string(got[0].Key) != "k" || len(got[0].Value) != 5000 || len(got[0].Headers) != 1 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestLogin: TLS with a login, right and wrong.
func TestLogin(t *testing.T) {
	cert, pool := certificate(t)
	for _, mechanism := range []string{"plain", "scram-sha-256", "scram-sha-512"} {
		c := cluster(t, kfake.EnableSASL(), kfake.Superuser(strings.ToUpper(mechanism), "user", "right"), kfake.TLS(&tls.Config{Certificates: []tls.Certificate{cert}}))
		cfg := config(c)
		cfg.TLS = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
		cfg.SASL = kafka.SASL{Mechanism: mechanism, User: "user", Password: "right"}
		b := open(t, cfg)
		if err := b.Produce(t.Context(), outbox.Coverage, 0, []outbox.Record{{Value: []byte("v")}}); err != nil {
			t.Errorf("%s: %v", mechanism, err)
		}
		cfg.SASL.Password = "wr0ng-secret"
		_, err := kafka.Open(t.Context(), cfg)
		if err == nil || !strings.Contains(hintOf(err), "user") || strings.Contains(err.Error(), "wr0ng-secret") {
			t.Errorf("%s, wrong password: %v, hint %q", mechanism, err, hintOf(err))
		}
		cfg.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
		if _, err := kafka.Open(t.Context(), cfg); err == nil || !strings.Contains(hintOf(err), "--kafka-ca") {
			t.Errorf("%s, unknown authority: %v, hint %q", mechanism, err, hintOf(err))
		}
	}
}

// certificate makes one for 127.0.0.1 that signs itself.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "broker"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// TestTopics: missing topics are made as they are described, and those that are there stay.
func TestTopics(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(9, "apis.calls"))
	cfg := config(c)
	cfg.Topics = kafka.TopicsOf("apis.calls")
	if n := open(t, cfg).Partitions(); n != 9 {
		t.Errorf("%d partitions of a topic that was there", n)
	}
	for topic, want := range map[string][2]string{"apis.definitions": {"cleanup.policy", "compact"}, "apis.coverage": {"retention.ms", "3600000"}} {
		info := c.TopicInfo(topic)
		if info == nil || info.Configs[want[0]] == nil || *info.Configs[want[0]] != want[1] {
			t.Errorf("%s: %+v", topic, info)
		}
	}
}

// TestPartition: services lie where Kafka's own clients would put them.
func TestPartition(t *testing.T) {
	ps := []int{0, 1, 2, 3, 4, 5, 6}
	for n := range 300 {
		key := fmt.Sprint("service-", n*n, strings.Repeat("x", n%9))
		want := kafkago.Murmur2Balancer{Consistent: true}.Balance(kafkago.Message{Key: []byte(key)}, ps...)
		if got := kafka.Partition(key, len(ps)); got != want {
			t.Fatalf("%s: %d, want %d", key, got, want)
		}
	}
}

func TestParseURL(t *testing.T) {
	for _, tt := range []struct{ url, brokers, calls, definitions string }{
		{"kafka://a", "a:9092", "wirecensus.calls", "wirecensus.definitions"},
		{"kafka://a:1,b,[::1]:3,[::1]/x", "a:1 b:9092 [::1]:3 [::1]:9092", "x", "x.definitions"},
		{"kafka://a/x.calls", "a:9092", "x.calls", "x.definitions"},
		{"kafka:///x", "", "", ""}, {"kafka://a,/x", "", "", ""}, {"kafka://a:/x", "", "", ""}, {"kafka://a:b:c/x", "", "", ""}, {"kafka://a/..", "", "", ""},
		{"kafka://a/x?y", "", "", ""}, {"kafka://u:p@a/x", "", "", ""}, {"kafka://a/x%2fy", "", "", ""}, {"kafka://a/" + strings.Repeat("x", 237), "", "", ""}, {"http://a", "", "", ""},
	} {
		brokers, topics, err := kafka.ParseURL(tt.url)
		if got := strings.Join(brokers, " "); (err != nil) != (tt.calls == "") || err == nil && (got != tt.brokers || topics.Calls != tt.calls || topics.Definitions != tt.definitions) {
			t.Errorf("%s: %v %+v %v", tt.url, brokers, topics, err)
		}
	}
}
