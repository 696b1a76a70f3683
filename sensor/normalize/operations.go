package normalize

import (
	"bytes"
	"slices"
	"strings"

	"wirecensus/schemas"
	"wirecensus/schemas/shape"
)

// Limits of what is told of the protocols that HTTP carries.
const (
	maxOperations = 64      // of one call; further ones are dropped
	maxArgs       = 64      // of one operation, by name; further ones are dropped
	maxPositional = 16      // of one operation, by position; further ones are dropped
	maxOpName     = 128     // bytes of a name
	maxRescan     = 4 << 20 // bytes of content described a second time, of one operation's own
)

// Protocols, as in schemas.Call.Protocol.
const (
	protocolGraphQL   = "graphql"
	protocolJSONRPC   = "json-rpc"
	protocolSOAP      = "soap"
	protocolWebSocket = "websocket"
	protocolEvents    = "event-stream"
)

// asked is an operation of the call under way with what its answer is found by.
type asked struct {
	op schemas.Operation
	// key is the name in the answer (GraphQL), or the id as written (JSON-RPC); nil none.
	key   []byte
	batch int  // index of the request in a batch, 0 without one
	maybe bool // it is what it looks like only if the answer looks so too
}

// operations is what the call under way asked for.
type operations struct {
	list     []asked
	keys     []byte // holds the keys
	rescan   int    // bytes that may still be described a second time
	protocol string
	doc      document
	text     []byte     // documents and strings, unescaped
	vars     []variable // of the request under way
	// inDefault: the value being described is a default of a variable.
	inDefault bool
	xml       xmlTree
	event     []byte // data of the event under way
	part      []byte // form field that may hold requests; nil none
	props     []shape.Prop
}

func (o *operations) begin() {
	clear(o.list)
	o.list, o.keys, o.rescan, o.protocol, o.part = o.list[:0], o.keys[:0], maxRescan, "", nil
	if cap(o.text) > keepText {
		o.text = nil
	}
	o.text = o.text[:0]
}

// keepText is the number of bytes of a buffer that is kept from call to call.
const keepText = 64 << 10

// add books an operation.
func (o *operations) add(a asked) {
	if len(o.list) == maxOperations {
		return
	}
	if a.key != nil {
		from := len(o.keys)
		o.keys = append(o.keys, a.key...)
		a.key = o.keys[from:len(o.keys):len(o.keys)]
	}
	o.list = append(o.list, a)
}

// full reports whether further operations would be dropped.
func (o *operations) full() bool { return len(o.list) == maxOperations }

// settleOperations moves what was asked for into the call.
func (n *Normalizer) settleOperations(c *schemas.Call) {
	o := &n.asks
	if c.Protocol == "" {
		c.Protocol = o.protocol
	}
	if len(o.list) == 0 {
		return
	}
	o.list = slices.DeleteFunc(o.list, func(a asked) bool { return a.maybe })
	if len(o.list) == 0 {
		if c.Protocol == protocolGraphQL {
			c.Protocol = ""
		}
		return
	}
	for i := range o.list {
		c.Operations = mergeOperation(c.Operations, &o.list[i].op)
	}
}

// mergeOperation adds op to a list that is sorted by kind, name, document, persisted
// and status: equal ones are one with a count and the arguments and results of all.
func mergeOperation(list []schemas.Operation, op *schemas.Operation) []schemas.Operation {
	i, found := slices.BinarySearchFunc(list, op, func(a schemas.Operation, b *schemas.Operation) int { return compareOperation(&a, b) })
	if !found {
		if len(list) >= maxOperations {
			return list
		}
		return slices.Insert(list, i, *op)
	}
	have := &list[i]
	have.Count = max(have.Count, 1) + max(op.Count, 1)
	have.Result = shape.Merge(have.Result, op.Result)
	have.Args = mergeArgs(have.Args, op.Args)
	return list
}

func compareOperation(a, b *schemas.Operation) int {
	for _, c := range [...]int{strings.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name), strings.Compare(a.Document, b.Document)} {
		if c != 0 {
			return c
		}
	}
	if a.Persisted != b.Persisted {
		if b.Persisted {
			return -1
		}
		return 1
	}
	return strings.Compare(a.Status, b.Status)
}

// mergeArgs returns the arguments of both lists by name. Neither is changed.
func mergeArgs(a, b []schemas.Param) []schemas.Param {
	out := slices.Clone(a)
	for _, p := range b {
		i, found := slices.BinarySearchFunc(out, p.Name, func(q schemas.Param, name string) int { return strings.Compare(q.Name, name) })
		switch {
		case found:
			out[i].Shape = shape.Merge(out[i].Shape, p.Shape)
			out[i].Class = max(out[i].Class, p.Class)
		case len(out) < maxArgs:
			out = slices.Insert(out, i, p)
		}
	}
	return out
}

// operationName returns the name of an operation: a placeholder for one of a
// sensitive class, ? for what else is a value or no name.
func (n *Normalizer) operationName(b []byte) string {
	if len(b) > maxOpName {
		return "{long}"
	}
	for _, c := range b {
		if c <= ' ' || c >= 0x7f || c == '"' || c == '<' || c == '>' || c == '\\' || c == '`' || c == '{' || c == '}' {
			return "?"
		}
	}
	d, random := judgeName(b)
	if d.class != "" {
		return placeholderOf(d.class)
	}
	if random {
		return "?"
	}
	switch shape.Classify(b) {
	case shape.UUID, shape.GUID, shape.DateTime, shape.LocalDateTime, shape.Date, shape.Time, shape.Email, shape.URI, shape.IPv4, shape.IPv6, shape.CIDR, shape.MAC, shape.JWT,
		shape.Int, shape.Decimal, shape.Phone, shape.HTTPDate, shape.ULID, shape.ObjectID, shape.Color:
		return "?"
	}
	return n.intern(b)
}

