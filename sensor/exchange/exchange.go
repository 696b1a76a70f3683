package exchange

import (
	"wirecensus/reassembly"
	"wirecensus/sensor/message"
)

// Message is one HTTP message with what was captured of its content. It owns its bytes.
type Message struct {
	Request        bool
	Method, Target []byte // requests
	Status         int    // responses
	Version        string
	Fields         []message.Field
	Trailer        []message.Field
	// Body is the captured prefix of the content, transfer coding removed,
	// content coding not; contiguous from offset 0. It stops at the first gap and
	// at the limit.
	Body []byte
	// Size is the number of content bytes seen or known to be missing.
	Size int64
	// BodyLen is the length that the framing declared, -1 when it did not.
	BodyLen    int64
	Gap        bool // some content is missing
	Truncated  bool // Body stopped at our limit
	Incomplete bool // the message ended before its framing said so
	Start, End int64
	// [Offset, EndOffset) is the message's place in its stream.
	Offset, EndOffset uint64
	Ack               uint64
	AckOK             bool
	Anomalies         message.Anomalies
	Unknown           message.Unknown // what of the head could not be read

	text  []byte // holds Method, Target and the fields
	limit int    // bytes of content to capture
	done  bool   // its End was seen

	// Shed says what of the message the caller left out; set by the caller.
	Shed Shed
}

// Shed is a part of a message that is left out.
type Shed uint8

// What is left out.
const (
	ShedNothing Shed = iota
	ShedBody         // the content: Body is empty
	ShedAll          // all but the start line and Size
)

// Exchange is one request with its final response, either of which may be
// missing, on one connection.
type Exchange struct {
	Client, Server reassembly.Addr
	Net            uint32
	// ConnStart and Index make an exchange's identity: the packet time of the
	// connection's first segment, and the exchange's ordinal on it (0 first).
	//
	// Requests count in the order of their heads. A response without a captured
	// request has an ordinal of its own kind: OrphanIndex plus the number of
	// such responses before it. With streams both are the stream's id. Neither
	// depends on how the two directions interleave.
	ConnStart int64
	Index     uint32
	Request   *Message // nil: response without a captured request
	Response  *Message // nil: no final response was captured
	// Interim are the statuses of the interim responses before the final one.
	Interim   []int
	Midstream bool
	OneSided  bool
	Conflict  bool // bytes sent again on the connection, so far, disagreed with what was seen first
	Early     bool // the response began before the request was complete
	Upgrade   bool // the connection changed protocol after this exchange
	// Continued: it stands for messages of an exchange that was handed out already, and holds its heads.
	Continued bool
	// OneOf is the number of connections of which one was read when the exchange was, 0 and 1 all; set by the caller.
	OneOf uint32
	TLS   bool // the messages were carried in TLS; set by the caller
	// Taken is the number of bytes of the response's content that the caller has used
	// before the exchange is over (Pairer.Pending); set by the caller.
	Taken int

	stream    uint64         // message.Event.Stream
	client    reassembly.Dir // the direction of the request
	interim   bool           // an interim response is being read
	abandoned bool           // no response will come
	promised  bool           // the server's promise: no exchange unless it is answered
	before    *Message       // the response that Adopt put aside
	held      int            // bytes counted against Limits.Held
}

// Dir returns the direction of the request.
func (ex *Exchange) Dir() reassembly.Dir { return ex.client }

// OrphanIndex is the Index of the first response without a request on a connection.
const OrphanIndex = 1 << 31
