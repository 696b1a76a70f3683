package sensor_test

import (
	"bytes"
	stdtls "crypto/tls"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wirecensus/sensor/capture"
	"wirecensus/sensor/tls"
)

// kinds are a few ways to encrypt: version, suite.
var kinds = []struct{ version, suite uint16 }{
	{stdtls.VersionTLS13, 0},
	{stdtls.VersionTLS12, stdtls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256},
	{stdtls.VersionTLS12, stdtls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384},
	{stdtls.VersionTLS12, stdtls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256},
	{stdtls.VersionTLS12, stdtls.TLS_RSA_WITH_AES_128_GCM_SHA256},
	{stdtls.VersionTLS12, stdtls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256},
	{stdtls.VersionTLS12, stdtls.TLS_RSA_WITH_AES_256_CBC_SHA},
	{stdtls.VersionTLS11, stdtls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA},
	{stdtls.VersionTLS10, stdtls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA},
}

func TestItem50KeyLog(t *testing.T) {
	for _, k := range kinds {
		t.Run(fmt.Sprintf("%x %s", k.version, stdtls.CipherSuiteName(k.suite)), func(t *testing.T) {
			var log strings.Builder
			client, server := tlsConfigs(k.version, k.suite, &log)
			said := encrypted(t, client, server, 20)
			for _, n := range []int{1, 100, 1460} {
				calls, cov := decrypt(t, onWire(byHand(n), said, n).tape, secretsOf(log.String()), 1)
				wantCalls(t, calls, 20)
				if cov.Decrypted != 1 || cov.DecryptedFailures != 0 || cov.Opaque["tls"] != 0 || len(cov.TLS) != 0 {
					t.Errorf("segments of %d: decrypted %d, failed %d, opaque %v", n, cov.Decrypted, cov.DecryptedFailures, cov.Opaque)
				}
			}
			calls, cov := decrypt(t, onWire(byHand(1), said, 1460).tape, nil, 1)
			if len(calls) != 0 || cov.Opaque["tls"] != 1 || cov.TLS["x.example"] == nil {
				t.Errorf("without secrets: %d calls, %v", len(calls), cov.Opaque)
			}
		})
	}
}

// TestItem50PrivateKey: RSA key exchange is opened with the server's key, with and without
// extended master secret, and so are resumptions, by ticket.
func TestItem50PrivateKey(t *testing.T) {
	for _, v := range []uint16{stdtls.VersionTLS10, stdtls.VersionTLS11, stdtls.VersionTLS12} {
		client, server := tlsConfigs(v, stdtls.TLS_RSA_WITH_AES_128_CBC_SHA, nil)
		client.ClientSessionCache = stdtls.NewLRUClientSessionCache(4)
		server.SetSessionTicketKeys([][32]byte{{1}})
		first := onWire(byHand(1), encrypted(t, client, server, 8), 1460)
		h := byHand(1)
		h.client = synthPort(h.client, 40001)
		h.now = first.now + 1e9
		second := onWire(h, encrypted(t, client, server, 8), 1460)
		keys := tls.NewKeys(false, 0)
		if err := keys.AddPrivate(certificate().pem); err != nil {
			t.Fatal(err)
		}
		for _, shards := range []int{1, 3} {
			calls, cov := decrypt(t, join(first.tape, second.tape), keys, shards)
			if len(calls) != 16 || cov.Decrypted != 2 {
				t.Fatalf("version %x, %d shards: %d calls of %d connections", v, shards, len(calls), cov.Decrypted)
			}
			wantCalls(t, calls[:8], 8)
			wantCalls(t, calls[8:], 8)
		}
	}
}

// TestItem50Late: secrets that come after the handshake. Up to 64 KiB and 2 s are waited for;
// beyond that decryption begins where they come.
func TestItem50Late(t *testing.T) {
	for _, k := range kinds {
		var log strings.Builder
		client, server := tlsConfigs(k.version, k.suite, &log)
		said := encrypted(t, client, server, 20)
		frames := onWire(byHand(1), said, 1460).tape
		for _, c := range []struct {
			name      string
			at        int // frame before which the secrets come
			stretch   int64
			all, some int // calls at least and at most
		}{
			{"in the handshake", 5, 1, 20, 20},
			{"after the handshake", 14, 1, 20, 20},
			{"after the last frame", len(frames), 1, 20, 20},
			{"later than 2 s", len(frames) / 2, 100, 7, 13},
		} {
			keys := tls.NewKeys(true, 0)
			tape := append(tape(nil), frames...)
			for i := range tape {
				tape[i].Time = frames[0].Time + (frames[i].Time-frames[0].Time)*c.stretch
			}
			src := &hooked{source: source{tape: tape}, before: func(i int) {
				if i == c.at {
					l := tls.NewLog(keys, tls.Always)
					l.Write([]byte(log.String()))
				}
			}}
			calls, cov := decryptFrom(t, src, keys, 1)
			if late := cov.Evicted["tls-waiting"] > 0; late != (c.some < 20) {
				t.Errorf("%s: evicted %v", c.name, cov.Evicted)
			}
			whole := 0
			for _, call := range calls {
				var n, status int
				fmt.Sscanf(line(call), "POST x.example /%d %d", &n, &status)
				if status == 200+n%4 {
					whole++
				} else if status != 0 {
					t.Errorf("%s: wrong status: %s", c.name, line(call))
				}
			}
			if whole < c.all || whole > c.some {
				t.Errorf("%x %s, %s: %d whole calls, want %d to %d; %d records, %d failed", k.version, stdtls.CipherSuiteName(k.suite), c.name, whole, c.all, c.some, cov.DecryptedRecords, cov.DecryptedFailures)
			}
		}
	}
}

