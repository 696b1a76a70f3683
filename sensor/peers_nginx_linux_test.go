package sensor_test

import (
	stdtls "crypto/tls"
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
	"syscall"
	"testing"
	"time"

	"wirecensus/schemas"
	"wirecensus/sensor/tls"
)

// nginxSuites are the ways in which nginx is made to encrypt HTTP/2, one on each port. RFC 9113,
// Appendix A prohibits some of them; neither nginx nor curl minds.
var nginxSuites = []struct {
	name string
	id   uint16 // for Go's client; 0 when it does not know it
}{
	{"TLS_AES_128_GCM_SHA256", stdtls.TLS_AES_128_GCM_SHA256},
	{"TLS_AES_256_GCM_SHA384", stdtls.TLS_AES_256_GCM_SHA384},
	{"TLS_CHACHA20_POLY1305_SHA256", stdtls.TLS_CHACHA20_POLY1305_SHA256},
	{"TLS_AES_128_CCM_SHA256", 0},
	{"TLS_AES_128_CCM_8_SHA256", 0},
	{"ECDHE-RSA-AES128-GCM-SHA256", stdtls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256},
	{"ECDHE-RSA-AES256-GCM-SHA384", stdtls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384},
	{"ECDHE-ECDSA-AES128-GCM-SHA256", stdtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
	{"ECDHE-ECDSA-AES256-GCM-SHA384", stdtls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384},
	{"ECDHE-RSA-CHACHA20-POLY1305", stdtls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256},
	{"ECDHE-ECDSA-CHACHA20-POLY1305", stdtls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256},
	{"ECDHE-RSA-AES128-SHA", stdtls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA}, // CBC: curl with encrypt-then-MAC, Go without
	{"ECDHE-RSA-AES128-SHA256", stdtls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256},
	{"ECDHE-ECDSA-AES256-SHA384", 0},
	{"ECDHE-ECDSA-AES128-CCM", 0},
	{"AES128-GCM-SHA256", stdtls.TLS_RSA_WITH_AES_128_GCM_SHA256},
	{"AES256-SHA", stdtls.TLS_RSA_WITH_AES_256_CBC_SHA},
}

// nginx is a running nginx.
type nginx struct {
	dir   string
	addrs []string
}

// startNginx starts nginx with a server for each of the given options of listen and directives,
// on sockets that it inherits, so that no port is named before it is taken.
func startNginx(t *testing.T, dir string, servers ...[2]string) *nginx {
	t.Helper()
	n := &nginx{dir: dir}
	var conf strings.Builder
	fmt.Fprintf(&conf, "daemon off;\nworker_processes 1;\nuser root;\npid %[1]s/pid;\nerror_log %[1]s/error.log;\nevents {}\nhttp {\n", dir)
	conf.WriteString("log_format truth '$server_port $request_method $request_uri $status $server_protocol $ssl_cipher';\n")
	fmt.Fprintf(&conf, "access_log %s/access.log truth;\n", dir)
	for _, name := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&conf, "%s_temp_path %s/temp;\n", name, dir)
	}
	cmd := exec.Command("nginx", "-p", dir, "-c", filepath.Join(dir, "nginx.conf"), "-e", filepath.Join(dir, "error.log"))
	inherited := ""
	for i, s := range servers {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		file, err := l.(*net.TCPListener).File()
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		cmd.ExtraFiles = append(cmd.ExtraFiles, file)
		inherited += fmt.Sprintf("%d;", 3+i)
		n.addrs = append(n.addrs, l.Addr().String())
		fmt.Fprintf(&conf, "server {\nlisten %s %s;\n%s\nlocation / { return 200 '{\"a\":1}'; }\nlocation ~ 4$ { return 404 '{\"b\":1}'; }\n}\n", l.Addr(), s[0], s[1])
	}
	conf.WriteString("}\n")
	if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(conf.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd.Env = append(os.Environ(), "NGINX="+inherited)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM) // ends its worker too
		late := time.AfterFunc(5*time.Second, func() { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
		cmd.Wait()
		late.Stop()
		if text, _ := os.ReadFile(filepath.Join(dir, "error.log")); t.Failed() {
			t.Logf("nginx: %s", text)
		}
	})
	return n
}

