package shed

import (
	"testing"
)

// climb runs the ladder over looks of 10 ms at one pressure and returns the packet time after them.
func climb(l *Ladder, pressure float64, now int64, looks int) int64 {
	for range looks {
		now += 10e6
		l.Step(pressure, now)
	}
	return now
}

func TestLadder(t *testing.T) {
	var l Ladder
	now := climb(&l, 0.49, 0, 1000)
	if l.Level() != None {
		t.Fatalf("level %d below Raise", l.Level())
	}
	now = climb(&l, 0.9, now, 5)
	now = climb(&l, 0.3, now, 1)
	now = climb(&l, 0.9, now, 10)
	if l.Level() != None {
		t.Fatalf("level %d after bursts that were too short", l.Level())
	}
	now = climb(&l, 0.5, now, 1)
	if l.Level() != Bodies {
		t.Fatalf("level %d after RaiseEvery at Raise", l.Level())
	}
	now = climb(&l, 1, now, 1000)
	if l.Level() != MaxLevel || MaxLevel.OneOf() != 32 {
		t.Fatalf("level %d, one of %d", l.Level(), l.Level().OneOf())
	}
	// Between the bounds nothing changes, and calm must last.
	now = climb(&l, 0.3, now, 10_000)
	now = climb(&l, 0, now, 499)
	now = climb(&l, 0.3, now, 1)
	now = climb(&l, 0, now, 500)
	if l.Level() != MaxLevel {
		t.Fatalf("level %d without lasting calm", l.Level())
	}
	now = climb(&l, 0, now, 1)
	if l.Level() != MaxLevel-1 {
		t.Fatalf("level %d after calm", l.Level())
	}
	now = climb(&l, 0, now, 499)
	if l.Level() != MaxLevel-1 {
		t.Fatalf("level %d: two steps at once", l.Level())
	}
	now = climb(&l, 0, now, 10_000)
	if l.Level() != None {
		t.Fatalf("level %d at last", l.Level())
	}
	l.Step(1, now)
	if l.Step(1, now-1e12); l.Level() != None {
		t.Fatal("time that goes back counted")
	}
}

// A connection read at one level is read at all lower ones, and the share is the one that is told.
func TestKeeps(t *testing.T) {
	for level := None; level <= MaxLevel; level++ {
		kept := 0
		for h := range uint64(3200) {
			if level.Keeps(h) {
				kept++
				if level > None && !(level - 1).Keeps(h) {
					t.Fatalf("%d is read at level %d and not below", h, level)
				}
			}
		}
		if kept != 3200/int(level.OneOf()) {
			t.Errorf("level %d reads %d of 3200, one of %d", level, kept, level.OneOf())
		}
	}
}

func TestKnown(t *testing.T) {
	var k Known
	key := Key([16]byte{1}, 80, []byte("GET"), []byte("/a"))
	if k.Seen(key) || k.Full(key) {
		t.Fatal("known while nothing is left out")
	}
	k.Level(Bodies)
	for i := range FirstCalls {
		if k.Full(key) || k.Seen(key) {
			t.Fatalf("known after %d calls", i)
		}
	}
	if !k.Full(key) || !k.Seen(key) {
		t.Fatal("not known after its first calls")
	}
	if k.Level(Responses); !k.Full(key) {
		t.Fatal("forgotten when the level rose")
	}
	if k.Forget(key); k.Full(key) {
		t.Fatal("not forgotten")
	}
	k.Seen(key)
	k.Level(None)
	if k.Level(Bodies); k.Full(key) {
		t.Fatal("not forgotten at level 0")
	}
}

func TestKey(t *testing.T) {
	key := func(method, target string) uint64 { return Key([16]byte{10}, 80, []byte(method), []byte(target)) }
	same := [][2]string{
		{"/a/b", "/a/b?x=1"}, {"/a/b", "/a/b#c"}, {"/u/17/x", "/u/4/x"}, {"/u/a%20b", "/u/c%20d"},
		{"http://h/a", "/a"}, {"/abcdefghijklmnopqrstuvwxyz", "/zyxwvutsrqponmlkjihgfedcba"}, {"http://h", ""},
	}
	for _, s := range same {
		if key("GET", s[0]) != key("GET", s[1]) {
			t.Errorf("%s and %s differ", s[0], s[1])
		}
	}
	for _, s := range [][2]string{{"/a/b", "/a/c"}, {"/a", "/a/"}, {"/u/17", "/u"}, {"/ab", "/a/b"}} {
		if key("GET", s[0]) == key("GET", s[1]) {
			t.Errorf("%s and %s are one", s[0], s[1])
		}
	}
	if key("GET", "/a") == key("PUT", "/a") || key("GET", "/a") == Key([16]byte{11}, 80, []byte("GET"), []byte("/a")) || key("GET", "/a") == Key([16]byte{10}, 81, []byte("GET"), []byte("/a")) {
		t.Error("method, address or port do not count")
	}
	if a := key("GET", "/a"); Answered(a, 200) == Answered(a, 500) || Answered(a, 200) != Answered(a, 204) || Answered(a, 200) == a {
		t.Error("classes of status")
	}
}

func TestRequestLine(t *testing.T) {
	for in, want := range map[string][2]string{
		"GET /a HTTP/1.1\r\n": {"GET", "/a"}, "M-SEARCH * HTTP/1.1": {"M-SEARCH", "*"}, "GET /x\r\n": {"GET", "/x"},
		"HTTP/1.1 200 OK\r\n": {}, "GET /cut": {}, "GET": {}, "": {}, " /a HTTP": {}, "GET  HTTP/1.1": {}, "{\"a\": 1} x ": {}, "\x16\x03\x01 a b ": {},
	} {
		m, target, ok := RequestLine([]byte(in))
		if ok != (want != [2]string{}) || ok && (string(m) != want[0] || string(target) != want[1]) {
			t.Errorf("%q: %q %q %v", in, m, target, ok)
		}
	}
}
