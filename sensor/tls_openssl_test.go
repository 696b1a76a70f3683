package sensor_test

import (
	"bufio"
	"bytes"
	stdtls "crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/sensor/tls"
)

// proxy passes connections on to target and keeps what went through them, each in its order.
type proxy struct {
	net.Listener
	target string
	mu     sync.Mutex
	said   [][]spoken
	wg     sync.WaitGroup
}

func newProxy(t *testing.T, target string) *proxy {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{Listener: l, target: target}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", target)
			if err != nil {
				in.Close()
				return
			}
			p.mu.Lock()
			i := len(p.said)
			p.said = append(p.said, nil)
			p.mu.Unlock()
			p.wg.Add(2)
			go p.pass(i, synth.Client, out, in)
			go p.pass(i, synth.Server, in, out)
		}
	}()
	return p
}

func (p *proxy) pass(i int, side synth.Side, dst, src net.Conn) {
	defer p.wg.Done()
	buf := make([]byte, 64<<10)
	for {
		n, err := src.Read(buf)
		if n > 0 {
			p.mu.Lock()
			p.said[i] = append(p.said[i], spoken{side, string(buf[:n])})
			p.mu.Unlock()
			if _, werr := dst.Write(buf[:n]); werr != nil {
				err = werr
			}
		}
		if err != nil {
			dst.(*net.TCPConn).CloseWrite()
			return
		}
	}
}

// frames returns all connections as a capture in segments of at most n bytes.
func (p *proxy) frames(n int) tape {
	p.mu.Lock()
	defer p.mu.Unlock()
	var tapes []tape
	for i, said := range p.said {
		h := byHand(i)
		h.client = synthPort(byHand(0).client, uint16(40000+i))
		h.now = 1_780_000_000e9 + int64(i)*10e9
		tapes = append(tapes, onWire(h, said, n).tape)
	}
	return join(tapes...)
}

// opensslFiles writes certificates and keys for OpenSSL.
func opensslFiles(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("no openssl")
	}
	dir := t.TempDir()
	for name, c := range map[string]stdtls.Certificate{"rsa": certificate().rsa, "ecdsa": certificate().ecdsa} {
		key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
		if err != nil {
			t.Fatal(err)
		}
		b := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
		b = append(b, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]})...)
		if err := os.WriteFile(filepath.Join(dir, name+".pem"), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// sServer starts openssl s_server and returns its address.
func sServer(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command("openssl", append([]string{"s_server", "-accept", "127.0.0.1:0"}, args...)...)
	in, err := cmd.StdinPipe() // open: at its end the server ends
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); cmd.Process.Kill(); cmd.Wait() })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if addr, ok := strings.CutPrefix(lines.Text(), "ACCEPT "); ok {
			go io.Copy(io.Discard, out)
			return addr
		}
	}
	t.Fatal("s_server does not listen")
	return ""
}

// heard is what a program said, for readers beside it.
type heard struct {
	mu  sync.Mutex
	out bytes.Buffer
}

// Write takes output.
func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.out.Write(p)
}

// String returns the output so far.
func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.out.String()
}

// wait waits until words came n times, at most for d.
func (h *heard) wait(words string, n int, d time.Duration) {
	for end := time.Now().Add(d); strings.Count(h.String(), words) < n && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
}

