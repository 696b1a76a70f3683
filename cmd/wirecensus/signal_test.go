package main

import (
	"bytes"
	"io"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wirecensus/cmd/wiregen/synth"
)

// process is this program as a process of its own, reading a capture from a pipe.
type process struct {
	cmd            *exec.Cmd
	in             io.WriteCloser
	stdout, stderr bytes.Buffer
	out            string
}

// build builds the program.
func build(t *testing.T) string {
	t.Helper()
	exe := filepath.Join(t.TempDir(), "wirecensus")
	if b, err := exec.Command("go", "build", "-o", exe, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return exe
}

// startProcess starts a replay of standard input.
func startProcess(t *testing.T, exe string, args ...string) *process {
	t.Helper()
	p := &process{out: filepath.Join(t.TempDir(), "out")}
	p.cmd = exec.Command(exe, append([]string{"replay", "--out", p.out}, append(args, "-")...)...)
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.cmd.Process.Kill() })
	return p
}

// wait returns how long the process still ran.
func (p *process) wait(t *testing.T) time.Duration {
	t.Helper()
	start := time.Now()
	late := time.AfterFunc(30*time.Second, func() { p.cmd.Process.Kill() })
	defer late.Stop()
	if err := p.cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, p.stderr.String())
	}
	return time.Since(start)
}

// TestInterrupt interrupts a replay whose capture does not end, as Ctrl-C in
// "tcpdump -w - | wirecensus replay -" does: what was read is written, soon, and
// the exit status is 0.
func TestInterrupt(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	capture := synth.Company(synth.Options{Seed: 1, Days: 2}).Bytes(synth.PCAPNano)
	exe := build(t)
	for _, tt := range []struct {
		name, shards string
		read         int
		pause        time.Duration // before the signal
	}{
		{"while it reads", "1", len(capture), 0},
		{"while it waits", "1", len(capture), time.Second},
		{"while it waits, 4 shards", "4", len(capture) / 2, time.Second},
		{"before anything came", "1", 0, time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := startProcess(t, exe, "--calls", "--shards", tt.shards)
			if _, err := p.in.Write(capture[:tt.read]); err != nil {
				t.Fatal(err)
			}
			time.Sleep(tt.pause) // the one way to find the process asleep; the pipe stays open
			if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			if d := p.wait(t); d > 2*time.Second {
				t.Errorf("ended %v after the signal", d)
			}
			if !strings.Contains(p.stderr.String(), "warning: interrupted: the results cover what was read until then") {
				t.Errorf("standard error:\n%s", p.stderr.String())
			}
			for _, name := range []string{"endpoints.json", "findings.json", "coverage.json", "report.html", "calls.ndjson"} {
				if b, err := os.ReadFile(filepath.Join(p.out, name)); err != nil || len(b) == 0 && tt.read > 0 {
					t.Errorf("%s: %d bytes, %v", name, len(b), err)
				}
			}
		})
	}
}

// TestPipe feeds a capture as tcpdump does, in small writes until the pipe is
// closed, and the results are those of the file.
func TestPipe(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	c := synth.Company(synth.Options{Seed: 1, Days: 1})
	b := c.Bytes(synth.PCAPNano)
	p := startProcess(t, build(t))
	for part := range slicesOf(b, 1500) {
		if _, err := p.in.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.in.Close(); err != nil {
		t.Fatal(err)
	}
	p.wait(t)
	want := runReplay(t, bytes.NewReader(b), "-")
	got, err := os.ReadFile(filepath.Join(p.out, "endpoints.json"))
	if err != nil || !bytes.Equal(got, want.files["endpoints.json"]) || p.stderr.Len() > 0 {
		t.Errorf("%v, %d bytes, want %d\n%s", err, len(got), len(want.files["endpoints.json"]), p.stderr.String())
	}
}

// slicesOf yields b in pieces of n bytes.
func slicesOf(b []byte, n int) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(b) > 0 {
			k := min(n, len(b))
			if !yield(b[:k]) {
				return
			}
			b = b[k:]
		}
	}
}
