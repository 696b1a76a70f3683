package catalog

import (
	"fmt"
	"testing"

	"wirecensus/schemas"
)

// TestAskedVersions: the versions that were asked for are counted within their bound, in any order and over parts.
func TestAskedVersions(t *testing.T) {
	whole, back := New(Config{Seed: 3}), New(Config{Seed: 3})
	var calls []*schemas.Call
	for i := range 400 {
		k := call(1000+i, fmt.Sprintf("10.0.0.%d", i%7), "GET", "/orders", 200)
		if i%4 > 0 {
			k.APIVersion = fmt.Sprintf("accept-version %d", i%40)
		}
		calls = append(calls, k)
	}
	for i := range calls {
		whole.Apply(calls[i])
	}
	for i := range calls {
		back.Apply(calls[len(calls)-1-i])
	}
	if d := compareParts(parts(t, whole), parts(t, back)); d != "" {
		t.Errorf("order matters: %s", d)
	}
	read := New(Config{Seed: 3})
	for key, p := range parts(t, whole) {
		if err := read.Import(key, p); err != nil {
			t.Fatalf("%s: %v", key, err)
		}
	}
	op := only(t, read).Endpoints[0].Op
	if len(op.Versions) != 30 {
		t.Errorf("%d versions", len(op.Versions))
	}
	if v := op.Versions["accept-version 21"]; v == nil || v.Calls != 10 || v.Success != 10 || v.Clients.Count() != 7 || v.First >= v.Last {
		t.Errorf("%+v", v)
	}
	many := New(Config{Seed: 3})
	for i := range 100 {
		k := call(1000+i, "10.0.0.1", "GET", "/orders", 200)
		k.APIVersion = fmt.Sprintf("accept-version %d", i)
		many.Apply(k)
	}
	if op := only(t, many).Endpoints[0].Op; len(op.Versions) != maxFew {
		t.Errorf("%d versions beyond the bound", len(op.Versions))
	}
}
