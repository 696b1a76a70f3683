package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wirecensus/cmd/wiregen/synth"
)

// TestAnotherDay: the documents of busy services do not change when another day of the same traffic is added, but
// for counts, times, and what is evident of a rare value at last.
func TestAnotherDay(t *testing.T) {
	if testing.Short() {
		t.Skip("makes weeks of traffic")
	}
	for _, seed := range []uint64{21, 1, 6, 8} {
		before := runReplay(t, nil, writeCapture(t, synth.Company(synth.Options{Seed: seed, Days: 8, Scale: 8}), "a.pcap"))
		after := runReplay(t, nil, writeCapture(t, synth.Company(synth.Options{Seed: seed, Days: 9, Scale: 8}), "b.pcap"))
		documents, news := 0, 0
		for _, name := range before.names() {
			if !strings.HasPrefix(name, "openapi/") || !strings.HasSuffix(name, ".yaml") {
				continue
			}
			documents++
			was, is := uncounted(before.files[name]), uncounted(after.files[name])
			news += len(is) - len(was)
			notEvident := func(line string) bool { return !evidentLine.MatchString(line) }
			if diff := cmp.Diff(slices.DeleteFunc(was, notEvident), slices.DeleteFunc(is, notEvident)); diff != "" {
				t.Logf("seed %d: %s: what is evident now:\n%s", seed, name, diff)
			}
			was, is = uncounted(before.files[name]), uncounted(after.files[name])
			if diff := cmp.Diff(slices.DeleteFunc(was, evidentLine.MatchString), slices.DeleteFunc(is, evidentLine.MatchString)); diff != "" {
				t.Errorf("seed %d: %s changed with another day:\n%s", seed, name, diff)
			}
		}
		if documents < 5 {
			t.Errorf("seed %d: %d documents", seed, documents)
		}
		if news < 0 || news > 4 {
			t.Errorf("seed %d: another day made %d lines of limits evident, of some that are rare", seed, news)
		}
	}
}

// countLine matches the lines of counts and times.
var countLine = regexp.MustCompile(`^ *(x-wirecensus-(calls|messages|confidence|first-seen|last-seen)|ok|"[0-9]{3}"): ["0-9]`)

// evidentLine matches limits of values, which take some dozens of them.
var evidentLine = regexp.MustCompile(`^ *(minLength|maxLength|minimum): `)

// uncounted are the lines of a document that more traffic may not change.
func uncounted(doc []byte) []string {
	return slices.DeleteFunc(strings.SplitAfter(string(doc), "\n"), countLine.MatchString)
}
