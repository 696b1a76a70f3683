package http1

import "wirecensus/sensor/message"

// chunkPhase is the place within chunked content, RFC 9112, Section 7.1.
type chunkPhase uint8

const (
	chunkSize  chunkPhase = iota // hex digits
	chunkPad                     // white space after the size
	chunkExt                     // extensions
	chunkQuote                   // quoted string of an extension
	chunkEsc                     // after a backslash in it
	chunkLF                      // LF of the size line
	chunkData                    // chunk.remain bytes of data
	chunkCR                      // CR after the data
	chunkEnd                     // LF after the data
	chunkLast                    // the last chunk's line is over: trailer section
)

// maxChunk is the largest chunk size taken for true.
const maxChunk = 1 << 53

// chunk decodes the lines of chunked content. Lone CR and LF are refused where
// the receiver could have read them otherwise (RFC 9112, Section 2.2 is about
// field lines only; CVE-2025-22871).
type chunk struct {
	phase  chunkPhase
	digits bool   // a size digit was seen
	remain uint64 // in chunkSize: the size so far; in chunkData: bytes to come
	ext    int    // bytes of extensions in this message
}

// line reads chunk framing from in: n bytes are consumed, and unless bad is set
// they end where data or the trailer section begins, or with in. bad names why
// the content cannot be followed any further.
func (k *chunk) line(in []byte) (n int, bad message.Anomalies) {
	for n < len(in) && k.phase != chunkData && k.phase != chunkLast {
		if bad = k.step(in[n]); bad != 0 {
			return n, bad
		}
		n++
	}
	return n, 0
}

// step reads one byte of a size line or of the line end after the data.
func (k *chunk) step(b byte) message.Anomalies {
	const none = message.Anomalies(0)
	switch k.phase {
	case chunkSize:
		if d, ok := hexDigit(b); ok {
			if k.remain = k.remain<<4 | d; k.remain > maxChunk {
				return none.With(message.ChunkBad)
			}
			k.digits = true
			return none
		}
		if !k.digits {
			return none.With(message.ChunkLine)
		}
		return k.afterSize(b)
	case chunkPad:
		return k.afterSize(b)
	case chunkExt, chunkQuote, chunkEsc:
		return k.extension(b)
	case chunkLF:
		if b != '\n' {
			return none.With(message.ChunkLine)
		}
		k.digits = false
		if k.phase = chunkData; k.remain == 0 {
			k.phase = chunkLast
		}
	case chunkCR:
		if b != '\r' {
			return none.With(message.ChunkBad)
		}
		k.phase = chunkEnd
	case chunkEnd:
		if b != '\n' {
			return none.With(message.ChunkBad)
		}
		k.phase = chunkSize
	}
	return none
}

// afterSize reads what may follow the size: white space that some servers pad
// with, extensions, the line end.
func (k *chunk) afterSize(b byte) message.Anomalies {
	switch b {
	case ' ', '\t':
		k.phase = chunkPad
		k.ext++
	case ';':
		k.phase = chunkExt
	case '\r':
		k.phase = chunkLF
	default:
		return message.Anomalies(0).With(message.ChunkLine)
	}
	return 0
}

// extension reads chunk extensions, RFC 9112, Section 7.1.1; their content is ignored.
func (k *chunk) extension(b byte) message.Anomalies {
	k.ext++
	switch {
	case b == '\n', b == '\r' && k.phase != chunkExt:
		return message.Anomalies(0).With(message.ChunkLine)
	case k.phase == chunkEsc:
		k.phase = chunkQuote
	case k.phase == chunkQuote && b == '\\':
		k.phase = chunkEsc
	case b == '"' && k.phase == chunkQuote:
		k.phase = chunkExt
	case b == '"':
		k.phase = chunkQuote
	case b == '\r':
		k.phase = chunkLF
	}
	return 0
}

// hexDigit returns the value of a hexadecimal digit.
func hexDigit(b byte) (uint64, bool) {
	switch {
	case '0' <= b && b <= '9':
		return uint64(b - '0'), true
	case 'a' <= b && b <= 'f':
		return uint64(b-'a') + 10, true
	case 'A' <= b && b <= 'F':
		return uint64(b-'A') + 10, true
	}
	return 0, false
}
