package normalize

import (
	"bytes"
	"strings"

	"wirecensus/schemas"
	"wirecensus/sensor/exchange"
	"wirecensus/sensor/message"
	"wirecensus/sensor/protobuf"
)

// Protocols of calls that carry remote procedure calls, as in schemas.Call.Protocol.
const (
	protocolGRPC    = "grpc"
	protocolWeb     = "grpc-web"
	protocolConnect = "connect"
)

// rpc is what is known of the remote procedure call under way; its zero value is none.
type rpc struct {
	protocol string
	name     []byte // package.Service/Method, nil when the path is none
	names    protobuf.Names
	method   *protobuf.Method // nil unknown
	status   string           // name of google.rpc.Code
	streamed bool             // messages are framed
	text     bool             // gRPC-Web in base64
	sent     [2]sent          // of the request, of the response
}

// sent counts the messages of one direction.
type sent struct {
	begun int  // messages whose length was seen
	whole bool // no further message can have been there
}

// rpcTypes are media types, or beginnings of them, with what they say.
var rpcTypes = [...]struct {
	name     string
	protocol string
	text     bool
}{
	{"application/grpc-web-text", protocolWeb, true}, {"application/grpc-web", protocolWeb, false}, {"application/grpc", protocolGRPC, false},
	{"application/connect+proto", protocolConnect, false}, {"application/connect+json", protocolConnect, false},
}

// beginRPC recognises remote procedure calls by their media types: gRPC over
// HTTP/2, gRPC-Web, and the streams and unary calls of the Connect protocol.
func (n *Normalizer) beginRPC(ex *exchange.Exchange) {
	n.rpc = rpc{}
	if ex.Request == nil {
		return
	}
	typed := false
	for _, m := range [2]*exchange.Message{ex.Request, ex.Response} {
		if m == nil || n.rpc.protocol != "" {
			continue
		}
		v := fieldOf(m.Fields, "content-type")
		typed = typed || m == ex.Request && v != nil
		if len(v) > 12 && v[12]|0x20 != 'j' {
			n.rpcType(v)
		}
	}
	if n.rpc.protocol == "" && (!typed || !n.connectUnary(ex.Request)) {
		return
	}
	_, path, _ := split(ex.Request.Target)
	path, _ = cutByte(path, '?')
	if i := bytes.LastIndexByte(path, '/'); i > 0 {
		// A prefix before the service is a route of a proxy.
		if k := bytes.LastIndexByte(path[:i], '/'); k >= 0 && rpcName(path[k+1:i], path[i+1:]) {
			n.rpc.name = path[k+1:]
		}
	}
	n.rpc.names = protobuf.Names{Given: n.cfg.Schemas, Learnt: n.learnt[connOf(ex)].schemas()}
	n.rpc.method = n.rpc.names.Method(string(n.rpc.name))
	if m := ex.Response; m != nil {
		n.rpc.setStatus(m.Trailer)
		n.rpc.setStatus(m.Fields) // trailers-only
		if n.rpc.protocol == protocolConnect && !n.rpc.streamed {
			n.connectStatus(m)
		}
	}
}

// rpcType sets the protocol that the Content-Type field v names.
func (n *Normalizer) rpcType(v []byte) {
	for i := range rpcTypes {
		t := &rpcTypes[i]
		if len(v) < len(t.name) || !message.EqualFold(v[:len(t.name)], t.name) {
			continue
		}
		if rest := v[len(t.name):]; len(rest) == 0 || rest[0] == '+' || rest[0] == ';' || rest[0] == ' ' {
			n.rpc.protocol, n.rpc.text, n.rpc.streamed = t.protocol, t.text, true
			return
		}
	}
}

// connectUnary recognises a unary call of the Connect protocol, whose content is
// the bare message.
func (n *Normalizer) connectUnary(m *exchange.Message) bool {
	if fieldOf(m.Fields, "connect-protocol-version") == nil {
		return false
	}
	n.rpc.protocol = protocolConnect
	return true
}

