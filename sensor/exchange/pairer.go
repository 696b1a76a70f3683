package exchange

import (
	"wirecensus/reassembly"
	"wirecensus/sensor/message"
)

// maxInterim is the number of interim statuses kept of an exchange.
const maxInterim = 16

// Pairer builds the exchanges of one connection.
type Pairer struct {
	pool    *Pool
	conn    *reassembly.Conn // may be nil: then addresses and flags stay zero
	pending []*Exchange      // in order of their first message
	next    uint32           // Index of the next request
	orphans uint32           // responses without a request so far
}

// Append takes the events of one step of the connection and appends the
// exchanges that they finish.
func (p *Pairer) Append(dst []*Exchange, events []message.Event) []*Exchange {
	for i := range events {
		ev := &events[i]
		switch ev.Kind {
		case message.Head:
			dst = p.head(dst, ev)
		case message.Content, message.Gap, message.Trailer:
			p.content(ev)
		case message.End:
			dst = p.end(dst, ev)
		case message.Abandon:
			if ex := p.find(ev.Stream); ex != nil && ex.Response == nil {
				ex.abandoned = true
				dst = p.emitDone(dst, ex)
			}
		}
	}
	return dst
}

// Close appends what is unfinished, in the order of Index, and makes p useless: it returns to its Pool.
func (p *Pairer) Close(dst []*Exchange) []*Exchange {
	for _, ex := range p.pending {
		if ex.Request != nil {
			dst = p.emit(dst, ex)
		}
	}
	for _, ex := range p.pending {
		if ex.Request == nil {
			dst = p.emit(dst, ex)
		}
	}
	clear(p.pending)
	pending := p.pending[:0]
	if cap(pending) > 16 {
		pending = nil
	}
	*p = Pairer{pool: p.pool, pending: pending}
	if len(p.pool.pairs) < keepMsgs {
		p.pool.pairs = append(p.pool.pairs, p)
	}
	return dst
}

// find returns the pending exchange of stream, nil when there is none.
func (p *Pairer) find(stream uint64) *Exchange {
	for _, ex := range p.pending {
		if ex.stream == stream {
			return ex
		}
	}
	return nil
}

// head begins a message.
func (p *Pairer) head(dst []*Exchange, ev *message.Event) []*Exchange {
	if ev.Head.Request {
		var ex *Exchange
		dst, ex = p.begin(dst, ev, ev.Dir)
		ex.Index = p.next
		p.next++
		ex.Request = p.message(ev)
		return dst
	}
	ex := p.find(ev.Stream)
	if s := ev.Head.Status; 100 <= s && s < 200 && s != 101 {
		if ex != nil {
			ex.interim = true
			if len(ex.Interim) < maxInterim {
				ex.Interim = append(ex.Interim, s)
			}
		}
		return dst
	}
	if ex == nil || ex.Response != nil {
		dst, ex = p.begin(dst, ev, ev.Dir.Other())
		ex.Index = OrphanIndex + p.orphans
		p.orphans++
	}
	ex.interim = false
	ex.Response = p.message(ev)
	ex.Early = ev.Anomalies.Has(message.EarlyResponse)
	ex.Upgrade = ev.Head.Status == 101 || ex.Request != nil && string(ex.Request.Method) == "CONNECT" && ev.Head.Status < 300
	return dst
}

// begin queues an exchange whose client sends in direction client.
func (p *Pairer) begin(dst []*Exchange, ev *message.Event, client reassembly.Dir) ([]*Exchange, *Exchange) {
	if len(p.pending) >= p.pool.limits.Pending {
		p.pool.stats.Evicted++
		old := p.pending[0]
		p.drop(old)
		dst = p.emit(dst, old)
	}
	ex := p.pool.exchange()
	ex.stream, ex.client = ev.Stream, client
	if c := p.conn; c != nil {
		ex.Client, ex.Server = c.Flow.Src, c.Flow.Dst
		if client == reassembly.Resp {
			ex.Client, ex.Server = ex.Server, ex.Client
		}
		ex.Net, ex.ConnStart, ex.Midstream = c.Flow.Net, c.Start, c.Midstream
	}
	p.pending = append(p.pending, ex)
	return dst, ex
}

// message returns a message that begins with ev.
func (p *Pairer) message(ev *message.Event) *Message {
	m := p.pool.message()
	m.setHead(ev.Head)
	m.BodyLen = ev.BodyLen
	m.Start, m.End = ev.Time, ev.Time
	m.Offset, m.EndOffset = ev.Offset, ev.EndOffset
	m.Ack, m.AckOK = ev.Ack, ev.AckOK
	m.Anomalies = ev.Anomalies
	m.limit = p.pool.limits.captureLimit(m)
	return m
}

// current returns the exchange and message that ev continues. The message is
// nil for one that is not kept: an interim response, or one of an evicted exchange.
func (p *Pairer) current(ev *message.Event) (*Exchange, *Message) {
	ex := p.find(ev.Stream)
	switch {
	case ex == nil:
		return nil, nil
	case ev.Dir == ex.client:
		return ex, ex.Request
	case ex.interim:
		return ex, nil
	}
	return ex, ex.Response
}

// content takes content, a gap in it, or a trailer.
func (p *Pairer) content(ev *message.Event) {
	_, m := p.current(ev)
	if m == nil || m.done {
		return
	}
	m.Anomalies |= ev.Anomalies
	switch ev.Kind {
	case message.Content:
		m.addContent(p.pool, ev.Data)
	case message.Gap:
		m.addGap(ev.Len)
	case message.Trailer:
		m.setTrailer(ev.Head.Fields)
	}
	m.End, m.EndOffset = ev.Time, ev.EndOffset
}

// end ends a message.
func (p *Pairer) end(dst []*Exchange, ev *message.Event) []*Exchange {
	ex, m := p.current(ev)
	if ex == nil {
		return dst
	}
	if m == nil {
		ex.interim = false
		return dst
	}
	m.Anomalies |= ev.Anomalies
	m.Incomplete = ev.Incomplete
	m.End, m.EndOffset = ev.Time, ev.EndOffset
	m.done = true
	return p.emitDone(dst, ex)
}

// emitDone hands ex out if nothing more will come for it.
func (p *Pairer) emitDone(dst []*Exchange, ex *Exchange) []*Exchange {
	request := ex.Request == nil || ex.Request.done
	response := ex.Response != nil && ex.Response.done || ex.Response == nil && ex.abandoned
	if !request || !response {
		return dst
	}
	p.drop(ex)
	return p.emit(dst, ex)
}

// drop removes ex from pending.
func (p *Pairer) drop(ex *Exchange) {
	for i := range p.pending {
		if p.pending[i] == ex {
			p.pending = append(p.pending[:i], p.pending[i+1:]...)
			return
		}
	}
}

// emit hands ex out and counts it. Messages that have not ended are incomplete.
func (p *Pairer) emit(dst []*Exchange, ex *Exchange) []*Exchange {
	st := &p.pool.stats
	st.Exchanges++
	whole := true
	for _, m := range [2]*Message{ex.Request, ex.Response} {
		if m == nil {
			continue
		}
		m.Incomplete = m.Incomplete || !m.done
		whole = whole && !m.Incomplete && !m.Gap
	}
	switch {
	case ex.Request == nil:
		st.Orphans++
	case ex.Response == nil:
		st.Half++
	case whole:
		st.Complete++
	}
	if !whole {
		st.Incomplete++
	}
	if p.conn != nil {
		ex.OneSided, ex.Conflict = p.conn.OneSided, p.conn.Conflicts > 0
	}
	return append(dst, ex)
}
