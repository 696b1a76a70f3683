package normalize

import (
	"bytes"

	"wirecensus/schemas"
	"wirecensus/schemas/shape"
	"wirecensus/sensor/exchange"
	"wirecensus/sensor/message"
)

// maxTalkShape is the number of positions kept of the shape of one direction's messages.
const maxTalkShape = 512

// Talk gathers what the messages say that follow an exchange on its connection,
// until Say makes a call of it. What it holds does not grow with the messages: a
// shape of at most 512 positions (shape.Acc) each way, and what a call may carry.
type Talk struct {
	ex   exchange.Exchange // identity; without messages
	head schemas.Call      // of the exchange, without credentials

	sides       [2]talkSide // request, response
	found       []schemas.Sensitive
	ids         []schemas.Ident
	ops         []schemas.Operation
	protocol    string
	heard       int
	first, last int64
}

// talkSide is what is known of the messages in one direction.
type talkSide struct {
	shape    shape.Acc
	json     int
	messages int
	size     int64
	loss     string // why some were not read
}

// NewTalk returns a Talk about what follows ex, of which nothing is retained.
func (n *Normalizer) NewTalk(ex *exchange.Exchange) *Talk {
	t := &Talk{ex: *ex}
	t.ex.Request, t.ex.Response, t.ex.Interim, t.ex.Continued, t.ex.Early = nil, nil, nil, true, false
	if ex.Request != nil {
		target, _ := cutByte(ex.Request.Target, '?')
		head := t.ex
		head.Request = &exchange.Message{Request: true, Method: ex.Request.Method, Target: target, Version: ex.Request.Version}
		for _, f := range ex.Request.Fields {
			if message.EqualFold(f.Name, "host") {
				head.Request.Fields = append(head.Request.Fields, f)
			}
		}
		defer n.wordless()()
		t.head = n.Call(&head).Clone()
		t.head.IDs, t.head.Sensitive, t.head.Flags, t.head.Anomalies = nil, nil, nil, nil
	}
	if ex.Response != nil {
		t.head.Status = ex.Response.Status
	}
	return t
}

// wordless books no call in the vocabulary until the function that it returns is called:
// its calls were, or will be, booked as the exchange that they belong to.
func (n *Normalizer) wordless() (done func()) {
	words := n.vocabulary
	n.vocabulary = nil
	return func() { n.vocabulary = words }
}

// Heard is the number of messages since the last Say, and the packet time of the first of them.
func (t *Talk) Heard() (messages int, since int64) { return t.heard, t.first }

// Mark notes what is known of the connection by now, as in exchange.Exchange.
func (t *Talk) Mark(oneSided, conflict bool) { t.ex.OneSided, t.ex.Conflict = oneSided, conflict }

// Hear takes one message, sent by the client or by the server at the packet time now.
// data is its content, of which nothing is retained; size is its length on the wire. loss is why there is
// no content, as in schemas.Content.Unread, "" when there is.
func (n *Normalizer) Hear(t *Talk, client bool, data []byte, size uint64, loss string, now int64) {
	side := &t.sides[1]
	n.at = place{in: "response.body", ids: "response", body: true, mute: true}
	if client {
		side = &t.sides[0]
		n.at = place{in: "request.body", ids: "request", body: true, mute: true}
	}
	if t.heard++; t.heard == 1 {
		t.first = now
	}
	t.last = max(t.last, now)
	side.messages++
	side.size += int64(size)
	if loss != "" {
		side.loss = loss
		return
	}
	text := messageJSON(data)
	if text == nil {
		return
	}
	n.found, n.ids, t.found, t.ids = t.found, t.ids, n.found, n.ids
	n.asks.begin()
	n.reclaim()
	n.scanner.Begin()
	n.scanner.Expect(uint64(len(t.head.Path)) + 1)
	if n.scanner.Valid(text) && n.scanner.Add(text) {
		s := n.scanner.Node()
		side.shape.AddUpTo(s, maxTalkShape)
		side.json++
		n.spoken(t, s, text)
	}
	n.found, n.ids, t.found, t.ids = t.found, t.ids, n.found, n.ids
}

