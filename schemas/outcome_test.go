package schemas

import "testing"

func TestOutcome(t *testing.T) {
	ops := func(list ...string) (out []Operation) {
		for _, s := range list {
			out = append(out, Operation{Kind: "call", Name: "m", Status: s})
		}
		return out
	}
	for _, f := range []struct {
		protocol string
		status   int
		messages int
		ops      []Operation
		want     int
		good     bool
	}{
		{"", 200, 0, nil, 200, true},
		{"", 0, 0, nil, 0, false},
		{"", 404, 0, nil, 404, false},
		{"websocket", 101, 0, nil, 101, true},
		{"grpc", 200, 1, ops("OK"), 200, true},
		{"grpc", 200, 0, ops("OK"), 200, true},
		{"grpc", 200, 0, ops("NOT_FOUND"), 404, false},
		{"grpc", 200, 0, ops("UNAUTHENTICATED"), 401, false},
		{"grpc", 200, 0, ops("PERMISSION_DENIED"), 403, false},
		{"grpc-web", 200, 0, ops("UNIMPLEMENTED"), 404, false},
		{"grpc", 200, 3, ops(""), 200, true},
		{"grpc", 200, 0, ops(""), 0, false},
		{"grpc", 503, 0, ops(""), 503, false},
		{"grpc", 200, 0, nil, 200, true},
		{"grpc", 200, 0, ops("17"), 500, false},
		{"grpc", 200, 0, ops("INTERNAL"), 500, false},
		{"json-rpc", 200, 0, ops("error -32601"), 404, false},
		{"json-rpc", 200, 0, ops("error -32601", "ok"), 200, true},
		{"json-rpc", 200, 0, ops("ok", "error -32601"), 200, true},
		{"json-rpc", 200, 0, ops("error -32000"), 200, true},
		{"graphql", 200, 0, ops("error"), 200, true},
		{"soap", 500, 0, ops("fault"), 500, false},
	} {
		c := Call{Protocol: f.protocol, Status: f.status, Operations: f.ops, Response: Content{Messages: f.messages}}
		if got := c.Outcome(); got != f.want || c.Succeeded() != f.good {
			t.Errorf("%s %d %v: %d, success %v; want %d", f.protocol, f.status, f.ops, got, c.Succeeded(), f.want)
		}
	}
}
