package tls

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	stdtls "crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"wirecensus/reassembly"
)

// sent is what one side wrote at once.
type sent struct {
	dir  reassembly.Dir
	data []byte
}

// tapped records what is written to a connection.
type tapped struct {
	net.Conn
	dir reassembly.Dir
	rec *recording
}

type recording struct {
	mu   sync.Mutex
	said []sent
}

func (c *tapped) Write(b []byte) (int, error) {
	c.rec.mu.Lock()
	c.rec.said = append(c.rec.said, sent{c.dir, bytes.Clone(b)})
	c.rec.mu.Unlock()
	return c.Conn.Write(b)
}

// certificates makes a server certificate of each kind.
var certificates = sync.OnceValue(func() (out struct {
	rsa, ecdsa stdtls.Certificate
	private    *rsa.PrivateKey
}) {
	make := func(public, private any) stdtls.Certificate {
		template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a.example"}, DNSNames: []string{"a.example"},
			NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<32, 0)}
		der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
		if err != nil {
			panic(err)
		}
		return stdtls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}
	}
	out.private, _ = rsa.GenerateKey(rand.Reader, 2048)
	out.rsa = make(&out.private.PublicKey, out.private)
	ec, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	out.ecdsa = make(&ec.PublicKey, ec)
	return out
})

