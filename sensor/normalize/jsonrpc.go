package normalize

import (
	"bytes"
	"strconv"

	"wirecensus/schemas"
	"wirecensus/schemas/shape"
)

// rpcMessage is what is read of one JSON-RPC object. The slices alias the content.
type rpcMessage struct {
	version                           string // "2.0", "1.0" where that is evident, "" not JSON-RPC
	method, params, id, result, error []byte // as written, nil without the member
}

// readRPC reads one object of JSON-RPC 2.0 (Sections 4 and 5), or of 1.0, which names no version:
// a request has exactly method, params (an array) and id, a response result, error and id.
func (n *Normalizer) readRPC(raw []byte) (m rpcMessage) {
	others := 0
	named := false
	n.scanner.Members(raw, func(name, value []byte) bool {
		switch string(name) {
		case "jsonrpc":
			named = string(value) == `"2.0"` || string(value) == `"1.0"` || string(value) == `"1.1"`
		case "method":
			m.method = value
		case "params":
			m.params = value
		case "id":
			m.id = value
		case "result":
			m.result = value
		case "error":
			m.error = value
		default:
			others++
		}
		return true
	})
	switch {
	case named:
		m.version = "2.0"
	case others > 0 || m.id == nil:
	case m.method != nil && m.method[0] == '"' && m.params != nil && m.params[0] == '[' && m.result == nil && m.error == nil,
		m.method == nil && m.params == nil && m.result != nil && m.error != nil:
		m.version = "1.0"
	}
	return m
}

// rpcRequest books the request raw, the i-th of its batch, if it is one, and reports whether
// others may follow.
func (n *Normalizer) rpcRequest(i int, raw []byte) bool {
	m := n.readRPC(raw)
	if m.version == "" || len(m.method) < 2 || m.method[0] != '"' {
		return i > 0
	}
	a := asked{op: schemas.Operation{Kind: "call"}, key: m.id, batch: i}
	if m.id == nil || m.version == "1.0" && string(m.id) == "null" {
		a.op.Kind, a.key = "notification", nil
	}
	name, text := jsonString(n.asks.text, m.method)
	n.asks.text = text
	a.op.Name = n.operationName(name)
	a.op.Args = n.rpcArgs(m.params)
	n.asks.protocol = protocolJSONRPC
	n.asks.add(a)
	return !n.asks.full()
}

// rpcArgs describes parameters by name, or by position: "0" first.
func (n *Normalizer) rpcArgs(params []byte) []schemas.Param {
	if len(params) == 0 || len(params) > n.asks.rescan {
		return nil
	}
	n.asks.rescan -= len(params)
	defer n.quietly()()
	s := n.scanner
	switch params[0] {
	case '{':
		if s.Begin(); s.Add(params) {
			return n.argsOf()
		}
	case '[':
		var out []schemas.Param
		eachElement(params, func(raw []byte) bool {
			p := schemas.Param{Name: strconv.Itoa(len(out))}
			if s.Begin(); s.Add(raw) {
				p.Shape = s.Node()
				p.Class = nodeClass(p.Shape)
			}
			out = append(out, p)
			return len(out) < maxPositional
		})
		if len(out) > 10 { // in order of name
			byName := append([]schemas.Param{}, out[:2]...)
			byName = append(byName, out[10:]...)
			out = append(byName, out[2:10]...)
		}
		return out
	}
	return nil
}

// rpcAnswers gives each call its result or error: by id, as servers answer a batch in any order.
func (n *Normalizer) rpcAnswers(body []byte) {
	left := maxOperations
	eachRequest(body, func(_ int, raw []byte) bool {
		m := n.readRPC(raw)
		if m.version == "" {
			return true
		}
		for i := range n.asks.list {
			a := &n.asks.list[i]
			if a.op.Kind != "call" || a.op.Status != "" || !bytes.Equal(a.key, m.id) {
				continue
			}
			if a.op.Status = rpcStatus(n.scanner, m.error); a.op.Status == "ok" && m.result != nil {
				a.op.Result = n.again(m.result)
			}
			break
		}
		left--
		return left > 0
	})
}

// rpcStatus returns the status that an error member says: ok without one.
func rpcStatus(s *shape.Scanner, e []byte) string {
	if len(e) == 0 || string(e) == "null" {
		return "ok"
	}
	status := "error"
	s.Members(e, func(name, value []byte) bool {
		if string(name) != "code" {
			return true
		}
		if code, err := strconv.Atoi(string(value)); err == nil && code > -1e6 && code < 1e6 {
			status = "error " + strconv.Itoa(code)
		}
		return false
	})
	return status
}
