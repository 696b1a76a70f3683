package capture_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"wirecensus/sensor/capture"
)

func at(sec int64, data string) []byte {
	return pcap(le, 0xa1b2c3d4, 1, []sample{{sec * 1e9, data, len(data), 1}})
}

// Files come in the order of their first frames, whatever the order of the arguments.
func TestOrder(t *testing.T) {
	dir := t.TempDir()
	b := write(t, dir, "a-late.pcap", at(30, "late"))
	a := write(t, dir, "z-early.pcap", at(10, "early"))
	write(t, dir, "sub/deep/middle.pcap.gz", gzipped(at(20, "middle")))
	write(t, dir, "sub/same-2.pcap", at(40, "same2"))
	write(t, dir, "sub/same-1.pcap.zst", zstded(at(40, "same1")))
	const want = "early middle late same1 same2"
	for _, paths := range [][]string{{dir}, {b, a, filepath.Join(dir, "sub")}, {dir, a, dir + "/./a-late.pcap"}} {
		src := open(t, nil, paths...)
		if got := texts(drain(t, src)); got != want {
			t.Errorf("%v: %q", paths, got)
		}
		read, total := src.Position()
		if read != total || total == 0 || len(src.Notes()) != 0 || src.Stats().Inputs != 5 || src.Stats().Frames != 5 {
			t.Errorf("%v: position %d of %d, notes %v, %+v", paths, read, total, src.Notes(), src.Stats())
		}
	}
	src := open(t, bytes.NewReader(at(1, "stdin")), "-", a, "-")
	var f capture.Frame
	var got []string
	for {
		err := src.Next(&f)
		if err == io.EOF {
			break
		}
		if err != nil {
			got = append(got, err.Error())
			continue
		}
		got = append(got, string(f.Data))
	}
	if strings.Join(got, "|") != "early|stdin|-: not a capture: the file is empty" {
		t.Errorf("with standard input twice: %q", got)
	}
}

// Acceptance item 7, as far as a folder that is read once goes: odd files are noted and hurt nobody.
func TestItem07Folder(t *testing.T) {
	dir := t.TempDir()
	bad := append(at(2, "before the damage"), bytes.Repeat([]byte{0xff}, 500)...)
	write(t, dir, "corrupt.pcap", bad)
	write(t, dir, "cut.pcap", at(3, "cut off")[:30])
	write(t, dir, "empty.pcap", nil)
	write(t, dir, "good.pcap", at(1, "good"))
	write(t, dir, "notes.txt", []byte("nothing to see here"))
	write(t, dir, "rotated/old.snoop", []byte("snoop\x00\x00\x00\x00\x00\x00\x02"))
	write(t, dir, "damaged.pcap.gz", []byte{0x1f, 0x8b, 0xff, 0xff, 1, 2, 3})
	outside := write(t, t.TempDir(), "outside.pcap", at(9, "outside"))
	for name, target := range map[string]string{"loop": dir, "link.pcap": outside, "dangling": "nowhere"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Skip(err)
		}
	}
	mkfifo(t, filepath.Join(dir, "fifo"))
	src := open(t, nil, dir)
	if got := texts(drain(t, src)); got != "good before the damage" {
		t.Errorf("frames %q", got)
	}
	var notes []string
	for _, n := range src.Notes() {
		rel, _ := filepath.Rel(dir, n.Path)
		notes = append(notes, n.Kind.String()+" "+rel)
	}
	slices.Sort(notes)
	want := []string{"corrupt corrupt.pcap", "skipped damaged.pcap.gz", "skipped empty.pcap", "skipped notes.txt",
		"skipped rotated/old.snoop", "truncated cut.pcap"}
	if !slices.Equal(notes, want) {
		t.Errorf("notes %q\nwant  %q", notes, want)
	}
	if got := texts(drain(t, open(t, nil, filepath.Join(dir, "link.pcap")))); got != "outside" {
		t.Errorf("a link that was named: %q", got)
	}
}