// rpcName reports whether the two last segments of a path name a service and a
// method: identifiers joined by points, and an identifier.
func rpcName(service, method []byte) bool {
	for more := true; more; {
		var part []byte
		part, service = cutByte(service, '.')
		more = service != nil
		if !rpcIdentifier(part) {
			return false
		}
	}
	return rpcIdentifier(method)
}

func rpcIdentifier(b []byte) bool {
	if len(b) == 0 || len(b) > 128 || b[0]-'0' < 10 {
		return false
	}
	for _, c := range b {
		if c != '_' && c-'0' > 9 && c|0x20-'a' > 25 {
			return false
		}
	}
	return true
}

// answered reports whether the server knew the method that was asked for.
func (r *rpc) answered() bool { return r.name != nil && r.status != "" && r.status != "UNIMPLEMENTED" }

// codes are the names of google.rpc.Code by number.
var codes = [...]string{
	"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
	"FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
}

// setStatus takes the status from grpc-status among fields. As in gRPC, what is
// no known code is UNKNOWN.
func (r *rpc) setStatus(fields []message.Field) {
	if v := fieldOf(fields, "grpc-status"); v != nil && r.status == "" {
		r.setCode(v)
	}
}

func (r *rpc) setCode(v []byte) {
	r.status = "UNKNOWN"
	if digitsOnly(v) && len(v) < 3 && int(num(v)) < len(codes) {
		r.status = codes[num(v)]
	}
}

// connectStatus takes the status of a unary Connect call: HTTP's 200 is OK, other
// answers hold an error in JSON.
func (n *Normalizer) connectStatus(m *exchange.Message) {
	if m.Status == 200 {
		n.rpc.status = codes[0]
		return
	}
	n.connectError(m.Body)
}

// connectError takes the status from the JSON object of an error.
func (n *Normalizer) connectError(body []byte) {
	n.scanner.Members(body, func(name, value []byte) bool {
		if string(name) != "code" {
			return true
		}
		n.rpc.status = "UNKNOWN"
		for _, code := range codes {
			if strings.EqualFold(string(bytes.Trim(value, `"`)), code) || code == "CANCELLED" && string(value) == `"canceled"` {
				n.rpc.status = code
			}
		}
		return false
	})
}

// endRPC adds the operation to the call.
func (n *Normalizer) endRPC(c *schemas.Call) {
	if n.rpc.protocol == "" {
		return
	}
	c.Protocol = n.rpc.protocol
	if n.rpc.name == nil {
		return
	}
	c.Operations = []schemas.Operation{{Kind: n.rpc.kind(), Name: n.rpcName(), Status: n.rpc.status}}
}

// rpcName returns the name of the operation. What stands in a path is the
// client's choice: as long as the server has not shown that it knows the method, a
// name that looks like a token is one.
func (n *Normalizer) rpcName() string {
	if n.rpc.method != nil {
		return n.intern(n.rpc.name)
	}
	service, method := cutByte(n.rpc.name, '/')
	hidden := false
	mask := func(part []byte) []byte {
		switch d, random := judgeName(part); {
		case d.class != "":
			hidden = true
			return []byte(placeholderOf(d.class))
		case random && !n.rpc.answered():
			hidden = true
			return []byte("?")
		}
		return part
	}
	service, method = mask(service), mask(method)
	if !hidden {
		return n.intern(n.rpc.name)
	}
	return string(service) + "/" + string(method)
}

// Kinds of gRPC operations, as in schemas.Operation.Kind: those of the client first.
var rpcKinds = [2][2]string{{"unary", "server-stream"}, {"client-stream", "bidi-stream"}}

// kind returns which sides stream, from the descriptor or else as far as the
// messages tell: a side that does not stream sends exactly one message, and none only with an error.
func (r *rpc) kind() string {
	var streams [2]bool
	for i := range streams {
		s := &r.sent[i]
		streams[i] = s.begun > 1 || s.whole && s.begun == 0 && r.status == codes[0] && r.streamed
	}
	if r.method != nil {
		streams = [2]bool{r.method.ClientStreams, r.method.ServerStreams}
	}
	at := func(b bool) int {
		if b {
			return 1
		}
		return 0
	}
	return rpcKinds[at(streams[0])][at(streams[1])]
}
