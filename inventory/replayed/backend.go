package replayed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"wirecensus/inventory"
	"wirecensus/inventory/api"
	"wirecensus/inventory/catalog"
	"wirecensus/schemas"
	"wirecensus/specgen"
	"wirecensus/specgen/openapi"
)

const (
	maxSpecs     = 256
	maxSpecBytes = 64 << 20
)

// Source is a declared document that was read from a file.
type Source struct {
	Document *openapi.Document
	Text     []byte // of its file alone
}

// Backend is a complete inventory. It implements [api.Backend].
type Backend struct {
	catalog  *catalog.Catalog // constant after New
	coverage *schemas.Coverage

	mu      sync.Mutex
	decided *decided
	specs   []spec // in order of name
}

// decided is everything that follows from catalog and documents; nobody changes it.
type decided struct {
	*inventory.Inventory
	state api.State
}

type spec struct {
	api.Spec
	Source
}

// New decides over a catalog and declared documents.
func New(c *catalog.Catalog, declared []Source, cov *schemas.Coverage) (*Backend, error) {
	b := &Backend{catalog: c, coverage: cov}
	taken := map[string]bool{}
	for _, d := range declared {
		s := spec{describe(d), d}
		for n := 2; taken[s.Name]; n++ { // files of one name in two folders
			s.Name = fmt.Sprintf("%s (%d)", d.Document.Name, n)
		}
		taken[s.Name] = true
		b.specs = append(b.specs, s)
	}
	slices.SortFunc(b.specs, func(x, y spec) int { return strings.Compare(x.Name, y.Name) })
	return b, b.decide()
}

// decide makes the state anew. The caller holds mu, or b alone.
func (b *Backend) decide() error {
	var docs []*openapi.Document
	for _, s := range b.specs {
		docs = append(docs, s.Document)
	}
	d := &decided{Inventory: inventory.Decide(b.catalog, docs, b.coverage)}
	text, err := json.Marshal(d.Result)
	if err != nil {
		return fmt.Errorf("decide: %w", err)
	}
	d.state = api.State{Result: d.Result, Version: digest(text)}
	for _, s := range d.Result.Services {
		d.state.Through = max(d.state.Through, s.LastSeen)
	}
	b.decided = d
	return nil
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:12])
}

func (b *Backend) now() *decided {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.decided
}

// State returns the decided state.
func (b *Backend) State(context.Context) (*api.State, error) { return &b.now().state, nil }

// service finds an observed service.
func (d *decided) service(name string) (*catalog.Service, error) {
	for _, s := range d.Services {
		if s.Name == name {
			return s, nil
		}
	}
	return nil, api.ErrNotFound
}

// Document writes the OpenAPI document of a service. There is one for all times
// from its first call on.
func (b *Backend) Document(_ context.Context, service string, o api.DocumentOptions) ([]byte, error) {
	d := b.now()
	s, err := d.service(service)
	if err != nil || o.At != 0 && o.At < s.First {
		return nil, api.ErrNotFound
	}
	doc := specgen.Generate(s, specgen.Options{Version: o.OpenAPI, Status: func(e *catalog.Endpoint) string { return d.Verdict[e] }})
	if o.JSON {
		return doc.JSON(), nil
	}
	return doc.YAML(), nil
}

// Versions lists the one document of a service.
func (b *Backend) Versions(ctx context.Context, service string) ([]api.Version, error) {
	s, err := b.now().service(service)
	if err != nil {
		return nil, err
	}
	text, err := b.Document(ctx, service, api.DocumentOptions{JSON: true})
	if err != nil {
		return nil, err
	}
	n := 0
	for _, e := range s.Endpoints {
		if e.Class == catalog.Real {
			n++
		}
	}
	return []api.Version{{From: s.Last, Endpoints: n, Operations: digest(text)}}, nil
}

// Explain says why the templates of a service are what they are.
func (b *Backend) Explain(_ context.Context, service string) ([]api.Explanation, error) {
	s, err := b.now().service(service)
	if err != nil {
		return nil, err
	}
	var out []api.Explanation
	for _, e := range s.Endpoints {
		out = append(out, explain(e))
	}
	return out, nil
}

// explain deals the sentences about a template out to its segments.
func explain(e *catalog.Endpoint) api.Explanation {
	out := api.Explanation{Method: e.Method, Template: e.Template, Paths: e.Paths, Segments: []api.WhySegment{}}
	if e.Op != nil {
		out.Calls = e.Op.Calls
	}
	why, params := e.Why, e.Params
	for text := range strings.SplitSeq(strings.TrimPrefix(e.Template, "/"), "/") {
		g := api.WhySegment{Text: text, Confidence: e.Confidence, For: []string{}, Against: []string{}}
		g.Param = strings.HasPrefix(text, "{")
		word, about := "literal: ", fmt.Sprintf("literal: %q", text)
		if g.Param {
			word, about = "parameter: ", "parameter: "
		}
		// Literals that nothing speaks against have no sentence.
		if len(why) > 0 && strings.HasPrefix(why[0], about) {
			g.For, why = append(g.For, strings.TrimPrefix(why[0], word)), why[1:]
		}
		if g.Param && len(params) > 0 {
			p := params[0]
			g.Type, g.Format = specgen.Scalar(p.Shape, p.Name)
			g.Distinct, params = p.Distinct, params[1:]
		}
		out.Segments = append(out.Segments, g)
	}
	return out
}

