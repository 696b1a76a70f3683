package sensor

import (
	"net/http"

	"wirecensus/reassembly"
	"wirecensus/sensor/exchange"
	"wirecensus/sensor/http1"
	"wirecensus/sensor/http2"
	"wirecensus/sensor/message"
	"wirecensus/sensor/normalize"
	"wirecensus/sensor/publish"
	"wirecensus/sensor/quic"
	"wirecensus/sensor/shed"
	"wirecensus/sensor/tls"
	"wirecensus/sensor/websocket"
)

// shard owns a part of the connections, from segments to calls.
type shard struct {
	asm      *reassembly.Assembler
	norm     *normalize.Normalizer
	parsers  *http1.Pool
	parsers2 *http2.Pool
	pairs    *exchange.Pool
	sockets  *websocket.Pool
	sink     publish.Sink
	progress *Progress
	books    *books
	secrets  *tls.Pool // nil: nothing is decrypted

	level shed.Level // how much is left out
	known shed.Known
	seed  uint64

	handshakes handshakes
	quic       *quic.Table

	// Scratch, valid during one call of segment, mark or close.
	events []reassembly.Event
	hellos []quic.Event
	msgs   []message.Event
	exs    []*exchange.Exchange
	frames []websocket.Message
	free   []*conn
	fresh  []conn // never used
	starts []*start
	plain  []reassembly.Event

	waiting []*conn // for secrets; nil where one is gone
}

func newShard(cfg Config, key []byte, shards int, sink publish.Sink) *shard {
	s := &shard{
		asm:      reassembly.New(share(cfg.Seed, shards)),
		norm:     normalize.New(normalize.Config{Key: key, Words: cfg.Words != nil, Lend: cfg.Lend, Schemas: cfg.Schemas}),
		parsers:  http1.NewPool(http1.Limits{}),
		parsers2: http2.NewPool(http2.Limits{}),
		pairs:    exchange.NewPool(exchange.Limits{}),
		sockets:  websocket.NewPool(websocket.Limits{}),
		sink:     sink,
		progress: cfg.Progress,
		books:    newBooks(),
		seed:     cfg.Seed,

		handshakes: handshakes{most: maxHandshakes / shards},
		quic:       newQUIC(shards),
	}
	if cfg.Keys != nil {
		s.secrets = tls.NewPool(cfg.Keys, tls.Limits{Buffered: maxUndecrypted / shards})
	}
	return s
}

// Limits of all shards together.
const (
	maxConns  = 1_000_000
	maxQueued = 64 << 20 // bytes

	maxUndecrypted = 64 << 20 // bytes
)

// share returns the limits of one of n shards.
func share(seed uint64, n int) reassembly.Config {
	return reassembly.Config{Seed: seed, MaxConns: maxConns / n, MaxQueued: maxQueued / n}
}

func (s *shard) segment(seg *reassembly.Segment) {
	s.events = s.asm.Append(s.events[:0], seg)
	s.handle()
}

func (s *shard) mark(now int64) {
	s.events = s.asm.Expire(s.events[:0], now)
	s.handle()
	if len(s.waiting) > 0 {
		s.tick(now)
	}
	s.hellos = s.quic.Expire(s.hellos[:0], now)
	s.bookQUIC()
	s.bookInterval(now)
}

func (s *shard) close() {
	s.events = s.asm.Close(s.events[:0])
	s.handle()
	s.buryAll()
	s.hellos = s.quic.Close(s.hellos[:0])
	s.bookQUIC()
}

// handle runs the events at hand through their connections.
func (s *shard) handle() {
	for i := range s.events {
		s.event(&s.events[i])
	}
}

// event runs one event through its connection. A panic of a parser ends the
// reading of that connection and nothing else: it is counted in Evicted["panic"].
func (s *shard) event(ev *reassembly.Event) {
	defer s.survive(ev.Conn)
	if ev.Kind == reassembly.Open {
		ev.Conn.User = s.newConn(ev.Conn)
		return
	}
	c := ev.Conn.User.(*conn)
	if ev.Kind == reassembly.Close && s.lingers(c) {
		ev.Conn.User = nil
		return
	}
	if ev.Kind == reassembly.Close {
		s.finish(c)
		ev.Conn.User = nil
		s.free = append(s.free, c)
		return
	}
	c.append(s, ev)
}

// survive, deferred, ends the reading of the connection that panicked: nothing of the shard
// refers to it any more. Its parsers do not go back to their pools, who knows what state they are in.
func (s *shard) survive(tcp *reassembly.Conn) {
	if recover() == nil {
		return
	}
	s.books.panics++
	if c, ok := tcp.User.(*conn); ok {
		if c.watch != nil {
			s.handshakes.remove(c.watch)
			c.watch = nil
		}
		c.dropSecure(s)
	}
	tcp.User = &conn{tcp: tcp, mode: opaque, name: "panic"}
}

// emit turns the exchanges at hand into calls.
func (s *shard) emit(c *conn) {
	for _, ex := range s.exs {
		ex.TLS = c.sec != nil
		if ex.Upgrade && ex.Response != nil {
			c.upgraded = upgradeName(ex.Response)
			c.newSocket(s, ex)
		}
		if ex.Index < exchange.OrphanIndex {
			ex.Index = (ex.Index + c.base) % exchange.OrphanIndex
			c.next = max(c.next, ex.Index+1)
		}
		if ex.Upgrade && c.upgraded == "h2c" && c.h1 != nil && c.asked == nil {
			c.asked = ex // answered on stream 1 of what follows
			continue
		}
		if s.level > shed.None {
			s.lighten(c, ex)
		}
		call := s.norm.Call(ex)
		c.bookCall(s, s.books.call(call))
		if s.level > shed.None {
			s.remember(call, ex)
		}
		if call.RequestSeen {
			s.progress.Calls.Add(1)
			s.sink.Send(call)
		}
		s.pairs.Release(ex)
	}
}

// upgradeName names the protocol that a 101 response switched to.
func upgradeName(m *exchange.Message) string {
	if m.Status != http.StatusSwitchingProtocols {
		return "tunnel"
	}
	for _, f := range m.Fields {
		if !message.EqualFold(f.Name, "upgrade") {
			continue
		}
		for _, name := range []string{"websocket", "h2c"} {
			if message.EqualFold(f.Value, name) {
				return name
			}
		}
	}
	return "upgrade"
}
