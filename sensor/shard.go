package sensor

import (
	"wirecensus/reassembly"
	"wirecensus/schemas"
	"wirecensus/sensor/exchange"
	"wirecensus/sensor/message"
	"wirecensus/sensor/normalize"
	"wirecensus/sensor/publish"
)

// shard owns a part of the connections, from segments to calls.
type shard struct {
	asm      *reassembly.Assembler
	norm     *normalize.Normalizer
	sink     publish.Sink
	progress *Progress
	cov      *schemas.Coverage

	// Scratch, valid during one call of segment, mark or close.
	events []reassembly.Event
	msgs   []message.Event
	exs    []*exchange.Exchange
	free   []*conn
}

func newShard(cfg Config, key []byte, shards int, sink publish.Sink) *shard {
	return &shard{
		asm:      reassembly.New(reassembly.Config{Seed: cfg.Seed}.Share(shards)),
		norm:     normalize.New(normalize.Config{Key: key}),
		sink:     sink,
		progress: cfg.Progress,
		cov:      newCoverage(),
	}
}

func (s *shard) segment(seg *reassembly.Segment) {
	s.events = s.asm.Append(s.events[:0], seg)
	s.handle()
}

func (s *shard) mark(now int64) {
	s.events = s.asm.Expire(s.events[:0], now)
	s.handle()
}

func (s *shard) close() {
	s.events = s.asm.Close(s.events[:0])
	s.handle()
}

// handle runs the events at hand through their connections.
func (s *shard) handle() {
	for i := range s.events {
		ev := &s.events[i]
		if ev.Kind == reassembly.Open {
			ev.Conn.User = s.newConn(ev.Conn)
			continue
		}
		c := ev.Conn.User.(*conn)
		if ev.Kind == reassembly.Close {
			s.finish(c)
			ev.Conn.User = nil
			s.free = append(s.free, c)
			continue
		}
		c.append(s, ev)
	}
}

// emit turns finished exchanges into calls.
func (s *shard) emit(c *conn) {
	for _, ex := range s.exs {
		call := s.norm.Call(ex)
		s.count(call)
		if call.RequestSeen {
			s.progress.Calls.Add(1)
			s.sink.Send(call)
		}
		c.pair.Release(ex)
	}
}
