package openapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
)

// Limits of what is read.
const (
	MaxBytes = 32 << 20
	MaxNodes = 2_000_000
	MaxDepth = 200
	MaxFiles = 256
)

// ErrNoDocument says that a file is no API description. LoadDir passes over such files.
var ErrNoDocument = errors.New("no API description")

// Error is a document that could not be read.
type Error struct {
	File string
	Err  error
	Hint string // what to do about it, "" when there is nothing to say
}

// Error returns the file and what is wrong with it.
func (e *Error) Error() string { return "read " + e.File + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Load reads the document in a file, with the files next to it and below that it refers to.
func Load(path string) (*Document, error) {
	raw, err := readFile(path)
	if err != nil {
		return nil, &Error{File: path, Err: err, Hint: hint(err)}
	}
	d, err := parse(raw, filepath.Base(path), path)
	if err != nil {
		return nil, &Error{File: path, Err: err, Hint: hint(err)}
	}
	d.Path = path
	return d, nil
}

// LoadDir reads every document in a folder and below (*.yaml, *.yml, *.json, *.har), in
// order of path. Files that are no API descriptions are passed over; one that is
// and cannot be read is an error.
func LoadDir(dir string) ([]*Document, error) {
	var paths []string
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch strings.ToLower(filepath.Ext(p)) {
		case ".yaml", ".yml", ".json", ".har":
			if d.Type().IsRegular() {
				paths = append(paths, p)
			}
		}
		return nil
	})
	if err != nil {
		return nil, &Error{File: dir, Err: err, Hint: hint(err)}
	}
	sort.Strings(paths)
	var out []*Document
	for _, p := range paths {
		d, err := Load(p)
		if errors.Is(err, ErrNoDocument) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// Parse reads a document from memory; references to other files are errors.
// name stands for the file name in messages.
func Parse(raw []byte, name string) (*Document, error) {
	d, err := parse(raw, name, "")
	if err != nil {
		return nil, &Error{File: name, Err: err, Hint: hint(err)}
	}
	return d, nil
}

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, errors.New("is a folder")
	}
	if info.Size() > MaxBytes {
		return nil, errTooLarge
	}
	return os.ReadFile(path)
}

var (
	errTooLarge = fmt.Errorf("more than %d MiB", MaxBytes>>20)
	errTooMany  = fmt.Errorf("more than %d values (YAML aliases expanded)", MaxNodes)
	errTooDeep  = fmt.Errorf("nested more than %d levels", MaxDepth)
	errOutside  = errors.New("reference outside the document's folder")
	errFiles    = fmt.Errorf("references to more than %d files", MaxFiles)
)

func hint(err error) string {
	switch {
	case errors.Is(err, ErrNoDocument):
		return "an API description has a top-level key openapi or swagger; Postman collections (v2.1) and HAR files are read as well"
	case errors.Is(err, errNoRequests):
		return "record calls to the API that succeed, or export the collection with its requests"
	case strings.HasPrefix(err.Error(), "unsupported Postman"):
		return "export the collection as Collection v2.1"
	case strings.Contains(err.Error(), "as HAR") || strings.Contains(err.Error(), "as Postman"):
		return "export it again: a HAR file is that of HAR 1.2, a collection that of Collection v2.1"
	case errors.Is(err, errOutside):
		return "bundle the document into one file, or put the files it refers to beside it"
	case errors.Is(err, fs.ErrNotExist):
		return "check the path; references are relative to the file that has them"
	case errors.Is(err, errTooLarge), errors.Is(err, errTooMany), errors.Is(err, errTooDeep), errors.Is(err, errFiles):
		return "split the document, or remove generated examples"
	}
	return "check the document with an OpenAPI validator"
}

func parse(raw []byte, name, path string) (*Document, error) {
	text, err := toJSON(raw)
	if err != nil {
		return nil, err
	}
	t, spec, err := decode(text, path)
	if err != nil {
		return nil, err
	}
	return build(t, name, spec), nil
}

// decode reads JSON into an OpenAPI 3 tree with resolved references.
func decode(text []byte, path string) (t *openapi3.T, spec string, err error) {
	defer func() {
		// The tree library has panicked on malformed documents; such a document is
		// an error like any other.
		if p := recover(); p != nil {
			t, err = nil, fmt.Errorf("malformed: %v", p)
		}
	}()
	var head struct {
		Swagger any `json:"swagger"`
		OpenAPI any `json:"openapi"`
		Log     any `json:"log"`
		Info    any `json:"info"`
		Item    any `json:"item"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, "", ErrNoDocument // the top is no object
	}
	loader, at := newLoader(path)
	switch {
	case head.Swagger != nil:
		if v := fmt.Sprint(head.Swagger); v != "2.0" && v != "2" {
			return nil, "", fmt.Errorf("unsupported Swagger version %.20q", v)
		}
		var two openapi2.T
		if err := json.Unmarshal(text, &two); err != nil {
			return nil, "", fmt.Errorf("as Swagger 2: %w", err)
		}
		t, err = openapi2conv.ToV3WithLoader(&two, loader, at)
		return t, "2.0", err
	case head.OpenAPI != nil:
		v := fmt.Sprint(head.OpenAPI)
		if !strings.HasPrefix(v, "3.") || len(v) < 3 {
			return nil, "", fmt.Errorf("unsupported OpenAPI version %.20q", v)
		}
		if at != nil {
			t, err = loader.LoadFromDataWithPath(text, at)
		} else {
			t, err = loader.LoadFromData(text)
		}
		return t, v[:3], err
	}
	return decodeRecorded(text, head.Log, head.Info, head.Item)
}

// decodeRecorded reads what describes an API by example: a HAR file has log with
// entries, a Postman collection item and info with _postman_id or schema.
func decodeRecorded(text []byte, log, info, item any) (t *openapi3.T, spec string, err error) {
	l, _ := log.(map[string]any)
	i, _ := info.(map[string]any)
	schema, _ := i["schema"].(string)
	switch {
	case l["entries"] != nil:
		t, err = fromHAR(text, "recorded")
		return t, SpecHAR, err
	case item != nil && (i["_postman_id"] != nil || strings.Contains(schema, "getpostman.com") || strings.Contains(schema, "postman.com")):
		t, err = fromPostman(text)
		return t, SpecPostman, err
	}
	return nil, "", ErrNoDocument
}

// newLoader returns a loader that reads only files in the document's folder and
// below, and the document's location; no files at all when path is "".
func newLoader(path string) (*openapi3.Loader, *url.URL) {
	loader := openapi3.NewLoader()
	if path == "" {
		return loader, nil
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return loader, nil
	}
	root := filepath.Dir(abs)
	if real, err := filepath.EvalSymlinks(root); err == nil {
		root = real
	}
	files := 0
	loader.IsExternalRefsAllowed = true
	loader.ReadFromURIFunc = func(_ *openapi3.Loader, u *url.URL) ([]byte, error) {
		if u.Scheme != "" && u.Scheme != "file" || u.Host != "" {
			return nil, fmt.Errorf("%w: %s", errOutside, u)
		}
		if files++; files > MaxFiles {
			return nil, errFiles
		}
		real, err := filepath.EvalSymlinks(filepath.FromSlash(u.Path))
		if err != nil {
			return nil, err
		}
		if rel, err := filepath.Rel(root, real); err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
			return nil, fmt.Errorf("%w: %s", errOutside, u.Path)
		}
		raw, err := readFile(real)
		if err != nil {
			return nil, err
		}
		return toJSON(raw)
	}
	return loader, &url.URL{Path: filepath.ToSlash(filepath.Join(root, filepath.Base(abs)))}
}
