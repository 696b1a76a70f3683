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

	// Where streams interleave: pending by stream once it is long, and what it holds.
	streams bool
	index   map[uint64]*Exchange
	held    int // bytes
}

// fewPending is how many pending exchanges are looked through rather than looked up.
const fewPending = 16

// Append takes the events of one step of the connection and appends the
// exchanges that they finish.
func (p *Pairer) Append(dst []*Exchange, events []message.Event) []*Exchange {
	for i := range events {
		ev := &events[i]
		switch ev.Kind {
		case message.Head:
			dst = p.head(dst, ev)
		case message.Content, message.Gap, message.Trailer, message.Tunnel:
			dst = p.content(dst, ev)
		case message.End:
			dst = p.end(dst, ev)
		case message.Withdraw:
			if ex := p.find(ev.Stream); ex != nil && ex.Response == nil && ex.before == nil {
				p.drop(ex)
				p.pool.Release(ex)
			}
		case message.Abandon:
			if ex := p.find(ev.Stream); ex != nil && ex.Response == nil {
				ex.abandoned = true
				if ex.promised {
					ex.Request.done = true
				}
				dst = p.emitDone(dst, ex)
			}
		}
	}
	return dst
}

// Close appends what is unfinished, in the order of Index, and makes p useless: it returns to its Pool.
func (p *Pairer) Close(dst []*Exchange) []*Exchange {
	for i, ex := range p.pending {
		if ex.Request != nil {
			dst = p.emit(dst, ex)
			p.pending[i] = nil // perhaps given back
		}
	}
	for _, ex := range p.pending {
		if ex != nil {
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

// Pending returns the exchanges that wait for more, in order of their first
// message, valid until p is called again.
func (p *Pairer) Pending() []*Exchange { return p.pending }

// find returns the pending exchange of stream, nil when there is none.
func (p *Pairer) find(stream uint64) *Exchange {
	if p.index != nil {
		return p.index[stream]
	}
	for _, ex := range p.pending {
		if ex.stream == stream {
			return ex
		}
	}
	return nil
}

// adopt makes ex the exchange of its stream.
func (p *Pairer) adopt(ex *Exchange) {
	p.pending = append(p.pending, ex)
	switch {
	case p.index != nil:
		p.index[ex.stream] = ex
	case p.streams && len(p.pending) > fewPending:
		p.index = make(map[uint64]*Exchange, 2*fewPending)
		for _, x := range p.pending {
			p.index[x.stream] = x
		}
	}
}

// Adopt makes ex, which another Pairer handed out, the exchange of stream: what
// was its response becomes an interim one once the final one has come.
func (p *Pairer) Adopt(ex *Exchange, stream uint64) {
	ex.stream, ex.Upgrade, ex.abandoned = stream, false, false
	ex.before, ex.Response = ex.Response, nil
	p.adopt(ex)
}

// head begins a message.
func (p *Pairer) head(dst []*Exchange, ev *message.Event) []*Exchange {
	if ev.Head.Request {
		return p.request(dst, ev)
	}
	ex := p.find(ev.Stream)
	if ex != nil && ex.Response != nil && ex.Response.Unknown.Has(message.UnknownStatus) && ex.Response.Size == 0 {
		// That was an interim response then.
		p.pool.releaseMessage(ex.Response)
		ex.Response = nil
	}
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
		if ex.Index = OrphanIndex + p.orphans; p.streams {
			ex.Index = OrphanIndex + uint32(ev.Stream)
		}
		p.orphans++
	}
	ex.interim = false
	if ex.before != nil {
		ex.Interim = append(ex.Interim, ex.before.Status)
		p.pool.releaseMessage(ex.before)
		ex.before = nil
	}
	ex.Response = p.message(ev)
	dst = p.hold(dst, ex, ex.Response.held())
	ex.Early = ev.Anomalies.Has(message.EarlyResponse)
	ex.Upgrade = ex.upgrades()
	return dst
}

// request begins a request.
func (p *Pairer) request(dst []*Exchange, ev *message.Event) []*Exchange {
	var ex *Exchange
	if p.streams {
		// The response was delivered before its request, when the stream has one.
		if ex = p.find(ev.Stream); ex != nil && ex.Request != nil {
			p.drop(ex)
			dst, ex = p.emit(dst, ex), nil
		}
	}
	if ex == nil {
		dst, ex = p.begin(dst, ev, ev.Dir)
	}
	if ex.Index = p.next; p.streams {
		ex.Index = uint32(ev.Stream)
	}
	p.next++
	ex.Request, ex.promised = p.message(ev), ev.Promised
	ex.Upgrade = ex.upgrades()
	return p.hold(dst, ex, ex.Request.held())
}

// upgrades reports whether the connection, or the stream, is no HTTP after ex.
func (ex *Exchange) upgrades() bool {
	if ex.Response == nil {
		return false
	}
	status := ex.Response.Status
	return status == 101 || ex.Request != nil && string(ex.Request.Method) == "CONNECT" && status >= 200 && status < 300
}

// overhead is what an exchange takes beside its heads and content, in bytes.
const overhead = 768

// hold counts n bytes that ex holds. Where streams interleave, over the limit the
// oldest others are handed out as they are.
func (p *Pairer) hold(dst []*Exchange, ex *Exchange, n int) []*Exchange {
	if !p.streams {
		return dst
	}
	ex.held += n
	p.held += n
	for p.held > p.pool.limits.Held && len(p.pending) > 1 {
		old := p.pending[0]
		if old == ex {
			old = p.pending[1]
		}
		p.pool.stats.Evicted++
		p.drop(old)
		dst = p.emit(dst, old)
	}
	return dst
}

// Detach makes p independent of its connection, which is gone: conn takes its place.
func (p *Pairer) Detach(conn *reassembly.Conn) { p.conn = conn }

// begin queues an exchange whose client sends in direction client.
func (p *Pairer) begin(dst []*Exchange, ev *message.Event, client reassembly.Dir) ([]*Exchange, *Exchange) {
	limit := p.pool.limits.Pending
	if p.streams {
		limit = p.pool.limits.Streams
	}
	if len(p.pending) >= limit {
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
	p.adopt(ex)
	return p.hold(dst, ex, overhead), ex
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
func (p *Pairer) content(dst []*Exchange, ev *message.Event) []*Exchange {
	ex, m := p.current(ev)
	if m == nil || m.done {
		return dst
	}
	m.Anomalies |= ev.Anomalies
	switch ev.Kind {
	case message.Content:
		before := cap(m.Body)
		m.addContent(p.pool, ev.Data)
		if n := cap(m.Body) - before; n > 0 {
			dst = p.hold(dst, ex, n)
		}
	case message.Tunnel:
		m.Size += int64(len(ev.Data))
	case message.Gap:
		m.addGap(ev.Len)
	case message.Trailer:
		m.setTrailer(ev.Head.Fields)
	}
	m.End, m.EndOffset = ev.Time, ev.EndOffset
	return dst
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
	request := ex.Request == nil && !p.waits() || ex.Request != nil && ex.Request.done
	response := ex.Response != nil && ex.Response.done || ex.Response == nil && ex.abandoned
	if !request || !response {
		return dst
	}
	p.drop(ex)
	return p.emit(dst, ex)
}

// waits reports whether a response without a request waits for it: the two
// directions of streams are read each at its own pace.
func (p *Pairer) waits() bool { return p.streams && (p.conn == nil || !p.conn.OneSided) }

// drop removes ex from pending.
func (p *Pairer) drop(ex *Exchange) {
	p.held -= ex.held
	ex.held = 0
	if p.index[ex.stream] == ex {
		delete(p.index, ex.stream)
	}
	for i := len(p.pending) - 1; i >= 0; i-- {
		if p.pending[i] == ex {
			p.pending = append(p.pending[:i], p.pending[i+1:]...)
			return
		}
	}
}

// emit hands ex out and counts it. Messages that have not ended are incomplete.
func (p *Pairer) emit(dst []*Exchange, ex *Exchange) []*Exchange {
	st := &p.pool.stats
	if ex.promised && ex.Response == nil {
		st.Broken++
		p.pool.Release(ex)
		return dst
	}
	if ex.Response == nil && ex.before != nil {
		ex.Response, ex.before = ex.before, nil
		ex.Upgrade = true
	}
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
