package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// maxCorpus is how many captures of the corpus the program replays, spread
// evenly over all; the sensor's own test reads every one.
const maxCorpus = 200

// TestCorpus replays captures of the folder that WIRECENSUS_CORPUS names: each
// ends with 0 or says that it is no capture, its documents are valid, and four
// workers write the same bytes as one.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("WIRECENSUS_CORPUS")
	if dir == "" {
		t.Skip("WIRECENSUS_CORPUS names no folder of captures")
	}
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if name := d.Name(); err == nil && !d.IsDir() && slices.ContainsFunc([]string{".pcap", ".pcapng", ".cap", ".gz", ".zst"}, func(ext string) bool { return strings.HasSuffix(name, ext) }) {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures in %s: %v", dir, err)
	}
	refused := 0
	for i := 0; i < len(files); i += max(1, len(files)/maxCorpus) {
		file := files[i]
		one := runReplay(t, nil, "--calls", file)
		if one.status != 0 {
			if refused++; one.status != 1 || !strings.Contains(one.stderr, "not a capture") && !strings.Contains(one.stderr, "no frame was read") {
				t.Errorf("%s: status %d\n%s", file, one.status, one.stderr)
			}
			continue
		}
		mustBeSame(t, file, one, runReplay(t, nil, "--calls", "--shards", "4", file))
		validate(t, one, "3.1")
	}
	t.Logf("%d of %d files are no captures", refused, len(files))
}
