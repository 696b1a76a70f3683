package websocket

import (
	"bytes"
	"io"

	"wirecensus/reassembly"
	"wirecensus/sensor/message"
)

// Limits bound what the connections of a Pool may hold, in bytes unless said
// otherwise. The zero value of a field means its default.
type Limits struct {
	Message  int // payload of one message, default 262,144
	Inflated int // content of one message after decompression, default 1,048,576
	Held     int // payload of the unfinished messages of all connections, default 32 MiB
	Step     int // content of the messages that one event finishes, default 4 MiB
	Windows  int // compression contexts, a number, default 1,024
}

// Stats counts what the connections of one Pool did. All counters only grow.
type Stats struct {
	Frames    uint64 // heads read, of control frames too
	Messages  uint64 // handed out
	Truncated uint64 // of these: over a limit
	Gaps      uint64 // of these: content lost
	Coding    uint64 // of these: could not be decompressed
	Control   uint64 // close, ping and pong frames
	NoWindow  uint64 // directions without room for a compression context
	Skipped   uint64 // bytes after a direction stopped being read
}

// Pool holds the limits, counters and spare buffers of the connections of one shard.
type Pool struct {
	limits Limits
	stats  Stats

	held    int      // bytes of unfinished messages
	windows int      // in use
	done    [][]byte // buffers whose content was handed out by the last Append
	spare   [][]byte
	spareW  [][]byte // windows
	out     []byte   // decompressed content of the current Append

	src   bytes.Reader
	flate io.Reader
}

// Sizes of what is kept for reuse.
const (
	maxSpare    = 64       // buffers
	maxSpareLen = 64 << 10 // bytes of one
	windowLen   = 32 << 10 // bytes of a compression context, RFC 1951, Section 2
)

// NewPool returns a Pool with the given limits.
func NewPool(l Limits) *Pool {
	def := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	def(&l.Message, 256<<10)
	def(&l.Inflated, 1<<20)
	def(&l.Held, 32<<20)
	def(&l.Step, 4<<20)
	def(&l.Windows, 1024)
	return &Pool{limits: l}
}

// Stats returns the counters of all connections of p; it stays valid and current.
func (p *Pool) Stats() *Stats { return &p.stats }

// Conn returns a reader for a connection whose client sends in direction client.
func (p *Pool) Conn(client reassembly.Dir, opts Options) *Conn {
	return &Conn{pool: p, client: client, opts: opts}
}

// begin starts an Append: what the last one handed out is free again.
func (p *Pool) begin() {
	for i, b := range p.done {
		p.put(b)
		p.done[i] = nil
	}
	p.done = p.done[:0]
	if cap(p.out) > 4*maxSpareLen {
		p.out = nil
	}
	p.out = p.out[:0]
}

// get returns an empty buffer.
func (p *Pool) get() []byte {
	if n := len(p.spare); n > 0 {
		b := p.spare[n-1]
		p.spare = p.spare[:n-1]
		return b[:0]
	}
	return make([]byte, 0, 512)
}

func (p *Pool) put(b []byte) {
	if cap(b) > 0 && cap(b) <= maxSpareLen && len(p.spare) < maxSpare {
		p.spare = append(p.spare, b)
	}
}

// window returns room for a compression context, nil when there is none left.
func (p *Pool) window() []byte {
	if p.windows >= p.limits.Windows {
		p.stats.NoWindow++
		return nil
	}
	p.windows++
	if n := len(p.spareW); n > 0 {
		w := p.spareW[n-1]
		p.spareW = p.spareW[:n-1]
		return w[:0]
	}
	return make([]byte, 0, windowLen)
}

func (p *Pool) putWindow(w []byte) {
	if w == nil {
		return
	}
	p.windows--
	if len(p.spareW) < maxSpare {
		p.spareW = append(p.spareW, w)
	}
}

// Loss says why a message has no content.
type Loss uint8

// Losses.
const (
	Whole     Loss = iota // nothing is missing
	Truncated             // over a limit of ours
	Gap                   // bytes were not captured, or the connection ended
	Coding                // it could not be decompressed
)

// Message is one data message, or what is known of one.
type Message struct {
	Dir  reassembly.Dir
	Text bool   // as sent: text, else binary (RFC 6455, Section 5.6)
	Loss Loss   // why Data is missing
	Data []byte // the content, decompressed; nil unless Loss is Whole
	Size uint64 // bytes of payload on the wire, those not captured included
	Time int64  // packet time, ns, of its last byte, or of what ended it
}

// Odd are the anomalies of a connection that were not taken yet.
func (c *Conn) Odd() message.Anomalies {
	odd := c.odd
	c.odd = 0
	return odd
}
