package http2

// Frame types, RFC 9113, Section 6.
const (
	frameData byte = iota
	frameHeaders
	framePriority
	frameReset
	frameSettings
	framePromise
	framePing
	frameGoaway
	frameWindow
	frameContinuation
)

// Flags.
const (
	flagEndStream  = 0x1
	flagAck        = 0x1
	flagEndHeaders = 0x4
	flagPadded     = 0x8
	flagPriority   = 0x20
)

const (
	frameHeader = 9
	usualFrame  = 16 << 10 // initial SETTINGS_MAX_FRAME_SIZE
	maxSettings = 64 * 6   // bytes of a SETTINGS frame that passes for one
	preface     = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
)

// frame is a frame header, RFC 9113, Section 4.1.
type frame struct {
	id         uint32 // of the stream
	len        uint32
	typ, flags byte
}

// readFrame reads the frame header that b begins with.
func readFrame(b []byte) frame {
	_ = b[8]
	return frame{
		len: uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2]), typ: b[3], flags: b[4],
		id: uint32(b[5]&0x7f)<<24 | uint32(b[6])<<16 | uint32(b[7])<<8 | uint32(b[8]),
	}
}

// knownFlags are, by frame type, the flags that RFC 9113 defines.
var knownFlags = [...]byte{
	frameData: 0x9, frameHeaders: 0x2d, frameSettings: flagAck, framePromise: 0xc, framePing: flagAck, frameContinuation: flagEndHeaders,
}

// extensions are frame types of other documents: ALTSVC (RFC 7838), ORIGIN (RFC
// 8336), PRIORITY_UPDATE (RFC 9218).
func isExtension(typ byte) bool { return typ == 0xa || typ == 0xc || typ == 0x10 }

// consistent reports whether b, nine bytes, is a frame header as RFC 9113 has
// them: a known type, only its flags, its length and kind of stream, not longer
// than most.
func consistent(b []byte, most uint32) bool {
	f := readFrame(b)
	if f.len > most || b[5]&0x80 != 0 || f.typ > frameContinuation && !isExtension(f.typ) {
		return false
	}
	if f.typ < byte(len(knownFlags)) {
		if f.flags&^knownFlags[f.typ] != 0 {
			return false
		}
	} else if f.flags != 0 {
		return false
	}
	return f.wellFormed()
}

// wellFormed reports whether the length and the stream are such as the type has.
func (f frame) wellFormed() bool {
	switch f.typ {
	case frameData:
		return f.id != 0 && (f.len > 0 || f.flags&flagEndStream != 0)
	case frameHeaders, framePromise:
		return f.id != 0 && f.len > 0
	case frameContinuation:
		return f.id != 0
	case framePriority:
		return f.id != 0 && f.len == 5
	case frameReset:
		return f.id != 0 && f.len == 4
	case frameSettings:
		return f.id == 0 && f.len%6 == 0 && f.len <= maxSettings && (f.flags&flagAck == 0 || f.len == 0)
	case framePing:
		return f.id == 0 && f.len == 8
	case frameGoaway:
		return f.id == 0 && f.len >= 8
	case frameWindow:
		return f.len == 4
	}
	return true
}

// broken reports whether a frame that is certain to be one breaks the rules
// that wellFormed checks, empty DATA and HEADERS aside.
func (f frame) broken() bool {
	switch f.typ {
	case frameData, frameHeaders, framePromise, frameContinuation:
		return f.id == 0
	}
	return !f.wellFormed()
}
