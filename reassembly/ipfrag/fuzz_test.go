package ipfrag

import "testing"

// script turns fuzz input into fragments of one datagram, four bytes each: place, length, flags and
// salt, cut.
func script(key Key, in []byte) []Fragment {
	var fs []Fragment
	for ; len(in) >= 4 && len(fs) < 64; in = in[4:] {
		f := Fragment{Key: key, Offset: int(in[0]) * 8, Len: int(in[1]), More: in[2]&1 != 0, Time: int64(len(fs))}
		if in[2]&2 != 0 { // well formed, mostly
			f.Len = f.Len * 8
		}
		f.Payload = pattern(f.Offset+f.Len, in[2]>>6)[f.Offset:]
		if in[3] != 0 {
			f.Payload = f.Payload[:min(len(f.Payload), int(in[3]))]
		}
		fs = append(fs, f)
	}
	return fs
}

var seeds = [][]byte{
	{0, 16, 3, 0, 16, 16, 3, 0, 32, 4, 2, 0},
	{32, 4, 2, 0, 16, 16, 3, 0, 0, 16, 3, 0},
	{0, 16, 3, 0, 8, 16, 0x43, 0, 24, 4, 2, 0},
	{0, 16, 3, 20, 16, 4, 2, 0},
	{0, 1, 3, 0, 1, 1, 3, 0, 2, 1, 3, 0, 3, 1, 2, 0},
}

// FuzzV4 compares the table with the model that keeps the first value of each byte.
func FuzzV4(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		compare(t, New(Config{}), script(key4, in))
	})
}

// FuzzV6 checks that a datagram completes iff no two of its fragments overlapped otherwise than
// as duplicates, and then is what the model says.
func FuzzV6(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		table, m := New(Config{}), newModel()
		for i, fr := range script(key6, in) {
			d, out := table.Add(&fr)
			if !fr.valid() || out == Duplicate {
				if out == Duplicate && !m.overlaps(&fr) {
					t.Fatalf("fragment %d duplicates nothing", i)
				}
				continue
			}
			m.dead = m.dead || m.overlaps(&fr) || m.impossible(&fr)
			payload, length, complete := m.add(&fr)
			if complete != (out == Complete) || m.dead != (out == Dropped) {
				t.Fatalf("fragment %d: outcome %d, model complete %v, dead %v", i, out, complete, m.dead)
			}
			if complete {
				if d.Len != length || string(d.Payload) != string(payload) {
					t.Fatalf("%d/%d bytes, model %d/%d", len(d.Payload), d.Len, len(payload), length)
				}
				return
			}
		}
	})
}

// FuzzTable feeds fragments of many datagrams and checks the limits and the books.
func FuzzTable(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		const limit = 8 << 10
		table := New(Config{Bytes: limit})
		for i, fr := range script(key4, in) {
			fr.Key.ID, fr.Key.V6 = uint32(fr.Len%5), fr.Offset%16 == 8
			fr.Time = int64(i) * 7e9 * int64(1-fr.Len%3)
			d, out := table.Add(&fr)
			if out == Complete && (len(d.Payload) > d.Len || d.Len > maxDatagram) {
				t.Fatalf("%d of %d bytes", len(d.Payload), d.Len)
			}
			sum := 0
			for _, e := range table.entries {
				sum += e.cost
			}
			if sum != table.Held() || sum > limit {
				t.Fatalf("%d held, entries cost %d", table.Held(), sum)
			}
		}
	})
}
