package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/inventory/api"
	"wirecensus/schemas"
)

// Environment of the long runs: how many calls flow, and how many seeds are tried.
const (
	chaosCalls = "WIRECENSUS_CHAOS_CALLS"
	chaosSeeds = "WIRECENSUS_CHAOS_SEEDS"
)

func chaosNumber(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s=%q is no number", name, text)
	}
	return n
}

// program is one of our processes that may be killed and started again.
type program struct {
	t    testing.TB
	exe  string
	args []string
	cmd  *exec.Cmd
	log  *output
	over chan error // one value when the process has ended
}

func newProgram(t testing.TB, exe string, args ...string) *program {
	p := &program{t: t, exe: exe, args: args, log: new(output)}
	t.Cleanup(p.kill)
	return p
}

func (p *program) start() {
	p.t.Helper()
	p.cmd = exec.Command(p.exe, p.args...)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	p.cmd.SysProcAttr = mortal()
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	over := make(chan error, 1)
	p.over = over
	go func(cmd *exec.Cmd) { over <- cmd.Wait() }(p.cmd)
}

// running reports whether the process is there; it fails the test if it ended by itself with an error.
func (p *program) running() bool {
	p.t.Helper()
	if p.over == nil {
		return false
	}
	select {
	case err := <-p.over:
		p.over = nil
		if err != nil {
			p.t.Fatalf("%s: %v\n%s", p.args[0], err, p.log)
		}
		return false
	default:
		return true
	}
}

func (p *program) kill() {
	if p.over != nil {
		p.cmd.Process.Kill()
		<-p.over
		p.over = nil
	}
}