// talk lets a client and a server of crypto/tls exchange requests and answers of growing
// size and returns what was on the wire and what it meant.
func talk(t testing.TB, client, server *stdtls.Config, rounds int) (said []sent, plain [2][]byte) {
	t.Helper()
	a, b := net.Pipe()
	rec := new(recording)
	cc, sc := stdtls.Client(&tapped{a, 0, rec}, client), stdtls.Server(&tapped{b, 1, rec}, server)
	done := make(chan error, 1)
	message := func(who string, i int) []byte {
		return append([]byte(fmt.Sprintf("%s %d ", who, i)), bytes.Repeat([]byte("x"), i*i*i*37%40000)...)
	}
	go func() {
		for i := range rounds {
			if _, err := io.ReadFull(sc, make([]byte, len(message("request", i)))); err != nil {
				done <- err
				return
			}
			if _, err := sc.Write(message("answer", i)); err != nil {
				done <- err
				return
			}
		}
		done <- sc.CloseWrite()
		io.Copy(io.Discard, sc)
	}()
	for i := range rounds {
		plain[0] = append(plain[0], message("request", i)...)
		plain[1] = append(plain[1], message("answer", i)...)
		if _, err := cc.Write(message("request", i)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(cc, make([]byte, len(message("answer", i)))); err != nil {
			t.Fatal(err)
		}
	}
	io.Copy(io.Discard, cc)
	cc.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	b.Close()
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return rec.said, plain
}

// eventsOf returns what the assembler would say of a conversation in segments of at most n bytes.
func eventsOf(said []sent, n int) []reassembly.Event {
	conn := &reassembly.Conn{}
	var out []reassembly.Event
	var at [2]uint64
	now := int64(1e18)
	for _, s := range said {
		for data := s.data; len(data) > 0; {
			k := min(n, len(data))
			now += 1e5
			out = append(out, reassembly.Event{Kind: reassembly.Data, Dir: s.dir, Conn: conn, Time: now, Offset: at[s.dir], Ack: at[s.dir.Other()], AckOK: true, Data: data[:k]})
			at[s.dir] += uint64(k)
			data = data[k:]
		}
	}
	for d := range reassembly.Dir(2) {
		out = append(out, reassembly.Event{Kind: reassembly.End, Dir: d, Conn: conn, Time: now, Offset: at[d], Reason: reassembly.ByFIN})
	}
	return out
}

// heard is the plaintext of one direction.
type heard struct {
	data  []byte
	gaps  uint64
	ended bool
}

// hear decrypts events and checks that offsets and acknowledgements make sense.
func hear(t testing.TB, keys *Keys, events []reassembly.Event) (out [2]heard, p *Pool) {
	t.Helper()
	p = NewPool(keys, Limits{})
	c := p.Conn()
	var at, acked [2]uint64
	take := func(evs []reassembly.Event) {
		for _, ev := range evs {
			h := &out[ev.Dir]
			if ev.Offset != at[ev.Dir] || h.ended {
				t.Fatalf("event at %d, want %d", ev.Offset, at[ev.Dir])
			}
			switch ev.Kind {
			case reassembly.Data:
				h.data = append(h.data, ev.Data...)
				at[ev.Dir] += uint64(len(ev.Data))
				if ev.AckOK && ev.Ack < acked[ev.Dir] {
					t.Errorf("acknowledgement goes back from %d to %d", acked[ev.Dir], ev.Ack)
				} else if ev.AckOK {
					acked[ev.Dir] = ev.Ack
				}
			case reassembly.Gap:
				h.gaps += ev.Len
				at[ev.Dir] += ev.Len
			case reassembly.End:
				h.ended = true
			}
		}
	}
	for _, ev := range events {
		take(c.Append(nil, ev))
	}
	take(c.Close(nil))
	c.Release()
	if p.buffered != 0 {
		t.Errorf("%d bytes are still held", p.buffered)
	}
	return out, p
}

// keyLog returns a store and the writer that fills it.
func keyLog(live bool) (*Keys, *Log) {
	k := NewKeys(live, 0)
	return k, NewLog(k, Always)
}

// configs returns a client's and a server's configuration with the client's secrets going to w.
func configs(version uint16, suite uint16, cert stdtls.Certificate, w io.Writer) (client, server *stdtls.Config) {
	client = &stdtls.Config{ServerName: "a.example", InsecureSkipVerify: true, KeyLogWriter: w, MinVersion: version, MaxVersion: version}
	server = &stdtls.Config{Certificates: []stdtls.Certificate{cert}, MinVersion: version, MaxVersion: version}
	if suite != 0 {
		client.CipherSuites, server.CipherSuites = []uint16{suite}, []uint16{suite}
	}
	return client, server
}

// wantPlain compares what was heard with what was said.
func wantPlain(t testing.TB, got [2]heard, want [2][]byte) {
	t.Helper()
	for d := range got {
		if !bytes.Equal(got[d].data, want[d]) || got[d].gaps != 0 || !got[d].ended {
			t.Errorf("direction %d: %d bytes and %d missing, want %d; ended %v", d, len(got[d].data), got[d].gaps, len(want[d]), got[d].ended)
		}
	}
}

func TestSuites(t *testing.T) {
	type kind struct{ version, suite uint16 }
	var kinds []kind
	for _, s := range append(stdtls.CipherSuites(), stdtls.InsecureCipherSuites()...) {
		for _, v := range s.SupportedVersions {
			if v == stdtls.VersionTLS13 {
				continue
			}
			kinds = append(kinds, kind{v, s.ID})
		}
	}
	kinds = append(kinds, kind{stdtls.VersionTLS13, 0})
	for _, k := range kinds {
		t.Run(fmt.Sprintf("%x/%s", k.version, stdtls.CipherSuiteName(k.suite)), func(t *testing.T) {
			cert := certificates().rsa
			if name := stdtls.CipherSuiteName(k.suite); bytes.Contains([]byte(name), []byte("ECDSA")) {
				cert = certificates().ecdsa
			}
			keys, log := keyLog(false)
			client, server := configs(k.version, k.suite, cert, log)
			said, plain := talk(t, client, server, 12)
			for _, n := range []int{1, 7, 1400, 1 << 20} {
				got, p := hear(t, keys, eventsOf(said, n))
				wantPlain(t, got, plain)
				if s := p.Stats(); s.Undecryptable != 0 || s.Decrypted != 1 {
					t.Errorf("segments of %d: %+v", n, s)
				}
			}
		})
	}
}
