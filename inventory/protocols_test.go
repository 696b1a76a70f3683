package inventory

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"wirecensus/inventory/api"
	"wirecensus/inventory/catalog"
	"wirecensus/schemas"
	"wirecensus/schemas/shape"
)

// carriedCalls are calls of a GraphQL endpoint of which one query is answered without a credential, of a gRPC service,
// and some whose path is unknown.
func carriedCalls() *catalog.Catalog {
	c := catalog.New(catalog.Config{})
	for i := range 400 {
		k := schemas.Call{ID: fmt.Sprint(i), Time: schemas.Time(1e18 + i*1e10), Method: "POST", Scheme: "https", Host: "api.example", Port: 443, Path: "/graphql", Status: 200, RequestSeen: true,
			Client: fmt.Sprintf("10.0.0.%d", i%7), Protocol: "graphql", Auth: []schemas.Auth{{Scheme: "bearer", In: "header", Name: "authorization"}}}
		k.Request = schemas.Content{MediaType: "application/json", Shape: shape.Infer([]byte(`{"query":"x"}`))}
		k.Response = schemas.Content{MediaType: "application/json", Shape: shape.Infer([]byte(`{"data":{"me":{"id":1}}}`))}
		k.Operations = []schemas.Operation{{Kind: "query", Name: "me", Document: "Me", Status: "ok"}}
		switch {
		case i%40 == 0:
			k.Auth = nil
			k.Operations = []schemas.Operation{{Kind: "query", Name: "prices", Status: "ok", Args: []schemas.Param{{Name: "day", Shape: shape.Infer([]byte(`"2026-01-02"`))}, {Name: "in", Shape: shape.Infer([]byte(`{"a":1}`))}}}}
		case i%20 == 1:
			k.Path, k.Protocol = "/s.v1.A/Get", "grpc"
			k.Operations = []schemas.Operation{{Kind: "unary", Name: "s.v1.A/Get", Status: []string{"OK", "PERMISSION_DENIED"}[i/20%2]}}
		case i%20 == 2:
			k.Path, k.Flags = "", []string{"path_unknown"}
			k.Protocol, k.Operations = "", nil
		}
		c.Apply(&k)
	}
	return c
}

// TestCarriedIsAnswered: entries have the protocol and the operations, findings say which of them were anonymous,
// and calls without a path are coverage.
func TestCarriedIsAnswered(t *testing.T) {
	inv := Decide(Input{Catalog: carriedCalls(), Coverage: new(schemas.Coverage)})
	if len(inv.Result.Endpoints) != 2 || inv.Result.Services[0].PathUnknown != 20 {
		t.Fatalf("%d endpoints, %+v", len(inv.Result.Endpoints), inv.Result.Services)
	}
	g, r := inv.Result.Endpoints[0], inv.Result.Endpoints[1]
	if g.Template != "/graphql" || g.Protocol != "graphql" || g.Outcomes != nil || len(g.Operations) != 2 {
		t.Fatalf("%+v", g)
	}
	me, prices := g.Operations[0], g.Operations[1]
	if me.Name != "me" || me.Calls != 350 || me.Anonymous != 0 || !slices.Equal(me.Documents, []string{"Me"}) || me.Statuses["ok"] != 350 || me.FirstSeen == 0 || me.Clients != 7 {
		t.Errorf("%+v", me)
	}
	if prices.Calls != 10 || prices.AnonymousSuccess != 10 || !slices.Equal(prices.Args, []api.Arg{{Name: "day", Type: "string", Format: "date", Calls: 10}, {Name: "in", Type: "object", Calls: 10}}) {
		t.Errorf("%+v", prices)
	}
	if r.Protocol != "grpc" || r.Statuses["200"] != 20 || r.Outcomes["200"] != 10 || r.Outcomes["403"] != 10 || r.Normal.Answer != "success" {
		t.Errorf("%+v", r)
	}
	found := false
	for _, f := range inv.Result.Findings {
		if f.Rule == "auth-not-enforced" && f.Template == "/graphql" {
			found = slices.Contains(f.Evidence, "without a credential: query prices (10 of 10 successful)")
		}
	}
	if !found {
		t.Errorf("findings %+v", inv.Result.Findings)
	}
	text, err := json.Marshal(g)
	if err != nil || !strings.Contains(string(text), `"protocol":"graphql","operations":[{"kind":"query","name":"me"`) {
		t.Errorf("%s %v", text, err)
	}
	why := Explain(inv.Services[0])
	if len(why) != 2 || why[0].Protocol != "graphql" || len(why[0].Operations) != 2 || why[1].Segments[0].Text != "s.v1.A" || why[1].Segments[0].Param {
		t.Errorf("%+v", why)
	}
}
