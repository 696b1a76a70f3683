package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/inventory/api"
	"wirecensus/schemas"
	"wirecensus/schemas/wire"
	"wirecensus/sensor"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/publish"
)

// published puts the calls of a capture into the topics of a new broker.
func published(t *testing.T, path string) (broker string) {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "shop.calls", "shop.definitions", "shop.coverage"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	send := func(topic string, key, value []byte) {
		if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: topic, Key: key, Value: value}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	src, err := capture.OpenFiles([]string{path}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	encoder, origin, next := wire.NewEncoder(), wire.Origin{Sensor: "tap", Epoch: 1}, uint64(0)
	batches := map[string]*wire.Batch{}
	seal := func(service string, batch *wire.Batch) {
		for _, d := range encoder.Definitions() {
			send("shop.definitions", d.ID[:], d.Value)
		}
		n := batch.Count()
		send("shop.calls", []byte(service), batch.Seal(nil, origin, next))
		next += uint64(n)
	}
	cov, err := sensor.Run(t.Context(), sensor.Config{Source: src, Sink: func(int) publish.Sink {
		return publish.Func(func(c *schemas.Call) {
			service := c.Service()
			if batches[service] == nil {
				batches[service] = new(wire.Batch)
			}
			if encoder.Add(batches[service], c); batches[service].Count() >= 100 {
				seal(service, batches[service])
			}
		})
	}})
	if err != nil {
		t.Fatal(err)
	}
	for service, batch := range batches {
		if batch.Count() > 0 {
			seal(service, batch)
		}
	}
	send("shop.coverage", []byte("tap"), wire.AppendCoverage(nil, &wire.CoverageReport{Origin: origin, Sequence: 1, Coverage: *cov}))
	return cluster.ListenAddrs()[0]
}

// TestInventoryIsReplay: calls that went over Kafka into an inventory give the
// endpoints and documents that a replay of the capture gives.
func TestInventoryIsReplay(t *testing.T) {
	path := writeCapture(t, synth.Company(synth.Options{Seed: 1, Days: 2}), "a.pcap")
	specs := writeSpecs(t)
	want := runReplay(t, nil, "--spec", specs, "--no-words", path)
	broker := published(t, path)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	log := new(output)
	var wg sync.WaitGroup
	status := 0
	wg.Go(func() {
		status = run(ctx, shell{nil, log, log}, []string{"inventory", "--from", "kafka://" + broker + "/shop.calls", "--store", "sqlite:" + filepath.Join(t.TempDir(), "x.db"), "--spec", specs, "--listen", addr})
	})
	c := &client{http: http.DefaultClient, base: "http://" + addr}
	var truth []api.Endpoint
	if err := json.Unmarshal(want.files["endpoints.json"], &truth); err != nil {
		t.Fatal(err)
	}
	got := settled(t, c, truth)
	a, _ := json.MarshalIndent(got, "", "  ")
	b, _ := json.MarshalIndent(truth, "", "  ")
	if !bytes.Equal(a, b) {
		t.Errorf("%d endpoints, %d of the replay, or they differ", len(got), len(truth))
		_ = os.WriteFile(filepath.Join(t.ArtifactDir(), "got.json"), a, 0o644)
	}
	for _, service := range []string{"api.brisa.example", "stock.internal:9000"} {
		text, _, err := c.do(t.Context(), http.MethodGet, "/api/v1/services/"+serviceName(service)+"/openapi.yaml", nil, nil, nil)
		name := map[string]string{"stock.internal:9000": "stock.internal_9000"}[service]
		if name == "" {
			name = service
		}
		if err != nil || !bytes.Equal(text, want.files["openapi/"+name+".yaml"]) {
			t.Errorf("the document of %s differs: %v", service, err)
		}
	}
	sensors, _, err := all[api.Sensor](t.Context(), c, "/api/v1/sensors", nil, 0)
	if err != nil || len(sensors) != 1 || sensors[0].Name != "tap" || sensors[0].Lost != 0 || sensors[0].Coverage == nil {
		t.Errorf("%+v %v", sensors, err)
	}
	if text, _, err := c.do(t.Context(), http.MethodGet, "/metrics", nil, nil, nil); err != nil || !bytes.Contains(text, []byte(`wirecensus_ingest_lag_records{`)) {
		t.Errorf("no lag in the metrics: %v", err)
	}
	stop()
	wg.Wait()
	if status != 0 {
		t.Errorf("status %d\n%s", status, log.String())
	}
}

// settled waits until the server has counted as many calls as there were.
func settled(t *testing.T, c *client, truth []api.Endpoint) []api.Endpoint {
	t.Helper()
	sum := func(list []api.Endpoint) (n uint64) {
		for _, e := range list {
			n += e.Calls
		}
		return n
	}
	var got []api.Endpoint
	for range 300 {
		time.Sleep(100 * time.Millisecond) // the server polls the broker
		list, _, err := all[api.Endpoint](t.Context(), c, "/api/v1/endpoints", url.Values{}, 0)
		if err != nil {
			continue
		}
		got = list
		if cov, err := get[schemas.Coverage](t.Context(), c, "/api/v1/coverage", nil); err == nil && cov.Frames > 0 && sum(got) == sum(truth) {
			return got
		}
	}
	return got
}
