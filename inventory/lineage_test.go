package inventory

import (
	"fmt"
	"path/filepath"
	"testing"

	"wirecensus/inventory/api"
	"wirecensus/inventory/catalog"
	"wirecensus/schemas"
	"wirecensus/schemas/wire"
)

// TestHistory: an endpoint whose template changes with the evidence keeps its ID and
// says what it was called, also after a restart and to another process.
func TestHistory(t *testing.T) {
	address := "sqlite:" + filepath.Join(t.TempDir(), "x.db")
	s := service(t, address)
	feed, err := s.Feed(t.Context(), wire.Origin{Sensor: "s", Epoch: 1})
	if err != nil {
		t.Fatal(err)
	}
	at := int64(1_700_000_000e9)
	send := func(names ...string) {
		t.Helper()
		for _, name := range names {
			for i := range 3 {
				at += 1e9
				c := calls(1, 1)[0]
				c.ID, c.Time, c.Method, c.Path, c.Status, c.Client = fmt.Sprint(at), schemas.Time(at), "GET", "/v1/users/"+name+"/notes", 200, fmt.Sprintf("10.0.0.%d", i)
				feed.Call(&c)
			}
		}
	}
	endpoints := func(s *Service) []api.Endpoint {
		t.Helper()
		if err := s.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		state, err := s.State(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return state.Result.Endpoints
	}
	send("anna")
	before := endpoints(s)
	if err := s.keepLineages(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		send(fmt.Sprintf("%c%c%c-%d", 'a'+i%20, 'b'+i%7, 'a'+i%13, i))
	}
	endpoints(s) // before it has followed what was kept
	if err := s.keepLineages(t.Context()); err != nil {
		t.Fatal(err)
	}
	check := func(who string, list []api.Endpoint) {
		t.Helper()
		if len(list) != 1 {
			t.Fatalf("%s: %d endpoints", who, len(list))
		}
		e := list[0]
		if e.ID != before[0].ID || len(e.Former) != 1 || e.Former[0].Template != before[0].Template {
			t.Errorf("%s: %s %s, former %v; was %s %s", who, e.ID, e.Template, e.Former, before[0].ID, before[0].Template)
		}
	}
	check("same", endpoints(s))
	other := service(t, address)
	check("another process", endpoints(other))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	check("after a restart", endpoints(service(t, address)))
}

// TestTaken: an endpoint names those whose paths it has now.
func TestTaken(t *testing.T) {
	svc := &catalog.Service{Name: "s", Endpoints: []*catalog.Endpoint{{ID: "new", Service: "s", Method: "GET", Template: "/x/{id}", Op: &catalog.Operation{}, Segments: []catalog.Segment{{Text: "x"}, {Text: "{id}", Param: true}}}}}
	d := &decided{inv: &Inventory{Result: api.Result{Endpoints: []api.Endpoint{{ID: "new"}}}}, services: map[string]*catalog.Service{"s": svc}}
	var old catalog.Lineage
	for i := range maxTaken + 3 {
		old = append(old, catalog.Descent{ID: fmt.Sprintf("old%02d", i), Service: "s", Method: "GET", Template: fmt.Sprintf("/x/n%d", i)})
	}
	d.descend(map[string]history{"s": {lineage: old}})
	if got := d.inv.Result.Endpoints[0].Taken; len(got) != maxTaken || got[0] != (api.Taken{ID: "old00", Template: "/x/n0"}) {
		t.Errorf("%v", got)
	}
}
