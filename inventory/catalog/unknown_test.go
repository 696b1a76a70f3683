package catalog

import (
	"testing"

	"wirecensus/schemas"
)

// A call of which host, method or path is unknown is nobody's endpoint.
func TestUnknownIsNoEndpoint(t *testing.T) {
	for _, flag := range []string{"path_unknown", "host_unknown", "method_unknown"} {
		c := New(Config{})
		call := &schemas.Call{ID: "1", Method: "GET", Scheme: "http", Host: "h", Port: 80, Path: "/p", Status: 200, Version: "2", RequestSeen: true, Flags: []string{flag}}
		c.Apply(call)
		if len(c.good)+len(c.bad) != 0 {
			t.Errorf("%s: a service was made", flag)
		}
		call.Flags = []string{"status_unknown"}
		if c.Apply(call); len(c.good)+len(c.bad) != 1 {
			t.Errorf("status_unknown: no service was made")
		}
	}
}
