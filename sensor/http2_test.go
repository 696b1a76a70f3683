package sensor_test

import (
	"bytes"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// talk2 writes one side of an HTTP/2 connection, frame by frame.
type talk2 struct {
	buf bytes.Buffer
	*http2.Framer
	block bytes.Buffer
	enc   *hpack.Encoder
}

// speak returns a client, which says its preface, or a server.
func speak(client bool) *talk2 {
	t := new(talk2)
	t.Framer = http2.NewFramer(&t.buf, nil)
	t.AllowIllegalWrites = true
	t.enc = hpack.NewEncoder(&t.block)
	if client {
		t.buf.WriteString(http2.ClientPreface)
	}
	t.must(t.WriteSettings())
	return t
}

func (t *talk2) must(err error) {
	if err != nil {
		panic(err)
	}
}

// encode encodes fields, given as name, value, name, value.
func (t *talk2) encode(fields ...string) []byte {
	t.block.Reset()
	for i := 0; i < len(fields); i += 2 {
		t.must(t.enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}))
	}
	return bytes.Clone(t.block.Bytes())
}

// headers writes a HEADERS frame.
func (t *talk2) headers(id uint32, end bool, fields ...string) *talk2 {
	t.must(t.WriteHeaders(http2.HeadersFrameParam{StreamID: id, EndStream: end, EndHeaders: true, BlockFragment: t.encode(fields...)}))
	return t
}

// get writes a request without content.
func (t *talk2) get(id uint32, path string, more ...string) *talk2 {
	return t.headers(id, true, append([]string{":method", "GET", ":scheme", "http", ":path", path, ":authority", "x.example"}, more...)...)
}

// data writes a DATA frame.
func (t *talk2) data(id uint32, end bool, s string) *talk2 {
	t.must(t.WriteData(id, end, []byte(s)))
	return t
}

// said returns what was written since the last call.
func (t *talk2) said() string {
	s := t.buf.String()
	t.buf.Reset()
	return s
}