// TestItem50Loss drops every segment once: only the exchanges that it carried a part of may
// suffer, later ones are all there, and no status is wrong.
func TestItem50Loss(t *testing.T) {
	const n = 8
	for _, k := range kinds {
		var log strings.Builder
		client, server := tlsConfigs(k.version, k.suite, &log)
		said := encrypted(t, client, server, n)
		whole := onWire(byHand(1), said, 700)
		randoms, dropped := 0, 0
		for i := range whole.tape {
			if len(whole.tape[i].Data) == 40 {
				continue
			}
			frames := append(append(tape(nil), whole.tape[:i]...), whole.tape[i+1:]...)
			calls, _ := decrypt(t, frames, secretsOf(log.String()), 1)
			dropped++
			seen := map[string]bool{}
			for _, c := range calls {
				var id, status int
				fmt.Sscanf(line(c), "POST x.example /%d %d", &id, &status)
				if want := 200 + id%4; status != 0 && status != want || seen[c.Path] {
					t.Errorf("%x %s without segment %d: call %q", k.version, stdtls.CipherSuiteName(k.suite), i, line(c))
				}
				seen[c.Path] = seen[c.Path] || status != 0
			}
			allowed := 1
			switch payload := whole.tape[i].Data[40:]; {
			case k.version == stdtls.VersionTLS10:
				allowed = 2 // the record after a lost one lacks its IV
				fallthrough
			default:
				if payload[0] == 22 && (payload[5] == 1 || payload[5] == 2 && k.version < stdtls.VersionTLS13) {
					allowed = n // without the randoms there are no keys
					randoms++
				}
			}
			if miss := n - len(seen); miss > allowed {
				t.Errorf("%x %s without segment %d (%d bytes of %x): %d calls missing", k.version, stdtls.CipherSuiteName(k.suite), i, len(whole.tape[i].Data)-40, whole.tape[i].Data[40:46], miss)
			}
		}
		if randoms > 2 || dropped < 20 {
			t.Errorf("%d segments dropped, %d of them with randoms", dropped, randoms)
		}
	}
}

// TestItem50Sharding: the calls do not depend on the number of workers, nor on where the
// secrets are in the file.
func TestItem50Sharding(t *testing.T) {
	var log strings.Builder
	var tapes []tape
	for i := range 12 {
		k := kinds[i%len(kinds)]
		client, server := tlsConfigs(k.version, k.suite, &log)
		h := byHand(i)
		h.now = 1_780_000_000e9 + int64(i)*7e6
		tapes = append(tapes, onWire(h, encrypted(t, client, server, 6), 900).tape)
	}
	frames := join(tapes...)
	for _, shards := range []int{1, 2, 5} {
		calls, _ := decrypt(t, frames, secretsOf(log.String()), shards)
		if len(calls) != 72 {
			t.Errorf("%d shards: %d calls", shards, len(calls))
		}
	}
	// In the file: before, between and behind the frames.
	for at := range 3 {
		path := filepath.Join(t.TempDir(), "x.pcapng")
		if err := os.WriteFile(path, pcapngOf(frames, log.String(), at*len(frames)/2), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, shards := range []int{1, 3} {
			if calls, err := replay(t, path, shards); err != nil || len(calls) != 72 {
				t.Errorf("secrets at %d of 2, %d shards: %d calls, %v", at, shards, len(calls), err)
			}
		}
	}
	// A stream has them for what comes after them.
	for at, want := range []int{72, -1, 0} {
		var counts []int
		for _, shards := range []int{1, 3} {
			src, err := capture.OpenFiles([]string{"-"}, bytes.NewReader(pcapngOf(frames, log.String(), at*len(frames)/2)))
			if err != nil {
				t.Fatal(err)
			}
			calls, _ := decryptFrom(t, src, nil, shards)
			counts = append(counts, len(calls))
		}
		if counts[0] != counts[1] || want >= 0 && counts[0] != want || want < 0 && (counts[0] == 0 || counts[0] == 72) {
			t.Errorf("secrets at %d of 2 of a stream: %v calls, want %d", at, counts, want)
		}
	}
}

// pcapngOf is a capture of bare IP packets with a key log ahead of frame at.
func pcapngOf(frames tape, log string, at int) []byte {
	le := binary.LittleEndian
	block := func(b []byte, kind uint32, body []byte) []byte {
		body = append(body, make([]byte, -len(body)&3)...)
		n := uint32(12 + len(body))
		b = le.AppendUint32(le.AppendUint32(b, kind), n)
		return le.AppendUint32(append(b, body...), n)
	}
	b := block(nil, 0x0a0d0d0a, []byte("\x4d\x3c\x2b\x1a\x01\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"))
	b = block(b, 1, []byte("\x65\x00\x00\x00\x00\x00\x00\x00\x09\x00\x01\x00\x09\x00\x00\x00")) // raw IP, nanoseconds
	for i := range len(frames) + 1 {
		if i == at {
			head := le.AppendUint32(le.AppendUint32(nil, capture.SecretsTLS), uint32(len(log)))
			b = block(b, 10, append(head, log...))
		}
		if i == len(frames) {
			break
		}
		f := &frames[i]
		head := le.AppendUint32(make([]byte, 4), uint32(f.Time>>32))
		head = le.AppendUint32(le.AppendUint32(le.AppendUint32(head, uint32(f.Time)), uint32(len(f.Data))), uint32(len(f.Data)))
		b = block(b, 6, append(head, f.Data...))
	}
	return b
}
