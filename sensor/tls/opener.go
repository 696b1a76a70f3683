package tls

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/hmac"
	"crypto/rc4"
	"encoding/binary"
	"hash"

	"golang.org/x/crypto/chacha20poly1305"
)

const tagSize = 16

// opener opens the records of one direction under one key. Records are whole, with
// their header.
type opener interface {
	// open authenticates the record as the one with sequence number seq and appends
	// its content to dst. before are the up to keptBefore bytes of the stream before it.
	open(dst []byte, seq uint64, record, before []byte) (out []byte, kind byte, ok bool)
	// overhead is the least number of bytes by which a record is longer than its
	// content, header included; exact says that no record of the same key has more.
	overhead() int
	// pass takes note of a record that was not opened; record may be only its header.
	pass(length int)
}

// additional appends the additional data of TLS 1.2 and below, which is also what
// a MAC starts with: RFC 5246, Section 6.2.3.1.
func additional(dst []byte, seq uint64, record []byte, n int) []byte {
	dst = binary.BigEndian.AppendUint64(dst, seq)
	dst = append(dst, record[:3]...)
	return append(dst, byte(n>>8), byte(n))
}

// aead opens the records of TLS 1.3, RFC 8446, Section 5.2, and the AEAD suites of
// TLS 1.2, RFC 5288, RFC 6655 and RFC 7905.
type aead struct {
	aead     cipher.AEAD
	iv       [12]byte
	explicit int  // bytes of the nonce in the record
	v13      bool // additional data is the header, the content type is inside
	scratch  []byte
	nonce    [12]byte
}

func newAEAD(s suite, key, iv []byte, v13 bool) *aead {
	a := &aead{v13: v13}
	copy(a.iv[:], iv)
	switch s.bulk {
	case chacha:
		a.aead, _ = chacha20poly1305.New(key)
	case gcm:
		block, _ := aes.NewCipher(key)
		a.aead, _ = cipher.NewGCM(block)
	default:
		block, _ := aes.NewCipher(key)
		a.aead = &ccmMode{block: block, tag: ccmTag(s.bulk)}
	}
	if !v13 && s.bulk != chacha {
		a.explicit = 8
	}
	return a
}

func ccmTag(b bulk) int {
	if b == ccm8 {
		return 8
	}
	return tagSize
}

func (a *aead) overhead() int {
	n := recordHeader + a.explicit + a.aead.Overhead()
	if a.v13 {
		n++
	}
	return n
}

func (a *aead) pass(int) {}

func (a *aead) open(dst []byte, seq uint64, record, _ []byte) ([]byte, byte, bool) {
	body := record[recordHeader:]
	if len(body) < a.explicit+a.aead.Overhead() {
		return dst, 0, false
	}
	a.nonce = a.iv
	if a.explicit > 0 {
		copy(a.nonce[4:], body[:8])
		body = body[8:]
	} else {
		low := binary.BigEndian.Uint64(a.nonce[4:])
		binary.BigEndian.PutUint64(a.nonce[4:], low^seq)
	}
	if a.v13 {
		a.scratch = append(a.scratch[:0], record[:recordHeader]...)
	} else {
		a.scratch = additional(a.scratch[:0], seq, record, len(body)-a.aead.Overhead())
	}
	out, err := a.aead.Open(dst, a.nonce[:], body, a.scratch)
	if err != nil {
		return dst, 0, false
	}
	if !a.v13 {
		return out, record[0], true
	}
	inner := bytes.TrimRight(out[len(dst):], "\x00")
	if len(inner) == 0 {
		return dst, 0, false
	}
	return out[:len(dst)+len(inner)-1], inner[len(inner)-1], true
}

// cbc opens the CBC suites, RFC 5246, Section 6.2.3.2, with the MAC inside or, RFC
// 7366, outside of the encryption.
type cbc struct {
	block    cipher.Block
	mac      hash.Hash
	implicit bool // TLS 1.0: the last block before the record is its IV
	first    [16]byte
	etm      bool
	scratch  []byte
	sum      []byte
}

func newCBC(s suite, macKey, key, iv []byte, version uint16, etm bool) *cbc {
	c := &cbc{mac: hmac.New(s.mac.New, macKey), implicit: version == version10, etm: etm}
	switch s.bulk {
	case cbcAES:
		c.block, _ = aes.NewCipher(key)
	case cbc3DES:
		c.block, _ = des.NewTripleDESCipher(key)
	case cbcDES:
		c.block, _ = des.NewCipher(key)
	}
	copy(c.first[:], iv)
	return c
}

func (c *cbc) overhead() int {
	n := recordHeader + c.mac.Size() + 1
	if !c.implicit {
		n += c.block.BlockSize()
	}
	return n
}

func (c *cbc) pass(int) {}

