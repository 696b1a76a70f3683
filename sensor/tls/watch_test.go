package tls

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	stdtls "crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// certificate returns a self-signed one.
func certificate(t testing.TB, cn string, dns []string, ips ...string) stdtls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{Organization: []string{"O"}, CommonName: cn}, DNSNames: dns, NotAfter: time.Unix(4e9, 0)}
	for _, ip := range ips {
		c.IPAddresses = append(c.IPAddresses, net.ParseIP(ip))
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return stdtls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// tap keeps what is written through a connection.
type tap struct {
	net.Conn
	sent []byte
}

func (c *tap) Write(b []byte) (int, error) {
	c.sent = append(c.sent, b...)
	return c.Conn.Write(b)
}

// handshakeOf returns what Go's own client and server send each other.
func handshakeOf(t testing.TB, client, server *stdtls.Config) [2][]byte {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	cl, sv := &tap{Conn: a}, &tap{Conn: b}
	done := make(chan error, 1)
	go func() { done <- stdtls.Server(sv, server).Handshake() }()
	if err := stdtls.Client(cl, client).Handshake(); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return [2][]byte{cl.sent, sv.sent}
}

// watchIn reads both directions, each cut at the given places.
func watchIn(streams [2][]byte, cuts func(n int) []int) Handshake {
	var w Watch
	for dir, b := range streams {
		from := 0
		for _, to := range append(cuts(len(b)), len(b)) {
			w.Append(uint8(dir), b[from:to])
			from = to
		}
	}
	return w.Handshake()
}

func atOnce(int) []int { return nil }

// TestWatch: what a handshake between real peers says, for each version and any segmentation.
func TestWatch(t *testing.T) {
	cert := certificate(t, "cn.example", []string{"a.example", "*.B.example", "bad name"}, "192.0.2.7", "2001:db8::7")
	names := []string{"cn.example", "a.example", "*.b.example", "192.0.2.7", "2001:db8::7"}
	for _, version := range []uint16{stdtls.VersionTLS10, stdtls.VersionTLS12, stdtls.VersionTLS13} {
		server := &stdtls.Config{Certificates: []stdtls.Certificate{cert}, MinVersion: stdtls.VersionTLS10, MaxVersion: version, NextProtos: []string{"h2"}}
		client := &stdtls.Config{ServerName: "a.example", InsecureSkipVerify: true, MinVersion: stdtls.VersionTLS10, NextProtos: []string{"h2", "http/1.1"}}
		streams := handshakeOf(t, client, server)
		said := watchIn(streams, atOnce)
		if said.Client == nil || said.Server == nil || said.Client.ServerName != "a.example" || said.Server.Version != version {
			t.Fatalf("version %#x: %+v", version, said)
		}
		if version < stdtls.VersionTLS13 {
			if !slices.Equal(said.Names, names) || said.Server.ALPN != "h2" {
				t.Errorf("version %#x: names %q, protocol %q", version, said.Names, said.Server.ALPN)
			}
		} else if len(said.Names) > 0 || said.Server.ALPN != "" {
			t.Errorf("version %#x: %q, %q were encrypted", version, said.Names, said.Server.ALPN)
		}
		for n := 1; n < 40; n++ {
			got := watchIn(streams, func(size int) (cuts []int) {
				for at := n; at < size; at += n {
					cuts = append(cuts, at)
				}
				return cuts
			})
			if !reflect.DeepEqual(got, said) {
				t.Fatalf("version %#x in pieces of %d: %+v, want %+v", version, n, got, said)
			}
		}
	}
}

// TestWatchRetry: a HelloRetryRequest tells version and cipher suite, and nothing is waited for.
func TestWatchRetry(t *testing.T) {
	cert := certificate(t, "x", []string{"a.example"})
	streams := handshakeOf(t,
		&stdtls.Config{ServerName: "a.example", InsecureSkipVerify: true, CurvePreferences: []stdtls.CurveID{stdtls.X25519, stdtls.CurveP384}},
		&stdtls.Config{Certificates: []stdtls.Certificate{cert}, CurvePreferences: []stdtls.CurveID{stdtls.CurveP384}})
	said := watchIn(streams, atOnce)
	if said.Server == nil || said.Server.Version != stdtls.VersionTLS13 || said.Server.Suite == 0 || said.Client.JA4 == "" {
		t.Fatalf("%+v", said)
	}
}

// TestWatchGap: what follows a gap is not read, the other direction is.
func TestWatchGap(t *testing.T) {
	cert := certificate(t, "x", []string{"a.example"})
	streams := handshakeOf(t, &stdtls.Config{ServerName: "a.example", InsecureSkipVerify: true, MaxVersion: stdtls.VersionTLS12}, &stdtls.Config{Certificates: []stdtls.Certificate{cert}})
	var w Watch
	w.Append(0, streams[0][:50])
	w.Lost(0)
	w.Append(0, streams[0][60:])
	w.Append(1, streams[1])
	said := w.Handshake()
	if said.Client != nil || said.Server == nil || !slices.Equal(said.Names, []string{"x", "a.example"}) || !w.Done() || w.Held() != 0 {
		t.Fatalf("%+v, %d bytes held", said, w.Held())
	}
	if dir, ok := w.Server(); !ok || dir != 1 {
		t.Errorf("server %d, %v", dir, ok)
	}
}

// TestCertificateNamesHostile: lengths that lie, names that are none.
func TestCertificateNamesHostile(t *testing.T) {
	good := certificate(t, "John Q. Public <john@mail.example>", []string{"a.example"}).Certificate[0]
	if got := certificateNames(good); !slices.Equal(got, []string{"a.example"}) {
		t.Errorf("got %q: a person's name must not be kept", got)
	}
	for i := range good {
		for _, c := range []byte{0, 0x7f, 0x80, 0x84, 0xff} {
			bad := slices.Clone(good)
			bad[i] = c
			if names := certificateNames(bad); len(names) > maxCertificateNames {
				t.Fatalf("byte %d: %d names", i, len(names))
			}
		}
	}
	var many []string
	for i := range 100 {
		many = append(many, strings.Repeat("a", i+1)+".example")
	}
	if got := certificateNames(certificate(t, "", many).Certificate[0]); len(got) != maxCertificateNames || got[0] != "a.example" {
		t.Errorf("%d names, first %q", len(got), got)
	}
}

// FuzzCertificateNames: where crypto/x509 reads a certificate, the same names are found.
func FuzzCertificateNames(f *testing.F) {
	f.Add(certificate(f, "cn.example", []string{"a.example", "*.b.example"}, "192.0.2.7", "2001:db8::7").Certificate[0])
	f.Add(certificate(f, "", nil, "192.0.2.7").Certificate[0])
	f.Add([]byte("\x30\x82\x01\x00\x30\x80"))
	f.Fuzz(func(t *testing.T, der []byte) {
		got := certificateNames(der)
		if len(got) > maxCertificateNames {
			t.Fatalf("%d names", len(got))
		}
		for _, n := range got {
			_, err := netip.ParseAddr(n)
			if rest := strings.TrimPrefix(n, "*."); err != nil && (hostname([]byte(rest)) != rest || rest == "") {
				t.Fatalf("name %q", n)
			}
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return
		}
		var want []string
		want = addName(want, certificateName([]byte(c.Subject.CommonName)))
		mine := slices.Clone(got)
		for _, n := range c.DNSNames {
			want = addName(want, certificateName([]byte(n)))
		}
		for _, ip := range c.IPAddresses {
			if a, ok := netip.AddrFromSlice(ip); ok {
				want = addName(want, a.Unmap().String())
			}
		}
		for i, n := range mine {
			if a, err := netip.ParseAddr(n); err == nil {
				mine[i] = a.Unmap().String()
			}
		}
		slices.Sort(mine)
		slices.Sort(want)
		if len(want) < maxCertificateNames && !slices.Equal(slices.Compact(mine), slices.Compact(want)) {
			t.Fatalf("got %q, crypto/x509 has %q", mine, want)
		}
	})
}

// FuzzWatch: any segmentation of any bytes says the same, and no more is held than allowed.
func FuzzWatch(f *testing.F) {
	cert := certificate(f, "cn.example", []string{"a.example"})
	for _, version := range []uint16{stdtls.VersionTLS12, stdtls.VersionTLS13} {
		s := handshakeOf(f, &stdtls.Config{ServerName: "a.example", InsecureSkipVerify: true, NextProtos: []string{"h2"}},
			&stdtls.Config{Certificates: []stdtls.Certificate{cert}, MaxVersion: version, NextProtos: []string{"h2"}})
		f.Add(s[0], s[1], uint64(1))
	}
	f.Add([]byte("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03"), []byte("\x16\x03\x03\x00\x04\x02\xff\xff\xff"), uint64(2))
	f.Fuzz(func(t *testing.T, a, b []byte, seed uint64) {
		streams := [2][]byte{a, b}
		want := watchIn(streams, atOnce)
		rng := mathrand.New(mathrand.NewPCG(seed, 1))
		var w Watch
		for dir, s := range streams {
			for len(s) > 0 {
				n := 1 + rng.IntN(min(len(s), 1+rng.IntN(600)))
				w.Append(uint8(dir), s[:n])
				s = s[n:]
				if w.Held() > 4*MaxHello {
					t.Fatalf("%d bytes held", w.Held())
				}
			}
		}
		if got := w.Handshake(); !reflect.DeepEqual(got, want) {
			t.Fatalf("in pieces %+v, whole %+v", got, want)
		}
		if h := want.Client; h != nil {
			if len(h.JA4) != 0 && len(h.JA4) != 36 || len(h.ALPN) > maxALPN || strings.ContainsAny(h.ServerName, ":* ") {
				t.Fatalf("%+v", h)
			}
			if again, v := ParseHello(a); v == Match && !reflect.DeepEqual(again, *h) {
				t.Fatalf("ParseHello says %+v", again)
			}
		}
	})
}
