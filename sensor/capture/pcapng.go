package capture

import (
	"encoding/binary"
	"io"
	"math"
	"math/bits"
)

// Block types, draft-ietf-opsawg-pcapng, Section 11.1.
const (
	blockSection   = 0x0a0d0d0a
	blockInterface = 1
	blockPacket    = 2 // obsolete
	blockSimple    = 3
	blockEnhanced  = 6
	blockSecrets   = 10
)

const (
	byteOrderMagic = 0x1a2b3c4d
	maxInterfaces  = 4096
	maxSecrets     = 16 << 20
)

// iface is one Interface Description Block.
type iface struct {
	link   LinkType
	snap   uint32 // bytes, 0 means no limit
	res    uint8  // if_tsresol: 10^-res s, or 2^-(res&0x7f) s if the upper bit is set
	offset int64  // if_tsoffset, seconds
}

// ngReader reads pcapng. The bytes of the block delivered last stay in the window
// until the next call.
type ngReader struct {
	w       *window
	big     bool
	ifaces  []iface // of the current section
	pending int64   // bytes left of the current block
	last    int64   // time of the last frame that had one

	secrets []Secret
	held    int // bytes in secrets
	stats   Stats
}

// Secret is one Decryption Secrets Block.
type Secret struct {
	Type uint32 // one of the Secrets constants, or another registered type
	Data []byte
}

// Types of decryption secrets, draft-ietf-opsawg-pcapng, Section 11.2.
const (
	SecretsTLS       = 0x544c534b // an NSS key log
	SecretsWireGuard = 0x57474b4c
	SecretsSSH       = 0x5353484b
)

// ngMagic reports whether head begins a pcapng file: a section header, with a
// byte-order magic as far as head reaches.
func ngMagic(head []byte) bool {
	if len(head) < 4 || binary.LittleEndian.Uint32(head) != blockSection {
		return false
	}
	return len(head) < 12 || binary.LittleEndian.Uint32(head[8:]) == byteOrderMagic ||
		binary.BigEndian.Uint32(head[8:]) == byteOrderMagic
}

func (r *ngReader) next(f *Frame) error {
	for {
		if !r.w.skip(r.pending) {
			r.pending = 0
			return short(r.w)
		}
		r.pending = 0
		h := r.w.peek(12)
		if len(h) < 12 {
			return endOrShort(r.w, len(h))
		}
		if binary.LittleEndian.Uint32(h) == blockSection {
			if err := r.section(h); err != nil {
				return err
			}
			continue
		}
		length := u32(h[4:], r.big)
		if length < 12 || length%4 != 0 {
			return corruptError("a block has an impossible length")
		}
		got, err := r.block(f, u32(h, r.big), length)
		if err != nil {
			return err
		}
		if got {
			return nil
		}
	}
}

// scan reads all blocks to the end and keeps the secrets among them.
func (r *ngReader) scan() error {
	for {
		if !r.w.skip(r.pending) {
			return short(r.w)
		}
		r.pending = 0
		h := r.w.peek(12)
		if len(h) < 12 {
			return endOrShort(r.w, len(h))
		}
		if binary.LittleEndian.Uint32(h) == blockSection {
			if err := r.section(h); err != nil {
				return err
			}
			continue
		}
		kind, length := u32(h, r.big), u32(h[4:], r.big)
		if length < 12 || length%4 != 0 {
			return corruptError("a block has an impossible length")
		}
		r.pending = int64(length)
		if kind == blockSecrets {
			if err := r.addSecret(length); err != nil {
				return err
			}
		}
	}
}

// section handles a Section Header Block: byte order and interfaces start anew.
func (r *ngReader) section(h []byte) error {
	switch uint32(byteOrderMagic) {
	case binary.LittleEndian.Uint32(h[8:]):
		r.big = false
	case binary.BigEndian.Uint32(h[8:]):
		r.big = true
	default:
		return corruptError("a section header has no byte-order magic")
	}
	length := u32(h[4:], r.big)
	if length < 28 || length%4 != 0 {
		return corruptError("a section header has an impossible length")
	}
	if v := r.w.peek(14); len(v) == 14 && u16(v[12:], r.big) != 1 {
		return corruptError("a section is of an unknown major version")
	}
	r.ifaces = r.ifaces[:0]
	r.pending = int64(length)
	return nil
}

// block handles one block of length bytes and reports whether f was filled.
func (r *ngReader) block(f *Frame, kind, length uint32) (bool, error) {
	r.pending = int64(length)
	switch kind {
	case blockEnhanced:
		return r.packet(f, length, 28)
	case blockPacket:
		return r.packet(f, length, 28)
	case blockSimple:
		return r.packet(f, length, 12)
	case blockInterface:
		return false, r.addInterface(length)
	case blockSecrets:
		return false, r.addSecret(length)
	}
	return false, nil
}

// packet handles the three packet blocks; head is the number of bytes before the data.
func (r *ngReader) packet(f *Frame, length uint32, head int) (bool, error) {
	room := int64(length) - int64(head) - 4
	if room < 0 {
		return false, corruptError("a packet block is too short for its head")
	}
	b := r.w.peek(head)
	if len(b) < head {
		return false, short(r.w)
	}
	id, kept, wire, stamp := r.packetHead(b, room)
	if int(id) >= len(r.ifaces) || int64(kept) > room || kept > MaxFrame {
		r.stats.BadBlocks++
		return false, nil
	}
	b = r.w.peek(head + int(kept))
	if len(b) < head+int(kept) {
		return false, short(r.w)
	}
	in := &r.ifaces[id]
	f.Data = b[head:]
	f.WireLen = wireLen(wire, len(f.Data))
	f.Link = in.link
	// A Simple Packet Block has no time: it happened no earlier than the frame before it.
	if head == 28 {
		r.last = in.nanoseconds(stamp)
	}
	f.Time = r.last
	return true, nil
}

