package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/schemas"
	"wirecensus/schemas/wire"
)

// newBroker starts a broker in this process.
func newBroker(t testing.TB, opts ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1), kfake.SleepOutOfOrder()}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func kafkaURL(c *kfake.Cluster) string { return "kafka://" + strings.Join(c.ListenAddrs(), ",") }

// readTopic returns what a topic holds, in order within a partition.
func readTopic(t testing.TB, c *kfake.Cluster, topic string) []*kgo.Record {
	t.Helper()
	want := int64(0)
	for _, p := range c.PartitionInfos(topic) {
		want += p.HighWatermark
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(c.ListenAddrs()...), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
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

// callNumber is the number of a call.
type callNumber struct {
	wire.Origin
	partition int32
	number    uint64
}

// received reads the calls of a topic by their numbers.
func received(t testing.TB, c *kfake.Cluster, base string) map[callNumber]schemas.Call {
	t.Helper()
	d := wire.NewDecoder()
	for _, r := range readTopic(t, c, base+".definitions") {
		if err := d.Define(wire.Definition{ID: wire.ID(r.Key), Value: r.Value}); err != nil {
			t.Fatal(err)
		}
	}
	got := map[callNumber]schemas.Call{}
	for _, r := range readTopic(t, c, base+".calls") {
		n := uint64(0)
		var calls []schemas.Call
		h, err := d.Decode(r.Value, func(call *schemas.Call) { calls = append(calls, *call) })
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range calls {
			at := callNumber{h.Origin, r.Partition, h.First + n}
			n++
			if old, dup := got[at]; dup && !reflect.DeepEqual(old, call) {
				t.Fatalf("two calls have the number %+v", at)
			}
			if call.Service() != string(r.Key) {
				t.Errorf("a call to %s has the key %s", call.Service(), r.Key)
			}
			got[at] = call
		}
	}
	return got
}

// ids are the ids of the calls, in order.
func ids(calls map[callNumber]schemas.Call) []string {
	var out []string
	for c := range maps.Values(calls) {
		out = append(out, c.ID)
	}
	slices.Sort(out)
	return out
}

// holes returns how many numbers below the highest are missing, in all sequences.
func holes(calls map[callNumber]schemas.Call) (missing uint64) {
	type sequence struct {
		wire.Origin
		partition int32
	}
	high, have := map[sequence]uint64{}, map[sequence]uint64{}
	for at := range calls {
		s := sequence{at.Origin, at.partition}
		high[s] = max(high[s], at.number+1)
		have[s]++
	}
	for s := range high {
		missing += high[s] - have[s]
	}
	return missing
}

// sensorRun is one run of "wirecensus sensor".
func sensorRun(t testing.TB, ctx context.Context, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(ctx, shell{strings.NewReader(""), &out, &errs}, append([]string{"sensor"}, args...))
	return status, out.String(), errs.String()
}

// TestKafkaFile sends a capture twice: what the topics hold is what --to - writes, and the
// second run gives every call the number that it had.
func TestKafkaFile(t *testing.T) {
	path := writeCapture(t, synth.Company(synth.Options{Seed: 3, Days: 1}), "a.pcap")
	_, lines, _ := sensorRun(t, t.Context(), "-r", path, "--to", "-")
	var want []string
	for line := range strings.Lines(lines) {
		var c schemas.Call
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		want = append(want, c.ID)
	}
	slices.Sort(want)
	for _, shards := range []int{1, 3} {
		t.Run(fmt.Sprintf("%d shards", shards), func(t *testing.T) {
			broker := newBroker(t)
			args := []string{"-r", path, "--to", kafkaURL(broker), "--shards", fmt.Sprint(shards), "--name", "s1"}
			if status, _, log := sensorRun(t, t.Context(), args...); status != 0 {
				t.Fatal(log)
			}
			first := received(t, broker, "wirecensus")
			if d := cmp.Diff(want, ids(first)); d != "" || holes(first) != 0 {
				t.Fatalf("%d calls with %d holes, want %d", len(first), holes(first), len(want))
			}
			if status, _, log := sensorRun(t, t.Context(), args...); status != 0 {
				t.Fatal(log)
			}
			// received fails where a number has two calls.
			if second := received(t, broker, "wirecensus"); len(second) != len(first) {
				t.Fatalf("%d numbers after the second run, %d after the first", len(second), len(first))
			}
			if cov := readTopic(t, broker, "wirecensus.coverage"); len(cov) != 2 || string(cov[0].Key) != "s1" {
				t.Errorf("%d coverage reports", len(cov))
			}
			info := broker.TopicInfo("wirecensus.definitions")
			if info == nil || info.Configs["cleanup.policy"] == nil || *info.Configs["cleanup.policy"] != "compact" {
				t.Errorf("the topic of the definitions is %+v", info)
			}
		})
	}
}

// TestKafkaInterrupted stops a run in the middle: the numbers sent are those of a whole run.
func TestKafkaInterrupted(t *testing.T) {
	broker := newBroker(t)
	path := writeCapture(t, synth.Company(synth.Options{Seed: 4, Days: 14}), "a.pcap")
	args := []string{"-r", path, "--to", kafkaURL(broker), "--name", "s1", "--flush-timeout", "1s"}
	for i := range 8 {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Duration(20+30*i)*time.Millisecond, cancel)
		if status, _, log := sensorRun(t, ctx, args...); status != 0 {
			t.Fatal(log)
		}
	}
	part := received(t, broker, "wirecensus")
	if status, _, log := sensorRun(t, t.Context(), args...); status != 0 {
		t.Fatal(log)
	}
	whole := received(t, broker, "wirecensus")
	t.Logf("%d of %d calls before the last run", len(part), len(whole))
	if holes(whole) != 0 || len(ids(whole)) != len(slices.Compact(ids(whole))) {
		t.Errorf("%d calls, %d different, %d holes", len(whole), len(slices.Compact(ids(whole))), holes(whole))
	}
}

// TestKafkaErrors: without a broker the sensor says so and how to go on; a password is not in it.
func TestKafkaErrors(t *testing.T) {
	path := writeCapture(t, synth.Company(synth.Options{Seed: 3, Days: 1}), "a.pcap")
	secret := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(secret, []byte("tops3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	login := newBroker(t, kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-256", "u", "right"))
	open := newBroker(t)
	for _, tt := range []struct {
		to   string
		args []string
		want string
	}{
		{"kafka://127.0.0.1:1", nil, "nobody listens there"},
		{kafkaURL(login), []string{"--kafka-sasl", "scram-sha-256", "--kafka-user", "u", "--kafka-password-file", secret}, "user or password"},
		{kafkaURL(login), nil, "--kafka-sasl"},
		{kafkaURL(open), []string{"--kafka-tls"}, "--kafka-tls"},
		{kafkaURL(open), []string{"--kafka-replication", "3"}, "--kafka-replication"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		status, _, log := sensorRun(t, ctx, append([]string{"-r", path, "--to", tt.to}, tt.args...)...)
		cancel()
		if status != 1 || !strings.Contains(log, "wirecensus: hint:") || !strings.Contains(log, tt.want) || strings.Contains(log, "tops3cret") {
			t.Errorf("%s %v: status %d, want %q in\n%s", tt.to, tt.args, status, tt.want, log)
		}
	}
}

// TestProtobufFile: a file of records holds the calls that --to - writes.
func TestProtobufFile(t *testing.T) {
	path := writeCapture(t, synth.Company(synth.Options{Seed: 3, Days: 1}), "a.pcap")
	_, lines, _ := sensorRun(t, t.Context(), "-r", path, "--to", "-")
	want := map[string]schemas.Call{}
	for line := range strings.Lines(lines) {
		var c schemas.Call
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		want[c.ID] = c
	}
	out := filepath.Join(t.TempDir(), "calls.pb")
	if status, _, log := sensorRun(t, t.Context(), "-r", path, "--to", "file:"+out, "--name", "s1"); status != 0 {
		t.Fatal(log)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	status, piped, log := sensorRun(t, t.Context(), "-r", path, "--to", "-", "--encoding", "protobuf")
	if status != 0 {
		t.Fatal(log)
	}
	for _, text := range []string{string(b), piped} {
		r, d, n := wire.NewDelimitedReader(strings.NewReader(text)), wire.NewDecoder(), 0
		for {
			value, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.Decode(value, func(c *schemas.Call) {
				n++
				got, _ := json.Marshal(c)
				line, _ := json.Marshal(want[c.ID])
				if !bytes.Equal(got, line) {
					t.Errorf("got  %s\nwant %s", got, line)
				}
			}); err != nil {
				t.Fatal(err)
			}
		}
		if n != len(want) {
			t.Errorf("%d calls, want %d", n, len(want))
		}
	}
}

// TestKafkaForms: JSON records are whole events, definitions have the words of enumerations, headers
// are those of CloudEvents, and coverage says what was seen.
func TestKafkaForms(t *testing.T) {
	path := writeCapture(t, synth.Company(synth.Options{Seed: 3, Days: 1}), "a.pcap")
	for _, encoding := range []string{"json", "protobuf"} {
		t.Run(encoding, func(t *testing.T) {
			broker := newBroker(t)
			status, _, log := sensorRun(t, t.Context(), "-r", path, "--to", kafkaURL(broker)+"/apis.calls", "--encoding", encoding, "--name", "s 1", "--compression", "gzip", "--kafka-partitions", "2")
			if status != 0 {
				t.Fatal(log)
			}
			calls := received(t, broker, "apis")
			words := 0
			for _, r := range readTopic(t, broker, "apis.definitions") {
				if kind, _, err := wire.ParseDefinition(r.Value); err == nil && kind == wire.WordKind {
					words++
				}
			}
			cov, err := wire.ParseCoverage(readTopic(t, broker, "apis.coverage")[0].Value)
			if err != nil || cov.Coverage.Calls != counted(maps.Values(calls)) || cov.Sensor != "s 1" || words == 0 {
				t.Errorf("%v: %d calls of %d, %d words", err, cov.Coverage.Calls, len(calls), words)
			}
			headers := map[string]string{}
			r := readTopic(t, broker, "apis.calls")[0]
			for _, h := range r.Headers {
				headers[h.Key] = string(h.Value)
			}
			want := map[string]string{"json": "application/cloudevents+json; charset=UTF-8", "protobuf": "application/protobuf"}[encoding]
			if headers["content-type"] != want || encoding == "protobuf" && headers["ce_source"] != "/sensor/s%201" || encoding == "json" && !json.Valid(r.Value) {
				t.Errorf("headers %v of %.60q", headers, r.Value)
			}
			if n := len(broker.PartitionInfos("apis.calls")); n != 2 {
				t.Errorf("%d partitions", n)
			}
		})
	}
}

// TestKafkaKilled kills sensors that read a file, and starts them again, with a spool: every call
// arrives under one number and none is missing, for any number of workers.
func TestKafkaKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	exe := build(t)
	path := writeCapture(t, synth.Company(synth.Options{Seed: 5, Days: 14}), "a.pcap")
	_, lines, _ := sensorRun(t, t.Context(), "-r", path, "--to", "-")
	want := strings.Count(lines, "\n")
	for _, shards := range []string{"1", "3"} {
		broker := newBroker(t)
		args := []string{"sensor", "-r", path, "--to", kafkaURL(broker), "--name", "s1", "--shards", shards, "--spool", filepath.Join(t.TempDir(), "spool"), "--queue-size", "1MiB"}
		for i := range 6 {
			cmd := exec.Command(exe, args...)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(20+35*i) * time.Millisecond) // the one way to kill it anywhere
			cmd.Process.Kill()
			cmd.Wait()
		}
		if out, err := exec.Command(exe, args...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		// received fails where a number has two calls.
		got := received(t, broker, "wirecensus")
		if len(got) != want || len(slices.Compact(ids(got))) != want || holes(got) != 0 {
			t.Errorf("%s shards: %d numbers, %d calls, %d holes, want %d", shards, len(got), len(slices.Compact(ids(got))), holes(got), want)
		}
	}
}
