package reassembly

import "time"

// stubBit marks a table reference to a stub.
const stubBit = 1 << 31

// stub is a connection of which only numbers are kept: before its first data,
// and for a while after its end. Most of a SYN flood's memory is stubs.
type stub struct {
	link
	flow  Flow // originator's direction
	last  int64
	hash  uint32
	state state
	seen  uint8 // bit d: direction d has shown a segment
	hs    handshake
}

// state is the phase of a stub; each has a list in the order of last.
type state uint8

const (
	halfOpen  state = iota // SYN or SYN-ACK seen
	lingering              // closed; handshake.isn is the next sequence number, alt the ISN
	resent                 // the same, and its data were sent again since
	unused                 // handshake complete, no data yet
	numStates
)

// handshake is what SYN and SYN-ACK said, by Dir of the tuple's entry.
type handshake struct {
	isn   [2]uint32
	alt   [2]uint32 // a different ISN seen before
	start int64     // packet time of its first segment
	known uint8     // bit d: isn[d] is valid
	other uint8     // bit d: alt[d] is valid
	orig  Dir       // who sent the SYN; matters only while another connection has the tuple
}

func (s *handshake) has(d Dir) bool { return s.known&(1<<d) != 0 }

// syn notes a SYN of direction d. The ISN that the other side acknowledged
// wins over the latest one that was sent (evasion by repeated SYNs).
func (s *handshake) syn(d Dir, seg *Segment) {
	if s.known == 0 || seg.Flags&ACK == 0 && s.isn[d] != seg.Seq {
		s.start, s.orig = seg.Time, d
	}
	s.set(d, seg.Seq)
	if seg.Flags&ACK != 0 {
		s.orig = d.Other()
		s.set(s.orig, seg.Ack-1)
	}
}

func (s *handshake) set(d Dir, isn uint32) {
	if s.has(d) && s.isn[d] != isn {
		s.alt[d] = s.isn[d]
		s.other |= 1 << d
	}
	s.isn[d] = isn
	s.known |= 1 << d
}

// base returns the sequence number of d's first byte; seq, that of a data
// segment, settles which of two SYNs was meant.
func (s *handshake) base(d Dir, seq uint32) uint32 {
	if s.other&(1<<d) != 0 && seq == s.alt[d]+1 {
		return seq
	}
	return s.isn[d] + 1
}

// firstSYN starts a half-open connection.
func (a *Assembler) firstSYN(dst []Event, hash uint32, seg *Segment) []Event {
	dst = a.reserve(dst)
	flow, d := seg.Flow, Orig
	if seg.Flags&ACK != 0 {
		flow, d = flow.Reverse(), Resp
	}
	i := a.newStub(flow, hash, halfOpen)
	a.stats.HalfOpen++
	return a.early(dst, i, d, seg)
}

func (a *Assembler) newStub(flow Flow, hash uint32, st state) uint32 {
	i := a.stubs.get()
	s := a.stubs.at(i)
	*s = stub{flow: flow, hash: hash, last: a.clock, state: st}
	a.stubLists[st].insert(a.stubLinks, i, 0)
	a.table.add(hash, i|stubBit)
	return i
}

func (a *Assembler) dropStub(i uint32) {
	s := a.stubs.at(i)
	a.table.remove(s.hash, i|stubBit)
	a.stubLists[s.state].remove(a.stubLinks, i)
	a.stubs.put(i)
}

// touch moves stub i to the end of the list of st.
func (a *Assembler) touch(i uint32, st state) {
	s := a.stubs.at(i)
	a.stubLists[s.state].remove(a.stubLinks, i)
	s.state, s.last = st, max(s.last, a.clock)
	a.stubLists[st].insert(a.stubLinks, i, 0)
}

func (a *Assembler) timeout(st state) int64 {
	switch st {
	case halfOpen:
		return int64(a.cfg.HalfOpenTimeout)
	case lingering:
		return int64(a.cfg.Linger)
	case resent:
		return resentLinger
	}
	return int64(a.cfg.IdleTimeout)
}

// resentLinger is how long a closed connection is remembered after a
// retransmission; the next one comes after twice the time (RFC 6298, Section 5.5),
// up to a minute.
const resentLinger = int64(time.Minute)

