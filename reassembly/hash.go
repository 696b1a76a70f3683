package reassembly

import (
	"encoding/binary"
	"math/bits"
)

// Hash returns a keyed hash of f that is the same for both directions:
// f.Hash(k) == f.Reverse().Hash(k). It serves to spread flows over shards and tables.
// With a secret random key an attacker cannot choose flows that collide; it is no
// cryptographic hash.
func (f Flow) Hash(key uint64) uint64 {
	// The sum of the endpoints' hashes does not depend on their order. A sum, not
	// an exclusive or, so that a flow from an endpoint to itself does not cancel out.
	sum := f.Src.hash(key) + f.Dst.hash(key)
	return fold(sum^hashC0, uint64(f.Overlay())^key^hashC1)
}

// Odd constants with an even spread of bits (the fraction of the golden ratio and wyhash's).
const (
	hashC0 = 0x9e3779b97f4a7c15
	hashC1 = 0xa0761d6478bd642f
	hashC2 = 0xe7037ed1a0b428db
)

func (a *Addr) hash(key uint64) uint64 {
	hi, lo := binary.LittleEndian.Uint64(a.IP[:8]), binary.LittleEndian.Uint64(a.IP[8:])
	h := fold(lo^key^hashC0, hi^bits.RotateLeft64(key, 32)^hashC1)
	return fold(h^hashC2, uint64(a.Port)^key^hashC0)
}

// fold multiplies to 128 bits and folds the halves.
func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}
