package ipfrag

// Key identifies the datagram of a fragment (RFC 791, Section 3.2: addresses, protocol,
// identification), and the overlay network it was seen in.
type Key struct {
	Src, Dst [16]byte // IPv4 mapped as in reassembly.Addr
	ID       uint32   // 16 bits for IPv4
	Net      uint32   // as reassembly.Flow.Net
	Proto    uint8    // IPv4 protocol, IPv6 next header of the fragment header
	V6       bool
}

// Fragment is one fragment.
type Fragment struct {
	Key     Key
	Time    int64 // packet time, nanoseconds since the Unix epoch
	Offset  int   // bytes, a multiple of 8
	More    bool  // more fragments follow
	Payload []byte
	Len     int // bytes on the wire, ≥ len(Payload)
}

// Datagram is a reassembled payload.
type Datagram struct {
	Payload []byte // contiguous from offset 0; shorter than Len iff a fragment was cut
	Len     int    // bytes on the wire
}

// Outcome says what became of a fragment.
type Outcome uint8

// Outcomes.
const (
	Held      Outcome = iota // kept until the datagram is complete
	Complete                 // it completed a datagram
	Duplicate                // nothing new in it
	Rejected                 // malformed, contradictory or too small: ignored
	Dropped                  // it belongs to a datagram that was given up
)

// Config sets the limits. Zero values mean the defaults of the package comment.
type Config struct {
	Bytes   int   // hard limit on the bytes held
	Timeout int64 // nanoseconds of packet time
}

const (
	defaultBytes   = 32 << 20
	defaultTimeout = 60e9
	duplicateSpan  = 2e9 // how long a completed datagram is remembered

	datagramOverhead = 512 // map slot, entry, slice headers and rounding
	fragmentOverhead = 24  // one span

	maxSpare     = 64 // entries kept for re-use, of at most maxSpareSize bytes each
	maxSpareSize = 8 << 10

	maxDatagram = 65535
	tinyLen     = 48
	maxTiny     = 256
)

// Stats are a table's counters, in fragments unless said otherwise.
type Stats struct {
	Fragments  uint64 // offered
	Completed  uint64 // datagrams
	Duplicates uint64 // exact duplicates
	Overlaps   uint64 // fragments that overlapped another one otherwise than as its duplicate
	Conflicts  uint64 // overlaps whose bytes differed, or that contradicted the length
	Rejected   uint64 // malformed or contradictory
	Tiny       uint64 // shorter than any sender has reason for, accepted or not
	Dropped    uint64 // fragments of datagrams that had been given up

	// Datagrams that were given up: for too many tiny fragments, by RFC 5722, for their age, and
	// at the byte limit.
	TinyDropped, OverlapV6, TimedOut, Evicted uint64
}

// Table holds incomplete datagrams.
type Table struct {
	cfg     Config
	entries map[Key]*entry
	open    list // incomplete or given up, oldest first
	done    list // completed less than duplicateSpan ago, oldest first
	held    int  // bytes charged; Invariant: the sum of entry.cost, ≤ cfg.Bytes after each Add
	stats   Stats
	out     []byte // the last Datagram's payload
	spare   []*entry
}

// New returns an empty table.
func New(cfg Config) *Table {
	if cfg.Bytes == 0 {
		cfg.Bytes = defaultBytes
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultTimeout
	}
	t := &Table{cfg: cfg, entries: make(map[Key]*entry)}
	t.open.init()
	t.done.init()
	return t
}

// Stats returns the counters so far.
func (t *Table) Stats() Stats { return t.stats }

// Held returns the number of bytes charged against Config.Bytes.
func (t *Table) Held() int { return t.held }