// early takes a segment of a stub.
func (a *Assembler) early(dst []Event, i uint32, d Dir, seg *Segment) []Event {
	s := a.stubs.at(i)
	hash := s.hash
	s.flow.Net = max(s.flow.Net, seg.Flow.Net) // the kind of tunnel that one direction shows
	switch {
	case a.clock-s.last > a.timeout(s.state):
		a.forget(i)
		return a.first(dst, hash, seg)
	case s.state == lingering || s.state == resent:
		return a.late(dst, i, d, seg)
	case seg.Flags&RST != 0:
		a.refuse(i, d, seg)
		return dst
	case seg.Flags&SYN != 0:
		if s.has(d) && s.hs.isn[d] == seg.Seq {
			a.stats.OldSYN++
		}
		s.hs.syn(d, seg)
		a.touch(i, halfOpen)
	case s.has(d) && !s.fitsFirst(d, seg):
		a.stats.OutOfWindow++
		return dst
	}
	s.seen |= 1 << d
	if o := d.Other(); seg.Flags&(SYN|ACK) == ACK && s.hs.other&(1<<o) != 0 && seg.Ack == s.hs.alt[o]+1 {
		s.hs.isn[o], s.hs.alt[o] = s.hs.alt[o], s.hs.isn[o] // of two SYN-ACKs the acknowledged one counts
	}
	if len(seg.Payload) > 0 || seg.Cut > 0 || seg.Flags&FIN != 0 {
		return a.promote(dst, i, d, seg)
	}
	if seg.Flags&SYN == 0 && (s.state == unused || d == Orig && s.hs.known == 3) {
		a.touch(i, unused)
	}
	return dst
}

func (s *stub) has(d Dir) bool { return s.hs.has(d) }

// fitsFirst reports whether a segment without SYN may follow the handshake: it
// is no retransmission of an older connection on the tuple.
func (s *stub) fitsFirst(d Dir, seg *Segment) bool {
	rel := int32(seg.Seq - s.hs.base(d, seg.Seq))
	if rel == -1 && len(seg.Payload) <= 1 && seg.Flags&FIN == 0 {
		return true // keep-alive
	}
	return 0 <= rel && rel < farWindow
}

// refuse drops a half-open connection for a RST that acknowledges the SYN or
// stands next to it (RFC 9293, Section 3.10.7.3).
func (a *Assembler) refuse(i uint32, d Dir, seg *Segment) {
	s := a.stubs.at(i)
	o := d.Other()
	acks := seg.Flags&ACK != 0 && s.has(o) && seg.Ack == s.hs.isn[o]+1
	next := s.has(d) && seg.Seq == s.hs.isn[d]+1
	if !acks && !next {
		a.stats.BadRST++
		return
	}
	a.stats.Refused++
	a.dropStub(i)
}

// promote makes a Conn of a stub whose first data or FIN has come.
func (a *Assembler) promote(dst []Event, i uint32, d Dir, seg *Segment) []Event {
	s := *a.stubs.at(i)
	a.stubLists[s.state].remove(a.stubLinks, i)
	var c *Conn
	dst, c = a.open(dst, s.hash, s.flow, s.hs.start)
	a.table.change(s.hash, i|stubBit, c.index)
	a.stubs.put(i)
	c.seen = s.seen
	c.OneSided = s.seen != 3
	for e := Orig; e <= Resp; e++ {
		if !s.has(e) {
			continue
		}
		h := &c.half[e]
		h.known, h.next = true, s.hs.isn[e]+1
		if e == d {
			h.next = s.hs.base(e, seg.Seq)
		}
	}
	return a.segment(dst, c, d, seg)
}

// late takes a segment of a tuple whose connection has closed: its
// retransmissions and acknowledgements are ignored, anything else is new.
func (a *Assembler) late(dst []Event, i uint32, d Dir, seg *Segment) []Event {
	s := a.stubs.at(i)
	hash := s.hash
	old := true
	switch {
	case seg.Flags&RST != 0:
	case seg.Flags&SYN != 0:
		old = s.has(d) && seg.Seq == s.hs.alt[d]
	case len(seg.Payload) > 0 || seg.Cut > 0:
		old = s.has(d) && near(seg.Seq, s.hs.isn[d], lateWindow)
	}
	if !old {
		a.dropStub(i)
		return a.first(dst, hash, seg)
	}
	if len(seg.Payload) > 0 {
		a.touch(i, resent)
	}
	a.stats.Late++
	return dst
}

// forget drops a stub whose time is over.
func (a *Assembler) forget(i uint32) {
	if a.stubs.at(i).state == halfOpen {
		a.stats.HalfOpenTimeouts++
	}
	a.dropStub(i)
}
