package normalize

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"hash/maphash"
)

// domain separates the digests of different kinds of value, so that equal
// values of different kinds cannot be joined.
type domain byte

const (
	domainToken      domain = 't' // word-like values in shapes
	domainPrincipal  domain = 'p' // who a credential names
	domainCredential domain = 'c' // credentials
	domainID         domain = 'i' // object identifiers
	domainPrint      domain = 'b' // contents
)

// Limits of the digest memory.
const (
	memoSlots = 4096
	memoLen   = 46 // bytes of the longest value remembered
)

// memo remembers the digest of one short value.
type memo struct {
	digest uint64
	domain domain
	n      uint8
	value  [memoLen]byte
}

// digester computes keyed digests: HMAC-SHA-256 (RFC 2104) over the domain, a zero byte
// and the value, cut to its first 64 bits. 0 never comes out: it means none.
type digester struct {
	mac   hash.Hash
	sum   [sha256.Size]byte
	head  [2]byte
	seed  maphash.Seed // places values in memos; never in a digest
	memos []memo
}

func newDigester(key []byte) *digester {
	return &digester{mac: hmac.New(sha256.New, key), seed: maphash.MakeSeed(), memos: make([]memo, memoSlots)}
}

func (d *digester) of(dom domain, value []byte) uint64 {
	if len(value) > memoLen {
		return d.compute(dom, value)
	}
	m := &d.memos[(maphash.Bytes(d.seed, value)+uint64(dom))%memoSlots]
	if m.digest != 0 && m.domain == dom && string(m.value[:m.n]) == string(value) {
		return m.digest
	}
	m.digest, m.domain, m.n = d.compute(dom, value), dom, uint8(len(value))
	copy(m.value[:], value)
	return m.digest
}

func (d *digester) compute(dom domain, value []byte) uint64 {
	d.mac.Reset()
	d.head[0] = byte(dom)
	d.mac.Write(d.head[:])
	d.mac.Write(value)
	v := binary.BigEndian.Uint64(d.mac.Sum(d.sum[:0]))
	if v == 0 {
		return 1
	}
	return v
}
