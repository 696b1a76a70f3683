package normalize

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// Both ways to a digest give HMAC-SHA-256 as crypto/hmac does, for every length
// around a block and keys of every kind.
func TestDigestIsHMAC(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	random := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return b
	}
	for _, size := range []int{0, 1, 31, 32, 63, 64, 65, 200} {
		key := random(size)
		quick, slow := newKeyed(key), newKeyed(key)
		slow.fast = false
		for n := range 140 {
			value := random(n)
			mac := hmac.New(sha256.New, key)
			mac.Write([]byte{byte(domainID), 0})
			mac.Write(value)
			want := binary.BigEndian.Uint64(mac.Sum(nil))
			if got := quick.prefix(domainID, value); got != want {
				t.Fatalf("key of %d bytes, value of %d: %x, want %x", size, n, got, want)
			}
			if got := slow.prefix(domainID, value); got != want {
				t.Fatalf("key of %d bytes, value of %d, without the extensions: %x, want %x", size, n, got, want)
			}
		}
	}
	if !hasSHA {
		t.Log("this processor has no SHA extensions: one way was tried twice")
	}
}

func BenchmarkKeyed(b *testing.B) {
	value := []byte("f60e387d-1b5e-40bf-958a-ad73dd9011ed")
	for _, way := range []string{"blocks", "library"} {
		b.Run(way, func(b *testing.B) {
			k := newKeyed([]byte("0123456789abcdef0123456789abcdef"))
			k.fast = k.fast && way == "blocks"
			b.ReportAllocs()
			for b.Loop() {
				k.prefix(domainID, value)
			}
		})
	}
}
