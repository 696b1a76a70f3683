package sensor_test

//lint:file-ignore SA1019 no other server at hand takes Upgrade: h2c

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/h2c"

	"wirecensus/schemas"
	"wirecensus/sensor"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/publish"
)

// served is a server that speaks HTTP/2 in clear and notes what it was asked.
type served struct {
	addr string
	mu   sync.Mutex
	want map[string]int // method, path, status
}

func (s *served) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status := 200
	if n := len(r.URL.Path); r.URL.Path[n-1] == '4' {
		status = 404
	}
	s.mu.Lock()
	s.want[fmt.Sprint(r.Method, " ", r.URL.Path, " ", status)]++
	s.mu.Unlock()
	io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"path":%q}`, r.URL.Path)
}

// serve starts the server on loopback, Go's own or one that takes Upgrade: h2c too.
func serve(t *testing.T, upgrade bool) *served {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &served{addr: l.Addr().String(), want: map[string]int{}}
	srv := &http.Server{Handler: s, Protocols: new(http.Protocols)}
	srv.Protocols.SetUnencryptedHTTP2(true)
	if upgrade {
		srv = &http.Server{Handler: h2c.NewHandler(s, new(http2.Server))}
	}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	return s
}

// overhear runs the sensor on the loopback interface while do runs, and returns
// the calls to the server.
func overhear(t *testing.T, s *served, do func()) (got map[string]int) {
	live, err := capture.OpenLive(capture.LiveConfig{Interface: "lo"})
	if errors.Is(err, syscall.EPERM) {
		t.Skip("needs CAP_NET_RAW")
	} else if err != nil {
		t.Fatal(err)
	}
	defer live.Close()
	got = map[string]int{}
	done := make(chan error)
	go func() {
		_, err := sensor.Run(context.Background(), sensor.Config{Source: live, Key: []byte("k"), Sink: func(int) publish.Sink {
			return publish.Func(func(c *schemas.Call) {
				if fmt.Sprintf("127.0.0.1:%d", c.PeerPort) == s.addr {
					got[fmt.Sprint(c.Method, " ", c.Path, " ", c.Status)]++
				}
			})
		}})
		done <- err
	}()
	do()
	time.Sleep(500 * time.Millisecond) // what was sent last is on its way
	live.Stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return got
}

// Acceptance item 45: clients and a server that others wrote, overheard on
// loopback: every call with method, path and status.
func TestItem45Peers(t *testing.T) {
	for _, p := range []struct {
		name string
		args func(addr string) []string
	}{
		{"go", nil},
		{"curl", func(addr string) []string {
			return []string{"curl", "-s", "--http2-prior-knowledge", "http://" + addr + "/c/1"}
		}},
		{"curl upgrade", func(addr string) []string {
			return []string{"curl", "-s", "--http2", "http://" + addr + "/u/1", "http://" + addr + "/u/4"}
		}},
		{"nghttp upgrade", func(addr string) []string {
			return []string{"nghttp", "-n", "-u", "-m", "5", "http://" + addr + "/v/1", "http://" + addr + "/v/4"}
		}},
		{"nghttp", func(addr string) []string {
			return []string{"nghttp", "-n", "-m", "20", "http://" + addr + "/n/1", "http://" + addr + "/n/4"}
		}},
		{"h2load", func(addr string) []string {
			return []string{"h2load", "-n", "5000", "-c", "10", "-m", "50", "http://" + addr + "/l/1", "http://" + addr + "/l/4"}
		}},
	} {
		t.Run(p.name, func(t *testing.T) {
			s := serve(t, strings.Contains(p.name, "upgrade"))
			do := func() { goClient(t, s.addr) }
			if p.args != nil {
				args := p.args(s.addr)
				if _, err := exec.LookPath(args[0]); err != nil {
					t.Skip(args[0] + " is not installed")
				}
				do = func() {
					if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
						t.Errorf("%v: %v\n%s", args, err, out)
					}
				}
			}
			got := overhear(t, s, do)
			s.mu.Lock()
			defer s.mu.Unlock()
			total := 0
			for k, n := range s.want {
				total += n
				if got[k] != n {
					t.Errorf("%s: %d of %d calls", k, got[k], n)
				}
				delete(got, k)
			}
			if len(got) > 0 || total == 0 {
				t.Errorf("%d calls served; others told: %v", total, got)
			}
			t.Logf("%d calls", total)
		})
	}
}

// goClient asks with Go's client, many streams at once.
func goClient(t *testing.T, addr string) {
	tr := &http.Transport{Protocols: new(http.Protocols)}
	tr.Protocols.SetUnencryptedHTTP2(true)
	defer tr.CloseIdleConnections()
	client := &http.Client{Transport: tr}
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			for k := range 50 {
				method := []string{"GET", "POST", "PUT", "DELETE"}[k%4]
				req, err := http.NewRequest(method, fmt.Sprintf("http://%s/g/%d/%d", addr, i, k), strings.NewReader(`{"a":1}`))
				if err != nil {
					t.Error(err)
					return
				}
				resp, err := client.Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		})
	}
	wg.Wait()
}
