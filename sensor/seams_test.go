package sensor_test

import (
	"encoding/json"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	stdtls "crypto/tls"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/schemas"
	"wirecensus/sensor"
	"wirecensus/sensor/publish"
	"wirecensus/sensor/tls"
)

// sealed returns what is on the wire when the two sides say plain over TLS, turn by turn.
func sealed(t testing.TB, client, server *stdtls.Config, plain []spoken) (said []spoken) {
	t.Helper()
	a, b := net.Pipe()
	mu := new(sync.Mutex)
	ends := [2]*stdtls.Conn{synth.Client: stdtls.Client(overheard{a, synth.Client, &said, mu}, client), synth.Server: stdtls.Server(overheard{b, synth.Server, &said, mu}, server)}
	for _, p := range plain {
		read := make(chan error, 1)
		go func() {
			_, err := io.ReadFull(ends[1-p.side], make([]byte, len(p.data)))
			read <- err
		}()
		if _, err := io.WriteString(ends[p.side], p.data); err != nil {
			t.Fatal(err)
		}
		if err := <-read; err != nil {
			t.Fatal(err)
		}
	}
	a.Close()
	b.Close()
	mu.Lock()
	defer mu.Unlock()
	return slices.Clone(said)
}

// turns reads lines as talk does: "> " or "< " before each.
func turns(lines ...string) (out []spoken) {
	for _, l := range lines {
		side := synth.Client
		if l[0] == '<' {
			side = synth.Server
		}
		out = append(out, spoken{side, l[2:]})
	}
	return out
}

// merged joins what one side says at a stretch.
func merged(said []spoken) (out []spoken) {
	for _, s := range said {
		if n := len(out); n > 0 && out[n-1].side == s.side {
			out[n-1].data += s.data
			continue
		}
		out = append(out, s)
	}
	return out
}

const (
	connect     = "CONNECT x.example:443 HTTP/1.1\r\nHost: x.example:443\r\n\r\n"
	established = "HTTP/1.1 200 Connection established\r\n\r\n"
)

// TestSeamTunnel: what goes through a proxy's tunnel is read like any other connection, also when
// the client does not wait for the proxy's answer.
func TestSeamTunnel(t *testing.T) {
	for _, version := range []uint16{stdtls.VersionTLS12, stdtls.VersionTLS13} {
		var log strings.Builder
		client, server := tlsConfigs(version, 0, &log)
		inside := merged(encrypted(t, client, server, 8))
		patient := append(turns("> "+connect, "< "+established), inside...)
		hasty := slices.Clone(inside)
		hasty[0].data = connect + hasty[0].data
		hasty[1].data = established + hasty[1].data
		for name, said := range map[string][]spoken{"patient": patient, "hasty": hasty} {
			for _, n := range []int{7, 100, 1460, 20_000} {
				calls, cov := decrypt(t, onWire(byHand(1), said, n).tape, secretsOf(log.String()), 1)
				if len(calls) != 9 || line(calls[0]) != "CONNECT x.example x.example:443 200 upgrade" {
					t.Fatalf("%s, %x, %d: %q, opaque %v", name, version, n, lines(calls), cov.Opaque)
				}
				wantCalls(t, calls[1:], 8)
				if cov.Decrypted != 1 || len(cov.TLS) != 0 || len(cov.Opaque) != 0 {
					t.Errorf("%s: decrypted %d, opaque %v, %d encrypted services", name, cov.Decrypted, cov.Opaque, len(cov.TLS))
				}
			}
		}
	}
}

// remote is a call of gRPC as said over TLS.
func remote() []spoken {
	said := turns(rpc(1, "/shop.Cart/Add", []string{grpcFrame(0, "\x08\x01")}, []string{grpcFrame(0, "\x08\x02")}, []string{"grpc-status", "0"})...)
	said[0].data = strings.Replace(said[0].data, "\x83\x86", "\x83\x87", 1) // :scheme https, RFC 7541, Appendix A
	return said
}

