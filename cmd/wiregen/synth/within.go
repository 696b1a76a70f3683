package synth

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"net/netip"
	"strings"
	"time"
)

// What the apps of the company use beside REST: GraphQL, JSON-RPC, a WebSocket and a stream of events, each
// behind one path. They have dice of their own.

// apps is a day of the apps.
func (co *company) apps(day int) {
	d := newDice(co.o.Seed, "apps"+itoa(day))
	keep := co.dice
	co.dice = d
	defer func() { co.dice = keep }()
	for range co.times(3) {
		co.graphql(co.at(day, hours))
	}
	for range co.times(2) {
		co.jsonRPC(co.at(day, office))
	}
	co.chat(co.at(day, hours))
	co.events(co.at(day, office))
}

// app opens a connection of somebody's app.
func (co *company) app(at int64, agent string) *session {
	v := &visitor{addr: netip.AddrFrom4([4]byte{100, 66, byte(co.dice.IntN(4)), byte(1 + co.dice.IntN(250))}), agent: agent, rtt: 30 * time.Millisecond, fields: []Field{{"Accept", "*/*"}}}
	return co.visit(co.sites[siteApps], v, at)
}

// asked notes an operation of a protocol within HTTP.
func (e *Endpoint) asked(protocol, kind, name string) {
	e.Protocol = protocol
	for i := range e.Operations {
		if o := &e.Operations[i]; o.Kind == kind && o.Name == name {
			o.Calls++
			return
		}
	}
	e.Operations = append(e.Operations, Operation{Kind: kind, Name: name, Calls: 1})
}

// graphql asks a GraphQL endpoint with documents of its own, one of them with two root fields; prices are for everybody.
func (co *company) graphql(at int64) {
	s := co.app(at, "apollo-ios/1.12.0")
	d := s.d
	query := func(name, text string, variables obj, data obj, fields ...string) {
		e := s.call("POST /graphql", ask{json: obj{{"operationName", name}, {"query", text}, {"variables", variables}}}, reply{json: obj{{"data", data}}})
		for _, f := range fields {
			kind, _, _ := strings.Cut(text, " ")
			e.asked("graphql", kind, f)
		}
	}
	p := pick(d, co.products)
	price := obj{{"sku", p.sku}, {"price", money(p.cents)}, {"currency", "EUR"}}
	query("Prices", "query Prices($skus: [ID!]!) { prices(skus: $skus) { sku price currency } }", obj{{"skus", []string{p.sku}}}, obj{{"prices", arr{price}}}, "prices")
	s.bearer(d.jwt("RS256", "https://auth.brisa.example", d.uuid(), s.now, s.now+int64(time.Hour)))
	for range d.between(1, 3) {
		o := pick(d, co.products)
		query("Product", "query Product($slug: String!) { product(slug: $slug) { id name stock } stores { id city } }", obj{{"slug", o.slug}},
			obj{{"product", obj{{"id", o.sku}, {"name", o.name}, {"stock", o.stock}}}, {"stores", arr{obj{{"id", 1}, {"city", "Cadiz"}}}}}, "product", "stores")
	}
	if d.chance(0.6) {
		query("Hold", "mutation Hold($sku: ID!, $minutes: Int) { hold(sku: $sku, minutes: $minutes) { until } }", obj{{"sku", p.sku}, {"minutes", 15}},
			obj{{"hold", obj{{"until", stamp(s.now + int64(15*time.Minute))}}}}, "hold")
	}
	if d.chance(0.15) {
		e := s.call("POST /graphql", ask{json: obj{{"query", "{ nothing { id } }"}}}, reply{json: obj{{"errors", arr{obj{{"message", "Cannot query field \"nothing\" on type \"Query\"."},
			{"locations", arr{obj{{"line", 1}, {"column", 3}}}}}}}}})
		e.asked("graphql", "query", "nothing")
	}
}

