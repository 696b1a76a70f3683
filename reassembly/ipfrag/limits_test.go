package ipfrag

import (
	"encoding/binary"
	"runtime"
	"testing"
)

// Acceptance item 13: a million first fragments stay within the cap, and a good pair afterwards completes.
func TestItem13Flood(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	table := New(Config{})
	data := pattern(2960, 0)
	fs := fragments(key4, data, 1480)
	for i := range 1_000_000 {
		f := fs[0]
		binary.BigEndian.PutUint32(f.Key.Src[12:], uint32(i))
		f.Key.ID = uint32(i * 7)
		f.Time = int64(i) * 1000
		if table.Add(&f); table.Held() > 32<<20 {
			t.Fatalf("%d bytes held after %d fragments", table.Held(), i+1)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 34<<20 {
		t.Errorf("heap grew by %d bytes", grown)
	}
	if s := table.Stats(); s.Evicted < 900_000 || s.TimedOut != 0 {
		t.Errorf("%+v", s)
	}
	for i := range fs {
		fs[i].Time = 2e9
	}
	want(t, feed(table, fs), data)
	runtime.KeepAlive(table)
}

// The smallest entries are the dearest for the books: the charge must cover them.
func TestItem13FloodOfSmallFragments(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	table := New(Config{})
	f := Fragment{Key: key6, More: true, Payload: pattern(8, 0), Len: 8}
	for i := range 200_000 {
		f.Key.ID = uint32(i)
		table.Add(&f)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > int64(table.Held())+1<<20 {
		t.Errorf("heap grew by %d bytes, %d are held", grown, table.Held())
	}
	runtime.KeepAlive(table)
}

func TestItem13Timeout(t *testing.T) {
	for _, at := range []int64{60e9, 60e9 + 1} {
		table := New(Config{})
		fs := fragments(key4, pattern(2000, 0), 1000)
		fs[1].Time = at
		if got := len(feed(table, fs)); (got == 1) != (at == 60e9) {
			t.Errorf("%d datagrams after %d ns", got, at)
		}
		if s := table.Stats(); (s.TimedOut == 1) != (at > 60e9) {
			t.Errorf("%+v", s)
		}
	}
}

func TestTimeRunsBackwards(t *testing.T) {
	table := New(Config{})
	fs := fragments(key4, pattern(2000, 0), 1000)
	fs[0].Time, fs[1].Time = 1000e9, 1e9
	want(t, feed(table, fs), pattern(2000, 0))
}

func TestItem13Rejected(t *testing.T) {
	p := pattern(65535, 0)
	for name, f := range map[string]Fragment{
		"beyond 65535":           {Offset: 65528, Payload: p[:8], Len: 8},
		"empty":                  {Offset: 8},
		"empty, more":            {More: true},
		"not a multiple of 8":    {More: true, Payload: p[:1001], Len: 1001},
		"more kept than on wire": {Payload: p[:16], Len: 8},
		"odd offset":             {Offset: 4, Payload: p[:8], Len: 8},
	} {
		table := New(Config{})
		f.Key = key4
		if _, out := table.Add(&f); out != Rejected || table.Stats().Rejected != 1 || table.Held() != 0 {
			t.Errorf("%s: outcome %d, %+v, %d held", name, out, table.Stats(), table.Held())
		}
	}
	table := New(Config{})
	want(t, feed(table, fragments(key4, p, 65528)), p) // the largest there can be
}

// A packet cut into pieces of 8 bytes is read, as its receiver reads it; a datagram beyond is a flood.
func TestItem13TinyFragments(t *testing.T) {
	for _, key := range []Key{key4, key6} {
		table := New(Config{})
		if got := feed(table, fragments(key, pattern(2400, 0), 8)); len(got) != 0 {
			t.Fatal("300 fragments of 8 bytes made a datagram")
		}
		if s := table.Stats(); s.TinyDropped != 1 || s.Tiny != 257 || s.Dropped != 43 {
			t.Errorf("%+v", s)
		}
		key.ID++
		want(t, feed(table, fragments(key, pattern(1480, 0), 8)), pattern(1480, 0))
	}
}

func TestBooksBalance(t *testing.T) {
	table := New(Config{Bytes: 20_000})
	for i := range 1000 {
		f := Fragment{Key: key4, Offset: i % 13 * 1000, More: i%17 != 0, Payload: pattern(1000, byte(i)), Len: 1000, Time: int64(i) * 1e8}
		f.Key.ID = uint32(i % 11)
		table.Add(&f)
		sum := 0
		for _, e := range table.entries {
			sum += e.cost
		}
		if sum != table.Held() || sum > 20_000 {
			t.Fatalf("after %d: %d held, entries cost %d", i, table.Held(), sum)
		}
	}
	table.Expire(1e18)
	if table.Held() != 0 || len(table.entries) != 0 {
		t.Errorf("%d held by %d entries after all expired", table.Held(), len(table.entries))
	}
}

func BenchmarkPairs(b *testing.B) {
	table := New(Config{})
	fs := fragments(key4, pattern(2960, 0), 1480)
	b.SetBytes(2960)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		for j := range fs {
			fs[j].Key.ID = uint32(i)
			fs[j].Time = int64(i) * 1e6
			table.Add(&fs[j])
		}
	}
}

func BenchmarkFlood(b *testing.B) {
	table := New(Config{})
	f := fragments(key4, pattern(2960, 0), 1480)[0]
	b.SetBytes(1480)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		f.Key.ID = uint32(i)
		table.Add(&f)
	}
}
