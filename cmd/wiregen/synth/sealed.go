package synth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"
)

// ledger is a connection to a service that speaks TLS and whose secrets are known.
func (co *company) ledger(at int64) {
	d := co.dice
	v := &visitor{addr: netip.AddrFrom4([4]byte{10, 20, 4, byte(1 + d.IntN(5))}), agent: "ledger-sync/2.3", rtt: time.Millisecond, fields: []Field{{"Accept", "application/json"}}}
	s := co.visit(co.siteOf("ledger.brisa.example"), v, at)
	s.bearer(d.jwt("RS256", "https://auth.brisa.example", "sync-"+itoa(d.between(1, 5)), s.now, s.now+int64(time.Hour)))
	entry := func(id int) obj {
		return obj{{"id", id}, {"amount", money(d.between(100, 90000))}, {"currency", "EUR"}, {"booked_at", stamp(s.now)}}
	}
	s.call("GET /balance", ask{}, reply{json: obj{{"amount", money(d.between(100000, 9000000))}, {"currency", "EUR"}}})
	for range d.between(1, 4) {
		id := d.between(10000, 99999)
		s.call("GET /entries/{entryId}", ask{args: []string{itoa(id)}}, reply{json: entry(id)})
	}
	e := entry(d.between(10000, 99999))
	s.call("POST /entries", ask{json: e[1:3]}, reply{status: 201, json: e})
	var log string
	s.c.Messages, log = Sealed(d.fill(make([]byte, 224)), s.host, s.c.Messages)
	co.secrets = append(co.secrets, log...)
}

// Sealed is what is said on a TLS 1.3 connection (RFC 8446, TLS_AES_128_GCM_SHA256)
// that carries the messages, and the lines of a key log that opens it (RFC 9850).
// Its traffic secrets come from random, at least 224 bytes, not from a key exchange:
// who holds them does not need one.
func Sealed(random []byte, name string, plain []Message) (said []Message, keyLog string) {
	labels := [...]string{"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"}
	var keys [4]*sealer
	for i, label := range labels {
		secret := random[96+32*i : 128+32*i]
		keys[i] = newSealer(secret)
		keyLog += fmt.Sprintf("%s %x %x\n", label, random[:32], secret)
	}
	server := append(record(22, handshake(2, serverHello(random))), record(20, []byte{1})...)
	server = append(server, keys[1].seal(22, handshake(8, list16(extension(nil, 16, list16([]byte("\x08http/1.1"))))))...)
	server = append(server, keys[1].seal(22, handshake(11, random[:200]))...)
	server = append(server, keys[1].seal(22, handshake(15, random[100:180]))...)
	server = append(server, keys[1].seal(22, handshake(20, random[:32]))...)
	said = []Message{{Side: Client, Body: record(22, handshake(1, clientHello(random, name, []string{"http/1.1"})))}, {Side: Server, Body: server, After: 2 * time.Millisecond},
		{Side: Client, Body: append(record(20, []byte{1}), keys[0].seal(22, handshake(20, random[32:64]))...), After: time.Millisecond}}
	for _, m := range plain {
		k := keys[2+m.Side]
		if len(m.Head) > 0 {
			m.Head = k.seal(23, m.Head)
		}
		if len(m.Body) > 0 {
			m.Body = k.seal(23, m.Body)
		}
		said = append(said, m)
	}
	return append(said, Message{Side: Client, Body: keys[2].seal(21, []byte{1, 0}), After: time.Second}), keyLog
}

// sealer protects the records of one direction (RFC 8446, Section 5.2).
type sealer struct {
	aead cipher.AEAD
	iv   []byte
	seq  uint64
}

func newSealer(secret []byte) *sealer {
	block, _ := aes.NewCipher(expand(secret, "key", 16)) // 16 bytes are a key
	aead, _ := cipher.NewGCM(block)                      // AES has blocks of 16 bytes
	return &sealer{aead: aead, iv: expand(secret, "iv", 12)}
}

// expand is HKDF-Expand-Label without a context (RFC 8446, Section 7.1).
func expand(secret []byte, label string, n int) []byte {
	info := append([]byte{0, byte(n), byte(6 + len(label))}, "tls13 "+label...)
	out, _ := hkdf.Expand(sha256.New, secret, string(append(info, 0)), n) // n is short enough
	return out
}

// seal returns the records that hold the content, each of at most 16 KiB.
func (k *sealer) seal(kind byte, content []byte) []byte {
	var out []byte
	for len(content) > 0 {
		n := min(len(content), 16384)
		inner := append(append([]byte(nil), content[:n]...), kind)
		content = content[n:]
		size := len(inner) + k.aead.Overhead()
		head := []byte{23, 3, 3, byte(size >> 8), byte(size)}
		nonce := append([]byte(nil), k.iv...)
		binary.BigEndian.PutUint64(nonce[4:], binary.BigEndian.Uint64(nonce[4:])^k.seq)
		k.seq++
		out = k.aead.Seal(append(out, head...), nonce, inner, head)
	}
	return out
}
