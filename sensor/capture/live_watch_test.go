package capture_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"wirecensus/sensor/capture"
)

// folder is a folder that is watched.
type folder struct {
	t     *testing.T
	dir   string
	quiet time.Duration
	w     *capture.Watch
	got   []string // frames up to now
	said  []capture.WatchEvent
}

func watchFolder(t *testing.T, quiet time.Duration) *folder {
	f := &folder{t: t, dir: t.TempDir(), quiet: quiet}
	f.start()
	t.Cleanup(func() { f.w.Close() })
	return f
}

// start opens the folder, as a new run does.
func (f *folder) start() {
	f.t.Helper()
	w, err := capture.OpenWatch(capture.WatchConfig{Dirs: []string{f.dir}, Quiet: f.quiet})
	if err != nil {
		f.t.Fatal(err)
	}
	f.w = w
}

// stop ends the run, as an interrupt does.
func (f *folder) stop() {
	f.t.Helper()
	f.w.Stop()
	var frame capture.Frame
	if err := f.w.Next(&frame); err != io.EOF {
		f.t.Errorf("after Stop: %v", err)
	}
	if err := f.w.Close(); err != nil {
		f.t.Fatal(err)
	}
}

// write makes a file, at once or at its end, as old as it says.
func (f *folder) write(name string, b []byte, age time.Duration) {
	f.t.Helper()
	path := filepath.Join(f.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		f.t.Fatal(err)
	}
	at := time.Now().Add(-age)
	if err := os.Chtimes(path, at, at); err != nil {
		f.t.Fatal(err)
	}
}

// step reads one frame, or what there is instead.
func (f *folder) step() bool {
	f.t.Helper()
	var frame capture.Frame
	err := f.w.Next(&frame)
	f.said = append(f.said, f.w.Events()...)
	if err == nil {
		f.got = append(f.got, string(frame.Data))
	} else if !errors.Is(err, capture.ErrIdle) {
		f.t.Fatal(err)
	}
	return err == nil
}

// await reads until it has the frames, for at most 20 s, and then for two looks at the folder, in which none may come.
func (f *folder) await(want ...string) {
	f.t.Helper()
	for end := time.Now().Add(20 * time.Second); len(f.got) < len(want) && time.Now().Before(end); {
		f.step()
	}
	for end := time.Now().Add(2200 * time.Millisecond); time.Now().Before(end); {
		f.step()
	}
	if !slices.Equal(f.got, want) {
		f.t.Errorf("got %q, want %q\n%+v", f.got, want, f.said)
	}
	f.got = nil
}

// file is a capture of frames with these contents, a nanosecond apart.
func file(contents ...string) []byte {
	var frames []sample
	for i, c := range contents {
		frames = append(frames, sample{1_700_000_000e9 + int64(i), c, len(c), 1})
	}
	return pcap(le, 0xa1b23c4d, 1, frames)
}

// TestItem07WatchFinished: a file is taken when the next one of its name has begun, when it gets its name, or when it
// has not changed for a while; others wait.
func TestItem07WatchFinished(t *testing.T) {
	t.Parallel()
	f := watchFolder(t, time.Hour)
	f.write("eth0-20260101.pcap", file("a1", "a2"), 3*time.Minute)
	f.write("eth0-20260102.pcap", file("b1"), 2*time.Minute)
	f.write("eth0-20260103.pcap", file("still written"), 0)
	f.write("eth1-20260101.pcap", file("still written too"), time.Minute)
	f.write("old.pcap.gz", gzipped(file("c1")), 2*time.Hour)
	f.write("sub/old.pcapng", pcapng(le, samples[:1]), 3*time.Hour)
	f.write(".upload", file("d1"), 3*time.Hour)
	f.write("e.pcap.part", file("e1"), 3*time.Hour)
	f.await(samples[0].data, "c1", "a1", "a2", "b1")
	if err := errors.Join(os.Rename(filepath.Join(f.dir, ".upload"), filepath.Join(f.dir, "d.pcap")),
		os.Chtimes(filepath.Join(f.dir, "d.pcap"), time.Now(), time.Now())); err != nil {
		t.Fatal(err)
	}
	f.write("eth0-20260104.pcap", file("next"), -time.Second)
	f.await("still written", "d1")
}

// TestItem07WatchRestart: what was read is not read again by the next run, also not under another name or compressed;
// a file in which it was stopped goes on where it was left.
func TestItem07WatchRestart(t *testing.T) {
	t.Parallel()
	f := watchFolder(t, time.Second)
	f.write("a.pcap", file("a1", "a2"), time.Minute)
	f.write("b.pcap", file("b1", "b2", "b3"), time.Second*30)
	for !f.step() || f.got[len(f.got)-1] != "b2" {
		continue
	}
	f.stop()
	if err := os.Remove(filepath.Join(f.dir, "b.pcap")); err != nil {
		t.Fatal(err)
	}
	f.write("b.pcap.gz", gzipped(file("b1", "b2", "b3")), time.Minute)
	f.write("archive/a.pcap.zst", zstded(file("a1", "a2")), time.Minute)
	f.start()
	f.await("a1", "a2", "b1", "b2", "b3")
	f.stop()
	f.start()
	f.write("c.pcap", file("c1"), time.Minute)
	f.await("c1")
}

