package sensor

import (
	"slices"

	"wirecensus/reassembly"
	"wirecensus/sensor/exchange"
	"wirecensus/sensor/http1"
	"wirecensus/sensor/http2"
	"wirecensus/sensor/message"
	"wirecensus/sensor/shed"
	"wirecensus/sensor/tls"
)

// mode says how a connection's bytes are read.
type mode uint8

const (
	undecided mode = iota // too little seen
	searching             // joined in the middle: every segment's start is looked at
	asHTTP1
	asHTTP2
	asTLS // reading the handshake
	asWebSocket
	opaque // counted only
	asShed // left out, until it asks for something new
)

// maxHeld bounds the bytes that an undecided connection keeps.
const maxHeld = 4 << 10

// conn is what a shard knows of one connection above TCP.
type conn struct {
	tcp  *reassembly.Conn
	h1   *http1.Conn      // set while the mode is asHTTP1
	pair *exchange.Pairer // likewise, and while it is asHTTP2
	isHTTP2
	start      *start // set while there is something to decide
	bytes      uint64
	last       int64
	base, next uint32 // Index of the current pairer's first exchange, and after its last
	mode       mode
	records    uint8 // segments that began like TLS records while searching
	server     uint8 // 1 + the direction of the TLS server, 0 where nothing told
	learns     bool  // a request asked for the server's descriptors
	gone       bool  // the connection is over, but secrets for it may still come
	// name of the protocol once it is opaque: tls, ssh, websocket, unknown, …
	name     string
	upgraded string   // what a 101 announced
	watch    *watched // set while the mode is asTLS
	said     *tls.Handshake
	loss     lossSoFar
	left     bool    // it was left out, in part or whole, because the sensor could not keep up
	socket   *socket // set from the upgrade to WebSocket on
	secure           // what belongs to a connection that is being decrypted
}

// start is what is kept of a connection whose protocol is not known yet.
type start struct {
	// held are the events with bytes of their own; head the first contiguous
	// bytes of each direction.
	held      []reassembly.Event
	heldBytes int
	head      [2][]byte
	broken    [2]bool // a gap came before the head was decided
	cut       [2]bool // a gap came behind the head: it does not grow any more
}

// maxStarts is the number of spare starts kept.
const maxStarts = 256

// freshConns is the number of connections allocated together.
const freshConns = 32

func (s *shard) newConn(tcp *reassembly.Conn) *conn {
	var c *conn
	if n := len(s.free); n > 0 {
		c, s.free = s.free[n-1], s.free[:n-1]
	} else {
		if len(s.fresh) == 0 {
			s.fresh = make([]conn, freshConns)
		}
		c, s.fresh = &s.fresh[0], s.fresh[1:]
	}
	*c = conn{tcp: tcp}
	return c
}

// append takes one Data, Gap or End event.
func (c *conn) append(s *shard, ev *reassembly.Event) {
	switch ev.Kind {
	case reassembly.Data:
		c.bytes += uint64(len(ev.Data))
	case reassembly.Gap:
		c.lost(s, ev)
	}
	c.last = max(c.last, ev.Time)
	if c.sec != nil {
		c.ciphertext(s, ev)
		return
	}
	c.read(s, ev)
}

// read runs ev through the mode that the connection is in.
func (c *conn) read(s *shard, ev *reassembly.Event) {
	switch c.mode {
	case asHTTP1:
		if s.level >= shed.Connections && c.leave(s, ev) {
			return
		}
		c.http(s, ev)
	case asShed:
		c.takeIn(s, ev)
	case asHTTP2:
		c.http2(s, ev)
	case searching:
		c.search(s, ev)
	case asWebSocket:
		c.webSocket(s, ev)
	case asTLS:
		c.watchTLS(s, ev)
	case undecided:
		if c.start == nil && ev.Kind == reassembly.Data && http1.Probe(ev.Data) == http1.Match {
			if s.level >= shed.Connections && c.leave(s, ev) {
				return
			}
			c.mode = asHTTP1 // mostly the first segment says it
			c.startParser(s)
			c.http(s, ev)
			return
		}
		c.hold(s, ev)
		c.decide(s)
	}
}

