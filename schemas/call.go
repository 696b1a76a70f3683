package schemas

import (
	"strconv"
	"strings"

	"wirecensus/schemas/shape"
)

// Call is one HTTP exchange in normal form: what was called, how it was
// answered, and which shapes, schemes and classes were seen. No field can hold
// a body, a credential, a query value, a cookie value or a field value; where
// values must be joined they are keyed digests.
//
// Attribute names of the JSON form follow the OpenTelemetry HTTP semantic conventions.
type Call struct {
	// ID is unique per call and a function of the connection, its start and the
	// position in it: the same capture gives the same ids.
	ID string `json:"id"`
	// Time is the packet time of the request's first byte, or of the response's
	// where the request was not seen; RFC 3339 with nanoseconds in JSON.
	Time Time `json:"time"`
	// Duration is the time in nanoseconds from the request's first byte to the
	// response's last, 0 unless both were seen.
	Duration int64 `json:"duration_ns,omitempty"`

	Method         string `json:"http.request.method"`                    // upper case; _OTHER when unknown
	MethodOriginal string `json:"http.request.method_original,omitempty"` // set iff it differs, at most 32 bytes
	Scheme         string `json:"url.scheme"`                             // http, https
	// Host is the requested host, without port: from the target, :authority or
	// Host; the server's IP address where there is none. Lower case.
	Host       string `json:"server.address"`
	Port       uint16 `json:"server.port"`          // named with Host, else the scheme's; the connection's where there is no Host
	Peer       string `json:"network.peer.address"` // the server's IP address
	PeerPort   uint16 `json:"network.peer.port"`    // of the connection
	Client     string `json:"client.address"`       // the connection's IP address
	ClientPort uint16 `json:"client.port"`          // of the connection
	// Net is the overlay network the connection was seen in, 0 outside tunnels.
	Net uint32 `json:"network.overlay,omitempty"`
	// Path is the concrete path as sent, without query; a segment of a sensitive
	// class is written {class}. At most 2,048 bytes, then flag truncated.
	Path string `json:"url.path"`
	// Status is absent (0) when no final response was seen.
	Status  int    `json:"http.response.status_code,omitempty"`
	Version string `json:"network.protocol.version"` // 0.9, 1.0, 1.1, 2, 3; of the request where there is one
	// Flags, sorted: ambiguous, conflict (bytes sent again on the connection disagreed with
	// the first), continued (messages of an exchange that has its call already, which this one is not), early, gap, half,
	// incomplete, midstream, one-sided, path_unknown (HTTP/2: Path is "" because the table entry that holds it was not
	// captured), shed (content, or all of the response but its status, was left out because the sensor could not keep up), truncated, upgrade. host_unknown, method_unknown (Method is _OTHER) and status_unknown (Status is 0) are likewise
	// of HTTP/2. A call with an unknown host, method or path never becomes an endpoint.
	Flags []string `json:"flags,omitempty"`
	// Anomalies are the ids of the oddities met in the two messages, sorted.
	Anomalies []string `json:"anomalies,omitempty"`
	// RequestSeen is false for a response whose request was not captured; such
	// a call has no method and no path and never becomes an endpoint.
	RequestSeen bool `json:"-"`

	Query   []Param `json:"url.query,omitempty"`      // one per name, in order of name
	Headers []Param `json:"request.header,omitempty"` // request fields worth documenting: not hop-by-hop, not credentials, not common browser fields
	Cookies []Param `json:"request.cookie,omitempty"` // names and shapes, sessions without a shape
	// ResponseHeaders: fields worth documenting (Location, ETag, rate limits, Deprecation, Sunset, Link, …).
	ResponseHeaders []Param `json:"response.header,omitempty"`

	Request  Content `json:"request"`  // content of the request
	Response Content `json:"response"` // content of the response

	Auth      []Auth      `json:"auth,omitempty"`      // sorted; empty means no credential was seen
	Sensitive []Sensitive `json:"sensitive,omitempty"` // sorted
	// IDs are keyed digests of what may identify objects: the path segments that
	// are not masked, and values under id-like keys of the bodies. At most 64.
	IDs []Ident `json:"ids,omitempty"`
	// Protocol is the application protocol that HTTP carries: "grpc", "grpc-web", "connect", "graphql", "json-rpc", "soap",
	// "websocket", "event-stream"; "" none.
	Protocol string `json:"protocol,omitempty"`
	// Operations are what the call asked for where one path serves many operations, sorted by kind, name and
	// document: one for gRPC and SOAP, one per call of a JSON-RPC batch, one per root field of a GraphQL document.
	// Equal ones are one entry with a count; at most 64.
	Operations []Operation `json:"operations,omitempty"`
	// UserAgent is the family only: browser, bot, sdk or tool name from a fixed list; "other".
	UserAgent string `json:"user_agent.family,omitempty"`
	// Deprecation and Sunset are dates from the response fields of RFC 9745 and
	// RFC 8594, Unix seconds; Deprecation 1 means deprecated without a date.
	Deprecation int64 `json:"response.deprecation,omitempty"`
	Sunset      int64 `json:"response.sunset,omitempty"`
	// APIVersion is the version of the API that the client asked for beside the path, behind what asked for it:
	// "accept-version 2", "accept 1.1" (the media type), "query api-version 2024-01-01"; of several that of a field, then of the query. Only a number of at most
	// three parts or a date, without a v; "" none.
	APIVersion string `json:"api.version,omitempty"`
	// OneOf is n when the sensor could not keep up and read one connection of n, this one among them: the call
	// stands for about n. 0 where all connections were read, and for a call kept because its endpoint was new.
	OneOf uint32 `json:"sample_one_of,omitempty"`
	// Trace is a keyed digest, cut to 32 bits, of the trace that the request belongs to (traceparent, W3C Trace Context),
	// else of its X-Request-ID: equal for one request seen in front of and behind a load balancer; 0 none. Of 10,000 calls two
	// different ones have the same with a chance of 1 %.
	Trace uint32 `json:"trace,omitempty"`
}

