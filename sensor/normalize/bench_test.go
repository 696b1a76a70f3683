package normalize

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"

	"wirecensus/sensor/exchange"
	"wirecensus/sensor/message"
)

// typical is a call as the benchmark traffic of docs has it: a head of some 600 bytes
// with a JWT and cookies, a JSON answer of about 1.2 KB.
func typical() (req, resp string) {
	req = "GET /api/v2/customers/18273/orders?page=2&limit=20&sort=-created_at HTTP/1.1\nHost: api.shop.example\nAccept: application/json\nAccept-Encoding: gzip, br\nAccept-Language: en\n" +
		"Authorization: Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwiaXNzIjoiaHR0cHM6Ly9pZHAuZXhhbXBsZSIsImV4cCI6MTgwMDAwMDAwMH0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c\n" +
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36\nCookie: sid=4f1d8c6e2b7a90314f1d8c6e2b7a9031; theme=dark\nX-Request-Id: 3f2b8c1e-1111-4222-8333-abcdefabcdef"
	var b strings.Builder
	b.WriteString("HTTP/1.1 200 OK\nContent-Type: application/json\nCache-Control: no-store\nX-RateLimit-Remaining: 41\nETag: \"abc123\"\n\n{\"data\":[")
	for i := range 4 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"%08x-1111-4222-8333-abcdefabcdef","customer_id":%d,"status":"shipped","total":%d.50,"currency":"EUR","created_at":"2024-05-0%dT12:00:00Z","note":"leave at the door, please","paid":true,"coupon":null,"lines":[{"sku":"AB-%d","quantity":%d}]}`, i*7919, 1000+i, i, i+1, i, i)
	}
	b.WriteString(`],"page":{"number":1,"size":4,"total":412},"links":{"self":"/orders?page=1","next":"/orders?page=2"}}`)
	return req, b.String()
}

func BenchmarkCall(b *testing.B) {
	req, resp := typical()
	ex := pairOf(req, resp)
	run := func(b *testing.B, ex *exchange.Exchange, size int) {
		n := New(Config{Key: testKey})
		b.SetBytes(int64(size))
		b.ReportAllocs()
		i := byte(0)
		for b.Loop() {
			// fresh identifiers, as in traffic
			i++
			copy(ex.Request.Target[22:], []byte{'0' + i%10, '0' + i/10%10, '0' + i/100})
			n.Call(ex)
		}
	}
	b.Run("json", func(b *testing.B) { run(b, ex, len(ex.Response.Body)) })
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write(ex.Response.Body)
	w.Close()
	zipped := pairOf(req, resp)
	zipped.Response.Body = z.Bytes()
	zipped.Response.Fields = append(zipped.Response.Fields, message.Field{Name: []byte("Content-Encoding"), Value: []byte("gzip")})
	b.Run("gzip", func(b *testing.B) { run(b, zipped, len(ex.Response.Body)) })
	bare := pairOf(req, "HTTP/1.1 204 No Content")
	b.Run("head", func(b *testing.B) { run(b, bare, 0) })
}

func BenchmarkDigest(b *testing.B) {
	d := newDigester(testKey)
	v := []byte("3f2b8c1e-1111-4222-8333-abcdefabcdef")
	b.Run("computed", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			d.compute(domainID, v)
		}
	})
	b.Run("remembered", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			d.of(domainID, v)
		}
	})
}
