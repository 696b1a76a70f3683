package tls

import (
	"bytes"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
)

// logLine is a line with secrets made of seed.
func logLine(label string, seed, size int) string {
	r := rand.New(rand.NewPCG(uint64(seed), 1))
	b := make([]byte, 32+size)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return fmt.Sprintf("%s %x %x\n", label, b[:32], b[32:])
}

func TestItem50KeyLogLines(t *testing.T) {
	good := logLine("CLIENT_RANDOM", 1, 48) + logLine("CLIENT_TRAFFIC_SECRET_0", 2, 32) + logLine("SERVER_HANDSHAKE_TRAFFIC_SECRET", 3, 48) +
		"RSA Session-ID:" + strings.Repeat("ab", 32) + " Master-Key:" + strings.Repeat("cd", 48) + "\r\n" +
		"RSA " + strings.Repeat("ef", 8) + " " + strings.Repeat("01", 48) + "\n"
	odd := []string{
		"", "# comment", "EXPORTER_SECRET " + strings.Repeat("00", 64), // ignored
		"CLIENT_RANDOM", "CLIENT_RANDOM " + strings.Repeat("0", 64), "CLIENT_RANDOM xx yy", logLine("CLIENT_RANDOM", 4, 32), logLine("CLIENT_TRAFFIC_SECRET_0", 4, 31),
		"CLIENT_RANDOM " + strings.Repeat("0", 1<<20), "\x00\xff\x1b[2J", "RSA", "RSA 00 11", "RSA Session-ID: Master-Key:", logLine("client_random", 5, 48),
	}
	for _, n := range []int{1, 3, 1000, 1 << 20} {
		k := NewKeys(false, 0)
		l := NewLog(k, Always)
		text := good + strings.Join(odd, "\n") + "\n" + good + strings.TrimSuffix(logLine("CLIENT_RANDOM", 6, 48), "\n")
		for len(text) > 0 {
			m := min(n, len(text))
			io.WriteString(l, text[:m])
			text = text[m:]
		}
		if s := k.Stats(); s.Secrets != 5 || s.Repeated != 5 || s.Ignored != 6 || s.Malformed != 11 {
			t.Errorf("parts of %d: %+v", n, s)
		}
		l.Flush()
		if s := k.Stats(); s.Secrets != 6 {
			t.Errorf("the last line without an end must count at the end: %+v", s)
		}
		l.Write([]byte("CLIENT_RANDOM 00"))
		l.Drop()
		io.WriteString(l, logLine("CLIENT_RANDOM", 7, 48))
		if s := k.Stats(); s.Secrets != 7 {
			t.Errorf("a line after a truncation must count: %+v", s)
		}
	}
}

// TestItem50KeyLogSize reads a key log of 1 GB in bounded memory.
func TestItem50KeyLogSize(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 1 GB")
	}
	k := NewKeys(false, 50_000)
	l := NewLog(k, Always)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	line := []byte(logLine("CLIENT_RANDOM", 1, 48))
	name := line[len("CLIENT_RANDOM "):][:16]
	var peak uint64
	lines := 0
	for size := 0; size < 1<<30; size += len(line) {
		var id [8]byte
		for i := range id {
			id[i] = byte(lines >> (8 * i))
		}
		hex.Encode(name, id[:])
		l.Write(line)
		if lines++; lines%1_000_000 == 0 {
			runtime.ReadMemStats(&after)
			peak = max(peak, after.HeapInuse)
		}
	}
	if s := k.Stats(); s.Secrets != uint64(lines) || s.Evicted != uint64(lines-50_000) || len(k.mu.secrets) != 50_000 {
		t.Errorf("%d lines: %+v, %d held", lines, s, len(k.mu.secrets))
	}
	if peak > before.HeapInuse+64<<20 {
		t.Errorf("%d bytes of heap", peak-before.HeapInuse)
	}
	var newest [32]byte
	hex.Decode(newest[:], line[len("CLIENT_RANDOM "):][:64])
	if k.get(newest, masterSecret, 0) == nil {
		t.Error("the newest secret is gone")
	}
}

// TestItem53Redacted: no way of printing what holds secrets shows one.
func TestItem53Redacted(t *testing.T) {
	private := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(certificates().private)})
	keys, log := keyLog(false)
	var lines bytes.Buffer
	client, server := configs(0x0303, 0x002f, certificates().rsa, io.MultiWriter(log, &lines))
	said, _ := talk(t, client, server, 3)
	if err := keys.AddPrivate(private); err != nil {
		t.Fatal(err)
	}
	io.WriteString(log, "CLIENT_RANDOM 1234") // unfinished
	p := NewPool(keys, Limits{})
	c := p.Conn()
	var shown strings.Builder
	show := func() {
		for _, v := range []any{keys, log, p, c, struct{ K *Keys }{keys}, []any{keys, p}, map[string]any{"k": log}} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x", "%q", "%T"} {
				fmt.Fprintf(&shown, verb+"\n", v)
			}
			b, err := json.Marshal(v)
			fmt.Fprintf(&shown, "%s %v\n", b, err)
		}
	}
	for _, ev := range eventsOf(said, 1000) {
		c.Append(nil, ev)
	}
	show()
	for _, bad := range []string{"", "nonsense", string(private[:200]), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		fmt.Fprintln(&shown, keys.AddPrivate([]byte(bad)))
	}
	master := strings.Fields(lines.String())[2]
	raw, _ := hex.DecodeString(master)
	for _, secret := range []string{master[:16], strings.ToUpper(master[:16]), string(raw[:8]), fmt.Sprint(raw[:4])[1:10], certificates().private.D.String()[:20], string(private[100:140])} {
		if strings.Contains(shown.String(), secret) {
			t.Errorf("shown: %q", secret)
		}
	}
}
