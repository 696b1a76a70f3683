package ipfrag

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

var (
	key4 = Key{Src: addr4(1), Dst: addr4(2), ID: 7, Proto: 6}
	key6 = Key{Src: [16]byte{0: 0xfd, 15: 1}, Dst: [16]byte{0: 0xfd, 15: 2}, ID: 7, Proto: 6, V6: true}
)

func addr4(last byte) [16]byte { return [16]byte{10: 0xff, 11: 0xff, 12: 10, 15: last} }

// pattern returns n bytes of which each says where it is.
func pattern(n int, salt byte) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i) ^ byte(i>>8)*31 ^ salt
	}
	return b
}

// fragments cuts data into pieces of size bytes.
func fragments(key Key, data []byte, size int) []Fragment {
	var fs []Fragment
	for at := 0; at < len(data); at += size {
		end := min(at+size, len(data))
		fs = append(fs, Fragment{Key: key, Offset: at, More: end < len(data), Payload: data[at:end], Len: end - at})
	}
	return fs
}

// feed adds fs and returns the payloads of the completed datagrams.
func feed(t *Table, fs []Fragment) (done []string) {
	for i := range fs {
		if d, out := t.Add(&fs[i]); out == Complete {
			done = append(done, string(d.Payload))
		}
	}
	return done
}

func want(t *testing.T, got []string, datagrams ...[]byte) {
	t.Helper()
	if len(got) != len(datagrams) {
		t.Fatalf("%d datagrams, want %d", len(got), len(datagrams))
	}
	for i := range got {
		if got[i] != string(datagrams[i]) {
			t.Fatalf("datagram %d: %d bytes differ from the %d wanted", i, len(got[i]), len(datagrams[i]))
		}
	}
}

// Acceptance item 10: in order, reversed, interleaved, duplicated.
func TestItem10Orders(t *testing.T) {
	data := pattern(5000, 0)
	for _, key := range []Key{key4, key6} {
		in := fragments(key, data, 1480)
		reversed := slices.Clone(in)
		slices.Reverse(reversed)
		var doubled []Fragment
		for _, f := range in {
			doubled = append(doubled, f, f)
		}
		for name, fs := range map[string][]Fragment{"in order": in, "reversed": reversed, "doubled": doubled} {
			t.Run(fmt.Sprintf("%s/v6=%v", name, key.V6), func(t *testing.T) {
				want(t, feed(New(Config{}), fs), data)
			})
		}
	}
}

func TestItem10Interleaved(t *testing.T) {
	a, b := pattern(4000, 1), pattern(4000, 2)
	other := key4
	other.ID++
	var fs []Fragment
	fa, fb := fragments(key4, a, 1000), fragments(other, b, 1000)
	for i := range fa {
		fs = append(fs, fa[i], fb[len(fb)-1-i])
	}
	want(t, feed(New(Config{}), fs), a, b)
}

// Acceptance item 11: nothing that differs in any part of the key is merged.
func TestItem11NeverMerged(t *testing.T) {
	data := pattern(2000, 0)
	for _, key := range []Key{key4, key6} {
		for name, change := range map[string]func(k *Key){
			"source":      func(k *Key) { k.Src[15]++ },
			"destination": func(k *Key) { k.Dst[15]++ },
			"id":          func(k *Key) { k.ID++ },
			"protocol":    func(k *Key) { k.Proto = 17 },
			"network":     func(k *Key) { k.Net = 5 },
		} {
			t.Run(fmt.Sprintf("%s/v6=%v", name, key.V6), func(t *testing.T) {
				fs := fragments(key, data, 1000)
				change(&fs[1].Key)
				if got := feed(New(Config{}), fs); len(got) != 0 {
					t.Fatal("merged")
				}
			})
		}
	}
}

