package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/inventory/api"
)

// writeKey makes a key for digests and returns the file.
func writeKey(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte("0123456789abcdef"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// awaitCalls waits until an inventory has received so many calls of the sensor
// s, and its coverage, and returns what it knows of it.
func awaitCalls(t testing.TB, p *program, base string, calls uint64) (got api.Sensor) {
	t.Helper()
	var err error
	for end := time.Now().Add(5 * time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if !p.running() {
			t.Fatalf("the inventory has ended:\n%s", p.log)
		}
		if got, err = sensorOf(t, base, "s"); err == nil && got.Calls >= calls {
			return got
		}
	}
	t.Fatalf("%d calls, want %d: %v\n%s", got.Calls, calls, err, p.log)
	return got
}

// awaitEnd waits until a program has ended without an error.
func awaitEnd(t testing.TB, p *program) {
	t.Helper()
	for end := time.Now().Add(5 * time.Minute); p.running(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s does not end:\n%s", p.args[0], p.log)
		}
	}
}

// mustHaveDocuments fails where the documents of an inventory are not, name by
// name and byte by byte, those of the reference.
func mustHaveDocuments(t testing.TB, base string, want *reference) (n int) {
	t.Helper()
	body, err := fetch(t, base, "/api/v1/services?limit=500")
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Items []api.Service }
	if err := json.Unmarshal(body, &list); err != nil {
		t.Fatal(err)
	}
	left := map[string]bool{}
	files, err := filepath.Glob(filepath.Join(want.dir, "openapi", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		left[filepath.Base(f)] = true
	}
	for _, s := range list.Items {
		for _, ending := range []string{".yaml", ".json"} {
			name := strings.ReplaceAll(s.Name, ":", "_") + ending
			if !left[name] {
				continue
			}
			delete(left, name)
			file, err := os.ReadFile(filepath.Join(want.dir, "openapi", name))
			if err != nil {
				t.Fatal(err)
			}
			got, err := fetch(t, base, "/api/v1/services/"+url.PathEscape(s.Name)+"/openapi"+ending)
			if err != nil {
				t.Fatal(err)
			}
			if n++; !bytes.Equal(file, got) {
				t.Errorf("%s differs from that of a replay:\n%s", name, cmp.Diff(string(file), string(got)))
			}
		}
	}
	if len(left) > 0 {
		t.Errorf("the inventory has no documents %v", left)
	}
	return n
}

// mustHaveFindings fails where the findings of an inventory are not those of the reference.
func mustHaveFindings(t testing.TB, base string, want *reference) (n int) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(want.dir, "findings.json"))
	if err != nil {
		t.Fatal(err)
	}
	body, err := fetch(t, base, "/api/v1/findings?limit=500")
	if err != nil {
		t.Fatal(err)
	}
	var replay []map[string]any
	var list struct{ Items []map[string]any }
	if err := json.Unmarshal(text, &replay); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, &list); err != nil {
		t.Fatal(err)
	}
	order := func(a, b map[string]any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) }
	slices.SortFunc(replay, order)
	slices.SortFunc(list.Items, order)
	if d := cmp.Diff(replay, list.Items); d != "" {
		t.Errorf("findings differ from those of a replay (-replay +inventory):\n%s", d)
	}
	return len(replay)
}

// TestRealBrokers sends the demo company's capture through Apache Kafka, with
// sensor and inventory as processes of their own: endpoints, counts, findings
// and documents are those of a replay.
func TestRealBrokers(t *testing.T) {
	if testing.Short() {
		t.Skip("a real broker is not for -short")
	}
	exe, key, specs := build(t), writeKey(t), writeSpecs(t)
	capture := writeCapture(t, synth.Company(synth.Options{Seed: 1, Trouble: synth.Moderate(), Beyond: true}), "demo.pcapng")
	want := replayed(t, exe, capture, key, "--spec", specs, "--calls")
	for _, version := range []string{kafka4, kafka3} {
		t.Run(version, func(t *testing.T) {
			broker, listen := startKafka(t, version), fmt.Sprintf("127.0.0.1:%d", freePort(t))
			topic, base := "kafka://"+broker.addr+"/wirecensus.calls", "http://"+listen
			inventory := newProgram(t, exe, "inventory", "--from", topic, "--store", "sqlite:"+filepath.Join(t.TempDir(), "inventory.db"), "--spec", specs, "--listen", listen)
			sensor := newProgram(t, exe, "sensor", "--read", capture, "--to", topic, "--name", "s", "--key", key, "--shards", "2")
			inventory.start()
			sensor.start()
			awaitEnd(t, sensor)
			got := awaitCalls(t, inventory, base, want.calls)
			mustAgree(t, base, want)
			documents, findings := mustHaveDocuments(t, base, want), mustHaveFindings(t, base, want)
			t.Logf("%d calls, %d endpoints, %d documents, %d findings", got.Calls, len(want.endpoints), documents, findings)
			if got.Calls != want.calls || got.Lost != 0 || documents < 10 || findings == 0 {
				t.Errorf("sensor %+v, %d documents, %d findings", got, documents, findings)
			}
		})
	}
}
