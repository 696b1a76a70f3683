package tls

import (
	stdtls "crypto/tls"
	"testing"

	"wirecensus/reassembly"
)

// BenchmarkDecrypt reads a connection, its handshake included, in segments of
// 1,400 bytes; most of it are records of 16 KiB.
func BenchmarkDecrypt(b *testing.B) {
	for _, c := range []struct {
		name    string
		version uint16
		suite   uint16
	}{
		{"1.3", stdtls.VersionTLS13, 0},
		{"1.2 AES-128-GCM", stdtls.VersionTLS12, stdtls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256},
		{"1.2 ChaCha20-Poly1305", stdtls.VersionTLS12, stdtls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256},
	} {
		b.Run(c.name, func(b *testing.B) {
			keys, log := keyLog(false)
			client, server := configs(c.version, c.suite, certificates().rsa, log)
			said, plain := talk(b, client, server, 200)
			events := eventsOf(said, 1400)
			p := NewPool(keys, Limits{})
			var out []reassembly.Event
			b.SetBytes(int64(len(plain[0]) + len(plain[1])))
			b.ReportAllocs()
			for b.Loop() {
				conn, n := p.Conn(), 0
				for _, ev := range events {
					out = conn.Append(out[:0], ev)
					for i := range out {
						n += len(out[i].Data)
					}
				}
				if conn.Close(out[:0]); n != len(plain[0])+len(plain[1]) {
					b.Fatalf("%d bytes of %d", n, len(plain[0])+len(plain[1]))
				}
				conn.Release()
			}
		})
	}
}
