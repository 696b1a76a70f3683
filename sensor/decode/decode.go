package decode

import (
	"wirecensus/reassembly"
	"wirecensus/reassembly/ipfrag"
	"wirecensus/sensor/capture"
)

// MaxTunnels is how many tunnels inside each other are decoded.
const MaxTunnels = 4

const maxHeaders = 64

// Config sets what a decoder does.
type Config struct {
	// Fragments are the limits of the defragmenter.
	Fragments ipfrag.Config
	// IgnoreTunnelID leaves identifiers (VNI, key, session) out of Flow.Net, for mirrors
	// that show the two directions of a connection under two of them. Overlay networks with
	// overlapping addresses then mix.
	IgnoreTunnelID bool
	// Checksums says what becomes of segments with a wrong TCP checksum.
	Checksums Checksums
}

// Decoder decodes frames. It holds the fragments of incomplete datagrams.
type Decoder struct {
	cfg   Config
	frags *ipfrag.Table
	trial trial

	// of the latest TCP or UDP frame; see Header.
	header []byte
	id     uint32
}

// New returns a decoder.
func New(cfg Config) *Decoder {
	return &Decoder{cfg: cfg, frags: ipfrag.New(cfg.Fragments)}
}

// Fragments returns the counters of the defragmenter.
func (d *Decoder) Fragments() ipfrag.Stats { return d.frags.Stats() }

// Header returns the transport header of the frame decoded last and the identification
// of the IP packet that carried it, 0 where it had none. They are valid if the verdict
// was TCP or UDP, as long as the frame's data are.
func (d *Decoder) Header() (header []byte, id uint32) { return d.header, d.id }

// Expire drops the fragments that are too old at packet time now.
func (d *Decoder) Expire(now int64) { d.frags.Expire(now) }

// Frame decodes f into seg. seg is overwritten if the verdict is TCP or UDP, and
// undefined otherwise.
func (d *Decoder) Frame(f *capture.Frame, seg *reassembly.Segment) Verdict {
	p := packet{d: d, seg: seg, b: f.Data, wire: max(f.WireLen, len(f.Data))}
	seg.Time = f.Time
	return p.link(f.Link)
}

// packet is a frame being decoded: what is left of it, and what was learnt.
type packet struct {
	d       *Decoder
	seg     *reassembly.Segment // Flow and Time are filled on the way
	b       []byte              // the captured bytes from the next header on
	wire    int                 // bytes on the wire from there on. Invariant: ≥ len(b)
	net     uint32              // what will be Flow.Net
	id      uint32              // the identification of the innermost IP header so far, 0 none
	tunnels int
	headers int
}

// skip drops n bytes that are known to be there.
func (p *packet) skip(n int) {
	p.b = p.b[n:]
	p.wire -= n
}

// missing is the verdict when n bytes are needed and fewer were captured: the capture's
// fault if they were on the wire, the sender's otherwise.
func (p *packet) missing(n int) Verdict {
	if p.wire >= n {
		return TruncatedHeader
	}
	return BadHeader
}

// limit cuts the packet to n bytes on the wire. A larger n than is left is believed:
// mirrors cut packets and forget to say so.
func (p *packet) limit(n int) {
	p.b = p.b[:min(n, len(p.b))]
	p.wire = n
}

// deeper counts a header and reports whether there were too many.
func (p *packet) deeper() bool {
	p.headers++
	return p.headers > maxHeaders
}

// enter begins a tunnel and reports whether there are too many around it.
func (p *packet) enter(kind TunnelKind, id uint32) (tooDeep bool) {
	if p.d.cfg.IgnoreTunnelID {
		id = 0
	}
	p.net = Net(p.net, kind, id)
	p.tunnels++
	return p.tunnels > MaxTunnels
}
