package reassembly

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// session is one connection's truth: what both sides sent and the segments
// that carried it, in the order in which they were sent.
type session struct {
	flow   Flow
	isn    [2]uint32
	stream [2][]byte
	segs   []Segment
	next   [2]uint32 // sequence number to be sent next
	time   int64
	step   int64 // ns between segments
}

func newSession(flow Flow, isn0, isn1 uint32) *session {
	return &session{flow: flow, isn: [2]uint32{isn0, isn1}, next: [2]uint32{isn0, isn1}, step: 100_000}
}

func (s *session) add(d Dir, flags Flags, payload []byte) {
	seg := Segment{Flow: s.flow, Time: s.time, Seq: s.next[d], Flags: flags, Payload: payload, Window: 65535}
	if d == Resp {
		seg.Flow = s.flow.Reverse()
	}
	if flags&ACK != 0 {
		seg.Ack = s.next[d.Other()]
	}
	s.next[d] += uint32(len(payload))
	if flags&(SYN|FIN) != 0 {
		s.next[d]++
	}
	s.stream[d] = append(s.stream[d], payload...)
	s.segs = append(s.segs, seg)
	s.time += s.step
}

func (s *session) handshake() {
	s.add(Orig, SYN, nil)
	s.add(Resp, SYN|ACK, nil)
	s.add(Orig, ACK, nil)
}

// send sends n random bytes in segments of at most mss, acknowledged every second one.
func (s *session) send(rng *rand.Rand, d Dir, n, mss int) {
	for i := 0; n > 0; i++ {
		k := min(n, 1+rng.IntN(mss))
		p := make([]byte, k)
		for j := range p {
			p[j] = byte(rng.Uint32())
		}
		s.add(d, ACK|PSH, p)
		if n -= k; n == 0 || i%2 == 1 {
			s.add(d.Other(), ACK, nil)
		}
	}
}

func (s *session) fin() {
	s.add(Orig, FIN|ACK, nil)
	s.add(Resp, FIN|ACK, nil)
	s.add(Orig, ACK, nil)
}

// talk is a session of requests and responses.
func talk(rng *rand.Rand, flow Flow, exchanges, mss int) *session {
	s := newSession(flow, rng.Uint32(), rng.Uint32())
	if rng.IntN(2) == 0 { // let the numbers wrap within the data
		s.isn[0], s.isn[1] = -uint32(rng.IntN(5000)), -uint32(rng.IntN(5000))
		s.next = s.isn
	}
	s.handshake()
	for range exchanges {
		s.send(rng, Orig, 1+rng.IntN(800), mss)
		s.send(rng, Resp, 1+rng.IntN(6000), mss)
	}
	s.fin()
	return s
}

// reorder displaces each segment from the first on by at most window places.
func reorder(rng *rand.Rand, segs []Segment, first, window int) []Segment {
	type placed struct {
		key int
		seg Segment
	}
	all := make([]placed, len(segs))
	for i, s := range segs {
		all[i] = placed{i, s}
		if i >= first {
			all[i].key += rng.IntN(window + 1)
		}
	}
	slices.SortStableFunc(all, func(x, y placed) int { return x.key - y.key })
	out := make([]Segment, len(segs))
	for i, p := range all {
		out[i] = p.seg
		out[i].Time = segs[i].Time
	}
	return out
}

// naive is the stupid reassembler: a map of offsets for each direction.
type naive struct {
	captured [2]map[uint64]byte
}

// capture notes what segs carry, relative to the base sequence numbers.
func capture(segs []Segment, flow Flow, base [2]uint32) naive {
	n := naive{[2]map[uint64]byte{{}, {}}}
	for _, s := range segs {
		d := Orig
		if s.Flow != flow {
			d = Resp
		}
		seq := s.Seq
		if s.Flags&SYN != 0 {
			seq++
		}
		off := int64(int32(seq - base[d]))
		for i, b := range s.Payload {
			if o := off + int64(i); o >= 0 {
				if _, ok := n.captured[d][uint64(o)]; !ok {
					n.captured[d][uint64(o)] = b
				}
			}
		}
	}
	return n
}

