package sensor

import (
	"wirecensus/reassembly"
	"wirecensus/sensor/exchange"
	"wirecensus/sensor/http2"
	"wirecensus/sensor/message"
)

// isHTTP2 is a connection's part while it is read as HTTP/2, or may turn out to be.
type isHTTP2 struct {
	h2 *http2.Conn // set while the mode is asHTTP2
	// asked is the exchange that was answered with 101 to Upgrade: h2c: its response comes on stream 1.
	asked  *exchange.Exchange
	follow *[2]http2.Follower // set while the mode is searching
}

// startHTTP2 reads the connection as HTTP/2 from the next event on.
func (c *conn) startHTTP2(s *shard) {
	c.h2, c.pair = s.parsers2.Conn(), s.pairs.Streams(c.tcp)
	c.base = c.next
	if c.asked != nil {
		c.h2.Upgraded(c.asked.Dir())
		c.asked.Index = (c.asked.Index - c.base) % exchange.OrphanIndex // emit adds it again
		c.pair.Adopt(c.asked, 1)
		c.asked = nil
	}
}

// stopHTTP2 hands out what is unfinished and gives the parser back.
func (c *conn) stopHTTP2(s *shard) {
	if c.h2 != nil {
		s.exs = c.pair.Close(s.exs[:0])
		s.emit(c)
		c.h2.Release()
		c.h2, c.pair = nil, nil
	}
	if ex := c.asked; ex != nil {
		c.asked = nil
		ex.Index = (ex.Index - c.base) % exchange.OrphanIndex
		s.exs = append(s.exs[:0], ex)
		s.emit(c)
	}
}

// http2 runs ev through the parser and the pairer.
func (c *conn) http2(s *shard, ev *reassembly.Event) {
	s.msgs = c.h2.Append(s.msgs[:0], *ev)
	if c.learns = c.learns || reflects(s.msgs); c.learns {
		c.learn(s)
	} else {
		s.exs = c.pair.Append(s.exs[:0], s.msgs)
		s.emit(c)
	}
	for i := range s.msgs {
		switch m := &s.msgs[i]; m.Kind {
		case message.Skipped:
			s.books.skipped += m.Len
		case message.Oddity:
			s.books.odd(m.Anomalies)
		}
	}
}

// frames reports whether what is held of a connection joined in the middle is
// HTTP/2: three consistent frame headers in a row, or as many in both directions together
// when they fill all that is held.
func (st *start) frames() bool {
	total, exact := 0, true
	for _, head := range st.head {
		n, all := http2.Chain(head)
		if n >= 3 {
			return true
		}
		total += n
		exact = exact && all
	}
	return total >= 3 && exact
}

// searchHTTP2 looks for frames in a connection joined in the middle.
func (c *conn) searchHTTP2(s *shard, ev *reassembly.Event) {
	if c.follow == nil {
		c.follow = new([2]http2.Follower)
	}
	if c.follow[ev.Dir].Next(ev.Offset, ev.Data) {
		c.follow, c.mode = nil, asHTTP2
		c.startHTTP2(s)
		c.http2(s, ev)
	}
}

// odd books anomalies that belong to no call.
func (b *books) odd(set message.Anomalies) {
	for _, id := range set.Append(nil) {
		b.anomalies[id]++
	}
}
