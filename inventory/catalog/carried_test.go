package catalog

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"wirecensus/schemas"
	"wirecensus/schemas/shape"
)

// rpc is a call of a gRPC method that ended with a status.
func rpc(at int, method, status string) *schemas.Call {
	return &schemas.Call{ID: fmt.Sprint(at), Time: schemas.Time(1e18 + at*1e9), Method: "POST", Scheme: "https", Host: "api.example", Port: 443, Path: "/" + method, Status: 200, RequestSeen: true, Protocol: "grpc",
		Client: fmt.Sprintf("10.0.0.%d", at%9), Operations: []schemas.Operation{{Kind: "unary", Name: method, Status: status}},
		Request:  schemas.Content{MediaType: "application/grpc", Shape: shape.Infer([]byte(`{"1":1}`)), Messages: 1},
		Response: schemas.Content{MediaType: "application/grpc", Shape: shape.Infer([]byte(`{"1":"a"}`)), Messages: 1}}
}

func only(t *testing.T, c *Catalog) *Service {
	t.Helper()
	list := c.Services(Options{})
	if len(list) != 1 {
		t.Fatalf("%d services", len(list))
	}
	return list[0]
}

// TestGRPCPathsAreLiterals: thousands of methods of one service are as many endpoints, whatever their names look like.
func TestGRPCPathsAreLiterals(t *testing.T) {
	c := New(Config{})
	const services, methods = 40, 100
	calls := []*schemas.Call{rpc(0, "", "OK"), rpc(1, "", "OK")} // inferring shapes would take most of the time
	for s := range services {
		for m := range methods {
			for _, call := range calls {
				one, name := *call, fmt.Sprintf("shop.v%d.Orders/Get%d", s, m)
				one.Path, one.Operations = "/"+name, []schemas.Operation{{Kind: "unary", Name: name, Status: "OK"}}
				c.Apply(&one)
			}
		}
	}
	c.Apply(rpc(3, "shop.v1.Orders/Nothing", "UNIMPLEMENTED"))
	c.Apply(rpc(4, "shop.v1.Orders/Get7", "UNIMPLEMENTED"))
	s := only(t, c)
	if len(s.Endpoints) != services*methods {
		t.Fatalf("%d endpoints, want %d", len(s.Endpoints), services*methods)
	}
	for _, e := range s.Endpoints {
		if strings.Contains(e.Template, "{") || len(e.Params) > 0 || len(e.Segments) != 2 || e.Method != "POST" || e.Op.Protocol() != "grpc" || e.Confidence != 1 {
			t.Fatalf("%+v", e)
		}
	}
	if len(s.Others) != 1 || s.Others[0].Class != Probed || s.Others[0].Template != "/shop.v1.Orders/Nothing" {
		t.Fatalf("others %+v", s.Others)
	}
}

// TestExactPathsAreBounded: of more gRPC paths than there may be the same stay whatever the order, and the calls of the others are counted.
func TestExactPathsAreBounded(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var calls []*schemas.Call
	for i := range 500 {
		calls = append(calls, rpc(i, fmt.Sprintf("s/M%d", i), []string{"OK", "UNIMPLEMENTED"}[i%2]))
	}
	cfg := Config{MaxExact: 40}
	want := parts(t, fold(r, calls, 1, cfg))
	for range 5 {
		r.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
		c := fold(r, calls, 4, cfg)
		if d := compareParts(want, parts(t, c)); d != "" {
			t.Fatal(d)
		}
		g, b := c.good["api.example"].exact, c.bad["api.example"].exact
		if len(g.kept) != 40 || len(b.kept) != 10 || g.calls != 210 || b.calls != 240 {
			t.Fatalf("%d kept, %d calls not; %d, %d", len(g.kept), g.calls, len(b.kept), b.calls)
		}
	}
}

