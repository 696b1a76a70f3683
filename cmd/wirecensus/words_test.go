package main

import (
	"bytes"
	"strings"
	"testing"

	"wirecensus/cmd/wiregen/synth"
)

// enums counts the enumerations in the OpenAPI documents of a run.
func (r result) enums() (n int) {
	for _, name := range r.names() {
		if strings.HasPrefix(name, "openapi/") && strings.HasSuffix(name, ".yaml") {
			n += bytes.Count(r.files[name], []byte("enum:\n"))
		}
	}
	return n
}

// TestNoWords: enumerations are in the documents unless words are not released.
func TestNoWords(t *testing.T) {
	path := writeCapture(t, synth.Company(synth.Options{Seed: 11, Days: 7}), "a.pcap")
	with, without := runReplay(t, nil, path), runReplay(t, nil, "--no-words", path)
	if with.status != 0 || without.status != 0 {
		t.Fatal(with.stderr, without.stderr)
	}
	if with.enums() == 0 {
		t.Error("no enumeration in any document")
	}
	if n := without.enums(); n > 0 {
		t.Errorf("%d enumerations with --no-words", n)
	}
	for _, name := range with.names() {
		if !strings.HasPrefix(name, "openapi/") && !bytes.Equal(with.files[name], without.files[name]) {
			t.Errorf("words changed %s", name)
		}
	}
}