// watcher checks the events of one connection against the contract, and keeps
// what they said.
type watcher struct {
	t       testing.TB
	conn    *Conn
	opened  bool
	closed  bool
	ended   [2]bool
	reason  [2]Reason
	off     [2]uint64
	data    [2]map[uint64]byte
	gaps    [2]uint64
	gapList [2][][2]uint64
}

func newWatcher(t testing.TB) *watcher {
	return &watcher{t: t, data: [2]map[uint64]byte{{}, {}}}
}

// events checks one call's events, all at once: their Data must be valid together.
func (w *watcher) events(evs []Event) {
	w.t.Helper()
	for _, e := range evs {
		w.event(e)
	}
}

func (w *watcher) event(e Event) {
	w.t.Helper()
	d := e.Dir
	switch {
	case e.Kind == Open:
		if w.opened {
			w.t.Fatalf("second open")
		}
		w.opened, w.conn = true, e.Conn
		return
	case !w.opened || w.closed || e.Conn != w.conn:
		w.t.Fatalf("event out of place: %s", formatEvent(e))
	case e.Kind == Close:
		if w.closed = true; !w.ended[0] || !w.ended[1] {
			w.t.Fatalf("close before both ends")
		}
		return
	case w.ended[d] || e.Offset != w.off[d]:
		w.t.Fatalf("at %d, ended %v: %s", w.off[d], w.ended[d], formatEvent(e))
	}
	switch e.Kind {
	case Data:
		if len(e.Data) == 0 {
			w.t.Fatalf("empty data")
		}
		for i, b := range e.Data {
			w.data[d][e.Offset+uint64(i)] = b
		}
		w.off[d] += uint64(len(e.Data))
	case Gap:
		if e.Len == 0 {
			w.t.Fatalf("empty gap")
		}
		w.gaps[d] += e.Len
		w.gapList[d] = append(w.gapList[d], [2]uint64{e.Offset, e.Offset + e.Len})
		w.off[d] += e.Len
	case End:
		w.ended[d], w.reason[d] = true, e.Reason
	}
}

// subset fails if a delivered byte was not captured or is another one.
func (w *watcher) subset(n naive) {
	w.t.Helper()
	for d := range w.data {
		for o, b := range w.data[d] {
			if c, ok := n.captured[d][o]; !ok || c != b {
				w.t.Fatalf("%s offset %d: delivered %#x, captured %#x %v", dirNames[d], o, b, c, ok)
			}
		}
	}
}

// same fails unless exactly the captured bytes were delivered.
func (w *watcher) same(n naive) {
	w.t.Helper()
	w.subset(n)
	for d := range w.data {
		if len(w.data[d]) != len(n.captured[d]) {
			w.t.Fatalf("%s: delivered %d bytes of %d captured; gaps %v", dirNames[d], len(w.data[d]), len(n.captured[d]), w.gapList[d])
		}
	}
}

// whole fails unless both streams came out complete.
func (w *watcher) whole(s *session) {
	w.t.Helper()
	for d := range s.stream {
		got := make([]byte, w.off[d])
		for o, b := range w.data[d] {
			got[o] = b
		}
		if w.gaps[d] != 0 || !bytes.Equal(got, s.stream[d]) {
			w.t.Fatalf("%s: %d bytes of %d, gaps %v", dirNames[d], len(got), len(s.stream[d]), w.gapList[d])
		}
	}
}

// run feeds one connection's segments and closes.
func run(t testing.TB, segs []Segment) *watcher {
	t.Helper()
	a := New(Config{})
	w := newWatcher(t)
	var evs []Event
	for i := range segs {
		evs = a.Append(evs[:0], &segs[i])
		w.events(evs)
	}
	w.events(a.Close(nil))
	checkBooks(t, a, w)
	return w
}

// checkBooks compares the counters with the events and looks for leaks.
func checkBooks(t testing.TB, a *Assembler, w *watcher) {
	t.Helper()
	s := a.Stats()
	if got := uint64(len(w.data[0]) + len(w.data[1])); s.DataBytes != got {
		t.Fatalf("DataBytes %d, events %d", s.DataBytes, got)
	}
	if got := w.gaps[0] + w.gaps[1]; s.GapBytes+s.CutBytes != got {
		t.Fatalf("GapBytes+CutBytes %d, events %d", s.GapBytes+s.CutBytes, got)
	}
	checkEmpty(t, a)
}

