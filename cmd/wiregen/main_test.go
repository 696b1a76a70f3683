package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"wirecensus/cmd/wiregen/synth"
)

func generateIn(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestCompanyWritesADirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	code, out, errs := generateIn(t, "-o", dir, "-days", "1")
	if code != 0 || errs != "" {
		t.Fatalf("exit %d: %s", code, errs)
	}
	if lines := strings.Split(strings.TrimSpace(out), "\n"); len(lines) != 2 || !strings.Contains(lines[0], "demo.pcapng") || !strings.Contains(lines[1], "truth.json") {
		t.Errorf("said %q", out)
	}
	var truth synth.Truth
	data, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if err == nil {
		err = json.Unmarshal(data, &truth)
	}
	if err != nil || len(truth.Calls) < 100 || len(truth.Canaries) < 50 {
		t.Errorf("truth of %d calls, %d canaries: %v", len(truth.Calls), len(truth.Canaries), err)
	}
	specs, err := filepath.Glob(filepath.Join(dir, "specs", "*.yaml"))
	if err != nil || len(specs) != len(synth.Specs()) {
		t.Errorf("documents %v, %v", specs, err)
	}
	head, err := os.ReadFile(filepath.Join(dir, "demo.pcapng"))
	if err != nil || !bytes.HasPrefix(head, []byte("\n\r\r\n")) {
		t.Errorf("no pcapng: %v", err)
	}
}

// TestCompressedAndSplit: what is in compressed, numbered files is the capture in one file.
func TestCompressedAndSplit(t *testing.T) {
	dir := t.TempDir()
	write := func(args ...string) {
		t.Helper()
		if code, _, errs := generateIn(t, append([]string{"-kind", "disorder", "-bytes", "2MB"}, args...)...); code != 0 {
			t.Fatalf("exit %d: %s", code, errs)
		}
	}
	plain := filepath.Join(dir, "plain.pcap")
	write("-o", plain)
	want, err := os.ReadFile(plain)
	if err != nil {
		t.Fatal(err)
	}
	for _, ending := range []string{".gz", ".zst"} {
		write("-o", filepath.Join(dir, "part.pcap"+ending), "-split-bytes", "500kB")
		names, err := filepath.Glob(filepath.Join(dir, "part-*.pcap"+ending))
		if err != nil || len(names) < 4 {
			t.Fatalf("files %v, %v", names, err)
		}
		got := bytes.Clone(want[:24])
		for _, n := range names {
			got = append(got, unpack(t, n)[24:]...)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes in %d files, %d in one", ending, len(got), len(names), len(want))
		}
	}
}

func unpack(t *testing.T, name string) []byte {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader
	if strings.HasSuffix(name, ".gz") {
		r, err = gzip.NewReader(f)
	} else {
		r, err = zstd.NewReader(f)
	}
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestStandardOutput(t *testing.T) {
	code, out, errs := generateIn(t, "-kind", "tiny", "-bytes", "100kB", "-o", "-")
	if code != 0 || !strings.HasPrefix(out, "\x4d\x3c\xb2\xa1") || len(out) < 100_000 || !strings.Contains(errs, "frames") {
		t.Errorf("exit %d, %d bytes, said %q", code, len(out), errs)
	}
}

func TestMisuse(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"-kind nonsense -o x", 2, "hint: company, mix"},
		{"-kind mix", 2, "hint: name the capture file"},
		{"-kind mix -bytes much -o x", 2, "no size"},
		{"-loss 2", 2, "no probability"},
		{"-trouble some", 2, "hint: one of none"},
		{"-link token-ring", 2, "hint: one of ethernet"},
		{"-tunnel rail", 2, "hint: one of none"},
		{"-days 0", 2, "-days"},
		{"-mss -1", 2, "hint: 0 is the default"},
		{"-frobnicate", 2, "hint: wiregen -h"},
		{"stray", 2, "hint: the output is named with -o"},
		{"-o - -split-frames 10 -kind mix", 2, "hint: name a file"},
		{"-o " + file + "/demo", 1, "hint: -o names a directory"},
		{"-kind mix -bytes 1kB -o " + file + "/x.pcap", 1, "hint: -o names a file"},
	} {
		code, out, errs := generateIn(t, strings.Fields(c.args)...)
		if code != c.code || out != "" || !strings.Contains(errs, c.says) || !strings.HasPrefix(errs, "wiregen: error: ") {
			t.Errorf("%s: exit %d, said %q %q", c.args, code, out, errs)
		}
	}
	if code, out, _ := generateIn(t, "-h"); code != 0 || out != usage {
		t.Errorf("-h: exit %d, %q", code, out)
	}
}

// TestUsageNamesEveryFlag: the usage and the flags are the same.
func TestUsageNamesEveryFlag(t *testing.T) {
	new(config).flags().VisitAll(func(f *flag.Flag) {
		if !strings.Contains(usage, "-"+f.Name+" ") {
			t.Errorf("-%s is not in the usage", f.Name)
		}
	})
}
