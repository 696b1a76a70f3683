package reassembly

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

func TestHashIsSymmetric(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		f := randomFlow(rng)
		r := f.Reverse()
		key := rng.Uint64()
		if f.Hash(key) != r.Hash(key) {
			t.Fatalf("%+v: %x, reverse %x", f, f.Hash(key), r.Hash(key))
		}
		other := f
		other.Net++
		if f.Hash(key) == other.Hash(key) {
			t.Fatalf("%+v: the network does not count", f)
		}
		swapped := f // the ports belong to their addresses
		swapped.Src.Port, swapped.Dst.Port = f.Dst.Port, f.Src.Port
		if f.Src.Port != f.Dst.Port && f.Hash(key) == swapped.Hash(key) {
			t.Fatalf("%+v: ports are exchangeable", f)
		}
	}
}

func TestHashDependsOnKey(t *testing.T) {
	f := randomFlow(rand.New(rand.NewPCG(3, 4)))
	if f.Hash(1) == f.Hash(2) {
		t.Fatal("two keys, one hash")
	}
}

// TestHashSpreads fills 64 buckets from the ways in which real flows differ: by one
// port, by the last byte of an address, by network.
func TestHashSpreads(t *testing.T) {
	const n, buckets = 64_000, 64
	vary := map[string]func(f *Flow, i int){
		"source port": func(f *Flow, i int) { f.Src.Port = uint16(i) },
		"address":     func(f *Flow, i int) { binary.BigEndian.PutUint32(f.Src.IP[12:], uint32(i)) },
		"both ports":  func(f *Flow, i int) { f.Src.Port, f.Dst.Port = uint16(i), uint16(i) },
		"ipv6 prefix": func(f *Flow, i int) { binary.BigEndian.PutUint32(f.Dst.IP[:], uint32(i)) },
		"network":     func(f *Flow, i int) { f.Net = uint32(i) },
	}
	for name, set := range vary {
		for _, shift := range []uint{0, 32, 58} {
			var count [buckets]int
			f := Flow{Src: Addr{Port: 80}, Dst: Addr{Port: 40000}}
			f.Src.IP[10], f.Src.IP[11], f.Dst.IP[10], f.Dst.IP[11] = 255, 255, 255, 255
			for i := range n {
				set(&f, i)
				count[f.Hash(0x1234567)>>shift%buckets]++
			}
			for b, c := range count {
				if c < 850 || c > 1150 { // 1000 ± 4.7 standard deviations
					t.Errorf("%s, bits from %d: bucket %d holds %d of %d", name, shift, b, c, n)
				}
			}
		}
	}
}

func BenchmarkHash(b *testing.B) {
	f := randomFlow(rand.New(rand.NewPCG(5, 6)))
	b.ReportAllocs()
	var sink uint64
	for b.Loop() {
		sink += f.Hash(sink)
	}
}

func randomFlow(rng *rand.Rand) Flow {
	var f Flow
	for _, a := range []*Addr{&f.Src, &f.Dst} {
		binary.BigEndian.PutUint64(a.IP[:], rng.Uint64())
		binary.BigEndian.PutUint64(a.IP[8:], rng.Uint64())
		a.Port = uint16(rng.Uint32())
	}
	f.Net = rng.Uint32()
	return f
}