// checkEmpty fails if something is held after Close.
func checkEmpty(t testing.TB, a *Assembler) {
	t.Helper()
	a.recycle()
	if a.conns.used != 0 || a.stubs.used != 0 || a.pages.used != 0 || a.table.used != 0 || a.watch.n != 0 || a.queued != 0 {
		t.Fatalf("held after close: %d connections, %d stubs, %d pages, %d slots, %d watched, %d bytes",
			a.conns.used, a.stubs.used, a.pages.used, a.table.used, a.watch.n, a.queued)
	}
}

// TestReorderedDuplicated: no loss, any order within 64 segments, any
// repetition: both streams come out complete.
func TestReorderedDuplicated(t *testing.T) {
	for seed := range uint64(150) {
		rng := rand.New(rand.NewPCG(seed, 1))
		s := talk(rng, testFlow(40000, 80), 1+rng.IntN(8), 1+rng.IntN(1460))
		segs := slices.Clone(s.segs)
		for range len(segs) / 10 {
			i := 3 + rng.IntN(len(segs)-3)
			segs = slices.Insert(segs, i, segs[i])
		}
		for i := range segs {
			segs[i].Time = int64(i) * 1_000_000
		}
		segs = reorder(rng, segs, 3, rng.IntN(65))
		run(t, segs).whole(s)
	}
}

// TestLossGivesGaps: what was captured is delivered, what was not is a gap.
func TestLossGivesGaps(t *testing.T) {
	for seed := range uint64(150) {
		rng := rand.New(rand.NewPCG(seed, 2))
		s := talk(rng, testFlow(40000, 80), 1+rng.IntN(8), 1+rng.IntN(1460))
		segs := slices.Clone(s.segs[:3])
		for _, seg := range s.segs[3:] {
			if rng.IntN(20) > 0 {
				segs = append(segs, seg)
			}
		}
		segs = reorder(rng, segs, 3, rng.IntN(65))
		w := run(t, segs)
		w.same(capture(segs, s.flow, [2]uint32{s.isn[0] + 1, s.isn[1] + 1}))
	}
}

// TestResegmented: the same streams cut otherwise give the same bytes, also
// when retransmissions are cut differently from the originals.
func TestResegmented(t *testing.T) {
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 3))
		s := talk(rng, testFlow(40000, 80), 3, 700)
		var segs []Segment
		for _, seg := range s.segs {
			segs = append(segs, resegment(rng, s, seg)...)
		}
		for i := range segs {
			segs[i].Time = int64(i) * 10_000
		}
		run(t, segs).whole(s)
	}
}

// resegment cuts a data segment into pieces and repeats earlier bytes before some.
func resegment(rng *rand.Rand, s *session, seg Segment) []Segment {
	d := Orig
	if seg.Flow != s.flow {
		d = Resp
	}
	if len(seg.Payload) == 0 {
		return []Segment{seg}
	}
	var out []Segment
	start := int(seg.Seq - s.isn[d] - 1)
	for at, end := start, start+len(seg.Payload); at < end; {
		n := min(1+rng.IntN(200), end-at)
		from := max(0, at-rng.IntN(300)*rng.IntN(2))
		piece := seg
		piece.Seq = s.isn[d] + 1 + uint32(from)
		piece.Payload = s.stream[d][from : at+n]
		out = append(out, piece)
		at += n
	}
	return out
}

func TestSequenceOffsets(t *testing.T) {
	h := half{known: true, next: 0, off: 10}
	for seq, want := range map[uint32]int64{0: 10, 1: 11, 0xffffffff: 9, 0x80000000 - 1: 10 + 1<<31 - 1} {
		if got := h.offset(seq); got != want {
			t.Errorf("offset(%#x) = %d, want %d", seq, got, want)
		}
	}
	if fmt.Sprintf("%#x", h.base()) != "0xfffffff6" {
		t.Errorf("base %#x", h.base())
	}
}
