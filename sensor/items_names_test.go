package sensor_test

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	stdtls "crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"maps"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"net/netip"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/schemas"
	"wirecensus/sensor"
	"wirecensus/sensor/capture"
)

// selfSigned is a certificate for names and addresses.
func selfSigned(t testing.TB, cn string, names []string, ips ...string) stdtls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: cn}, DNSNames: names, NotAfter: time.Unix(4e9, 0)}
	for _, ip := range ips {
		c.IPAddresses = append(c.IPAddresses, net.ParseIP(ip))
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return stdtls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// wiretap keeps what is written through a connection, by write.
type wiretap struct {
	net.Conn
	said [][]byte
}

func (c *wiretap) Write(b []byte) (int, error) {
	c.said = append(c.said, slices.Clone(b))
	return c.Conn.Write(b)
}

// handshake returns what Go's client and server write during a handshake and a word after it. A
// server of nil never answers.
func handshake(t testing.TB, client, server *stdtls.Config) (up, down [][]byte) {
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
	b, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	cl, sv := &wiretap{Conn: a}, &wiretap{Conn: b}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer b.Close()
		if server == nil {
			b.Read(make([]byte, 1<<14))
			return
		}
		conn := stdtls.Server(sv, server)
		conn.Handshake()
		conn.Read(make([]byte, 10))
		conn.Write([]byte("world"))
	}()
	conn := stdtls.Client(cl, client)
	if err := conn.Handshake(); (err == nil) != (server != nil) {
		t.Fatal(err)
	}
	if server != nil {
		conn.Write([]byte("hello"))
		conn.Read(make([]byte, 10))
	}
	<-done
	a.Close()
	return cl.said, sv.said
}

// encryptedTalk is a conversation of a handshake; the ClientHello comes in pieces segments.
func encryptedTalk(n, pieces int, up, down [][]byte) *synth.Conversation {
	c := talk(n % 200)
	c.Client, c.Start = addrPort(n), 1_780_000_000e9+int64(n)*1e6
	hello := up[0]
	size := (len(hello) + pieces - 1) / pieces
	for part := range slices.Chunk(hello, size) {
		c.Say(synth.Client, string(part), time.Millisecond)
	}
	for i := range max(len(down), len(up)-1) {
		if i < len(down) {
			c.Say(synth.Server, string(down[i]), time.Millisecond)
		}
		if i+1 < len(up) {
			c.Say(synth.Client, string(up[i+1]), time.Millisecond)
		}
	}
	return c
}

// Acceptance item 51: every handshake's names, whatever the version and into how many segments the hello is cut.
func TestItem51Handshakes(t *testing.T) {
	cert := selfSigned(t, "common.example", []string{"a.example", "*.b.example"})
	var cs []*synth.Conversation
	n, longest := 0, 0
	for _, version := range []uint16{stdtls.VersionTLS10, stdtls.VersionTLS12, stdtls.VersionTLS13} {
		for pieces := 1; pieces <= 5; pieces++ {
			for host := range 4 {
				up, down := handshake(t, &stdtls.Config{ServerName: fmt.Sprintf("S%d.example", host), InsecureSkipVerify: true, MinVersion: stdtls.VersionTLS10, NextProtos: []string{"h2", "http/1.1"}},
					&stdtls.Config{Certificates: []stdtls.Certificate{cert}, MinVersion: stdtls.VersionTLS10, MaxVersion: version, NextProtos: []string{"h2"}})
				longest = max(longest, len(up[0]))
				cs = append(cs, encryptedTalk(n, pieces, up, down))
				n++
			}
		}
	}
	if longest < 1500 {
		t.Fatalf("the longest hello has %d bytes: it must be longer than a segment", longest)
	}
	in := raw(cs...)
	var want *schemas.Coverage
	for shards := 1; shards <= 4; shards++ {
		calls, cov := run(t, sensor.Config{Source: &source{tape: in}, Shards: shards})
		if len(calls) > 0 || len(cov.TLS) != 4 || cov.Opaque["tls"] != uint64(n) {
			t.Fatalf("%d calls, %d services, %v", len(calls), len(cov.TLS), cov.Opaque)
		}
		var volume uint64
		for host := range 4 {
			h := cov.TLS[fmt.Sprintf("s%d.example", host)]
			if h == nil || h.Connections != 15 || h.Hellos != 15 || h.Midstream+h.ECH+h.QUIC != 0 || h.ALPN["h2"] != 15 || h.ALPN["http/1.1"] != 15 {
				t.Fatalf("s%d.example: %+v", host, h)
			}
			if h.Versions["TLS 1.0"] != 5 || h.Versions["TLS 1.2"] != 5 || h.Versions["TLS 1.3"] != 5 || h.Selected["h2"] != 10 || len(h.JA4) != 1 {
				t.Errorf("s%d.example: %+v", host, h)
			}
			if !reflect.DeepEqual(h.Certificates, map[string]uint64{"common.example": 10, "a.example": 10, "*.b.example": 10}) {
				t.Errorf("s%d.example: certificates %v", host, h.Certificates)
			}
			volume += h.Bytes
		}
		if volume != cov.StreamBytes {
			t.Errorf("%d bytes of %d", volume, cov.StreamBytes)
		}
		if want == nil {
			want = cov
		}
		if !reflect.DeepEqual(cov.TLS, want.TLS) {
			t.Errorf("%d shards: other services", shards)
		}
	}
}