// jsonRPC calls methods one by one and in a batch.
func (co *company) jsonRPC(at int64) {
	s := co.app(at, "depot-terminal/4.1")
	d := s.d
	id := 0
	one := func(method string, params any) obj {
		id++
		return obj{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}
	}
	result := func(v any) obj { return obj{{"jsonrpc", "2.0"}, {"id", id}, {"result", v}} }
	for range d.between(2, 4) {
		q := one("stock.count", obj{{"sku", pick(d, co.products).sku}, {"depot", d.between(1, 4)}})
		s.call("POST /rpc", ask{json: q}, reply{json: result(obj{{"count", d.between(0, 90)}})}).asked("json-rpc", "call", "stock.count")
	}
	a := one("stock.move", obj{{"sku", pick(d, co.products).sku}, {"from", 1}, {"to", 2}, {"count", d.between(1, 9)}})
	ra := result(obj{{"moved", true}})
	b := one("depot.list", arr{})
	rb := result(arr{obj{{"depot", 1}, {"city", "Vigo"}}})
	e := s.call("POST /rpc", ask{json: arr{a, b}}, reply{json: arr{ra, rb}})
	e.asked("json-rpc", "call", "stock.move")
	e.asked("json-rpc", "call", "depot.list")
	if d.chance(0.2) {
		q := one("stock.reset", obj{})
		s.call("POST /rpc", ask{json: q}, reply{json: obj{{"jsonrpc", "2.0"}, {"id", id}, {"error", obj{{"code", -32601}, {"message", "Method not found"}}}}}).asked("json-rpc", "call", "stock.reset")
	}
}

// chat is a WebSocket on which a customer talks to the shop (RFC 6455).
func (co *company) chat(at int64) {
	s := co.app(at, pick(co.dice, mobileAgents))
	d := s.d
	key := base64.StdEncoding.EncodeToString(d.fill(make([]byte, 16)))
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	s.call("GET /live", ask{fields: []Field{{"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Sec-WebSocket-Key", key}, {"Sec-WebSocket-Version", "13"}}},
		reply{status: 101, fields: []Field{{"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Sec-WebSocket-Accept", base64.StdEncoding.EncodeToString(sum[:])}}}).Protocol = "websocket"
	say := func(side Side, v any) {
		var mask []byte
		if side == Client {
			mask = d.fill(make([]byte, 4))
		}
		s.c.Messages = append(s.c.Messages, Message{Side: side, Body: frameText(toJSON(v), mask), After: time.Duration(d.between(200, 4000)) * time.Millisecond})
	}
	for i := range d.between(3, 8) {
		say(Client, obj{{"type", "say"}, {"seq", i}, {"text", pick(d, opinions)}})
		say(Server, obj{{"type", "said"}, {"seq", i}, {"at", stamp(s.now)}, {"by", obj{{"agent", d.between(1, 9)}}}})
	}
}

// frameText is a WebSocket frame with a text message, masked when there is a mask (RFC 6455, Section 5.2).
func frameText(text, mask []byte) []byte {
	b := []byte{0x81}
	bit := byte(0)
	if mask != nil {
		bit = 0x80
	}
	if len(text) < 126 {
		b = append(b, bit|byte(len(text)))
	} else {
		b = binary.BigEndian.AppendUint16(append(b, bit|126), uint16(len(text)))
	}
	b = append(b, mask...)
	at := len(b)
	b = append(b, text...)
	for i := range text {
		if mask != nil {
			b[at+i] ^= mask[i%4]
		}
	}
	return b
}

// events is a stream of server-sent events (WHATWG HTML, Section 9.2).
func (co *company) events(at int64) {
	s := co.app(at, "depot-board/2.0")
	var b strings.Builder
	for i := range s.d.between(4, 12) {
		b.WriteString("id: " + itoa(i) + "\nevent: stock\ndata: ")
		b.Write(toJSON(obj{{"sku", pick(s.d, co.products).sku}, {"count", s.d.between(0, 90)}, {"at", stamp(s.now)}}))
		b.WriteString("\n\n")
	}
	s.call("GET /events", ask{fields: []Field{{"Cache-Control", "no-cache"}}}, reply{body: []byte(b.String()), ctype: "text/event-stream", mode: Chunked}).Protocol = "event-stream"
}
