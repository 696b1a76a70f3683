package sensor_test

import (
	"context"
	stdtls "crypto/tls"
	"fmt"
	"log"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	testpb "google.golang.org/grpc/interop/grpc_testing"

	"wirecensus/schemas"
	"wirecensus/sensor/tls"
)

// serveTLS starts Go's own server with HTTP/2 over TLS; where keyLog is not empty it writes one.
func serveTLS(t *testing.T, version uint16, keyLog string) *served {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := &stdtls.Config{Certificates: []stdtls.Certificate{certificate().rsa, certificate().ecdsa}, MaxVersion: version}
	if keyLog != "" {
		cfg.KeyLogWriter = appending(t, keyLog)
	}
	s := &served{addr: l.Addr().String(), want: map[string]int{}}
	srv := &http.Server{Handler: s, TLSConfig: cfg, ErrorLog: log.New(t.Output(), "", 0)}
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.ServeTLS(l, "", "") }()
	t.Cleanup(func() { srv.Close(); <-done })
	return s
}

// TestItem50GoServer: Go's server with HTTP/2 over each suite that it takes for that, of which the
// client's offer decides. The clients write the key log; the one for nghttp, which cannot, is the server's.
func TestItem50GoServer(t *testing.T) {
	installed(t, "curl", "nghttp", "h2load")
	keyLog := filepath.Join(t.TempDir(), "keys.log")
	file := appending(t, keyLog)
	v12, v13 := uint16(stdtls.VersionTLS12), uint16(stdtls.VersionTLS13)
	servers := []*served{serveTLS(t, v12, ""), serveTLS(t, v13, ""), serveTLS(t, v12, keyLog), serveTLS(t, v13, keyLog)}
	var addrs []string
	for _, s := range servers {
		addrs = append(addrs, s.addr)
	}
	calls, _ := eavesdrop(t, tls.NewKeys(true, 0), keyLog, addrs, func() (made int) {
		for _, suite := range nginxSuites {
			switch {
			case strings.HasPrefix(suite.name, "TLS_") && suite.id != 0:
				made += curl(t, keyLog, "https", addrs[1], []string{"--http2", "--tls13-ciphers", suite.name}, "/curl/1", "/curl/4")
			case strings.Contains(suite.name, "GCM") && suite.name[0] == 'E' || strings.Contains(suite.name, "CHACHA"):
				made += curl(t, keyLog, "https", addrs[0], []string{"--http2", "--tls-max", "1.2", "--ciphers", suite.name}, "/curl/1", "/curl/4")
				made += askGo(t, goTLS(file, suite.id), "https://"+addrs[0], 20)
			}
		}
		made += askGo(t, goTLS(file), "https://"+addrs[1], 80)
		for _, addr := range addrs[2:] {
			host := "x.example:" + port(addr)
			command(t, "", "nghttp", "-n", "-m", "20", "-H", ":authority: "+host, "https://"+addr+"/n/1", "https://"+addr+"/n/4")
			made += 40
			command(t, "", "h2load", "-n", "500", "-c", "5", "-m", "20", "--connect-to=127.0.0.1:"+port(addr), "https://"+host+"/load/1", "https://"+host+"/load/4")
			made += 500
		}
		return made
	})
	want := map[string]int{}
	for _, s := range servers {
		s.mu.Lock()
		for k, n := range s.want {
			want[port(s.addr)+" "+k] += n
		}
		s.mu.Unlock()
	}
	wantCounts(t, count(calls, withPort), want)
	wantScheme(t, calls, "https")
}

// TestItem49GRPCPeers: grpc-go with calls of all four kinds, in clear and over TLS.
func TestItem49GRPCPeers(t *testing.T) {
	keyLog := filepath.Join(t.TempDir(), "keys.log")
	client, server := tlsConfigs(stdtls.VersionTLS13, 0, appending(t, keyLog))
	client.ServerName = "shop.example"
	for name, c := range map[string]struct {
		server, client credentials.TransportCredentials
	}{
		"http": {insecure.NewCredentials(), insecure.NewCredentials()}, "https": {credentials.NewTLS(server), credentials.NewTLS(client)},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			s := grpc.NewServer(grpc.Creds(c.server))
			testpb.RegisterTestServiceServer(s, grpcServer{})
			var serving sync.WaitGroup
			serving.Go(func() { _ = s.Serve(l) }) // ends with Stop
			t.Cleanup(func() { s.Stop(); serving.Wait() })
			conn, err := grpc.NewClient("passthrough:///shop.example:8080", grpc.WithTransportCredentials(c.client), grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
			}))
			if err != nil {
				t.Fatal(err)
			}
			var want truth
			keys := tls.NewKeys(true, 0)
			calls, _ := eavesdrop(t, keys, keyLog, []string{l.Addr().String()}, func() int {
				conn.Connect() // a message of 200,000 bytes does not wait for secrets
				for end := time.Now().Add(5 * time.Second); name == "https" && keys.Stats().Secrets < 4 && time.Now().Before(end); {
					time.Sleep(5 * time.Millisecond)
				}
				want = conduct(t, conn)
				conn.Close()
				return len(want)
			})
			if got := told(calls); !slices.Equal(got, want) {
				t.Errorf("got %q\nwant %q", got, want)
			}
			for _, call := range calls {
				if call.Scheme != name {
					t.Errorf("%s over %s", call.Path, call.Scheme)
				}
			}
			t.Logf("%d of %d calls", len(calls), len(want))
		})
	}
}

