package sensor

import (
	"wirecensus/sensor/message"
	"wirecensus/sensor/normalize"
)

// reflects reports whether a request among msgs asks for descriptors.
func reflects(msgs []message.Event) bool {
	for i := range msgs {
		if m := &msgs[i]; m.Kind == message.Head && m.Head.Request && normalize.Reflects(m.Head.Target) {
			return true
		}
	}
	return false
}

// learn pairs the events at hand one by one, so that a call is named by the
// descriptors that came before its end and no others, however the bytes were cut
// into segments. The stream that brings them mostly ends after the calls that they describe.
func (c *conn) learn(s *shard) {
	for i := range s.msgs {
		s.exs = c.pair.Append(s.exs[:0], s.msgs[i:i+1])
		s.emit(c)
		if s.msgs[i].Kind != message.Content {
			continue
		}
		for _, ex := range c.pair.Pending() {
			s.norm.Learn(ex)
		}
	}
}
