package normalize

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"math/rand/v2"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"wirecensus/schemas"
	"wirecensus/sensor/exchange"
	"wirecensus/sensor/protobuf"
)

// FuzzFrames reads any bytes as framed messages: a Normalizer that has read others
// reads like a new one; base64 in two pieces is the same content; of content that was cut, the
// messages are those of the uncut content's beginning.
func FuzzFrames(f *testing.F) {
	f.Add(append(bytes.Clone(aFrame), aFrame...), 3)
	f.Add(frame(0x80, []byte("grpc-status: 5\r\n")), 5)
	f.Add(append(frame(1, []byte("\x1f\x8b\x08")), aFrame...), 9)
	f.Add(append(bytes.Clone(aFrame), 0, 0, 0, 0), 20)
	f.Add(frame(0, []byte("\x0a\x02hi\x12\x04\x08\x01\x10\x02")), 7)
	n := New(Config{Key: testKey})
	f.Fuzz(func(t *testing.T, body []byte, at int) {
		cut := min(max(at, 0), len(body))
		binary := rpcOf("application/grpc-web", body, body)
		want := text(t, New(Config{Key: testKey}).Call(binary))
		if got := text(t, n.Call(binary)); got != want {
			t.Errorf("read again: %s\nwas %s", got, want)
		}
		e := base64.StdEncoding.EncodeToString
		coded := rpcOf("application/grpc-web-text", []byte(e(body[:cut])+e(body[cut:])), body)
		coded.Request.Size = int64(len(body))
		a, b := n.Call(binary), n.Call(coded)
		if a.Request.MediaType, b.Request.MediaType = "", ""; text(t, &a.Request) != text(t, &b.Request) {
			t.Errorf("in base64: %s\nas it is %s", text(t, &b.Request), text(t, &a.Request))
		}
		part := rpcOf("application/grpc-web", body[:cut:cut], aFrame)
		part.Request.Gap = true
		c := n.Call(part)
		if c.Request.Messages > a.Request.Messages || cut > 0 && c.Request.Unread == "" {
			t.Errorf("cut at %d: %s\nof %s", cut, text(t, &c.Request), text(t, &a.Request))
		}
		alone := rpcOf("application/grpc-web", wholeFrames(body[:cut]), aFrame)
		if d := n.Call(alone); c.Request.Shape != nil && text(t, c.Request.Shape) != text(t, d.Request.Shape) {
			t.Errorf("cut at %d: %s\nthe whole messages %s", cut, text(t, c.Request.Shape), text(t, d.Request.Shape))
		}
	})
}

// wholeFrames returns the part of b that is whole messages.
func wholeFrames(b []byte) []byte {
	i := 0
	for len(b)-i >= 5 {
		size := int(uint32(b[i+1])<<24 | uint32(b[i+2])<<16 | uint32(b[i+3])<<8 | uint32(b[i+4]))
		if size > len(b)-i-5 {
			break
		}
		i += 5 + size
	}
	return b[:i]
}

// FuzzBase64 compares with encoding/base64: what that takes is taken and is the
// same, in one text or in two.
func FuzzBase64(f *testing.F) {
	f.Add("aGVsbG8=", []byte("hello"), 2)
	f.Add("aGVsbG8", []byte{}, 0)
	f.Add("====", []byte{0, 1, 2}, 1)
	f.Fuzz(func(t *testing.T, s string, b []byte, at int) {
		got, ok := appendBase64(nil, []byte(s))
		if want, err := base64.StdEncoding.DecodeString(s); err == nil && (!ok || !bytes.Equal(got, want)) {
			t.Errorf("%q is %x %t, want %x", s, got, ok, want)
		}
		cut := min(max(at, 0), len(b))
		both := base64.StdEncoding.EncodeToString(b[:cut]) + base64.URLEncoding.EncodeToString(b[cut:])
		if got, ok := appendBase64(nil, []byte(both)); !ok || !bytes.Equal(got, b) {
			t.Errorf("%q is %x %t, want %x", both, got, ok, b)
		}
		if got, _ := appendBase64(nil, []byte(both[:len(both)/2])); !bytes.HasPrefix(b, got) {
			t.Errorf("half of %q is %x", both, got)
		}
	})
}

