package http1_test

import (
	"fmt"
	"strings"
	"testing"

	"wirecensus/reassembly"
	"wirecensus/sensor/exchange"
	"wirecensus/sensor/http1"
	"wirecensus/sensor/message"
)

// keepAlive is a conversation of n transactions with heads of about 600 bytes
// and contents of about 1.2 KB.
func keepAlive(n int) []flight {
	var conv []flight
	for i := range n {
		conv = append(conv,
			req(fmt.Sprintf("POST /api/v1/orders/%d/items?page=2&size=50 HTTP/1.1\r\nHost: shop.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36\r\n"+
				"Accept: application/json, text/plain, */*\r\nAccept-Language: en-US,en;q=0.9\r\nAccept-Encoding: gzip, deflate, br\r\nAuthorization: Bearer %s\r\n"+
				"Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\nContent-Type: application/json\r\nContent-Length: 400\r\nConnection: keep-alive\r\n\r\n", i, strings.Repeat("eyJhbGciOi", 18))+strings.Repeat("q", 400)),
			resp("HTTP/1.1 200 OK\r\nDate: Mon, 23 Nov 2026 10:00:00 GMT\r\nServer: nginx/1.24.0\r\nContent-Type: application/json; charset=utf-8\r\nCache-Control: no-store, no-cache, must-revalidate\r\n"+
				"X-Request-Id: 7b0c1c9e-6a8f-4c8e-9d4e-2f1f1c9e6a8f\r\nStrict-Transport-Security: max-age=31536000; includeSubDomains\r\nX-Content-Type-Options: nosniff\r\nVary: Accept-Encoding, Origin\r\n"+
				"Access-Control-Allow-Origin: https://shop.example.com\r\nAccess-Control-Allow-Credentials: true\r\nX-Frame-Options: DENY\r\nReferrer-Policy: strict-origin\r\nContent-Length: 1200\r\n\r\n"+strings.Repeat("r", 1200)))
	}
	return conv
}

// events lays conv out as Data events of at most mss bytes.
func events(conv []flight, mss int) []reassembly.Event {
	var out []reassembly.Event
	for _, s := range cut(segments(conv), func() int { return mss }) {
		out = append(out, reassembly.Event{Kind: reassembly.Data, Dir: s.dir, Time: s.time, Offset: s.off, Ack: s.ack, AckOK: true, Data: s.data})
	}
	return out
}

func benchmark(b *testing.B, mss int) {
	const n = 100
	evs := events(keepAlive(n), mss)
	size := 0
	for _, e := range evs {
		size += len(e.Data)
	}
	pool, xpool := http1.NewPool(http1.Limits{}), exchange.NewPool(exchange.Limits{})
	conn := &reassembly.Conn{}
	var msgs []message.Event
	var exs []*exchange.Exchange
	b.SetBytes(int64(size / n))
	b.ReportAllocs()
	for done := 0; done < b.N; done += n {
		c, p := pool.Conn(), xpool.Pairer(conn)
		for i := range evs {
			msgs = c.Append(msgs[:0], evs[i])
			exs = p.Append(exs[:0], msgs)
			for _, ex := range exs {
				xpool.Release(ex)
			}
		}
		msgs = c.Append(msgs[:0], reassembly.Event{Kind: reassembly.Close})
		exs = p.Close(p.Append(exs[:0], msgs))
		c.Release()
	}
	if s := xpool.Stats(); s.Complete != s.Exchanges {
		b.Fatalf("%+v", *s)
	}
}

// One transaction is one iteration.
func BenchmarkKeepAlive(b *testing.B) {
	b.Run("whole", func(b *testing.B) { benchmark(b, 1<<20) })
	b.Run("mss1460", func(b *testing.B) { benchmark(b, 1460) })
	b.Run("mss200", func(b *testing.B) { benchmark(b, 200) })
}

// Parsing alone, without pairing.
func BenchmarkParse(b *testing.B) {
	const n = 100
	evs := events(keepAlive(n), 1460)
	pool := http1.NewPool(http1.Limits{})
	var msgs []message.Event
	b.ReportAllocs()
	for done := 0; done < b.N; done += n {
		c := pool.Conn()
		for i := range evs {
			msgs = c.Append(msgs[:0], evs[i])
		}
		c.Release()
	}
}

func BenchmarkProbe(b *testing.B) {
	data := []byte(keepAlive(1)[0].data)
	for b.Loop() {
		if http1.Probe(data) != http1.Match {
			b.Fatal("no match")
		}
	}
}
