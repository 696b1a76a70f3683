package http2

import (
	"wirecensus/reassembly"
	"wirecensus/sensor/message"
)

// state says what the next byte of a direction is.
type state uint8

const (
	unstarted state = iota
	opening         // of the preface, or of the first frame
	atFrame         // of a frame header
	inPrefix        // of the fixed part that some frames begin with
	inPayload       // of content or of a header block
	inSkip          // of what nobody reads
	lost            // unknown: frames are being looked for
)

// side is one direction.
type side struct {
	dir   reassembly.Dir
	state state
	over  bool // its End was read
	mid   bool // joined in the middle
	// resynced says that the frames were found again once, so that a frame header
	// that cannot be one means that they were not.
	resynced bool
	losses   int    // times that a frame header could not be one
	pos      uint64 // offset of the next byte to be read
	cur      segment

	// The frame being read.
	frame frame
	from  uint64    // offset of its header
	left  uint32    // bytes of the payload not read yet, padding included
	pad   uint32    // of these: padding
	hold  [24]byte  // of a frame header, a prefix or the preface, the first
	held  int       // bytes in hold
	want  int       // bytes that hold is to have
	most  uint32    // bytes of the longest frame met
	dec   decoder   //
	block headBlock // of which frames were read
	seek  seek      // while lost
}

// headBlock is a header block being gathered.
type headBlock struct {
	open      bool
	torn      bool   // a part of it is missing
	over      bool   // over the limit: decoded for the table only
	end       bool   // END_STREAM
	promise   bool   // of a PUSH_PROMISE
	id        uint32 // of the stream that it is about
	on        uint32 // of the stream that its frames are on
	at        uint64 // offset of its first frame
	cur       segment
	buf       []byte // of the Pool; not decoded yet
	parts     int    // CONTINUATION frames
	lastTried int    // bytes of buf at the last try to decode while over
}

// start notes where a direction begins.
func (s *side) start(ev *reassembly.Event) {
	if s.state != unstarted {
		return
	}
	s.pos, s.state, s.most = ev.Offset, opening, usualFrame
	s.mid = ev.Conn != nil && ev.Conn.Midstream
}

// data reads delivered bytes.
func (c *Conn) data(dst []message.Event, s *side, in []byte) []message.Event {
	for len(in) > 0 {
		switch s.state {
		case opening:
			dst, in = c.open(dst, s, in)
		case atFrame:
			h := in
			if s.held > 0 || len(in) < frameHeader {
				s.want = frameHeader
				var ok bool
				if in, ok = s.collect(in); !ok {
					return dst
				}
				h = s.hold[:]
			} else {
				in = in[frameHeader:]
				s.pos += frameHeader
			}
			s.from = s.pos - frameHeader
			var bad bool
			if dst, bad = c.begin(dst, s, h); bad {
				if s.losses++; s.losses > maxLosses {
					dst = c.odd(dst, s, message.Resync)
					s.over = true
					return c.skip(dst, s, uint64(frameHeader+len(in)))
				}
				dst = c.lose(dst, s, h[:frameHeader])
			}
		case inPrefix:
			var ok bool
			if in, ok = s.collect(in); !ok {
				return dst
			}
			dst = c.prefix(dst, s)
		case inPayload:
			n := int(min(uint64(len(in)), uint64(s.left-s.pad)))
			s.left -= uint32(n)
			s.pos += uint64(n)
			dst = c.payload(dst, s, in[:n])
			in = in[n:]
			if s.left == s.pad {
				s.state = inSkip
				dst = c.rest(dst, s)
			}
		case inSkip:
			n := min(uint64(len(in)), uint64(s.left))
			s.left -= uint32(n)
			s.pos += n
			in = in[n:]
			dst = c.rest(dst, s)
		case lost:
			return c.search(dst, s, in)
		}
	}
	return dst
}

// collect fills hold up to want and returns the rest of in; ok is false while
// more is needed.
func (s *side) collect(in []byte) (rest []byte, ok bool) {
	n := copy(s.hold[s.held:s.want], in)
	s.held += n
	s.pos += uint64(n)
	if s.held < s.want {
		return nil, false
	}
	s.held = 0
	return in[n:], true
}

// open reads the first bytes of a direction: the client's preface, or the
// SETTINGS frame that is the server's (RFC 9113, Section 3.4). What begins
// otherwise was joined in the middle.
func (c *Conn) open(dst []message.Event, s *side, in []byte) ([]message.Event, []byte) {
	for len(in) > 0 {
		s.hold[s.held] = in[0]
		s.held++
		s.pos++
		in = in[1:]
		switch n := s.held; {
		case string(s.hold[:n]) == preface[:n]:
			if n == len(preface) {
				c.client, c.known, c.begun = s.dir, true, true
				s.held, s.state = 0, atFrame
				s.dec.table.reset(c.pool)
				return dst, in
			}
		case n >= frameHeader:
			if n == frameHeader && s.hold[3] == frameSettings && s.hold[4] == 0 && consistent(s.hold[:frameHeader], usualFrame) && (!s.mid || c.begun) {
				s.held, s.state, s.from = 0, atFrame, s.pos-frameHeader
				s.dec.table.reset(c.pool)
				dst, _ = c.begin(dst, s, s.hold[:frameHeader])
				return dst, in
			}
			n, s.held = s.held, 0
			return c.lose(dst, s, s.hold[:n]), in
		}
	}
	return dst, nil
}

// maxLosses is how often a direction may turn out not to be frames after all.
const maxLosses = 16

// lose begins to look for frames, at the last bytes seen first. The dynamic
// table is lost with them.
func (c *Conn) lose(dst []message.Event, s *side, seen []byte) []message.Event {
	dst = c.tear(dst, s)
	s.dec.table.lose(c.pool)
	s.state = lost
	s.seek.begin(s.pos - uint64(len(seen)))
	s.pos -= uint64(len(seen))
	return c.search(dst, s, seen)
}

// gap passes over n bytes that were never captured.
func (c *Conn) gap(dst []message.Event, s *side, n uint64) []message.Event {
	for n > 0 {
		switch s.state {
		case inPayload:
			k := min(n, uint64(s.left-s.pad))
			s.left -= uint32(k)
			s.pos += k
			n -= k
			dst = c.lostPayload(dst, s, k)
			if s.left == s.pad {
				s.state = inSkip
				dst = c.rest(dst, s)
			}
		case inSkip:
			k := min(n, uint64(s.left))
			s.left -= uint32(k)
			s.pos += k
			n -= k
			dst = c.rest(dst, s)
		case lost:
			dst = c.giveUp(dst, s)
			s.pos += n
			s.seek.begin(s.pos)
			return dst
		case inPrefix:
			// Of DATA the length of the padding is lost: all of it counts as content.
			s.left += uint32(s.want - s.held)
			s.held, s.pad, s.state = 0, 0, inSkip
			switch s.frame.typ {
			case frameData, frameHeaders, framePromise:
				s.state = inPayload
			}
		default:
			held := uint64(s.held)
			s.held = 0
			dst = c.tear(dst, s)
			dst = c.skip(dst, s, held)
			s.dec.table.lose(c.pool)
			s.state = lost
			s.pos += n
			s.seek.begin(s.pos)
			return dst
		}
	}
	return dst
}