// protobuf returns a message full of canaries.
func (c *canaries) protobuf(depth int) (b []byte) {
	add := func(n protowire.Number, v []byte) {
		b = protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), v)
	}
	for n := range protowire.Number(1 + c.r.IntN(6)) {
		for range 1 + c.r.IntN(2) {
			switch k := c.r.IntN(6); {
			case k == 0 && depth > 0:
				add(n+1, c.protobuf(depth-1))
			case k == 1:
				add(n+1, []byte(c.secret()+"\x00\xff"))
			case k == 2: // an entry of a map: the key is data
				add(n+1, protowire.AppendString(protowire.AppendTag(nil, 1, 2), c.strong()))
			case k == 3:
				b = protowire.AppendVarint(protowire.AppendTag(b, n+1, protowire.VarintType), c.r.Uint64())
			default:
				add(n+1, []byte([]func() string{c.card, c.email, c.iban, c.token, c.name, c.password, c.plain}[c.r.IntN(7)]()))
			}
		}
	}
	return b
}

// rpc turns ex into a remote procedure call full of canaries.
func (c *canaries) rpc(ex *exchange.Exchange) {
	kind := []string{"application/grpc", "application/grpc+json", "application/grpc-web", "application/grpc-web-text", "application/connect+proto", "application/x-protobuf"}[c.r.IntN(6)]
	for _, m := range []*exchange.Message{ex.Request, ex.Response} {
		m.Fields = fieldsOf("content-type", kind, "grpc-encoding", "gzip", "grpc-message", c.secret(), "x-custom-bin", c.secret())
		var body []byte
		for range 1 + c.r.IntN(3) {
			data, flag := c.protobuf(3), byte(0)
			if kind == "application/grpc+json" {
				data = []byte(`{"email":"` + c.email() + `"}`)
			}
			if c.r.IntN(3) == 0 {
				data, flag = zipped(data), 1
			}
			body = append(body, frame(flag, data)...)
		}
		switch kind {
		case "application/x-protobuf":
			body = c.protobuf(3)
		case "application/grpc-web", "application/grpc-web-text":
			body = append(body, frame(0x80, []byte("grpc-status: "+c.secret()+"\r\ngrpc-message: "+c.email()+"\r\n"))...)
		case "application/connect+proto":
			body = append(body, frame(2, []byte(`{"error":{"code":"`+c.secret()+`","message":"`+c.email()+`"}}`))...)
		}
		if kind == "application/grpc-web-text" {
			body = []byte(base64.StdEncoding.EncodeToString(body))
		}
		if c.r.IntN(4) == 0 {
			body, m.Gap = body[:c.r.IntN(len(body))], true
		}
		m.Body, m.Size = body, int64(len(body))
	}
	ex.Response.Trailer = fieldsOf("grpc-status", []string{"0", "5", c.secret()}[c.r.IntN(3)], "grpc-message", c.email(), "x-trailer", c.secret())
	ex.Request.Target = []byte([]string{"/shop.v1.Orders/Place", "/" + strings.ReplaceAll(c.token(), ".", "_") + "/Do", "/x.Y/" + strings.ReplaceAll(c.token(), ".", "_")}[c.r.IntN(3)])
}

func zipped(b []byte) []byte {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write(b)
	w.Close()
	return z.Bytes()
}

// TestNoMessageLeaves plants values in every place of remote procedure calls, read
// without names and with names that do not fit.
func TestNoMessageLeaves(t *testing.T) {
	s := protobuf.NewSchemas(protobuf.Given())
	if err := s.Add(shopFile(t)); err != nil {
		t.Fatal(err)
	}
	plain, named := New(Config{Key: testKey}), New(Config{Key: testKey, Schemas: s})
	for seed := range uint64(400) {
		c := &canaries{r: rand.New(rand.NewPCG(seed, 98))}
		ex := c.exchange()
		c.made = c.made[:0]
		c.rpc(ex)
		for _, call := range []*schemas.Call{plain.Call(ex), named.Call(ex)} {
			out := text(t, call)
			w := windows(out)
			for _, v := range c.made {
				if k := leak(w, v); k != "" {
					t.Fatalf("seed %d: %q of %q is in the call\n%s", seed, k, v, out)
				}
			}
		}
	}
}
