package message

import "math/bits"

// Anomaly names an oddity that a parser met. Oddities never stop the reading of
// a connection by themselves.
type Anomaly uint8

// Anomalies. The comments name the rows of the result table in docs/http1.md;
// those from H2Frame on are described in docs/http2.md. Append only.
const (
	TECL              Anomaly = iota // Transfer-Encoding and Content-Length (row 1)
	TEHTTP10                         // Transfer-Encoding on HTTP/1.0 (row 2)
	TEMulti                          // several Transfer-Encoding codings or lines (row 4)
	TEBad                            // unknown or misplaced transfer coding (row 5)
	CLDup                            // repeated equal Content-Length (row 6)
	CLZeros                          // leading zeros in Content-Length (row 6)
	CLBad                            // contradictory or malformed Content-Length (row 7)
	ExtFlood                         // chunk extensions over the limit (row 11)
	ChunkLine                        // malformed chunk-size line (row 12)
	ChunkBad                         // impossible chunk size or missing CRLF after data (row 13)
	FieldSyntax                      // malformed field line (row 15)
	ObsFold                          // folded field line (row 16)
	BareLF                           // line ended by LF alone (row 17)
	BareCR                           // CR alone in a line (row 17)
	NUL                              // NUL in a field (row 17)
	HostConflict                     // several hosts named (row 18)
	NoHost                           // HTTP/1.1 without Host (row 19)
	HTTP09                           // HTTP/0.9 (row 20)
	EarlyResponse                    // response before its request was complete (row 21)
	OrphanResponse                   // response without a request (row 21)
	AfterClose                       // bytes after Connection: close (row 23)
	HeadTooLarge                     // start line, field count or head over the limit
	Resync                           // bytes were skipped to find the next message
	TargetSyntax                     // white space or control bytes in the request target
	StatusLine                       // malformed status-line of an awaited response (row 25)
	RequestLine                      // request line without a version, with fields (row 26)
	H2Frame                          // frame that breaks RFC 9113: length, stream, order
	HPACK                            // header block that cannot be decoded, RFC 7541
	HPACKSize                        // table larger than what is held of it
	HPACKBomb                        // header block of more fields or bytes than the limit
	StreamReuse                      // request on a stream id that was used before
	PseudoField                      // pseudo-field missing, repeated, unknown or out of place
	FieldCase                        // upper case in a field name of HTTP/2
	ConnField                        // field of one connection in HTTP/2
	Userinfo                         // userinfo in the authority
	LengthMismatch                   // content of another length than Content-Length says
	ContinuationFlood                // header block in very many CONTINUATION frames
	RapidReset                       // very many requests reset before they were answered
	SettingsFlood                    // very many SETTINGS frames
	PingFlood                        // very many PING frames
	StreamFlood                      // more streams at once than are remembered
	WSFrame                          // WebSocket frame with reserved bits, opcode or length: the direction is not read further
	WSLost                           // the head of a WebSocket frame was lost: likewise
	WSOdd                            // WebSocket control frame in fragments or too long, fragment of no message, message in a message
	NumAnomalies                     // number of anomalies; not an anomaly
)

var names = [NumAnomalies]string{
	"te-cl", "te-http10", "te-multi", "te-bad", "cl-dup", "cl-zeros", "cl-bad", "ext-flood", "chunk-line", "chunk-bad", "field-syntax",
	"obs-fold", "bare-lf", "bare-cr", "nul", "host-conflict", "no-host", "http09", "early-response", "orphan-response", "after-close",
	"head-too-large", "resync", "target-syntax", "status-line", "request-line",
	"h2-frame", "hpack", "hpack-size", "hpack-bomb", "stream-reuse", "pseudo-field", "field-case", "connection-field", "userinfo", "length-mismatch",
	"continuation-flood", "rapid-reset", "settings-flood", "ping-flood", "stream-flood",
	"ws-frame", "ws-lost", "ws-odd",
}

// String returns the anomaly's id in kebab case.
func (a Anomaly) String() string { return names[a] }

// Anomalies is a set of anomalies.
type Anomalies uint64

// With returns s with a added.
func (s Anomalies) With(a Anomaly) Anomalies { return s | 1<<a }

// Has reports whether a is in s.
func (s Anomalies) Has(a Anomaly) bool { return s&(1<<a) != 0 }

// Append appends the ids of the set in their order.
func (s Anomalies) Append(dst []string) []string {
	for s != 0 {
		a := Anomaly(bits.TrailingZeros64(uint64(s)))
		dst = append(dst, a.String())
		s &^= 1 << a
	}
	return dst
}

// Ambiguous reports whether two readers of the message could disagree about
// where it ends or whom it is for.
func (s Anomalies) Ambiguous() bool {
	const which Anomalies = 1<<TECL | 1<<TEHTTP10 | 1<<TEMulti | 1<<TEBad | 1<<CLDup | 1<<CLZeros | 1<<CLBad | 1<<ExtFlood | 1<<ChunkLine |
		1<<ChunkBad | 1<<FieldSyntax | 1<<ObsFold | 1<<BareLF | 1<<BareCR | 1<<NUL | 1<<HostConflict | 1<<TargetSyntax |
		1<<StatusLine | 1<<RequestLine |
		1<<StreamReuse | 1<<PseudoField | 1<<FieldCase | 1<<ConnField | 1<<Userinfo | 1<<LengthMismatch
	return s&which != 0
}
