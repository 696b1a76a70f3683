package reassembly

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"
)

// truthByte is the byte that every segment of direction d carries at seq,
// whatever connection it belongs to.
func truthByte(d Dir, seq uint32) byte {
	return byte((seq*2654435761 + uint32(d)*97) >> 13)
}

// ops turns fuzz input into segments of one tuple, around the sequence numbers
// that a connection would use, in packet-time order. Five bytes make one.
func ops(in []byte) []Segment {
	next := [2]uint32{1000, 0xffffff00}
	var now int64
	var segs []Segment
	for ; len(in) >= 5 && len(segs) < 150; in = in[5:] {
		d := Dir(in[0] & 1)
		now += []int64{1, 1e6, 60e6, 250e6, 700e6, 3e9, 40e9, 301e9}[in[0]>>5]
		s := Segment{Time: now, Flow: testFlow(40000, 80), Seq: next[d], Window: 65535}
		if d == Resp {
			s.Flow = s.Flow.Reverse()
		}
		s.Flags = []Flags{ACK, ACK, ACK, ACK, ACK | FIN, SYN, SYN | ACK, RST | ACK}[in[0]>>1&7]
		if in[0]&0x10 != 0 {
			s.Flags &^= ACK
		}
		n := int(in[1]) * 9
		if s.Flags&(SYN|RST) != 0 {
			n = 0
			if in[1] > 200 {
				s.Seq += uint32(in[1]) << 22
				next[d] = s.Seq
			}
		}
		switch in[2] >> 6 {
		case 1:
			s.Seq -= uint32(in[2]&63) * 16
		case 2:
			s.Seq += uint32(in[2]&63) * 16
		case 3:
			s.Seq += uint32(int32(int8(in[2]<<2))) << 19
		}
		if s.Flags&ACK != 0 {
			s.Ack = next[d.Other()] + uint32(int32(int8(in[3])))*11
		}
		first := s.Seq
		if s.Flags&SYN != 0 {
			first++
		}
		s.Payload = make([]byte, n)
		for i := range s.Payload {
			s.Payload[i] = truthByte(d, first+uint32(i))
		}
		if in[4] > 240 {
			s.Cut = uint32(in[4]) * 3
		}
		if in[4]&3 != 0 {
			next[d] = first + uint32(n) + s.Cut
		}
		segs = append(segs, s)
	}
	return segs
}

// story is what one run said, connection by connection.
type story struct {
	conns []*watcher
	log   [][2][]string
}

// tell runs segs, with Expire at every packet-time second if marks is set, and
// checks each event against the contract and the truth.
func tell(t testing.TB, segs []Segment, marks bool, cfg Config) *story {
	st := &story{}
	a := New(cfg)
	var captured []Segment
	take := func(evs []Event) {
		t.Helper()
		for _, e := range evs {
			st.event(t, e, captured)
		}
	}
	var mark int64
	for i := range segs {
		s := &segs[i]
		for ; marks && mark <= s.Time; mark += int64(time.Second) {
			take(a.Expire(nil, mark))
		}
		captured = append(captured, *s)
		take(a.Append(nil, s))
		checkLimits(t, a)
	}
	take(a.Close(nil))
	for _, w := range st.conns {
		if !w.closed {
			t.Fatal("a connection was never closed")
		}
	}
	checkEmpty(t, a)
	return st
}

func (st *story) event(t testing.TB, e Event, captured []Segment) {
	t.Helper()
	if e.Kind == Open {
		st.conns = append(st.conns, newWatcher(t))
		st.log = append(st.log, [2][]string{})
	}
	n := len(st.conns) - 1
	st.conns[n].event(e)
	flowDir := e.Dir // direction of the tuple, whoever was taken for the originator
	if e.Conn.Flow != testFlow(40000, 80) {
		flowDir = e.Dir.Other()
	}
	switch e.Kind {
	case Data:
		h := &e.Conn.half[e.Dir]
		seq := h.base() + uint32(e.Offset)
		if !carried(captured, flowDir, seq, e.Data) {
			t.Fatalf("%s: no segment carried that at %d", formatEvent(e), seq)
		}
		st.log[n][e.Dir] = append(st.log[n][e.Dir], fmt.Sprintf("data %d %x %d %v", e.Offset, e.Data, e.Ack, e.AckOK))
	case Gap:
		st.log[n][e.Dir] = append(st.log[n][e.Dir], fmt.Sprintf("gap %d %d %v", e.Offset, e.Len, e.Cut))
	case End:
		st.log[n][e.Dir] = append(st.log[n][e.Dir], fmt.Sprintf("end %d %d", e.Offset, e.Reason))
	}
}

