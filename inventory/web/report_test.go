package web

import (
	"encoding/json"
	"os"
	"testing"

	"wirecensus/inventory/api"
)

func company(t testing.TB) (*api.Result, Meta) {
	t.Helper()
	data, err := os.ReadFile("testdata/result.json")
	if err != nil {
		t.Fatal(err)
	}
	var r api.Result
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	meta := Meta{Version: "0.1.0", Sources: []string{"mirror-2026-03.pcapng"}, Documents: map[string]string{},
		Files: []File{{"openapi/", "one OpenAPI document per service"}, {"endpoints.json", "every endpoint with its status and why"}, {"findings.json", "all findings"}, {"coverage.json", "all counts of what was lost"}}}
	for _, s := range r.Services {
		meta.Documents[s.Name] = "openapi/" + s.Name + ".yaml"
	}
	return &r, meta
}

func TestWriteForTheEye(t *testing.T) {
	path := os.Getenv("WIRECENSUS_REPORT")
	if path == "" {
		t.Skip("set WIRECENSUS_REPORT to a path to look at the page")
	}
	r, meta := company(t)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := Report(f, r, meta); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