func TestNamedFilesThatAreNoCaptures(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		content []byte
		hint    string
	}{
		"text":    {[]byte("hello, this is text"), "expected pcap or pcapng"},
		"empty":   {nil, "empty"},
		"short":   {[]byte{0xd4}, "too short"},
		"xz":      {[]byte("\xfd7zXZ\x00\x00\x00\x00\x00\x00\x00"), "xz"},
		"keylog":  {[]byte("CLIENT_RANDOM aa bb"), "name it with --keylog"},
		"gz text": {gzipped([]byte("hello, this is text")), "expected pcap or pcapng"},
		"gz gz":   {gzipped(gzipped(at(1, "x"))), "gzip"},
		"gz cut":  {gzipped(at(1, "x"))[:5], "compression is damaged"},
		"newline": {[]byte("\n\r\r\nthis is no section header"), "expected pcap or pcapng"},
	} {
		path := write(t, dir, name, c.content)
		_, err := capture.OpenFiles([]string{path}, nil)
		var fe *capture.FormatError
		if !errors.As(err, &fe) || fe.Path != path || !strings.Contains(fe.Hint, c.hint) {
			t.Errorf("%s: %v", name, err)
		}
		src := open(t, bytes.NewReader(c.content), "-")
		if err := src.Next(new(capture.Frame)); !errors.As(err, &fe) || fe.Path != "-" || !strings.Contains(fe.Hint, c.hint) {
			t.Errorf("%s, as a stream: %v", name, err)
		}
		if err := src.Next(new(capture.Frame)); err != io.EOF {
			t.Errorf("%s, as a stream, after the error: %v", name, err)
		}
	}
	var fe *capture.FormatError
	if _, err := capture.OpenFiles([]string{t.TempDir()}, nil); !errors.As(err, &fe) {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := capture.OpenFiles([]string{filepath.Join(dir, "nowhere.pcap")}, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

// A file that changes between opening and reading is noted, not fatal.
func TestReplacedFile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.pcap", at(1, "a"))
	b := write(t, dir, "b.pcap", at(2, "b"))
	write(t, dir, "c.pcap", at(3, "c"))
	src := open(t, nil, dir)
	secret := write(t, t.TempDir(), "secret.pcap", at(9, "secret"))
	if err := errors.Join(os.Remove(b), os.Symlink(secret, b)); err != nil {
		t.Skip(err)
	}
	if got := texts(drain(t, src)); got != "a c" || len(src.Notes()) != 1 || src.Notes()[0].Path != b {
		t.Errorf("frames %q, notes %v", got, src.Notes())
	}
}

// failing gives its bytes and then an error of the operating system.
type failing struct{ r io.Reader }

func (f failing) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err == io.EOF {
		err = &fs.PathError{Op: "read", Path: "nfs", Err: errors.New("input/output error")}
	}
	return n, err
}

func TestReadError(t *testing.T) {
	b := pcapng(le, samples)
	src := open(t, failing{bytes.NewReader(b[:len(b)-3])}, "-")
	if got := drain(t, src); len(got) != 4 || len(src.Notes()) != 1 || src.Notes()[0].Kind != capture.Unreadable {
		t.Errorf("%d frames, notes %v", len(got), src.Notes())
	}
}

// A gzip bomb costs its time but no memory: 1:1000.
func TestItem07Bomb(t *testing.T) {
	bomb := gzipped(slices.Concat(section(le), ifBlock(le, 1, 0), block(le, 0xbad, make([]byte, 64<<20)), enhanced(le, 0, 1, "end", 3)))
	src := open(t, bytes.NewReader(bomb), "-")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if got := texts(drain(t, src)); got != "end" {
		t.Errorf("frames %q", got)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 2<<20 {
		t.Errorf("%d bytes allocated for %d compressed", n, len(bomb))
	}
}

// The window is re-used: reading allocates nothing for a frame.
func TestNextDoesNotAllocate(t *testing.T) {
	for name, b := range map[string][]byte{
		"pcap":   pcap(le, 0xa1b2c3d4, 1, slices.Repeat(samples, 2000)),
		"pcapng": pcapng(be, slices.Repeat(samples, 2000)),
	} {
		src := open(t, bytes.NewReader(b), "-")
		var f capture.Frame
		if err := src.Next(&f); err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(5000, func() {
			if err := src.Next(&f); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations for a frame", name, n)
		}
	}
}
