package decode

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"
)

// Checksums says what becomes of segments with a wrong TCP checksum.
type Checksums uint8

// Modes.
const (
	// IgnoreChecksums takes all segments. A host that offloads checksums shows those
	// that it sends before its hardware has filled them in.
	IgnoreChecksums Checksums = iota
	// VerifyChecksums drops segments with the verdict BadChecksum.
	VerifyChecksums
	// AutoChecksums looks at the first 1,000 segments and then verifies, unless
	// more than one in 50 of them was wrong.
	AutoChecksums
)

var checksumNames = [...]string{IgnoreChecksums: "ignore", VerifyChecksums: "verify", AutoChecksums: "auto"}

// String returns the mode's name: ignore, verify or auto.
func (c *Checksums) String() string { return checksumNames[*c] }

// Set sets the mode by its name.
func (c *Checksums) Set(name string) error {
	i := slices.Index(checksumNames[:], name)
	if i < 0 {
		return errors.New("it is ignore, verify or auto")
	}
	*c = Checksums(i)
	return nil
}

// Type names what Set takes, as command line flags want it.
func (*Checksums) Type() string { return "mode" }

const (
	trialSegments = 1000
	trialBad      = trialSegments / 50
)

// trial is how AutoChecksums makes up its mind.
type trial struct{ seen, bad int }

// unwanted reports whether the segment in p, TCP header first, is to be dropped for its checksum.
func (d *Decoder) unwanted(p *packet) bool {
	switch {
	case d.cfg.Checksums == IgnoreChecksums || len(p.b) < p.wire:
		return false
	case d.cfg.Checksums == VerifyChecksums:
		return !p.summed()
	case d.trial.seen >= trialSegments:
		return d.trial.bad <= trialBad && !p.summed()
	}
	d.trial.seen++
	if !p.summed() {
		d.trial.bad++
	}
	return false
}

// summed reports whether the TCP checksum is right (RFC 9293, Section 3.1). The
// addresses count as they are stored: what maps IPv4 into IPv6 adds 0xffff, which is
// 0 in ones' complement.
func (p *packet) summed() bool {
	flow := &p.seg.Flow
	acc := sum16(flow.Src.IP[:], uint64(bits.ReverseBytes16(uint16(p.wire)))+uint64(p.wire>>16<<8)+protoTCP<<8)
	acc = sum16(p.b, sum16(flow.Dst.IP[:], acc))
	return fold16(acc) == 0xffff
}

// sum16 adds b, as little-endian words, to a ones' complement sum (RFC 1071, Section 2:
// the byte order does not matter as long as it is kept).
func sum16(b []byte, acc uint64) uint64 {
	var carry uint64
	for len(b) >= 16 {
		acc, carry = bits.Add64(acc, binary.LittleEndian.Uint64(b), 0)
		acc, carry = bits.Add64(acc, binary.LittleEndian.Uint64(b[8:]), carry)
		acc += carry
		b = b[16:]
	}
	acc = fold16(acc)
	for ; len(b) >= 2; b = b[2:] {
		acc += uint64(binary.LittleEndian.Uint16(b))
	}
	if len(b) == 1 {
		acc += uint64(b[0])
	}
	return acc
}

func fold16(acc uint64) uint64 {
	acc = acc>>32 + acc&0xffffffff
	for acc > 0xffff {
		acc = acc>>16 + acc&0xffff
	}
	return acc
}