// TestGRPCOutcomes: the status of gRPC decides what succeeded, was refused or is not there; statuses stay HTTP's.
func TestGRPCOutcomes(t *testing.T) {
	c := New(Config{})
	for i := range 6 {
		c.Apply(rpc(i, "s.A/Open", "OK"))
		c.Apply(rpc(i, "s.A/Open", "UNAUTHENTICATED"))
		c.Apply(rpc(i*300, "s.A/Closed", "PERMISSION_DENIED"))
		c.Apply(rpc(i, "s.A/Guess", "UNIMPLEMENTED"))
	}
	s := only(t, c)
	if len(s.Endpoints) != 2 || s.Endpoints[0].Template != "/s.A/Closed" || s.Endpoints[1].Template != "/s.A/Open" {
		t.Fatalf("%v", dump(s.Endpoints))
	}
	open := s.Endpoints[1].Op
	if open.Success != 6 || open.Statuses[200] != 12 || len(open.Statuses) != 1 {
		t.Errorf("%d successes, statuses %v", open.Success, open.Statuses)
	}
	if o := open.Outcomes(); o[200] != 6 || o[401] != 6 || len(o) != 2 {
		t.Errorf("outcomes %v", o)
	}
	a := open.Carried.Operations[OperationKey{"unary", "s.A/Open"}]
	if a == nil || a.Calls != 12 || a.Success != 6 || a.Statuses["OK"] != 6 || a.Statuses["UNAUTHENTICATED"] != 6 || a.Clients.Count() != 6 {
		t.Errorf("%+v", a)
	}
	if len(s.Others) != 1 || s.Others[0].Class != Probed {
		t.Errorf("others %v", s.Others)
	}
}

// TestOperationsOfOnePath: GraphQL and JSON-RPC operations are told apart, with what only failed among them, and
// those that succeeded keep their room whatever else is made up.
func TestOperationsOfOnePath(t *testing.T) {
	c := New(Config{})
	call := func(i int, ops ...schemas.Operation) {
		k := rpc(i, "graphql", "OK")
		k.Protocol, k.Operations = "graphql", ops
		c.Apply(k)
	}
	arg := []schemas.Param{{Name: "id", Shape: shape.Infer([]byte(`"x"`))}}
	result := shape.Infer([]byte(`{"id":"x","total":1}`))
	for i := range 10 {
		call(i, schemas.Operation{Kind: "query", Name: "order", Document: fmt.Sprintf("Order%d", i%3), Args: arg, Result: result, Status: "ok"}, schemas.Operation{Kind: "mutation", Name: "pay", Status: "ok", Count: 2})
	}
	for i := range 2000 {
		call(i, schemas.Operation{Kind: "query", Name: fmt.Sprintf("a%d", i), Status: "error"})
	}
	s := only(t, c)
	if len(s.Endpoints) != 1 || s.Endpoints[0].Op.Protocol() != "graphql" {
		t.Fatalf("%v", dump(s.Endpoints))
	}
	k := s.Endpoints[0].Op.Carried
	if len(k.Operations) != 2+maxRefused || k.Missed() != 2000-maxRefused {
		t.Errorf("%d operations, %d missed", len(k.Operations), k.Missed())
	}
	o := k.Operations[OperationKey{"query", "order"}]
	if o == nil || o.Calls != 10 || o.Open != 10 || len(o.Documents) != 3 || o.Args["id"].Calls != 10 || o.Result == nil || o.Result.Kinds[shape.Object] != 10 {
		t.Errorf("%+v", o)
	}
	if p := k.Operations[OperationKey{"mutation", "pay"}]; p == nil || p.Calls != 20 {
		t.Errorf("%+v", p)
	}
	if keys := k.Keys(); keys[0].Name != "pay" {
		t.Errorf("keys %v", keys[:3])
	}
}

