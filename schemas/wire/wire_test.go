package wire

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wirecensus/schemas"
)

// TestRoundTrip: what is added to a batch is what a reader visits.
func TestRoundTrip(t *testing.T) {
	want := []schemas.Call{
		{ID: "a", Method: "GET", Scheme: "http", Host: "h", Path: "/x", RequestSeen: true, Status: 200},
		{ID: "b", Method: "PUT", Scheme: "http", Host: "h", Path: "/y", RequestSeen: true, Flags: []string{"gap"}},
	}
	e, b := NewEncoder(), new(Batch)
	for i := range want {
		e.Add(b, &want[i])
	}
	value := b.Seal(nil, Origin{"s", 7, 1}, 40)
	if b.Count() != 0 {
		t.Fatal("a sealed batch is not empty")
	}
	var got []schemas.Call
	h, err := NewDecoder().Decode(value, func(c *schemas.Call) { got = append(got, *c) })
	if err != nil || h != (Header{Origin{"s", 7, 1}, 40, 2}) {
		t.Fatalf("header %+v, error %v", h, err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
	if p, err := Peek(value); err != nil || p != h {
		t.Fatalf("Peek %+v, %v", p, err)
	}
	for _, bad := range []string{"", "{", `{"type":"wirecensus.call.v1","count":2,"data":[{}]}`, "\x28\x01"} {
		if _, err := NewDecoder().Decode([]byte(bad), nil); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
