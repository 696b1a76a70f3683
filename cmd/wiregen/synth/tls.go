package synth

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// secret is a connection to one of the services that speak TLS only.
func (co *company) secret(at int64) {
	d := co.dice
	name, addr, alpn := "vault.brisa.example", ap("10.20.0.50:443"), []string{"h2", "http/1.1"}
	client := netip.AddrFrom4([4]byte{10, 20, 0, byte(10 + d.IntN(3)*10)})
	if d.chance(0.3) {
		name, addr, alpn = "hooks.envios-costa.example", ap("198.51.100.41:443"), []string{"http/1.1"}
	}
	s := co.visit(&site{host: name, addr: addr}, &visitor{addr: client, rtt: 3 * time.Millisecond}, at)
	s.c.Messages = TLS(d.fill(make([]byte, 96)), name, alpn, [][2]int{{d.between(120, 900), d.between(200, 6000)}, {d.between(120, 400), d.between(200, 2000)}})
	co.truth.Hidden[name]++
}

// TLS is what is said on a TLS 1.3 connection to a server of that name: a
// ClientHello, a ServerHello, and opaque records for each pair of sizes of a
// request and a response. random holds at least 96 bytes.
func TLS(random []byte, name string, alpn []string, sizes [][2]int) []Message {
	hello := record(22, handshake(1, clientHello(random, name, alpn)))
	var server []byte
	server = append(server, record(22, handshake(2, serverHello(random)))...)
	server = append(server, record(20, []byte{1})...)
	server = append(server, opaque(random[40:], 2300)...)
	msgs := []Message{{Side: Client, Body: hello}, {Side: Server, Body: server, After: 2 * time.Millisecond},
		{Side: Client, Body: append(record(20, []byte{1}), opaque(random[41:], 58)...), After: time.Millisecond}}
	for i, z := range sizes {
		msgs = append(msgs, Message{Side: Client, Body: opaque(random[42+i%8:], z[0]), After: 3 * time.Millisecond},
			Message{Side: Server, Body: opaque(random[50+i%8:], z[1]), After: 9 * time.Millisecond})
	}
	return append(msgs, Message{Side: Client, Body: opaque(random[60:], 19), After: time.Second})
}

// record wraps content in a TLS record (RFC 8446, Section 5.1).
func record(kind byte, content []byte) []byte {
	return append([]byte{kind, 3, 3, byte(len(content) >> 8), byte(len(content))}, content...)
}

func handshake(kind byte, body []byte) []byte {
	return append([]byte{kind, 0, byte(len(body) >> 8), byte(len(body))}, body...)
}

// opaque is encrypted data: application data records of at most 16 KiB.
func opaque(random []byte, n int) []byte {
	d := newDice(binary.LittleEndian.Uint64(random), "opaque")
	var out []byte
	for n > 0 {
		k := min(n, 16384)
		out = append(out, record(23, d.fill(make([]byte, k)))...)
		n -= k
	}
	return out
}

// clientHello is the hello of a current browser, GREASE (RFC 8701) included.
func clientHello(random []byte, name string, alpn []string) []byte {
	b := append([]byte{3, 3}, random[:32]...)
	b = append(append(b, 32), random[32:64]...) // legacy session id
	suites := []uint16{0x2a2a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035}
	b = binary.BigEndian.AppendUint16(b, uint16(2*len(suites)))
	for _, s := range suites {
		b = binary.BigEndian.AppendUint16(b, s)
	}
	b = append(b, 1, 0)
	var x []byte
	x = extension(x, 0x3a3a, nil)
	sni := append([]byte{0, byte(len(name) >> 8), byte(len(name))}, name...)
	x = extension(x, 0, list16(sni))
	x = extension(x, 23, nil)
	x = extension(x, 0xff01, []byte{0})
	x = extension(x, 10, list16([]byte{0x4a, 0x4a, 0, 29, 0, 23, 0, 24}))
	x = extension(x, 11, []byte{1, 0})
	x = extension(x, 35, nil)
	var protocols []byte
	for _, p := range alpn {
		protocols = append(append(protocols, byte(len(p))), p...)
	}
	x = extension(x, 16, list16(protocols))
	x = extension(x, 5, []byte{1, 0, 0, 0, 0})
	x = extension(x, 13, list16([]byte{4, 3, 8, 4, 4, 1, 5, 3, 8, 5, 5, 1, 8, 6, 6, 1}))
	share := append([]byte{0x4a, 0x4a, 0, 1, 0, 0, 29, 0, 32}, random[16:48]...)
	x = extension(x, 51, list16(share))
	x = extension(x, 45, []byte{1, 1})
	x = extension(x, 43, []byte{6, 0x5a, 0x5a, 3, 4, 3, 3})
	b = binary.BigEndian.AppendUint16(b, uint16(len(x)))
	return append(b, x...)
}

func serverHello(random []byte) []byte {
	b := append([]byte{3, 3}, random[48:80]...)
	b = append(append(b, 32), random[32:64]...)
	b = append(b, 0x13, 0x01, 0)
	x := extension(nil, 51, append([]byte{0, 29, 0, 32}, random[64:96]...))
	x = extension(x, 43, []byte{3, 4})
	b = binary.BigEndian.AppendUint16(b, uint16(len(x)))
	return append(b, x...)
}

func extension(b []byte, kind uint16, data []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, kind)
	b = binary.BigEndian.AppendUint16(b, uint16(len(data)))
	return append(b, data...)
}

func list16(b []byte) []byte {
	return append([]byte{byte(len(b) >> 8), byte(len(b))}, b...)
}
