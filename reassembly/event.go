package reassembly

// Dir names a direction of a connection.
type Dir uint8

// Directions. The originator is the side that sent the SYN; for a connection
// joined in the middle it is a guess, and HTTP decides for itself who is the client.
const (
	Orig Dir = 0 // originator to responder
	Resp Dir = 1 // responder to originator
)

// Other returns the opposite direction.
func (d Dir) Other() Dir { return d ^ 1 }

// Kind says what an Event reports.
type Kind uint8

// Event kinds, in the order in which a connection shows them:
// Open, then per direction (Data|Gap)* End, then Close.
const (
	Open  Kind = iota + 1 // a new connection; Dir, Offset, Ack, Data, Len are zero
	Data                  // in-order bytes of one direction
	Gap                   // bytes of one direction that were never captured
	End                   // a direction is over; nothing more comes from it
	Close                 // the connection is over; its Conn must not be used afterwards
)

// Reason says why a direction ended.
type Reason uint8

// Reasons of an End event.
const (
	ByFIN     Reason = iota + 1 // FIN reached in order
	ByRST                       // reset by a plausible RST of either side
	ByTimeout                   // no segment for longer than the idle timeout
	ByReuse                     // the 5-tuple was taken by a new connection
	ByEvict                     // a limit was reached
	ByFlush                     // the capture ended
)

// Event is one step of one connection. Values only; Data aliases the segment or
// the assembler's buffers and is valid until the next call of the assembler.
type Event struct {
	Kind   Kind
	Dir    Dir
	Reason Reason // valid iff Kind is End
	Conn   *Conn
	// Time is the packet time (ns) of the segment that carried the data or
	// triggered the event.
	Time int64
	// Offset is the stream offset of the first byte of Data, or of the gap, or
	// of the end. Offset 0 is the first byte after the SYN, or the first byte
	// seen of a connection joined in the middle.
	Offset uint64
	// Ack is the stream offset in the other direction up to which the sender of
	// this data had acknowledged when it sent it: a response's first byte has
	// Ack ≥ the end of its request. Valid iff AckOK.
	Ack   uint64
	AckOK bool
	Data  []byte // valid iff Kind is Data
	Len   uint64 // bytes missing, valid iff Kind is Gap
	// Cut is true for a gap that the capture's snap length made, false for one
	// that was lost on the way to the sensor. Valid iff Kind is Gap.
	Cut bool
}

// Conn is one TCP connection. The assembler owns it; readers may use it from
// its Open event until its Close event.
type Conn struct {
	// Flow is the originator's direction.
	Flow Flow
	// Start is the packet time (ns) of the first segment.
	Start int64
	// Midstream is true when no SYN of the connection was seen.
	Midstream bool
	// OneSided is true while only one direction has shown segments.
	OneSided bool
	// Conflicts counts retransmissions that disagreed with the bytes seen first;
	// the first were kept.
	Conflicts uint32
	// User belongs to the caller; the assembler never reads it.
	User any

	conn // the assembler's own state
}