// carried reports whether one of the segments carried data at seq.
func carried(segs []Segment, d Dir, seq uint32, data []byte) bool {
	for i := range segs {
		s := &segs[i]
		if (s.Flow == testFlow(40000, 80)) != (d == Orig) {
			continue
		}
		first := s.Seq
		if s.Flags&SYN != 0 {
			first++
		}
		if at := int(int32(seq - first)); at >= 0 && at+len(data) <= len(s.Payload) {
			return bytes.Equal(s.Payload[at:at+len(data)], data)
		}
	}
	return false
}

func checkLimits(t testing.TB, a *Assembler) {
	t.Helper()
	if a.queued > uint64(a.cfg.MaxQueued) || (a.pages.used-len(a.released))*pageSize > a.cfg.MaxQueued {
		t.Fatalf("queued %d bytes in %d pages", a.queued, a.pages.used)
	}
	for i := a.watch.head; i != 0; i = a.conns.at(i).watch.next {
		c := a.conns.at(i)
		if c.pages > a.maxPages || c.queued > uint32(a.cfg.MaxConnQueued) {
			t.Fatalf("%d bytes in %d pages on one connection", c.queued, c.pages)
		}
		for d := range c.half {
			checkQueue(t, a, &c.half[d])
		}
	}
}

// checkQueue checks that pages are sorted, disjoint and above the edge.
func checkQueue(t testing.TB, a *Assembler, h *half) {
	t.Helper()
	edge := h.off
	for p := h.queue.head; p != 0; p = a.pages.at(p).next {
		q := a.pages.at(p)
		if q.off < edge || q.n == 0 || q.off == h.off {
			t.Fatalf("page [%d,%d) with the edge at %d", q.off, q.end(), edge)
		}
		edge = q.end()
	}
}

// FuzzSegments: whatever comes, the contract holds, no byte is invented or
// moved, the limits hold, nothing leaks, and Expire changes only the time at
// which results come out.
func FuzzSegments(f *testing.F) {
	f.Add([]byte("\x0b\x00\x00\x00\x01\x0c\x00\x00\x00\x01\x20\x10\x00\x00\x01\x20\x10\x90\x00\x00\x40\x10\x00\x00\x01"))
	f.Add([]byte("\x20\x10\x00\x00\x01\x21\x10\x84\x20\x01\x20\x10\x90\x00\x00\xe0\x10\x00\x00\x01\x0e\x00\x00\x00\x01"))
	f.Add([]byte("\x0a\xff\x00\x00\x01\x20\x10\x00\x00\xff\x0a\xff\x00\x00\x01\x20\x10\x00\x00\x01\x88\x00\x81\x00\x01\x80\x10\x00\x00\x01"))
	f.Fuzz(func(t *testing.T, in []byte) {
		segs := ops(in)
		plain := tell(t, segs, false, Config{})
		marked := tell(t, segs, true, Config{Seed: 99})
		if len(plain.log) != len(marked.log) {
			t.Fatalf("%d connections without Expire, %d with", len(plain.log), len(marked.log))
		}
		for n := range plain.log {
			for d := range plain.log[n] {
				if !slices.Equal(plain.log[n][d], marked.log[n][d]) {
					t.Fatalf("connection %d %s\nwithout Expire %q\nwith           %q", n+1, dirNames[d], plain.log[n][d], marked.log[n][d])
				}
			}
		}
		tell(t, segs, true, Config{MaxConns: 1, MaxQueued: 16 * 2048, MaxConnQueued: 300})
	})
}
