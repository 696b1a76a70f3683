package sensor

import (
	"testing"

	"wirecensus/reassembly"
)

// BenchmarkCopies is the price of looking for copies, per packet.
func BenchmarkCopies(b *testing.B) {
	c := newCopies(1)
	seg := reassembly.Segment{Payload: make([]byte, 100)}
	header := make([]byte, 32)
	b.ReportAllocs()
	id := uint32(1)
	for b.Loop() {
		id++
		seg.Time += 10_000
		if c.seen(&seg, header, id) {
			b.Fatal("not a copy")
		}
	}
}

// TestCopiesOfOthers: packets that differ in one thing are no copies of each other.
func TestCopiesOfOthers(t *testing.T) {
	for _, seed := range []uint64{0, 1} {
		c := newCopies(seed)
		n := 0
		for i := range 256 {
			for at := range 8 {
				seg, header := reassembly.Segment{Payload: make([]byte, 40)}, make([]byte, 32)
				id := uint32(1)
				switch at {
				case 0:
					seg.Flow.Src.IP[i%16] = byte(i)
				case 1:
					seg.Flow.Dst.IP[i%16] = byte(i)
				case 2:
					seg.Flow.Net = uint32(i)
				case 3:
					header[i%32] = byte(i)
				case 4:
					id += uint32(i)
				case 5:
					seg.Payload[i%8] = byte(i)
				case 6:
					seg.Payload = seg.Payload[:i%32+8]
				case 7:
					seg.Cut = uint32(i)
				}
				if c.seen(&seg, header, id) {
					n++
				}
			}
		}
		if n != 6+224 { // six more that differ in nothing; of the lengths 32 are different
			t.Errorf("seed %d: %d copies", seed, n)
		}
	}
}

// TestCopies: what is a copy and what is sent again.
func TestCopies(t *testing.T) {
	const ms = 1_000_000
	with, without := make([]byte, 32), make([]byte, 20)
	later := make([]byte, 32)
	later[27] = 1 // timestamp
	data := []byte("some payload")
	for _, x := range []struct {
		name     string
		header   []byte
		again    []byte
		id, id2  uint32
		payload  []byte
		payload2 []byte
		flags    reassembly.Flags
		after    int64
		want     bool
	}{
		{"copy", without, without, 7, 7, data, data, 0, 20 * ms, true},
		{"copy that came first", without, without, 7, 7, data, data, 0, -20 * ms, true},
		{"copy of an acknowledgement", without, without, 7, 7, nil, nil, 0, 20 * ms, true},
		{"two seconds later", without, without, 7, 7, data, data, 0, 2100 * ms, false},
		{"other identification", without, without, 7, 8, data, data, 0, 20 * ms, false},
		{"other timestamp", with, later, 0, 0, data, data, 0, 20 * ms, false},
		{"same timestamp", with, with, 0, 0, data, data, 0, 20 * ms, true},
		{"nothing to tell by", without, without, 0, 0, data, data, 0, 20 * ms, true},
		{"nothing to tell by, as late as a retransmission", without, without, 0, 0, data, data, 0, 200 * ms, false},
		{"handshake sent again", with, with, 0, 0, data, data, reassembly.SYN, 1000 * ms, false},
		{"acknowledgements that are alike", without, without, 0, 0, nil, nil, 0, 1 * ms, false},
		{"other data", without, without, 7, 7, data, []byte("SOME PAYLOAD"), 0, 1 * ms, false},
		{"less captured", without, without, 7, 7, data, data[:11], 0, 1 * ms, false},
	} {
		for _, start := range []int64{1_780_000_000_000 * ms, 1<<20*ms - 1, 0} { // 2^20 ms is where the clock of the slots wraps
			c := newCopies(9)
			a := reassembly.Segment{Time: start, Payload: x.payload, Flags: x.flags}
			b := reassembly.Segment{Time: max(start+x.after, 0), Payload: x.payload2, Flags: x.flags}
			if c.seen(&a, x.header, x.id) {
				t.Errorf("%s: the first is a copy", x.name)
			}
			if got := c.seen(&b, x.again, x.id2); got != x.want {
				t.Errorf("%s: copy %v", x.name, got)
			}
		}
	}
}
