package sensor

import (
	"wirecensus/reassembly"
	"wirecensus/sensor/exchange"
	"wirecensus/sensor/normalize"
	"wirecensus/sensor/websocket"
)

// Messages of a WebSocket are told of by a call each time one of these is reached, and
// at the connection's end.
const (
	talkMessages = 1024
	talkTime     = 60e9 // ns of packet time since the first message
)

// socket is what is kept of a connection after its upgrade to WebSocket.
type socket struct {
	frames *websocket.Conn
	talk   *normalize.Talk
	client reassembly.Dir
}

// newSocket prepares for the messages that follow ex, if it is an upgrade to WebSocket.
func (c *conn) newSocket(s *shard, ex *exchange.Exchange) {
	if c.upgraded != "websocket" || c.socket != nil {
		return
	}
	client := reassembly.Orig
	if ex.Client != c.tcp.Flow.Src {
		client = reassembly.Resp
	}
	c.socket = &socket{frames: s.sockets.Conn(client, websocket.Negotiated(ex.Response.Fields)), talk: s.norm.NewTalk(ex), client: client}
}

// webSocket reads one event after the upgrade.
func (c *conn) webSocket(s *shard, ev *reassembly.Event) {
	k := c.socket
	s.frames = k.frames.Append(s.frames[:0], ev)
	for i := range s.frames {
		m := &s.frames[i]
		if heard, since := k.talk.Heard(); heard > 0 && m.Time-since >= talkTime {
			c.say(s)
		}
		s.norm.Hear(k.talk, m.Dir == k.client, m.Data, m.Size, unread[m.Loss], m.Time)
		if heard, _ := k.talk.Heard(); heard >= talkMessages {
			c.say(s)
		}
	}
}

// unread are the losses in the words of schemas.Content.Unread.
var unread = [...]string{websocket.Whole: "", websocket.Truncated: "truncated", websocket.Gap: "gap", websocket.Coding: "coding"}

// say emits the call that stands for the messages heard since the last one.
func (c *conn) say(s *shard) {
	odd := c.socket.frames.Odd()
	c.socket.talk.Mark(c.tcp.OneSided, c.tcp.Conflicts > 0)
	call := s.norm.Say(c.socket.talk, c.next, odd)
	if call == nil {
		for _, a := range odd.Append(nil) {
			s.books.anomalies[a]++
		}
		return
	}
	c.next++
	for _, a := range call.Anomalies {
		s.books.anomalies[a]++
	}
	if call.RequestSeen {
		s.sink.Send(call)
	}
}

// closeSocket tells of the last messages. A connection that could not be read to
// its end counts as opaque.
func (c *conn) closeSocket(s *shard) {
	k := c.socket
	if k == nil {
		return
	}
	if c.socket = nil; c.mode == asWebSocket {
		c.socket = k
		c.say(s)
		c.socket = nil
		if k.frames.Broken() {
			s.books.opaque["websocket"]++
		}
	}
	k.frames.Release()
}
