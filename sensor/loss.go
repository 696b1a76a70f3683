package sensor

import (
	"wirecensus/reassembly"
	"wirecensus/schemas"
	"wirecensus/sensor/decode"
	"wirecensus/sensor/shed"
)

// lossSoFar is what is known of the loss on one connection.
type lossSoFar struct {
	service  string // of the latest call, "" before the first
	gapBytes uint64 // gaps and cuts
	gaps     uint32
	counted  bool   // among the connections of its host
	booked   uint64 // of conn.bytes
}

// bookEvery is the number of bytes after which a connection that goes on is booked.
const bookEvery = 1 << 20

// lost takes a gap.
func (c *conn) lost(s *shard, ev *reassembly.Event) {
	c.loss.gapBytes += ev.Len
	c.loss.gaps++
	c.book(s)
}

// bookCall notes the service of a call; the loss on a connection is that of the service called last.
func (c *conn) bookCall(s *shard, service string) {
	if service != "" && service != c.loss.service {
		c.book(s)
		c.loss.service = service
	} else if c.bytes-c.loss.booked >= bookEvery {
		c.book(s)
	}
}

// host returns where to book the connections to an address.
func (b *books) host(a reassembly.Addr) *schemas.HostCoverage {
	name, ok := b.names[a]
	if !ok {
		if len(b.names) >= maxNames {
			clear(b.names)
		}
		name = a.AddrPort().String()
		b.names[a] = name
	}
	return b.hosts.at(name)
}

// book moves what is known of the connection's loss to its host and service, and returns the host's.
func (c *conn) book(s *shard) *schemas.HostCoverage {
	l := &c.loss
	h := s.books.host(c.serverAddress())
	if !l.counted {
		l.counted = true
		h.Connections++
	}
	n := c.bytes - l.booked
	l.booked = c.bytes
	h.StreamBytes += n
	h.GapBytes += l.gapBytes
	h.Gaps += uint64(l.gaps)
	if l.service != "" {
		v := s.books.services.at(l.service)
		v.StreamBytes += n
		v.GapBytes += l.gapBytes
		v.Gaps += uint64(l.gaps)
	}
	l.gapBytes, l.gaps = 0, 0
	return h
}

// bookHost books a connection that is over.
func (c *conn) bookHost(s *shard) {
	h := c.book(s)
	if c.tcp.OneSided {
		h.OneSided++
	}
	if c.mode == opaque || c.mode == searching {
		h.Opaque++
	}
	if c.left {
		h.Shed++
	}
}

// mark is what had been counted at a mark of packet time.
type mark struct {
	streamBytes, gapBytes, acks, ackGaps, connections, oneSided, calls, shed uint64
}

// bookInterval books what was counted since the mark before to the interval that ends with the mark at now.
func (s *shard) bookInterval(now int64) {
	st, b := s.asm.Stats(), s.books
	to := mark{streamBytes: st.DataBytes, gapBytes: st.GapBytes + st.CutBytes, acks: st.Acks, ackGaps: st.GapsByAck, connections: st.Connections, oneSided: st.OneSided,
		calls: b.calls, shed: b.shed.bodies + b.shed.connections}
	was := b.booked
	if b.booked = to; to == was {
		return
	}
	i := b.intervals.At(schemas.Time(now))
	i.StreamBytes += to.streamBytes - was.streamBytes
	i.GapBytes += to.gapBytes - was.gapBytes
	i.Acks += to.acks - was.acks
	i.AckGaps += to.ackGaps - was.ackGaps
	i.Connections += to.connections - was.connections
	i.OneSided += to.oneSided - was.oneSided
	i.Calls += to.calls - was.calls
	i.Shed += to.shed - was.shed
}

// shedCounts are what was left out.
type shedCounts struct{ bodies, responses, connections, bytes uint64 }

func (c *shedCounts) add(o *shedCounts) {
	c.bodies += o.bodies
	c.responses += o.responses
	c.connections += o.connections
	c.bytes += o.bytes
}

// fillLoss writes what is known by host and interval, and what was left out, into a coverage.
func (b *books) fillLoss(cov *schemas.Coverage) {
	if cov.Hosts = b.hosts.named; *b.hosts.rest != (schemas.HostCoverage{}) {
		cov.Hosts[schemas.OtherNames] = b.hosts.rest
	}
	if len(b.intervals.List) > 0 {
		if cov.Intervals == nil {
			cov.Intervals = new(schemas.Intervals)
		}
		cov.Intervals.Add(&b.intervals)
	}
	for what, n := range map[string]uint64{"bodies": b.shed.bodies, "responses": b.shed.responses, "connections": b.shed.connections, "bytes": b.shed.bytes} {
		if n == 0 {
			continue
		}
		if cov.Shed == nil {
			cov.Shed = map[string]uint64{}
		}
		cov.Shed[what] += n
	}
}

// frontMark is what the front had counted at a mark.
type frontMark struct{ frames, undecoded, kernelDrops, queueDrops uint64 }

// bookInterval is shard.bookInterval for what the front counts.
func (f *front) bookInterval(now int64) {
	to := frontMark{frames: f.frames}
	for v, n := range f.verdicts {
		if decode.Verdict(v) != decode.TCP {
			to.undecoded += n
		}
	}
	if f.live != nil {
		to.kernelDrops = f.live.Stats().Drops
	}
	for _, q := range f.queues {
		to.queueDrops += q.dropped
	}
	was := f.booked
	if f.booked = to; to == was {
		return
	}
	i := f.intervals.At(schemas.Time(now))
	i.Frames += to.frames - was.frames
	i.Undecoded += to.undecoded - was.undecoded
	i.KernelDrops += to.kernelDrops - was.kernelDrops
	i.QueueDrops += to.queueDrops - was.queueDrops
}

// setLevel changes how much is left out.
func (s *shard) setLevel(l shed.Level) {
	if l != s.level {
		s.level = l
		s.known.Level(l)
	}
}
