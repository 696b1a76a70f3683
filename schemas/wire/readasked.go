package wire

import (
	"wirecensus/schemas"
	"wirecensus/schemas/shape"
)

// asked is an operation of a structure and what a call's numbers are read into.
type asked struct {
	op     *schemas.Operation
	args   []argument
	result share
}

// argument is an argument and its shape.
type argument struct {
	param
	share
}

// share is a shape of an operation: of its own, or the one of a property of a content.
type share struct {
	own  bool
	same place
	at   *position // valid iff own
}

// operations reads a field of the operations' structure.
func (p *parser) operations(m *message) {
	switch m.number {
	case 1:
		p.node(m)
	case 2:
		p.s.call.Protocol = m.string()
	case 3:
		p.operation(m)
	}
}

func (p *parser) operation(m *message) {
	p.more(m)
	var o schemas.Operation
	a := asked{}
	names := 0
	ok := read(m.bytes(), func(m *message) {
		switch m.number {
		case 1:
			o.Kind = m.string()
		case 2:
			o.Name = m.string()
		case 3:
			o.Document = m.string()
		case 4:
			o.Persisted = m.bool()
		case 5:
			p.argument(m, &o, &a)
		case 6:
			a.result.own = m.bool()
		case 7:
			a.result.same.name(m, &names)
		case 8:
			o.Status = m.string()
		}
	})
	p.s.call.Operations, p.s.asked = append(p.s.call.Operations, o), append(p.s.asked, a)
	m.bad = m.bad || !ok || a.result.own && names > 0
}

func (p *parser) argument(m *message, o *schemas.Operation, a *asked) {
	p.more(m)
	var v schemas.Param
	var s share
	names := 0
	ok := read(m.bytes(), func(m *message) {
		switch m.number {
		case 1:
			v.Name = m.string()
		case 2:
			v.Style = m.string()
		case 3:
			v.Class = m.string()
		case 4:
			s.own = m.bool()
		case 5:
			s.same.name(m, &names)
		}
	})
	o.Args, a.args = append(o.Args, v), append(a.args, argument{share: s})
	m.bad = m.bad || !ok || s.own && names > 0
}

// name reads the next name of a place.
func (at *place) name(m *message, names *int) {
	if *names == len(at) || len(m.bytes()) == 0 {
		m.bad = true
		return
	}
	at[*names] = m.string()
	*names++
}

// linkAsked makes the shapes of operations of the nodes, and reports whether there were enough.
func (p *parser) linkAsked() bool {
	for i := range p.s.asked {
		a := &p.s.asked[i]
		a.op = &p.s.call.Operations[i]
		for k := range a.args {
			v := &a.args[k]
			v.Param = &a.op.Args[k]
			if !p.linkShare(&v.share, &v.Shape) {
				return false
			}
		}
		if !p.linkShare(&a.result, &a.op.Result) {
			return false
		}
	}
	return true
}

func (p *parser) linkShare(s *share, n **shape.Node) bool {
	if !s.own {
		return true
	}
	if s.at = p.take(new(position), 0); s.at == nil {
		return false
	}
	*n = s.at.node
	return true
}

// fill reads the numbers of an operation of one call.
func (a *asked) fill(t *tallies) {
	a.op.Count = int(t.odd(0))
	for i := range a.args {
		v := &a.args[i]
		v.Count = int(t.odd(0))
		if v.own {
			v.share.at.fill(t, 1)
		}
	}
	if a.result.own {
		a.result.at.fill(t, 1)
	}
}

// shared returns the n-th digest of those that the rest of the record has.
func (t *tallies) shared(n uint64) uint64 {
	if n > uint64(len(t.main.table)) {
		t.bad = true
		return 0
	}
	return t.main.table[n-1]
}

// readMore reads the fields of a call that are about operations, and the rare ones.
func (r *raw) readMore(m *message) {
	switch m.number {
	case 18:
		r.asked = m.u32()
	case 19:
		r.askedTally = m.once(r.askedTally)
	case 20:
		r.askedOdds = m.once(r.askedOdds)
	case 21:
		r.askedFresh = m.once(r.askedFresh)
	case 22:
		r.requestMessages = m.int()
	case 23:
		r.responseMessages = m.int()
	case 24:
		r.oneOf = m.u32()
	case 25:
		r.trace = m.fixed32()
	}
}

// operate fills the operations of a call whose contents have the shapes q and s, and
// reports whether all was as it should be.
func (d *Decoder) operate(o *structure, r *raw, q, s *structure) bool {
	t := &d.asked
	t.begin(r.askedTally, r.askedOdds, r.askedFresh)
	o.fill(t)
	if r.asked != 0 && o == d.none || !t.done() {
		return false
	}
	for i := range o.asked {
		a := &o.asked[i]
		for k := range a.args {
			v := &a.args[k]
			if !v.own && !d.lend(v.same, q, &v.Shape) {
				return false
			}
		}
		if !a.result.own && !d.lend(a.result.same, s, &a.op.Result) {
			return false
		}
	}
	return true
}

// lend sets n to the shape of a property of a content, nil for no place. It counts the
// shape's nodes, of which a caller gets a copy.
func (d *Decoder) lend(at place, content *structure, n **shape.Node) bool {
	if *n = nil; at == (place{}) {
		return true
	}
	if content.positions == nil {
		return false
	}
	*n = below(content.positions.node, at[0])
	if at[1] != "" {
		*n = below(*n, at[1])
	}
	if *n == nil {
		return false
	}
	d.nodes += (*n).Nodes()
	return d.nodes <= maxNodes
}
