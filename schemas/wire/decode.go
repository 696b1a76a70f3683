package wire

import (
	"encoding/hex"
	"net/netip"

	"wirecensus/schemas"
)

// Limits of a Decoder's memory.
const (
	// maxKnown is the bytes that the structures of definitions take.
	maxKnown = 128 << 20
	// maxAddrs is the number of addresses kept as text.
	maxAddrs = 1 << 14
)

// Decoder reads records.
type Decoder struct {
	// Reuse lets Decode overwrite a visited call with the next one, which costs
	// less. Then a visitor keeps nothing of a call but its strings.
	Reuse bool

	// Of the structures of definitions, those used lately, and before those.
	young, old map[ID]*structure
	known      int // bytes that those of young take
	addrs      map[netip.Addr]string

	// of the record at hand
	header     Header
	time       schemas.Time
	none       *structure // of which there is nothing to read
	structures []*structure
	operations []*structure
	missing    []ID
	inline     int
	texts      []string
	keys       []string
	segments   []uint32 // of each text, the reference to the digest that it had as a segment last
	parts      []uint32 // the texts of a path
	last       schemas.Time
	calls      []raw
	tallies    tallies
	asked      tallies // of operations
	nodes      int
	call       schemas.Call
	text       []byte
}

// NewDecoder returns a decoder that knows no definition.
func NewDecoder() *Decoder {
	return &Decoder{young: map[ID]*structure{}, old: map[ID]*structure{}, addrs: map[netip.Addr]string{}, none: new(structure)}
}

// Define adds a definition; words, and what a newer writer has, are passed over. It fails with ErrCorrupt if the value is none or is not that of the ID.
// The decoder may forget it, at its limit of memory; then Decode says that it is missing.
func (d *Decoder) Define(def Definition) error {
	kind, _, err := ParseDefinition(def.Value)
	if err != nil || idOf(def.Value) != def.ID {
		return ErrCorrupt
	}
	if kind == 0 || kind == WordKind || d.lookup(def.ID) != nil {
		return nil
	}
	s := compile(def.Value)
	if s == nil {
		return ErrCorrupt
	}
	d.keep(def.ID, s)
	return nil
}

func (d *Decoder) keep(id ID, s *structure) {
	if d.known+s.size > maxKnown/2 {
		d.young, d.old, d.known = map[ID]*structure{}, d.young, 0
	}
	d.young[id] = s
	d.known += s.size
}

// lookup returns the structure of a definition, nil when it is not known.
func (d *Decoder) lookup(id ID) *structure {
	if s := d.young[id]; s != nil {
		return s
	}
	s := d.old[id]
	if s != nil {
		delete(d.old, id)
		d.keep(id, s)
	}
	return s
}

// Decode calls visit with each call of the record, in order; visit may keep the call's
// content but not the Call, unless Reuse is set. Without an error visit was called Header.Count times, else never.
// Errors: [*MissingError], which more definitions mend, and [ErrCorrupt], which nothing mends.
func (d *Decoder) Decode(value []byte, visit func(*schemas.Call)) (Header, error) {
	if isJSON(value) {
		return decodeJSON(value, visit)
	}
	if !d.open(value) {
		return Header{}, ErrCorrupt
	}
	if len(d.missing) > 0 {
		return d.header, &MissingError{append([]ID(nil), d.missing...)}
	}
	if !d.run(nil) {
		return Header{}, ErrCorrupt
	}
	d.run(visit)
	return d.header, nil
}

