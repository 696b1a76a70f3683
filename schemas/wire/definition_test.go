package wire

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"wirecensus/schemas"
)

var sampleWord = schemas.Word{Digest: 1<<63 + 5, Text: "pending"}

func TestWords(t *testing.T) {
	for _, w := range []schemas.Word{sampleWord, {}, {Digest: 7, Text: "ä"}, {Digest: 1, Text: strings.Repeat("x", maxWord)}} {
		d := WordDefinition(w)
		kind, got, err := ParseDefinition(d.Value)
		if err != nil || kind != WordKind || got != w {
			t.Errorf("%+v: kind %d, %+v, %v", w, kind, got, err)
		}
		if err := NewDecoder().Define(d); err != nil {
			t.Error(err)
		}
	}
	long := WordDefinition(schemas.Word{Text: strings.Repeat("x", maxWord-1) + "ä"})
	if _, w, err := ParseDefinition(long.Value); err != nil || w.Text != strings.Repeat("x", maxWord-1) {
		t.Errorf("%d bytes, %v", len(w.Text), err)
	}
}

// TestDefinitions: a structure travels in the first record that has it, has a
// definition from the second on, is named when missing, and can be said again.
func TestDefinitions(t *testing.T) {
	c := schemas.Call{ID: "a", Method: "GET", Host: "h", RequestSeen: true, Status: 200}
	e, d, b := NewEncoder(), NewDecoder(), new(Batch)
	var values [][]byte
	var defs []Definition
	for range 3 {
		e.Add(b, &c)
		defs = append(defs, e.Definitions()...)
		values = append(values, b.Seal(nil, Origin{}, 0))
	}
	if len(defs) != 2 || len(values[1]) != len(values[2]) {
		t.Fatalf("%d definitions", len(defs))
	}
	visits := 0
	visit := func(*schemas.Call) { visits++ }
	if _, err := d.Decode(values[0], visit); err != nil || visits != 1 {
		t.Fatal(err)
	}
	_, err := d.Decode(values[1], visit)
	var missing *MissingError
	if !errors.As(err, &missing) || visits != 1 || !reflect.DeepEqual(missing.IDs, []ID{defs[0].ID, defs[1].ID}) {
		t.Fatalf("%v, %d visits", err, visits)
	}
	for _, def := range defs {
		bad := Definition{def.ID, append([]byte{}, def.Value...)}
		bad.Value[len(bad.Value)-1]++
		if err := d.Define(bad); !errors.Is(err, ErrCorrupt) {
			t.Fatal("a definition that is not its ID's was taken")
		}
		if err := d.Define(def); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range values {
		if _, err := d.Decode(v, visit); err != nil {
			t.Fatal(err)
		}
	}
	known := e.Known()
	if len(known) != 2 || known[0].ID.String() > known[1].ID.String() || idOf(known[0].Value) != known[0].ID || e.Forgotten() != 0 {
		t.Fatalf("known %v", known)
	}
}

// TestMemory: neither side remembers more than its limit, and both go on.
func TestMemory(t *testing.T) {
	e, d, b := NewEncoder(), NewDecoder(), new(Batch)
	c := schemas.Call{ID: "a", Method: "GET"}
	filler := strings.Repeat("x", 1<<16)
	for i := range 2 * maxMemory / len(filler) * 2 {
		c.Host = filler + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676))
		for range 2 {
			e.Add(b, &c)
			for _, def := range e.Definitions() {
				if err := d.Define(def); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := d.Decode(b.Seal(nil, Origin{}, 0), func(got *schemas.Call) {
				if got.Host != c.Host {
					t.Fatal("another host")
				}
			}); err != nil {
				t.Fatal(err)
			}
		}
		size := func(m map[string]*entry) (n int) {
			for k := range m {
				n += len(k)
			}
			return n
		}
		if size(e.young)+size(e.old) > maxMemory || d.known > maxKnown {
			t.Fatal("beyond the limit of memory")
		}
	}
	if e.Forgotten() == 0 || len(e.Known()) == 0 {
		t.Errorf("%d forgotten", e.Forgotten())
	}
}
