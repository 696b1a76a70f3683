package wire

import (
	"wirecensus/schemas"
	"wirecensus/schemas/shape"
)

// sums are the numbers of one call: what cannot be foretold, what is not as foretold,
// and the digests that the record has not had.
type sums struct {
	tally []byte
	odds  []byte
	usual uint64 // how many were as foretold since the last odd
	fresh []byte // digests
}

func (n *sums) empty() { n.tally, n.odds, n.fresh, n.usual = n.tally[:0], n.odds[:0], n.fresh[:0], 0 }

// operations writes what the call asked for, and returns 1 + the position of its Operations, 0 when there is
// nothing to say. It comes after all else that has numbers.
func (e *Encoder) operations(c *schemas.Call) (at uint32) {
	e.asked.empty()
	if c.Protocol == "" && len(c.Operations) == 0 {
		return 0
	}
	e.sums, e.asked, e.asking = e.asked, e.sums, true
	e.open()
	e.same, e.room = e.same[:0], maxParts
	for i := range c.Operations {
		o := &c.Operations[i]
		e.odd(uint64(o.Count), 0)
		for k := range o.Args {
			a := &o.Args[k]
			e.odd(uint64(a.Count), 0)
			e.part(a.Shape, sameArg(c.Request.Shape, a))
		}
		e.part(o.Result, sameResult(c.Response.Shape, o))
	}
	e.form = appendText(e.form, 2, c.Protocol)
	same := e.same
	for i := range c.Operations {
		same = e.operation(&c.Operations[i], same)
	}
	at = 1 + e.refer(e.define(byte(OperationsKind)), true)
	e.sums, e.asked, e.asking = e.asked, e.sums, false
	return at
}

// maxParts is how many nodes the shapes of a call's operations have. Those
// beyond, in the order of the operations, are left out.
const maxParts = 1 << 13

// part is where the shape of an argument or a result is: written as its own, or in a content.
type part struct {
	own bool
	place
}

// place is the way from the top of a content's shape to one of its properties, one
// or two names long; the zero place is none.
type place [2]string

// part writes a shape of an operation, unless it is that of a property of the content.
func (e *Encoder) part(n *shape.Node, at place) {
	p := part{place: at}
	if k := n.Nodes(); k > e.room {
		p = part{}
	} else if e.room -= k; at != (place{}) {
		e.nodes += k
	} else if n != nil {
		p.own = true
		e.node("", n, 1)
	}
	e.same = append(e.same, p)
}

// operation writes one operation; same says where its shapes and those that follow are.
func (e *Encoder) operation(o *schemas.Operation, same []part) []part {
	e.nodes += 1 + len(o.Args)
	f, at := begin(e.form, 3)
	f = appendText(f, 1, o.Kind)
	f = appendText(f, 2, o.Name)
	f = appendText(f, 3, o.Document)
	f = appendBool(f, 4, o.Persisted)
	for i := range o.Args {
		a := &o.Args[i]
		var arg int
		f, arg = begin(f, 5)
		f = appendText(f, 1, a.Name)
		f = appendText(f, 2, a.Style)
		f = appendText(f, 3, a.Class)
		f = appendBool(f, 4, same[i].own)
		f = appendPlace(f, 5, same[i].place)
		f = end(f, arg)
	}
	same = same[len(o.Args):]
	f = appendBool(f, 6, same[0].own)
	f = appendPlace(f, 7, same[0].place)
	f = appendText(f, 8, o.Status)
	e.form = end(f, at)
	return same[1:]
}

func appendPlace(f []byte, number byte, at place) []byte {
	for _, name := range at {
		f = appendText(f, number, name)
	}
	return f
}

// sameArg finds the property of the request's content whose shape is the argument's: one of
// its name, inside of another (variables of GraphQL, params of JSON-RPC).
func sameArg(content *shape.Node, a *schemas.Param) place {
	if content == nil || a.Shape == nil {
		return place{}
	}
	for i := range content.Props {
		p := &content.Props[i]
		if at := sameAt(p.Node, p.Name, a.Name, a.Shape); at != (place{}) {
			return at
		}
	}
	return place{}
}

// sameResult finds the property of the response's content whose shape is the result's: result
// (JSON-RPC), or one of data (GraphQL), where it may stand under an alias.
func sameResult(content *shape.Node, o *schemas.Operation) place {
	if content == nil || o.Result == nil {
		return place{}
	}
	if below(content, "result").Equal(o.Result) {
		return place{"result"}
	}
	data := below(content, "data")
	if data == nil {
		return place{}
	}
	if at := sameAt(data, "data", o.Name, o.Result); at != (place{}) {
		return at
	}
	for i := range data.Props {
		if at := sameAt(data, "data", data.Props[i].Name, o.Result); at != (place{}) {
			return at
		}
	}
	return place{}
}

func sameAt(n *shape.Node, above, name string, want *shape.Node) place {
	if above == "" || name == "" || mend(above) != above || mend(name) != name || !below(n, name).Equal(want) {
		return place{}
	}
	return place{above, name}
}

// below is the shape of a property, nil when there is none.
func below(n *shape.Node, name string) *shape.Node {
	if p := n.Prop(name); p != nil {
		return p.Node
	}
	return nil
}

// refAsked is ref for a digest of the operations: they share those of the record and have some of their own.
func (e *Encoder) refAsked(d uint64) uint32 {
	if ref := e.batch.digests[d]; ref > 0 {
		return 2*ref - 1
	}
	ref, known := e.batch.others[d]
	if !known {
		e.batch.others[d] = uint32(len(e.batch.others) + 1)
		e.fresh = appendFixed(e.fresh, d)
	}
	return 2 * ref
}