// Param is one named input or output beside the body.
type Param struct {
	Name  string `json:"name"`            // as sent for query and cookies, lower case for fields; masked {class} when the name itself is sensitive
	Count int    `json:"count,omitempty"` // times the name occurred in this call, when more than 1
	// Style is how several values were written: "" single, "repeat" (a=1&a=2),
	// "comma", "brackets" (a[]=1), "deep" (a[b]=1).
	Style string      `json:"style,omitempty"`
	Shape *shape.Node `json:"shape,omitempty"` // scalar, or array of scalars
	Class string      `json:"class,omitempty"` // sensitive class, "" none
}

// Content describes the content of one message.
type Content struct {
	// MediaType without parameters, lower case; sniffed when the field is missing
	// (then Sniffed); "" when there is no content.
	MediaType string `json:"media_type,omitempty"`
	Sniffed   bool   `json:"sniffed,omitempty"` // MediaType is judged from the content
	// Size is the size in bytes on the wire after transfer coding, gaps included.
	Size int64 `json:"size,omitempty"`
	// Shape of JSON, XML, form and multipart content and of event streams, nil when the content was absent,
	// could not be read whole, or has another type.
	Shape *shape.Node `json:"shape,omitempty"`
	// Unread says why content that was there has no shape: "truncated", "gap",
	// "coding" (undecodable content coding), "syntax", "type", "shed" (the sensor could not keep up).
	Unread string `json:"unread,omitempty"`
	// Print is a keyed digest of content without a shape (HTML, text, …), equal
	// for equal content, for telling catch-all pages; 0 none.
	Print uint64 `json:"print,omitempty,string"`
	// Parts are the media types of the parts of multipart content by field name ("name" → "image/png", file parts marked).
	Parts []Part `json:"parts,omitempty"`
	// Messages is the number of messages in the content where its protocol frames
	// them (gRPC, WebSocket, event streams): Shape is the union of theirs.
	Messages int `json:"messages,omitempty"`
}