// TestItem07WatchGrows: a file that was taken too early, in the middle of a packet, is read on when it has grown, and
// the packet with it.
func TestItem07WatchGrows(t *testing.T) {
	t.Parallel()
	f := watchFolder(t, time.Second)
	whole := file("one", "two", "three", strings.Repeat("four", 30_000), "five")
	f.write("slow.pcap", whole[:24+16+3+16+1], time.Minute)
	f.await("one")
	if !slices.ContainsFunc(f.said, func(e capture.WatchEvent) bool { return e.Reason != "" && e.Frames == 1 }) {
		t.Errorf("nothing is said of the packet that ends early: %+v", f.said)
	}
	f.write("slow.pcap", whole[:len(whole)-100], time.Minute)
	f.await("two", "three")
	f.stop()
	f.start()
	f.write("slow.pcap", whole, time.Second*30)
	f.await(strings.Repeat("four", 30_000), "five")
}

// TestItem07WatchTrouble: what is no capture, empty, a link, or gone costs a word and nothing else; a bomb costs its
// frames and no memory; a folder that cannot be read is an error at the start.
func TestItem07WatchTrouble(t *testing.T) {
	t.Parallel()
	f := watchFolder(t, time.Second)
	f.write("empty.pcap", nil, time.Minute)
	f.write("notes.txt", []byte("no capture"), time.Minute)
	f.write("corrupt.pcap", append(file("z1"), make([]byte, 12)...), 50*time.Second)
	f.write("bad.gz", append([]byte{0x1f, 0x8b}, make([]byte, 100)...), time.Minute)
	f.write("bomb.pcap.gz", gzipped(append(file("y1"), make([]byte, 20<<20)...)), 40*time.Second)
	if err := errors.Join(os.Symlink(f.dir, filepath.Join(f.dir, "loop")), os.Symlink("corrupt.pcap", filepath.Join(f.dir, "link.pcap"))); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for end := time.Now().Add(20 * time.Second); !slices.Contains(f.got, "y1") && time.Now().Before(end); {
		if f.step(); len(f.got) > 0 && seen == 0 {
			seen++
			f.write("gone.pcap", file("x"), time.Minute)
			if err := os.Remove(filepath.Join(f.dir, "gone.pcap")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(f.got) < 2 || f.got[0] != "z1" || f.got[1] != "y1" {
		t.Errorf("got %d frames", len(f.got))
	}
	for _, name := range []string{"notes.txt", "corrupt.pcap", "bad.gz"} {
		if !slices.ContainsFunc(f.said, func(e capture.WatchEvent) bool { return filepath.Base(e.Path) == name && e.Reason != "" }) {
			t.Errorf("nothing is said of %s: %+v", name, f.said)
		}
	}
	if _, err := capture.OpenWatch(capture.WatchConfig{Dirs: []string{filepath.Join(f.dir, "nosuch")}}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	if _, err := capture.OpenWatch(capture.WatchConfig{Dirs: []string{f.dir}, State: filepath.Join(f.dir, "nosuch", "state")}); !errors.Is(err, capture.ErrWatchState) {
		t.Errorf("no place for the state: %v", err)
	}
}

// TestItem07WatchKilled: a file in which a run was killed is passed over and said to be, rather than read twice.
func TestItem07WatchKilled(t *testing.T) {
	t.Parallel()
	f := watchFolder(t, time.Second)
	f.write("a.pcap", file("a1", "a2"), time.Minute)
	for !f.step() {
		continue
	}
	state, err := os.ReadFile(filepath.Join(f.dir, capture.StateName))
	if err != nil {
		t.Fatal(err)
	}
	f.stop()
	// As it was at the kill, and a line that was being written.
	if err := os.WriteFile(filepath.Join(f.dir, capture.StateName), append(state, `{"path":"x`...), 0o600); err != nil {
		t.Fatal(err)
	}
	f.got = nil
	f.start()
	f.write("b.pcap", file("b1"), time.Minute)
	f.await("b1")
	if !slices.ContainsFunc(f.said, func(e capture.WatchEvent) bool {
		return filepath.Base(e.Path) == "a.pcap" && strings.Contains(e.Reason, "broken off")
	}) {
		t.Errorf("nothing is said of the file that was left: %+v", f.said)
	}
}
