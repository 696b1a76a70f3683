package archtest

import (
	"bytes"
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// tracked returns the files of the tree that are or would be committed, relative
// to top; outside a work tree every file but those of dot folders.
func tracked(t *testing.T) (top string, files []string) {
	t.Helper()
	top, err := root()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = top
	if out, err := cmd.Output(); err == nil && len(out) > 0 {
		return top, strings.Split(strings.TrimRight(string(out), "\x00"), "\x00")
	}
	err = filepath.WalkDir(top, func(p string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(top, p)
		if d.IsDir() && rel == ".git" {
			return filepath.SkipDir
		}
		if d.Type().IsRegular() {
			files = append(files, filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return top, files
}

func formatComplaint(name string, src []byte) string {
	out, err := format.Source(src)
	if err != nil {
		return fmt.Sprintf("%s: %v", name, err)
	}
	if !bytes.Equal(out, src) {
		return name + ": not formatted: run gofmt -w " + name
	}
	return ""
}

func TestFormatted(t *testing.T) {
	top, files := tracked(t)
	for _, name := range files {
		if !strings.HasSuffix(name, ".go") || strings.Contains(name, "testdata/") {
			continue
		}
		src, err := os.ReadFile(filepath.Join(top, name))
		if os.IsNotExist(err) {
			continue // deleted, not yet committed
		}
		if err != nil {
			t.Fatal(err)
		}
		if c := formatComplaint(name, src); c != "" {
			t.Error(c)
		}
	}
}

func TestFormatComplaint(t *testing.T) {
	if formatComplaint("a.go", []byte("package p\nvar  x=1\n")) == "" || formatComplaint("a.go", []byte("package p\n\nvar x = 1\n")) != "" {
		t.Error("the check does not tell formatted source from other")
	}
}

// place matches what only the place where the project is written would know.
// The words are cut so that this file does not match itself.
var place = regexp.MustCompile(strings.Join([]string{
	`/wor` + `k/(?:wt|shared|main|\.library)\b`,
	`proxy\.gol` + `ang\.org`, `registry\.npm` + `js\.org`, `\bpypi\.o` + `rg\b`, `sum\.gol` + `ang\.org`,
	`/tmp/bash_jo` + `bs`,
}, "|"))

func wordComplaints(name string, src []byte) []string {
	if bytes.IndexByte(src, 0) >= 0 {
		return nil // a capture or another binary
	}
	var bad []string
	for i, line := range bytes.Split(src, []byte("\n")) {
		if w := place.Find(line); w != nil {
			bad = append(bad, fmt.Sprintf("%s:%d: %q names the place where it was written", name, i+1, w))
		}
	}
	return bad
}

func TestNoWorkplaceWords(t *testing.T) {
	top, files := tracked(t)
	for _, name := range files {
		src, err := os.ReadFile(filepath.Join(top, name))
		if err != nil {
			continue // deleted, a link to a folder
		}
		report(t, wordComplaints(name, src))
	}
}

func TestWordComplaints(t *testing.T) {
	fires(t, wordComplaints("a.md", []byte("see\n/wor"+"k/shared/design.md\n")), "a.md:2")
	fires(t, wordComplaints("a.md", []byte("GET /work/items 200\n")))
}

// run runs one tool over the tree and fails with what it said.
func run(t *testing.T, env []string, name string, args ...string) {
	t.Helper()
	top, err := root()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(name, args...)
	cmd.Dir = top
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

func TestVet(t *testing.T) { run(t, nil, "go", "vet", "./...") }

// TestStaticcheck runs the linter that go.mod pins. It is built from source once.
func TestStaticcheck(t *testing.T) {
	if testing.Short() {
		t.Skip("staticcheck takes a while: run without -short")
	}
	run(t, nil, "go", "tool", "staticcheck", "./...")
}

func TestBuildsWithoutCgo(t *testing.T) {
	run(t, []string{"CGO_ENABLED=0"}, "go", "build", "-o", os.DevNull, "./...")
}