// echConfigs is a list of one configuration, RFC 9849, Section 4, whose public name is given.
func echConfigs(t testing.TB, public string) []byte {
	t.Helper()
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := append([]byte{7, 0, 0x20, 0, 32}, key.PublicKey().Bytes()...)
	c = append(c, 0, 4, 0, 1, 0, 1, 32, byte(len(public)))
	c = append(append(c, public...), 0, 0)
	c = append([]byte{0xfe, 0x0d, byte(len(c) >> 8), byte(len(c))}, c...)
	return append([]byte{byte(len(c) >> 8), byte(len(c))}, c...)
}

// Acceptance item 51: where no name is said, or one that need not be the service's.
func TestItem51Nameless(t *testing.T) {
	up, _ := handshake(t, &stdtls.Config{ServerName: "secret.example", EncryptedClientHelloConfigList: echConfigs(t, "public.example"), MinVersion: stdtls.VersionTLS13}, nil)
	ech := encryptedTalk(1, 3, up[:1], nil)
	byIP, answer := handshake(t, &stdtls.Config{ServerName: "192.0.2.7", InsecureSkipVerify: true, MaxVersion: stdtls.VersionTLS12},
		&stdtls.Config{Certificates: []stdtls.Certificate{selfSigned(t, "", nil, "192.0.2.7", "2001:db8::7")}})
	named, reply := handshake(t, &stdtls.Config{ServerName: "late.example", InsecureSkipVerify: true}, &stdtls.Config{Certificates: []stdtls.Certificate{selfSigned(t, "x", nil)}})
	address := encryptedTalk(2, 2, byIP, answer)
	address.Server = netAddr("10.9.9.8:443")
	late := encryptedTalk(3, 1, named, reply)
	late.Server, late.Skip = netAddr("10.9.9.7:443"), 7
	later := talk(4)
	later.Server = netAddr("10.9.9.6:443")
	record := "\x17\x03\x03\x01\x00" + strings.Repeat("x", 256)
	for range 6 {
		later.Say(synth.Client, record, time.Millisecond)
		later.Say(synth.Server, record, time.Millisecond)
	}
	later.Skip = 6
	oneSided := encryptedTalk(5, 1, byIP, answer)
	oneSided.Server, oneSided.OneSided, oneSided.Only = netAddr("10.9.9.5:443"), true, synth.Server
	calls, cov := hear(t, raw(ech, address, late, later, oneSided))
	if len(calls) > 0 || len(cov.TLS) != 5 {
		t.Errorf("%d calls, services %v", len(calls), namesIn(cov.TLS))
	}
	if h := cov.TLS["ech:public.example"]; h == nil || h.ECH != 1 || h.Connections != 1 || cov.TLS["public.example"] != nil || cov.TLS["secret.example"] != nil {
		t.Errorf("an outer name is no service: %+v in %v", h, namesIn(cov.TLS))
	}
	if h := cov.TLS["10.9.9.8:443"]; h == nil || h.Hellos != 1 || !reflect.DeepEqual(h.Certificates, map[string]uint64{"192.0.2.7": 1, "2001:db8::7": 1}) {
		t.Errorf("by address: %+v in %v", h, namesIn(cov.TLS))
	} else {
		for ja4 := range h.JA4 {
			if ja4[3] != 'i' {
				t.Errorf("JA4 %s without a name", ja4)
			}
		}
	}
	for _, name := range []string{"10.9.9.7:443", "10.9.9.6:443"} {
		if h := cov.TLS[name]; h == nil || h.Midstream != 1 || h.Hellos != 0 || h.Bytes == 0 {
			t.Errorf("joined midway: %s %+v in %v", name, h, namesIn(cov.TLS))
		}
	}
	if h := cov.TLS["10.9.9.5:443"]; h == nil || h.Versions["TLS 1.2"] != 1 || h.Certificates["192.0.2.7"] != 1 || h.Hellos != 0 {
		t.Errorf("the server alone: %+v in %v", h, namesIn(cov.TLS))
	}
}

