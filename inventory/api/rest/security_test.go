package rest

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	readToken  = "read-token-0123456789"
	adminToken = "admin-token-0123456789"
)

func tokens(t testing.TB) *Tokens {
	t.Helper()
	sum := sha256.Sum256([]byte(adminToken))
	tk, err := ReadTokens(strings.NewReader("# ours\n\nread " + readToken + "\nadmin sha256:" + hex.EncodeToString(sum[:]) + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return tk
}

func TestTokensFile(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "no token",
		"# nothing":                    "no token",
		"read":                         "line 1: 1 words",
		"\nroot " + readToken:          "line 2: the role is",
		"read short":                   "line 1: the token has 5 bytes",
		"read sha256:xyz":              "64 hexadecimal digits",
		"read " + readToken + " extra": "3 words",
		strings.Repeat("a", 1<<20):     "too long",
		strings.Repeat("read "+readToken+"\n", maxTokens+1): "more than 1000",
	} {
		_, err := ReadTokens(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), readToken) {
			t.Errorf("%.30q: %v, want %q", text, err, want)
		}
	}
}

// TestRoles: without a token nothing is told, a token of the role read cannot
// change anything, and health needs none.
func TestRoles(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Tokens = tokens(t); c.Pprof = true })
	bearer := func(token string) string { return "Authorization: Bearer " + token }
	basic := httptest.NewRequest("GET", "/", nil)
	basic.SetBasicAuth("anyone", readToken)
	for _, c := range []struct {
		method, target, field string
		status                int
	}{
		{"GET", "/api/v1", "", 401}, {"GET", "/", "", 401}, {"GET", "/metrics", "", 401}, {"GET", "/nowhere", "", 401}, {"GET", "/debug/pprof/heap", "", 401},
		{"GET", "/api/v1", bearer("wrong-token-0123456789"), 401}, {"GET", "/api/v1", bearer(""), 401}, {"GET", "/api/v1", "Authorization: Digest x", 401},
		{"GET", "/api/v1", "Authorization: bearer " + readToken, 200}, {"GET", "/api/v1", "Authorization: " + basic.Header.Get("Authorization"), 200},
		{"GET", "/", bearer(readToken), 200}, {"GET", "/metrics", bearer(readToken), 200}, {"GET", "/nowhere", bearer(readToken), 404},
		{"DELETE", "/api/v1/specs/x", bearer(readToken), 403}, {"GET", "/debug/pprof/heap", bearer(readToken), 403},
		{"DELETE", "/api/v1/specs/x", bearer(adminToken), 404}, {"GET", "/api/v1", bearer(adminToken), 200}, {"GET", "/debug/pprof/heap", bearer(adminToken), 200},
		{"GET", "/debug/pprof/cmdline", bearer(adminToken), 404}, {"GET", "/debug/pprof/nothing", bearer(adminToken), 404},
		{"GET", "/healthz", "", 200}, {"GET", "/readyz", "", 200},
	} {
		var fields []string
		if c.field != "" {
			fields = append(fields, c.field)
		}
		a := b.ask(t, c.method, c.target, "", fields...)
		if a.StatusCode != c.status {
			t.Errorf("%s %s %s: %d, want %d: %.200s", c.method, c.target, c.field, a.StatusCode, c.status, a.body)
		}
		if challenges := a.Header.Values("WWW-Authenticate"); (a.StatusCode == 401) != (len(challenges) == 2) {
			t.Errorf("%s %s: challenges %q", c.method, c.target, challenges)
		}
	}
	if !strings.Contains(string(b.docJSON), `"token": []`) {
		t.Error("the document does not say that a token is needed")
	}
}

// TestRebinding: a server on loopback without tokens answers to loopback names only.
func TestRebinding(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Loopback = true })
	for host, status := range map[string]int{"127.0.0.1:8080": 200, "localhost:8080": 200, "LOCALHOST": 200, "localhost.": 200, "[::1]:8080": 200, "127.9.9.9": 200,
		"evil.example": 421, "evil.example:8080": 421, "127.0.0.1.evil.example": 421, "10.0.0.1": 421, "": 421, "0.0.0.0:8080": 421, "[::]:1": 421} {
		if a := b.ask(t, "GET", "/api/v1", "", "Host: "+host); a.StatusCode != status {
			t.Errorf("Host: %s: %d, want %d", host, a.StatusCode, status)
		}
	}
}

