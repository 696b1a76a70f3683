package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/pb33f/libopenapi"
	"gopkg.in/yaml.v3"

	"wirecensus/cmd/wiregen/synth"
)

// validate holds every OpenAPI document of a run against two independent
// readers, its JSON form against its YAML form, and returns their number.
func validate(t *testing.T, r result, version string) (n int) {
	t.Helper()
	for _, name := range r.names() {
		base, ok := strings.CutSuffix(name, ".yaml")
		if !ok || !strings.HasPrefix(name, "openapi/") {
			continue
		}
		n++
		doc := r.files[name]
		tree, err := openapi3.NewLoader().LoadFromData(doc)
		if err != nil {
			t.Errorf("%s: kin-openapi does not load it: %v", name, err)
			continue
		}
		if err := tree.Validate(t.Context(), openapi3.EnableExamplesValidation()); err != nil {
			t.Errorf("%s: kin-openapi: %v", name, err)
		}
		if !strings.HasPrefix(tree.OpenAPI, version) {
			t.Errorf("%s: version %s, want %s", name, tree.OpenAPI, version)
		}
		model, err := libopenapi.NewDocument(doc)
		if err == nil {
			_, err = model.BuildV3Model()
		}
		if err != nil {
			t.Errorf("%s: libopenapi: %v", name, err)
		}
		var a, b any
		if err := yaml.Unmarshal(doc, &a); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		// JSON is YAML: one reader for both, so that numbers have one type.
		if err := yaml.Unmarshal(r.files[base+".json"], &b); err != nil || !json.Valid(r.files[base+".json"]) {
			t.Errorf("%s.json: %v", base, err)
		}
		if !reflect.DeepEqual(a, b) {
			t.Errorf("%s and its JSON form differ", name)
		}
	}
	return n
}

// TestDocumentsAreValid: every generated document is valid, in both versions,
// whatever the mirror did to the traffic.
func TestDocumentsAreValid(t *testing.T) {
	if testing.Short() {
		t.Skip("replays much traffic")
	}
	tests := []struct {
		name string
		opts synth.Options
	}{
		{"demo", synth.Options{Seed: 1, Days: 21, Trouble: synth.Moderate()}},
		{"hard", synth.Options{Seed: 12, Days: 7, Trouble: synth.Hard()}},
		{"cut frames", synth.Options{Seed: 13, Days: 3, Trouble: synth.Hard(), SnapLen: 300}},
	}
	for _, tt := range tests {
		for _, version := range []string{"3.1", "3.0"} {
			t.Run(tt.name+" "+version, func(t *testing.T) {
				t.Parallel()
				r := runReplay(t, nil, "--openapi", version, "--spec", writeSpecs(t), writeCapture(t, synth.Company(tt.opts), "a.pcap"))
				if n := validate(t, r, version); r.status != 0 || n < 4 {
					t.Errorf("status %d, %d documents\n%s", r.status, n, r.stderr)
				}
			})
		}
	}
}

// TestLaboratory replays the captures of real services in the folder that
// WIRECENSUS_LAB names: the documents are valid and every entry says why.
func TestLaboratory(t *testing.T) {
	dir := os.Getenv("WIRECENSUS_LAB")
	if dir == "" {
		t.Skip("WIRECENSUS_LAB names no folder of captures")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.pcap"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures in %s: %v", dir, err)
	}
	for _, file := range files {
		for _, version := range []string{"3.1", "3.0"} {
			t.Run(filepath.Base(file)+" "+version, func(t *testing.T) {
				r := runReplay(t, nil, "--openapi", version, file)
				if n := validate(t, r, version); r.status != 0 || n == 0 {
					t.Errorf("status %d, %d documents\n%s", r.status, n, r.stderr)
				}
				if bytes.Contains(r.files["endpoints.json"], []byte(`"why": []`)) {
					t.Error("an endpoint does not say why")
				}
			})
		}
	}
}
