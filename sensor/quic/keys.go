package quic

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
)

// Keys remove the protection of the Initial packets of one sender.
type Keys struct {
	aead   cipher.AEAD
	header cipher.Block
	iv     [12]byte
}

// Sender is who sent a packet.
type Sender uint8

// Senders.
const (
	Client Sender = iota
	Server
)

// InitialKeys derives keys from the connection id to which the client sent its
// first Initial packet, or that of the server's Retry: RFC 9001, Section 5.2. It
// returns nil for a version that is not read.
func InitialKeys(version uint32, dcid []byte, who Sender) *Keys {
	salt := saltOf(version)
	if salt == nil {
		return nil
	}
	secret, err := hkdf.Extract(sha256.New, dcid, salt)
	if err != nil {
		return nil // never: only of short keys where the law asks for longer ones
	}
	side, prefix := "client in", "quic "
	if who == Server {
		side = "server in"
	}
	if version == Version2 {
		prefix = "quicv2 "
	}
	secret = expand(secret, side, 32)
	k := new(Keys)
	copy(k.iv[:], expand(secret, prefix+"iv", len(k.iv)))
	block, err := aes.NewCipher(expand(secret, prefix+"key", 16))
	if err != nil {
		return nil
	}
	if k.header, err = aes.NewCipher(expand(secret, prefix+"hp", 16)); err != nil {
		return nil
	}
	if k.aead, err = cipher.NewGCM(block); err != nil {
		return nil
	}
	return k
}

// expand is HKDF-Expand-Label without a context, RFC 8446, Section 7.1.
func expand(secret []byte, label string, n int) []byte {
	info := string([]byte{byte(n >> 8), byte(n), byte(len("tls13 ") + len(label))}) + "tls13 " + label + "\x00"
	out, err := hkdf.Expand(sha256.New, secret, info, n)
	if err != nil {
		return make([]byte, n)
	}
	return out
}

// Open returns the frames of an Initial packet, appended to dst[:0]; ok is false
// if they were not protected with these keys. RFC 9001, Sections 5.3 and 5.4.
func (k *Keys) Open(dst []byte, p *Packet) (frames []byte, ok bool) {
	if p.Kind != Initial || len(p.raw) < p.protects+20 {
		return dst[:0], false
	}
	raw := append(dst[:0], p.raw...)
	var mask [aes.BlockSize]byte
	k.header.Encrypt(mask[:], raw[p.protects+4:p.protects+4+aes.BlockSize])
	raw[0] ^= mask[0] & 0x0f
	size := int(raw[0]&3) + 1
	nonce := k.iv
	for i := range size {
		raw[p.protects+i] ^= mask[1+i]
		nonce[len(nonce)-size+i] ^= raw[p.protects+i]
	}
	head := p.protects + size
	frames, err := k.aead.Open(raw[head:head], nonce[:], raw[head:], raw[:head])
	return frames, err == nil
}