// TestOtherOrigins: a page of another origin changes nothing, whatever its browser
// says or does not say of it.
func TestOtherOrigins(t *testing.T) {
	b := newBench(t, nil)
	put := func(fields ...string) int {
		return b.ask(t, "PUT", "/api/v1/specs/x", yamlDocument, append(fields, "Content-Type: application/yaml", "Host: 127.0.0.1:8080")...).StatusCode
	}
	for fields, status := range map[string]int{
		"":                              201,
		"Sec-Fetch-Site: same-origin":   200,
		"Sec-Fetch-Site: none":          200,
		"Sec-Fetch-Site: cross-site":    403,
		"Sec-Fetch-Site: same-site":     403,
		"Origin: http://evil.example":   403,
		"Origin: null":                  403,
		"Origin: http://127.0.0.1:9999": 403,
		"Origin: http://127.0.0.1:8080": 200,
	} {
		var list []string
		if fields != "" {
			list = append(list, fields)
		}
		got := put(list...)
		if got == 201 {
			got = 200
		}
		if status == 201 {
			status = 200
		}
		if got != status {
			t.Errorf("%s: %d, want %d", fields, got, status)
		}
	}
	if a := b.ask(t, "POST", "/api/v1/overrides", "{}", "Content-Type: text/plain"); a.StatusCode != 415 {
		t.Errorf("what a form can send: %d", a.StatusCode)
	}
	for _, name := range []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Methods"} {
		if a := b.ask(t, "OPTIONS", "/api/v1/specs/x", "", "Origin: http://evil.example"); a.Header.Get(name) != "" {
			t.Errorf("%s is sent", name)
		}
	}
}

// TestPage: the page holds no script or style of its own, and what it loads is there.
func TestPage(t *testing.T) {
	b := newBench(t, nil)
	a := b.ask(t, "GET", "/", "")
	page, policy := string(a.body), a.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "script-src 'self'") {
		t.Errorf("policy: %s", policy)
	}
	for _, not := range []string{"<style", "style=", "<script>", "onclick", "http-equiv"} {
		if strings.Contains(page, not) {
			t.Errorf("the page has %s", not)
		}
	}
	if !strings.Contains(page, `src="./assets/page.js"`) {
		t.Error("the page does not load its script")
	}
	for _, part := range strings.Split(page, `="./`)[1:] {
		link, _, _ := strings.Cut(part, `"`)
		if got := b.ask(t, "GET", "/"+link, ""); got.StatusCode != 200 {
			t.Errorf("the page links to /%s: %d", link, got.StatusCode)
		}
	}
	if a := b.ask(t, "GET", "/assets/page.js", ""); !strings.HasPrefix(a.Header.Get("Content-Type"), "text/javascript") {
		t.Error(a.Header)
	}
}

// slow answers /api/v1 when it is let.
type slow struct {
	*memory
	asked, let chan struct{}
}

// TestDrain: at the end readiness goes first, what is being answered is finished,
// nothing new is taken.
func TestDrain(t *testing.T) {
	m := slow{newMemory(t), make(chan struct{}), make(chan struct{})}
	s, err := New(Config{Backend: m, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l, Listening{Linger: 200 * time.Millisecond}) }()
	base := "http://" + l.Addr().String()
	answered := make(chan int, 1)
	go func() {
		r, err := http.Get(base + "/readyz?")
		if err != nil {
			t.Error(err)
			answered <- 0
			return
		}
		defer r.Body.Close()
		answered <- r.StatusCode
	}()
	<-m.asked
	stop()
	for { // readiness turns while the listener is still open
		r, err := http.Get(base + "/readyz")
		if err != nil {
			t.Fatal("the listener closed before readiness said no")
		}
		io.Copy(io.Discard, r.Body)
		r.Body.Close()
		if r.StatusCode == 503 {
			break
		}
	}
	m.let <- struct{}{}
	if got := <-answered; got != 200 {
		t.Errorf("the request under way got %d", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := http.Get(base + "/healthz"); err == nil {
		t.Error("a request after the end was answered")
	}
}

// Ready waits the first time.
func (s slow) Ready(context.Context) error {
	s.asked <- struct{}{}
	<-s.let
	return nil
}

// TestTLS: with a certificate only TLS is spoken, and a browser is told to keep to it.
func TestTLS(t *testing.T) {
	ts := httptest.NewUnstartedServer(nil)
	ts.StartTLS()
	cert := ts.TLS.Certificates[0]
	ts.Close()
	dir := t.TempDir()
	certFile, keyFile := writePEM(t, dir, cert)
	s, err := New(Config{Backend: newMemory(t)})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l, Listening{Cert: certFile, Key: keyFile}) }()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}}
	r, err := client.Get("https://" + l.Addr().String() + "/api/v1")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != 200 || r.Header.Get("Strict-Transport-Security") == "" || r.ProtoMajor != 2 {
		t.Errorf("%s %v %v", r.Proto, r.StatusCode, r.Header)
	}
	var sum Summary
	if err := json.NewDecoder(r.Body).Decode(&sum); err != nil || sum.Services == 0 {
		t.Error(err)
	}
	client.CloseIdleConnections()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func writePEM(t *testing.T, dir string, c tls.Certificate) (cert, key string) {
	t.Helper()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	certText, keyText := pemOf(t, c)
	if err := os.WriteFile(cert, certText, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(key, keyText, 0o600); err != nil {
		t.Fatal(err)
	}
	return cert, key
}

func pemOf(t *testing.T, c tls.Certificate) (cert, key []byte) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}