// Add takes one fragment. The datagram is valid iff the outcome is Complete. Packet
// time may run backwards: it then ages nothing.
func (t *Table) Add(f *Fragment) (Datagram, Outcome) {
	t.stats.Fragments++
	t.Expire(f.Time)
	if !f.valid() {
		t.stats.Rejected++
		return Datagram{}, Rejected
	}
	e := t.entries[f.Key]
	if e != nil && e.state == completed {
		if e.repeats(f) {
			t.stats.Duplicates++
			return Datagram{}, Duplicate
		}
		t.remove(e) // the identification is used again
		e = nil
	}
	if e == nil {
		e = t.add(f.Key, f.Time)
	}
	out := t.merge(e, f)
	if out == Held && e.full() {
		return t.complete(e, f.Time), Complete
	}
	t.charge(e)
	return Datagram{}, out
}

// valid reports whether f can be part of a datagram (RFC 791, Section 3.2; RFC 8200, Section 4.5).
func (f *Fragment) valid() bool {
	return f.Len > 0 && len(f.Payload) <= f.Len && f.Offset >= 0 && f.Offset%8 == 0 &&
		f.Offset+f.Len <= maxDatagram && (!f.More || f.Len%8 == 0)
}

// merge adds f to the datagram e by the policy of its IP version.
func (t *Table) merge(e *entry, f *Fragment) Outcome {
	if e.state == givenUp {
		t.stats.Dropped++
		return Dropped
	}
	if e.repeats(f) {
		t.stats.Duplicates++
		return Duplicate
	}
	overlap, differ := e.overlap(f)
	wrongLength := e.contradicts(f)
	if overlap {
		t.stats.Overlaps++
	}
	if differ || wrongLength {
		t.stats.Conflicts++
	}
	switch {
	case f.Key.V6 && (overlap || wrongLength):
		t.stats.OverlapV6++
		e.giveUp()
		return Dropped
	case wrongLength:
		t.stats.Rejected++
		return Rejected
	case f.More && f.Len < tinyLen:
		t.stats.Tiny++
		if e.tiny++; e.tiny > maxTiny {
			t.stats.TinyDropped++
			e.giveUp()
			return Dropped
		}
	}
	if !f.More {
		e.last = f.Offset + f.Len
	}
	e.insert(f)
	return Held
}

// complete returns the payload of e and keeps e to recognize duplicates.
func (t *Table) complete(e *entry, now int64) Datagram {
	t.stats.Completed++
	t.out = e.appendTo(t.out[:0])
	d := Datagram{Payload: t.out, Len: e.last}
	e.state, e.first = completed, now
	e.unlink()
	t.done.push(e)
	t.charge(e)
	return d
}

// charge brings the books up to date with e and evicts until the limit holds.
func (t *Table) charge(e *entry) {
	cost := e.size()
	t.held += cost - e.cost
	e.cost = cost
	for t.held > t.cfg.Bytes {
		if old := t.done.oldest(); old != nil { // only a memory of what is finished
			t.remove(old)
			continue
		}
		old := t.open.oldest()
		if old == nil {
			return
		}
		t.stats.Evicted++
		t.remove(old)
	}
}

// Expire drops the datagrams that are too old at packet time now. Add does so itself.
func (t *Table) Expire(now int64) {
	for e := t.done.oldest(); e != nil && now-e.first > duplicateSpan; e = t.done.oldest() {
		t.remove(e)
	}
	for e := t.open.oldest(); e != nil && now-e.first > t.cfg.Timeout; e = t.open.oldest() {
		t.stats.TimedOut++
		t.remove(e)
	}
}

// add begins a datagram.
func (t *Table) add(key Key, now int64) *entry {
	e := new(entry)
	if n := len(t.spare); n > 0 {
		e, t.spare = t.spare[n-1], t.spare[:n-1]
	}
	*e = entry{key: key, first: now, last: -1, spans: e.spans[:0], buf: e.buf[:0]}
	t.entries[key] = e
	t.open.push(e)
	return e
}

// remove forgets e; small ones are kept for re-use.
func (t *Table) remove(e *entry) {
	e.unlink()
	t.held -= e.cost
	delete(t.entries, e.key)
	if len(t.spare) < maxSpare && e.size() <= maxSpareSize {
		t.spare = append(t.spare, e)
	}
}