// open reads all of the record but its calls.
func (d *Decoder) open(value []byte) bool {
	d.header, d.time, d.inline = Header{}, 0, 0
	d.operations = d.operations[:0]
	d.structures, d.missing, d.texts, d.calls, d.keys = d.structures[:0], d.missing[:0], d.texts[:0], d.calls[:0], d.keys[:0]
	if len(value) > MaxRecord {
		return false
	}
	ok := read(value, func(m *message) {
		switch m.number {
		case 6:
			d.time = schemas.Time(m.fixed())
		case 7:
			m.bad = !d.reference(&d.structures, m.bytes()) || m.bad
		case 8:
			d.texts = append(d.texts, m.string())
		case 9:
			var r raw
			m.bad = len(d.calls) >= MaxCount || !read(m.bytes(), r.read) || !r.valid() || m.bad
			d.calls = append(d.calls, r)
		case 10:
			d.keys = append(d.keys, m.string())
		case 11:
			m.bad = !d.reference(&d.operations, m.bytes()) || m.bad
		default:
			d.header.read(m)
		}
	})
	return ok && d.header.Count >= 1 && d.header.Count == len(d.calls)
}

// reference takes one of the record's structures into its list.
func (d *Decoder) reference(list *[]*structure, b []byte) bool {
	number, data, ok := only(b)
	if !ok {
		return false
	}
	var s *structure
	switch {
	case number == 1 && len(data) == len(ID{}):
		if s = d.lookup(ID(data)); s == nil {
			d.missing = append(d.missing, ID(data))
		}
	case number == 2:
		s = compile(data)
		if s == nil {
			return false
		}
		if d.inline += s.nodes + structureNodes; d.inline > maxInline {
			return false
		}
	default:
		return false
	}
	*list = append(*list, s)
	return true
}

// run reads the calls, and visits them unless visit is nil.
func (d *Decoder) run(visit func(*schemas.Call)) bool {
	d.tallies.table, d.asked.table, d.asked.main = d.tallies.table[:0], d.asked.table[:0], &d.tallies
	d.nodes, d.last = 0, d.time
	d.segments = append(d.segments[:0], make([]uint32, len(d.texts))...)
	for i := range d.calls {
		if !d.one(&d.calls[i], visit != nil) {
			return false
		}
		if visit == nil {
			continue
		}
		if d.Reuse {
			visit(&d.call)
		} else {
			c := d.call.Clone()
			visit(&c)
		}
	}
	return true
}

// raw is a call as it is written.
type raw struct {
	id, path, client, tally, odds, fresh []byte
	idText, clientText                   []byte
	time, duration                       int64
	oneOf                                uint32
	trace                                uint32
	requestSize, responseSize            int64
	request, response                    uint32
	requestShape, responseShape          uint32
	port                                 uint16

	asked                             uint32
	askedTally, askedOdds, askedFresh []byte
	requestMessages, responseMessages int64
}

func (r *raw) read(m *message) {
	switch m.number {
	case 1:
		r.id = m.bytes()
	case 2:
		v := m.u64()
		r.time = int64(v>>1) ^ -int64(v&1)
	case 3:
		r.duration = m.int()
	case 4:
		r.request = m.u32()
	case 5:
		r.response = m.u32()
	case 6:
		r.path = m.once(r.path)
	case 7:
		r.client = m.bytes()
	case 8:
		r.requestSize = m.int()
	case 9:
		r.responseSize = m.int()
	case 10:
		r.tally = m.once(r.tally)
	case 11:
		r.odds = m.once(r.odds)
	case 12:
		r.fresh = m.once(r.fresh)
	case 13:
		r.requestShape = m.u32()
	case 14:
		r.responseShape = m.u32()
	case 15:
		r.clientText = m.text()
	case 16:
		r.port = m.u16()
	case 17:
		r.idText = m.text()
	default:
		r.readMore(m)
	}
}

// valid reports whether an id, and an address, are there in one form at most.
func (r *raw) valid() bool {
	return (len(r.id) == 0 || len(r.id) == 16 && len(r.idText) == 0) &&
		(len(r.client) == 0 || (len(r.client) == 6 || len(r.client) == 18) && len(r.clientText) == 0 && r.port == 0)
}

