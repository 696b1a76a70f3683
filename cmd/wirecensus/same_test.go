package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"wirecensus/cmd/wiregen/synth"
)

// TestSameBytes replays one capture in every way in which nothing may depend on
// the way: again, with more workers, cut into files, compressed, as another
// format, on standard input.
func TestSameBytes(t *testing.T) {
	tests := []struct {
		name string
		opts synth.Options
	}{
		{"clean", synth.Options{Seed: 4, Days: 1}},
		{"hard", synth.Options{Seed: 5, Days: 3, Trouble: synth.Hard()}},
		{"hard in a tunnel", synth.Options{Seed: 6, Days: 1, Trouble: synth.Hard(), Tunnel: synth.VXLAN}},
		{"cut frames", synth.Options{Seed: 7, Days: 1, Trouble: synth.Moderate(), SnapLen: 300}},
	}
	if testing.Short() {
		tests = tests[:1]
	}
	specs := writeSpecs(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			whole := writeCapture(t, synth.Company(tt.opts), "a.pcap")
			flags := []string{"--calls", "--spec", specs}
			want := runReplay(t, nil, append(flags, whole)...)
			if want.status != 0 || len(want.files["calls.ndjson"]) == 0 {
				t.Fatalf("status %d\n%s", want.status, want.stderr)
			}
			mustBeSame(t, "a second run", want, runReplay(t, nil, append(flags, whole)...))
			for _, n := range []string{"2", "4", "7"} {
				mustBeSame(t, n+" shards", want, runReplay(t, nil, append(flags, "--shards", n, whole)...))
			}
			b, err := os.ReadFile(whole)
			if err != nil {
				t.Fatal(err)
			}
			mustBeSame(t, "standard input", want, runReplay(t, bytes.NewReader(b), append(flags, "-")...))
			for _, name := range []string{"a.pcap.gz", "a.pcap.zst", "a.pcapng"} {
				mustBeSame(t, name, want, runReplay(t, nil, append(flags, writeCapture(t, synth.Company(tt.opts), name))...))
			}
			split := t.TempDir()
			names, _, err := synth.Files{Path: filepath.Join(split, "s.pcap"), RotateFrames: 701}.Write(synth.Company(tt.opts))
			if err != nil || len(names) < 3 {
				t.Fatal(names, err)
			}
			mustBeSame(t, "many files", want, runReplay(t, nil, append(flags, names...)...))
			mustBeSame(t, "a folder, 4 shards", want, runReplay(t, nil, append(flags, "--shards", "4", split)...))
		})
	}
}
