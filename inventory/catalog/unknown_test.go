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
		want := 1 // the service was called, nobody knows where
		if flag == "host_unknown" {
			want = 0
		}
		if len(c.good) != want || len(c.bad) != 0 {
			t.Errorf("%s: %d services", flag, len(c.good))
		}
		for _, s := range c.Services(Options{}) {
			if len(s.Endpoints)+len(s.Others) != 0 || s.PathUnknown != 1 {
				t.Errorf("%s: %d endpoints, %d others, %d unknown", flag, len(s.Endpoints), len(s.Others), s.PathUnknown)
			}
		}
		call.Flags = []string{"status_unknown"}
		if c.Apply(call); len(c.Services(Options{})[0].Endpoints) != 1 {
			t.Errorf("status_unknown: no endpoint was made")
		}
	}
}
