package sensor_test

import (
	stdtls "crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"wirecensus/schemas"
	"wirecensus/sensor/tls"
)

// TestItem50LateHTTP2: HTTP/2 of which the secrets come after the handshake, at once or line by line
// in any order, after the last frame too: what the server said is not read before what it answers.
func TestItem50LateHTTP2(t *testing.T) {
	for _, version := range []uint16{stdtls.VersionTLS12, stdtls.VersionTLS13} {
		var log strings.Builder
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		srv := &http.Server{TLSConfig: &stdtls.Config{Certificates: []stdtls.Certificate{certificate().rsa}, MaxVersion: version},
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				io.WriteString(w, strings.Repeat("x", 1000))
			})}
		go srv.ServeTLS(l, "", "")
		p := newProxy(t, l.Addr().String())
		tr := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &stdtls.Config{ServerName: "x.example", InsecureSkipVerify: true, KeyLogWriter: &log}}
		for i := range 20 {
			resp, err := (&http.Client{Transport: tr}).Get(fmt.Sprintf("https://%s/%d", p.Addr(), i))
			if err != nil {
				t.Fatal(err)
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		tr.CloseIdleConnections()
		p.wg.Wait()
		srv.Close()
		frames := p.frames(1460)
		secrets := slices.Collect(strings.Lines(log.String()))
		backwards := slices.Clone(secrets)
		slices.Reverse(backwards)
		for k, lines := range [][]string{{log.String()}, secrets, backwards} {
			for _, at := range []int{1, len(frames) / 2, len(frames) - len(lines)} {
				keys := tls.NewKeys(true, 0)
				out := tls.NewLog(keys, tls.Always)
				src := &hooked{source: source{tape: frames}, before: func(i int) {
					if i > at && i-at <= len(lines) {
						io.WriteString(out, lines[i-at-1])
					}
				}}
				calls, cov := decryptFrom(t, src, keys, 1)
				// Backwards, the records of the handshake are passed over.
				if len(calls) != 20 || len(cov.Opaque) != 0 || cov.DecryptedFailures != 0 && k < 2 {
					t.Errorf("version %x, %d lines from frame %d of %d on: %d calls, opaque %v, %d records failed", version, len(lines), at, len(frames), len(calls), cov.Opaque, cov.DecryptedFailures)
				}
				for i, c := range calls {
					if want := fmt.Sprintf("GET /%d 200", i); told3(c) != want || c.Version != "2" || len(c.Flags) != 0 {
						t.Errorf("version %x, %d lines from frame %d on: %s HTTP/%s %v, want %s", version, len(lines), at, told3(c), c.Version, c.Flags, want)
					}
				}
			}
		}
	}
}

// told3 is a call as method, path and status.
func told3(c *schemas.Call) string { return fmt.Sprint(c.Method, " ", c.Path, " ", c.Status) }
