package quic

import (
	"bytes"

	"wirecensus/reassembly"
)

// Config bounds a table. The zero Config is the defaults.
type Config struct {
	MaxFlows int // default 65,536
	MaxHeld  int // bytes of handshakes being read, default 16 MiB
}

const (
	defaultFlows = 1 << 16
	defaultHeld  = 16 << 20

	second       = int64(1e9)
	idleAfter    = 300 * second
	givenUpAfter = 10 * second

	// handshakeCost is what a handshake being read costs besides its bytes: keys and pieces.
	handshakeCost = 4 << 10
)

// Stats counts what a table has seen. All counts only grow.
type Stats struct {
	Flows     uint64 // opened
	Unread    uint64 // of those closed: without a ClientHello
	Datagrams uint64 // of flows
	Bytes     uint64 // of their payload
	Bogus     uint64 // Initial packets of no flow that could not be decrypted
	Retries   uint64 // Retry packets of flows
	Evicted   uint64 // flows closed because of MaxFlows
	GivenUp   uint64 // handshakes no longer read because of MaxHeld
	// Versions counts the flows by version, Others the datagrams of versions that are not read, by name.
	Versions, Others map[string]uint64
}

// Flow is one QUIC connection as its UDP flow shows it.
type Flow struct {
	Client, Server reassembly.Addr
	Version        uint32 // of the client's first Initial packet
	Start, Last    int64  // packet time, ns
	Bytes          uint64 // of both directions' payloads
	// Name belongs to the reader.
	Name string
	// Read is set once the ClientHello was handed out.
	Read bool

	key          key
	dcid         [maxID]byte
	ndcid        uint8
	retried      bool // a Retry was seen
	hand         *handshake
	older, newer *Flow // in order of Last
}

// handshake is what is held of a flow until both hellos were read.
type handshake struct {
	flow         *Flow
	keys         [2]*Keys // by Sender
	version      [2]uint32
	streams      [2]stream
	done         [2]bool
	held         int
	older, newer *handshake // in order of their beginning
}

// key is a flow in neither of its directions.
type key struct {
	low, high reassembly.Addr
	net       uint32
}

// EventKind says what an event is.
type EventKind uint8

// Kinds of events.
const (
	Hello       EventKind = iota // the ClientHello was read
	ServerHello                  // the ServerHello was read
	Closed                       // the flow is over
)

// Event is something learnt of a flow. Between Hello, if it comes, and Closed, which comes once for each flow, lies all else.
type Event struct {
	Kind EventKind
	Flow *Flow
	// Message is a handshake message with its header, valid unless Kind is Closed.
	Message []byte
}

// Table is the QUIC flows of one worker.
type Table struct {
	cfg            Config
	flows          map[key]*Flow
	oldest, newest *Flow
	first, last    *handshake
	held           int
	stats          Stats
	scratch        []byte
}

// New returns an empty table.
func New(cfg Config) *Table {
	if cfg.MaxFlows <= 0 {
		cfg.MaxFlows = defaultFlows
	}
	if cfg.MaxHeld <= 0 {
		cfg.MaxHeld = defaultHeld
	}
	return &Table{cfg: cfg, flows: map[key]*Flow{}, stats: Stats{Versions: map[string]uint64{}, Others: map[string]uint64{}}}
}

// Stats returns the counters. Its maps are the table's.
func (t *Table) Stats() Stats { return t.stats }

// Append takes a datagram. Payload may be cut after the first [Wanted] bytes, with Cut
// counting what is missing.
func (t *Table) Append(dst []Event, d *reassembly.Segment) []Event {
	b := d.Payload
	if len(b) == 0 {
		return dst
	}
	if b[0]&0x80 == 0 {
		if b[0]&0x40 != 0 {
			t.count(t.flows[keyOf(&d.Flow)], d)
		} else if name := oldVersion(b); name != "" {
			t.stats.Others[name]++
		}
		return dst
	}
	f := t.flows[keyOf(&d.Flow)]
	for len(b) > 0 {
		p, rest, ok := Next(b)
		if !ok {
			break
		}
		b = rest
		switch p.Kind {
		case Initial:
			dst, f = t.initial(dst, f, d, &p)
		case Retry:
			if f != nil && d.Flow.Src == f.Server {
				t.stats.Retries++
				f.retried = true
			}
		case Foreign:
			if name := VersionName(p.Version); name != "" && f == nil {
				t.stats.Others[name]++
			}
		}
	}
	t.count(f, d)
	return dst
}

// count books a datagram for its flow.
func (t *Table) count(f *Flow, d *reassembly.Segment) {
	if f == nil {
		return
	}
	n := uint64(len(d.Payload)) + uint64(d.Cut)
	f.Bytes += n
	t.stats.Bytes += n
	t.stats.Datagrams++
	f.Last = max(f.Last, d.Time)
	t.unlink(f)
	t.link(f)
}