// TestContinued: the rest of an exchange adds messages and shapes, and counts as no call, also where it comes first or alone.
func TestContinued(t *testing.T) {
	base := func(i int) *schemas.Call {
		k := rpc(i, "chat", "OK")
		k.Method, k.Status, k.Protocol, k.Operations = "GET", 101, "websocket", nil
		k.Request, k.Response = schemas.Content{}, schemas.Content{MediaType: "application/json", Shape: shape.Infer([]byte(`{"a":1}`)), Messages: 1}
		return k
	}
	rest := func(i int) *schemas.Call {
		k := base(i)
		k.Flags = []string{"continued"}
		k.Request = schemas.Content{MediaType: "application/json", Shape: shape.Infer([]byte(`{"say":"x"}`)), Messages: 3}
		k.Operations = []schemas.Operation{{Kind: "call", Name: "ping", Status: "ok"}}
		return k
	}
	var want map[string][]byte
	for _, calls := range [][]*schemas.Call{{base(1), rest(2), rest(3)}, {rest(3), base(1), rest(2)}} {
		c := New(Config{})
		for _, k := range calls {
			c.Apply(k)
		}
		s := only(t, c)
		if len(s.Endpoints) != 1 || s.Calls != 1 {
			t.Fatalf("%d calls, %v", s.Calls, dump(s.Endpoints))
		}
		o := s.Endpoints[0].Op
		if o.Calls != 1 || o.Success != 1 || o.Statuses[101] != 1 || o.First != base(1).Time || o.Last != base(3).Time {
			t.Errorf("%+v", o)
		}
		if b := o.Requests["application/json"]; b == nil || b.Messages != 6 || b.Calls != 0 || b.Shape.Prop("say") == nil {
			t.Errorf("%+v", b)
		}
		if b := o.Responses[101].Types["application/json"]; b.Messages != 3 || b.Calls != 1 {
			t.Errorf("%+v", b)
		}
		if a := o.Carried.Operations[OperationKey{"call", "ping"}]; a == nil || a.Calls != 2 {
			t.Errorf("%+v", a)
		}
		if p := parts(t, c); want == nil {
			want = p
		} else if d := compareParts(want, p); d != "" {
			t.Error(d)
		}
	}
	alone := New(Config{})
	alone.Apply(rest(1))
	if s := only(t, alone); len(s.Endpoints)+len(s.Others) != 0 || s.Calls != 0 {
		t.Errorf("%d endpoints without a call", len(s.Endpoints))
	}
}

// TestPathUnknown: a call whose path is not known is one of its service, and of no endpoint.
func TestPathUnknown(t *testing.T) {
	c := New(Config{})
	c.Apply(rpc(1, "s/M", "OK"))
	for i := range 3 {
		k := rpc(i, "", "OK")
		k.Path, k.Flags = "", []string{"path_unknown"}
		if i == 2 {
			k.Status = 500
		}
		c.Apply(k)
	}
	s := only(t, c)
	if s.PathUnknown != 3 || s.Calls != 4 || len(s.Endpoints) != 1 || len(s.Others) != 0 {
		t.Errorf("%d of %d calls without a path, %d endpoints, %d others", s.PathUnknown, s.Calls, len(s.Endpoints), len(s.Others))
	}
}

// TestSamePathTwoWays: calls whose protocol was not seen are of the same endpoint.
func TestSamePathTwoWays(t *testing.T) {
	c := New(Config{})
	for i := range 4 {
		k := rpc(i, "s.A/M", "OK")
		if i > 1 {
			k.Protocol, k.Operations = "", nil
		}
		if i == 3 {
			k.Status = 503
		}
		c.Apply(k)
	}
	if s := only(t, c); len(s.Endpoints) != 1 || s.Endpoints[0].Op.Calls != 4 || len(s.Others) != 0 {
		t.Errorf("%v", dump(s.Endpoints))
	}
}

// TestEarlierParts: a part of the first version, which has nothing of what HTTP carries, is read as what it was.
// testdata/part-v1 is what that version wrote of exampleCalls.
func TestEarlierParts(t *testing.T) {
	early, err := os.ReadFile("testdata/part-v1")
	if err != nil {
		t.Fatal(err)
	}
	want, got := New(Config{Seed: 3}), New(Config{Seed: 3})
	for _, k := range exampleCalls() {
		want.Apply(k)
	}
	if err := got.Import("service/api.example", early); err != nil {
		t.Fatal(err)
	}
	if d := compareParts(parts(t, want), parts(t, got)); d != "" {
		t.Error(d)
	}
	c := New(Config{})
	c.Apply(rpc(1, "s/M", "OK"))
	p := parts(t, c)["service/api.example"]
	p[0] = 1
	if err := New(Config{}).Import("service/api.example", p); !errors.Is(err, ErrCorrupt) {
		t.Errorf("%v: a part of this version was read as one of the first", err)
	}
}
