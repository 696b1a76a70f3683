package kafka_test

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/schemas"
	"wirecensus/schemas/wire"
	"wirecensus/sensor"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/publish"
	"wirecensus/sensor/publish/batch"
	"wirecensus/sensor/publish/kafka"
	"wirecensus/sensor/publish/outbox"
)

// serveVariable makes TestServe a broker for another process.
const serveVariable = "WIRECENSUS_TEST_BROKER"

// TestServe is a broker in a process of its own, until its standard input ends.
func TestServe(t *testing.T) {
	if os.Getenv(serveVariable) == "" {
		t.Skip("started by the benchmark")
	}
	fmt.Printf("listening %s\n", strings.Join(cluster(t, kfake.SeedTopics(6, kafka.DefaultTopic)).ListenAddrs(), ","))
	io.Copy(io.Discard, os.Stdin)
}

// brokerProcess starts a broker whose work is not that of this process.
func brokerProcess(b *testing.B) []string {
	b.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestServe$")
	cmd.Env = append(os.Environ(), serveVariable+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { in.Close(); cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	go io.Copy(io.Discard, out)
	return strings.Split(strings.TrimSpace(strings.TrimPrefix(line, "listening ")), ",")
}

// cpu returns the CPU time of this process, which others on the machine do not change.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// frames is a capture in memory as a source.
type frames struct {
	next func() (capture.Frame, bool)
}

func (s frames) Next(f *capture.Frame) (err error) {
	var ok bool
	if *f, ok = s.next(); !ok {
		return io.EOF
	}
	return nil
}

// BenchmarkSensor reads dense traffic with a sink that drops the calls, and with Kafka: the
// difference of cpu-ns/call is what publishing costs.
func BenchmarkSensor(b *testing.B) {
	for _, kind := range []string{"mix", "tiny"} {
		var all []capture.Frame
		for g := range synth.Load(kind, synth.LoadOptions{Seed: 1, Bytes: 30e6}).Frames() {
			all = append(all, capture.Frame{Data: append([]byte(nil), g.Data...), Time: g.Time, WireLen: g.Len, Link: capture.LinkEthernet})
		}
		run := func(sink publish.Sink) uint64 {
			next, stop := iter.Pull(func(yield func(capture.Frame) bool) {
				for _, f := range all {
					if !yield(f) {
						return
					}
				}
			})
			defer stop()
			cov, err := sensor.Run(b.Context(), sensor.Config{Source: frames{next}, Sink: func(int) publish.Sink { return sink }})
			if err != nil {
				b.Fatal(err)
			}
			return cov.Calls
		}
		b.Run(kind+"/none", func(b *testing.B) {
			start, calls := cpu(), uint64(0)
			for b.Loop() {
				calls += run(publish.Func(func(*schemas.Call) {}))
			}
			b.ReportMetric(float64(cpu()-start)/float64(calls), "cpu-ns/call")
		})
		for _, compression := range []string{"none", "lz4", "zstd"} {
			b.Run(kind+"/kafka-"+compression, func(b *testing.B) {
				cfg := kafka.Config{Brokers: brokerProcess(b), Topics: kafka.TopicsOf(kafka.DefaultTopic), Compression: compression, Partitions: 6, Replication: -1}
				broker := open(b, cfg)
				start, calls, epoch := cpu(), uint64(0), uint64(0)
				for b.Loop() {
					o := outbox.New(outbox.Config{Broker: broker, Partitions: broker.Partitions(), Memory: 64 << 20, Wait: true})
					epoch++
					l := o.Lane(wire.Origin{Sensor: "s", Epoch: epoch}, batch.Form{}, batch.DefaultLimits(), func(s string) int { return kafka.Partition(s, broker.Partitions()) })
					calls += run(l)
					l.Flush()
					if err := o.Close(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(cpu()-start)/float64(calls), "cpu-ns/call")
			})
		}
	}
}
