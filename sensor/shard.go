package sensor

import (
	"net/http"

	"wirecensus/reassembly"
	"wirecensus/sensor/exchange"
	"wirecensus/sensor/http1"
	"wirecensus/sensor/message"
	"wirecensus/sensor/normalize"
	"wirecensus/sensor/publish"
	"wirecensus/sensor/quic"
)

// shard owns a part of the connections, from segments to calls.
type shard struct {
	asm      *reassembly.Assembler
	norm     *normalize.Normalizer
	parsers  *http1.Pool
	pairs    *exchange.Pool
	sink     publish.Sink
	progress *Progress
	books    *books

	handshakes handshakes
	quic       *quic.Table

	// Scratch, valid during one call of segment, mark or close.
	events []reassembly.Event
	hellos []quic.Event
	msgs   []message.Event
	exs    []*exchange.Exchange
	free   []*conn
	fresh  []conn // never used
	starts []*start
}

func newShard(cfg Config, key []byte, shards int, sink publish.Sink) *shard {
	return &shard{
		asm:      reassembly.New(share(cfg.Seed, shards)),
		norm:     normalize.New(normalize.Config{Key: key, Words: cfg.Words != nil}),
		parsers:  http1.NewPool(http1.Limits{}),
		pairs:    exchange.NewPool(exchange.Limits{}),
		sink:     sink,
		progress: cfg.Progress,
		books:    newBooks(),

		handshakes: handshakes{most: maxHandshakes / shards},
		quic:       newQUIC(shards),
	}
}

// Limits of all shards together.
const (
	maxConns  = 1_000_000
	maxQueued = 64 << 20 // bytes
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
	s.hellos = s.quic.Expire(s.hellos[:0], now)
	s.bookQUIC()
}

func (s *shard) close() {
	s.events = s.asm.Close(s.events[:0])
	s.handle()
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
	defer func() {
		if r := recover(); r != nil {
			s.books.panics++
			ev.Conn.User = &conn{tcp: ev.Conn, mode: opaque, name: "panic"}
		}
	}()
	if ev.Kind == reassembly.Open {
		ev.Conn.User = s.newConn(ev.Conn)
		return
	}
	c := ev.Conn.User.(*conn)
	if ev.Kind == reassembly.Close {
		s.finish(c)
		ev.Conn.User = nil
		s.free = append(s.free, c)
		return
	}
	c.append(s, ev)
}

// emit turns the exchanges at hand into calls.
func (s *shard) emit(c *conn) {
	for _, ex := range s.exs {
		if ex.Upgrade && ex.Response != nil {
			c.upgraded = upgradeName(ex.Response)
		}
		if ex.Index < exchange.OrphanIndex {
			ex.Index += c.base
			c.next = max(c.next, ex.Index+1)
		}
		call := s.norm.Call(ex)
		s.books.call(call)
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