// everything is a server of HTTP/1, HTTP/2 and WebSocket, where every path that begins with /ws is one.
type everything struct{ *served }

func (e everything) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, "/ws") {
		e.served.ServeHTTP(w, r)
		return
	}
	up := websocket.Upgrader{EnableCompression: r.URL.Path == "/ws/deflate"}
	c, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	e.mu.Lock()
	e.want["GET "+r.URL.Path+" 101"] += 2 // and one for the messages
	e.mu.Unlock()
	defer c.Close()
	for {
		kind, b, err := c.ReadMessage()
		if err != nil || c.WriteMessage(kind, append([]byte(`{"echo":`), append(b, '}')...)) != nil {
			return
		}
	}
}

// converse exchanges n messages over WebSocket.
func converse(t *testing.T, dial websocket.Dialer, url string, n int) {
	t.Helper()
	dial.EnableCompression = strings.HasSuffix(url, "deflate")
	c, _, err := dial.Dial(url, nil)
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close()
	for i := range n {
		err := c.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, `{"id":%d,"text":%q}`, i, strings.Repeat("word ", i)))
		if err == nil {
			_, _, err = c.ReadMessage()
		}
		if err != nil {
			t.Error(err)
			return
		}
	}
	c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, "bye"), time.Now().Add(time.Second))
	c.ReadMessage() // its answer
}

// TestItem50Mixture: HTTP/1, HTTP/2 and WebSocket side by side on one port, in clear and over TLS.
func TestItem50Mixture(t *testing.T) {
	const messages = 100
	keyLog := filepath.Join(t.TempDir(), "keys.log")
	client, server := tlsConfigs(stdtls.VersionTLS13, 0, appending(t, keyLog))
	for _, scheme := range []string{"http", "https"} {
		t.Run(scheme, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			addr := l.Addr().String()
			s := everything{&served{addr: addr, want: map[string]int{}}}
			srv := &http.Server{Handler: s, Protocols: new(http.Protocols), TLSConfig: server, ErrorLog: log.New(t.Output(), "", 0)}
			srv.Protocols.SetHTTP1(true)
			srv.Protocols.SetHTTP2(true)
			srv.Protocols.SetUnencryptedHTTP2(true)
			done := make(chan struct{})
			go func() {
				defer close(done)
				if scheme == "https" {
					_ = srv.ServeTLS(l, "", "")
				} else {
					_ = srv.Serve(l)
				}
			}()
			t.Cleanup(func() { srv.Close(); <-done })
			old := &http.Transport{TLSClientConfig: client.Clone()}
			young := &http.Transport{TLSClientConfig: client.Clone(), Protocols: new(http.Protocols)}
			young.Protocols.SetHTTP2(true)
			young.Protocols.SetUnencryptedHTTP2(scheme == "http")
			dial := websocket.Dialer{TLSClientConfig: client.Clone()}
			calls, _ := eavesdrop(t, tls.NewKeys(true, 0), keyLog, []string{addr}, func() int {
				var wg sync.WaitGroup
				wg.Go(func() { askGo(t, old, scheme+"://"+addr, 80) })
				wg.Go(func() { askGo(t, young, scheme+"://"+addr, 80) })
				wg.Go(func() { converse(t, dial, "ws"+scheme[4:]+"://"+addr+"/ws/plain", messages) })
				wg.Go(func() { converse(t, dial, "ws"+scheme[4:]+"://"+addr+"/ws/deflate", messages) })
				wg.Wait()
				return 80 + 80 + 2*2
			})
			s.mu.Lock()
			defer s.mu.Unlock()
			wantCounts(t, count(calls, told3), s.want)
			versions := count(calls, func(c *schemas.Call) string { return c.Scheme + c.Protocol + " " + c.Version })
			if versions[scheme+" 1.1"] != 80 || versions[scheme+" 2"] != 80 || versions[scheme+"websocket 1.1"] != 4 {
				t.Errorf("%v", versions)
			}
			for _, c := range calls {
				if !slices.Contains(c.Flags, "continued") {
					continue
				}
				if got, want := strings.TrimSpace(toldOf(c)), fmt.Sprintf("%[1]d id=%[1]d,text=%[1]d | %[1]d echo=%[1]d |", messages); got != want {
					t.Errorf("%s: %q, want %q", c.Path, got, want)
				}
			}
		})
	}
}