// truth are the calls that nginx logged, with the port of each, and the ciphers of each port.
func (n *nginx) truth(t *testing.T) (calls map[string]int, ciphers map[string][]string) {
	calls, ciphers = map[string]int{}, map[string][]string{}
	for line := range strings.Lines(readFile(t, filepath.Join(n.dir, "access.log"))) {
		f := strings.Fields(line)
		if len(f) != 6 || f[4] != "HTTP/2.0" {
			t.Errorf("nginx served %q", line)
			continue
		}
		calls[strings.Join(f[:4], " ")]++
		if !slices.Contains(ciphers[f[0]], f[5]) {
			ciphers[f[0]] = append(ciphers[f[0]], f[5])
		}
	}
	return calls, ciphers
}

// withPort is a call as nginx logs it.
func withPort(c *schemas.Call) string { return fmt.Sprint(c.PeerPort, " ", told3(c)) }

// wantScheme checks what all calls have in common. nginx answers before it has the content of a
// request, which some clients then do not send or cut off.
func wantScheme(t *testing.T, calls []*schemas.Call, scheme string) {
	t.Helper()
	for _, c := range calls {
		if c.Scheme != scheme || c.Version != "2" || c.Host != "x.example" || c.Port != c.PeerPort || c.Status == 0 || len(c.Flags) != 0 && (c.Method == "GET" || !slices.Equal(c.Flags, []string{"incomplete"}) && !slices.Equal(c.Flags, []string{"ambiguous"})) {
			t.Errorf("%s is HTTP/%s over %s at %s:%d, %v, peer port %d", told3(c), c.Version, c.Scheme, c.Host, c.Port, c.Flags, c.PeerPort)
			return
		}
	}
}

// nginxTLS starts nginx with each suite on a port of its own.
func nginxTLS(t *testing.T) *nginx {
	dir := opensslFiles(t)
	var servers [][2]string
	for _, s := range nginxSuites {
		d := fmt.Sprintf("ssl_protocols TLSv1.2;\nssl_ciphers %s:@SECLEVEL=0;\n", s.name)
		if strings.HasPrefix(s.name, "TLS_") {
			d = fmt.Sprintf("ssl_protocols TLSv1.3;\nssl_conf_command Ciphersuites %s;\n", s.name)
		}
		for _, cert := range []string{"rsa", "ecdsa"} {
			d += fmt.Sprintf("ssl_certificate %[1]s/%[2]s.pem;\nssl_certificate_key %[1]s/%[2]s.pem;\n", dir, cert)
		}
		servers = append(servers, [2]string{"ssl http2", d})
	}
	return startNginx(t, dir, servers...)
}

func port(addr string) string { _, p, _ := net.SplitHostPort(addr); return p }

// curl asks for paths with curl on one connection.
func curl(t *testing.T, keyLog, base, addr string, args []string, paths ...string) int {
	t.Helper()
	all := append([]string{"curl", "-sSk", "--resolve", "x.example:" + port(addr) + ":127.0.0.1"}, args...)
	for _, p := range paths {
		all = append(all, base+"://x.example:"+port(addr)+p)
	}
	command(t, keyLog, all...)
	return len(paths)
}