// TestSeamTunnelGRPC: gRPC over HTTP/2 over TLS through a tunnel.
func TestSeamTunnelGRPC(t *testing.T) {
	var log strings.Builder
	client, server := tlsConfigs(stdtls.VersionTLS13, 0, &log)
	inside := sealed(t, client, server, remote())
	for _, n := range []int{7, 1460} {
		calls, cov := decrypt(t, onWire(byHand(1), append(turns("> "+connect, "< "+established), inside...), n).tape, secretsOf(log.String()), 1)
		if len(calls) != 2 {
			t.Fatalf("%q, opaque %v", lines(calls), cov.Opaque)
		}
		if c := calls[1]; c.Protocol != "grpc" || c.Scheme != "https" || c.Path != "/shop.Cart/Add" || c.Version != "2" || c.ID == calls[0].ID {
			t.Errorf("%s: protocol %q, scheme %q, version %q", line(c), c.Protocol, c.Scheme, c.Version)
		}
	}
}

// TestSeamWebSocketTLS: the continued calls of a WebSocket go where its upgrade went.
func TestSeamWebSocketTLS(t *testing.T) {
	var log strings.Builder
	client, server := tlsConfigs(stdtls.VersionTLS13, 0, &log)
	q, a := upgrade("")
	said := sealed(t, client, server, turns("> "+q, "< "+a, "> "+toServer(`{"a":1}`), "< "+toClient(`{"b":1}`)))
	for _, n := range []int{9, 1460} {
		calls, cov := decrypt(t, onWire(byHand(1), said, n).tape, secretsOf(log.String()), 1)
		if len(calls) != 2 {
			t.Fatalf("%q, opaque %v", lines(calls), cov.Opaque)
		}
		first, told := calls[0], calls[1]
		if told.Scheme != "https" || first.Scheme != "https" || told.Path != first.Path || told.Host != first.Host || told.Port != first.Port || told.Service() != first.Service() {
			t.Errorf("upgrade %s %s:%d %s, continued %s %s:%d %s", first.Scheme, first.Host, first.Port, first.Path, told.Scheme, told.Host, told.Port, told.Path)
		}
		if len(cov.Opaque) != 0 || len(cov.TLS) != 0 || toldOf(told) != "1 a=1 | 1 b=1 | " {
			t.Errorf("opaque %v, told %q", cov.Opaque, toldOf(told))
		}
	}
}

// TestSeamHalfASecret: the secrets of one direction come after the connection is over, when its
// place in the flow table belongs to others. What was read before belongs to it all the same.
func TestSeamHalfASecret(t *testing.T) {
	var log strings.Builder
	client, server := tlsConfigs(stdtls.VersionTLS13, 0, &log)
	server.SessionTicketsDisabled = true // so that the first request waits for nothing; the second one waits for the first answer
	second := turns(rpc(3, "/shop.Cart/Get", []string{grpcFrame(0, "")}, []string{grpcFrame(0, "")}, []string{"grpc-status", "0"})...)
	h := onWire(byHand(1), sealed(t, client, server, append(remote(), second...)), 1460)
	own := len(h.tape)
	tape := h.tape
	for i := range 8 {
		other := byHand(2 + i)
		other.now = h.now + int64(i+1)*1e6
		tape = join(tape, other.open().exchange("/other").shut().tape)
	}
	early, late := "", ""
	for l := range strings.Lines(log.String()) {
		if strings.HasPrefix(l, "SERVER_TRAFFIC_SECRET") {
			late += l
		} else {
			early += l
		}
	}
	keys := tls.NewKeys(true, 0)
	src := &hooked{source: source{tape: tape}, before: func(i int) {
		text := map[int]string{0: early, own + 10: late}[i]
		l := tls.NewLog(keys, tls.Always)
		io.WriteString(l, text)
		l.Flush()
	}}
	calls, _ := decryptFrom(t, src, keys, 1)
	found := 0
	for _, c := range calls {
		if strings.HasPrefix(c.Path, "/shop.Cart/") {
			found++
			if c.Client != "10.1.0.1" || c.ClientPort != 40000 || c.Duration > 1e9 {
				t.Errorf("%s from %s:%d", line(c), c.Client, c.ClientPort)
			}
		}
	}
	if found != 2 {
		t.Errorf("%q", lines(calls))
	}
}

