package main

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// step is one command of a console block with the output the document promises.
type step struct {
	file    string
	line    int
	command string
	want    []string
}

// console returns the steps of the ```console blocks of a document: lines that
// begin with "$ " are commands, the others their output, in which … stands for
// any text and a line of … alone for any number of lines.
func console(t *testing.T, file string) (steps []step) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := false
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		text := lines.Text()
		switch command, isCommand := strings.CutPrefix(text, "$ "); {
		case strings.HasPrefix(text, "```"):
			in = text == "```console"
		case !in:
		case isCommand:
			steps = append(steps, step{file: filepath.Base(file), line: n, command: command})
		case len(steps) > 0:
			s := &steps[len(steps)-1]
			s.want = append(s.want, text)
		}
	}
	return steps
}

// pattern makes a regular expression of promised output.
func pattern(want []string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	for _, l := range want {
		if strings.TrimSpace(l) == "…" {
			b.WriteString(`(?:[^\n]*\n)*?`)
			continue
		}
		parts := strings.Split(l, "…")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(strings.TrimRight(parts[i], " "))
		}
		b.WriteString(strings.Join(parts, `[^\n]*?`) + ` *\n`)
	}
	b.WriteString(`\z`)
	return regexp.MustCompile(b.String())
}

// TestDocumentedSessions runs every console block of README.md and docs/ in the
// order in which they stand and compares what is printed with what is promised.
func TestDocumentedSessions(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs the demo")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	docs, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, file := range append([]string{filepath.Join(root, "README.md")}, docs...) {
		for _, s := range console(t, file) {
			ran++
			runStep(t, root, s)
		}
	}
	if ran == 0 {
		t.Fatal("no document has a console block")
	}
}

func runStep(t *testing.T, root string, s step) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", s.command)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "PATH="+filepath.Join(root, "bin")+":"+os.Getenv("PATH"), "COLUMNS=110", "NO_COLOR=1", "MAKEFLAGS=")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Errorf("%s:%d: %s: %v\n%s", s.file, s.line, s.command, err, out.String())
		return
	}
	if len(s.want) > 0 && !pattern(s.want).Match(out.Bytes()) {
		t.Errorf("%s:%d: %s printed\n%s\nbut the document promises\n%s", s.file, s.line, s.command, out.String(), strings.Join(s.want, "\n"))
	}
}