// Acceptance item 51: any segmentation says the same, and handshakes that never end are bounded and counted.
func TestItem51Bounds(t *testing.T) {
	up, down := handshake(t, &stdtls.Config{ServerName: "cut.example", InsecureSkipVerify: true, MaxVersion: stdtls.VersionTLS12}, &stdtls.Config{Certificates: []stdtls.Certificate{selfSigned(t, "x.example", nil)}})
	client, server := slices.Concat(up...), slices.Concat(down...)
	rng := mathrand.New(mathrand.NewPCG(51, 51))
	var want *schemas.TLSHost
	for range 60 {
		c := talk(1)
		for _, side := range []struct {
			who  synth.Side
			data []byte
		}{{synth.Client, client}, {synth.Server, server}} {
			for rest := side.data; len(rest) > 0; {
				n := 1 + rng.IntN(min(len(rest), 1+rng.IntN(300)))
				c.Say(side.who, string(rest[:n]), time.Microsecond)
				rest = rest[n:]
			}
		}
		_, cov := hear(t, raw(c))
		h := cov.TLS["cut.example"]
		if h == nil || h.Certificates["x.example"] != 1 || h.Versions["TLS 1.2"] != 1 {
			t.Fatalf("%v", cov.TLS)
		}
		h.Last = 0
		if want == nil {
			want = h
		}
		if !reflect.DeepEqual(h, want) {
			t.Fatalf("%+v, want %+v", h, want)
		}
	}
	// A hello of 60 KiB of which the end never comes, a thousand times: 32 MiB of them are held.
	var many []*synth.Conversation
	body := "\x01\x00\xf0\x00\x03\x03" + strings.Repeat("r", 60_000)
	var hello strings.Builder
	for part := range slices.Chunk([]byte(body), 16_000) {
		hello.WriteString("\x16\x03\x01" + string([]byte{byte(len(part) >> 8), byte(len(part))}) + string(part))
	}
	for i := range 1000 {
		c := talk(i % 200)
		c.Client, c.Start = addrPort(i), 1_780_000_000e9+int64(i)*1e6
		c.Say(synth.Client, hello.String(), time.Millisecond)
		c.Say(synth.Server, "\x16", 20*time.Second)
		many = append(many, c)
	}
	_, cov := hear(t, raw(many...))
	if cov.Evicted["tls-handshake"] == 0 || cov.Opaque["tls"] != 1000 || cov.TLS["10.9.9.9:8080"] == nil || cov.TLS["10.9.9.9:8080"].Connections != 1000 {
		t.Errorf("%v, %v", cov.Evicted, cov.Opaque)
	}
}

// unread are server names in the corpus that are not for us to find.
var unreadNames = map[string]string{
	"capwap_data.pcapng alt2-mtalk.google.com": "CAPWAP is out of scope",
	"quic_t51.pcap www.google.com":             "T051 of gQUIC is counted and not read",
}

// TestItem51Corpus: every server name that tshark finds in a ClientHello of the corpus, over TCP and QUIC, is found.
func TestItem51Corpus(t *testing.T) {
	dir, files := corpus(t)
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("tshark is not installed")
	}
	names, missing := 0, 0
	for _, o := range files {
		if !slices.ContainsFunc(o.Features, func(f string) bool { return strings.Contains(f, "tls") || strings.Contains(f, "quic") }) {
			continue
		}
		path := filepath.Join(dir, o.Path)
		out, err := exec.CommandContext(t.Context(), tshark, "-n", "-r", path, "-Y", "tls.handshake.type==1", "-T", "fields", "-e", "tls.handshake.extensions_server_name").Output()
		if err != nil && len(out) == 0 {
			continue // it does not read all that is there
		}
		src, err := capture.OpenFiles([]string{path}, nil)
		if err != nil {
			continue
		}
		_, cov := hearFrom(t, src)
		src.Close()
		for name := range strings.FieldsFuncSeq(strings.ToLower(string(out)), func(r rune) bool { return r == '\n' || r == ',' }) {
			host, _, _ := strings.Cut(strings.TrimSuffix(name, "."), ":")
			names++
			if unreadNames[filepath.Base(path)+" "+name] == "" && cov.TLS[host] == nil && cov.TLS["ech:"+host] == nil {
				missing++
				t.Errorf("%s: %s is not among %d services", o.Path, name, len(cov.TLS))
			}
		}
	}
	t.Logf("%d server names, %d missing", names, missing)
	if names < 300 {
		t.Errorf("%d names in all", names)
	}
}

// addrPort is the n-th client.
func addrPort(n int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 3, byte(n >> 8), byte(n)}), uint16(20000+n))
}

func netAddr(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

func namesIn[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
