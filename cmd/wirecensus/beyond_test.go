package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/twmb/franz-go/pkg/kfake"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/inventory/api"
	"wirecensus/inventory/store"
	"wirecensus/inventory/store/sqlite"
)

// topicBytes is everything that the topics hold, unpacked, by topic.
func topicBytes(t *testing.T, broker *kfake.Cluster) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for _, topic := range []string{"wirecensus.calls", "wirecensus.definitions", "wirecensus.coverage"} {
		var b bytes.Buffer
		for _, r := range readTopic(t, broker, topic) {
			fmt.Fprintf(&b, "%s\x00%s\x00", r.Key, r.Value)
			for _, h := range r.Headers {
				fmt.Fprintf(&b, "%s\x00%s\x00", h.Key, h.Value)
			}
		}
		if b.Len() == 0 {
			t.Errorf("nothing in %s", topic)
		}
		out["topic "+topic] = b.Bytes()
	}
	return out
}

// unpacked is a blob, and after it what is packed in it.
func unpacked(t *testing.T, blob []byte) []byte {
	t.Helper()
	at := bytes.Index(blob, []byte("\x28\xb5\x2f\xfd")) // RFC 8878, Section 3.1.1
	if at < 0 {
		return blob
	}
	d, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	out, err := d.DecodeAll(blob[at:], bytes.Clone(blob))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// storeBytes is everything that a store holds: its files as they are, and
// what the store gives out, unpacked.
func storeBytes(t *testing.T, path string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	files, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if out["file "+filepath.Base(f)], err = os.ReadFile(f); err != nil {
			t.Fatal(err)
		}
	}
	st, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	var parts, objects, cursors bytes.Buffer
	if err := st.Parts(t.Context(), 0, func(p store.Part) error {
		fmt.Fprintf(&parts, "%s\x00%s\x00", p.Key, unpacked(t, p.Blob))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	heads, err := st.Heads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for kind := range heads.Kinds {
		list, err := st.Objects(t.Context(), kind)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range list {
			fmt.Fprintf(&objects, "%s\x00%s\x00%s\x00", o.Kind, o.Name, unpacked(t, o.Blob))
		}
	}
	list, err := st.Cursors(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		fmt.Fprintf(&cursors, "%s\x00%s\x00", c.Topic, unpacked(t, c.Book))
	}
	if parts.Len() == 0 || objects.Len() == 0 || cursors.Len() == 0 {
		t.Errorf("the store holds %d, %d, %d bytes", parts.Len(), objects.Len(), cursors.Len())
	}
	out["parts"], out["objects"], out["cursors"] = parts.Bytes(), objects.Bytes(), cursors.Bytes()
	return out
}

// answerBytes is everything that an inventory answers, by path.
func answerBytes(t *testing.T, base string, endpoints []api.Endpoint) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	ask := func(path string) []byte {
		body, err := fetch(t, base, path)
		if err != nil {
			t.Error(err)
		}
		out["GET "+path] = body
		return body
	}
	for _, path := range []string{"/", "/metrics", "/healthz", "/readyz", "/api/v1", "/api/v1/coverage", "/api/v1/sensors", "/api/v1/specs", "/api/v1/overrides", "/api/v1/findings?limit=500",
		"/api/v1/endpoints?limit=500&class=endpoint,health,probed", "/api/v1/openapi.json"} {
		ask(path)
	}
	var findings struct{ Items []struct{ ID string } }
	if err := json.Unmarshal(out["GET /api/v1/findings?limit=500"], &findings); err != nil || len(findings.Items) == 0 {
		t.Errorf("no findings: %v", err)
	}
	for _, f := range findings.Items {
		ask("/api/v1/findings/" + url.PathEscape(f.ID))
	}
	documents := map[string]bool{}
	for _, e := range endpoints {
		documents[e.Service] = true
		ask("/api/v1/endpoints/" + url.PathEscape(e.ID))
	}
	var services struct{ Items []api.Service }
	if err := json.Unmarshal(ask("/api/v1/services?limit=500"), &services); err != nil || len(services.Items) == 0 {
		t.Errorf("no services: %v", err)
	}
	for _, s := range services.Items {
		at := "/api/v1/services/" + url.PathEscape(s.Name)
		for _, more := range []string{"", "/versions", "/explain?limit=500"} {
			ask(at + more)
		}
		if documents[s.Name] {
			ask(at + "/openapi.yaml")
			ask(at + "/openapi.json?openapi=3.0")
		}
	}
	return out
}

// TestCanariesBeyondSensor looks for every sensitive value of a capture in all
// that sensor and inventory leave behind: topics, store, logs, metrics, answers.
func TestCanariesBeyondSensor(t *testing.T) {
	if testing.Short() {
		t.Skip("sends much traffic")
	}
	c := synth.Company(synth.Options{Seed: 6, Days: 7, Trouble: synth.Moderate()})
	var h hunt
	for _, k := range c.Truth.Canaries {
		h.add(k.Value, k.Class != "jwt" && k.Class != "secret" && k.Class != "cookie" && k.Class != "value")
	}
	capture, specs, db := writeCapture(t, c, "a.pcap"), writeSpecs(t), filepath.Join(t.TempDir(), "x.db")
	broker := newBroker(t)
	status, _, sensorLog := sensorRun(t, t.Context(), "-r", capture, "--to", kafkaURL(broker), "--name", "s")
	if status != 0 || len(c.Truth.Canaries) < 500 {
		t.Fatalf("status %d, %d canaries\n%s", status, len(c.Truth.Canaries), sensorLog)
	}
	listen := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	base, log := "http://"+listen, new(output)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var wg sync.WaitGroup
	wg.Go(func() {
		status = run(ctx, shell{strings.NewReader(""), log, log}, []string{"inventory", "--from", kafkaURL(broker) + "/wirecensus.calls", "--store", "sqlite:" + db, "--spec", specs, "--listen", listen})
	})
	var truth []api.Endpoint
	if err := json.Unmarshal(runReplay(t, nil, "--spec", specs, capture).files["endpoints.json"], &truth); err != nil {
		t.Fatal(err)
	}
	settled(t, &client{http: http.DefaultClient, base: base}, truth)
	found := result{stdout: sensorLog, files: answerBytes(t, base, allEndpoints(t, base))}
	stop()
	wg.Wait()
	found.stderr = log.String()
	if status != 0 {
		t.Errorf("status %d\n%s", status, log)
	}
	for _, more := range []map[string][]byte{topicBytes(t, broker), storeBytes(t, db)} {
		for name, b := range more {
			found.files[name] = b
		}
	}
	t.Logf("%d canaries hunted for in %d outputs", len(c.Truth.Canaries), len(found.files))
	h.search(t, found, nil)
}
