package reassembly

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"testing"
)

// flowN returns the n-th of many distinct flows.
func flowN(n uint32) Flow {
	var f Flow
	f.Src.IP[10], f.Src.IP[11], f.Src.IP[12] = 0xff, 0xff, 10
	f.Dst.IP[10], f.Dst.IP[11], f.Dst.IP[12] = 0xff, 0xff, 11
	binary.BigEndian.PutUint16(f.Src.IP[14:], uint16(n))
	binary.BigEndian.PutUint16(f.Dst.IP[14:], uint16(n>>14))
	f.Src.Port, f.Dst.Port = uint16(32768+n%16384), 80
	f.Src.IP[13] = byte(n >> 16)
	return f
}

func benchInOrder(b *testing.B, flows, size int) {
	a := New(Config{Seed: 7})
	segs := make([]Segment, flows)
	payload := make([]byte, size)
	for i := range segs {
		segs[i] = Segment{Flow: flowN(uint32(i)), Flags: ACK, Payload: payload}
	}
	var evs []Event
	for i := range segs {
		evs = a.Append(evs[:0], &segs[i])
		segs[i].Seq += uint32(size)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	b.ResetTimer()
	at := 0
	for i := range b.N {
		s := &segs[at]
		s.Time = int64(i) * 1000
		evs = a.Append(evs[:0], s)
		if len(evs) != 1 || evs[0].Kind != Data {
			b.Fatalf("%d events", len(evs))
		}
		s.Seq += uint32(size)
		if at++; at == flows {
			at = 0
		}
	}
}

func BenchmarkInOrder(b *testing.B) {
	for _, flows := range []int{1, 1000, 50_000} {
		b.Run(fmt.Sprintf("flows=%d", flows), func(b *testing.B) { benchInOrder(b, flows, 1460) })
	}
}

func BenchmarkAck(b *testing.B) {
	a := New(Config{})
	f := flowN(1)
	var evs []Event
	evs = a.Append(evs, &Segment{Flow: f, Flags: ACK, Payload: []byte("x")})
	seg := Segment{Flow: f.Reverse(), Flags: ACK}
	b.ReportAllocs()
	for range b.N {
		seg.Ack++
		evs = a.Append(evs[:0], &seg)
	}
}

// BenchmarkOutOfOrder swaps every two segments.
func BenchmarkOutOfOrder(b *testing.B) {
	a := New(Config{})
	payload := make([]byte, 1460)
	seg := Segment{Flow: flowN(1), Flags: ACK, Payload: payload}
	evs := a.Append(nil, &seg)
	seq := uint32(1460)
	b.SetBytes(1460)
	b.ReportAllocs()
	for i := range b.N {
		seg.Time = int64(i) * 1000
		seg.Seq = seq + 1460
		if i%2 == 1 {
			seg.Seq = seq
			seq += 2920
		}
		evs = a.Append(evs[:0], &seg)
	}
	if s := a.Stats(); s.Gaps != 0 {
		b.Fatalf("%d gaps", s.Gaps)
	}
}

// BenchmarkConnections runs whole short connections: SYN, SYN-ACK, ACK, request, response, FIN, FIN.
func BenchmarkConnections(b *testing.B) {
	a := New(Config{})
	data := make([]byte, 300)
	var evs []Event
	b.ReportAllocs()
	for i := range b.N {
		f := flowN(uint32(i))
		now := int64(i) * 10_000
		for _, s := range []Segment{
			{Flow: f, Seq: 1, Flags: SYN},
			{Flow: f.Reverse(), Seq: 1, Ack: 2, Flags: SYN | ACK},
			{Flow: f, Seq: 2, Ack: 2, Flags: ACK},
			{Flow: f, Seq: 2, Ack: 2, Flags: ACK, Payload: data},
			{Flow: f.Reverse(), Seq: 2, Ack: 302, Flags: ACK, Payload: data},
			{Flow: f, Seq: 302, Ack: 302, Flags: ACK | FIN},
			{Flow: f.Reverse(), Seq: 302, Ack: 303, Flags: ACK | FIN},
		} {
			s.Time = now
			evs = a.Append(evs[:0], &s)
		}
		if i%100_000 == 0 {
			evs = a.Expire(evs[:0], now)
		}
	}
}

// heap returns the live heap after a collection.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkSYNFlood measures the memory of a half-open flow.
func BenchmarkSYNFlood(b *testing.B) {
	b.ReportAllocs()
	before := heap()
	a := New(Config{MaxConns: 1 << 24})
	var evs []Event
	for i := range b.N {
		evs = a.Append(evs[:0], &Segment{Flow: flowN(uint32(i)), Seq: uint32(i), Flags: SYN, Time: int64(i)})
	}
	b.StopTimer()
	b.ReportMetric(float64(heap()-before)/float64(b.N), "heapB/flow")
	runtime.KeepAlive(a)
}

// BenchmarkIdle measures the memory of an established flow that has shown data.
func BenchmarkIdle(b *testing.B) {
	b.ReportAllocs()
	before := heap()
	a := New(Config{MaxConns: 1 << 24})
	var evs []Event
	for i := range b.N {
		evs = a.Append(evs[:0], &Segment{Flow: flowN(uint32(i)), Seq: uint32(i), Flags: ACK, Time: int64(i), Payload: []byte("GET")})
	}
	b.StopTimer()
	b.ReportMetric(float64(heap()-before)/float64(b.N), "heapB/flow")
	runtime.KeepAlive(a)
}
