package export

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"wirecensus/inventory"
	"wirecensus/inventory/web"
)

// Options say how the files are written.
type Options struct {
	OpenAPI string // version of the OpenAPI documents: "3.1" or "3.0"
	Version string // of wirecensus, named in the report
	Calls   bool   // calls.ndjson will stand beside the report
}

// Check reports whether dir can be the output folder: it is missing, empty, or
// holds the results of an earlier run. Nothing is written.
func Check(dir string) error {
	entries, err := os.ReadDir(dir)
	if os.IsNotExist(err) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("output folder: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "endpoints.json")); err != nil {
		return fmt.Errorf("output folder: %s holds other files", dir)
	}
	return nil
}

// Write writes everything into dir, which it makes when it is missing.
// OpenAPI documents of an earlier run are removed.
func Write(dir string, inv *inventory.Inventory, opts Options) error {
	docs := filepath.Join(dir, "openapi")
	if err := clear(docs); err != nil {
		return err
	}
	documents := map[string]string{}
	for _, s := range inv.Services {
		if !hasEndpoint(s) {
			continue
		}
		if err := document(docs, s, inv, opts); err != nil {
			return err
		}
		documents[s.Name] = "./openapi/" + FileName(s.Name) + ".yaml"
	}
	files := []struct {
		name  string
		value any
	}{
		{"endpoints.json", inv.Result.Endpoints},
		{"findings.json", inv.Result.Findings},
		{"coverage.json", inv.Result.Coverage},
	}
	for _, f := range files {
		b, err := encode(f.value)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		if err := put(dir, f.name, b); err != nil {
			return err
		}
	}
	var page bytes.Buffer
	if err := web.Report(&page, &inv.Result, web.Meta{Version: opts.Version, Documents: documents, Files: beside(opts)}); err != nil {
		return fmt.Errorf("report.html: %w", err)
	}
	return put(dir, "report.html", page.Bytes())
}

// beside names the files that the report lists.
func beside(opts Options) []web.File {
	files := []web.File{
		{Path: "./openapi/", What: "an OpenAPI document for every service, as YAML and JSON"},
		{Path: "./endpoints.json", What: "every endpoint: status, counts, callers, drift, and why"},
		{Path: "./findings.json", What: "what somebody should look at, with evidence"},
		{Path: "./coverage.json", What: "what was seen and what could not be seen"},
	}
	if opts.Calls {
		files = append(files, web.File{Path: "./calls.ndjson", What: "every call in normal form"})
	}
	return files
}

// clear makes the folder of documents and removes those that are in it.
func clear(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); e.Type().IsRegular() && (ext == ".yaml" || ext == ".json") {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// encode returns v as indented JSON; nil slices are empty arrays by the types' own care.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return b.Bytes(), err
}

var (
	plain  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?$`)
	unsafe = regexp.MustCompile(`[^A-Za-z0-9.-]+`)
)

// FileName returns a file name, without extension, for a service's name:
// host or host_port where the name is made of letters, digits, dots and hyphens,
// otherwise a safe form of it with a digest of the name, so no two services share one.
func FileName(service string) string {
	if plain.MatchString(service) && len(service) <= 128 {
		return strings.Replace(service, ":", "_", 1)
	}
	safe := unsafe.ReplaceAllString(service, "_")
	sum := sha256.Sum256([]byte(service))
	return fmt.Sprintf("%.100s-%s", strings.Trim(safe, ".-_"), hex.EncodeToString(sum[:4]))
}

// put writes a file anew: one that stands there, or a link, is replaced, not followed.
func put(dir, name string, b []byte) error {
	path := filepath.Join(dir, name)
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Close())
}