// resume switches to m and reads what was held.
func (c *conn) resume(s *shard, m mode) {
	st := c.start
	c.start = nil
	switch c.mode = m; m {
	case asHTTP1:
		c.startParser(s)
	case asHTTP2:
		c.startHTTP2(s)
	}
	c.readAll(s, st.held)
	s.dropStart(st)
}

// readAll reads events of one layer. Where they turn out to be TLS, those that follow are ciphertext.
func (c *conn) readAll(s *shard, events []reassembly.Event) {
	sec := c.sec
	for i := range events {
		if c.sec == sec {
			c.read(s, &events[i])
		} else {
			c.ciphertext(s, &events[i])
		}
	}
}

// hold keeps a copy of ev until the protocol is known.
func (c *conn) hold(s *shard, ev *reassembly.Event) {
	if c.start == nil {
		c.start = s.newStart()
	}
	st := c.start
	e := *ev
	e.Data = slices.Clone(ev.Data)
	st.held = append(st.held, e)
	st.heldBytes += len(e.Data)
	switch {
	case e.Kind == reassembly.Gap:
		st.broken[e.Dir] = st.broken[e.Dir] || len(st.head[e.Dir]) == 0
		st.cut[e.Dir] = len(st.head[e.Dir]) > 0
	case e.Kind == reassembly.Data && !st.cut[e.Dir]:
		st.head[e.Dir] = append(st.head[e.Dir], e.Data...)
	}
}

func (s *shard) newStart() *start {
	if n := len(s.starts); n > 0 {
		st := s.starts[n-1]
		s.starts = s.starts[:n-1]
		return st
	}
	return new(start)
}

// dropStart takes st back.
func (s *shard) dropStart(st *start) {
	if len(s.starts) == maxStarts || st.heldBytes > maxHeld {
		return
	}
	clear(st.held)
	*st = start{held: st.held[:0], head: [2][]byte{st.head[0][:0], st.head[1][:0]}}
	s.starts = append(s.starts, st)
}

// decide looks at the heads of both directions and chooses the mode.
func (c *conn) decide(s *shard) {
	waiting := false
	for _, head := range c.start.head {
		if len(head) == 0 {
			waiting = true
			continue
		}
		switch http1.Probe(head) {
		case http1.Match:
			c.resume(s, asHTTP1)
			return
		case http1.NeedMore:
			waiting = true
		}
		switch http2.Probe(head) {
		case http2.Match:
			c.resume(s, asHTTP2)
			return
		case http2.NeedMore:
			waiting = true
		}
		switch tls.Probe(head) {
		case tls.Match:
			c.openTLS(s)
			return
		case tls.NeedMore:
			waiting = true
		}
	}
	if waiting && c.start.heldBytes < maxHeld && !c.start.ended() {
		return
	}
	c.giveUp(s)
}

// ended reports whether both directions are over.
func (st *start) ended() bool {
	n := 0
	for i := range st.held {
		if st.held[i].Kind == reassembly.End {
			n++
		}
	}
	return n == 2
}

// giveUp settles a connection whose first bytes are neither HTTP nor TLS:
// joined in the middle it may still turn out to be HTTP, otherwise it is opaque.
func (c *conn) giveUp(s *shard) {
	name := protocolName(c.start.head)
	if name == "unknown" && c.upgraded != "" {
		name = c.upgraded
	}
	if c.asked != nil {
		c.resume(s, asHTTP2) // after 101 there is nothing else to expect
		return
	}
	midstream := c.tcp.Midstream || c.start.broken[0] || c.start.broken[1]
	if midstream && c.start.frames() {
		c.resume(s, asHTTP2)
		return
	}
	if name == "socks" || name == "unknown" && midstream && c.upgraded == "" {
		c.resume(s, searching)
		return
	}
	c.close(s, name)
}