// mixed is a capture of everything at once, and the secrets of some of it.
func mixed(t *testing.T) (tape, string) {
	t.Helper()
	var log strings.Builder
	var tapes []tape
	n := 0
	add := func(said []spoken) {
		h := byHand(n)
		h.now = byHand(0).now + int64(n)*3e6 // they overlap
		h.step = 7e6
		n++
		tapes = append(tapes, onWire(h, said, 700).tape)
	}
	ws := func() []spoken {
		q, a := upgrade("")
		return turns("> "+q, "< "+a, "> "+toServer(`{"method":"m.n","jsonrpc":"2.0","id":1}`), "< "+toClient(`{"b":1}`))
	}
	for _, version := range []uint16{stdtls.VersionTLS12, stdtls.VersionTLS13} {
		client, server := tlsConfigs(version, 0, &log)
		unknown, _ := tlsConfigs(version, 0, nil)
		add(encrypted(t, client, server, 5))
		add(encrypted(t, unknown, server, 5))
		add(sealed(t, client, server, ws()))
		add(sealed(t, client, server, remote()))
		add(append(turns("> "+connect, "< "+established), sealed(t, client, server, remote())...))
	}
	add(ws())
	add(remote())
	add(turns("> GET /a HTTP/1.1\r\nHost: x.example\r\n\r\n", "< HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
	quic, _ := quicTalk(t, 0, 1, "q.example", "h3")
	for i := range quic {
		quic[i].Time = byHand(0).now + int64(i)*5e6
	}
	return join(append(tapes, quic)...), log.String()
}

// TestSeamShards: calls and coverage of all protocols at once are those of any number of workers.
func TestSeamShards(t *testing.T) {
	frames, secrets := mixed(t)
	run := func(shards int) (string, string) {
		calls, cov := decrypt(t, frames, secretsOf(secrets), shards)
		slices.SortFunc(calls, func(a, b *schemas.Call) int { return strings.Compare(a.ID, b.ID) })
		books, err := json.Marshal(cov)
		if err != nil {
			t.Fatal(err)
		}
		return bare(t, calls), string(books)
	}
	calls, books := run(1)
	if n := strings.Count(calls, "\n"); n != 24 {
		t.Fatalf("%d calls", n)
	}
	for _, shards := range []int{2, 3, 5} {
		if c, b := run(shards); c != calls || b != books {
			t.Errorf("%d workers:\n%s\n%s\nwant\n%s\n%s", shards, c, b, calls, books)
		}
	}
}

// TestSeamPanic: a panic, here of a sink, ends the connection in which it happens and nothing else,
// also where the connection is over and only waits for its secrets.
func TestSeamPanic(t *testing.T) {
	var log strings.Builder
	client, server := tlsConfigs(stdtls.VersionTLS13, 0, &log)
	server.SessionTicketsDisabled = true
	// The only request has no answer: its call is told of at the connection's end.
	h := onWire(byHand(1), sealed(t, client, server, turns("> GET /a HTTP/1.1\r\nHost: x.example\r\n\r\n")), 1460)
	own := len(h.tape)
	next := byHand(2)
	next.now, next.step = h.now, 300e6
	frames := join(h.tape, next.open().exchange("/after").exchange("/after").exchange("/after").shut().tape)
	for _, at := range []int{0, own, own + 2, len(frames)} {
		for _, shards := range []int{1, 2} {
			keys := tls.NewKeys(true, 0)
			src := &hooked{source: source{tape: frames}, before: func(i int) {
				if i == at {
					l := tls.NewLog(keys, tls.Always)
					io.WriteString(l, log.String())
				}
			}}
			var mu sync.Mutex
			after := 0
			cov, err := sensor.Run(t.Context(), sensor.Config{Source: src, Keys: keys, Shards: shards, Sink: func(int) publish.Sink {
				return publish.Func(func(c *schemas.Call) {
					if c.Scheme == "https" {
						panic("sink")
					}
					mu.Lock()
					defer mu.Unlock()
					after++
				})
			}})
			if err != nil || after != 3 || cov.Evicted["panic"] != 1 {
				t.Errorf("secrets before frame %d: %v, %d calls of the other connection, evicted %v", at, err, after, cov.Evicted)
			}
		}
	}
}
