package synth

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// Protos returns the message types of the company's gRPC service by file name.
func Protos() map[string][]byte {
	out := map[string][]byte{}
	files, _ := protoFiles.ReadDir("protos") // embedded: always there
	for _, f := range files {
		out[f.Name()], _ = protoFiles.ReadFile("protos/" + f.Name())
	}
	return out
}

// beyondSites are the sites that readers of HTTP/1 in clear know nothing of.
func beyondSites() []*site {
	return []*site{
		{host: "depot.internal:50051", addr: ap("10.20.0.61:50051"), verdict: "undocumented", rows: []row{
			{op: "POST /depot.v1.Parcels/Get", note: "gRPC"}, {op: "POST /depot.v1.Parcels/Track", note: "gRPC, a stream of answers"},
			{op: "POST /depot.v1.Parcels/Reserve", note: "gRPC"}}},
		{host: "ledger.brisa.example", addr: ap("10.20.0.62:443"), verdict: "undocumented", rows: []row{
			{op: "GET /entries/{entryId}", note: "in TLS, with secrets"}, {op: "POST /entries", note: "in TLS, with secrets"}, {op: "GET /balance", note: "in TLS, with secrets"}}},
	}
}

// beyond is a day of those sites. They have dice of their own.
func (co *company) beyond(day int) {
	keep := co.dice
	co.dice = newDice(co.o.Seed, "beyond"+itoa(day))
	defer func() { co.dice = keep }()
	for range co.times(3) {
		co.parcels(co.at(day, hours))
	}
	for range co.times(2) {
		co.ledger(co.at(day, office))
	}
}

// siteOf is the site of that name.
func (co *company) siteOf(host string) *site {
	for _, s := range co.sites {
		if s.host == host {
			return s
		}
	}
	return nil
}

// parcels asks the depot's service for parcels, gRPC over HTTP/2 in clear.
func (co *company) parcels(at int64) {
	d := co.dice
	v := &visitor{addr: netip.AddrFrom4([4]byte{10, 20, 3, byte(1 + d.IntN(6))}), agent: "grpc-go/1.80.0", rtt: time.Millisecond}
	s := co.visit(co.siteOf("depot.internal:50051"), v, at)
	s.think = 300 * time.Millisecond
	g := &rpc{session: s, h2: newH2(), token: "Bearer " + s.plant("jwt", d.jwt("RS256", "https://auth.brisa.example", "depot-"+itoa(d.between(1, 6)), s.now, s.now+int64(time.Hour)))}
	parcel := func() []byte {
		b := text(nil, 1, "BX-"+d.text("0123456789", 8))
		b = number(b, 2, uint64(d.between(120, 21000)))
		b = number(b, 3, uint64(d.between(1, 3)))
		return text(b, 4, text(number(nil, 1, uint64(d.between(1, 4))), 2, pick(d, []string{"Vigo", "Cadiz", "Gijon"})))
	}
	for range d.between(2, 4) {
		g.call("Get", "unary", "0", text(nil, 1, "BX-"+d.text("0123456789", 8)), parcel())
	}
	var seen [][]byte
	for i := range d.between(2, 5) {
		seen = append(seen, number(text(nil, 1, stamp(s.now+int64(i)*int64(time.Minute))), 2, uint64(d.between(1, 3))))
	}
	g.call("Track", "server-stream", "0", text(nil, 1, "BX-"+d.text("0123456789", 8)), seen...)
	ask := number(text(nil, 1, pick(d, co.products).sku), 2, uint64(d.between(1, 9)))
	if d.chance(0.25) {
		g.call("Reserve", "unary", "9", ask) // FAILED_PRECONDITION
		return
	}
	g.call("Reserve", "unary", "0", ask, number(text(nil, 1, d.uuid()), 2, 1))
}

// rpc is a client of the depot on one connection.
type rpc struct {
	*session
	h2    *h2
	id    uint32 // of the last stream
	token string
}

// call plans one call of a method: HEADERS and DATA, and back HEADERS, DATA for
// each message, and the trailers; trailers only where there is no message.
func (g *rpc) call(method, kind, status string, ask []byte, answers ...[]byte) {
	op := "POST /depot.v1.Parcels/" + method
	template := op[len("POST "):]
	pause := time.Duration(min(g.d.logNormal(float64(g.think), 0.8), float64(5*time.Second)))
	g.now += int64(pause)
	t := &Call{Time: time.Unix(0, g.now).UTC(), Client: g.c.Client.String(), Server: g.c.Server.String(), Method: "POST",
		Host: g.host, Path: template, Status: 200, Template: template}
	g.truth.Calls = append(g.truth.Calls, t)
	request, response := Message{Side: Client, After: pause, Call: t}, Message{Side: Server, After: 4 * time.Millisecond, Call: t}
	for i := range g.h2.sides {
		if g.id == 0 && Side(i) == Client {
			g.h2.sides[i].out = []byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
		}
		if g.id == 0 {
			g.h2.sides[i].frame(0, 4, 0, 0) // SETTINGS
		}
	}
	g.id += 1 + g.id%2 // 1, 3, 5, …
	c, s := &g.h2.sides[Client], &g.h2.sides[Server]
	c.headers(g.id, 4, ":method", "POST", ":scheme", "http", ":path", template, ":authority", g.host, "content-type", "application/grpc",
		"user-agent", g.v.agent, "te", "trailers", "grpc-timeout", "2S", "authorization", g.token)
	request.Head = c.take()
	c.data(g.id, 1, ask)
	request.Body = c.take()
	if len(answers) > 0 {
		s.headers(g.id, 4, ":status", "200", "content-type", "application/grpc")
		for _, m := range answers {
			s.data(g.id, 0, m)
		}
		s.headers(g.id, 5, "grpc-status", status)
	} else {
		s.headers(g.id, 5, ":status", "200", "content-type", "application/grpc", "grpc-status", status, "grpc-message", "none left")
	}
	response.Body = s.take()
	g.c.Messages = append(g.c.Messages, request, response)
	g.now += int64(response.After) + 2*int64(g.v.rtt)
	e := g.endpoints[g.host+" "+op]
	e.Calls++
	e.asked("grpc", kind, "depot.v1.Parcels/"+method)
}

// headers appends a HEADERS frame with fields, name and value in turn.
func (s *h2side) headers(id uint32, flags byte, fields ...string) {
	s.block.Reset()
	for i := 0; i < len(fields); i += 2 {
		s.field(fields[i], fields[i+1])
	}
	s.frame(s.block.Len(), 1, flags, id)
	s.out = append(s.out, s.block.Bytes()...)
}

// data appends a DATA frame with one message of gRPC, not compressed.
func (s *h2side) data(id uint32, flags byte, message []byte) {
	s.frame(5+len(message), 0, flags, id)
	s.out = binary.BigEndian.AppendUint32(append(s.out, 0), uint32(len(message)))
	s.out = append(s.out, message...)
}

// take returns what was appended and begins anew.
func (s *h2side) take() []byte {
	b := s.out
	s.out = nil
	return b
}

// number appends a field of protobuf's wire type VARINT.
func number(b []byte, field int, v uint64) []byte {
	return binary.AppendUvarint(append(b, byte(field<<3)), v)
}

// text appends a field of wire type LEN: a string, bytes or a message.
func text[T string | []byte](b []byte, field int, v T) []byte {
	b = binary.AppendUvarint(append(b, byte(field<<3|2)), uint64(len(v)))
	return append(b, v...)
}