// initial reads an Initial packet of flow f, nil for one that is not known.
func (t *Table) initial(dst []Event, f *Flow, d *reassembly.Segment, p *Packet) ([]Event, *Flow) {
	if f == nil || d.Flow.Src != f.Server {
		return t.fromClient(dst, f, d, p)
	}
	if h := f.hand; h != nil && !h.done[Server] {
		if frames, ok := t.open(h.keysFor(Server, p.Version), p); ok {
			dst = t.read(dst, h, Server, frames)
		}
	}
	return dst, f
}

// fromClient reads an Initial packet that the client sent, or that opens a flow. One
// that its own connection id protects is the first of a connection, or the first
// after a Retry, which may have been lost: the connection is the same then, the keys
// are others, and the hello comes again from its start (RFC 9000, Section 17.2.5.2).
func (t *Table) fromClient(dst []Event, f *Flow, d *reassembly.Segment, p *Packet) ([]Event, *Flow) {
	if f != nil {
		if h := f.hand; h != nil && !h.done[Client] {
			if frames, ok := t.open(h.keysFor(Client, p.Version), p); ok {
				return t.read(dst, h, Client, frames), f
			}
		}
		if bytes.Equal(p.DCID, f.dcid[:f.ndcid]) {
			return dst, f // sent again, or an acknowledgement
		}
	}
	keys := InitialKeys(p.Version, p.DCID, Client)
	frames, ok := t.open(keys, p)
	switch {
	case !ok && f == nil:
		t.stats.Bogus++
		return dst, nil
	case !ok:
		return dst, f
	case f != nil && (f.retried || f.hand != nil && !f.hand.done[Server]):
		f.retried = false
		f.begin(p)
		h := f.hand
		if h == nil {
			return dst, f
		}
		h.keys, h.version = [2]*Keys{keys}, [2]uint32{p.Version}
		if h.done[Client] {
			return dst, f
		}
		h.streams[Client] = stream{}
		return t.read(dst, h, Client, frames), f
	case f != nil: // another connection between the same ports
		dst = t.close(dst, f)
	}
	dst, f = t.add(dst, d, p)
	f.hand.keys[Client], f.hand.version[Client] = keys, p.Version
	return t.read(dst, f.hand, Client, frames), f
}

// open removes the protection of a packet. The frames are valid until the next call.
func (t *Table) open(k *Keys, p *Packet) ([]byte, bool) {
	if k == nil {
		return nil, false
	}
	frames, ok := k.Open(t.scratch, p)
	if cap(t.scratch) < len(p.raw) {
		t.scratch = make([]byte, 0, 2*len(p.raw))
	}
	return frames, ok
}

// read takes the frames of a direction and hands out its hello when it is whole.
func (t *Table) read(dst []Event, h *handshake, who Sender, frames []byte) []Event {
	s := &h.streams[who]
	s.frames(frames)
	msg, more := s.message()
	if msg != nil {
		kind := Hello
		if who == Server {
			kind = ServerHello
		} else {
			h.flow.Read = true
		}
		dst = append(dst, Event{Kind: kind, Flow: h.flow, Message: msg})
	}
	if !more {
		h.done[who] = true
		h.keys[who], *s = nil, stream{}
	}
	held := handshakeCost + cap(h.streams[0].buf) + cap(h.streams[1].buf)
	if h.done[Client] {
		held -= handshakeCost / 2
	}
	t.held += held - h.held
	h.held = held
	if h.done[Client] && h.done[Server] {
		t.forget(h)
	}
	for t.held > t.cfg.MaxHeld {
		t.stats.GivenUp++
		t.forget(t.first)
	}
	return dst
}

// keysFor returns the keys of a sender. A server may answer in another version, of
// which the client's first connection id is the origin too (RFC 9368, Section 2.3).
func (h *handshake) keysFor(who Sender, version uint32) *Keys {
	if h.keys[who] == nil || h.version[who] != version {
		h.keys[who], h.version[who] = InitialKeys(version, h.flow.dcid[:h.flow.ndcid], who), version
	}
	return h.keys[who]
}

// begin notes the connection id from which the keys of a flow follow.
func (f *Flow) begin(p *Packet) { f.ndcid = uint8(copy(f.dcid[:], p.DCID)) }

// Expire closes flows and gives up handshakes that are silent for too long at packet time now.
func (t *Table) Expire(dst []Event, now int64) []Event {
	for t.first != nil && now-t.first.flow.Start > givenUpAfter {
		t.forget(t.first)
	}
	for t.oldest != nil && now-t.oldest.Last > idleAfter {
		dst = t.close(dst, t.oldest)
	}
	return dst
}

// Close closes all flows.
func (t *Table) Close(dst []Event) []Event {
	for t.oldest != nil {
		dst = t.close(dst, t.oldest)
	}
	return dst
}
