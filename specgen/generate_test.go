package specgen

import (
	"bytes"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the documents in testdata")

// TestGolden compares the documents of transcripts with those that were reviewed.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts", err)
	}
	for _, file := range files {
		for _, version := range []string{"3.1", "3.0"} {
			name := strings.TrimSuffix(filepath.Base(file), ".txt") + "-" + version
			t.Run(name, func(t *testing.T) {
				doc := Generate(fold(readTranscript(t, file)), Options{Version: version})
				validate(t, doc)
				golden := filepath.Join("testdata", name+".yaml")
				if *update {
					if err := os.WriteFile(golden, doc.YAML(), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), string(doc.YAML())); diff != "" {
					t.Errorf("document changed (-want +got); -update rewrites it:\n%s", diff)
				}
			})
		}
	}
}

// TestOrder: the order of the calls does not change a byte.
func TestOrder(t *testing.T) {
	svc, calls := readTranscript(t, "testdata/shop.txt")
	want := Generate(fold(svc, calls), Options{}).YAML()
	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		r.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
		if got := Generate(fold(svc, calls), Options{}).YAML(); !bytes.Equal(got, want) {
			t.Fatalf("another order, another document:\n%s", cmp.Diff(string(want), string(got)))
		}
	}
}

// TestMoreOfTheSame: another day of the same traffic changes counts and nothing else.
func TestMoreOfTheSame(t *testing.T) {
	svc, calls := readTranscript(t, "testdata/shop.txt")
	for i := range calls {
		calls[i].times += minFixed // what takes a number of values is settled
	}
	once := Generate(fold(svc, calls), Options{}).YAML()
	twice := Generate(fold(svc, append(calls, calls...)), Options{}).YAML()
	if diff := cmp.Diff(counts(once), counts(twice)); diff != "" {
		t.Errorf("more traffic changed the document:\n%s", diff)
	}
}

// counts drops the lines that may change with more traffic.
func counts(doc []byte) string {
	var out []string
	for _, line := range strings.Split(string(doc), "\n") {
		if !strings.Contains(line, "x-wirecensus-calls") && !strings.Contains(line, "x-wirecensus-last-seen") {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}
