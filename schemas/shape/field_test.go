package shape

import "testing"

// The number of a field is part of the structure, the same word as a key is data,
// whichever of them came first.
func TestField(t *testing.T) {
	s := NewScanner(nil)
	field := func() string {
		s.Begin()
		s.Object(s.Root())
		s.AddAt(s.Field(s.Root(), 10), []byte("1"))
		s.AddAt(s.Field(s.Root(), 2), []byte(`"x"`))
		n := s.Node()
		return n.Props[0].Name + " " + n.Props[1].Name
	}
	key := func() string { return s.Scan([]byte(`{"10":1}`)).Props[0].Name }
	for range 3 {
		if got := field(); got != "10 2" {
			t.Errorf("fields %s", got)
		}
		if got := key(); got != "{int}" {
			t.Errorf("key %s", got)
		}
	}
	s.Begin()
	s.Object(s.Root())
	for i := range uint32(3 * maxNames) {
		if r := s.Field(s.Root(), i); r < 0 && !s.tallies[0].truncated {
			t.Fatal("no room, and not said")
		}
	}
	s.Cut(-1)
	if got := field(); got != "10 2" {
		t.Errorf("after many: %s", got)
	}
}