// argsOf returns the properties of the object just described as arguments.
func (n *Normalizer) argsOf() []schemas.Param {
	n.asks.props = n.scanner.AppendProps(n.asks.props[:0])
	return paramsOf(n.asks.props)
}

// paramsOf returns properties as parameters.
func paramsOf(props []shape.Prop) []schemas.Param {
	props = props[:min(len(props), maxArgs)]
	if len(props) == 0 {
		return nil
	}
	out := make([]schemas.Param, 0, len(props))
	for _, p := range props {
		a := schemas.Param{Name: p.Name}
		if p.Node.Total() > 0 {
			a.Shape, a.Class = p.Node, nodeClass(p.Node)
		}
		out = append(out, a)
	}
	return out
}

// nodeClass returns the sensitive class of the values at a node.
func nodeClass(s *shape.Node) string {
	if c := scalarClass(s); c != "" {
		return c
	}
	if s.Num != nil {
		return s.Num.Class
	}
	return ""
}

// again returns the shape of the JSON text raw, a part of content that was described
// already: nothing is found, identified or booked a second time.
func (n *Normalizer) again(raw []byte) *shape.Node {
	if len(raw) > n.asks.rescan {
		return nil
	}
	n.asks.rescan -= len(raw)
	defer n.quietly()()
	n.scanner.Begin()
	if !n.scanner.Add(raw) {
		return nil
	}
	return n.scanner.Node()
}

// quietly makes the visitor book nothing until the function that it returns is called.
func (n *Normalizer) quietly() (done func()) {
	was := n.at.quiet
	n.at.quiet = true
	return func() { n.at.quiet = was }
}

// carried looks for a protocol in the JSON text body, whose shape is s: for what is
// asked in a request, and for what is answered in its response.
func (n *Normalizer) carried(s *shape.Node, body []byte) {
	if n.call == nil || n.at.quiet {
		return
	}
	switch n.at.ids {
	case "request":
		n.askedJSON(s, body)
	case "response":
		switch {
		case len(n.asks.list) == 0:
		case n.asks.protocol == protocolGraphQL:
			n.graphqlAnswers(body)
		case n.asks.protocol == protocolJSONRPC:
			n.rpcAnswers(body)
		}
	}
}

// askedJSON looks for requests in the JSON text body, one or a batch.
func (n *Normalizer) askedJSON(s *shape.Node, body []byte) {
	one := s
	if s.Kinds[shape.Array] > 0 {
		if one = s.Items; one == nil {
			return
		}
	}
	if one.Kinds[shape.Object] == 0 {
		return
	}
	switch {
	case hasString(one, "method"):
		eachRequest(body, func(i int, raw []byte) bool { return n.rpcRequest(i, raw) })
	case hasString(one, "query") || one.Prop("extensions") != nil || one.Prop("documentId") != nil || one.Prop("doc_id") != nil || one.Prop("id") != nil && one.Prop("variables") != nil:
		eachRequest(body, func(i int, raw []byte) bool { return n.graphqlRequest(i, raw) })
	}
}

// hasString reports whether an object has a property called name that is a string.
func hasString(s *shape.Node, name string) bool {
	p := s.Prop(name)
	return p != nil && p.Node.Kinds[shape.String] > 0
}

// eachRequest calls yield with the JSON text body, or with each element of it if it is
// an array, until yield returns false.
func eachRequest(body []byte, yield func(i int, raw []byte) bool) {
	body = bytes.TrimLeft(body, " \t\r\n")
	if len(body) == 0 || body[0] != '[' {
		yield(0, body)
		return
	}
	i := 0
	eachElement(body, func(raw []byte) bool {
		i++
		return yield(i-1, raw)
	})
}

// eachElement calls yield with each element, as written, of the valid JSON array at
// the start of b, until yield returns false.
func eachElement(b []byte, yield func(raw []byte) bool) {
	i := jsonSpace(b, 1)
	for i < len(b) && b[i] != ']' {
		end := jsonEnd(b, i)
		if end <= i || !yield(b[i:end]) {
			return
		}
		if i = jsonSpace(b, end); i >= len(b) || b[i] != ',' {
			return
		}
		i = jsonSpace(b, i+1)
	}
}

func jsonSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r') {
		i++
	}
	return i
}

// jsonEnd returns the end of the valid JSON value that begins at i.
func jsonEnd(b []byte, i int) int {
	depth := 0
	for ; i < len(b); i++ {
		switch b[i] {
		case '"':
			for i++; i < len(b) && b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return min(i+1, len(b))
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
			if depth < 0 {
				return i
			}
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return i
			}
		}
	}
	return i
}

// jsonString returns the text of the JSON string raw, quotes included, nil when it is
// none. What has escapes is written behind dst, which is returned extended.
func jsonString(dst, raw []byte) (text, out []byte) {
	if len(raw) < 2 || raw[0] != '"' {
		return nil, dst
	}
	in := raw[1 : len(raw)-1]
	if bytes.IndexByte(in, '\\') < 0 {
		return in, dst
	}
	from := len(dst)
	dst = appendUnquoted(dst, in)
	return dst[from:len(dst):len(dst)], dst
}
