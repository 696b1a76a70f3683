package sensor_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/metrics"
	"runtime/pprof"
	"slices"
	"strconv"
	"testing"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/schemas"
	"wirecensus/sensor"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/publish"
)

// Environment of the benchmark: the folder of its captures and the number of
// rounds; for a child process, what it runs over which file.
const (
	benchDir     = "WIRECENSUS_BENCH"
	benchRounds  = "WIRECENSUS_BENCH_ROUNDS"
	benchLoads   = "WIRECENSUS_BENCH_LOADS" // regexp: the captures to run over, all by default
	benchProgram = "WIRECENSUS_BENCH_PROGRAM"
	benchFile    = "WIRECENSUS_BENCH_FILE"
	benchProfile = "WIRECENSUS_BENCH_PROFILE"
)

// programs are what is measured, each in a process of its own.
var programs = map[string]func(path string) (tally, error){
	"sensor":  func(path string) (tally, error) { return whole(path, 1) },
	"sensor2": func(path string) (tally, error) { return whole(path, 2) },
	"y1":      walk,
	"y2":      textbook,
}

// whole runs the sensor from the capture file to calls in a null sink.
func whole(path string, shards int) (t tally, err error) {
	src, err := capture.OpenFiles([]string{path}, os.Stdin)
	if err != nil {
		return t, err
	}
	defer src.Close()
	sinks := make([]tally, shards)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cov, err := sensor.Run(context.Background(), sensor.Config{Source: src, Shards: shards, Headroom: 24 << 20, Lend: true, Sink: func(i int) publish.Sink {
		t := &sinks[i]
		return publish.Func(func(c *schemas.Call) {
			if c.Status != 0 {
				t.Pairs++
			}
			if c.Request.Unread != "" || c.Response.Unread != "" {
				t.Unread++
			}
		})
	}})
	runtime.ReadMemStats(&after)
	for _, s := range sinks {
		t.Pairs += s.Pairs
		t.Unread += s.Unread
	}
	t.Requests, t.Responses, t.Mallocs = cov.Calls, t.Pairs+cov.Orphans, after.Mallocs-before.Mallocs
	sample := []metrics.Sample{{Name: "/cpu/classes/gc/total:cpu-seconds"}}
	metrics.Read(sample)
	t.GC = sample[0].Value.Float64()
	return t, err
}

// peak is the most memory that this process had resident since it began, in KiB; 0 where /proc does not
// say. The kernel's figure for a child that ended (getrusage) begins with that of the process that forked it.
func peak() (kib uint64) {
	b, _ := os.ReadFile("/proc/self/status")
	if _, rest, ok := bytes.Cut(b, []byte("VmHWM:")); ok {
		fmt.Sscan(string(rest), &kib)
	}
	return kib
}

// TestProgram is the child process of TestGoals.
func TestProgram(t *testing.T) {
	run := programs[os.Getenv(benchProgram)]
	if run == nil {
		t.Skip(benchProgram + " names no program; make bench sets it")
	}
	if name := os.Getenv(benchProfile); name != "" {
		f, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			t.Fatal(err)
		}
		defer pprof.StopCPUProfile()
	}
	got, err := run(os.Getenv(benchFile))
	if err != nil {
		t.Fatal(err)
	}
	got.Peak = peak()
	b, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("tally %s\n", b)
}

// reading is one process measured.
type reading struct {
	tally
	cpu float64 // seconds, user and system
	rss float64 // MiB, peak
}

func measure(t *testing.T, program, file string) reading {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestProgram$", "-test.v")
	cmd.Env = append(os.Environ(), benchProgram+"="+program, benchFile+"="+file)
	out, err := cmd.CombinedOutput()
	_, text, ok := bytes.Cut(out, []byte("tally "))
	if err != nil || !ok {
		t.Fatalf("%s over %s: %v\n%s", program, file, err, out)
	}
	var r reading
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&r.tally); err != nil {
		t.Fatal(err)
	}
	r.cpu = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	if r.rss = float64(r.Peak) / 1024; r.rss == 0 {
		t.Fatalf("%s over %s: /proc does not say how much memory it took", program, file)
	}
	return r
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

