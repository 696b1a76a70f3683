package inventory

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"

	"wirecensus/inventory/api"
	"wirecensus/inventory/catalog"
	"wirecensus/inventory/store"
	"wirecensus/schemas"
	"wirecensus/specgen"
)

const (
	// maxVersions is how many documents of a service are kept: the first, the newest, and of the others those that held longest.
	maxVersions = 32
	// maxDocument is the size of a kept document, unpacked.
	maxDocument = 64 << 20
)

// document writes the document of a service as it was decided.
func (d *decided) document(svc *catalog.Service, o api.DocumentOptions) []byte {
	doc := specgen.Generate(svc, specgen.Options{Version: o.OpenAPI, Status: func(e *catalog.Endpoint) string { return d.inv.Verdict[e] }})
	if o.JSON {
		return doc.JSON()
	}
	return doc.YAML()
}

// documented says whether a service has anything to document.
func documented(svc *catalog.Service) bool {
	return svc != nil && slices.ContainsFunc(svc.Endpoints, func(e *catalog.Endpoint) bool { return e.Class == catalog.Real })
}

// Document writes the OpenAPI document of a service.
func (s *Service) Document(ctx context.Context, service string, o api.DocumentOptions) ([]byte, error) {
	if o.OpenAPI = cmp.Or(o.OpenAPI, "3.1"); o.OpenAPI != "3.1" && o.OpenAPI != "3.0" {
		return nil, &api.InputError{Msg: fmt.Sprintf("OpenAPI %.20q is not written", o.OpenAPI), Hint: "3.1 or 3.0"}
	}
	d, err := s.decision(ctx)
	if err != nil {
		return nil, err
	}
	if o.At == 0 {
		svc := d.services[service]
		if !documented(svc) {
			return nil, api.ErrNotFound
		}
		return d.document(svc, o), nil
	}
	kept, err := s.kept(ctx)
	if err != nil {
		return nil, err
	}
	for _, v := range slices.Backward(kept[service]) {
		if v.From <= o.At {
			return s.keptDocument(ctx, v, o)
		}
	}
	return nil, api.ErrNotFound
}

// version is one kept document. Its name says all that listings need.
type version struct {
	api.Version
	name string
}

const nameFields = 4

func versionName(service string, v api.Version) string {
	return fmt.Sprintf("%s\x00%020d\x00%d\x00%s", service, int64(v.From), v.Endpoints, v.Operations)
}

// parseVersion reads a name that versionName made.
func parseVersion(name string) (service string, v version, ok bool) {
	fields := strings.Split(name, "\x00")
	n := len(fields)
	if n < nameFields {
		return "", v, false
	}
	from, err1 := strconv.ParseInt(fields[n-3], 10, 64)
	endpoints, err2 := strconv.Atoi(fields[n-2])
	v = version{api.Version{From: schemas.Time(from), Endpoints: endpoints, Operations: fields[n-1]}, name}
	return strings.Join(fields[:n-3], "\x00"), v, err1 == nil && err2 == nil
}

// kept lists the kept documents by service, the oldest first.
func (s *Service) kept(ctx context.Context) (map[string][]version, error) {
	names, err := s.st.Names(ctx, kindDocument)
	if err != nil {
		return nil, err
	}
	out := map[string][]version{}
	for _, name := range names {
		service, v, ok := parseVersion(name)
		if !ok {
			continue
		}
		// Two processes may keep the same document at nearly the same time.
		if have := out[service]; len(have) == 0 || have[len(have)-1].Operations != v.Operations {
			out[service] = append(have, v)
		}
	}
	return out, nil
}

// Versions lists the kept documents of a service, the newest first.
func (s *Service) Versions(ctx context.Context, service string) ([]api.Version, error) {
	d, err := s.decision(ctx)
	if err != nil {
		return nil, err
	}
	kept, err := s.kept(ctx)
	if err != nil {
		return nil, err
	}
	if kept[service] == nil && d.services[service] == nil {
		return nil, api.ErrNotFound
	}
	out := []api.Version{}
	for _, v := range slices.Backward(kept[service]) {
		out = append(out, v.Version)
	}
	return out, nil
}

