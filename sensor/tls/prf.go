package tls

import (
	"crypto"
	"crypto/hmac"
	_ "crypto/md5" // TLS 1.0 and 1.1
	"crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"hash"
)

// Protocol versions as on the wire.
const (
	version10 = 0x0301
	version11 = 0x0302
	version12 = 0x0303
	version13 = 0x0304
)

// prf is the pseudorandom function of TLS 1.2, RFC 5246, Section 5, or of 1.1 and
// below, RFC 4346, Section 5. It returns n bytes.
func prf(version uint16, h crypto.Hash, secret []byte, label string, seed []byte, n int) []byte {
	seed = append([]byte(label), seed...)
	out := make([]byte, n)
	if version >= version12 {
		pHash(out, h.New, secret, seed)
		return out
	}
	half := (len(secret) + 1) / 2
	other := make([]byte, n)
	pHash(out, crypto.MD5.New, secret[:half], seed)
	pHash(other, sha1.New, secret[len(secret)-half:], seed)
	for i := range out {
		out[i] ^= other[i]
	}
	return out
}

// pHash fills out with P_hash.
func pHash(out []byte, h func() hash.Hash, secret, seed []byte) {
	mac := hmac.New(h, secret)
	mac.Write(seed)
	a := mac.Sum(nil)
	for len(out) > 0 {
		mac.Reset()
		mac.Write(a)
		mac.Write(seed)
		out = out[copy(out, mac.Sum(nil)):]
		mac.Reset()
		mac.Write(a)
		a = mac.Sum(a[:0])
	}
}

// expandLabel is HKDF-Expand-Label with an empty context, RFC 8446, Section 7.1.
func expandLabel(h crypto.Hash, secret []byte, label string, n int) []byte {
	info := []byte{byte(n >> 8), byte(n), byte(6 + len(label))}
	info = append(info, "tls13 "...)
	info = append(info, label...)
	info = append(info, 0)
	mac := hmac.New(h.New, secret)
	var out, t []byte
	for i := byte(1); len(out) < n; i++ { // RFC 5869, Section 2.3
		mac.Reset()
		mac.Write(t)
		mac.Write(info)
		mac.Write([]byte{i})
		t = mac.Sum(nil)
		out = append(out, t...)
	}
	return out[:n]
}

// hashes returns what the handshake is hashed with, RFC 5246, Section 7.4.9, and RFC
// 4346, Section 7.4.9.
func hashes(version uint16, s suite) []hash.Hash {
	if version >= version12 {
		return []hash.Hash{s.prf.New()}
	}
	return []hash.Hash{crypto.MD5.New(), sha1.New()}
}