func cpu(rs []reading) (v []float64) {
	for _, r := range rs {
		v = append(v, r.cpu)
	}
	return v
}

// readings are by capture and program.
type readings map[string]map[string][]reading

// have reports whether all of these captures were run over.
func (r readings) have(captures ...string) bool {
	return !slices.ContainsFunc(captures, func(name string) bool { return r[name] == nil })
}

// ratio is the median of b's CPU time by a's, round by round.
func ratio(b, a []reading) float64 {
	var v []float64
	for i := range a {
		v = append(v, b[i].cpu/a[i].cpu)
	}
	return median(v)
}

// load is one of the captures.
type load struct {
	name  string
	kind  string
	bytes int64
	seed  uint64
	http2 bool
}

var loads = []load{
	{"mix", "mix", 100 << 20, 1, false}, {"tiny", "tiny", 310_000_000, 3, false}, {"disorder", "disorder", 100 << 20, 4, false},
	{"mix-h2", "mix", 100 << 20, 1, true}, {"tiny-h2", "tiny", 310_000_000, 3, true},
	{"manyconns", "manyconns", 120_000_000, 5, false}, {"big", "mix", 1_000_000_000, 2, false},
}

// capture writes the capture unless it is there, and returns its path and truth.
func (l load) capture(t *testing.T, dir string) (path string, sum synth.Summary) {
	t.Helper()
	path = filepath.Join(dir, l.name+".pcap")
	var truth synth.Truth
	if b, err := os.ReadFile(path + ".truth.json"); err == nil {
		if err := json.Unmarshal(b, &truth); err != nil {
			t.Fatal(err)
		}
		return path, truth.Summary
	}
	c := synth.Load(l.kind, synth.LoadOptions{Seed: l.seed, Bytes: l.bytes, HTTP2: l.http2, Trouble: synth.LoadTrouble(l.kind)})
	if _, _, err := (synth.Files{Path: path}).Write(c); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path + ".truth.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := c.Truth.WriteTo(f); err != nil {
		t.Fatal(err)
	}
	return path, c.Truth.Summary
}

// table prints one goal a line.
type table struct {
	io.Writer
	missed int
}

// goal prints a figure beside its floor (or its ceiling when most is set) and
// the stretch that is aimed at.
func (w *table) goal(id, what, unit string, got, hard, stretch float64, most bool) {
	verdict := "stretch"
	switch {
	case most && got > hard, !most && got < hard:
		verdict = "MISSED"
		w.missed++
	case most && got > stretch, !most && got < stretch:
		verdict = "hard"
	}
	fmt.Fprintf(w, "%-4s %-46s %9.2f %-5s  hard %7.2f  stretch %7.2f  %s\n", id, what, got, unit, hard, stretch, verdict)
}

