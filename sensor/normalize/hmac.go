package normalize

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
)

// shaState is the state of SHA-256 in the order F, E, B, A, H, G, D, C.
type shaState [8]uint32

// keyed computes HMAC-SHA-256 (RFC 2104). A short message costs two blocks where the
// processor has instructions for it: the states behind the two pads are kept, and
// nothing but the state is moved. Everything else is left to crypto/hmac.
type keyed struct {
	mac          hash.Hash
	sum          [sha256.Size]byte
	inner, outer shaState // behind the pads
	first        [64]byte // block of the inner hash
	second       [64]byte // of the outer one: the inner sum and its padding
	fast         bool
}

// shortMessage is the length in bytes up to which a message and its padding are one block.
const shortMessage = 55

func newKeyed(key []byte) keyed {
	k := keyed{mac: hmac.New(sha256.New, key), fast: hasSHA}
	if !k.fast {
		return k
	}
	if len(key) > 64 {
		sum := sha256.Sum256(key)
		key = sum[:]
	}
	// The state before the first block, FIPS 180-4, Section 5.3.3.
	initial := shaState{0x9b05688c, 0x510e527f, 0xbb67ae85, 0x6a09e667, 0x5be0cd19, 0x1f83d9ab, 0xa54ff53a, 0x3c6ef372}
	for _, pad := range [2]struct {
		state *shaState
		with  byte
	}{{&k.inner, 0x36}, {&k.outer, 0x5c}} {
		var b [64]byte
		copy(b[:], key)
		for i := range b {
			b[i] ^= pad.with
		}
		shaBlock(pad.state, &initial, &b)
	}
	k.second[sha256.Size] = 0x80
	binary.BigEndian.PutUint16(k.second[62:], (64+sha256.Size)*8)
	return k
}

// prefix returns the first 64 bits of the code of the domain, a zero byte and the value.
func (k *keyed) prefix(dom domain, value []byte) uint64 {
	n := 2 + len(value)
	if !k.fast || n > shortMessage {
		k.mac.Reset()
		k.first[0], k.first[1] = byte(dom), 0
		k.mac.Write(k.first[:2])
		k.mac.Write(value)
		return binary.BigEndian.Uint64(k.mac.Sum(k.sum[:0]))
	}
	b := &k.first
	*b = [64]byte{byte(dom)}
	copy(b[2:], value)
	b[n] = 0x80
	binary.BigEndian.PutUint16(b[62:], uint16((64+n)*8))
	var s shaState
	shaBlock(&s, &k.inner, b)
	for i, at := range [8]int{5, 4, 1, 0, 7, 6, 3, 2} { // places of F, E, B, A, H, G, D, C
		binary.BigEndian.PutUint32(k.second[4*at:], s[i])
	}
	shaBlock(&s, &k.outer, &k.second)
	return uint64(s[3])<<32 | uint64(s[2])
}
