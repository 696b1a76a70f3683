package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wirecensus/cmd/wiregen/synth"
)

// TestSensorInterfaces: of all interfaces, and of both ends of a cable, each call comes once, for one worker and for
// several; every copy of a packet is accounted for.
func TestSensorInterfaces(t *testing.T) {
	for _, c := range []struct {
		name   string
		args   []string
		copies int
	}{
		{"any", []string{"-i", "any"}, 2},
		{"any, three workers", []string{"-i", "any", "--shards", "3"}, 2},
		{"any, what comes in", []string{"-i", "any", "--ignore-outgoing", "--shards", "2"}, 1},
		{"two", []string{"-i", "mirror", "-i", "tap"}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			frames, file, key := traffic(t, synth.Options{Seed: 31, Days: 1, Scale: 0.2})
			l := lab(t)
			p, err := l.Player("mirror")
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			s := listen(t, l, append(c.args, "--to", "-", "--key", key)...)
			play(t, p, frames, 10_000)
			calls, a := s.stop(t, c.copies*len(frames))
			if a.KernelDrops > 0 {
				t.Fatalf("%+v", a)
			}
			sameCalls(t, timeless(t, calls), timeless(t, read(t, "-r", file, "--key", key)))
		})
	}
}

// TestSensorWatch: captures that come into a folder while the sensor listens give the calls that they give at once, and a
// second run gives none of them again.
func TestSensorWatch(t *testing.T) {
	_, file, key := traffic(t, synth.Options{Seed: 32, Days: 1, Scale: 0.2})
	want := timeless(t, read(t, "-r", file, "--key", key))
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	args := []string{"-r", dir, "--watch", "--watch-quiet", "1s", "--to", "-", "--key", key}
	s := listen(t, nil, args...)
	tmp := filepath.Join(dir, "a.pcap.tmp")
	if err := os.WriteFile(tmp, b, 0o644); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1500 * time.Millisecond) // long enough to be taken, were it not for its name
	if strings.Contains(s.stderr.String(), "capture read") {
		t.Error("a file with a name of its own was read")
	}
	if err := os.Rename(tmp, filepath.Join(dir, "a.pcap")); err != nil {
		t.Fatal(err)
	}
	s.stderr.await(t, `"capture read"`)
	s.cancel()
	if status := <-s.status; status != 0 {
		t.Fatalf("ended with %d: %s", status, s.stderr.String())
	}
	sameCalls(t, timeless(t, decodeCalls(t, s.stdout.String())), want)
	if err := os.WriteFile(filepath.Join(dir, "b.txt"), []byte("no capture"), 0o644); err != nil {
		t.Fatal(err)
	}
	s = listen(t, nil, args...)
	s.stderr.await(t, `"capture passed over"`)
	s.cancel()
	if status := <-s.status; status != 0 || s.stdout.String() != "" || strings.Contains(s.stderr.String(), "a.pcap") {
		t.Errorf("again: ended with %d: %s\n%s", status, s.stderr.String(), s.stdout.String())
	}
}
