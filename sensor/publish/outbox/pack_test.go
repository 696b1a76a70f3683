package outbox

import (
	"bytes"
	"testing"

	"wirecensus/schemas/wire"
	"wirecensus/sensor/publish/spool"
)

// FuzzUnpack: what unpacks packs to a record that unpacks to the same.
func FuzzUnpack(f *testing.F) {
	f.Add(pack(Record{Key: []byte("k"), Headers: []wire.KeyValue{{Key: "content-type", Value: "x"}, {}}, Value: []byte("v"), Calls: 3}).Bytes)
	f.Add([]byte{})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, ok := unpack(spool.Entry{Bytes: b, Weight: 7})
		if !ok {
			return
		}
		again, ok := unpack(pack(r))
		if !ok || !bytes.Equal(again.Key, r.Key) || !bytes.Equal(again.Value, r.Value) || again.Calls != 7 || len(again.Headers) != len(r.Headers) {
			t.Fatalf("%+v became %+v", r, again)
		}
		for i, h := range r.Headers {
			if again.Headers[i] != h {
				t.Fatalf("%+v became %+v", h, again.Headers[i])
			}
		}
	})
}
