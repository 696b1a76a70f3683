package http1_test

import (
	"strings"
	"testing"

	"wirecensus/reassembly"
)

// conversation cases: the summary must be the same however the segments are cut.
var conversations = []struct {
	name string
	conv []flight
	want string
}{
	{"keep-alive", []flight{
		req("GET /a HTTP/1.1\r\nHost: h\r\n\r\n"),
		resp("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
		req("POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"),
		resp("HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=\"a;b\"\r\nllo\r\n0\r\nT: v\r\n\r\n"),
	}, "0 GET /a 1.1 -> 200 1.1 2\"hi\"\n1 POST /b 1.1 3\"abc\" -> 201 1.1 5\"hello\" trailer T=v\n"},
	{"interim", []flight{
		req("PUT /up HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"),
		resp("HTTP/1.1 100 Continue\r\n\r\n"),
		req("data"),
		resp("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"),
		req("GET /n HTTP/1.1\r\nHost: h\r\n\r\n"),
		resp("HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n"),
	}, "0 PUT /up 1.1 4\"data\" [100 102 103] -> 204 1.1\n1 GET /n 1.1 -> 304 1.1\n"},
	{"pipelined with HEAD", []flight{
		req("HEAD /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\nPOST /3 HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"),
		resp("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n"),
	}, "0 HEAD /1 1.1 -> 200 1.1\n1 GET /2 1.1 -> 404 1.1 1\"x\"\n2 POST /3 1.1 -> 205 1.1\n"},
	{"until close", []flight{
		req("GET / HTTP/1.0\r\n\r\n"),
		resp("HTTP/1.0 200 OK\r\n\r\nall of it\r\nHTTP/1.1 500 no\r\n\r\n"),
	}, "0 GET / 1.0 -> 200 1.0 30\"all of it\\r\\nHTTP/1.1 500 no\\r\\n\\r\\n\"\n"},
	{"connect accepted", []flight{
		req("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n"),
		resp("HTTP/1.1 200 Connection established\r\nContent-Length: 5\r\n\r\n"),
		req("GET /inner HTTP/1.1\r\nHost: i\r\n\r\n"),
		resp("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
	}, "0 CONNECT h:443 1.1 -> 200 1.1 upgrade\n"},
	{"connect refused", []flight{
		req("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n"),
		resp("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 2\r\n\r\nno"),
		req("GET /outer HTTP/1.1\r\nHost: i\r\n\r\n"),
		resp("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
	}, "0 CONNECT h:443 1.1 -> 407 1.1 2\"no\"\n1 GET /outer 1.1 -> 200 1.1\n"},
	{"upgrade", []flight{
		req("GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
		resp("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x02hi"),
		req("\x81\x82GET / HTTP/1.1\r\n\r\n"),
	}, "0 GET /ws 1.1 -> 101 1.1 upgrade\n"},
	{"upgrade ignored", []flight{
		req("GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nGET /next HTTP/1.1\r\nHost: h\r\n\r\n"),
		resp("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"),
	}, "0 GET /ws 1.1 -> 200 1.1\n1 GET /next 1.1 -> 202 1.1\n"},
	{"early response", []flight{
		req("POST /big HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n12345"),
		resp("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"),
		req("67890"),
	}, "0 POST /big 1.1 10\"1234567890\" -> 413 1.1 !early-response early\n"},
	{"response twice", []flight{
		req("GET /a HTTP/1.1\r\nHost: h\r\n\r\n"),
		resp("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"),
		req("GET /b HTTP/1.1\r\nHost: h\r\n\r\n"),
		resp("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
	}, "0 GET /a 1.1 -> 200 1.1\no0 ? -> 408 1.1 !orphan-response\n1 GET /b 1.1 -> 200 1.1\n"},
	{"the responder is the client", []flight{
		resp("GET /reverse HTTP/1.1\r\nHost: h\r\n\r\n"),
		req("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
	}, "0 GET /reverse 1.1 -> 200 1.1\n"},
}

func TestConversations(t *testing.T) {
	for _, tc := range conversations {
		t.Run(tc.name, func(t *testing.T) {
			segs := segments(tc.conv)
			for how, s := range map[string][]segment{"whole": segs, "bytewise": bytewise(segs), "random": randomly(segs, 7, 9)} {
				r := run(t, &reassembly.Conn{}, s)
				if got := summary(r.exs); got != tc.want {
					t.Errorf("%s:\ngot  %swant %s", how, got, tc.want)
				}
			}
		})
	}
}

func TestPipelineOfHundred(t *testing.T) {
	var q, a strings.Builder
	for i := range 100 {
		q.WriteString("GET /" + string(rune('a'+i%26)) + " HTTP/1.1\r\nHost: h\r\n\r\n")
		a.WriteString("HTTP/1.1 " + []string{"200 OK", "404 Not Found", "500 Oops"}[i%3] + "\r\nContent-Length: 1\r\n\r\nx")
	}
	segs := segments([]flight{req(q.String()), resp(a.String())})
	for _, s := range [][]segment{segs, bytewise(segs), randomly(segs, 3, 40)} {
		r := run(t, &reassembly.Conn{}, s)
		if len(r.exs) != 100 {
			t.Fatalf("%d exchanges", len(r.exs))
		}
		for i, ex := range r.exs {
			if want := []int{200, 404, 500}[i%3]; ex.Index != uint32(i) || ex.Response == nil || ex.Response.Status != want {
				t.Fatalf("exchange %d: %s", i, line(ex))
			}
		}
	}
}