// messageJSON returns the JSON text that a message may be, nil when it is none. Engine.IO
// and Socket.IO put a few digits before it.
func messageJSON(data []byte) []byte {
	text := bytes.TrimSpace(data)
	for k := 0; k < 4 && len(text) > 0 && text[0]-'0' < 10; k++ {
		text = text[1:]
	}
	if len(text) == 0 || text[0] != '{' && text[0] != '[' {
		return nil
	}
	return text
}

// spoken books the operations that a message asks for: JSON-RPC in both directions, and
// GraphQL in the messages that begin one (graphql-transport-ws, and its predecessor).
func (n *Normalizer) spoken(t *Talk, s *shape.Node, text []byte) {
	one := s
	if s.Kinds[shape.Array] > 0 {
		one = s.Items
	}
	if one == nil || one.Kinds[shape.Object] == 0 {
		return
	}
	switch {
	case hasString(one, "method"):
		eachRequest(text, func(i int, raw []byte) bool { return n.rpcRequest(i, raw) })
	case n.at.ids == "request" && s == one && hasString(one, "type") && one.Prop("payload") != nil:
		n.scanner.Members(text, func(name, value []byte) bool {
			if string(name) == "payload" {
				n.graphqlRequest(0, value)
			}
			return true
		})
	}
	for i := range n.asks.list {
		if a := &n.asks.list[i]; !a.maybe {
			t.protocol = n.asks.protocol
			op := a.op
			if n.cfg.Lend {
				op = op.Clone()
			}
			t.ops = mergeOperation(t.ops, &op)
		}
	}
}

// Say returns the call that stands for the messages since the last one, and forgets them; nil
// when there were none. index is its place on the connection, odd are the anomalies met.
func (n *Normalizer) Say(t *Talk, index uint32, odd message.Anomalies) *schemas.Call {
	if t.heard == 0 {
		return nil
	}
	n.reclaim()
	c := &n.rooms.calls.take(1, callRoom)[0]
	*c = t.head
	ex := t.ex
	ex.Index = index
	id := callID(&ex)
	c.ID = string(id[:])
	c.Time, c.Duration = schemas.Time(t.first), max(0, t.last-t.first)
	c.Protocol, c.Operations = protocolWebSocket, t.ops
	if t.protocol != "" {
		c.Protocol = t.protocol
	}
	var marks [2]exchange.Message
	for i, content := range [2]*schemas.Content{&c.Request, &c.Response} {
		t.sides[i].describe(content)
		marks[i].Gap, marks[i].Truncated = t.sides[i].loss == unreadGap, t.sides[i].loss == unreadTruncated
	}
	marks[0].Anomalies = odd
	ex.Request, ex.Response, ex.Upgrade = &marks[0], &marks[1], false
	n.begin(c, &ex)
	n.found, n.ids = append(n.found, t.found...), append(n.ids, t.ids...)
	defer n.wordless()()
	n.finish(c, &ex)
	*t = Talk{ex: t.ex, head: t.head, found: t.found[:0], ids: t.ids[:0]}
	return c
}

// describe sets what is known of the messages in one direction.
func (s *talkSide) describe(c *schemas.Content) {
	c.Messages, c.Size, c.Unread = s.messages, s.size, s.loss
	if s.json > 0 {
		c.Shape = s.shape.Node()
		c.MediaType, c.Sniffed = "application/json", true
	} else if s.messages > 0 && s.loss == "" {
		c.Unread = unreadType
	}
}

// isWebSocket reports whether ex switched to WebSocket (RFC 6455, Section 4.1).
func isWebSocket(ex *exchange.Exchange) bool {
	return ex.Response != nil && ex.Response.Status == 101 && message.EqualFold(bytes.TrimSpace(fieldOf(ex.Response.Fields, "upgrade")), "websocket")
}
