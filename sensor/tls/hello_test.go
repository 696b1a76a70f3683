package tls

import (
	"bytes"
	stdtls "crypto/tls"
	"net"
	"slices"
	"testing"
)

// clientHello returns the first flight of Go's own TLS client.
func clientHello(t testing.TB, name string, alpn []string) []byte {
	t.Helper()
	c, s := net.Pipe()
	defer s.Close()
	go func() {
		// The handshake fails when the pipe closes; only its first flight is wanted.
		_ = stdtls.Client(c, &stdtls.Config{ServerName: name, NextProtos: alpn}).Handshake()
		c.Close()
	}()
	buf := make([]byte, 1<<14)
	n, err := s.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	return buf[:n]
}

func TestParseHello(t *testing.T) {
	b := clientHello(t, "API.Shop.example", []string{"h2", "http/1.1"})
	h, v := ParseHello(b)
	if v != Match || h.ServerName != "api.shop.example" || !slices.Equal(h.ALPN, []string{"h2", "http/1.1"}) || h.Version != 0x0304 || h.ECH {
		t.Fatalf("got %+v, %v", h, v)
	}
	if Probe(b) != Match || !IsRecord(b) {
		t.Error("a ClientHello must be recognised")
	}
	for i := range b {
		if _, v := ParseHello(b[:i]); v != NeedMore {
			t.Fatalf("prefix of %d bytes: verdict %v, want NeedMore", i, v)
		}
	}
}

// TestParseHelloFragmented splits the handshake message over several records, RFC 8446, Section 5.1.
func TestParseHelloFragmented(t *testing.T) {
	b := clientHello(t, "frag.example", nil)
	msg := b[recordHeader:]
	for _, size := range []int{1, 3, 100} {
		var out []byte
		for part := range slices.Chunk(msg, size) {
			out = append(out, typeHandshake, 3, 1, byte(len(part)>>8), byte(len(part)))
			out = append(out, part...)
		}
		if h, v := ParseHello(out); v != Match || h.ServerName != "frag.example" {
			t.Errorf("records of %d: got %+v, %v", size, h, v)
		}
	}
}

func TestProbeForeign(t *testing.T) {
	for _, s := range []string{"GET / HTTP/1.1\r\n", "SSH-2.0-x\r\n", "\x16\x05\x01\x00\x10\x01", "\x17\x03\x03\x00\x20abc", "\x16\x03\x01\x00\x02\x01"} {
		if Probe([]byte(s)) != NoMatch {
			t.Errorf("%q: must not match", s)
		}
	}
}

func FuzzParseHello(f *testing.F) {
	f.Add(clientHello(f, "seed.example", []string{"h2"}))
	f.Add([]byte("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03"))
	f.Fuzz(func(t *testing.T, b []byte) {
		in := bytes.Clone(b)
		h, v := ParseHello(b)
		if !bytes.Equal(in, b) {
			t.Fatal("the input was changed")
		}
		if v != Match && (h.ServerName != "" || h.ALPN != nil) {
			t.Fatalf("verdict %v with fields %+v", v, h)
		}
		if v == Match {
			if h2, v2 := ParseHello(append(in, "tail"...)); v2 != Match || h2.ServerName != h.ServerName {
				t.Fatalf("bytes after the hello changed it: %+v, %v", h2, v2)
			}
			if Probe(b) == NoMatch && b[1] == 3 && b[2] <= 4 && int(b[3])<<8|int(b[4]) >= 4 {
				t.Fatal("a hello that parses must probe")
			}
		}
		if len(h.ServerName) > 255 || !printable([]byte(h.ServerName)) {
			t.Fatalf("server name %q", h.ServerName)
		}
	})
}