// Acceptance item 12: every way to send at most three chunks of a five-block datagram, in the manner
// of PYROLYSE, gives what the model gives.
func TestItem12OverlapsExhaustive(t *testing.T) {
	const blocks, size = 5, 64
	var chunks []Fragment
	for lo := range blocks {
		for hi := lo + 1; hi <= blocks; hi++ {
			for _, more := range []bool{true, false} {
				salt := byte(len(chunks) + 1)
				chunks = append(chunks, Fragment{Key: key4, Offset: lo * size, More: more,
					Payload: pattern((hi-lo)*size, salt), Len: (hi - lo) * size})
			}
		}
	}
	completed := 0
	for _, a := range chunks {
		for _, b := range chunks {
			for _, c := range chunks {
				if compare(t, New(Config{}), []Fragment{a, b, c}) {
					completed++
				}
			}
		}
	}
	t.Logf("%d sequences, %d complete", len(chunks)*len(chunks)*len(chunks), completed)
	if completed == 0 {
		t.Error("no sequence completed a datagram")
	}
}

// compare feeds fs to table and model until one datagram is complete, and reports whether
// one was. All of fs have one key that the table has not seen.
func compare(t *testing.T, table *Table, fs []Fragment) bool {
	t.Helper()
	m := newModel()
	for i := range fs {
		d, out := table.Add(&fs[i])
		switch out {
		case Duplicate:
			if !m.overlaps(&fs[i]) {
				t.Fatalf("fragment %d of %v: a duplicate of nothing", i, show(fs))
			}
			continue
		case Rejected:
			if fs[i].valid() && !m.impossible(&fs[i]) {
				t.Fatalf("fragment %d of %v: rejected", i, show(fs))
			}
			continue
		}
		payload, length, complete := m.add(&fs[i])
		if complete != (out == Complete) {
			t.Fatalf("fragment %d of %v: outcome %d, model complete %v", i, show(fs), out, complete)
		}
		if complete {
			if d.Len != length || !bytes.Equal(d.Payload, payload) {
				t.Fatalf("%v: datagram %d/%d bytes, model %d/%d", show(fs), len(d.Payload), d.Len, len(payload), length)
			}
			return true
		}
	}
	return false
}

func show(fs []Fragment) (s []string) {
	for _, f := range fs {
		s = append(s, fmt.Sprintf("[%d,%d)/%d more=%v", f.Offset, f.Offset+f.Len, len(f.Payload), f.More))
	}
	return s
}

func TestItem12RandomOverlaps(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 12))
	completed := 0
	for n := range 20_000 {
		key := key4
		key.ID = uint32(n)
		if compare(t, New(Config{}), randomFragments(rng, key)) {
			completed++
		}
	}
	if completed < 1000 {
		t.Errorf("only %d of 20000 datagrams complete", completed)
	}
}

// randomFragments returns overlapping, cut, tiny and contradictory fragments of a small datagram.
func randomFragments(rng *rand.Rand, key Key) []Fragment {
	var fs []Fragment
	for range 2 + rng.IntN(14) {
		lo := rng.IntN(20)
		hi := lo + 1 + rng.IntN(12)
		f := Fragment{Key: key, Offset: lo * 16, More: hi < 20, Len: (min(hi, 20) - lo) * 16}
		if rng.IntN(40) == 0 {
			f.More = !f.More
		}
		f.Payload = pattern(f.Len, byte(rng.IntN(2)))
		if rng.IntN(20) == 0 {
			f.Payload = f.Payload[:rng.IntN(f.Len)]
		}
		fs = append(fs, f)
	}
	return fs
}

