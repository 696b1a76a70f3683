package schemas

import "strings"

// Succeeded says whether the answer was a success: Outcome is 2xx, 3xx, or 101,
// the answer that changes the protocol (RFC 9110, Section 15.2.2).
func (c *Call) Succeeded() bool {
	o := c.Outcome()
	return o == 101 || o >= 200 && o < 400
}

// Outcome returns the answer as a status of HTTP: Status, or where the protocol that HTTP
// carries says otherwise on an answer of 2xx, what its own outcome amounts to. 0 means
// that no outcome was seen. Several operations that ended
// differently are an answer of the best of them.
//
//   - gRPC: the codes of google.rpc.Code (google/rpc/code.proto) have an HTTP status each. UNIMPLEMENTED is 404 here, not
//     501: it says that there is no such method. Where the status was not seen, an answer with a message counts as
//     Status, one without any as not seen.
//   - JSON-RPC 2.0, Section 5.1: -32601 (method not found) is 404.
func (c *Call) Outcome() int {
	if c.Status < 200 || c.Status > 299 || len(c.Operations) == 0 {
		return c.Status
	}
	best := 0
	for i := range c.Operations {
		if o := c.outcome(&c.Operations[i]); best == 0 || o > 0 && o < best {
			best = o
		}
	}
	return best
}

func (c *Call) outcome(o *Operation) int {
	switch c.Protocol {
	case "grpc", "grpc-web":
		if o.Status == "" && c.Response.Messages == 0 {
			return 0
		}
		if s := grpcStatus(o.Status); s != 0 {
			return s
		}
	case "json-rpc":
		if strings.TrimPrefix(o.Status, "error ") == "-32601" {
			return 404
		}
	}
	return c.Status
}

// grpcStatus is the HTTP status of a gRPC status, 0 for OK and for none; a code without
// a name is as UNKNOWN.
func grpcStatus(name string) int {
	switch name {
	case "", "OK", "ok":
		return 0
	case "CANCELLED":
		return 499
	case "INVALID_ARGUMENT", "FAILED_PRECONDITION", "OUT_OF_RANGE":
		return 400
	case "DEADLINE_EXCEEDED":
		return 504
	case "NOT_FOUND", "UNIMPLEMENTED":
		return 404
	case "ALREADY_EXISTS", "ABORTED":
		return 409
	case "PERMISSION_DENIED":
		return 403
	case "UNAUTHENTICATED":
		return 401
	case "RESOURCE_EXHAUSTED":
		return 429
	case "UNAVAILABLE":
		return 503
	}
	return 500
}

// Has reports whether the call has the flag.
func (c *Call) Has(flag string) bool {
	for _, f := range c.Flags {
		if f == flag {
			return true
		}
	}
	return false
}

// Achieved says whether one of the call's operations succeeded.
func (c *Call) Achieved(o *Operation) bool {
	if !c.Succeeded() {
		return false
	}
	switch c.Protocol {
	case "grpc", "grpc-web":
		s := c.outcome(o)
		return s >= 200 && s < 400
	}
	return !strings.HasPrefix(o.Status, "error") && o.Status != "fault"
}
