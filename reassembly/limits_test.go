package reassembly

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
	"unsafe"
)

// TestSizes holds the sizes that the memory figures rest on.
func TestSizes(t *testing.T) {
	if n := unsafe.Sizeof(page{}); n != pageSize {
		t.Errorf("page is %d bytes, want %d", n, pageSize)
	}
	if n := unsafe.Sizeof(Conn{}); n > 480 {
		t.Errorf("Conn is %d bytes, with its table slots more than 512", n)
	}
	if n := unsafe.Sizeof(stub{}); n > 128 {
		t.Errorf("stub is %d bytes", n)
	}
}

// TestItem29SYNFlood: a million half-open flows cost at most 256 bytes each,
// a thousand connections among them are all seen, and the memory comes back.
func TestItem29SYNFlood(t *testing.T) {
	const flood = 1_000_000
	idle := heap()
	a := New(Config{Seed: 3})
	var evs []Event
	calls := 0
	for i := range uint32(flood) {
		now := int64(i) * 10_000
		evs = a.Append(evs[:0], &Segment{Flow: flowN(i), Seq: i, Flags: SYN, Time: now})
		if i%1000 == 0 {
			f := testFlow(int(40000+i/1000), 443)
			calls += call(a, f, now)
		}
	}
	if calls != 1000 {
		t.Errorf("%d of 1000 calls seen in the flood", calls)
	}
	s := a.Stats()
	if s.HalfOpenNow+s.Open+s.LingerNow > 1_000_000 || s.EvictedHalfOpen == 0 || s.EvictedIdle+s.EvictedOldest > 0 {
		t.Errorf("at the cap: %+v", s)
	}
	full := heap() - idle
	if per := full / flood; per > 256 {
		t.Errorf("%d bytes per half-open flow", per)
	}
	for sec := int64(1); sec <= 60; sec++ {
		evs = a.Expire(evs[:0], int64(10+30+sec)*1e9)
	}
	if rest := heap() - idle; rest > full/20 {
		t.Errorf("%d bytes of %d still held after the timeout", rest, full)
	}
	checkEmpty(t, a)
}

// call runs a connection with one request and one response; it returns 1 if
// both were seen whole.
func call(a *Assembler, f Flow, now int64) int {
	req, resp := []byte("GET / HTTP/1.1\r\n\r\n"), []byte("HTTP/1.1 204 No Content\r\n\r\n")
	var got [2][]byte
	s := newSession(f, 7, 9)
	s.time, s.step = now, 1
	s.handshake()
	s.add(Orig, ACK, req)
	s.add(Resp, ACK, resp)
	s.fin()
	for i := range s.segs {
		for _, e := range a.Append(nil, &s.segs[i]) {
			if e.Kind == Data {
				got[e.Dir] = append(got[e.Dir], e.Data...)
			}
		}
	}
	if bytes.Equal(got[Orig], req) && bytes.Equal(got[Resp], resp) {
		return 1
	}
	return 0
}

// TestItem30Churn: many short connections do not make the memory grow.
func TestItem30Churn(t *testing.T) {
	a := New(Config{})
	var early uint64
	n := 0
	for sec := range int64(40) {
		for i := range int64(2000) {
			n += call(a, flowN(uint32(sec*2000+i)), sec*1e9+i*400_000)
		}
		a.Expire(nil, (sec+1)*1e9)
		if sec == 10 {
			early = heap()
		}
	}
	if n != 80_000 {
		t.Fatalf("%d calls of 80000", n)
	}
	if late := heap(); late > early+early/4 {
		t.Errorf("heap grew from %d to %d", early, late)
	}
}

// TestItem31QueueLimit: when the queues of all connections are full, the hole
// noticed first is given up, and it all recovers.
func TestItem31QueueLimit(t *testing.T) {
	a := New(Config{MaxQueued: 64 * pageSize})
	var given []uint16
	for i := range 100 {
		f := testFlow(1000+i, 80)
		a.Append(nil, &Segment{Flow: f, Seq: 1, Flags: ACK, Payload: []byte("x"), Time: int64(i)})
		for _, e := range a.Append(nil, &Segment{Flow: f, Seq: 10, Flags: ACK, Payload: []byte("y"), Time: int64(i)}) {
			if e.Kind == Gap {
				given = append(given, e.Conn.Flow.Src.Port)
			}
		}
		if held := a.pages.used - len(a.released); held > 64 {
			t.Fatalf("%d pages held", held)
		}
	}
	if len(given) != 36 || given[0] != 1000 || given[35] != 1035 {
		t.Errorf("gave up %v", given)
	}
	if s := a.Stats(); s.GapsByLimit != 36 || s.QueuedBytesNow != 64 {
		t.Errorf("%+v", s)
	}
	a.Expire(nil, 5e9)
	if s := a.Stats(); s.QueuedBytesNow != 0 || s.GapsByTime != 64 {
		t.Errorf("after the timeout: %+v", s)
	}
	a.Close(nil)
	checkEmpty(t, a)
}