func TestItem12CountsOverlaps(t *testing.T) {
	table := New(Config{})
	same, other := pattern(128, 1), pattern(128, 2)
	table.Add(&Fragment{Key: key4, Offset: 0, More: true, Payload: same, Len: 128})
	table.Add(&Fragment{Key: key4, Offset: 64, More: true, Payload: same[64:], Len: 64})
	table.Add(&Fragment{Key: key4, Offset: 64, More: true, Payload: other, Len: 128})
	d, out := table.Add(&Fragment{Key: key4, Offset: 192, Payload: same[:8], Len: 8})
	if out != Complete || !bytes.Equal(d.Payload[:128], same) || !bytes.Equal(d.Payload[128:192], other[64:]) {
		t.Fatalf("outcome %d, not first-wins", out)
	}
	if s := table.Stats(); s.Overlaps != 2 || s.Conflicts != 1 || s.Completed != 1 {
		t.Errorf("%+v", s)
	}
}

// Acceptance item 12, RFC 5722: an IPv6 overlap drops the datagram, what comes later included.
func TestItem12OverlapV6(t *testing.T) {
	data := pattern(3000, 0)
	fs := fragments(key6, data, 1000)
	evil := Fragment{Key: key6, Offset: 992, More: true, Payload: pattern(16, 9), Len: 16}
	table := New(Config{})
	if got := feed(table, []Fragment{fs[0], evil, fs[1], fs[2], fs[0]}); len(got) != 0 {
		t.Fatal("the datagram was completed")
	}
	if s := table.Stats(); s.OverlapV6 != 1 || s.Dropped != 3 {
		t.Errorf("%+v", s)
	}
	fs[0].Time = 61e9 // the identification may be used again after the timeout
	fs[1].Time, fs[2].Time = 61e9, 61e9
	want(t, feed(table, fs), data)
}

func TestV6DuplicateWithOtherBytesIsAnOverlap(t *testing.T) {
	fs := fragments(key6, pattern(2000, 0), 1000)
	changed := fs[0]
	changed.Payload = pattern(1000, 1)
	table := New(Config{})
	if got := feed(table, []Fragment{fs[0], changed, fs[1]}); len(got) != 0 || table.Stats().OverlapV6 != 1 {
		t.Fatalf("%d datagrams, %+v", len(got), table.Stats())
	}
}

// A mirror shows every fragment twice; the copies that trail the completion begin nothing.
func TestLateDuplicates(t *testing.T) {
	fs := fragments(key4, pattern(3000, 0), 1000)
	table := New(Config{})
	late := slices.Clone(fs)
	for i := range late {
		late[i].Time = 50e6
	}
	want(t, feed(table, append(slices.Clone(fs), late...)), pattern(3000, 0))
	if s := table.Stats(); s.Duplicates != 3 {
		t.Errorf("%+v", s)
	}
	next := fragments(key4, pattern(3000, 1), 1000) // the identification is used again at once
	for i := range next {
		next[i].Time = 100e6
	}
	want(t, feed(table, next), pattern(3000, 1))
}

// A completed datagram is remembered for 2 s from its completion, not from its first fragment.
func TestDuplicatesAreRememberedFor2s(t *testing.T) {
	fs := fragments(key4, pattern(2000, 0), 1000)
	fs[1].Time = 1.5e9
	for after, want := range map[int64]Outcome{2e9: Duplicate, 2e9 + 1: Held} {
		table := New(Config{})
		feed(table, fs)
		late := fs[0]
		late.Time = fs[1].Time + after
		if _, out := table.Add(&late); out != want {
			t.Errorf("%d ns after completion: outcome %d", after, out)
		}
	}
}

func TestCutFragments(t *testing.T) {
	data := pattern(3000, 0)
	fs := fragments(key4, data, 1000)
	for i := range fs {
		fs[i].Payload = fs[i].Payload[:400]
	}
	table := New(Config{})
	for i := range fs {
		d, out := table.Add(&fs[i])
		if (out == Complete) != (i == 2) {
			t.Fatalf("fragment %d: outcome %d", i, out)
		}
		if i == 2 && (d.Len != 3000 || !bytes.Equal(d.Payload, data[:400])) {
			t.Fatalf("%d of %d bytes", len(d.Payload), d.Len)
		}
	}
}