// askGo makes n calls with Go's client, several at a time.
func askGo(t *testing.T, tr *http.Transport, base string, n int) int {
	t.Helper()
	defer tr.CloseIdleConnections()
	client := &http.Client{Transport: tr}
	var wg sync.WaitGroup
	for k := range 4 {
		wg.Go(func() {
			for i := k; i < n; i += 4 {
				method, body := []string{"GET", "POST", "PUT", "DELETE"}[i/4%4], io.Reader(nil)
				if method != "GET" {
					body = strings.NewReader(`{"a":1}`)
				}
				req, err := http.NewRequest(method, fmt.Sprintf("%s/go/%d", base, i), body)
				if err != nil {
					t.Error(err)
					return
				}
				req.Host = "x.example:" + port(strings.TrimPrefix(base, "https://"))
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
	return n
}

// goTLS is a transport that speaks HTTP/2 over TLS and writes a key log.
func goTLS(log io.Writer, suites ...uint16) *http.Transport {
	return &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &stdtls.Config{ServerName: "x.example", InsecureSkipVerify: true, KeyLogWriter: log, CipherSuites: suites}}
}

// appending is a key log to append to.
func appending(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// TestItem50Nginx: nginx with HTTP/2 over TLS 1.2 and 1.3, asked by curl, h2load and Go's client,
// which write the key log that the sensor follows: every call that nginx logged.
func TestItem50Nginx(t *testing.T) {
	installed(t, "nginx", "curl", "h2load")
	n := nginxTLS(t)
	log := filepath.Join(t.TempDir(), "keys.log")
	file := appending(t, log)
	calls, _ := eavesdrop(t, tls.NewKeys(true, 0), log, n.addrs, func() (made int) {
		for i, s := range nginxSuites {
			base := "https://" + n.addrs[i]
			suite := []string{"--http2", "--ciphers", s.name + ":@SECLEVEL=0"}
			if strings.HasPrefix(s.name, "TLS_") {
				suite = []string{"--http2", "--tls13-ciphers", s.name}
			}
			made += curl(t, log, "https", n.addrs[i], suite, "/curl/1", "/curl/4")
			made += curl(t, log, "https", n.addrs[i], append(suite, "-d", `{"a":1}`), "/curl/2", "/curl/44")
			if s.id != 0 {
				made += askGo(t, goTLS(file, s.id), base, 20)
			}
			if strings.HasPrefix(s.name, "TLS_") && s.id != 0 || strings.HasPrefix(s.name, "ECDHE-RSA-AES128-GCM") {
				command(t, log, "h2load", "-n", "300", "-c", "3", "-m", "20", "--connect-to=127.0.0.1:"+port(n.addrs[i]), "https://x.example:"+port(n.addrs[i])+"/load/1")
				made += 300
			}
		}
		return made
	})
	want, ciphers := n.truth(t)
	wantCounts(t, count(calls, withPort), want)
	wantScheme(t, calls, "https")
	for i, s := range nginxSuites {
		if got := ciphers[port(n.addrs[i])]; !slices.Equal(got, []string{s.name}) {
			t.Errorf("%s: nginx says %v", s.name, got)
		}
	}
}

// TestItem50NginxPrivateKey: the same without a key log where the key exchange is RSA, with nginx's private key.
func TestItem50NginxPrivateKey(t *testing.T) {
	installed(t, "nginx", "curl", "h2load")
	n := nginxTLS(t)
	keys := tls.NewKeys(false, 0)
	if err := keys.AddPrivate(certificate().pem); err != nil {
		t.Fatal(err)
	}
	calls, _ := eavesdrop(t, keys, "", n.addrs, func() (made int) {
		for i, s := range nginxSuites {
			if strings.HasPrefix(s.name, "AES") {
				made += curl(t, "", "https", n.addrs[i], []string{"--http2"}, "/curl/1", "/curl/4")
				command(t, "", "h2load", "-n", "300", "-c", "3", "-m", "20", "--ciphers", s.name, "--connect-to=127.0.0.1:"+port(n.addrs[i]), "https://x.example:"+port(n.addrs[i])+"/load/1")
				made += 300
			}
		}
		return made
	})
	want, _ := n.truth(t)
	wantCounts(t, count(calls, withPort), want)
	wantScheme(t, calls, "https")
}

// TestItem45Nginx: nginx with HTTP/2 in clear, asked by curl, nghttp and h2load.
func TestItem45Nginx(t *testing.T) {
	installed(t, "nginx", "curl", "nghttp", "h2load")
	n := startNginx(t, t.TempDir(), [2]string{"http2", ""})
	url := "http://" + n.addrs[0]
	calls, _ := eavesdrop(t, nil, "", n.addrs, func() int {
		made := 0
		for _, p := range []string{"/curl/1", "/curl/4"} { // some versions of curl fail when they reuse such a connection
			made += curl(t, "", "http", n.addrs[0], []string{"--http2-prior-knowledge"}, p)
		}
		command(t, "", "nghttp", "-n", "-m", "20", "-H", ":authority: x.example:"+port(n.addrs[0]), url+"/n/1", url+"/n/4")
		command(t, "", "h2load", "-n", "1000", "-c", "5", "-m", "30", "--connect-to=127.0.0.1:"+port(n.addrs[0]), "http://x.example:"+port(n.addrs[0])+"/load/1")
		return made + 40 + 1000
	})
	want, _ := n.truth(t)
	wantCounts(t, count(calls, withPort), want)
	wantScheme(t, calls, "http")
}
