package normalize

import (
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
	domainTrace      domain = 'r' // traces and requests
)

// Limits of the digest memory.
const (
	wordSlots = 2048 // pairs of words
	wordLen   = 23   // bytes of the longest word remembered
	memoSlots = 4096
	memoLen   = 55 // bytes of the longest credential remembered
)

// remembered is the digest of one word-like value; two share a cache line.
type remembered struct {
	digest uint64
	n      uint8
	value  [wordLen]byte
}

// memo remembers the digest of one credential.
type memo struct {
	digest uint64
	n      uint8
	value  [memoLen]byte
}

// digester computes keyed digests: HMAC-SHA-256 (RFC 2104) over the domain, a zero byte
// and the value, cut to its first 64 bits. 0 never comes out: it means none.
//
// Words and credentials come again and are remembered, identifiers do not.
type digester struct {
	keyed keyed
	seed  maphash.Seed // places values in the memories; never in a digest
	words [][2]remembered
	memos []memo
}

func newDigester(key []byte) *digester {
	return &digester{keyed: newKeyed(key), seed: maphash.MakeSeed(), words: make([][2]remembered, wordSlots), memos: make([]memo, memoSlots)}
}

func (d *digester) of(dom domain, value []byte) uint64 {
	switch {
	case dom == domainToken && len(value) <= wordLen:
		return d.word(value)
	case dom == domainCredential && len(value) <= memoLen:
		return d.credential(value)
	}
	return d.compute(dom, value)
}

func (d *digester) word(value []byte) uint64 {
	w := &d.words[maphash.Bytes(d.seed, value)%wordSlots]
	if w[0].digest != 0 && string(w[0].value[:w[0].n]) == string(value) {
		return w[0].digest
	}
	if w[1].digest != 0 && string(w[1].value[:w[1].n]) == string(value) {
		w[0], w[1] = w[1], w[0]
		return w[0].digest
	}
	w[1] = w[0]
	w[0].digest, w[0].n = d.compute(domainToken, value), uint8(len(value))
	copy(w[0].value[:], value)
	return w[0].digest
}

func (d *digester) credential(value []byte) uint64 {
	m := &d.memos[maphash.Bytes(d.seed, value)%memoSlots]
	if m.digest == 0 || string(m.value[:m.n]) != string(value) {
		m.digest, m.n = d.compute(domainCredential, value), uint8(len(value))
		copy(m.value[:], value)
	}
	return m.digest
}

func (d *digester) compute(dom domain, value []byte) uint64 {
	v := d.keyed.prefix(dom, value)
	if v == 0 {
		return 1
	}
	return v
}
