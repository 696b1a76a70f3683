package tls

import (
	"encoding/binary"
	"slices"
	"testing"
)

// offer is a ClientHello to be written.
type offer struct {
	version    uint16
	ciphers    []uint16
	extensions []extension
}

type extension struct {
	id   uint16
	body []byte
}

func (o offer) body() []byte {
	b := binary.BigEndian.AppendUint16(nil, o.version)
	b = append(b, make([]byte, 33)...)
	b = binary.BigEndian.AppendUint16(b, uint16(2*len(o.ciphers)))
	for _, c := range o.ciphers {
		b = binary.BigEndian.AppendUint16(b, c)
	}
	b = append(b, 1, 0)
	var ext []byte
	for _, e := range o.extensions {
		ext = binary.BigEndian.AppendUint16(ext, e.id)
		ext = binary.BigEndian.AppendUint16(ext, uint16(len(e.body)))
		ext = append(ext, e.body...)
	}
	return append(binary.BigEndian.AppendUint16(b, uint16(len(ext))), ext...)
}

func list16(values ...uint16) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(2*len(values)))
	for _, v := range values {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	return b
}

func versions(values ...uint16) []byte {
	return append([]byte{byte(2 * len(values))}, list16(values...)[2:]...)
}

func sni(name string) []byte {
	b := append([]byte{0}, list8x2(name)...)
	return append([]byte{byte(len(b) >> 8), byte(len(b))}, b...)
}

func list8x2(s string) []byte { return append([]byte{byte(len(s) >> 8), byte(len(s))}, s...) }

func alpn(names ...string) []byte {
	var b []byte
	for _, n := range names {
		b = append(append(b, byte(len(n))), n...)
	}
	return append([]byte{byte(len(b) >> 8), byte(len(b))}, b...)
}

// chrome is the hello by which FoxIO's technical details of JA4 explain the
// fingerprint: these cipher suites, extensions and signature algorithms, here with GREASE around them.
func chrome() offer {
	o := offer{version: 0x0303, ciphers: []uint16{0x5a5a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035}}
	o.extensions = []extension{{0x8a8a, nil}, {0, sni("x.example")}, {0x17, nil}, {0xff01, []byte{0}}, {0x0a, list16(0x1a1a, 29)}, {0x0b, []byte{1, 0}}, {0x23, nil},
		{0x10, alpn("h2", "http/1.1")}, {5, []byte{1, 0, 0, 0, 0}}, {0x0d, list16(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601)}, {0x12, nil},
		{0x33, nil}, {0x2d, []byte{1, 1}}, {0x2b, versions(0xbaba, 0x0304, 0x0303)}, {0x1b, nil}, {0x4469, nil}, {0x2a2a, []byte{0}}, {0x15, nil}}
	return o
}

