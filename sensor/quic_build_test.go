package sensor_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	stdtls "crypto/tls"
	"encoding/hex"
	"net/netip"
	"slices"
	"testing"

	"wirecensus/sensor/capture"
)

// quicPeer writes Initial packets of one side as RFC 9001 and RFC 9369 say.
type quicPeer struct {
	version uint32
	dcid    string // from which the keys follow
	server  bool
	pn      byte
}

func (p *quicPeer) key(label string, n int) []byte {
	salt, _ := hex.DecodeString(map[uint32]string{1: "38762cf7f55934b34d179ae6a4c80cadccbb7f0a", 0x6b3343cf: "0dede3def700a6db819381be6e269dcbf9bd2ed9"}[p.version])
	secret, _ := hkdf.Extract(sha256.New, []byte(p.dcid), salt)
	expand := func(secret []byte, label string, n int) []byte {
		info := "\x00" + string(rune(n)) + string(rune(6+len(label))) + "tls13 " + label + "\x00"
		out, _ := hkdf.Expand(sha256.New, secret, info, n)
		return out
	}
	side := "client in"
	if p.server {
		side = "server in"
	}
	prefix := "quic "
	if p.version != 1 {
		prefix = "quicv2 "
	}
	return expand(expand(secret, side, 32), prefix+label, n)
}

// initial is an Initial packet to the given connection id.
func (p *quicPeer) initial(to, token string, frames []byte) []byte {
	first := byte(0xc0)
	if p.version != 1 {
		first = 0xd0
	}
	head := be.AppendUint32([]byte{first}, p.version)
	head = append(append(head, byte(len(to))), to...)
	head = append(head, 2, 's', 'c')
	head = append(append(head, byte(len(token))), token...)
	if len(frames) < 40 {
		frames = append(frames, make([]byte, 40)...)
	}
	n := 1 + len(frames) + 16
	head = append(head, 0x40|byte(n>>8), byte(n), p.pn)
	block, _ := aes.NewCipher(p.key("key", 16))
	aead, _ := cipher.NewGCM(block)
	iv := p.key("iv", 12)
	iv[11] ^= p.pn
	out := aead.Seal(slices.Clone(head), iv, frames, head)
	mask := make([]byte, 16)
	hp, _ := aes.NewCipher(p.key("hp", 16))
	at := len(head) - 1
	hp.Encrypt(mask, out[at+4:at+20])
	out[0] ^= mask[0] & 15
	out[at] ^= mask[1]
	p.pn++
	return out
}

// cryptoFrame carries part of a handshake.
func cryptoFrame(at int, data []byte) []byte {
	return append([]byte{6, 0x80, 0, byte(at >> 8), byte(at), 0x40 | byte(len(data)>>8), byte(len(data))}, data...)
}

// quicHello is the first flight of Go's own client, with a hybrid key share.
func quicHello(t testing.TB, name string, alpn ...string) []byte {
	t.Helper()
	c := stdtls.QUICClient(&stdtls.QUICConfig{TLSConfig: &stdtls.Config{ServerName: name, NextProtos: alpn, MinVersion: stdtls.VersionTLS13}})
	c.SetTransportParameters([]byte{1, 2, 0x67, 0x10})
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for {
		switch ev := c.NextEvent(); ev.Kind {
		case stdtls.QUICWriteData:
			return slices.Clone(ev.Data)
		case stdtls.QUICNoEvent:
			t.Fatal("no hello")
		}
	}
}

// udp is a datagram in a bare IPv4 packet.
func udp(at int64, from, to string, data []byte) capture.Frame {
	src, dst := netip.MustParseAddrPort(from), netip.MustParseAddrPort(to)
	b := make([]byte, 28, 28+len(data))
	b[0], b[8], b[9] = 0x45, 64, 17
	be.PutUint16(b[2:], uint16(28+len(data)))
	be.PutUint16(b[4:], uint16(at/1e6)|1)
	copy(b[12:], src.Addr().AsSlice())
	copy(b[16:], dst.Addr().AsSlice())
	be.PutUint16(b[20:], src.Port())
	be.PutUint16(b[22:], dst.Port())
	be.PutUint16(b[24:], uint16(8+len(data)))
	b = append(b, data...)
	return capture.Frame{Data: b, WireLen: len(b), Time: at, Link: capture.LinkRaw}
}
