package normalize

import (
	"bytes"

	"wirecensus/schemas"
	"wirecensus/schemas/shape"
	"wirecensus/sensor/message"
)

// soap books what an envelope asks for or answers. The action is called by the local name of the
// first element of its Body (what the message is), or, where that cannot be read, by the last segment
// of the action that the request's fields name.
func (n *Normalizer) soap(c *schemas.Content, t *xmlTree) {
	if n.call == nil || n.ex == nil || n.at.quiet {
		return
	}
	root := t.child(0, "")
	if root == 0 || string(localName(t.nodes[root].name)) != "Envelope" {
		return
	}
	element := int32(0)
	body := t.child(root, "Body")
	if body > 0 {
		element = t.child(body, "")
	}
	switch n.at.ids {
	case "request":
		action, named := soapAction(n.ex.Request.Fields)
		if !named && !envelope(t, root) || !n.asks.free() {
			return
		}
		op := schemas.Operation{Kind: "action"}
		if element > 0 && string(localName(t.nodes[element].name)) != "EncryptedData" {
			op.Name = n.operationName(localName(t.nodes[element].name))
			op.Args = bodyArgs(c.Shape, op.Name)
		} else {
			op.Name = n.operationName(lastSegment(action))
		}
		n.asks.protocol = protocolSOAP
		n.asks.add(asked{op: op})
	case "response":
		if n.asks.protocol != protocolSOAP || body == 0 {
			return
		}
		op := &n.asks.list[0].op
		op.Status = "ok"
		if element > 0 && string(localName(t.nodes[element].name)) == "Fault" {
			op.Status = "fault"
		}
	}
}

// free reports whether nothing was asked for yet.
func (o *operations) free() bool { return len(o.list) == 0 }

// envelope reports whether an element declares a namespace of SOAP 1.1 or 1.2.
func envelope(t *xmlTree, e int32) bool {
	for _, a := range t.attrs[t.nodes[e].attrs[0]:t.nodes[e].attrs[1]] {
		if declares(a.name) && (bytes.HasPrefix(a.value, []byte("http://schemas.xmlsoap.org/soap/envelope")) || bytes.HasPrefix(a.value, []byte("http://www.w3.org/2003/05/soap-envelope"))) {
			return true
		}
	}
	return false
}

// bodyArgs returns what the element called name holds as arguments.
func bodyArgs(s *shape.Node, name string) []schemas.Param {
	for _, step := range [...]string{"Envelope", "Body", name} {
		if s == nil {
			return nil
		}
		p := s.Prop(step)
		if p == nil {
			return nil
		}
		s = p.Node
	}
	return paramsOf(s.Props)
}

// soapAction returns the action that a request names: in the field SOAPAction (SOAP 1.1, Section 6.1.1),
// or as a parameter of its type (SOAP 1.2, Part 2, Section 6.5). named says that there is such a field.
func soapAction(fields []message.Field) (action []byte, named bool) {
	if v := fieldOf(fields, "soapaction"); v != nil {
		return bytes.Trim(bytes.TrimSpace(v), `"`), true
	}
	_, params := cutByte(fieldOf(fields, "content-type"), ';')
	if v := headParam(params, "action"); v != nil {
		return v, true
	}
	return nil, false
}

// lastSegment returns what follows the last / # or : of an action.
func lastSegment(action []byte) []byte {
	action = bytes.TrimRight(action, "/#:")
	return action[bytes.LastIndexAny(action, "/#:")+1:]
}
