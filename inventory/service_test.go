package inventory

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/client_golang/prometheus"

	"wirecensus/inventory/api"
	"wirecensus/inventory/catalog"
	"wirecensus/schemas"
	"wirecensus/schemas/shape"
	"wirecensus/schemas/wire"
)

// calls are n calls to some services, by a seed.
func calls(seed uint64, n int) []schemas.Call {
	rng := rand.New(rand.NewPCG(7, seed))
	out := make([]schemas.Call, n)
	for i := range out {
		s := rng.IntN(4)
		c := &out[i]
		*c = schemas.Call{
			ID: fmt.Sprintf("%d-%d", seed, i), Time: schemas.Time(1_700_000_000e9 + int64(seed)*1e14 + int64(i)*1e10), Scheme: "http", Port: 80, RequestSeen: true, Version: "1.1",
			Host: fmt.Sprintf("svc%d.example", s), Peer: "10.0.0.9", PeerPort: 80, Client: fmt.Sprintf("10.0.1.%d", rng.IntN(90)), ClientPort: uint16(rng.IntN(9000)),
			Method: []string{"GET", "GET", "POST"}[rng.IntN(3)], Path: fmt.Sprintf("/v%d/%s/%d", s+1, []string{"users", "orders", "items"}[rng.IntN(3)], rng.IntN(500)),
			Status: []int{200, 200, 200, 404, 500}[rng.IntN(5)],
		}
		if c.Status == 200 {
			obj := &shape.Node{}
			obj.Kinds[shape.Object] = 1
			for _, name := range []string{"id", "name", "total"}[:1+rng.IntN(3)] {
				leaf := &shape.Node{}
				leaf.Kinds[shape.Bool] = 1
				obj.Props = append(obj.Props, shape.Prop{Name: name, Seen: 1, Node: leaf})
			}
			c.Response = schemas.Content{MediaType: "application/json", Size: 20, Shape: obj}
		}
		if rng.IntN(2) == 0 {
			c.Auth = []schemas.Auth{{Scheme: "bearer", In: "header", Name: "authorization"}}
		}
	}
	return out
}

