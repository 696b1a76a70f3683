package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/cmd/wiregen/tap"
)

// rung is what came of sending one load at one rate.
type rung struct {
	account
	sent    int
	reached float64 // frames a second
	cpu     time.Duration
}

// climb plays frames at a rate to a sensor that is a process of its own.
func climb(t *testing.T, exe string, frames [][]byte, rate int, args ...string) rung {
	t.Helper()
	l := lab(t)
	p, err := l.Player("mirror")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var stderr output
	cmd := exec.Command(exe, append([]string{"sensor", "-i", "tap", "--to", "file:" + os.DevNull}, args...)...)
	cmd.Stderr = &stderr
	if err := l.Do(cmd.Start); err != nil {
		t.Fatal(err)
	}
	stderr.await(t, `"listening"`)
	start := time.Now()
	pace(t, p, frames, rate)
	took := time.Since(start)
	time.Sleep(200 * time.Millisecond) // what was sent arrives
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	r := rung{sent: len(frames), reached: float64(len(frames)) / took.Seconds(), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &r.account); err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	return r
}

// pace sends frames at a rate, without sleeping where it is high.
func pace(t *testing.T, p *tap.Player, frames [][]byte, rate int) {
	t.Helper()
	start := time.Now()
	for i, f := range frames {
		for i%32 == 0 {
			ahead := time.Duration(float64(i)/float64(rate)*1e9) - time.Since(start)
			if ahead <= 0 {
				break
			}
			if ahead > time.Millisecond {
				time.Sleep(ahead / 2)
			} else {
				runtime.Gosched()
			}
		}
		if err := p.Send(f); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLadder prints the rates at which a sensor on a virtual cable loses nothing, for one worker and two, and what a packet costs there
// beside what it costs in a file; at every rate sent = used + kernel drops + discarded. It is what make live runs.
func TestLadder(t *testing.T) {
	if os.Getenv("WIRECENSUS_LIVE") == "" {
		t.Skip("takes minutes: make live")
	}
	exe := build(t)
	for _, kind := range []string{"mix", "tiny"} {
		file := filepath.Join(t.TempDir(), kind+".pcap")
		c := synth.Load(kind, synth.LoadOptions{Seed: 7, Bytes: 48 << 20, Trouble: synth.LoadTrouble(kind)})
		if err := os.WriteFile(file, c.Bytes(synth.PCAPNano), 0o600); err != nil {
			t.Fatal(err)
		}
		var frames [][]byte
		for f := range synth.Load(kind, synth.LoadOptions{Seed: 7, Bytes: 48 << 20, Trouble: synth.LoadTrouble(kind)}).Frames() {
			frames = append(frames, bytes.Clone(f.Data))
		}
		cmd := exec.Command(exe, "sensor", "-r", file, "--to", "file:"+os.DevNull)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		fromFile := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		fmt.Printf("%s, %d frames, %d CPUs; from a file %d ns CPU a frame\n%7s %9s %9s %9s %9s %9s %10s %9s\n", kind, len(frames), runtime.NumCPU(), int(fromFile)/len(frames),
			"workers", "asked/s", "reached/s", "sent", "used", "drops", "discarded", "ns/frame")
		for _, workers := range []string{"1", "2"} {
			best := 0.0
			for _, rate := range []int{5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 320_000} {
				r := climb(t, exe, frames[:min(len(frames), 4*rate)], rate, "--ring-size", "8MiB", "--shards", workers)
				fmt.Printf("%7s %9d %9.0f %9d %9d %9d %10d %9d\n", workers, rate, r.reached, r.sent, r.Used, r.KernelDrops, r.Discarded, int(r.cpu)/r.sent)
				if uint64(r.sent) != r.Received || r.Received != r.Used+r.KernelDrops+r.Discarded {
					t.Errorf("%s, %s workers, %d/s: sent %d: %+v", kind, workers, rate, r.sent, r.account)
				}
				if int(r.Used) == r.sent {
					best = max(best, r.reached)
				}
				if r.reached < float64(rate)/2 {
					break // the sender has reached its end
				}
			}
			fmt.Printf("%s, %s workers: highest rate at which every frame was used: %.0f frames/s\n", kind, workers, best)
		}
	}
}