// texts are the forms of a kept document, by version of OpenAPI and format.
type texts map[string][]byte

func form(o api.DocumentOptions) string {
	if o.JSON {
		return o.OpenAPI + " json"
	}
	return o.OpenAPI + " yaml"
}

func (s *Service) keptDocument(ctx context.Context, v version, o api.DocumentOptions) ([]byte, error) {
	obj, err := s.st.Object(ctx, kindDocument, v.name)
	if err != nil {
		return nil, backendError(err)
	}
	unzip, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxDocument))
	if err != nil {
		return nil, err
	}
	defer unzip.Close()
	text, err := unzip.DecodeAll(obj.Blob, nil)
	var all texts
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil || all[form(o)] == nil {
		return nil, fmt.Errorf("read the kept document of %v: %w", v.From, errors.Join(err, errUnreadable))
	}
	return all[form(o)], nil
}

var errUnreadable = errors.New("it is none")

// keepDocuments keeps the document of each service whose structure is another
// one than that of the newest kept.
func (s *Service) keepDocuments(ctx context.Context) error {
	d := s.current.Load()
	if d == nil {
		return nil
	}
	kept, err := s.kept(ctx)
	if err != nil {
		return err
	}
	for _, svc := range d.inv.Services {
		if !documented(svc) {
			continue
		}
		have := kept[svc.Name]
		now := api.Version{From: d.inv.Through, Operations: structure(d.document(svc, api.DocumentOptions{OpenAPI: "3.1", JSON: true}))}
		if n := len(have); n > 0 && (have[n-1].Operations == now.Operations || have[n-1].From >= now.From) {
			continue
		}
		for _, e := range svc.Endpoints {
			if e.Class == catalog.Real {
				now.Endpoints++
			}
		}
		if err := s.keep(ctx, d, svc, now, have); err != nil && !errors.Is(err, store.ErrNotFound) { // another process dropped the same one
			return err
		}
	}
	return nil
}

// keep keeps one document, and drops one where there are too many.
func (s *Service) keep(ctx context.Context, d *decided, svc *catalog.Service, now api.Version, have []version) error {
	all := texts{}
	for _, o := range []api.DocumentOptions{{OpenAPI: "3.1"}, {OpenAPI: "3.1", JSON: true}, {OpenAPI: "3.0"}, {OpenAPI: "3.0", JSON: true}} {
		all[form(o)] = d.document(svc, o)
	}
	text, err := json.Marshal(all)
	if err != nil || len(text) > maxDocument {
		return err // too large to be kept: only the live one is served
	}
	zip, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	blob := zip.EncodeAll(text, nil)
	b := &store.Batch{Changes: []store.Change{{Object: store.Object{Kind: kindDocument, Name: versionName(svc.Name, now), Blob: blob}}}}
	if len(have) >= maxVersions {
		b.Changes = append(b.Changes, store.Change{Object: store.Object{Kind: kindDocument, Name: have[shortest(have)].name}, Delete: true})
	}
	return s.st.Commit(ctx, b)
}

// shortest returns which version but the first and the last stood between its
// neighbours for the shortest time.
func shortest(list []version) int {
	best := 1
	for i := 1; i < len(list)-1; i++ {
		if list[i+1].From-list[i-1].From < list[best+1].From-list[best-1].From {
			best = i
		}
	}
	return best
}

// structure is a digest of a document's operations and schemas, without what
// more calls change.
func structure(doc []byte) string {
	var v any
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	if err := dec.Decode(&v); err == nil {
		doc, _ = json.Marshal(bare(v)) // maps, lists and texts always marshal
	}
	sum := sha256.Sum256(doc)
	return hex.EncodeToString(sum[:12])
}

// bare leaves out the extensions that hold evidence.
func bare(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if strings.HasPrefix(k, "x-wirecensus-") {
				delete(v, k)
			} else {
				v[k] = bare(e)
			}
		}
	case []any:
		for i := range v {
			v[i] = bare(v[i])
		}
	}
	return v
}
