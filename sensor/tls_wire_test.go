package sensor_test

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	stdtls "crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/schemas"
	"wirecensus/sensor"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/publish"
	"wirecensus/sensor/tls"
)

// certificate is a server certificate of RSA and one of ECDSA, made once.
var certificate = sync.OnceValue(func() (out struct {
	rsa, ecdsa stdtls.Certificate
	pem        []byte // private key of the first
}) {
	sign := func(public, private any) stdtls.Certificate {
		template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "x.example"}, DNSNames: []string{"x.example"},
			NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<32, 0)}
		der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
		if err != nil {
			panic(err)
		}
		return stdtls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}
	}
	private, _ := rsa.GenerateKey(rand.Reader, 2048)
	out.rsa = sign(&private.PublicKey, private)
	out.pem = pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(private)})
	ec, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	out.ecdsa = sign(&ec.PublicKey, ec)
	return out
})

// spoken is what one side wrote at once.
type spoken struct {
	side synth.Side
	data string
}

// overheard is a connection whose writes are kept in order.
type overheard struct {
	net.Conn
	side synth.Side
	said *[]spoken
	mu   *sync.Mutex
}

func (o overheard) Write(b []byte) (int, error) {
	o.mu.Lock()
	*o.said = append(*o.said, spoken{o.side, string(b)})
	o.mu.Unlock()
	return o.Conn.Write(b)
}

// encrypted lets a client of crypto/tls make n calls of a server of net/http's making, and
// returns what was on the wire. Call i asks for /i and is answered with status 200+i%4 and a body of
// a size of its own.
func encrypted(t testing.TB, client, server *stdtls.Config, n int) (said []spoken) {
	t.Helper()
	a, b := net.Pipe()
	mu := new(sync.Mutex)
	cc, sc := stdtls.Client(overheard{a, synth.Client, &said, mu}, client), stdtls.Server(overheard{b, synth.Server, &said, mu}, server)
	go func() {
		defer b.Close()
		in := bufio.NewReader(sc)
		for i := range n {
			req, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			io.Copy(io.Discard, req.Body)
			fmt.Fprintf(sc, "HTTP/1.1 %d OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", 200+i%4, bodySize(i), strings.Repeat("b", bodySize(i)))
		}
		sc.CloseWrite()
		io.Copy(io.Discard, sc)
	}()
	in := bufio.NewReader(cc)
	for i := range n {
		fmt.Fprintf(cc, "POST /%d HTTP/1.1\r\nHost: x.example\r\nContent-Length: 5\r\n\r\nhello", i)
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
	}
	io.Copy(io.Discard, in)
	cc.Close()
	mu.Lock()
	defer mu.Unlock()
	return said
}

// bodySize of 204 is 0.
func bodySize(i int) int { return []int{300, 40, 3000, 0}[i%4] * (i%3 + 1) }

// onWire puts what was said into a connection of segments of at most n bytes.
func onWire(h *hand, said []spoken, n int) *hand {
	h.open()
	for _, s := range said {
		h.say(s.side, s.data, n)
		h.ack(1 - s.side)
	}
	return h.shut()
}

// tlsConfigs returns configurations of client and server; the client's secrets go to w.
func tlsConfigs(version, suite uint16, w io.Writer) (client, server *stdtls.Config) {
	client = &stdtls.Config{ServerName: "x.example", InsecureSkipVerify: true, KeyLogWriter: w, MinVersion: version, MaxVersion: version}
	server = &stdtls.Config{Certificates: []stdtls.Certificate{certificate().rsa}, MinVersion: version, MaxVersion: version}
	if suite != 0 {
		client.CipherSuites, server.CipherSuites = []uint16{suite}, []uint16{suite}
		if strings.Contains(stdtls.CipherSuiteName(suite), "ECDSA") {
			server.Certificates = []stdtls.Certificate{certificate().ecdsa}
		}
	}
	return client, server
}

// secretsOf returns a store of the lines of a key log.
func secretsOf(lines string) *tls.Keys {
	keys := tls.NewKeys(false, 0)
	log := tls.NewLog(keys, tls.Always)
	io.WriteString(log, lines)
	log.Flush()
	return keys
}

// decrypt runs the sensor over frames with secrets; the calls come in order of time.
func decrypt(t testing.TB, frames tape, keys *tls.Keys, shards int) ([]*schemas.Call, *schemas.Coverage) {
	t.Helper()
	return decryptFrom(t, &source{tape: frames}, keys, shards)
}

func decryptFrom(t testing.TB, src sensor.Source, keys *tls.Keys, shards int) ([]*schemas.Call, *schemas.Coverage) {
	t.Helper()
	var mu sync.Mutex
	var calls []*schemas.Call
	cov, err := sensor.Run(t.Context(), sensor.Config{Source: src, Keys: keys, Shards: shards, Key: []byte("k"), Sink: func(int) publish.Sink {
		return publish.Func(func(c *schemas.Call) {
			mu.Lock()
			defer mu.Unlock()
			calls = append(calls, c)
		})
	}})
	if err != nil {
		t.Fatal(err)
	}
	balance(t, cov)
	slices.SortFunc(calls, func(a, b *schemas.Call) int { return bytes.Compare([]byte(sortKey(a)), []byte(sortKey(b))) })
	return calls, cov
}

func sortKey(c *schemas.Call) string { return fmt.Sprintf("%020d %s", int64(c.Time), c.ID) }

// wantCalls checks that calls are those of encrypted, complete and over https.
func wantCalls(t testing.TB, calls []*schemas.Call, n int) {
	t.Helper()
	if len(calls) != n {
		t.Errorf("%d calls, want %d: %q", len(calls), n, lines(calls))
		return
	}
	for i, c := range calls {
		if want := fmt.Sprintf("POST x.example /%d %d", i, 200+i%4); line(c) != want || c.Scheme != "https" || c.Port != 443 || c.Response.Size != int64(bodySize(i)) {
			t.Errorf("call %q %s port %d, %d bytes, want %q with %d", line(c), c.Scheme, c.Port, c.Response.Size, want, bodySize(i))
		}
	}
}

// hooked plays a tape and calls before ahead of each frame.
type hooked struct {
	source
	before func(i int)
}

func (h *hooked) Next(f *capture.Frame) error {
	h.before(h.at)
	return h.source.Next(f)
}

// synthPort returns a with another port.
func synthPort(a netip.AddrPort, port uint16) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr(), port)
}
