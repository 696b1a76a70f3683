package specgen

import (
	"slices"
	"strconv"
	"strings"

	"wirecensus/inventory/catalog"
	"wirecensus/schemas/shape"
)

// apart says whether contents of a media type are written in place: their objects are no
// objects of JSON, and share no schema with those.
func (op *operation) apart(t string) bool {
	return xmlType(t) || grpcType(t) || t == eventStream || op.Op.Protocol() == "websocket"
}

const eventStream = "text/event-stream"

func xmlType(t string) bool { return strings.HasSuffix(t, "/xml") || strings.HasSuffix(t, "+xml") }

func grpcType(t string) bool { return strings.HasPrefix(t, "application/grpc") }

// media writes the content of one media type.
func (g *generator) media(op *operation, t string, b *catalog.Body, noun string) *object {
	known := b.Shape != nil && b.Shape.Total() > 0
	switch {
	case !known || !op.apart(t) || len(b.Parts) > 0:
		return obj("schema", g.bodySchema(t, b, noun))
	case t == eventStream:
		// OpenAPI 3.2 calls it itemSchema; 3.1 has no word for the items of a stream.
		o := obj("schema", obj("type", "string"), "x-wirecensus-item-schema", g.inPlace(t).infer(b.Shape, noun, 0).emit(g.v30))
		messages(o, b)
		return o
	}
	s := g.inPlace(t).infer(b.Shape, noun, 0)
	if grpcType(t) && fieldNumbers(b.Shape) {
		s.note = "Properties are named by the numbers of their fields: no descriptor was given."
	}
	o := obj("schema", s.emit(g.v30))
	messages(o, b)
	return o
}

func messages(o *object, b *catalog.Body) {
	if b.Messages > 0 {
		o.set("x-wirecensus-messages", b.Messages)
	}
}

// inPlace is the schema writer of contents that share no schema with others.
func (g *generator) inPlace(t string) inferrer {
	return inferrer{lexical: xmlType(t), xml: xmlType(t), fields: xmlType(t) || grpcType(t), support: g.comp.habit.support(), lexicon: g.lex}
}

// fieldNumbers: all properties are numbers of fields (Protocol Buffers without a descriptor).
func fieldNumbers(n *shape.Node) bool {
	for i := range n.Props {
		if _, err := strconv.ParseUint(n.Props[i].Name, 10, 29); err != nil {
			return false
		}
	}
	return len(n.Props) > 0
}

// carried writes what a protocol within HTTP says about an operation.
func (g *generator) carried(o *object, op *operation) {
	p := op.Op.Protocol()
	if p == "" {
		return
	}
	o.set("x-wirecensus-protocol", p)
	if len(op.Op.Carried.Shifts) > 0 {
		outcomes := obj()
		for _, code := range sortedCodes(op.Op.Outcomes()) {
			name := strconv.Itoa(code)
			if code == 0 {
				name = "none"
			}
			outcomes.set(name, op.Op.Outcomes()[code])
		}
		o.set("x-wirecensus-outcomes", outcomes)
	}
	if p == "websocket" {
		sent, received := obj(), obj()
		for _, t := range sortedKeys(op.Op.Requests) {
			g.frames(sent, t, op.Op.Requests[t])
		}
		for _, code := range sortedCodes(op.Op.Responses) {
			if types := op.Op.Responses[code].Types; code == 101 {
				for _, t := range sortedKeys(types) {
					g.frames(received, t, types[t])
				}
			}
		}
		o.set("x-wirecensus-messages", obj("sent", sent, "received", received))
	}
	if list := g.asked(op); len(list) > 0 {
		o.set("x-wirecensus-operations", list)
	}
}

// frames writes the messages of one direction of a WebSocket.
func (g *generator) frames(o *object, t string, b *catalog.Body) {
	if b.Messages == 0 && b.Shape == nil {
		return
	}
	name := mediaName(t)
	if t == "" {
		name = "application/octet-stream"
	}
	m := obj("schema", obj())
	if b.Shape != nil && b.Shape.Total() > 0 {
		m.set("schema", g.inPlace(t).infer(b.Shape, "message", 0).emit(g.v30))
	}
	messages(m, b)
	o.set(name, m)
}

func sortedCodes[V any](m map[int]V) []int {
	codes := make([]int, 0, len(m))
	for code := range m {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return codes
}

// asked lists the operations that succeeded, in order of kind and name.
func (g *generator) asked(op *operation) (out []any) {
	for _, k := range op.Op.Carried.Keys() {
		a := op.Op.Carried.Operations[k]
		if a.Success == 0 && a.Calls > 0 || len(k.Name) > maxName || printable(k.Name) == "" {
			continue
		}
		o := obj("kind", printable(k.Kind), "name", printable(k.Name))
		evidence(o, a.Calls, a.First, a.Last)
		if len(a.Statuses) > 0 {
			statuses := obj()
			for _, s := range sortedKeys(a.Statuses) {
				statuses.set(printable(s), a.Statuses[s])
			}
			o.set("x-wirecensus-statuses", statuses)
		}
		if len(a.Documents) > 0 {
			var names []any
			for _, d := range sortedKeys(a.Documents) {
				if len(d) <= maxName {
					names = append(names, printable(d))
				}
			}
			o.set("documents", names)
		}
		if args := g.args(a); args != nil {
			o.set("args", args.emit(g.v30))
		}
		if a.Result != nil && a.Result.Total() > 0 && !g.terse {
			o.set("result", g.inResult().infer(a.Result, k.Name, 0).emit(g.v30))
		}
		out = append(out, o)
	}
	return out
}

// inResult is the schema writer of arguments and results: they are parts of bodies, whose words the
// lexicon has.
func (g *generator) inResult() inferrer { return inferrer{support: g.comp.habit.support()} }

// args is the schema of an operation's arguments, nil when it has none.
func (g *generator) args(a *catalog.Asked) *schema {
	s := &schema{types: []string{"object"}}
	for _, name := range sortedKeys(a.Args) {
		p := a.Args[name]
		if len(name) > maxName || name == "" {
			continue
		}
		s.props = append(s.props, property{name, g.inResult().infer(p.Shape, name, 0)})
		if p.Calls >= a.Success && a.Success >= minRequired {
			s.required = append(s.required, name)
		}
	}
	if len(s.props) == 0 {
		return nil
	}
	return s
}