func (c *cbc) open(dst []byte, seq uint64, record, before []byte) ([]byte, byte, bool) {
	body, size, macSize := record[recordHeader:], c.block.BlockSize(), c.mac.Size()
	if c.etm {
		if len(body) < macSize {
			return dst, 0, false
		}
		var tag []byte
		body, tag = body[:len(body)-macSize], body[len(body)-macSize:]
		if !c.tagged(seq, record, body, tag) {
			return dst, 0, false
		}
	}
	iv := before
	switch {
	case !c.implicit:
		if len(body) < size {
			return dst, 0, false
		}
		iv, body = body[:size], body[size:]
	case seq == 0:
		iv = c.first[:size]
	default:
		if c.etm {
			before = before[:max(0, len(before)-macSize)]
		}
		if len(before) < size {
			return dst, 0, false
		}
		iv = before[len(before)-size:]
	}
	if len(body) == 0 || len(body)%size != 0 {
		return dst, 0, false
	}
	at := len(dst)
	dst = append(dst, body...)
	plain := dst[at:]
	cipher.NewCBCDecrypter(c.block, iv).CryptBlocks(plain, plain)
	pad := int(plain[len(plain)-1])
	if pad+1 > len(plain) || bytes.Count(plain[len(plain)-pad-1:], []byte{byte(pad)}) != pad+1 {
		return dst[:at], 0, false
	}
	plain = plain[:len(plain)-pad-1]
	if c.etm {
		return dst[:at+len(plain)], record[0], true
	}
	if len(plain) < macSize {
		return dst[:at], 0, false
	}
	plain, tag := plain[:len(plain)-macSize], plain[len(plain)-macSize:]
	if !c.tagged(seq, record, plain, tag) {
		return dst[:at], 0, false
	}
	return dst[:at+len(plain)], record[0], true
}

// tagged reports whether tag is the MAC of b.
func (c *cbc) tagged(seq uint64, record, b, tag []byte) bool {
	c.scratch = additional(c.scratch[:0], seq, record, len(b))
	c.mac.Reset()
	c.mac.Write(c.scratch)
	c.mac.Write(b)
	c.sum = c.mac.Sum(c.sum[:0])
	return hmac.Equal(c.sum, tag)
}

// stream opens the RC4 suites. Its key stream has one place, so that records can be
// opened only in order, but may be passed over when their length is known.
type stream struct {
	rc4     *rc4.Cipher
	mac     hash.Hash
	next    uint64 // sequence number at the place of the key stream
	scratch []byte
	sum     []byte
}

func newStream(s suite, macKey, key []byte) *stream {
	c, _ := rc4.NewCipher(key)
	return &stream{rc4: c, mac: hmac.New(s.mac.New, macKey)}
}

func (s *stream) overhead() int { return recordHeader + s.mac.Size() }

func (s *stream) pass(length int) {
	s.scratch = append(s.scratch[:0], make([]byte, length)...)
	s.rc4.XORKeyStream(s.scratch, s.scratch)
	s.next++
}

func (s *stream) open(dst []byte, seq uint64, record, _ []byte) ([]byte, byte, bool) {
	body, macSize := record[recordHeader:], s.mac.Size()
	if seq != s.next || len(body) < macSize {
		return dst, 0, false
	}
	at := len(dst)
	dst = append(dst, body...)
	plain := dst[at:]
	ahead := *s.rc4
	ahead.XORKeyStream(plain, plain)
	plain, tag := plain[:len(plain)-macSize], plain[len(plain)-macSize:]
	s.scratch = additional(s.scratch[:0], seq, record, len(plain))
	s.mac.Reset()
	s.mac.Write(s.scratch)
	s.mac.Write(plain)
	if s.sum = s.mac.Sum(s.sum[:0]); !hmac.Equal(s.sum, tag) {
		return dst[:at], 0, false
	}
	*s.rc4 = ahead
	s.next++
	return dst[:at+len(plain)], record[0], true
}

// openers returns what opens the records of client and server under a master secret,
// RFC 5246, Section 6.3.
func openers(version uint16, s suite, etm bool, master, clientRandom, serverRandom []byte) [2]opener {
	ivLen, macLen := 4, 0
	switch s.bulk {
	case chacha:
		ivLen = 12
	case cbcAES:
		ivLen, macLen = 16, s.mac.Size()
	case cbc3DES, cbcDES:
		ivLen, macLen = 8, s.mac.Size()
	case streamRC4:
		ivLen, macLen = 0, s.mac.Size()
	}
	seed := append(append([]byte(nil), serverRandom...), clientRandom...)
	block := prf(version, s.prf, master, "key expansion", seed, 2*(macLen+s.key+ivLen))
	take := func(n int) (parts [2][]byte) {
		parts[0], parts[1], block = block[:n], block[n:2*n], block[2*n:]
		return parts
	}
	macs, keys, ivs := take(macLen), take(s.key), take(ivLen)
	var out [2]opener
	for i := range out {
		switch s.bulk {
		case gcm, ccm, ccm8, chacha:
			out[i] = newAEAD(s, keys[i], ivs[i], false)
		case streamRC4:
			out[i] = newStream(s, macs[i], keys[i])
		default:
			out[i] = newCBC(s, macs[i], keys[i], ivs[i], version, etm)
		}
	}
	return out
}

// opener13 returns what opens records under a traffic secret, RFC 8446, Section 7.3.
func opener13(s suite, secret []byte) opener {
	return newAEAD(s, expandLabel(s.prf, secret, "key", s.key), expandLabel(s.prf, secret, "iv", 12), true)
}

// masterOf computes the master secret, RFC 5246, Section 8.1, or RFC 7627, Section 4
// when session, the hash of the handshake, is given.
func masterOf(version uint16, h crypto.Hash, premaster, clientRandom, serverRandom, session []byte) []byte {
	if session != nil {
		return prf(version, h, premaster, "extended master secret", session, 48)
	}
	seed := append(append([]byte(nil), clientRandom...), serverRandom...)
	return prf(version, h, premaster, "master secret", seed, 48)
}
