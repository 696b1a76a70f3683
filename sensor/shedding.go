package sensor

import (
	"wirecensus/reassembly"
	"wirecensus/schemas"
	"wirecensus/sensor/exchange"
	"wirecensus/sensor/shed"
)

// flowSalt makes the choice of connections independent of their spread over shards.
const flowSalt = 0x9e3779b97f4a7c15

// keeps reports whether the connection is among those that are read at the level reached.
func (c *conn) keeps(s *shard) bool {
	return s.level.Keeps(c.tcp.Flow.Hash(s.seed^flowSalt) >> 16)
}

// asksKnown reports whether ev begins with a request, and if it does, whether its endpoint is known.
func (c *conn) asksKnown(s *shard, ev *reassembly.Event) (known, ok bool) {
	if ev.Kind != reassembly.Data {
		return false, false
	}
	method, target, ok := shed.RequestLine(ev.Data)
	if !ok {
		return false, false
	}
	server := c.tcp.Flow.Dst
	if ev.Dir == reassembly.Resp {
		server = c.tcp.Flow.Src
	}
	return s.known.Full(shed.Key(server.IP, server.Port, method, target)), true
}

// leave stops reading a connection of HTTP/1 between two exchanges if it is one to leave
// out and asks for what is known, and reports whether it did.
func (c *conn) leave(s *shard, ev *reassembly.Event) bool {
	if c.keeps(s) || c.pair != nil && len(c.pair.Pending()) > 0 {
		return false
	}
	if known, _ := c.asksKnown(s, ev); !known {
		return false
	}
	c.stopParser(s)
	if c.mode = asShed; !c.left {
		c.left = true
		s.books.shed.connections++
	}
	s.books.shed.bytes += uint64(len(ev.Data))
	return true
}

// takeIn reads a connection that was left out again as soon as it asks for what is not
// known, or is not to be left out any more.
func (c *conn) takeIn(s *shard, ev *reassembly.Event) {
	known, ok := c.asksKnown(s, ev)
	if !ok || known && !c.keeps(s) {
		s.books.shed.bytes += uint64(len(ev.Data))
		return
	}
	c.mode = asHTTP1
	c.startParser(s)
	c.http(s, ev)
}

// lighten takes out of an exchange what is to be left out.
func (s *shard) lighten(c *conn, ex *exchange.Exchange) {
	if ex.Request == nil || ex.Upgrade {
		return
	}
	if s.level >= shed.Connections && c.keeps(s) && c.h1 != nil {
		ex.OneOf = s.level.OneOf()
	}
	key := exchangeKey(ex)
	s.known.Seen(key)
	if ex.Response == nil || !s.known.Seen(shed.Answered(key, ex.Response.Status)) {
		return
	}
	s.books.shed.bodies++
	ex.Request.Shed, ex.Response.Shed = exchange.ShedBody, exchange.ShedBody
	if s.level >= shed.Responses {
		s.books.shed.responses++
		ex.Response.Shed = exchange.ShedAll
	}
}

func exchangeKey(ex *exchange.Exchange) uint64 {
	return shed.Key(ex.Server.IP, ex.Server.Port, ex.Request.Method, ex.Request.Target)
}

// remember keeps endpoints whose content says which operation was asked for from becoming known.
func (s *shard) remember(call *schemas.Call, ex *exchange.Exchange) {
	switch call.Protocol {
	case "graphql", "json-rpc", "soap":
		key := exchangeKey(ex)
		s.known.Forget(key)
		s.known.Forget(shed.Answered(key, call.Status))
	}
}

// strained is a live source that says that it will be pressed soon.
type strained interface{ Strained() bool }

// pressure returns how near the sensor is to losing frames, 0 idle to 1 full. Full queues alone keep the level
// where it is: the ring waits with them. From a quarter of the ring on more is left out.
func (f *front) pressure() float64 {
	p := 0.0
	if f.asked != nil {
		p = f.asked()
	}
	if f.live == nil {
		return p
	}
	for _, q := range f.queues {
		p = max(p, shed.Raise*float64(len(q.full))/(queueDepth+1))
	}
	if r, ok := f.live.(strained); ok && r.Strained() {
		p = max(p, shed.Raise)
	}
	if f.live.Pressed() {
		p = 1
	}
	return p
}

// press looks at the pressure and tells the shards when the level changes.
func (f *front) press(out outlet) {
	if f.asked == nil && f.live == nil {
		return
	}
	if f.ladder.Step(f.pressure(), f.last) {
		out.level(f.ladder.Level())
	}
}

func (d direct) level(l shed.Level) { d.setLevel(l) }

// level is that of the batches that begin from here on.
func (f fanout) level(l shed.Level) {
	for _, q := range f.queues {
		q.send()
		q.level = l
	}
}