// sClient runs openssl s_client with lines as its input, each once the one before was answered, all at once with -ign_eof.
func sClient(t *testing.T, addr string, lines []string, args ...string) {
	t.Helper()
	cmd := exec.Command("openssl", append([]string{"s_client", "-connect", addr, "-servername", "x.example"}, args...)...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out heard
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waits := !slices.Contains(args, "-ign_eof") // else the server ends the connection
	if waits {
		out.wait("Verify return code", 1, 20*time.Second)
	}
	for _, l := range lines {
		answer := "HTTP/1."
		if len(l) == 2 {
			answer = "KEYUPDATE"
		}
		seen := strings.Count(out.String(), answer)
		io.WriteString(in, l)
		if waits {
			out.wait(answer, seen+1, 2*time.Second) // s_server without -www answers nothing
		}
	}
	in.Close()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("s_client: %s", out.String())
		}
	})
	timer := time.AfterFunc(60*time.Second, func() { cmd.Process.Kill() })
	cmd.Wait()
	if !timer.Stop() {
		t.Errorf("s_client did not end: %s", out.String())
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestItem50OpenSSL: OpenSSL at both ends, each cipher family, by key log and, where the key
// exchange is RSA, by private key.
func TestItem50OpenSSL(t *testing.T) {
	dir := opensslFiles(t)
	cases := []struct{ name, cert, version string }{
		{"ECDHE-RSA-AES128-GCM-SHA256", "rsa", "-tls1_2"}, {"ECDHE-RSA-AES256-GCM-SHA384", "rsa", "-tls1_2"},
		{"ECDHE-ECDSA-AES128-GCM-SHA256", "ecdsa", "-tls1_2"}, {"AES128-GCM-SHA256", "rsa", "-tls1_2"}, {"AES256-GCM-SHA384", "rsa", "-tls1_2"},
		{"ECDHE-RSA-AES128-SHA", "rsa", "-tls1_2"}, {"ECDHE-RSA-AES256-SHA", "rsa", "-tls1_2"}, {"AES128-SHA", "rsa", "-tls1_2"},
		{"AES128-SHA256", "rsa", "-tls1_2"}, {"AES256-SHA256", "rsa", "-tls1_2"}, {"DHE-RSA-AES128-GCM-SHA256", "rsa", "-tls1_2"}, {"DHE-RSA-AES256-SHA256", "rsa", "-tls1_2"}, {"ECDHE-RSA-AES128-SHA256", "rsa", "-tls1_2"},
		{"ECDHE-RSA-AES256-SHA384", "rsa", "-tls1_2"}, {"ECDHE-ECDSA-AES256-SHA384", "ecdsa", "-tls1_2"},
		{"ECDHE-RSA-CHACHA20-POLY1305", "rsa", "-tls1_2"}, {"ECDHE-ECDSA-CHACHA20-POLY1305", "ecdsa", "-tls1_2"}, {"DHE-RSA-CHACHA20-POLY1305", "rsa", "-tls1_2"},
		{"ECDHE-RSA-AES128-SHA", "rsa", "-tls1_2 -no_etm"}, {"AES256-SHA256", "rsa", "-tls1_2 -no_etm"}, {"ECDHE-ECDSA-AES256-SHA384", "ecdsa", "-tls1_2 -no_etm"}, {"AES128-SHA", "rsa", "-tls1 -no_etm"},
		{"AES128-CCM", "rsa", "-tls1_2"}, {"AES256-CCM8", "rsa", "-tls1_2"}, {"ECDHE-ECDSA-AES128-CCM", "ecdsa", "-tls1_2"}, {"ECDHE-ECDSA-AES256-CCM8", "ecdsa", "-tls1_2"},
		{"AES128-SHA", "rsa", "-tls1"}, {"ECDHE-RSA-AES256-SHA", "rsa", "-tls1_1"}, {"AES256-SHA", "rsa", "-tls1_1"},
		{"TLS_AES_128_GCM_SHA256", "rsa", "-tls1_3"}, {"TLS_AES_256_GCM_SHA384", "ecdsa", "-tls1_3"}, {"TLS_CHACHA20_POLY1305_SHA256", "rsa", "-tls1_3"},
		{"TLS_AES_128_CCM_SHA256", "rsa", "-tls1_3"}, {"TLS_AES_128_CCM_8_SHA256", "rsa", "-tls1_3"},
	}
	for _, c := range cases {
		t.Run(c.version[1:]+"/"+c.name, func(t *testing.T) {
			t.Parallel()
			suite := append(strings.Fields(c.version), "-cipher", c.name+":@SECLEVEL=0")
			if c.version == "-tls1_3" {
				suite = []string{c.version, "-ciphersuites", c.name}
			}
			file := filepath.Join(dir, c.cert+".pem")
			log := filepath.Join(t.TempDir(), "keys.log")
			p := newProxy(t, sServer(t, append([]string{"-www", "-cert", file, "-key", file, "-naccept", "2"}, suite...)...))
			session := filepath.Join(t.TempDir(), "session")
			request := []string{"GET /a/page HTTP/1.0\r\nHost: x.example\r\n\r\n"}
			sClient(t, p.Addr().String(), request, append([]string{"-ign_eof", "-keylogfile", log, "-sess_out", session}, suite...)...)
			sClient(t, p.Addr().String(), request, append([]string{"-ign_eof", "-keylogfile", log, "-sess_in", session}, suite...)...)
			p.wg.Wait()
			// CBC is with encrypt-then-MAC, of which the ServerHello has the empty extension 22, unless that is turned off.
			cbc := slices.ContainsFunc([]string{"SHA", "128-SHA256", "256-SHA256", "SHA384"}, func(s string) bool { return strings.HasSuffix(c.name, s) }) && !strings.Contains(c.name, "GCM") && c.version != "-tls1_3"
			flight := texts(p.said[0], synth.Server)
			if len(flight) == 0 {
				t.Fatal("the server said nothing")
			}
			if etm := strings.Contains(flight[0], "\x00\x16\x00\x00"); etm != (cbc && !strings.Contains(c.version, "no_etm")) {
				t.Errorf("encrypt-then-MAC: %v", etm)
			}
			stores := map[string]*tls.Keys{"key log": secretsOf(readFile(t, log))}
			if strings.HasPrefix(c.name, "AES") {
				stores["private key"] = tls.NewKeys(false, 0)
				if err := stores["private key"].AddPrivate(certificate().pem); err != nil {
					t.Fatal(err)
				}
			}
			for name, keys := range stores {
				for _, n := range []int{1, 1460} {
					calls, cov := decrypt(t, p.frames(n), keys, 1)
					if got := strings.Join(lines(calls), "; "); got != "GET x.example /a/page 200; GET x.example /a/page 200" || cov.DecryptedFailures != 0 {
						t.Errorf("%s, segments of %d: %q; %d records, %d failed", name, n, got, cov.DecryptedRecords, cov.DecryptedFailures)
					}
				}
			}
		})
	}
}

// httpsServer is a server of net/http that answers /n with status 200+n%4.
func httpsServer(t *testing.T, cfg *stdtls.Config) string {
	t.Helper()
	l, err := stdtls.Listen("tcp", "127.0.0.1:0", cfg)
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var n int
		fmt.Sscanf(r.URL.Path, "/%d", &n)
		w.WriteHeader(200 + n%4)
	})}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	return l.Addr().String()
}

