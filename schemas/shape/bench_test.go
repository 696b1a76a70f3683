package shape

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
)

// sample is a page of a typical API: about 1.2 KB.
func sample() []byte {
	var b bytes.Buffer
	b.WriteString(`{"data":[`)
	for i := range 4 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"%08x-1111-4222-8333-abcdefabcdef","customer_id":%d,"status":"shipped","total":%d.50,"currency":"EUR","created_at":"2024-05-0%dT12:00:00Z","note":"leave at the door, please","paid":true,"coupon":null,"lines":[{"sku":"AB-%d","quantity":%d}]}`, i*7919, 1000+i, i, i+1, i, i)
	}
	b.WriteString(`],"page":{"number":1,"size":4,"total":412},"links":{"self":"/orders?page=1","next":"/orders?page=2"}}`)
	return b.Bytes()
}

func BenchmarkScan(b *testing.B) {
	for _, c := range []struct {
		name string
		v    Visitor
	}{{"plain", nil}, {"visited", lengths{}}} {
		b.Run(c.name, func(b *testing.B) {
			s, body := NewScanner(c.v), sample()
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if s.Scan(body) == nil {
					b.Fatal("not valid")
				}
			}
		})
	}
	b.Run("noexport", func(b *testing.B) {
		s, body := NewScanner(nil), sample()
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			s.Begin()
			s.Add(body)
		}
	})
	b.Run("jsonValid", func(b *testing.B) {
		body := sample()
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			json.Valid(body)
		}
	})
}

func BenchmarkAcc(b *testing.B) {
	n := NewScanner(lengths{}).Scan(sample())
	var acc Acc
	b.ReportAllocs()
	for b.Loop() {
		acc.Add(n)
	}
}