// path reads the parts of a path.
func (d *Decoder) path(b []byte) bool {
	d.parts = d.parts[:0]
	for len(b) > 0 {
		at, rest, ok := uvarint(b)
		if !ok || at >= uint64(len(d.texts)) {
			return false
		}
		d.parts, b = append(d.parts, uint32(at)), rest
	}
	return true
}

// structure returns the structure of a list that a call refers to, counted from 1, if it is of the kind, else none.
func (d *Decoder) structure(list []*structure, at uint32, kind Kind) *structure {
	if i := int(at) - 1; i >= 0 && i < len(list) && list[i].kind == kind {
		return list[i]
	}
	return d.none
}

// one reads a call into d.call, without its texts unless texts is set.
func (d *Decoder) one(r *raw, texts bool) bool {
	if !d.path(r.path) {
		return false
	}
	q, a := d.structure(d.structures, r.request+1, RequestKind), d.structure(d.structures, r.response+1, ResponseKind)
	qs, as := d.structure(d.structures, r.requestShape, ShapeKind), d.structure(d.structures, r.responseShape, ShapeKind)
	o := d.structure(d.operations, r.asked, OperationsKind)
	if qs == as && qs != d.none {
		as = qs.second()
	}
	d.nodes += q.nodes + a.nodes + qs.nodes + as.nodes + o.nodes
	if q == d.none || a == d.none || d.nodes > maxNodes {
		return false
	}
	t := &d.tallies
	t.begin(r.tally, r.odds, r.fresh)
	q.fill(t)
	qs.fill(t)
	a.fill(t)
	as.fill(t)
	ids := t.identifiers(d.keys, d.parts, d.segments)
	if !d.operate(o, r, qs, as) || !t.done() || r.requestShape != 0 && qs == d.none || r.responseShape != 0 && as == d.none {
		return false
	}
	if !texts {
		return true
	}
	c := &d.call
	*c = q.call
	c.Status, c.Flags, c.Anomalies, c.ResponseHeaders = a.call.Status, a.call.Flags, a.call.Anomalies, a.call.ResponseHeaders
	c.Response, c.Sensitive, c.Deprecation, c.Sunset = a.call.Response, a.call.Sensitive, a.call.Deprecation, a.call.Sunset
	d.last += schemas.Time(r.time)
	c.Time, c.Duration, c.IDs, c.OneOf, c.Trace = d.last, r.duration, ids, r.oneOf, r.trace
	if qs != d.none {
		c.Request.Shape = qs.positions.node
	}
	if as != d.none {
		c.Response.Shape = as.positions.node
	}
	c.Request.Size, c.Response.Size = r.requestSize, r.responseSize
	c.Request.Messages, c.Response.Messages = int(r.requestMessages), int(r.responseMessages)
	c.Protocol, c.Operations = o.call.Protocol, o.call.Operations
	d.setTexts(c, r)
	return true
}

// setTexts sets what is text of the call alone, in one allocation.
func (d *Decoder) setTexts(c *schemas.Call, r *raw) {
	b := d.text[:0]
	if len(r.id) > 0 {
		b = hex.AppendEncode(b, r.id)
	} else {
		b = append(b, r.idText...)
	}
	n := len(b)
	for i, at := range d.parts {
		if i > 0 {
			b = append(b, '/')
		}
		b = append(b, d.texts[at]...)
	}
	text := string(b)
	c.ID, c.Path, d.text = text[:n], text[n:], b
	if len(r.client) == 0 {
		c.Client, c.ClientPort = string(r.clientText), r.port
		return
	}
	k := len(r.client) - 2
	addr, _ := netip.AddrFromSlice(r.client[:k])
	c.ClientPort = uint16(r.client[k])<<8 | uint16(r.client[k+1])
	s, ok := d.addrs[addr]
	if !ok {
		if s = addr.String(); len(d.addrs) >= maxAddrs {
			clear(d.addrs)
		}
		d.addrs[addr] = s
	}
	c.Client = s
}
