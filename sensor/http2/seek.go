package http2

import "wirecensus/sensor/message"

const (
	enough   = 3    // consistent frame headers in a row that make frames certain
	maxMarks = 4096 // segments whose times are remembered
)

// seek looks for frames in a direction whose place in them is not known. It
// keeps the bytes, so that the frames that proved the place are read too.
type seek struct {
	buf   []byte // of the Pool; the last bytes delivered
	base  uint64 // offset of buf[0]
	first uint64 // offset at which the search began
	tried uint64 // offset from which on no frame was looked for yet
	marks []mark // segments in buf, in order
	found [8]candidate
	n     int
}

// mark is where a segment begins.
type mark struct {
	at  uint64
	cur segment
}

// candidate is a chain of frame headers.
type candidate struct {
	start, next uint64 // offsets of its first header and of the one it awaits
	n           int    // headers so far
}

// begin begins a search at offset at.
func (k *seek) begin(at uint64) {
	*k = seek{buf: k.buf[:0], base: at, first: at, tried: at, marks: k.marks[:0]}
}

// step looks at the nine bytes at offset at. It returns the chain that they complete.
func (k *seek) step(at uint64, most uint32) (done candidate, ok bool) {
	b := k.buf[at-k.base:]
	if b[0] != 0 && uint32(b[0])<<16 > most {
		for i := 0; i < k.n; i++ {
			if k.found[i].next == at {
				k.drop(i)
				i--
			}
		}
		return done, false
	}
	good := consistent(b, most)
	next := at + frameHeader + uint64(b[0])<<16 + uint64(b[1])<<8 + uint64(b[2])
	for i := 0; i < k.n; i++ {
		c := &k.found[i]
		if c.next != at {
			continue
		}
		if !good {
			k.drop(i)
			i--
			continue
		}
		if c.next, c.n = next, c.n+1; c.n == enough {
			return *c, true
		}
		good = false // the start of no other chain, and two that meet are one
	}
	if good && k.n < len(k.found) {
		k.found[k.n] = candidate{start: at, next: next, n: 1}
		k.n++
	}
	return done, false
}

func (k *seek) drop(i int) {
	k.n--
	copy(k.found[i:k.n], k.found[i+1:])
}

// search takes delivered bytes while the place of frames is not known.
func (c *Conn) search(dst []message.Event, s *side, in []byte) []message.Event {
	k := &s.seek
	if len(in) == 0 {
		return dst
	}
	if held := c.pool.limits.Held; len(k.buf) > 2*held {
		cut := len(k.buf) - held
		dst = c.skip(dst, s, uint64(cut))
		k.buf = k.buf[:copy(k.buf, k.buf[cut:])]
		k.base += uint64(cut)
		i := 0
		for i+1 < len(k.marks) && k.marks[i+1].at <= k.base {
			i++
		}
		k.marks = k.marks[:copy(k.marks, k.marks[i:])]
	}
	if len(k.marks) < maxMarks {
		k.marks = append(k.marks, mark{s.pos, s.cur})
	}
	k.buf = c.pool.appendTo(k.buf, in)
	s.pos += uint64(len(in))
	for ; k.tried+frameHeader <= s.pos; k.tried++ {
		if done, ok := k.step(k.tried, s.most); ok {
			from := done.start
			if k.tried-from > uint64(c.pool.limits.Held) {
				from = k.tried // what came before is no longer held for certain
			}
			return c.replay(dst, s, from)
		}
	}
	return dst
}

// replay reads what was held from offset from on, where a frame begins.
func (c *Conn) replay(dst []message.Event, s *side, from uint64) []message.Event {
	k := &s.seek
	buf, base, marks, end, cur := k.buf, k.base, k.marks, s.pos, s.cur
	k.buf, k.marks, k.n = nil, nil, 0
	c.pool.discard(buf)
	c.pool.stats.Resyncs++
	dst = c.skip(dst, s, from-base)
	s.state, s.held, s.resynced, s.pos = atFrame, 0, true, from
	s.block.open = false
	for i, m := range marks {
		stop := end
		if i+1 < len(marks) {
			stop = marks[i+1].at
		}
		if start := max(m.at, from); start < stop {
			s.cur = m.cur
			dst = c.data(dst, s, buf[start-base:stop-base])
			if s.over {
				break
			}
		}
	}
	s.cur = cur
	if k.marks == nil {
		k.marks = marks[:0]
	}
	return dst
}

// giveUp drops what is held while frames are looked for.
func (c *Conn) giveUp(dst []message.Event, s *side) []message.Event {
	k := &s.seek
	dst = c.skip(dst, s, uint64(len(k.buf)))
	c.pool.discard(k.buf)
	k.buf = nil
	return dst
}

// lastChance is for the end of a direction: two frames that fill all that came
// after the loss are as good as three.
func (c *Conn) lastChance(dst []message.Event, s *side) []message.Event {
	for _, f := range s.seek.found[:s.seek.n] {
		if f.start == s.seek.first && f.start == s.seek.base && f.n >= 2 && f.next == s.pos {
			return c.tear(c.replay(dst, s, f.start), s)
		}
	}
	return c.giveUp(dst, s)
}
