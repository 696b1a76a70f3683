package http1_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"wirecensus/reassembly"
	"wirecensus/sensor/exchange"
	"wirecensus/sensor/message"
)

// What net/http accepts is read here in the same way, except for the permitted
// differences:
//
//  1. Field names: net/http canonicalizes and merges them, moves Host,
//     Content-Length, Transfer-Encoding and Trailer elsewhere, and accepts names
//     with spaces; compared is the number of fields of other names.
//  2. A message that has an anomaly here may be read otherwise there: that is
//     what the anomaly says.
//  3. net/http takes chunk sizes up to 16 digits, and no chunk extension limit.
//  4. Versions other than 1.0 and 1.1 are compared by framing only.
//  5. net/http reads "PRI * HTTP/2.0" as a request.
//  6. net/http accepts white space round the start line's parts.
//  7. An unknown coding is an error there.
//
// The function reports a difference, "" for none.
func differs(data []byte) string {
	want, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(data)))
	if err != nil || want.Method == "PRI" || want.ProtoMajor != 1 || want.ProtoMinor > 1 {
		return ""
	}
	body, err := io.ReadAll(io.LimitReader(want.Body, 1<<20))
	if err != nil {
		return ""
	}
	r := run(discard{}, &reassembly.Conn{}, []segment{{dir: reassembly.Orig, data: data}})
	if len(r.exs) == 0 {
		return "no request"
	}
	got := r.exs[0].Request
	const looser = message.Anomalies(1)<<message.FieldSyntax | 1<<message.TargetSyntax | 1<<message.BareCR | 1<<message.ObsFold | 1<<message.HeadTooLarge
	if got.Anomalies&looser != 0 || got.Anomalies.Ambiguous() {
		return ""
	}
	switch {
	case string(got.Method) != want.Method:
		return "method " + string(got.Method)
	case string(got.Target) != want.RequestURI:
		return "target " + string(got.Target)
	case !bytes.Equal(got.Body, body):
		return "content " + string(got.Body)
	case got.Incomplete:
		return "incomplete"
	}
	return ""
}

// discard is a testing.TB that only fails hard.
type discard struct{ testing.TB }

func (discard) Helper() {}

func TestReadsWhatNetHTTPReads(t *testing.T) {
	for _, in := range []string{
		"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
		"POST /a?b=c HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
		"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nT: v\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
		"CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n",
		"GET http://u/p HTTP/1.1\r\nHost: u\r\n\r\n",
		"get /x HTTP/1.0\r\n\r\n",
		"PUT /x HTTP/1.1\nHost: h\nContent-Length: 2\n\nab",
		"GET /?q=" + strings.Repeat("a", 3000) + " HTTP/1.1\r\nHost: h\r\nX:\r\nY: \t z \t\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
	} {
		if d := differs([]byte(in)); d != "" {
			t.Errorf("%.60q: %s", in, d)
		}
	}
}

// Responses: the same, for a GET.
func TestReadsResponsesAsNetHTTPDoes(t *testing.T) {
	const q = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
	for _, in := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
		"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n",
		"HTTP/1.0 200 OK\r\n\r\nuntil close",
		"HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n",
		"HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx",
		"HTTP/1.1 304 Not Modified\r\n\r\n",
	} {
		want, err := http.ReadResponse(bufio.NewReader(strings.NewReader(in)), nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(want.Body)
		if err != nil {
			t.Fatal(err)
		}
		var got *exchange.Message
		if r := run(t, &reassembly.Conn{}, segments([]flight{req(q), resp(in)})); len(r.exs) == 1 {
			got = r.exs[0].Response
		}
		if got == nil || got.Status != want.StatusCode || !bytes.Equal(got.Body, body) || got.Incomplete {
			t.Errorf("%q: got %+v", in, got)
		}
	}
}

func FuzzRequestAgainstNetHTTP(f *testing.F) {
	for _, s := range []string{
		"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
		"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if d := differs(data); d != "" {
			t.Errorf("%q: %s", data, d)
		}
	})
}
