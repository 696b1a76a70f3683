package synth

import (
	"encoding/binary"
	"slices"
	"time"
)

// packet is one packet of a conversation before it is laid out as a frame.
type packet struct {
	at       int64
	seq, ack uint32
	msg, off int32 // message of the batch and offset in it; msg -1: no payload
	n        int32
	seg      int32 // first piece it carries
	nseg     int32
	id       uint16
	flags    byte
	side     Side
}

// piece is one run of bytes of a message as it was cut for sending. got is how
// many of them, from the front, are in the capture.
type piece struct{ msg, off, n, got int32 }

// conn runs a conversation: it turns messages into packets, a batch at a time.
type conn struct {
	c     *Conversation
	order uint64 // of arrival in the schedule, breaks ties of time
	route [2]route
	nxt   [2]uint32 // next sequence number of each side
	id    [2]uint16
	now   int64
	owed  [2]int   // segments that the side has not acknowledged yet
	owing [2]int64 // since when
	skip  int
	state uint8

	msgs   []Message
	pieces []piece
	queue  []packet
	head   int
}

const (
	stateNew = iota
	stateOpen
	stateDone
)

// maxSegment is what fits into an IP packet beside the headers, tunnel included.
const maxSegment = 65535 - 160

const delayedAck = 40e6 // ns, as Linux does on an idle connection

func newConn(link Link, c *Conversation, d dice, order uint64) *conn {
	k := &conn{c: c, order: order, now: c.Start, skip: c.Skip}
	for side := range k.route {
		k.route[side] = newRoute(link, c, Side(side))
		k.nxt[side] = d.Uint32()
		k.id[side] = uint16(d.Uint32())
	}
	if c.MSS == 0 {
		c.MSS = 1460
	}
	c.MSS = min(c.MSS, maxSegment)
	if c.Gap == 0 {
		c.Gap = 12e3
	}
	return k
}

// fill makes the packets of the next batch; false means that the conversation is over.
func (k *conn) fill(d dice, t *Trouble) bool {
	k.msgs, k.pieces, k.queue, k.head = k.msgs[:0], k.pieces[:0], k.queue[:0], 0
	for len(k.queue) == 0 {
		switch {
		case k.state == stateDone:
			return false
		case k.state == stateNew:
			k.state = stateOpen
			k.handshake()
			k.msgs = append(k.msgs, k.c.Messages...)
		case k.c.Next != nil:
			k.msgs = k.c.Next(k.msgs)
		}
		for i := range k.msgs {
			k.send(d, t, int32(i))
		}
		if k.c.Next == nil || (len(k.msgs) == 0 && len(k.queue) == 0) {
			k.close()
			k.state = stateDone
		}
	}
	k.disturb(d, t)
	slices.SortStableFunc(k.queue, func(a, b packet) int {
		switch {
		case a.at < b.at:
			return -1
		case a.at > b.at:
			return 1
		}
		return 0
	})
	k.now = max(k.now, k.queue[len(k.queue)-1].at)
	return true
}

// control queues a packet without payload.
func (k *conn) control(at int64, side Side, flags byte) {
	p := packet{at: at, seq: k.nxt[side], msg: -1, flags: flags, side: side, id: k.id[side]}
	k.id[side]++
	if flags&flagACK != 0 {
		p.ack = k.nxt[1-side]
		k.owed[side] = 0
	}
	if flags&(flagSYN|flagFIN) != 0 {
		k.nxt[side]++
	}
	k.queue = append(k.queue, p)
}

func (k *conn) handshake() {
	rtt := int64(k.c.RTT)
	k.control(k.now, Client, flagSYN)
	k.control(k.now+40e3, Server, flagSYN|flagACK)
	k.control(k.now+40e3+rtt, Client, flagACK)
	k.now += 60e3 + rtt
}

// send cuts message i into segments and adds the acknowledgements of its receiver.
func (k *conn) send(d dice, t *Trouble, i int32) {
	m := &k.msgs[i]
	from, to := m.Side, 1-m.Side
	at := k.now + int64(m.After)
	k.settle(at)
	if m.After > 5*time.Second && d.chance(t.KeepAlive) {
		k.probe(at - int64(m.After)/2)
	}
	total, window := int32(m.size()), 0
	cuts := m.Cuts
	if cuts == nil && d.chance(t.Small) {
		cuts = smallCuts(d)
	}
	for off := int32(0); off < total; {
		n := min(int32(k.c.MSS), total-off)
		if len(cuts) > 0 {
			n = min(n, int32(max(cuts[0], 1)))
			if len(cuts) > 1 {
				cuts = cuts[1:]
			}
		}
		p := packet{at: at, seq: k.nxt[from], ack: k.nxt[to], msg: i, off: off, n: n,
			seg: int32(len(k.pieces)), nseg: 1, id: k.id[from], flags: flagACK, side: from}
		if off+n == total {
			p.flags |= flagPSH
		}
		k.id[from]++
		k.owed[from] = 0
		k.pieces = append(k.pieces, piece{msg: i, off: off, n: n})
		k.queue = append(k.queue, p)
		k.nxt[from] += uint32(n)
		off += n
		k.owed[to]++
		k.owing[to] = at
		if k.owed[to] == 2 {
			k.control(at+k.lag(to), to, flagACK)
		}
		if window++; window == 40 {
			window = 0
			at += int64(k.c.RTT)
		}
		at += int64(k.c.Gap) + int64(d.IntN(2000))
	}
	k.now = at
	if !m.Pipelined {
		k.now += int64(k.c.RTT) / 2
	}
}