// TestJA4: the published example, the table of the version, of the counts and of the protocol.
func TestJA4(t *testing.T) {
	set := func(id uint16, body []byte) func(*offer) {
		return func(o *offer) {
			o.extensions = slices.DeleteFunc(o.extensions, func(e extension) bool { return e.id == id })
			if body != nil {
				o.extensions = append(o.extensions, extension{id, body})
			}
		}
	}
	const b, c = "_8daaf6152771", "_e5627efa2ab1"
	for name, tc := range map[string]struct {
		change func(*offer)
		on     Transport
		want   string
	}{
		"published":           {func(*offer) {}, TCP, "t13d1516h2" + b + c},
		"over QUIC":           {func(*offer) {}, QUIC, "q13d1516h2" + b + c},
		"any order":           {func(o *offer) { slices.Reverse(o.extensions); slices.Reverse(o.ciphers) }, TCP, "t13d1516h2" + b + c},
		"no server name":      {set(0, nil), TCP, "t13i1515h2" + b + c},
		"no protocols":        {set(16, nil), TCP, "t13d151500" + b + c},
		"empty protocols":     {set(16, []byte{}), TCP, ""},
		"empty list":          {set(16, []byte{0, 0}), TCP, "t13d151600" + b + c},
		"empty first":         {set(16, alpn("", "h2")), TCP, "t13d151600" + b + c},
		"one character":       {set(16, alpn("h")), TCP, "t13d1516hh" + b + c},
		"http/1.1":            {set(16, alpn("http/1.1")), TCP, "t13d1516h1" + b + c},
		"not alphanumeric":    {set(16, alpn("\xab")), TCP, "t13d1516ab" + b + c},
		"neither":             {set(16, alpn("\xab\xcd")), TCP, "t13d1516ad" + b + c},
		"the last":            {set(16, alpn("\x30\xab")), TCP, "t13d15163b" + b + c},
		"the last of four":    {set(16, alpn("\x30\x31\xab\xcd")), TCP, "t13d15163d" + b + c},
		"inside":              {set(16, alpn("\x30\xab\xcd\x31")), TCP, "t13d151601" + b + c},
		"NUL":                 {set(16, alpn("\x00")), TCP, "t13d151600" + b + c},
		"GREASE":              {set(16, alpn("\x0a\x0a", "h2")), TCP, "t13d15160a" + b + c},
		"by legacy version":   {set(43, nil), TCP, "t12d1515h2" + b + "_b9f3c1b71bcc"},
		"unknown version":     {set(43, versions(0x7f1c, 0x0304)), TCP, "t00d1516h2" + b + c},
		"no ciphers":          {func(o *offer) { o.ciphers = []uint16{0x0a0a} }, TCP, "t13d0016h2_000000000000" + c},
		"no extensions":       {func(o *offer) { o.extensions = nil }, TCP, "t12i150000" + b + "_000000000000"},
		"SSL 3.0":             {func(o *offer) { o.version, o.extensions = 0x0300, nil }, TCP, "ts3i150000" + b + "_000000000000"},
		"a hundred ciphers":   {func(o *offer) { o.ciphers = slices.Repeat(o.ciphers[1:], 7) }, TCP, "t13d9916h2"},
		"lying list":          {set(13, []byte{0xff, 0xff, 4, 3}), TCP, ""},
		"lying server name":   {set(0, []byte{0, 99, 0}), TCP, ""},
		"name instead a list": {set(0, []byte("x.example")), TCP, ""},
	} {
		o := chrome()
		tc.change(&o)
		h, ok := ParseClientHello(o.body(), tc.on)
		if name == "by legacy version" || name == "a hundred ciphers" {
			h.JA4 = h.JA4[:min(len(h.JA4), 10)]
			tc.want = tc.want[:10]
		}
		if !ok || h.JA4 != tc.want {
			t.Errorf("%s: %q, want %q", name, h.JA4, tc.want)
		}
	}
}

// TestHelloNames: what is a server name, and what is none.
func TestHelloNames(t *testing.T) {
	for name, want := range map[string]string{
		"API.Example": "api.example", "a.example.": "a.example", "a.example:8443": "a.example", "under_score.example": "under_score.example", "10.0.0.1": "10.0.0.1",
		"ech:a.example": "", "*": "", "": "", "a b": "", "a\x00.example": "", "[::1]": "", "é.example": "", "a.example:x": "", "<script>": "",
	} {
		o := chrome()
		o.extensions = []extension{{0, sni(name)}, {0xfe0d, []byte{7}}}
		if h, ok := ParseClientHello(o.body(), TCP); !ok || h.ServerName != want || !h.ECH {
			t.Errorf("%q: %+v, %v", name, h, ok)
		}
	}
	o := chrome()
	body := o.body()
	for i := range body {
		h, ok := ParseClientHello(body[:i], TCP)
		if ok && h.JA4 != "" && i > 100 {
			t.Fatalf("cut after %d bytes: %+v", i, h)
		}
	}
}