// Operation is one thing that a call asked for, in the words of the protocol
// that HTTP carries. Names that are values are masked ({class}, "?").
type Operation struct {
	// Kind: "query", "mutation", "subscription" (GraphQL); "unary", "client-stream", "server-stream", "bidi-stream"
	// (gRPC, as far as the messages seen tell); "call", "notification" (JSON-RPC); "action" (SOAP).
	Kind string `json:"kind"`
	// Name: gRPC "package.Service/Method", GraphQL root field, JSON-RPC method, SOAP action or body element; "" unknown.
	Name string `json:"name"`
	// Document is the operation name that a GraphQL client chose.
	Document string `json:"document,omitempty"`
	// Persisted: a GraphQL document that was sent by its hash only.
	Persisted bool `json:"persisted,omitempty"`
	Count     int  `json:"count,omitempty"` // times in this call, when more than 1
	// Args are the arguments by name with their shapes, in order of name.
	Args []Param `json:"args,omitempty"`
	// Result is the shape of what came back for this operation alone (GraphQL data.<field>, JSON-RPC result), nil
	// where it is the content of the response or was not seen.
	Result *shape.Node `json:"result,omitempty"`
	// Status is the protocol's own outcome: a gRPC status name ("OK", "NOT_FOUND"), "error" and, where there is one, its code
	// ("error -32601") for JSON-RPC, "error" for GraphQL, "fault" for SOAP; "ok"; "" unknown.
	Status string `json:"status,omitempty"`
}

// Part is one part of multipart content.
type Part struct {
	Name      string `json:"name"`                 // of the form field
	MediaType string `json:"media_type,omitempty"` // of the part
	File      bool   `json:"file,omitempty"`       // it has a file name
}

// Auth is one credential seen in a request: its scheme and place, never its value.
type Auth struct {
	// Scheme: basic, bearer, jwt (a bearer token that is a JWT), digest, ntlm, negotiate, api-key, cookie (session), hmac
	// (AWS SigV4, signed URL), mtls, oauth (body client credentials), or the lower-cased scheme of Authorization.
	Scheme string `json:"scheme"`
	In     string `json:"in"`             // header, query, cookie, body
	Name   string `json:"name,omitempty"` // field, parameter or cookie name
	// Principal and Token are keyed digests of who it is (JWT sub, Basic user) and of the credential; 0 unknown.
	Principal uint64 `json:"principal,omitempty,string"`
	Token     uint64 `json:"token,omitempty,string"`
	Alg       string `json:"alg,omitempty"`       // JWT alg, at most 16 bytes
	Expired   bool   `json:"expired,omitempty"`   // JWT exp before the packet time
	NoExpiry  bool   `json:"no_expiry,omitempty"` // JWT without exp
}

// Sensitive is one class of sensitive value found in one place of a call.
type Sensitive struct {
	Class     string `json:"class"`               // card, iban, email, phone, national-id, jwt, secret, password, name, …
	In        string `json:"in"`                  // request.body, response.body, request.query, request.path, request.header, request.cookie, response.header
	At        string `json:"at,omitempty"`        // JSON path ($.a[].b), parameter or field name
	Count     int    `json:"count"`               // values
	Masked    bool   `json:"masked,omitempty"`    // the values were already masked (****1111)
	Validated bool   `json:"validated,omitempty"` // checked by a check digit or a structure, not by name only
}

// Ident is the keyed digest of an object identifier and where it was.
type Ident struct {
	// In: "path" (Pos is the segment's index, 0 first), "request", "response" (At is the key).
	In     string `json:"in"`
	Pos    int    `json:"pos,omitempty"` // see In
	At     string `json:"at,omitempty"`  // see In
	Digest uint64 `json:"digest,string"` // keyed, of the identifier
}

// Service returns the name of the service that the call was sent to: the host,
// with its port unless that is the default of the scheme.
func (c *Call) Service() string {
	if c.Port == 0 || c.Port == 80 && c.Scheme == "http" || c.Port == 443 && c.Scheme == "https" {
		return c.Host
	}
	if strings.Contains(c.Host, ":") {
		return "[" + c.Host + "]:" + strconv.Itoa(int(c.Port))
	}
	return c.Host + ":" + strconv.Itoa(int(c.Port))
}
