package export

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"wirecensus/inventory"
	"wirecensus/inventory/api"
	"wirecensus/inventory/catalog"
	"wirecensus/schemas"
)

// TestFileName: names stay inside the folder, differ where services differ, and
// are what a reader expects for ordinary ones.
func TestFileName(t *testing.T) {
	for service, want := range map[string]string{"api.example.com": "api.example.com", "api.example.com:8080": "api.example.com_8080", "10.0.0.1:9000": "10.0.0.1_9000"} {
		if got := FileName(service); got != want {
			t.Errorf("%s: %s, want %s", service, got, want)
		}
	}
	safe := regexp.MustCompile(`^[A-Za-z0-9.-][A-Za-z0-9._-]*$`)
	seen := map[string]string{}
	for _, service := range []string{"../../etc/passwd", "..", ".", "", "a/b", "a_b", "a\x00b", "[::1]:80", "[::1]:81", "con:", "-rf", ".hidden", strings.Repeat("a", 300), strings.Repeat("a", 301), "a%2Fb", "ä.example", "a_80", "a:80"} {
		name := FileName(service)
		if !safe.MatchString(name) || strings.Trim(name, ".") == "" || len(name) > 128 || filepath.Base(name) != name {
			t.Errorf("%q: %q", service, name)
		}
		if other, ok := seen[name]; ok {
			t.Errorf("%q and %q are both %q", service, other, name)
		}
		seen[name] = service
	}
}

// TestCheck: only a folder that is missing, empty or ours may be written to.
func TestCheck(t *testing.T) {
	dir := t.TempDir()
	if err := Check(filepath.Join(dir, "missing")); err != nil {
		t.Error(err)
	}
	if err := Check(dir); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "letter.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if Check(dir) == nil {
		t.Error("a folder with a letter in it was accepted")
	}
	if err := os.WriteFile(filepath.Join(dir, "endpoints.json"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Check(dir); err != nil {
		t.Error(err)
	}
}

// TestWrite: a link that stands where a file goes is replaced and not followed,
// documents of an earlier run go, and the report links to what is there.
func TestWrite(t *testing.T) {
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "mine")
	if err := os.WriteFile(outside, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "report.html")); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "openapi"), 0o755); err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(dir, "openapi", "gone.example.yaml")
	if err := os.WriteFile(old, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	c := catalog.New(catalog.Config{})
	for range 3 {
		c.Apply(&schemas.Call{RequestSeen: true, Method: "GET", Scheme: "http", Host: "[::1]", Port: 80, Path: "/v1/users", Status: 200})
	}
	inv := inventory.Decide(inventory.Input{Catalog: c, Coverage: new(schemas.Coverage)})
	if len(inv.Services) != 1 || len(inv.Result.Endpoints) != 1 {
		t.Fatalf("%d services, %+v", len(inv.Services), []api.Endpoint(inv.Result.Endpoints))
	}
	if err := Write(dir, inv, Options{OpenAPI: "3.1", Version: "test", Calls: true}); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(outside); string(b) != "mine" {
		t.Errorf("the link was followed: %d bytes", len(b))
	}
	if _, err := os.Stat(old); !os.IsNotExist(err) {
		t.Errorf("a document of an earlier run is left: %v", err)
	}
	page, err := os.ReadFile(filepath.Join(dir, "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	links := regexp.MustCompile(`href="(\./[^"]+)"`).FindAllStringSubmatch(string(page), -1)
	if len(links) < 6 {
		t.Errorf("the report has the links %v", links)
	}
	for _, l := range links {
		if _, err := os.Stat(filepath.Join(dir, l[1])); err != nil && l[1] != "./calls.ndjson" {
			t.Errorf("the report links to %s: %v", l[1], err)
		}
	}
}
