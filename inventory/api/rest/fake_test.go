package rest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"wirecensus/inventory/api"
	"wirecensus/schemas"
	"wirecensus/specgen/openapi"
)

// memory is a Backend that holds everything in memory: what a store does, with
// the company of the report's tests as what was observed.
type memory struct {
	state     *api.State
	documents map[string][]string // by service, the oldest first, JSON
	notReady  error

	mu        sync.Mutex
	specs     []held
	overrides []api.Override
}

type held struct {
	api.Spec
	text []byte
}

// hours between two kept documents.
const kept = schemas.Time(3600 * 1e9)

func newMemory(t testing.TB) *memory {
	t.Helper()
	text, err := os.ReadFile("../../web/testdata/result.json")
	if err != nil {
		t.Fatal(err)
	}
	m := &memory{state: &api.State{Version: "v1", Through: 1774302060 * 1e9}, documents: map[string][]string{}}
	if err := json.Unmarshal(text, &m.state.Result); err != nil {
		t.Fatal(err)
	}
	odd := []string{"[::1]:8080", "a/b", "..", "100%", "grüße.example", "x\xffy"}
	for _, name := range odd {
		m.state.Services = append(m.state.Services, api.Service{Name: name, Coverage: "ok", Calls: 1, Endpoints: 1})
		m.state.Endpoints = append(m.state.Endpoints, api.Endpoint{Service: name, Method: "GET", Template: "/odd", Status: "undocumented", Class: "endpoint"})
	}
	for _, list := range [][]api.Endpoint{m.state.Endpoints, m.state.Others} {
		for i := range list {
			list[i].ID = api.DeclaredID(list[i].Service, list[i].Method, list[i].Template)
		}
	}
	for _, s := range m.state.Services {
		m.documents[s.Name] = []string{document("/a"), document("/a", "/b")}
	}
	return m
}

// document is an OpenAPI document with a GET at each path.
func document(paths ...string) string {
	doc := map[string]any{"openapi": "3.1.0", "info": map[string]any{"title": "t", "version": "1"}}
	all := map[string]any{}
	for _, p := range paths {
		all[p] = map[string]any{"get": map[string]any{"responses": map[string]any{"200": map[string]any{"description": "ok"}}}}
	}
	doc["paths"] = all
	b, _ := json.Marshal(doc)
	return string(b)
}

func (m *memory) State(context.Context) (*api.State, error) { return m.state, nil }

func (m *memory) Document(_ context.Context, service string, o api.DocumentOptions) ([]byte, error) {
	docs := m.documents[service]
	n := len(docs)
	if o.At != 0 {
		n = min(n, int(o.At/kept))
	}
	if n <= 0 {
		return nil, api.ErrNotFound
	}
	text := []byte(docs[n-1])
	if o.OpenAPI == "3.0" {
		text = []byte(strings.Replace(string(text), "3.1.0", "3.0.3", 1))
	}
	if o.JSON {
		return text, nil
	}
	return toYAML(text)
}

func (m *memory) Versions(_ context.Context, service string) ([]api.Version, error) {
	docs, ok := m.documents[service]
	if !ok {
		return nil, api.ErrNotFound
	}
	var out []api.Version
	for i := range docs {
		out = append(out, api.Version{From: kept * schemas.Time(i+1), Endpoints: i + 1, Operations: digest([]byte(docs[i]))})
	}
	slices.Reverse(out)
	return out, nil
}

func (m *memory) Explain(_ context.Context, service string) ([]api.Explanation, error) {
	var out []api.Explanation
	for _, e := range m.state.Endpoints {
		if e.Service == service {
			out = append(out, api.Explanation{Method: e.Method, Template: e.Template, Calls: e.Calls, Paths: e.Paths,
				Segments: []api.WhySegment{{Text: "a", For: []string{"because"}}}})
		}
	}
	return out, nil
}

func (m *memory) Specs(context.Context) ([]api.Spec, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []api.Spec
	for _, h := range m.specs {
		out = append(out, h.Spec)
	}
	return out, nil
}

func (m *memory) find(name string) int {
	return slices.IndexFunc(m.specs, func(h held) bool { return h.Name == name })
}

func (m *memory) Spec(_ context.Context, name string) (api.Spec, []byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.find(name)
	if i < 0 {
		return api.Spec{}, nil, api.ErrNotFound
	}
	return m.specs[i].Spec, m.specs[i].text, nil
}

// holds reports whether a condition holds for an object; "" is none.
func holds(cond api.Condition, etag string) bool {
	return !(cond.None && etag != "") && (cond.ETag == "" || cond.ETag == etag)
}

func (m *memory) PutSpec(_ context.Context, name string, text []byte, cond api.Condition) (api.Spec, bool, error) {
	doc, err := openapi.Parse(text, name)
	var bad *openapi.Error
	if errors.As(err, &bad) {
		return api.Spec{}, false, &api.InputError{Msg: bad.Err.Error(), Hint: bad.Hint}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.find(name)
	old := ""
	if i >= 0 {
		old = m.specs[i].ETag
	}
	if !holds(cond, old) {
		return api.Spec{}, false, api.ErrChanged
	}
	h := held{api.Spec{Name: name, ETag: digest(text), Title: doc.Title, Version: doc.Version, Format: "openapi-" + doc.Spec, Size: len(text), Operations: len(doc.Operations)}, text}
	if i >= 0 {
		m.specs[i] = h
	} else {
		m.specs = append(m.specs, h)
	}
	return h.Spec, i < 0, nil
}

func (m *memory) DeleteSpec(_ context.Context, name string, cond api.Condition) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.find(name)
	if i < 0 {
		return api.ErrNotFound
	}
	if !holds(cond, m.specs[i].ETag) {
		return api.ErrChanged
	}
	m.specs = slices.Delete(m.specs, i, i+1)
	return nil
}

func (m *memory) Overrides(context.Context) ([]api.Override, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.overrides), nil
}

func (m *memory) PutOverride(_ context.Context, o api.Override, cond api.Condition) (api.Override, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := slices.IndexFunc(m.overrides, func(v api.Override) bool { return v.ID == o.ID })
	old := ""
	if i >= 0 {
		old = m.overrides[i].ETag
	}
	if !holds(cond, old) {
		return api.Override{}, api.ErrChanged
	}
	o.Created = m.state.Through
	b, _ := json.Marshal(o)
	o.ETag = digest(b)
	if i >= 0 {
		m.overrides[i] = o
	} else {
		m.overrides = append(m.overrides, o)
	}
	slices.SortFunc(m.overrides, func(a, b api.Override) int { return cmp.Compare(a.ID, b.ID) })
	return o, nil
}

func (m *memory) DeleteOverride(_ context.Context, id string, cond api.Condition) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := slices.IndexFunc(m.overrides, func(v api.Override) bool { return v.ID == id })
	if i < 0 {
		return api.ErrNotFound
	}
	if !holds(cond, m.overrides[i].ETag) {
		return api.ErrChanged
	}
	m.overrides = slices.Delete(m.overrides, i, i+1)
	return nil
}

func (m *memory) Sensors(context.Context) ([]api.Sensor, error) {
	return []api.Sensor{{Name: "s1", Epoch: 1 << 60, Runs: 2, Calls: 100, Lost: 3, Shed: map[string]uint64{"spool-full": 4}, Coverage: &schemas.Coverage{}}, {Name: "s2"}}, nil
}

func (m *memory) Ready(context.Context) error { return m.notReady }
