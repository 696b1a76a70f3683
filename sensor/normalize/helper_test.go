package normalize

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"wirecensus/reassembly"
	"wirecensus/schemas"
	"wirecensus/sensor/exchange"
	"wirecensus/sensor/message"
)

var testKey = []byte("0123456789abcdef0123456789abcdef")

func addr(s string) reassembly.Addr {
	a := netip.MustParseAddrPort(s)
	return reassembly.Addr{IP: a.Addr().As16(), Port: a.Port()}
}

// parse reads one HTTP message from its wire form; \n in the head stands for CRLF.
func parse(wire string) *exchange.Message {
	head, body, _ := strings.Cut(wire, "\n\n")
	lines := strings.Split(head, "\n")
	m := &exchange.Message{Version: "1.1", Body: []byte(body), Size: int64(len(body)), BodyLen: int64(len(body)), Start: 1_700_000_000_000_000_000, End: 1_700_000_000_005_000_000}
	first := strings.SplitN(lines[0]+"  ", " ", 3)
	if strings.HasPrefix(lines[0], "HTTP/") {
		m.Status, _ = strconv.Atoi(first[1])
	} else {
		m.Request, m.Method, m.Target = true, []byte(first[0]), []byte(first[1])
	}
	for _, l := range lines[1:] {
		k, v, _ := strings.Cut(l, ": ")
		m.Fields = append(m.Fields, message.Field{Name: []byte(k), Value: []byte(v)})
	}
	return m
}

func pairOf(req, resp string) *exchange.Exchange {
	ex := &exchange.Exchange{Client: addr("192.0.2.1:50000"), Server: addr("198.51.100.7:8080"), ConnStart: 1_699_999_999_000_000_000}
	if req != "" {
		ex.Request = parse(req)
	}
	if resp != "" {
		ex.Response = parse(resp)
	}
	return ex
}

func callOf(t testing.TB, req, resp string) *schemas.Call {
	t.Helper()
	return New(Config{Key: testKey}).Call(pairOf(req, resp))
}

func text(t testing.TB, v any) string {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(b.String())
}