// lag is how long an acknowledgement by the side takes to reach the mirror,
// which stands near the server.
func (k *conn) lag(side Side) int64 {
	if side == Client {
		return int64(k.c.RTT)
	}
	return 30e3
}

// settle sends the acknowledgements that fall due before at.
func (k *conn) settle(at int64) {
	for side := Client; side <= Server; side++ {
		if due := k.owing[side] + delayedAck; k.owed[side] > 0 && due < at {
			k.control(due, side, flagACK)
		}
	}
}

// probe asks whether the server is still there.
func (k *conn) probe(at int64) {
	k.control(at, Client, flagACK)
	k.queue[len(k.queue)-1].seq--
	k.control(at+30e3, Server, flagACK)
}

func (k *conn) close() {
	first := Client
	if k.c.End == EndServer {
		first = Server
	}
	at := k.now + 200e3
	k.settle(at)
	rtt := int64(k.c.RTT)
	switch k.c.End {
	case EndClient, EndServer:
		k.control(at, first, flagFIN|flagACK)
		k.control(at+60e3+rtt, 1-first, flagFIN|flagACK)
		k.control(at+120e3+2*rtt, first, flagACK)
	case EndReset:
		k.control(at, Client, flagRST|flagACK)
	case EndNone:
	}
	k.now = at + 200e3 + 2*rtt
}

// smallCuts is a way to send the beginning of a message in small segments.
func smallCuts(d dice) []int {
	cuts := make([]int, d.between(2, 12))
	for i := range cuts {
		cuts[i] = d.between(1, 64)
	}
	return append(cuts, 1<<30)
}

// disturb makes second copies and late packets; losses come later, in the order of capture.
func (k *conn) disturb(d dice, t *Trouble) {
	if t.Duplicate == 0 && t.Reorder == 0 && t.Retransmit == 0 {
		return
	}
	n := len(k.queue)
	for i := range n {
		p := k.queue[i]
		if d.chance(t.Duplicate) {
			q := p
			q.at += int64(d.between(1e3, 40e3))
			k.queue = append(k.queue, q)
		}
		if p.n == 0 {
			continue
		}
		if d.chance(t.Retransmit) {
			k.retransmit(d, p)
		}
		if late := i + d.between(1, 3); late < n && d.chance(t.Reorder) {
			k.queue[i].at = max(p.at, k.queue[late].at+1e3)
		}
	}
}

// retransmit queues p again, joined with the piece after it or cut in two half of the time.
func (k *conn) retransmit(d dice, p packet) {
	p.at += int64(d.between(1e6, 5e6))
	p.id = k.id[p.side]
	k.id[p.side]++
	if next := int(p.seg) + 1; d.chance(0.5) && next < len(k.pieces) {
		if q := k.pieces[next]; q.msg == p.msg && int(p.n+q.n) <= k.c.MSS {
			p.n += q.n
			p.nseg++
		}
	}
	k.queue = append(k.queue, p)
}

// captured notes that n bytes of the packet's payload are in the capture.
func (k *conn) captured(p *packet, n int32) {
	for i := p.seg; i < p.seg+p.nseg && n > 0; i++ {
		s := &k.pieces[i]
		s.got = max(s.got, min(s.n, n))
		n -= s.n
	}
}

// segment lays out what varies in packet p.
func (k *conn) segment(p *packet, opts []byte) segment {
	s := segment{seq: p.seq, ack: p.ack, flags: p.flags, id: p.id, window: 501}
	if p.flags&flagSYN != 0 {
		s.window = 64240
		opts = append(opts, 2, 4, byte(k.c.MSS>>8), byte(k.c.MSS), 4, 2, 1, 1, 1, 3, 3, 7)
	}
	if k.c.Timestamps {
		opts = append(opts, 1, 1, 8, 10)
		opts = binary.BigEndian.AppendUint32(opts, uint32(p.at/1e6)+uint32(k.route[p.side].sport)*7919)
		opts = binary.BigEndian.AppendUint32(opts, uint32(p.at/1e6)-1+uint32(k.route[p.side].dport)*7919)
	}
	s.options = opts
	if p.n > 0 {
		m := &k.msgs[p.msg]
		from, to := int(p.off), int(p.off+p.n)
		h := len(m.Head)
		if from < h {
			s.head = m.Head[from:min(to, h)]
		}
		if to > h {
			s.body = m.Body[max(from-h, 0) : to-h]
		}
	}
	return s
}
