package message_test

import (
	"slices"
	"testing"

	"wirecensus/sensor/message"
)

func TestAnomalies(t *testing.T) {
	seen := map[string]bool{}
	var all message.Anomalies
	for a := message.Anomaly(0); a < message.NumAnomalies; a++ {
		if id := a.String(); id == "" || seen[id] {
			t.Errorf("anomaly %d has id %q", a, id)
		}
		seen[a.String()] = true
		if all.Has(a) {
			t.Errorf("%v before it was added", a)
		}
		all = all.With(a)
	}
	if got := all.Append(nil); len(got) != int(message.NumAnomalies) || got[0] != "te-cl" {
		t.Errorf("%q", got)
	}
	set := message.Anomalies(0).With(message.NUL).With(message.TECL)
	if got := set.Append(nil); !slices.Equal(got, []string{"te-cl", "nul"}) || !set.Ambiguous() {
		t.Errorf("%q", got)
	}
	if set := message.Anomalies(0).With(message.NoHost).With(message.EarlyResponse).With(message.Resync); set.Ambiguous() {
		t.Errorf("%q is ambiguous", set.Append(nil))
	}
}

func TestGet(t *testing.T) {
	h := message.Header{Fields: []message.Field{{Name: []byte("X-A"), Value: []byte("1")}, {Name: []byte("x-a"), Value: []byte("2")}, {Name: []byte("X@A"), Value: []byte("3")}}}
	if got := string(h.Get("x-a")); got != "1" {
		t.Errorf("got %q", got)
	}
	if h.Get("x-b") != nil || message.EqualFold([]byte("x@a"), "x`a") || message.EqualFold([]byte("[a"), "{a") {
		t.Error("a different name matched")
	}
}
