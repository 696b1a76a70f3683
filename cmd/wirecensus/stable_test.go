package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wirecensus/cmd/wiregen/synth"
)

// TestAnotherDay: the documents of busy services do not change when another day of the same traffic is added, but
// for counts and times.
func TestAnotherDay(t *testing.T) {
	if testing.Short() {
		t.Skip("makes two weeks of traffic")
	}
	for _, seed := range []uint64{21, 1, 2, 4} {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { anotherDay(t, seed) })
	}
}

func anotherDay(t *testing.T, seed uint64) {
	before := runReplay(t, nil, writeCapture(t, synth.Company(synth.Options{Seed: seed, Days: 8, Scale: 8}), "a.pcap"))
	after := runReplay(t, nil, writeCapture(t, synth.Company(synth.Options{Seed: seed, Days: 9, Scale: 8}), "b.pcap"))
	seen := 0
	for _, name := range before.names() {
		if !strings.HasPrefix(name, "openapi/") || !strings.HasSuffix(name, ".yaml") {
			continue
		}
		seen++
		if diff := cmp.Diff(uncounted(before.files[name]), uncounted(after.files[name])); diff != "" {
			t.Errorf("%s changed with another day:\n%s", name, diff)
		}
	}
	if seen < 5 {
		t.Errorf("%d documents", seen)
	}
}

// countLine matches the lines of counts and times.
var countLine = regexp.MustCompile(`^ *(x-wirecensus-(calls|messages|confidence|first-seen|last-seen)|ok|"[0-9]{3}"): ["0-9]`)

// uncounted is a document without the lines that more traffic may change.
func uncounted(doc []byte) string {
	var b strings.Builder
	for line := range strings.Lines(string(doc)) {
		if !countLine.MatchString(line) {
			b.WriteString(line)
		}
	}
	return b.String()
}
