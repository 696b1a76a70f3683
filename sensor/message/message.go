package message

import "wirecensus/reassembly"

// Kind says what an Event reports about a message.
type Kind uint8

// Event kinds. One message is Head, Content*, Trailer?, End. An Oddity may come anywhere.
const (
	Head     Kind = iota + 1 // start line and fields; Event.Head is set
	Content                  // bytes of the content, transfer coding removed
	Gap                      // Len bytes of the content are missing; Len 0 means an unknown number
	Trailer                  // trailer fields; Event.Head.Fields is set
	End                      // the message is over; Incomplete says whether it was whole
	Skipped                  // Len bytes of the stream that belong to no message were passed over (resynchronisation, foreign protocol)
	Switch                   // the stream stops being HTTP here (CONNECT, Upgrade); Data holds what followed
	Oddity                   // an anomaly outside any message; Anomalies is set
	Abandon                  // no response to the request of Stream will come any more (it was lost, or its place is unknown)
	Tunnel                   // Data is of the stream of an HTTP/2 CONNECT that was accepted, and no content (RFC 9113, Section 8.5; RFC 8441)
	Withdraw                 // the request of Stream was reset in a flood of such and is no message any more; the parser counts it
)

// Field is one header or trailer field as sent: the name's case and the value's
// bytes are kept, optional white space round the value is not.
type Field struct{ Name, Value []byte }

// Header is a start line with its fields. Its slices alias the parser's buffer
// and are valid until the parser is called again.
type Header struct {
	Request bool
	// Method and Target are valid iff Request; Target is as sent.
	Method, Target []byte
	// Status and Reason are valid iff not Request.
	Status int
	Reason []byte
	// Version is "0.9", "1.0", "1.1", "2", …
	Version string
	// Fields of HTTP/2 include the pseudo-fields :authority, :scheme and :protocol,
	// first and in lower case; a name of HTTP/1 never begins with a colon.
	Fields []Field
	// Unknown says what of the head could not be read though it was sent.
	Unknown Unknown
}

// Unknown is a set of what is not known of a head: HTTP/2 refers to fields by
// their place in a table, and of a table that was lost no place is known.
type Unknown uint8

// What may be unknown.
const (
	UnknownMethod Unknown = 1 << iota
	UnknownTarget
	UnknownAuthority // where it is not known whether one was sent, too
	UnknownStatus
	UnknownFields // some other field, or the value of one
)

// Has reports whether u has one of the bits of v.
func (u Unknown) Has(v Unknown) bool { return u&v != 0 }

// Get returns the value of the first field called name (case-insensitive; name
// must be in lower case), or nil.
func (h *Header) Get(name string) []byte {
	for i := range h.Fields {
		if EqualFold(h.Fields[i].Name, name) {
			return h.Fields[i].Value
		}
	}
	return nil
}

// EqualFold reports whether b equals the lower-case ASCII string s, ignoring ASCII case.
func EqualFold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i := range b {
		c := b[i]
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != s[i] {
			return false
		}
	}
	return true
}

// Event is one step of one message in one direction of a connection.
type Event struct {
	Kind Kind
	Dir  reassembly.Dir
	// Stream names the exchange that the message belongs to within its connection:
	// the stream id of HTTP/2, the ordinal of the request (1 first) of HTTP/1. It
	// is 0 for a response whose request is unknown and for events outside messages.
	Stream uint64
	Time   int64 // packet time, ns, of the first byte concerned
	// Offset and EndOffset are the stream offsets [Offset, EndOffset) of the
	// bytes that the event is about.
	Offset, EndOffset uint64
	// Ack is the offset in the other direction acknowledged by the segment that
	// held the first byte (see reassembly.Event). Valid iff AckOK.
	Ack   uint64
	AckOK bool

	Head *Header // Head, Trailer
	Data []byte  // Content, Switch, Tunnel; valid until the parser is called again
	Len  uint64  // Gap, Skipped
	// BodyLen is the declared or determined length of the content: ≥ 0 for
	// Content-Length, -1 unknown in advance (chunked, until close), valid for Head.
	BodyLen int64
	// Incomplete: the message ended before its framing said so (gap over the end,
	// close, reset, timeout, framing error). Valid for End.
	Incomplete bool
	// Promised: the request was never sent, the server promised to answer it
	// (RFC 9113, Section 8.4). Valid for Head.
	Promised bool
	// Anomalies seen since the previous event of this direction.
	Anomalies Anomalies
}