// TestItem32OneFlow: a download of which the start of each window is lost holds
// at most 1 MiB, with segments of any size, and at most a 16th of the limit.
func TestItem32OneFlow(t *testing.T) {
	for _, size := range []int{1, 100, 1460, 65000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			a := New(Config{})
			payload := make([]byte, size)
			seq := uint32(1)
			var now int64
			most := 0
			for i := range 20_000 {
				now += 1000
				if i%1000 != 1 { // lost, never acknowledged
					a.Append(nil, &Segment{Flow: testFlow(1, 80), Seq: seq, Flags: ACK, Payload: payload, Time: now})
				}
				seq += uint32(size)
				most = max(most, a.pages.used*pageSize)
			}
			if most == 0 || most > 1<<20 {
				t.Errorf("%d bytes held", most)
			}
			if s := a.Stats(); s.GapsByLimit != 20 {
				t.Errorf("%d holes given up at the limit, want 20", s.GapsByLimit)
			}
		})
	}
}

// TestItem33Seeds: the keyed hash spreads flows that collide without a key, the
// seeds give different tables, and the results are the same.
func TestItem33Seeds(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	s := talk(rng, testFlow(40000, 80), 5, 500)
	segs := reorder(rng, s.segs, 3, 20)
	var want string
	for seed := range uint64(5) {
		a := New(Config{Seed: seed})
		var got string
		for i := range segs {
			for _, e := range a.Append(nil, &segs[i]) {
				got += formatEvent(e) + "\n"
			}
		}
		for _, e := range a.Close(nil) {
			got += formatEvent(e) + "\n"
		}
		if want == "" {
			want = got
		}
		if got != want {
			t.Fatalf("seed %d changes the events", seed)
		}
	}
	// Flows whose addresses and ports have equal sums and exclusive ors.
	k0, k1 := newHashKey(0), newHashKey(1)
	same, buckets := 0, map[uint32]int{}
	for i := range uint16(10_000) {
		f := Flow{Src: Addr{Port: i}, Dst: Addr{Port: ^i}}
		f.Src.IP[14], f.Src.IP[15] = byte(i>>8), byte(i)
		f.Dst.IP[14], f.Dst.IP[15] = ^byte(i>>8), ^byte(i)
		r := f.Reverse()
		if k0.sum(&f) != k0.sum(&r) {
			t.Fatal("not symmetric")
		}
		if k0.sum(&f) == k1.sum(&f) {
			same++
		}
		buckets[k0.sum(&f)&16383]++
	}
	most := 0
	for _, n := range buckets {
		most = max(most, n)
	}
	if same > 1 || most > 8 {
		t.Errorf("%d equal hashes under two seeds, %d flows in one slot of 16384", same, most)
	}
}

// TestTable compares the table with a map.
func TestTable(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var tab table
	tab.resize(minSlots)
	refs := map[uint32]uint32{}
	for range 200_000 {
		ref := 1 + rng.Uint32N(3000)
		if h, ok := refs[ref]; ok {
			tab.remove(h, ref)
			delete(refs, ref)
		} else {
			refs[ref] = rng.Uint32() &^ 0xfff0 // crowd the low bits
			tab.add(refs[ref], ref)
		}
		if rng.IntN(5000) == 0 {
			tab.shrink()
		}
	}
	if tab.used != len(refs) {
		t.Fatalf("%d used, want %d", tab.used, len(refs))
	}
	for ref, h := range refs {
		if s := tab.slots[tab.locate(h, ref)]; s.hash != h {
			t.Fatalf("entry %d lost its hash", ref)
		}
	}
}

// TestSlab compares the slab with a set.
func TestSlab(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	var s slab[[2]uint32]
	held := map[uint32]bool{}
	for i := range 100_000 {
		if rng.IntN(3) > 0 && i < 60_000 || len(held) == 0 {
			k := s.get()
			if k == 0 || held[k] || *s.at(k) != [2]uint32{} {
				t.Fatalf("get returned %d, held %v, %v", k, held[k], *s.at(k))
			}
			held[k] = true
			s.at(k)[0] = k
			continue
		}
		for k := range held {
			if s.at(k)[0] != k {
				t.Fatalf("item %d was overwritten", k)
			}
			*s.at(k) = [2]uint32{}
			s.put(k)
			delete(held, k)
			break
		}
		if i%1000 == 0 {
			s.trim()
		}
	}
	if s.used != len(held) {
		t.Fatalf("%d used, want %d", s.used, len(held))
	}
}

// TestIdleManyExpire: a mass of idle connections is closed in bounded steps.
func TestIdleManyExpire(t *testing.T) {
	a := New(Config{})
	const n = 100_000
	for i := range uint32(n) {
		a.Append(nil, &Segment{Flow: flowN(i), Flags: ACK, Payload: []byte("x"), Time: int64(i)})
	}
	now := int64(5*time.Minute) + int64(time.Second)
	first := len(a.Expire(nil, now))
	second := len(a.Expire(nil, now+1e9))
	if first != 3*maxIdle || first+second != 3*n {
		t.Errorf("%d and %d events, want %d and %d", first, second, 3*maxIdle, 3*n-3*maxIdle)
	}
	a.Expire(nil, now+2e9)
	checkEmpty(t, a)
}

// TestNoAllocation: in order, nothing is allocated.
func TestNoAllocation(t *testing.T) {
	a := New(Config{})
	seg := Segment{Flow: testFlow(1, 80), Flags: ACK, Payload: make([]byte, 1000)}
	back := Segment{Flow: seg.Flow.Reverse(), Flags: ACK}
	evs := a.Append(nil, &seg)
	if n := testing.AllocsPerRun(1000, func() {
		seg.Seq += 1000
		back.Ack = seg.Seq + 1000
		evs = a.Append(evs[:0], &seg)
		evs = a.Append(evs[:0], &back)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