func (c *conn) close(s *shard, name string) {
	c.mode, c.name = opaque, name
	c.forget(s)
}

// forget drops what an undecided connection holds.
func (c *conn) forget(s *shard) {
	if c.start != nil {
		s.dropStart(c.start)
		c.start = nil
	}
}

// search waits for a segment that begins like an HTTP message.
func (c *conn) search(s *shard, ev *reassembly.Event) {
	if ev.Kind != reassembly.Data {
		return
	}
	if http1.Probe(ev.Data) != http1.Match {
		if c.searchHTTP2(s, ev); c.mode == searching {
			c.searchTLS(s, ev)
		}
		return
	}
	c.follow, c.mode = nil, asHTTP1
	c.startParser(s)
	c.http(s, ev)
}

func (c *conn) startParser(s *shard) {
	c.h1, c.pair = s.parsers.Conn(), s.pairs.Pairer(c.tcp)
	c.base = c.next
}

// stopParser hands out what is unfinished and gives the parser back.
func (c *conn) stopParser(s *shard) {
	c.stopHTTP2(s)
	if c.h1 == nil {
		return
	}
	s.exs = c.pair.Close(s.exs[:0])
	s.emit(c)
	c.h1.Release()
	c.h1, c.pair = nil, nil
}

// http runs ev through the parsers and the pairer.
func (c *conn) http(s *shard, ev *reassembly.Event) {
	s.msgs = c.h1.Append(s.msgs[:0], *ev)
	s.exs = c.pair.Append(s.exs[:0], s.msgs)
	s.emit(c)
	for i := range s.msgs {
		switch m := &s.msgs[i]; m.Kind {
		case message.Skipped:
			s.books.skipped += m.Len
		case message.Switch:
			c.tunnel(s, ev, s.msgs[i:])
			return
		}
	}
}

// tunnel handles the end of HTTP/1 on a connection: what follows an upgrade to
// WebSocket are frames; after CONNECT the tunnel's own bytes decide anew what they are,
// after an upgrade to another protocol they are counted under its name.
func (c *conn) tunnel(s *shard, ev *reassembly.Event, msgs []message.Event) {
	after := foreign(ev, msgs)
	asked := c.asked
	c.asked = nil
	c.stopParser(s)
	if c.asked == nil {
		c.asked = asked
	}
	c.forget(s)
	if c.mode = asWebSocket; c.socket == nil {
		c.mode, c.start = undecided, s.newStart()
	}
	c.readAll(s, after)
}

// foreign returns what msgs say that followed the end of HTTP/1, with bytes of its own.
func foreign(ev *reassembly.Event, msgs []message.Event) (out []reassembly.Event) {
	for i := range msgs {
		m := &msgs[i]
		e := reassembly.Event{Kind: reassembly.Data, Dir: m.Dir, Conn: ev.Conn, Time: m.Time, Offset: m.Offset, Ack: m.Ack, AckOK: m.AckOK}
		switch {
		case m.Kind == message.Switch && len(m.Data) > 0:
			e.Data = slices.Clone(m.Data)
		case m.Kind == message.Gap && m.Stream == 0:
			e.Kind, e.Len = reassembly.Gap, m.Len
		default:
			continue
		}
		out = append(out, e)
	}
	return out
}

// finish books the connection when it is over.
func (s *shard) finish(c *conn) {
	c.endSecure(s)
	if c.watch != nil {
		c.stopWatch(s)
	}
	if c.mode == undecided && c.bytes > 0 {
		c.giveUp(s)
	}
	c.stopParser(s)
	c.closeSocket(s)
	s.norm.Forget(c.tcp.Flow.Src, c.tcp.Flow.Dst, c.tcp.Flow.Net, c.tcp.Start)
	switch {
	case c.mode == opaque && c.name == "tls":
		s.tls(c)
	case c.mode == opaque:
		s.books.opaque[c.name]++
	case c.mode == searching && c.bytes > 0:
		s.books.opaque["unknown"]++
	}
	c.bookHost(s)
	c.forget(s)
	c.dropSecure(s)
}
