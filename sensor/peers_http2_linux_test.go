package sensor_test

//lint:file-ignore SA1019 no other server at hand takes Upgrade: h2c

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/h2c"
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
func overhear(t *testing.T, s *served, do func()) map[string]int {
	t.Helper()
	calls, _ := eavesdrop(t, nil, "", []string{s.addr}, func() (made int) {
		do()
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, n := range s.want {
			made += n
		}
		return made
	})
	return count(calls, told3)
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
			wantCounts(t, got, s.want)
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