// TestGoals measures the sensor beside the yardsticks and prints the goals.
// Processes of A and B alternate on the same files; single CPU times depend on
// the machine and on who else uses it, the ratios hardly.
func TestGoals(t *testing.T) {
	dir := os.Getenv(benchDir)
	if dir == "" {
		t.Skip(benchDir + " names no folder; make bench sets it")
	}
	rounds := 5
	if n, err := strconv.Atoi(os.Getenv(benchRounds)); err == nil {
		rounds = n
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	wanted, err := regexp.Compile("^(" + cmp.Or(os.Getenv(benchLoads), ".*") + ")$")
	if err != nil {
		t.Fatal(err)
	}
	got := readings{}
	truth := map[string]synth.Summary{}
	for _, l := range loads {
		if !wanted.MatchString(l.name) {
			continue
		}
		path, sum := l.capture(t, dir)
		truth[l.name], got[l.name] = sum, map[string][]reading{}
		names, n := []string{"sensor", "y2", "y1", "sensor2"}, rounds
		if l.name == "manyconns" || l.name == "big" {
			names, n = names[:1], 1
		}
		if l.http2 {
			names = names[:1]
		}
		for range n {
			for _, p := range names {
				r := measure(t, p, path)
				fmt.Fprintf(os.Stderr, "%-10s %-8s %7.3f s %6.0f MiB\n", l.name, p, r.cpu, r.rss)
				got[l.name][p] = append(got[l.name][p], r)
			}
		}
	}
	w := &table{Writer: os.Stdout}
	fmt.Fprintf(w, "%s, %s/%s, %d CPUs, %d rounds; capture file to calls in a null sink (not encoded), every body read, values redacted\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), rounds)
	fmt.Fprintf(w, "CPU seconds (median)  %8s %8s %8s %8s\n", "sensor", "y1", "y2", "2 shards")
	for _, l := range loads[:3] {
		r := got[l.name]
		if r == nil {
			continue
		}
		fmt.Fprintf(w, "%-20s  %8.3f %8.3f %8.3f %8.3f\n", l.name, median(cpu(r["sensor"])), median(cpu(r["y1"])), median(cpu(r["y2"])), median(cpu(r["sensor2"])))
	}
	fmt.Fprintln(w)
	speed(w, got)
	counts(w, got, truth)
	memory(w, got)
	fmt.Fprintf(w, "\n%d goals missed\n", w.missed)
}

func speed(w *table, got readings) {
	for _, g := range []struct {
		file          string
		hard, stretch float64
	}{{"mix", 6, 9}, {"tiny", 10, 15}, {"disorder", 5, 8}} {
		if got.have(g.file) {
			w.goal("G1", "cheaper than y2, "+g.file, "x", ratio(got[g.file]["y2"], got[g.file]["sensor"]), g.hard, g.stretch, false)
		}
	}
	if got.have("mix") {
		w.goal("G2", "speed of y1, mix", "%", 100*ratio(got["mix"]["y1"], got["mix"]["sensor"]), 10, 15, false)
	}
	if got.have("tiny") {
		w.goal("G2", "speed of y1, tiny", "%", 100*ratio(got["tiny"]["y1"], got["tiny"]["sensor"]), 22, 33, false)
	}
	for _, name := range []string{"mix", "tiny"} {
		if got.have(name, name+"-h2") {
			w.goal("G h2", "calls/s in HTTP/2 by those in HTTP/1, "+name, "%", 100*ratio(got[name]["sensor"], got[name+"-h2"]["sensor"]), 50, 80, false)
		}
	}
}

func counts(w *table, got readings, truth map[string]synth.Summary) {
	for _, name := range []string{"mix", "tiny", "mix-h2", "tiny-h2", "manyconns", "big"} {
		if !got.have(name) {
			continue
		}
		r, s := got[name]["sensor"][0], truth[name]
		off := diff(r.Requests, s.Requests) + diff(r.Responses, s.Responses) + diff(r.Pairs, s.Whole) + r.Unread
		w.goal("G6", "messages not as in the truth, "+name, "", float64(off), 0, 0, true)
	}
	if got.have("disorder") {
		r, s := got["disorder"]["sensor"][0], truth["disorder"]
		w.goal("G6", "whole request heads found, disorder", "%", 100*float64(r.Requests)/float64(s.RequestHeads), 99.9, 99.9, false)
		w.goal("G6", "whole exchanges found, disorder", "%", 100*min(1, float64(r.Pairs)/float64(s.Whole)), 98.5, 99.5, false)
	}
}

func diff(a, b uint64) uint64 { return max(a, b) - min(a, b) }

func memory(w *table, got readings) {
	if got.have("manyconns") {
		w.goal("G7", "peak RSS at 50,000 connections", "MiB", got["manyconns"]["sensor"][0].rss, 80, 64, true)
	}
	if got.have("big", "mix") {
		w.goal("G7", "peak RSS on 1 GB by that on 100 MB", "x", got["big"]["sensor"][0].rss/got["mix"]["sensor"][0].rss, 1.5, 1.5, true)
	}
	for _, name := range []string{"mix", "tiny"} {
		if !got.have(name) {
			continue
		}
		r := got[name]["sensor"][0]
		w.goal("G8", "allocations per exchange, "+name, "", float64(r.Mallocs)/float64(r.Pairs), 3, 1, true)
		w.goal("G8", "collector's share of the CPU time, "+name, "%", 100*r.GC/r.cpu, 5, 3, true)
		w.goal("G10", "CPU time of 2 shards more than of 1, "+name, "%", 100*(ratio(got[name]["sensor2"], got[name]["sensor"])-1), 10, 5, true)
	}
}
