package http1

import "wirecensus/sensor/message"

// kind is what must be known of a request's method to frame its response.
type kind uint8

const (
	anyRequest kind = iota // also: the request is not known
	headRequest
	connectRequest
)

// kindOf returns the kind of a method. Methods are case-sensitive.
func kindOf(method []byte) kind {
	switch string(method) {
	case "HEAD":
		return headRequest
	case "CONNECT":
		return connectRequest
	}
	return anyRequest
}

// request is a request whose final response has not begun.
type request struct {
	stream    uint64 // ordinal on the connection, 1 first
	start     uint64 // offset of the first byte
	headEnd   uint64 // offset after the head
	end       uint64 // offset after the content, valid iff ended
	ack       uint64 // offset of the server's bytes that the client had when it sent the first byte, valid iff ackOK
	ackOK     bool
	ended     bool
	open      bool // ended, but end is only where its content could no longer be followed
	kind      kind
	simple    bool // HTTP/0.9
	expect    bool // awaits 100 (Continue)
	afterLoss bool // bytes before it were lost, perhaps with requests in them
}

// span is the range [lo, hi) of server offsets.
type span struct{ lo, hi uint64 }

// maxHoles bounds the spans kept; beyond it the oldest goes, which only makes
// fewer responses pair.
const maxHoles = 32

// matcher finds the request that a response answers.
//
// Two facts hold whatever client and server do: a response begins after its
// request's head has arrived (its ack lies beyond the request's start), and
// responses come in the order of requests. While nothing was lost these
// suffice. After a loss the first request in order need not be the one that is
// answered, so more is asked for: the response must acknowledge exactly that
// request's end, begin no earlier than what the client had received when it
// sent the request, and every request passed over must have lost its response
// in a hole between it and the next request. A client that pipelines breaks
// the last condition, and then nothing is paired except as oneLost says: a
// missing status is loss, a wrong one is a lie.
type matcher struct {
	pending   []request
	holes     []span // server bytes that may have held final responses, since the pairing was last certain
	clean     bool   // the latest hole began where a response had ended
	pipelined bool   // a request was sent before the response to the previous one
	blind     bool   // the limit of pending requests was exceeded
}

// add queues q.
func (m *matcher) add(q request) {
	if n := len(m.pending); n > 0 {
		if last := &m.pending[n-1]; q.ackOK && last.ackOK && q.ack <= last.ack {
			m.pipelined = true
		}
	}
	m.pending = append(m.pending, q)
}

// hole records that server bytes [lo, hi) may have held responses.
func (m *matcher) hole(lo, hi uint64) {
	if n := len(m.holes); n > 0 && m.holes[n-1].hi >= lo {
		m.holes[n-1].hi = max(m.holes[n-1].hi, hi)
		return
	}
	if len(m.holes) == maxHoles {
		m.holes = append(m.holes[:0], m.holes[1:]...)
	}
	m.holes = append(m.holes, span{lo, hi})
}

// find returns the index in pending of the request that a response answers
// whose first byte has server offset at and acknowledges ack, or -1.
func (m *matcher) find(at, ack uint64, ackOK bool) int {
	if len(m.pending) == 0 || m.blind {
		return -1
	}
	first := &m.pending[0]
	if len(m.holes) == 0 && !first.afterLoss {
		if ackOK && ack <= first.start {
			return -1 // sent before the request arrived: unsolicited, such as 408
		}
		return 0
	}
	if !ackOK {
		return -1
	}
	i := -1
	for i+1 < len(m.pending) && m.pending[i+1].start < ack {
		i++
	}
	if i < 0 || !m.certain(i, at, ack) {
		return -1
	}
	return i
}

// certain reports whether the response at, ack must answer pending[i] although
// bytes were lost.
func (m *matcher) certain(i int, at, ack uint64) bool {
	q := &m.pending[i]
	if !q.ackOK || at < q.ack || ack < q.headEnd || q.ended && ack > q.end {
		return false
	}
	if q.afterLoss && m.pipelined || i > 0 && m.pipelined && !(i == 1 && m.oneLost(at)) {
		return false // too many ways to tell the story
	}
	for j := range m.pending[:i] {
		if !m.explained(&m.pending[j], &m.pending[j+1]) {
			return false
		}
	}
	return true
}

// oneLost reports whether the only hole held the response to pending[0] and
// nothing else, though the client pipelines: the hole begins where a response had
// ended, and the client had received all of it when it sent pending[1], before
// which no other request was open. That it held interim responses only is out of
// the question without Expect.
func (m *matcher) oneLost(at uint64) bool {
	const smallest = 16 // bytes of a response
	if first := &m.pending[0]; len(m.holes) != 1 || !m.clean || first.expect || first.afterLoss {
		return false
	}
	h := m.holes[0]
	return h.hi == at && m.pending[1].ack == at && h.hi-h.lo >= smallest
}

// explained reports whether q's response can lie in a hole that the client had
// received before it sent next.
func (m *matcher) explained(q, next *request) bool {
	if !q.ackOK || !next.ackOK {
		return false
	}
	for _, h := range m.holes {
		if h.lo < next.ack && h.hi > q.ack {
			return true
		}
	}
	return false
}

// take removes pending[:i+1]; the pairing is certain again.
func (m *matcher) take(i int) {
	m.pending = append(m.pending[:0], m.pending[i+1:]...)
	m.holes = m.holes[:0]
}

// lastBefore returns the last request whose response may begin before the
// server offset off, nil when there is none.
func (m *matcher) lastBefore(off uint64) *request {
	for i := len(m.pending) - 1; i >= 0; i-- {
		if q := &m.pending[i]; !q.ackOK || q.ack < off {
			return q
		}
	}
	return nil
}

// reset forgets everything but keeps small buffers.
func (m *matcher) reset() {
	p, h := m.pending[:0], m.holes[:0]
	if cap(p) > 16 {
		p = nil
	}
	*m = matcher{pending: p, holes: h}
}

// matchResponse finds the request that the response h of stream s answers,
// gives up the ones passed over, and returns the request's kind and ordinal, 0
// when it is not known. Interim responses leave the request pending.
func (c *Conn) matchResponse(dst []message.Event, s *stream, h *message.Header, odd *message.Anomalies) ([]message.Event, request) {
	interim := isInterim(h.Status)
	i := c.match.find(s.head.off, s.head.ack, s.head.ackOK)
	if i < 0 {
		if !interim {
			c.pool.stats.Orphans++
			*odd = odd.With(message.OrphanResponse)
			if len(c.match.pending) > 0 && (len(c.match.holes) > 0 || c.match.pending[0].afterLoss) {
				c.match.clean = false
				c.match.hole(s.head.off, s.head.off+1) // it may have been the answer to any of them
			}
		}
		return dst, request{}
	}
	q := c.match.pending[i]
	if early := s.head.ackOK && q.ended && s.head.ack < q.end || !q.ended; early && !interim {
		*odd = odd.With(message.EarlyResponse)
	}
	if interim {
		return dst, q
	}
	if s.head.ackOK && q.ended && !q.open && s.head.ack > q.end {
		c.match.pipelined = true // the client sent more before it had its response
	}
	for j := range c.match.pending[:i] {
		dst = c.abandon(dst, &c.match.pending[j])
	}
	c.match.take(i)
	return dst, q
}

// abandon reports that q will have no response.
func (c *Conn) abandon(dst []message.Event, q *request) []message.Event {
	c.pool.stats.Abandoned++
	return append(dst, message.Event{Kind: message.Abandon, Dir: c.client, Time: c.now, Stream: q.stream, Offset: q.start, EndOffset: q.start})
}