func get(n int) string { return fmt.Sprintf("GET /%d HTTP/1.1\r\nHost: x.example\r\n\r\n", n) }

// TestItem50Handshakes: HelloRetryRequest, resumption by PSK, KeyUpdate and 0-RTT.
func TestItem50Handshakes(t *testing.T) {
	dir := opensslFiles(t)
	log := filepath.Join(dir, "keys.log")
	want := "GET x.example /0 200; GET x.example /1 201; GET x.example /2 202"
	check := func(name string, p *proxy, want string) {
		t.Helper()
		p.wg.Wait()
		for _, n := range []int{1, 1460} {
			calls, cov := decrypt(t, p.frames(n), secretsOf(readFile(t, log)), 1)
			if got := strings.Join(lines(calls), "; "); got != want {
				t.Errorf("%s, segments of %d: %q, want %q; %d records, %d failed", name, n, got, want, cov.DecryptedRecords, cov.DecryptedFailures)
			}
		}
	}
	cfg := &stdtls.Config{Certificates: []stdtls.Certificate{certificate().rsa}, CurvePreferences: []stdtls.CurveID{stdtls.CurveP384}, NextProtos: []string{"http/1.1"}}
	p := newProxy(t, httpsServer(t, cfg))
	sClient(t, p.Addr().String(), []string{get(0), get(1), get(2)}, "-keylogfile", log, "-tls1_3", "-groups", "X25519:P-384")
	check("HelloRetryRequest", p, want)
	if hellos := strings.Count(strings.Join(texts(p.said[0], synth.Client), ""), "\x16\x03"); hellos != 2 {
		t.Errorf("%d ClientHellos, want 2", hellos)
	}

	cfg = &stdtls.Config{Certificates: []stdtls.Certificate{certificate().rsa}, NextProtos: []string{"http/1.1"}}
	p = newProxy(t, httpsServer(t, cfg))
	session := filepath.Join(dir, "session")
	sClient(t, p.Addr().String(), []string{get(0), "K\n", get(1), "k\n", "K\n", get(2)}, "-keylogfile", log, "-tls1_3", "-sess_out", session)
	check("KeyUpdate", p, want)
	sClient(t, p.Addr().String(), []string{get(0), get(1), get(2)}, "-keylogfile", log, "-tls1_3", "-sess_in", session)
	check("PSK", p, want+"; "+want)

	file := filepath.Join(dir, "rsa.pem")
	early := filepath.Join(dir, "early")
	if err := os.WriteFile(early, []byte("GET /early HTTP/1.0\r\nHost: x.example\r\n\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p = newProxy(t, sServer(t, "-cert", file, "-key", file, "-early_data", "-tls1_3", "-no_anti_replay"))
	sClient(t, p.Addr().String(), []string{get(0)}, "-keylogfile", log, "-tls1_3", "-sess_out", session)
	sClient(t, p.Addr().String(), nil, "-keylogfile", log, "-tls1_3", "-sess_in", session, "-early_data", early)
	check("0-RTT", p, "GET x.example /0 - half; GET x.example /early - half")
	if !strings.Contains(readFile(t, log), "CLIENT_EARLY_TRAFFIC_SECRET") {
		t.Error("no early data were sent")
	}

	// Refused: the session is of another server.
	p = newProxy(t, sServer(t, "-cert", file, "-key", file, "-www", "-tls1_3"))
	sClient(t, p.Addr().String(), []string{"GET /late HTTP/1.0\r\nHost: x.example\r\n\r\n"}, "-ign_eof", "-keylogfile", log, "-tls1_3", "-sess_in", session, "-early_data", early)
	check("0-RTT refused", p, "GET x.example /late 200")
}

// texts returns what one side said.
func texts(said []spoken, side synth.Side) (out []string) {
	for _, s := range said {
		if s.side == side {
			out = append(out, s.data)
		}
	}
	return slices.Clip(out)
}
