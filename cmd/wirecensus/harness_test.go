package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/schemas"
)

// result is everything that a run of the program gave.
type result struct {
	status         int
	stdout, stderr string
	files          map[string][]byte // by path below the output folder
}

// runReplay runs "wirecensus replay" with args; "OUT" in them is a fresh output folder.
func runReplay(t testing.TB, in io.Reader, args ...string) result {
	t.Helper()
	out := shortDir(t)
	var stdout, stderr bytes.Buffer
	r := result{files: map[string][]byte{}}
	r.status = run(context.Background(), shell{in, &stdout, &stderr}, append([]string{"replay", "--out", out}, args...))
	// The folder is the one thing in which two runs may differ.
	r.stdout, r.stderr = strings.ReplaceAll(stdout.String(), out, "OUT"), strings.ReplaceAll(stderr.String(), out, "OUT")
	err := filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(out, path)
		r.files[filepath.ToSlash(name)], err = os.ReadFile(path)
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return r
}

// shortDir makes a folder whose name always has the same few letters, so that
// tables in which it stands look the same in every run.
func shortDir(t testing.TB) string {
	t.Helper()
	for {
		dir := filepath.Join(os.TempDir(), fmt.Sprintf("wc%06d", rand.IntN(1e6)))
		switch err := os.Mkdir(dir, 0o755); {
		case err == nil:
			t.Cleanup(func() { os.RemoveAll(dir) })
			return dir
		case !os.IsExist(err):
			t.Fatal(err)
		}
	}
}

// names are the files of a run in order.
func (r result) names() []string {
	var out []string
	for name := range r.files {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// mustBeSame fails where two runs differ in a byte.
func mustBeSame(t *testing.T, what string, a, b result) {
	t.Helper()
	if a.status != b.status || a.stdout != b.stdout || a.stderr != b.stderr {
		t.Errorf("%s: %d and %d\n%s\n%s\n%s\n%s", what, a.status, b.status, a.stdout, b.stdout, a.stderr, b.stderr)
	}
	if !slices.Equal(a.names(), b.names()) {
		t.Errorf("%s: files %v and %v", what, a.names(), b.names())
	}
	for name, x := range a.files {
		if y := b.files[name]; !bytes.Equal(x, y) {
			i := 0
			for i < min(len(x), len(y)) && x[i] == y[i] {
				i++
			}
			t.Errorf("%s: %s differs at byte %d of %d and %d:\n…%s\n…%s", what, name, i, len(x), len(y), around(x, i), around(y, i))
		}
	}
}

func around(b []byte, i int) []byte { return b[max(0, i-60):min(len(b), i+60)] }

// writeCapture puts a capture into a file.
func writeCapture(t testing.TB, c *synth.Capture, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	f := synth.Files{Path: path}
	if strings.HasSuffix(name, ".pcapng") {
		f.Format = synth.PCAPNG
	}
	if _, _, err := f.Write(c); err != nil {
		t.Fatal(err)
	}
	return path
}

// writeSpecs puts the company's declared documents into a folder.
func writeSpecs(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for name, b := range synth.Specs() {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// counted is how many calls the coverage counts: those that only continue others are not.
func counted(calls iter.Seq[schemas.Call]) (n uint64) {
	for c := range calls {
		if !c.Has("continued") {
			n++
		}
	}
	return n
}