// parts are the exported parts of a catalog, by key.
func parts(t *testing.T, c *catalog.Catalog) map[string]string {
	t.Helper()
	out := map[string]string{}
	if err := c.Export(func(key string, part []byte) error { out[key] = string(part); return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

func total(lists ...[]schemas.Call) *catalog.Catalog {
	c := catalog.New(catalog.Config{})
	for _, list := range lists {
		for i := range list {
			c.Apply(&list[i])
		}
	}
	return c
}

// service opens a service that does nothing by itself.
func service(t *testing.T, address string) *Service {
	t.Helper()
	s, err := Open(t.Context(), Config{Store: address, FollowEvery: time.Hour, FlushEvery: time.Hour, CompactEvery: time.Hour, KeepEvery: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func state(t *testing.T, s *Service) *api.State {
	t.Helper()
	must(t, s.Sync(t.Context()))
	st, err := s.State(t.Context())
	must(t, err)
	return st
}

func feed(t *testing.T, s *Service, sensor string, list []schemas.Call) {
	t.Helper()
	f, err := s.Feed(t.Context(), wire.Origin{Sensor: sensor, Epoch: 1})
	must(t, err)
	for i := range list {
		f.Call(&list[i])
		if i%100 == 0 {
			must(t, f.Flush(t.Context()))
		}
	}
	must(t, f.Flush(t.Context()))
}

// TestShared: services that share a store have the catalog of all calls, and give
// the answer of replay, whoever fed what, also after a compaction and a restart.
func TestShared(t *testing.T) {
	address := "sqlite:" + filepath.Join(t.TempDir(), "x.db")
	a, b := service(t, address), service(t, address)
	one, two := calls(1, 1500), calls(2, 1500)
	feed(t, a, "a", one)
	must(t, b.follow(t.Context()))
	feed(t, b, "b", two)
	want := total(one, two)
	cov := new(schemas.Coverage)
	cov.Add(new(schemas.Coverage))
	truth := Decide(Input{Catalog: want, Coverage: cov})
	check := func(what string, s *Service) {
		t.Helper()
		st := state(t, s)
		if d := cmp.Diff(parts(t, want), parts(t, s.seen.catalog)); d != "" {
			t.Fatalf("%s: the catalog is another one", what)
		}
		if d := cmp.Diff(truth.Result, st.Result, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("%s: %s", what, d)
		}
	}
	check("a", a)
	check("b", b)
	heads, err := a.st.Heads(t.Context())
	must(t, err)
	must(t, a.compact(t.Context(), heads.Log))
	keys, err := a.st.Backlog(t.Context(), heads.Log, 2)
	must(t, err)
	if len(keys) > 0 {
		t.Fatalf("%q have several parts still", keys)
	}
	three := calls(3, 50)
	feed(t, a, "a", three)
	want, truth = total(one, two, three), Decide(Input{Catalog: total(one, two, three), Coverage: cov})
	check("b after a compaction", b)
	check("a later one", service(t, address))
	if v1, v2 := state(t, a).Version, state(t, b).Version; v1 != v2 || v1 == "" {
		t.Fatalf("versions %q and %q of one state", v1, v2)
	}
}

// TestStraddle: a service across whose position the log is compacted begins again.
func TestStraddle(t *testing.T) {
	address := "sqlite:" + filepath.Join(t.TempDir(), "x.db")
	a, b := service(t, address), service(t, address)
	one := calls(1, 900)
	feed(t, a, "a", one[:450])
	must(t, b.follow(t.Context()))
	feed(t, a, "a", one[450:])
	heads, err := a.st.Heads(t.Context())
	must(t, err)
	must(t, a.compact(t.Context(), heads.Log))
	must(t, b.follow(t.Context()))
	if d := cmp.Diff(parts(t, total(one)), parts(t, b.seen.catalog)); d != "" {
		t.Fatal("the catalog is another one")
	}
}

const petSpec = `openapi: 3.0.3
info: {title: Users, version: "1"}
servers: [{url: http://svc0.example/v1}]
paths:
  /users/{id}:
    get: {responses: {"200": {description: ok}}}
`

func TestSpecs(t *testing.T) {
	s, ctx := service(t, "memory:"), t.Context()
	feed(t, s, "a", calls(1, 800))
	before := state(t, s)
	sp, created, err := s.PutSpec(ctx, "users.yaml", []byte(petSpec), api.Condition{None: true})
	if err != nil || !created || sp.Operations != 1 || sp.Format != "openapi-3.0" || sp.Title != "Users" {
		t.Fatalf("%+v %v %v", sp, created, err)
	}
	after := state(t, s)
	if before.Version == after.Version {
		t.Fatal("a document changes nothing")
	}
	statuses := map[string]bool{}
	for _, e := range after.Endpoints {
		if e.Service == "svc0.example" {
			statuses[e.Status] = true
		}
	}
	if !statuses["documented"] || !statuses["shadow"] {
		t.Fatal(statuses)
	}
	if _, _, err := s.PutSpec(ctx, "users.yaml", []byte(petSpec), api.Condition{None: true}); !errors.Is(err, api.ErrChanged) {
		t.Fatal(err)
	}
	if _, _, err := s.PutSpec(ctx, "users.yaml", []byte(petSpec), api.Condition{ETag: "other"}); !errors.Is(err, api.ErrChanged) {
		t.Fatal(err)
	}
	next := strings.Replace(petSpec, "Users", "People", 1)
	sp2, created, err := s.PutSpec(ctx, "users.yaml", []byte(next), api.Condition{ETag: sp.ETag})
	if err != nil || created || sp2.ETag == sp.ETag {
		t.Fatal(sp2, created, err)
	}
	got, text, err := s.Spec(ctx, "users.yaml")
	if err != nil || string(text) != next || got.ETag != sp2.ETag {
		t.Fatal(err)
	}
	list, err := s.Specs(ctx)
	if err != nil || len(list) != 1 || list[0].Title != "People" {
		t.Fatal(list, err)
	}
	if err := s.DeleteSpec(ctx, "users.yaml", api.Condition{ETag: sp.ETag}); !errors.Is(err, api.ErrChanged) {
		t.Fatal(err)
	}
	must(t, s.DeleteSpec(ctx, "users.yaml", api.Condition{}))
	if err := s.DeleteSpec(ctx, "users.yaml", api.Condition{}); !errors.Is(err, api.ErrNotFound) {
		t.Fatal(err)
	}
	if _, _, err := s.Spec(ctx, "users.yaml"); !errors.Is(err, api.ErrNotFound) {
		t.Fatal(err)
	}
	if again := state(t, s); again.Version != before.Version {
		t.Fatal("the state is not what it was")
	}
}

func TestHostileSpecs(t *testing.T) {
	s := service(t, "memory:")
	var bomb strings.Builder
	bomb.WriteString("openapi: 3.0.3\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n")
	for i := 1; i < 12; i++ {
		fmt.Fprintf(&bomb, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 10), ","))
	}
	for what, doc := range map[string]string{
		"nothing": "", "no document": "a: b", "bomb": bomb.String(), "huge": strings.Repeat("#", 33<<20),
		"remote":    strings.Replace(petSpec, `{description: ok}`, `{$ref: "http://127.0.0.1:1/x.yaml#/a"}`, 1),
		"file":      strings.Replace(petSpec, `{description: ok}`, `{$ref: "/etc/passwd#/a"}`, 1),
		"traversal": strings.Replace(petSpec, `{description: ok}`, `{$ref: "../../x.yaml"}`, 1),
		"deep":      "openapi: 3.0.3\nx: " + strings.Repeat("[", 500) + strings.Repeat("]", 500),
		"binary":    "\x00\xff\xfe",
	} {
		_, _, err := s.PutSpec(t.Context(), "x.yaml", []byte(doc), api.Condition{})
		var input *api.InputError
		if !errors.As(err, &input) || input.Msg == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, name := range []string{"", "a\x00b", "a\nb", strings.Repeat("x", 300), "\u202e"} {
		if _, _, err := s.PutSpec(t.Context(), name, []byte(petSpec), api.Condition{}); err == nil {
			t.Errorf("a document is called %q", name)
		}
	}
	if list, _ := s.Specs(t.Context()); len(list) != 0 {
		t.Error(list)
	}
}

func TestOverrides(t *testing.T) {
	s, ctx := service(t, "memory:"), t.Context()
	feed(t, s, "a", calls(1, 800))
	_, _, err := s.PutSpec(ctx, "users.yaml", []byte(petSpec), api.Condition{})
	must(t, err)
	before := state(t, s)
	i := slices.IndexFunc(before.Findings, func(f schemas.Finding) bool { return f.Rule == "shadow-endpoint" })
	if i < 0 {
		t.Fatalf("no finding to accept: %+v", before.Findings)
	}
	shadow := before.Findings[i]
	findings := func(st *api.State) (n int) {
		for _, f := range st.Findings {
			if f.Rule == "shadow-endpoint" && f.Template == shadow.Template && f.Method == shadow.Method {
				n++
			}
		}
		return n
	}
	o := api.Override{Kind: api.OverrideAccept, Service: shadow.Service, Method: shadow.Method, Template: shadow.Template, Status: "shadow", Owner: "ann", Reason: "internal", Expires: before.Through + 10}
	o, err = s.PutOverride(ctx, o, api.Condition{None: true})
	if err != nil || o.ID == "" || o.ETag == "" || o.Created != before.Through {
		t.Fatalf("%+v %v", o, err)
	}
	st := state(t, s)
	e := st.Endpoints[slices.IndexFunc(st.Endpoints, func(e api.Endpoint) bool {
		return e.Template == shadow.Template && e.Method == shadow.Method && e.Service == shadow.Service
	})]
	if findings(st) != 0 || e.Why[len(e.Why)-1] != "accepted by ann: internal" {
		t.Fatal("not accepted:", e.Why)
	}
	late := calls(9, 5)
	feed(t, s, "late", late)
	if findings(state(t, s)) != 1 {
		t.Fatal("an acceptance does not expire by packet time")
	}
	ignore, err := s.PutOverride(ctx, api.Override{Kind: api.OverrideIgnore, Service: shadow.Service, Template: shadow.Template, Reason: "test"}, api.Condition{})
	must(t, err)
	for _, e := range state(t, s).Endpoints {
		if e.Service == shadow.Service && e.Template == shadow.Template {
			t.Fatal("an ignored endpoint is shown")
		}
	}
	list, err := s.Overrides(ctx)
	if err != nil || len(list) != 2 || list[1].ID != ignore.ID {
		t.Fatal(list, err)
	}
	if _, err := s.PutOverride(ctx, ignore, api.Condition{ETag: "other"}); !errors.Is(err, api.ErrChanged) {
		t.Fatal(err)
	}
	must(t, s.DeleteOverride(ctx, ignore.ID, api.Condition{ETag: ignore.ETag}))
	if err := s.DeleteOverride(ctx, ignore.ID, api.Condition{}); !errors.Is(err, api.ErrNotFound) {
		t.Fatal(err)
	}
	pin, err := s.PutOverride(ctx, api.Override{Kind: api.OverridePin, Service: "svc1.example", Template: "/v2/{kind}/{id}", Reason: "they are one"}, api.Condition{})
	must(t, err)
	if !slices.ContainsFunc(state(t, s).Endpoints, func(e api.Endpoint) bool {
		return e.Template == "/v2/{kind}/{id}" && slices.Contains(e.Overrides, pin.ID)
	}) {
		t.Error("an override of a template changes nothing")
	}
	for _, bad := range []api.Override{
		{}, {Kind: "pin"}, {Kind: "pin", Service: "s", Template: "x"}, {Kind: "split", Service: "s", Template: "/x"}, {Kind: "name", Service: "s", Template: "/x"},
		{Kind: "ignore", Service: strings.Repeat("s", 20000), Template: "/x"},
	} {
		var input *api.InputError
		if _, err := s.PutOverride(ctx, bad, api.Condition{}); !errors.As(err, &input) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestVersions(t *testing.T) {
	s, ctx := service(t, "memory:"), t.Context()
	list := calls(1, 800)
	feed(t, s, "a", list)
	first := state(t, s)
	must(t, s.keepDocuments(ctx))
	early, err := s.Document(ctx, "svc0.example", api.DocumentOptions{})
	must(t, err)
	feed(t, s, "b", calls(2, 400)) // more of the same
	state(t, s)
	must(t, s.keepDocuments(ctx))
	if v, err := s.Versions(ctx, "svc0.example"); err != nil || len(v) != 1 || v[0].From != first.Through {
		t.Fatal(v, err)
	}
	other := calls(3, 400)
	for i := range other {
		other[i].Path = "/v9/new/" + fmt.Sprint(i)
	}
	feed(t, s, "c", other)
	last := state(t, s)
	must(t, s.keepDocuments(ctx))
	v, err := s.Versions(ctx, "svc0.example")
	if err != nil || len(v) != 2 || v[0].From != last.Through || v[0].Operations == v[1].Operations || v[0].Endpoints <= v[1].Endpoints {
		t.Fatal(v, err)
	}
	for at, want := range map[schemas.Time]bool{first.Through - 1: false, first.Through: true, last.Through - 1: true} {
		got, err := s.Document(ctx, "svc0.example", api.DocumentOptions{At: at})
		if want && string(got) != string(early) || !want && !errors.Is(err, api.ErrNotFound) {
			t.Errorf("at %v: %v", at, err)
		}
	}
	for _, o := range []api.DocumentOptions{{OpenAPI: "3.0", JSON: true}, {JSON: true}, {OpenAPI: "3.0"}, {At: last.Through, OpenAPI: "3.0", JSON: true}} {
		if doc, err := s.Document(ctx, "svc0.example", o); err != nil || len(doc) == 0 {
			t.Error(o, err)
		}
	}
	if _, err := s.Document(ctx, "svc0.example", api.DocumentOptions{OpenAPI: "2.0"}); err == nil {
		t.Error("OpenAPI 2.0 is written")
	}
	for _, ask := range []func() error{
		func() error { _, err := s.Document(ctx, "no.example", api.DocumentOptions{}); return err },
		func() error { _, err := s.Versions(ctx, "no.example"); return err },
		func() error { _, err := s.Explain(ctx, "no.example"); return err },
	} {
		if err := ask(); !errors.Is(err, api.ErrNotFound) {
			t.Error(err)
		}
	}
	why, err := s.Explain(ctx, "svc0.example")
	if err != nil || len(why) == 0 || !slices.ContainsFunc(why[0].Segments, func(w api.WhySegment) bool { return w.Param && len(w.For) > 0 }) {
		t.Fatalf("%+v %v", why, err)
	}
}

// TestManyVersions: the bound keeps the first, the last and those that held long.
func TestManyVersions(t *testing.T) {
	var list []version
	for i := range 400 {
		if len(list) >= maxVersions {
			n := shortest(list)
			list = slices.Delete(list, n, n+1)
		}
		list = append(list, version{Version: api.Version{From: schemas.Time(i * i)}})
	}
	if len(list) != maxVersions || list[0].From != 0 || list[maxVersions-1].From != 399*399 {
		t.Fatal(len(list), list[0].From, list[maxVersions-1].From)
	}
	for _, service := range []string{"a", "", "a\x00b", "x\x001\x002\x003"} {
		want := api.Version{From: 7, Endpoints: 3, Operations: "abc"}
		got, v, ok := parseVersion(versionName(service, want))
		if got != service || v.Version != want || !ok {
			t.Errorf("%q: %q %+v", service, got, v)
		}
	}
}

func TestSensors(t *testing.T) {
	s, ctx := service(t, "memory:"), t.Context()
	list := calls(1, 100)
	feed(t, s, "a", list)
	for epoch := range uint64(2) {
		f, err := s.Feed(ctx, wire.Origin{Sensor: "b", Epoch: epoch + 5})
		must(t, err)
		f.Cover(&wire.CoverageReport{Origin: wire.Origin{Sensor: "b", Epoch: epoch + 5}, Sequence: 1, Shed: map[string]uint64{"spool": 2},
			Coverage: schemas.Coverage{First: 10, Last: 20 + schemas.Time(epoch), Frames: 7}})
		must(t, f.Flush(ctx))
	}
	st := state(t, s)
	if st.Coverage.Frames != 14 {
		t.Fatal(st.Coverage.Frames)
	}
	got, err := s.Sensors(ctx)
	if err != nil || len(got) != 2 {
		t.Fatal(got, err)
	}
	if a := got[0]; a.Name != "a" || a.Calls != 100 || a.First != list[0].Time || a.Last != list[99].Time || a.Runs != 1 {
		t.Errorf("%+v", a)
	}
	if b := got[1]; b.Name != "b" || b.Epoch != 6 || b.Runs != 2 || b.Coverage.Frames != 14 || !maps.Equal(b.Shed, map[string]uint64{"spool": 4}) {
		t.Errorf("%+v", b)
	}
}

// TestLive: a service that runs by itself shows what was fed soon.
func TestLive(t *testing.T) {
	s, err := Open(t.Context(), Config{Store: "memory:", FollowEvery: 10 * time.Millisecond, FlushEvery: 10 * time.Millisecond, CompactEvery: 30 * time.Millisecond, KeepEvery: 30 * time.Millisecond})
	must(t, err)
	f, err := s.Feed(t.Context(), wire.Origin{Sensor: "a"})
	must(t, err)
	list := calls(1, 900)
	for i := range list {
		f.Call(&list[i])
		if i%30 == 0 {
			time.Sleep(2 * time.Millisecond)
		}
	}
	var st *api.State
	for range 500 {
		if st, err = s.State(t.Context()); err != nil {
			t.Fatal(err)
		}
		n := uint64(0)
		for _, sv := range st.Services {
			n += sv.Calls
		}
		if n == 900 && s.Ready(t.Context()) == nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	must(t, s.Ready(t.Context()))
	if d := cmp.Diff(parts(t, total(list)), parts(t, s.seen.catalog)); d != "" {
		t.Fatal("the catalog is another one")
	}
	reg := prometheus.NewRegistry()
	must(t, reg.Register(s.Collector()))
	families, err := reg.Gather()
	if err != nil || len(families) < 8 {
		t.Fatal(families, err)
	}
	must(t, s.Close())
}

func TestOpenErrors(t *testing.T) {
	for _, address := range []string{"", "x", "mysql://u:s3cr3t@h/db", "postgres://u:s3cr3t@127.0.0.1:1/db", "sqlite:", "sqlite:/no/such/folder/x"} {
		s, err := Open(t.Context(), Config{Store: address})
		if err == nil {
			s.Close()
			t.Errorf("%q opens", address)
		} else if strings.Contains(err.Error(), "s3cr3t") {
			t.Error(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, Config{Store: "memory:"}); err == nil {
		t.Error("opens without a context")
	}
}