// packetHead reads the head of a packet block with room bytes for data and padding.
func (r *ngReader) packetHead(b []byte, room int64) (id, kept, wire uint32, stamp uint64) {
	if len(b) == 12 { // Simple Packet Block: interface 0, length only by the snapshot length
		wire = u32(b[8:], r.big)
		kept = wire
		if len(r.ifaces) > 0 && r.ifaces[0].snap != 0 {
			kept = min(kept, r.ifaces[0].snap)
		}
		return 0, uint32(min(int64(kept), room)), wire, 0
	}
	id = u32(b[8:], r.big)
	if u32(b, r.big) == blockPacket {
		id = uint32(u16(b[8:], r.big)) // followed by a drop count
	}
	stamp = uint64(u32(b[12:], r.big))<<32 | uint64(u32(b[16:], r.big))
	return id, u32(b[20:], r.big), u32(b[24:], r.big), stamp
}

// addInterface handles an Interface Description Block.
func (r *ngReader) addInterface(length uint32) error {
	if length < 20 {
		return corruptError("an interface block is too short")
	}
	if len(r.ifaces) == maxInterfaces {
		r.stats.BadBlocks++
		return nil
	}
	// Options beyond the window cannot matter: the ones that do are short and early.
	b := r.w.peek(int(min(length, windowSize)))
	if len(b) < int(min(length, windowSize)) {
		return short(r.w)
	}
	in := iface{link: LinkType(u16(b[8:], r.big)), snap: u32(b[12:], r.big), res: 6}
	for opts := b[16 : len(b)-4]; len(opts) >= 4; {
		code, n := u16(opts, r.big), int(u16(opts[2:], r.big))
		if code == 0 || 4+n > len(opts) {
			break
		}
		switch v := opts[4 : 4+n]; {
		case code == 9 && n >= 1: // if_tsresol
			in.res = v[0]
		case code == 14 && n >= 8: // if_tsoffset
			in.offset = int64(u64(v, r.big))
		}
		opts = opts[min(len(opts), 4+(n+3)&^3):]
	}
	r.ifaces = append(r.ifaces, in)
	return nil
}

// addSecret handles a Decryption Secrets Block. It copies the secrets as they
// arrive, so that a forged length allocates nothing.
func (r *ngReader) addSecret(length uint32) error {
	if length < 20 {
		return corruptError("a secrets block is too short")
	}
	b := r.w.peek(16)
	if len(b) < 16 {
		return short(r.w)
	}
	s := Secret{Type: u32(b[8:], r.big)}
	n := int64(u32(b[12:], r.big))
	if n > int64(length)-20 {
		r.stats.BadBlocks++
		return nil
	}
	if n > int64(maxSecrets-r.held) {
		r.stats.SecretBytesDropped += uint64(n)
		return nil
	}
	r.w.skip(16)
	r.pending -= 16
	for n > 0 {
		part := r.w.peek(int(min(n, 64<<10)))
		if len(part) == 0 {
			return short(r.w)
		}
		s.Data = append(s.Data, part...)
		n -= int64(len(part))
		r.pending -= int64(len(part))
		r.w.skip(int64(len(part)))
	}
	r.held += len(s.Data)
	r.secrets = append(r.secrets, s)
	return nil
}

func u64(b []byte, big bool) uint64 {
	if big {
		return binary.BigEndian.Uint64(b)
	}
	return binary.LittleEndian.Uint64(b)
}

// nanoseconds converts a block's timestamp, saturating at the ends of int64.
func (in *iface) nanoseconds(stamp uint64) int64 {
	sec, ns := split(stamp, in.res)
	const limit = math.MaxInt64 / 1_000_000_000
	s := int64(min(sec, limit))
	if in.offset > limit-s {
		return math.MaxInt64
	}
	if s += in.offset; s < -limit {
		return math.MinInt64
	}
	return min(s, limit-1)*1e9 + int64(ns)
}

// split returns the whole seconds of stamp and the nanoseconds of the rest.
func split(stamp uint64, res uint8) (sec, ns uint64) {
	if res&0x80 != 0 {
		n := res & 0x7f
		if n >= 64 {
			return 0, 0 // finer than any stamp can say in a second
		}
		sec = stamp >> n
		hi, lo := bits.Mul64(stamp&(1<<n-1), 1e9)
		return sec, hi<<(64-n) | lo>>n
	}
	unit := uint64(1)
	for range min(res, 19) {
		unit *= 10
	}
	if res > 19 {
		return 0, 0
	}
	hi, lo := bits.Mul64(stamp%unit, 1e9)
	ns, _ = bits.Div64(hi, lo, unit)
	return stamp / unit, ns
}

// peekFormat returns the reader for what w holds, or a FormatError without a path.
func peekFormat(w *window, ng *ngReader) (reader, error) {
	head := w.peek(16)
	switch r, ok := pcapMagic(head); {
	case ok:
		r.w = w
		return &r, r.start()
	case ngMagic(head):
		ng.w, ng.big, ng.pending, ng.last = w, false, 0, 0
		ng.ifaces = ng.ifaces[:0]
		return ng, nil
	}
	if err := w.failure(); err != nil && err != io.ErrUnexpectedEOF {
		return nil, damagedHead(err)
	}
	if len(head) == 0 {
		return nil, errEmpty
	}
	return nil, &FormatError{Hint: guess(head)}
}
