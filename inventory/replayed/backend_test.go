package replayed

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"wirecensus/inventory/api"
	"wirecensus/inventory/catalog"
	"wirecensus/schemas"
)

const declared = "openapi: 3.1.0\ninfo: {title: Shop, version: '1'}\nservers: [{url: 'http://shop.example'}]\npaths:\n  /v1/users/{id}: {parameters: [{name: id, in: path, required: true, schema: {type: string}}], get: {responses: {'200': {description: ok}}}}\n"

func backend(t testing.TB) *Backend {
	t.Helper()
	c := catalog.New(catalog.Config{})
	for i := range 40 {
		for _, path := range []string{fmt.Sprintf("/v1/users/%d", 1000+i*7), "/v1/orders"} {
			c.Apply(&schemas.Call{RequestSeen: true, Method: "GET", Scheme: "http", Host: "shop.example", Port: 80, Path: path, Status: 200, Time: schemas.Time(1e18 + int64(i))})
		}
	}
	b, err := New(c, nil, new(schemas.Coverage))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSpecs: verdicts follow what is declared, and nothing else changes them.
func TestSpecs(t *testing.T) {
	ctx := context.Background()
	b := backend(t)
	status := func() string {
		s, err := b.State(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, e := range s.Endpoints {
			out = append(out, e.Template+" "+e.Status)
		}
		return strings.Join(out, ", ")
	}
	const before = "/v1/orders undocumented, /v1/users/{userId} undocumented"
	if got := status(); got != before {
		t.Fatal(got)
	}
	old, _ := b.State(ctx)
	s, created, err := b.PutSpec(ctx, "shop.yaml", []byte(declared), api.Condition{None: true})
	if err != nil || !created || s.Title != "Shop" || s.Format != "openapi-3.1" || s.Operations != 1 || s.Servers[0] != "http://shop.example" {
		t.Fatalf("%+v %v %v", s, created, err)
	}
	if got := status(); got != "/v1/orders shadow, /v1/users/{id} documented" {
		t.Error(got)
	}
	if now, _ := b.State(ctx); now.Version == old.Version || now.Through != old.Through || now.Through == 0 {
		t.Errorf("%+v and %+v", now, old)
	}
	if _, text, err := b.Spec(ctx, "shop.yaml"); err != nil || string(text) != declared {
		t.Errorf("%s %v", text, err)
	}
	for _, cond := range []api.Condition{{None: true}, {ETag: "x"}} {
		if _, _, err := b.PutSpec(ctx, "shop.yaml", []byte(declared), cond); !errors.Is(err, api.ErrChanged) {
			t.Errorf("%+v: %v", cond, err)
		}
	}
	if _, created, err := b.PutSpec(ctx, "shop.yaml", []byte(declared), api.Condition{ETag: s.ETag}); err != nil || created {
		t.Error(created, err)
	}
	if err := b.DeleteSpec(ctx, "shop.yaml", api.Condition{ETag: "x"}); !errors.Is(err, api.ErrChanged) {
		t.Error(err)
	}
	if err := b.DeleteSpec(ctx, "shop.yaml", api.Condition{}); err != nil || status() != before {
		t.Error(err, status())
	}
	if now, _ := b.State(ctx); now.Version != old.Version {
		t.Error("the same answers have another version")
	}
	if err := b.DeleteSpec(ctx, "shop.yaml", api.Condition{}); !errors.Is(err, api.ErrNotFound) {
		t.Error(err)
	}
	var input *api.InputError
	if _, _, err := b.PutSpec(ctx, "bad", []byte("x"), api.Condition{}); !errors.As(err, &input) || input.Hint == "" {
		t.Error(err)
	}
	if _, err := b.PutOverride(ctx, api.Override{}, api.Condition{}); !errors.As(err, &input) {
		t.Error(err)
	}
}

func TestRoomForSpecs(t *testing.T) {
	b := backend(t)
	var input *api.InputError
	for i := range maxSpecs {
		if _, _, err := b.PutSpec(context.Background(), fmt.Sprint(i), []byte("openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths: {}\n"), api.Condition{}); err != nil {
			t.Fatal(i, err)
		}
	}
	if _, _, err := b.PutSpec(context.Background(), "one more", []byte(declared), api.Condition{}); !errors.As(err, &input) {
		t.Error(err)
	}
}

func TestDocuments(t *testing.T) {
	ctx := context.Background()
	b := backend(t)
	text, err := b.Document(ctx, "shop.example", api.DocumentOptions{})
	if err != nil || !strings.Contains(string(text), "/v1/users/{userId}:") {
		t.Errorf("%v %s", err, text)
	}
	if _, err := b.Document(ctx, "shop.example", api.DocumentOptions{At: 1}); !errors.Is(err, api.ErrNotFound) {
		t.Error("before the first call:", err)
	}
	if _, err := b.Document(ctx, "other.example", api.DocumentOptions{}); !errors.Is(err, api.ErrNotFound) {
		t.Error(err)
	}
	v, err := b.Versions(ctx, "shop.example")
	if err != nil || len(v) != 1 || v[0].Endpoints != 2 {
		t.Errorf("%+v %v", v, err)
	}
	why, err := b.Explain(ctx, "shop.example")
	if err != nil || len(why) != 2 {
		t.Fatalf("%+v %v", why, err)
	}
	g := why[1].Segments
	if len(g) != 3 || !g[2].Param || g[2].Type != "integer" || g[2].Distinct != 40 || len(g[2].For) != 1 || g[1].Param || len(g[0].For) != 1 || len(g[1].For) != 0 {
		t.Errorf("%+v", g)
	}
}
