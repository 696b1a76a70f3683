package term

import (
	"bytes"
	"strings"
	"testing"

	"wirecensus/inventory/api"
)

// TestOperations: what is asked for through one endpoint stands below it, nothing below a gRPC method, and nothing in
// it moves the cursor.
func TestOperations(t *testing.T) {
	list := []api.Endpoint{
		{Method: "POST", Template: "/graphql", Service: "s", Status: "shadow", Protocol: "graphql", Operations: []api.Operation{
			{Kind: "query", Name: "me", Calls: 3, Statuses: map[string]uint64{"ok": 3}},
			{Kind: "query", Name: "x\x1b[2J", Calls: 9, Anonymous: 9, Statuses: map[string]uint64{"ok": 8, "error": 1}},
		}},
		{Method: "POST", Template: "/a.B/C", Service: "s", Protocol: "grpc", Operations: []api.Operation{{Kind: "unary", Name: "a.B/C", Calls: 2}}},
	}
	for range 30 {
		list[0].Operations = append(list[0].Operations, api.Operation{Kind: "mutation", Name: "m", Calls: 1})
	}
	var b bytes.Buffer
	if err := Endpoints(&b, list, Screen{Width: 160}, Rest{}); err != nil {
		t.Fatal(err)
	}
	out := b.String()
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 1+1+maxOperations+1+1 || !strings.Contains(lines[2], "no credential, 1 error") || !strings.Contains(lines[3], "    query me") || !strings.Contains(out, "and 12 more operations") ||
		strings.Contains(out, "unary") || strings.Contains(out, "\x1b[2J") {
		t.Errorf("%d lines\n%s", len(lines), out)
	}
	b.Reset()
	e := api.Explanation{Method: "POST", Template: "/graphql", Protocol: "graphql", Operations: []api.Operation{{Kind: "query", Name: "order", Calls: 2, Args: []api.Arg{{Name: "id", Type: "string"}}, Documents: []string{"Order"}}}}
	if err := Explanation(&b, "s", &e, Screen{Width: 100}); err != nil || !strings.Contains(b.String(), "carries graphql\n") || !strings.Contains(b.String(), "query order(id string) 2 calls, as Order") {
		t.Errorf("%v\n%s", err, b.String())
	}
}