// describe says what a declared document is.
func describe(d Source) api.Spec {
	out := api.Spec{Name: d.Document.Name, ETag: digest(d.Text), Title: d.Document.Title, Version: d.Document.Version, Format: "openapi-" + d.Document.Spec,
		Size: len(d.Text), Operations: len(d.Document.Operations), Servers: []string{}}
	if d.Document.Spec == "2.0" {
		out.Format = "swagger-2.0"
	}
	for _, s := range d.Document.Servers {
		out.Servers = append(out.Servers, s.URL)
	}
	return out
}

// Specs lists the declared documents in order of name.
func (b *Backend) Specs(context.Context) ([]api.Spec, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []api.Spec
	for _, s := range b.specs {
		out = append(out, s.Spec)
	}
	return out, nil
}

// find returns where a document is or would be. The caller holds mu.
func (b *Backend) find(name string) (at int, there bool) {
	return slices.BinarySearchFunc(b.specs, name, func(s spec, name string) int { return strings.Compare(s.Name, name) })
}

// Spec returns a declared document as it was given.
func (b *Backend) Spec(_ context.Context, name string) (api.Spec, []byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i, ok := b.find(name)
	if !ok {
		return api.Spec{}, nil, api.ErrNotFound
	}
	return b.specs[i].Spec, b.specs[i].Text, nil
}

// PutSpec adds or replaces a declared document and decides anew.
func (b *Backend) PutSpec(_ context.Context, name string, text []byte, cond api.Condition) (api.Spec, bool, error) {
	doc, err := openapi.Parse(text, name)
	var bad *openapi.Error
	if errors.As(err, &bad) {
		return api.Spec{}, false, &api.InputError{Msg: bad.Err.Error(), Hint: bad.Hint}
	}
	if err != nil {
		return api.Spec{}, false, err
	}
	source := Source{doc, text}
	added := spec{describe(source), source}
	b.mu.Lock()
	defer b.mu.Unlock()
	i, there := b.find(name)
	if !b.allows(cond, i, there) {
		return api.Spec{}, false, api.ErrChanged
	}
	size, count := len(text), len(b.specs)
	for _, s := range b.specs {
		size += len(s.Text)
	}
	if !there && count >= maxSpecs || size > maxSpecBytes {
		return api.Spec{}, false, &api.InputError{Msg: "there is no room for more declared documents", Hint: "delete one first"}
	}
	before := slices.Clone(b.specs)
	if there {
		b.specs[i] = added
	} else {
		b.specs = slices.Insert(b.specs, i, added)
	}
	if err := b.decide(); err != nil {
		b.specs = before
		return api.Spec{}, false, err
	}
	return added.Spec, !there, nil
}

// allows reports whether a condition holds for what is there. The caller holds mu.
func (b *Backend) allows(cond api.Condition, i int, there bool) bool {
	return !(cond.None && there) && (cond.ETag == "" || there && b.specs[i].ETag == cond.ETag)
}

// DeleteSpec forgets a declared document and decides anew.
func (b *Backend) DeleteSpec(_ context.Context, name string, cond api.Condition) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	i, there := b.find(name)
	switch {
	case !there:
		return api.ErrNotFound
	case !b.allows(cond, i, there):
		return api.ErrChanged
	}
	b.specs = slices.Delete(b.specs, i, i+1)
	return b.decide()
}

// Overrides lists none.
func (b *Backend) Overrides(context.Context) ([]api.Override, error) { return nil, nil }

// PutOverride refuses.
func (b *Backend) PutOverride(context.Context, api.Override, api.Condition) (api.Override, error) {
	return api.Override{}, &api.InputError{Msg: "a replayed capture keeps no overrides", Hint: "they last in a store: wirecensus run, or wirecensus inventory"}
}

// DeleteOverride finds none.
func (b *Backend) DeleteOverride(context.Context, string, api.Condition) error {
	return api.ErrNotFound
}

// Sensors lists none: the captures were read in this process.
func (b *Backend) Sensors(context.Context) ([]api.Sensor, error) { return nil, nil }

// Ready returns nil: an inventory that is complete can be asked.
func (b *Backend) Ready(context.Context) error { return nil }
