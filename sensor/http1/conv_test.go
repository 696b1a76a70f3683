package http1_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"wirecensus/reassembly"
	"wirecensus/sensor/exchange"
	"wirecensus/sensor/http1"
	"wirecensus/sensor/message"
)

// flight is what one side of a test conversation sends without hearing from the other.
type flight struct {
	dir  reassembly.Dir
	data string
}

func req(s string) flight  { return flight{reassembly.Orig, s} }
func resp(s string) flight { return flight{reassembly.Resp, s} }

// segment is a part of a flight.
type segment struct {
	dir  reassembly.Dir
	off  uint64
	ack  uint64
	time int64
	data []byte
	noAc bool
	gap  bool
}

// segments lays a conversation out as one segment per flight. Each flight acknowledges all of the other side before it.
func segments(conv []flight) []segment {
	var pos [2]uint64
	var out []segment
	for i, f := range conv {
		out = append(out, segment{dir: f.dir, off: pos[f.dir], ack: pos[f.dir.Other()], time: int64(i+1) * 1000, data: []byte(f.data)})
		pos[f.dir] += uint64(len(f.data))
	}
	return out
}

// cut splits segments into pieces of at most the size that next returns.
func cut(segs []segment, next func() int) []segment {
	var out []segment
	for _, s := range segs {
		for len(s.data) > 0 {
			n := min(max(1, next()), len(s.data))
			p := s
			p.data = s.data[:n]
			out = append(out, p)
			s.data = s.data[n:]
			s.off += uint64(n)
		}
	}
	return out
}

func bytewise(segs []segment) []segment { return cut(segs, func() int { return 1 }) }

func randomly(segs []segment, seed uint64, mean int) []segment {
	r := rand.New(rand.NewPCG(seed, 1))
	return cut(segs, func() int { return 1 + r.IntN(2*mean) })
}

// result is what a conversation became.
type result struct {
	exs   []*exchange.Exchange
	stats http1.Stats
	pairs exchange.Stats
}

// run reads segments; ends closes both directions with FIN, otherwise by flush.
func run(t testing.TB, conn *reassembly.Conn, segs []segment) result {
	t.Helper()
	return runLimits(t, conn, segs, http1.Limits{}, exchange.Limits{})
}

func runLimits(t testing.TB, conn *reassembly.Conn, segs []segment, l http1.Limits, xl exchange.Limits) result {
	t.Helper()
	c := http1.NewConn(l)
	xp := exchange.NewPool(xl)
	p := xp.Pairer(conn)
	var r result
	var msgs []message.Event
	var end [2]uint64
	place := [2]uint64{}
	feed := func(ev reassembly.Event) {
		ev.Conn = conn
		msgs = c.Append(msgs[:0], ev)
		for i := range msgs {
			checkEvent(t, &msgs[i], &place)
		}
		r.exs = p.Append(r.exs, msgs)
		// The events' memory is the parser's again: nothing may depend on it.
		clear(ev.Data)
	}
	for _, s := range segs {
		ev := reassembly.Event{Kind: reassembly.Data, Dir: s.dir, Time: s.time, Offset: s.off, Ack: s.ack, AckOK: !s.noAc, Data: append([]byte(nil), s.data...)}
		if s.gap {
			ev.Kind, ev.Len, ev.Data = reassembly.Gap, uint64(len(s.data)), nil
		}
		end[s.dir] = s.off + uint64(len(s.data))
		feed(ev)
	}
	last := int64(0)
	if len(segs) > 0 {
		last = segs[len(segs)-1].time
	}
	for _, d := range []reassembly.Dir{reassembly.Orig, reassembly.Resp} {
		feed(reassembly.Event{Kind: reassembly.End, Dir: d, Time: last, Offset: end[d], Reason: reassembly.ByFIN})
	}
	feed(reassembly.Event{Kind: reassembly.Close, Time: last})
	r.stats, r.pairs = *c.Pool().Stats(), *xp.Stats()
	r.exs = p.Close(r.exs)
	checkBytes(t, &r.stats)
	return r
}

// checkEvent checks what holds of every event: ranges are ordered and places never go back.
func checkEvent(t testing.TB, e *message.Event, place *[2]uint64) {
	t.Helper()
	if e.Kind == message.Abandon {
		return
	}
	if e.EndOffset < e.Offset {
		t.Fatalf("event ends before it begins: %+v", e)
	}
	if e.EndOffset < place[e.Dir] {
		t.Fatalf("event goes back from %d: %+v", place[e.Dir], e)
	}
	place[e.Dir] = e.EndOffset
}

// checkBytes checks the invariant of http1.Stats.
func checkBytes(t testing.TB, s *http1.Stats) {
	t.Helper()
	in := s.Bytes + s.GapBytes
	out := s.HeadBytes + s.ContentBytes + s.FramingBytes + s.SkippedBytes + s.SwitchedBytes + s.LostBytes
	if in != out {
		t.Fatalf("%d bytes in, %d accounted for: %+v", in, out, *s)
	}
}

// summary writes exchanges one a line, without times.
func summary(exs []*exchange.Exchange) string {
	var b strings.Builder
	for _, ex := range exs {
		b.WriteString(line(ex))
		b.WriteByte('\n')
	}
	return b.String()
}

func line(ex *exchange.Exchange) string {
	var b strings.Builder
	if ex.Index >= exchange.OrphanIndex {
		fmt.Fprintf(&b, "o%d", ex.Index-exchange.OrphanIndex)
	} else {
		fmt.Fprintf(&b, "%d", ex.Index)
	}
	if m := ex.Request; m != nil {
		fmt.Fprintf(&b, " %s %s %s%s", clip(m.Method), clip(m.Target), m.Version, body(m))
	} else {
		b.WriteString(" ?")
	}
	if len(ex.Interim) > 0 {
		fmt.Fprintf(&b, " %v", ex.Interim)
	}
	if m := ex.Response; m != nil {
		fmt.Fprintf(&b, " -> %d %s%s", m.Status, m.Version, body(m))
	} else {
		b.WriteString(" -> ?")
	}
	for _, f := range []struct {
		on   bool
		name string
	}{{ex.Early, "early"}, {ex.Upgrade, "upgrade"}} {
		if f.on {
			b.WriteString(" " + f.name)
		}
	}
	return b.String()
}

func clip(b []byte) string {
	if len(b) > 60 {
		return fmt.Sprintf("%s…%d", b[:20], len(b))
	}
	return string(b)
}

func body(m *exchange.Message) string {
	var b strings.Builder
	if m.Size > 0 || len(m.Body) > 0 {
		fmt.Fprintf(&b, " %d%q", m.Size, clip(m.Body))
	}
	for i, f := range m.Trailer {
		if i == 0 {
			b.WriteString(" trailer")
		}
		fmt.Fprintf(&b, " %s=%s", f.Name, f.Value)
	}
	if m.Gap {
		b.WriteString(" gap")
	}
	if m.Truncated {
		b.WriteString(" truncated")
	}
	if m.Incomplete {
		b.WriteString(" incomplete")
	}
	for _, a := range m.Anomalies.Append(nil) {
		b.WriteString(" !" + a)
	}
	return b.String()
}

func field(m *exchange.Message, name string) string {
	if m == nil {
		return "<no message>"
	}
	h := message.Header{Fields: m.Fields}
	return string(h.Get(name))
}
