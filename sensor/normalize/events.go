package normalize

import (
	"bytes"

	"wirecensus/schemas"
)

// events describes an event stream (HTML, Section 9.2.6): the data of its events, where it is JSON, as
// one shape. Only events that an empty line ended count, so a stream that goes on when it is
// no longer seen is nothing unusual; loss matters where it is of another kind.
func (n *Normalizer) events(c *schemas.Content, body []byte, loss string) {
	s := n.scanner
	s.Begin()
	json, other := 0, 0
	data, some := n.asks.event[:0], false
	for rest := body; len(rest) > 0; {
		var line []byte
		var ended bool
		if line, rest, ended = eventLine(rest); !ended {
			break
		}
		if len(line) > 0 {
			name, value := cutByte(line, ':')
			if string(name) == "data" {
				data = append(append(data, bytes.TrimPrefix(value, []byte(" "))...), '\n')
				some = true
			}
			continue
		}
		if !some {
			continue
		}
		text := bytes.TrimSpace(data)
		data, some = data[:0], false
		c.Messages++
		if len(text) > 0 && (text[0] == '{' || text[0] == '[') && s.Valid(text) {
			s.Add(text)
			json++
		} else {
			other++
		}
	}
	if n.asks.event = data[:0]; cap(data) > keepText {
		n.asks.event = nil
	}
	c.Unread = loss
	switch {
	case json > 0:
		c.Shape = s.Node()
	case other > 0 && loss == "":
		c.Unread = unreadType
	}
	if n.at.ids == "response" && n.asks.protocol == "" {
		n.asks.protocol = protocolEvents
	}
}

// eventLine returns the first line of b, ended by CRLF, LF or CR, and what follows it.
func eventLine(b []byte) (line, rest []byte, ended bool) {
	i := bytes.IndexAny(b, "\r\n")
	if i < 0 {
		return b, nil, false
	}
	if b[i] == '\r' && i+1 < len(b) && b[i+1] == '\n' {
		return b[:i], b[i+2:], true
	}
	return b[:i], b[i+1:], true
}