// flood writes a capture of at least so many short calls and returns its path.
func flood(t testing.TB, calls int, seed uint64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "traffic.pcap")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	// A short call has about 950 bytes of payload.
	c := synth.Load("tiny", synth.LoadOptions{Seed: seed, Bytes: int64(calls) * 1000})
	w := synth.NewWriter(f, synth.PCAPNano, c.Link, c.SnapLen)
	for frame := range c.Frames() {
		if err := w.Write(frame); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// reference is what a replay of the capture writes.
type reference struct {
	dir       string
	calls     uint64 // that a sensor sends: with --calls those too that continue others
	endpoints []api.Endpoint
}

func replayed(t testing.TB, exe, capture, key string, args ...string) *reference {
	t.Helper()
	r := &reference{dir: t.TempDir()}
	if text, err := exec.Command(exe, append([]string{"replay", "--quiet", "--key", key, "--out", r.dir, capture}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("replay: %v\n%s", err, text)
	}
	text, err := os.ReadFile(filepath.Join(r.dir, "endpoints.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &r.endpoints); err != nil {
		t.Fatal(err)
	}
	text, err = os.ReadFile(filepath.Join(r.dir, "coverage.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cov schemas.Coverage
	if err := json.Unmarshal(text, &cov); err != nil {
		t.Fatal(err)
	}
	r.calls = cov.Calls
	if text, err := os.ReadFile(filepath.Join(r.dir, "calls.ndjson")); err == nil {
		r.calls = uint64(bytes.Count(text, []byte("\n")))
	}
	return r
}

// fetch reads a resource of an inventory.
func fetch(t testing.TB, base, path string) ([]byte, error) {
	t.Helper()
	resp, err := (&http.Client{Timeout: 30 * time.Second}).Get(base + path)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s: %s", path, resp.Status, body)
	}
	return body, err
}

// sensorOf reads what an inventory knows of a sensor.
func sensorOf(t testing.TB, base, name string) (s api.Sensor, err error) {
	body, err := fetch(t, base, "/api/v1/sensors")
	if err != nil {
		return s, err
	}
	var list struct{ Items []api.Sensor }
	if err := json.Unmarshal(body, &list); err != nil {
		return s, err
	}
	for _, s := range list.Items {
		if s.Name == name {
			return s, nil
		}
	}
	return s, fmt.Errorf("no sensor %q in %s", name, body)
}

// allEndpoints reads every endpoint of an inventory, page by page.
func allEndpoints(t testing.TB, base string) []api.Endpoint {
	t.Helper()
	var out []api.Endpoint
	for cursor := ""; ; {
		body, err := fetch(t, base, "/api/v1/endpoints?limit=500&cursor="+url.QueryEscape(cursor))
		if err != nil {
			t.Fatal(err)
		}
		var page struct {
			Items []api.Endpoint
			Next  string
		}
		if err := json.Unmarshal(body, &page); err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Items {
			e.Former, e.Taken = nil, nil // a replay decides once
			out = append(out, e)
		}
		if cursor = page.Next; cursor == "" {
			return out
		}
	}
}

// mustAgree fails where the inventory's endpoints or documents are not those of the reference.
func mustAgree(t testing.TB, base string, want *reference) {
	t.Helper()
	d := ""
	// What was received is decided on a moment later.
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(500 * time.Millisecond) {
		if d = cmp.Diff(want.endpoints, allEndpoints(t, base)); d == "" {
			break
		}
	}
	if d != "" {
		t.Fatalf("endpoints differ from those of a replay (-replay +inventory):\n%s", d)
	}
	services := map[string]bool{}
	for _, e := range want.endpoints {
		services[e.Service] = true
	}
	for s := range services {
		got, err := fetch(t, base, "/api/v1/services/"+url.PathEscape(s)+"/openapi.yaml")
		if err != nil {
			t.Fatal(err)
		}
		file, err := os.ReadFile(filepath.Join(want.dir, "openapi", strings.ReplaceAll(s, ":", "_")+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(file, got) {
			t.Fatalf("the document of %s differs from that of a replay:\n%s", s, cmp.Diff(string(file), string(got)))
		}
	}
}

// TestChaos kills sensor, broker and inventory with SIGKILL at random moments
// while calls flow. In the end the inventory has exactly the endpoints, counts and documents of a replay.
func TestChaos(t *testing.T) {
	seeds, calls := chaosNumber(t, chaosSeeds, 1), chaosNumber(t, chaosCalls, 20_000)
	for seed := range seeds {
		t.Run(strconv.Itoa(seed), func(t *testing.T) { chaos(t, uint64(seed), calls) })
	}
}

func chaos(t *testing.T, seed uint64, calls int) {
	broker := startKafka(t, kafka4)
	exe, dir := build(t), t.TempDir()
	capture, key := flood(t, calls, seed), writeKey(t)
	want := replayed(t, exe, capture, key)
	listen := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	topic := "kafka://" + broker.addr + "/wirecensus.calls"
	sensor := newProgram(t, exe, "sensor", "--read", capture, "--to", topic, "--name", "s", "--key", key, "--spool", filepath.Join(dir, "spool"))
	inventory := newProgram(t, exe, "inventory", "--from", topic, "--store", "sqlite:"+filepath.Join(dir, "inventory.db"), "--listen", listen)
	sensor.start()
	inventory.start()

	rng := rand.New(rand.NewPCG(seed, 1))
	pause := func(most time.Duration) { time.Sleep(time.Duration(rng.Int64N(int64(most)))) }
	var kills struct{ sensor, inventory, broker int }
	most, span := 12+calls/100_000, time.Duration(calls)*20*time.Microsecond+2*time.Second
	for end := time.Now().Add(10 * time.Minute); sensor.running() && time.Now().Before(end); {
		pause(span / 4)
		if !sensor.running() || kills.sensor+kills.inventory+kills.broker >= most {
			continue
		}
		switch rng.IntN(3) {
		case 0:
			kills.sensor++
			sensor.kill()
			pause(time.Second)
			sensor.start()
		case 1:
			kills.inventory++
			inventory.kill()
			pause(time.Second)
			inventory.start()
		default:
			kills.broker++
			broker.kill()
			pause(2 * time.Second)
			broker.start()
		}
	}
	inventory.kill()
	inventory.start()
	base := "http://" + listen
	var got api.Sensor
	var err error
	for end := time.Now().Add(5 * time.Minute); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if !inventory.running() {
			t.Fatalf("the inventory has ended:\n%s", inventory.log)
		}
		if got, err = sensorOf(t, base, "s"); err == nil && got.Calls >= want.calls {
			break
		}
	}
	t.Logf("seed %d: %d calls, kills %+v; received %d, lost %d, duplicates %d (%v)", seed, want.calls, kills, got.Calls, got.Lost, got.Duplicates, err)
	if err != nil || got.Lost != 0 {
		t.Fatalf("sensor %+v, %v\n%s\n%s", got, err, sensor.log, inventory.log)
	}
	mustAgree(t, base, want)
}
