package http1_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"wirecensus/reassembly"
	"wirecensus/sensor/exchange"
	"wirecensus/sensor/http1"
)

// sameWhenCut checks that cutting does not matter, and with it everything that run checks.
func sameWhenCut(t *testing.T, segs []segment, seed uint64) {
	t.Helper()
	whole := summary(run(t, &reassembly.Conn{}, segs).exs)
	for how, s := range map[string][]segment{"bytewise": bytewise(segs), "random": randomly(segs, seed, 7)} {
		if got := summary(run(t, &reassembly.Conn{}, s).exs); got != whole {
			t.Errorf("%s:\n%s\nwhole:\n%s", how, got, whole)
		}
	}
}

func FuzzRequests(f *testing.F) {
	for _, rows := range table {
		for _, r := range rows {
			f.Add([]byte(r.conv[0].data), uint64(1))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		if len(data) > 1<<12 {
			return
		}
		sameWhenCut(t, segments([]flight{req(string(data)), resp(ok0)}), seed)
	})
}

func FuzzResponses(f *testing.F) {
	for _, rows := range table {
		for _, r := range rows {
			f.Add([]byte(r.conv[1].data), true)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, head bool) {
		if len(data) > 1<<12 {
			return
		}
		q := "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
		if head {
			q = "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n" + q
		}
		sameWhenCut(t, segments([]flight{req(q), resp(string(data))}), 3)
	})
}

func FuzzChunked(f *testing.F) {
	f.Add([]byte("5;a=\"b\"\r\nhello\r\n0\r\nT: v\r\n\r\n"))
	f.Add([]byte("ffffffffffffffff\r\n"))
	f.Add([]byte("1 \t;x\r\nx\r\n000\r\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<12 {
			return
		}
		sameWhenCut(t, segments(post("Transfer-Encoding: chunked\r\n", string(data))), 5)
	})
}

// FuzzConversation reads both directions: the input says which side sends how
// much, and what is lost.
func FuzzConversation(f *testing.F) {
	for _, c := range conversations {
		var plan, text []byte
		for _, fl := range c.conv {
			for d := fl.data; len(d) > 0; {
				n := min(len(d), 63)
				plan = append(plan, byte(fl.dir)<<7|byte(n))
				text = append(text, d[:n]...)
				d = d[n:]
			}
		}
		f.Add(plan, text)
	}
	f.Fuzz(func(t *testing.T, plan, text []byte) {
		if len(plan) > 300 || len(text) > 1<<13 {
			return
		}
		var conv []flight
		var drop []bool
		for _, b := range plan {
			n := min(int(b&63), len(text))
			conv = append(conv, flight{reassembly.Dir(b >> 7), string(text[:n])})
			drop = append(drop, b&64 != 0)
			text = text[n:]
		}
		segs := segments(conv)
		for i := range segs {
			segs[i].gap = drop[i]
		}
		r := run(t, &reassembly.Conn{Midstream: len(plan)%2 == 1}, segs)
		for _, ex := range r.exs {
			if ex.Request == nil && ex.Response == nil {
				t.Fatal("an exchange of nothing")
			}
			for _, m := range []*exchange.Message{ex.Request, ex.Response} {
				if m != nil && (int64(len(m.Body)) > m.Size || !m.Gap && !m.Truncated && int64(len(m.Body)) != m.Size || m.EndOffset < m.Offset) {
					t.Fatalf("%s", line(ex))
				}
			}
		}
	})
}

// Reading a head that comes byte by byte takes time in proportion to its length.
func TestLinearTime(t *testing.T) {
	took := func(n int, make func(n int) string) time.Duration {
		segs := bytewise(segments([]flight{req(make(n))}))
		best := time.Hour
		for range 4 {
			from := cpuTime(t)
			run(t, &reassembly.Conn{}, segs)
			best = min(best, cpuTime(t)-from)
		}
		return best
	}
	for name, mk := range map[string]func(int) string{
		"fields":    func(n int) string { return "GET / HTTP/1.1\r\n" + strings.Repeat("A: b\r\n", n/6) },
		"one field": func(n int) string { return "GET / HTTP/1.1\r\nA: " + strings.Repeat("b", n) },
		"target":    func(n int) string { return "GET /" + strings.Repeat("b", n) },
		"folds":     func(n int) string { return "GET / HTTP/1.1\r\nA: b" + strings.Repeat("\r\n \rx", n/5) + "\r\n\r\n" },
		"ext": func(n int) string {
			return "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;" + strings.Repeat("b", n)
		},
		"chunks": func(n int) string {
			return "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("1\r\nx\r\n", n/6)
		},
		"garbage": func(n int) string { return strings.Repeat("G", n) },
	} {
		// Eight times the bytes: quadratic work would take 64 times as long.
		if one, eight := took(8000, mk), took(64000, mk); eight > 32*one && eight > 400*time.Millisecond {
			t.Errorf("%s: %v for 8,000 bytes, %v for 64,000", name, one, eight)
		}
	}
}

// cpuTime returns the CPU time that the process has used: other programs do not count.
func cpuTime(t *testing.T) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Acceptance item 41: over a limit the message is cut and flagged, and reading goes on.
func TestLimits(t *testing.T) {
	long := strings.Repeat("m", 70000)
	for _, tc := range []struct {
		name, request, want string
	}{
		{"method", long + " /x HTTP/1.1\r\nHost: h\r\n\r\n", ""},
		{"target", "GET /" + long + " HTTP/1.1\r\nHost: h\r\n\r\n", "0 GET /mmmmmmmmmmmmmmmmmmm…65537 1.1 !head-too-large -> 200 1.1\n" + second},
		{"field", "GET /x HTTP/1.1\r\nHost: h\r\nA: " + long + "\r\nContent-Length: 2\r\n\r\nab", "0 GET /x 1.1 2\"ab\" !head-too-large -> 200 1.1\n" + second},
		{"section", "GET /x HTTP/1.1\r\nHost: h\r\n" + strings.Repeat("Abc: "+long[:1000]+"\r\n", 70) + "Content-Length: 2\r\n\r\nab", "0 GET /x 1.1 2\"ab\" !head-too-large -> 200 1.1\n" + second},
		{"fields", "GET /x HTTP/1.1\r\nHost: h\r\n" + strings.Repeat("A: b\r\n", 2000) + "Content-Length: 2\r\n\r\nab", "0 GET /x 1.1 2\"ab\" !head-too-large -> 200 1.1\n" + second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			segs := segments(answered(tc.request, ok0))
			for i, s := range [][]segment{segs, bytewise(segs), randomly(segs, 2, 1000)} {
				r := run(t, &reassembly.Conn{}, s)
				if got := summary(r.exs); tc.want != "" && got != tc.want {
					t.Errorf("cut %d:\ngot  %swant %s", i, got, tc.want)
				}
				if n := len(r.exs[0].Request.Fields); n > 1024 {
					t.Errorf("%d fields", n)
				}
			}
		})
	}
}

// More requests than the limit without a response: nothing is paired any more, and nothing wrongly.
func TestPendingLimit(t *testing.T) {
	segs := segments([]flight{req(strings.Repeat(get, 9)), resp(strings.Repeat(ok0, 9))})
	r := runLimits(t, &reassembly.Conn{}, segs, http1.Limits{Pending: 8}, exchange.Limits{})
	if r.stats.Overflow != 1 || len(r.exs) != 18 {
		t.Errorf("%d exchanges, %+v", len(r.exs), r.stats)
	}
	for _, ex := range r.exs {
		if ex.Request != nil && ex.Response != nil {
			t.Errorf("paired: %s", line(ex))
		}
	}
}
