package http1_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"wirecensus/sensor/http1"
)

func TestProbe(t *testing.T) {
	const (
		no   = http1.NoMatch
		more = http1.NeedMore
		yes  = http1.Match
	)
	for in, want := range map[string]http1.Verdict{
		"GET / HTTP/1.1\r\n":                      yes,
		"\r\n\r\nGET / HTTP/1.0\n":                yes,
		"get /x HTTP/1.1\r\n":                     yes,
		"FROBNICATE /x HTTP/1.1\r\n":              yes,
		"QUERY /x HTTP/1.1\r\n":                   yes,
		"GET http://h/x y HTTP/1.1\r\n":           yes,
		"OPTIONS * HTTP/1.1\r\n":                  yes,
		"CONNECT h:443 HTTP/1.1\r\n":              yes,
		"GET /old\r\n":                            yes,
		"HTTP/1.1 200 OK\r\n":                     yes,
		"HTTP/1.0 404\r\n":                        yes,
		"GET /" + strings.Repeat("a", 1100):       yes,
		"HTTP/1.1 2":                              more,
		"":                                        more,
		"G":                                       more,
		"GET /a HTTP":                             more,
		"\r\n":                                    more,
		"HTTP/1.1 20x OK\r\n":                     no,
		"HTTP/2 200\r\n":                          no,
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n":        no,
		"OPTIONS rtsp://h/ RTSP/1.0\r\n":          no,
		"RTSP/1.0 200 OK\r\n":                     no,
		"INVITE sip:bob@h SIP/2.0\r\n":            no,
		"SIP/2.0 200 OK\r\n":                      no,
		"SSH-2.0-OpenSSH_9.6\r\n":                 no,
		"*1\r\n$4\r\nPING\r\n":                    no,
		"PING\r\n":                                no,
		"GET key\r\n":                             no,
		"SET key value\r\n":                       no,
		"EHLO mail.example.com\r\n":               no,
		"220 mail ESMTP\r\n":                      no,
		"MAIL FROM:<a@b>\r\n":                     no,
		"USER anonymous\r\n":                      no,
		"\x16\x03\x01\x02\x00\x01\x00":            no,
		"J\x00\x00\x00\x0a8.0.36\x00":             no,
		"NICK x\r\nUSER x 0 * :x\r\n":             no,
		"a001 LOGIN u p\r\n":                      no,
		"get k\r\n":                               no,
		strings.Repeat("A", 70):                   no,
		"FROB /" + strings.Repeat("a", 1100):      no,
		"GET rtsp://" + strings.Repeat("a", 1100): no,
	} {
		if got := http1.Probe([]byte(in)); got != want {
			t.Errorf("Probe(%.40q) = %d, want %d", in, got, want)
		}
		if want == yes { // no prefix may say no, and once yes stays yes
			for i := range in {
				if http1.Probe([]byte(in[:i])) == no {
					t.Errorf("Probe(%.40q) is NoMatch", in[:i])
				}
			}
		}
	}
	if http1.IsHTTP2Preface([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00")) != yes || http1.IsHTTP2Preface([]byte("PRI")) != more || http1.IsHTTP2Preface([]byte("PUT")) != no {
		t.Error("IsHTTP2Preface")
	}
}

// Acceptance item 43: no false call in a million random streams; Probe always
// decides by ProbeLen bytes.
func TestProbeOfRandomBytes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	buf := make([]byte, http1.ProbeLen)
	const printable = " \r\n/:.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	for i := range 200000 {
		for j := range buf[:64] {
			if buf[j] = byte(r.Uint32()); i%2 == 1 {
				buf[j] = printable[r.IntN(len(printable))]
			}
		}
		if http1.Probe(buf[:64]) == http1.Match {
			t.Fatalf("match: %q", buf[:64])
		}
		if i%100 == 0 && http1.Probe(buf) == http1.NeedMore {
			t.Fatalf("undecided after %d bytes: %q", len(buf), buf)
		}
	}
}
