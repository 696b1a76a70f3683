package tls

import (
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"errors"
)

// ccmMode is CCM (RFC 3610) with nonces of 12 bytes, which the standard library
// lacks; it only opens.
type ccmMode struct {
	block cipher.Block
	tag   int // bytes: 8 or 16
}

var errOpen = errors.New("not authentic")

func (c *ccmMode) NonceSize() int                { return 12 }
func (c *ccmMode) Overhead() int                 { return c.tag }
func (c *ccmMode) Seal(_, _, _, _ []byte) []byte { panic("only opens") }

// Open implements cipher.AEAD.
func (c *ccmMode) Open(dst, nonce, sealed, extra []byte) ([]byte, error) {
	if len(sealed) < c.tag {
		return nil, errOpen
	}
	body, tag := sealed[:len(sealed)-c.tag], sealed[len(sealed)-c.tag:]
	var counter, first [16]byte
	counter[0] = 2 // length of the counter, less 1
	copy(counter[1:], nonce)
	ctr := cipher.NewCTR(c.block, counter[:])
	ctr.XORKeyStream(first[:], first[:])
	at := len(dst)
	dst = append(dst, body...)
	plain := dst[at:]
	ctr.XORKeyStream(plain, plain)
	mac := c.mac(nonce, plain, extra)
	for i := range mac {
		mac[i] ^= first[i]
	}
	if subtle.ConstantTimeCompare(mac[:c.tag], tag) != 1 {
		return nil, errOpen
	}
	return dst, nil
}

// mac is CBC-MAC over lengths, nonce, additional data and content, RFC 3610, Section 2.2.
func (c *ccmMode) mac(nonce, plain, extra []byte) (x [16]byte) {
	x[0] = 1<<6 | byte(c.tag-2)/2<<3 | 2
	copy(x[1:], nonce)
	binary.BigEndian.PutUint32(x[12:], uint32(len(plain))&0xffffff|uint32(x[12])<<24)
	c.block.Encrypt(x[:], x[:])
	fold := func(b []byte, at int) {
		for _, v := range b {
			x[at] ^= v
			if at++; at == 16 {
				c.block.Encrypt(x[:], x[:])
				at = 0
			}
		}
		if at > 0 {
			c.block.Encrypt(x[:], x[:])
		}
	}
	head := append([]byte{byte(len(extra) >> 8), byte(len(extra))}, extra...)
	fold(head, 0)
	fold(plain, 0)
	return x
}
