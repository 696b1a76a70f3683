package synth

import "iter"

// Frame is one captured frame.
type Frame struct {
	Time int64 // ns since the Unix epoch
	Len  int   // bytes on the wire
	Data []byte
}

// Capture is a capture that can be read once.
type Capture struct {
	Link    Link
	SnapLen int // bytes kept of a frame, 0 keeps all
	Trouble Trouble
	Seed    uint64
	// Conversations yields the conversations in the order of their start.
	Conversations iter.Seq[*Conversation]
	// Noise are whole Ethernet frames that are no TCP, in order of time. They
	// are shown on Ethernet only.
	Noise []Frame
	// Secrets is a key log in NSS format that opens connections in TLS. Files in
	// pcapng carry it.
	Secrets []byte
	// Truth is complete when all frames were read.
	Truth *Truth
}

// New returns a clean Ethernet capture of the conversations, which must be in order of start.
func New(seed uint64, conversations ...*Conversation) *Capture {
	return &Capture{Link: Ethernet, Seed: seed, Truth: &Truth{Seed: seed}, Conversations: func(yield func(*Conversation) bool) {
		for _, c := range conversations {
			if !yield(c) {
				return
			}
		}
	}}
}

// schedule merges the running conversations by the time of their next packet.
type schedule struct {
	heap  []*conn
	order uint64
}

func (k *conn) next() int64 { return k.queue[k.head].at }

func (k *conn) before(o *conn) bool {
	a, b := k.next(), o.next()
	return a < b || a == b && k.order < o.order
}

func (s *schedule) push(k *conn) {
	s.heap = append(s.heap, k)
	for i := len(s.heap) - 1; i > 0; {
		up := (i - 1) / 2
		if !s.heap[i].before(s.heap[up]) {
			break
		}
		s.heap[i], s.heap[up] = s.heap[up], s.heap[i]
		i = up
	}
}

// sink restores the order after the first conversation moved on.
func (s *schedule) sink() {
	h, i := s.heap, 0
	for {
		c := 2*i + 1
		if c >= len(h) {
			return
		}
		if c+1 < len(h) && h[c+1].before(h[c]) {
			c++
		}
		if !h[c].before(h[i]) {
			return
		}
		h[i], h[c] = h[c], h[i]
		i = c
	}
}

func (s *schedule) drop() {
	last := len(s.heap) - 1
	s.heap[0], s.heap[last] = s.heap[last], nil
	s.heap = s.heap[:last]
	s.sink()
}

// player is the state of one reading of a capture.
type player struct {
	*Capture
	dice  dice
	sched schedule
	buf   []byte
	opts  [40]byte
	burst int // packets of a running burst of losses
	// place and opens are, with Trouble.BurstEvery, the next packet's position in its stretch and the burst's there.
	place, opens int
	yield        func(Frame) bool
	ended        bool
}

// Frames yields the frames in the order of capture. The data of a frame is valid
// until the next one is asked for.
func (c *Capture) Frames() iter.Seq[Frame] {
	return func(yield func(Frame) bool) {
		p := &player{Capture: c, dice: newDice(c.Seed, "wire"), yield: yield}
		next, stop := iter.Pull(c.Conversations)
		defer stop()
		p.play(next)
	}
}

func (p *player) play(next func() (*Conversation, bool)) {
	noise := p.Noise
	pending, more := next()
	for !p.ended && (more || len(p.sched.heap) > 0) {
		for more && (len(p.sched.heap) == 0 || pending.Start <= p.sched.heap[0].next()) {
			p.start(pending)
			pending, more = next()
		}
		if len(p.sched.heap) == 0 {
			continue
		}
		k := p.sched.heap[0]
		for len(noise) > 0 && noise[0].Time <= k.next() && !p.ended {
			if p.Link == Ethernet {
				p.Truth.Frames++
				p.ended = !p.yield(noise[0])
			}
			noise = noise[1:]
		}
		p.emit(k, &k.queue[k.head])
		k.head++
		p.step(k)
	}
}

func (p *player) start(c *Conversation) {
	t := &p.Trouble
	if t.Midstream > 0 && p.dice.chance(t.Midstream) {
		c.Skip = 3 + p.dice.IntN(8)
	}
	if t.OneSided > 0 && p.dice.chance(t.OneSided) {
		c.OneSided, c.Only = true, Side(p.dice.IntN(2))
	}
	if t.Close > 0 && p.dice.chance(t.Close) {
		c.End = EndReset + End(p.dice.IntN(2))
	}
	p.sched.order++
	k := newConn(p.Link, c, p.dice, p.sched.order)
	p.Truth.Connections++
	if k.fill(p.dice, t) {
		p.sched.push(k)
	}
}

// step moves conversation k, the first of the schedule, to its next packet or out.
func (p *player) step(k *conn) {
	if k.head < len(k.queue) {
		p.sched.sink()
		return
	}
	p.Truth.settle(k)
	if k.fill(p.dice, &p.Trouble) {
		p.sched.sink()
		return
	}
	p.sched.drop()
	if k.c.Then != nil {
		if c := k.c.Then(k.now); c != nil {
			p.start(c)
		}
	}
}

func (p *player) emit(k *conn, q *packet) {
	if k.skip > 0 {
		k.skip--
		return
	}
	if k.c.OneSided && q.side != k.c.Only {
		return
	}
	if p.lost() {
		p.Truth.Dropped++
		return
	}
	s := k.segment(q, p.opts[:0])
	s.badSum = p.Trouble.BadChecksum && q.side == Server
	r := &k.route[q.side]
	p.buf = r.appendFrame(p.buf[:0], &s, p.Link == Ethernet)
	f := Frame{Time: q.at, Len: len(p.buf), Data: p.buf}
	got := int32(len(s.head) + len(s.body))
	if p.SnapLen > 0 && f.Len > p.SnapLen {
		payload := len(r.hdr) + 20 + len(s.options)
		got = min(got, int32(max(p.SnapLen-payload, 0)))
		f.Data = f.Data[:p.SnapLen]
	}
	if q.n > 0 {
		if q.off == 0 && k.msgs[q.msg].Side == Client {
			k.msgs[q.msg].Call.seen(q.at)
		}
		k.captured(q, got)
		p.Truth.DataFrames++
	}
	p.Truth.Frames++
	p.Truth.FrameBytes += uint64(f.Len)
	p.ended = !p.yield(f)
}

// lost decides whether the mirror drops the next packet.
func (p *player) lost() bool {
	t := &p.Trouble
	if t.BurstEvery > 0 {
		if p.place == 0 {
			p.opens = p.dice.IntN(t.BurstEvery - t.BurstLen + 1)
		}
		at := p.place - p.opens
		p.place = (p.place + 1) % t.BurstEvery
		return at >= 0 && at < t.BurstLen || p.dice.chance(t.Loss)
	}
	if p.burst > 0 {
		p.burst--
		return true
	}
	if p.dice.chance(t.Burst) {
		n := max(t.BurstLen, 20)
		if t.BurstLen > 0 {
			n = t.BurstLen
		}
		p.burst = p.dice.IntN(2*n - 1)
		return true
	}
	return p.dice.chance(t.Loss)
}
