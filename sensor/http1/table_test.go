package http1_test

import (
	"strings"
	"testing"

	"wirecensus/reassembly"
)

// A row of the result table in docs/http1.md: what is sent, and what it is read as.
type row struct {
	name string
	conv []flight
	want string
}

const (
	get = "GET /next HTTP/1.1\r\nHost: h\r\n\r\n"
	ok0 = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
)

// answered is a conversation of one request and one response, and another of each.
func answered(request, response string) []flight {
	return []flight{req(request), resp(response), req(get), resp(ok0)}
}

// post is a POST with the given fields and content; then the usual second transaction.
func post(fields, content string) []flight {
	return answered("POST /p HTTP/1.1\r\nHost: h\r\n"+fields+"\r\n"+content, ok0)
}

// reply is a GET whose response has the given fields and content; then the second transaction.
func reply(fields, content string) []flight {
	return answered("GET /p HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 200 OK\r\n"+fields+"\r\n"+content)
}

const second = "1 GET /next 1.1 -> 200 1.1\n"

var table = map[string][]row{
	"01": {
		{"request", post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"), "0 POST /p 1.1 5\"hello\" !te-cl -> 200 1.1\n" + second},
		{"response", reply("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "5\r\nhello\r\n0\r\n\r\n"), "0 GET /p 1.1 -> 200 1.1 5\"hello\" !te-cl\n" + second},
	},
	"02": {
		{"request", answered("POST /p HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\nGET /more HTTP/1.1\r\n\r\n", ok0), "0 POST /p 1.0 1\"x\" !te-http10 -> 200 1.1\no0 ? -> 200 1.1 !orphan-response\n"},
	},
	"03": {
		{"gzip, chunked", reply("Transfer-Encoding: gzip, chunked\r\n", "1\r\nz\r\n0\r\n\r\n"), "0 GET /p 1.1 -> 200 1.1 1\"z\"\n" + second},
	},
	"04": {
		{"two lines", post("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", "1\r\nz\r\n0\r\n\r\n"), "0 POST /p 1.1 1\"z\" !te-multi -> 200 1.1\n" + second},
		{"chunked, chunked", post("Transfer-Encoding: chunked, chunked\r\n", "1\r\nz\r\n0\r\n\r\n"), "0 POST /p 1.1 1\"z\" !te-multi -> 200 1.1\n" + second},
	},
	"05": {
		{"chunked, gzip", post("Transfer-Encoding: chunked, gzip\r\n", "1\r\nz\r\n0\r\n\r\n"), "0 POST /p 1.1 incomplete !te-bad -> 200 1.1\n" + second},
		{"xchunked", post("Transfer-Encoding: xchunked\r\n", "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"), "0 POST /p 1.1 incomplete !te-bad -> 200 1.1\n" + second},
		{"response", []flight{req(get), resp("HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n1\r\nz\r\n0\r\n\r\n")}, "0 GET /next 1.1 -> 200 1.1 11\"1\\r\\nz\\r\\n0\\r\\n\\r\\n\" !te-bad\n"},
	},
	"06": {
		{"twice", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), "0 POST /p 1.1 5\"hello\" !cl-dup -> 200 1.1\n" + second},
		{"list", post("Content-Length: 5, 5\r\n", "hello"), "0 POST /p 1.1 5\"hello\" !cl-dup -> 200 1.1\n" + second},
		{"zeros", post("Content-Length: 0005\r\n", "hello"), "0 POST /p 1.1 5\"hello\" !cl-zeros -> 200 1.1\n" + second},
	},
	"07": badLengths(),
	"08": {
		{"request", post("", ""), "0 POST /p 1.1 -> 200 1.1\n" + second},
		{"response", []flight{req(get), resp("HTTP/1.1 200 OK\r\n\r\nall")}, "0 GET /next 1.1 -> 200 1.1 3\"all\"\n"},
	},
	"09": {
		{"HEAD", answered("HEAD /p HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), "0 HEAD /p 1.1 -> 200 1.1\n" + second},
		{"204", answered("GET /p HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 204 No\r\nContent-Length: 7\r\n\r\n"), "0 GET /p 1.1 -> 204 1.1\n" + second},
		{"304", answered("GET /p HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 304 No\r\nTransfer-Encoding: chunked\r\n\r\n"), "0 GET /p 1.1 -> 304 1.1\n" + second},
		{"1xx", answered("GET /p HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 103 Hints\r\nContent-Length: 7\r\n\r\n"+ok0), "0 GET /p 1.1 [103] -> 200 1.1\n" + second},
	},
	"10": {
		{"2xx", []flight{req("CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n"), resp("HTTP/1.1 204 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), req(get), resp(ok0)}, "0 CONNECT h:1 1.1 -> 204 1.1 upgrade\n"},
		{"200 with length", []flight{req("CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n"), resp("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"), req(get), resp(ok0)}, "0 CONNECT h:1 1.1 -> 200 1.1 upgrade\n"},
	},
	"11": {
		{"extensions", post("Transfer-Encoding: chunked\r\n", "5;a=b\r\nhello\r\n1 ;x\r\n!\r\n0\r\n\r\n"), "0 POST /p 1.1 6\"hello!\" -> 200 1.1\n" + second},
		{"flood", post("Transfer-Encoding: chunked\r\n", "1;"+strings.Repeat("x", 17000)+"\r\n!\r\n0\r\n\r\n"), "0 POST /p 1.1 1\"!\" !ext-flood -> 200 1.1\n" + second},
		{"quoted", post("Transfer-Encoding: chunked\r\n", "1;a=\"\\\";\\r\\n0\"\r\n!\r\n0\r\n\r\n"), "0 POST /p 1.1 1\"!\" -> 200 1.1\n" + second},
	},
	"12": badChunks("chunk-line", "5\nhello\r\n0\r\n\r\n", "5\rhello\r\n0\r\n\r\n", "5;a=\"\r\n0\r\n\r\n\"\r\nhello\r\n0\r\n\r\n", "5;x\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n", "+5\r\nhello\r\n", "5_0\r\nhello\r\n", "\r\n", "-1\r\n"),
	"13": append(badChunks("chunk-bad", "FFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n", "ffffffffffffffff1\r\nhello\r\n0\r\n\r\n", "20000000000001\r\nx"),
		row{"no CRLF after data", post("Transfer-Encoding: chunked\r\n", "5\r\nhelloGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"), "0 POST /p 1.1 5\"hello\" incomplete !chunk-bad -> 200 1.1\n" + second},
		row{"leading zeros are fine", post("Transfer-Encoding: chunked\r\n", "0000a\r\n0123456789\r\n000\r\n\r\n"), "0 POST /p 1.1 10\"0123456789\" -> 200 1.1\n" + second}),
	"14": {
		{"trailer", post("Transfer-Encoding: chunked\r\n", "1\r\nx\r\n0\r\nContent-Length: 9\r\nTransfer-Encoding: gzip\r\nHost: evil\r\n\r\n"), "0 POST /p 1.1 1\"x\" trailer Content-Length=9 Transfer-Encoding=gzip Host=evil -> 200 1.1\n" + second},
	},
	"15": {
		{"space before colon", post("Content-Length : 5\r\n", ""), "0 POST /p 1.1 !field-syntax -> 200 1.1\n" + second},
		{"no colon", post("Content-Length\r\n", ""), "0 POST /p 1.1 !field-syntax -> 200 1.1\n" + second},
	},
	"16": {
		{"folded framing", post("Content-Length:\r\n  5\r\n", "hello"), "0 POST /p 1.1 5\"hello\" !obs-fold -> 200 1.1\n" + second},
	},
	"17": {
		{"bare LF", answered("GET /p HTTP/1.1\nHost: h\n\n", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"), "0 GET /p 1.1 !bare-lf -> 200 1.1 !bare-lf\n" + second},
		{"bare CR", post("X: a\rb\r\n", ""), "0 POST /p 1.1 !bare-cr -> 200 1.1\n" + second},
		{"NUL", post("X: a\x00b\r\n", ""), "0 POST /p 1.1 !nul -> 200 1.1\n" + second},
	},
	"18": {
		{"two", post("Host: i\r\n", ""), "0 POST /p 1.1 !host-conflict -> 200 1.1\n" + second},
		{"absolute-form", answered("GET http://u@other/p HTTP/1.1\r\nHost: h\r\n\r\n", ok0), "0 GET http://u@other/p 1.1 !host-conflict -> 200 1.1\n" + second},
		{"same", answered("GET http://H:80/p HTTP/1.1\r\nHost: h\r\n\r\n", ok0), "0 GET http://H:80/p 1.1 -> 200 1.1\n" + second},
	},
	"19": {
		{"none", answered("GET /p HTTP/1.1\r\nX: h\r\n\r\n", ok0), "0 GET /p 1.1 !no-host -> 200 1.1\n" + second},
		{"1.0 needs none", answered("GET /p HTTP/1.0\r\n\r\n", ok0), "0 GET /p 1.0 -> 200 1.1\n" + second},
	},
	"20": {
		{"0.9", []flight{req("GET /x\r\n"), resp("<html>hi</html>")}, "0 GET /x 0.9 !http09 -> 0 0.9 15\"<html>hi</html>\" !http09\n"},
		{"leading CRLF", []flight{req("\r\n\r\n\r\n" + get), resp(ok0)}, "0 GET /next 1.1 -> 200 1.1\n"},
	},
	"21": {
		{"early", []flight{req("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab"), resp("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"), req("cd" + get), resp(ok0)}, "0 POST /p 1.1 4\"abcd\" -> 401 1.1 !early-response early\n" + second},
		{"two", []flight{req(get), resp(ok0 + "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")}, "0 GET /next 1.1 -> 200 1.1\no0 ? -> 500 1.1 !orphan-response\n"},
	},
	"22": {
		{"length", []flight{req(get), resp("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")}, "0 GET /next 1.1 -> 200 1.1 3\"abc\" incomplete\n"},
		{"chunked", []flight{req(get), resp("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")}, "0 GET /next 1.1 -> 200 1.1 3\"abc\" incomplete\n"},
	},
	"23": {
		{"request", []flight{req("GET /p HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\n\r\n" + get), resp(ok0), req("\r\n")}, "0 GET /p 1.1 -> 200 1.1\n"},
		{"response", answered("GET /p HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\nHTTP/1.1 500 x\r\n\r\n"), "0 GET /p 1.1 -> 200 1.1\n" + second},
		{"one byte more", answered("GET /p HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n\n"), "0 GET /p 1.1 -> 200 1.1\n" + second},
	},
	"25": statusLines(),
	"26": requestLines(),
	"27": {
		{"end", []flight{req(get), resp("HTTP/1.1 404 No\r\nA: b\r\nContent-Le")}, "0 GET /next 1.1 -> 404 1.1 incomplete\n"},
		{"start line alone", []flight{req(get), resp("HTTP/1.1 404 No\r\n")}, "0 GET /next 1.1 -> 404 1.1 incomplete\n"},
		{"no line", []flight{req(get), resp("HTTP/1.1 404 No")}, "0 GET /next 1.1 -> ?\n"},
		{"request", []flight{req("GET /p HTTP/1.1\r\nHost: h\r\n"), resp("")}, ""},
	},
	"24": {
		{"smuggled", post("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "28\r\nGET /smuggled HTTP/1.1\r\nHost: evil\r\n\r\nxy\r\n0\r\n\r\n"), "0 POST /p 1.1 40\"GET /smuggled HTTP/1.1\\r\\nHost: evil\\r\\n\\r\\nxy\" !te-cl -> 200 1.1\n" + second},
		{"batch", post("Content-Length: 37\r\n", "--b\r\n\r\nGET /inner HTTP/1.1\r\n\r\n--b--\r\n"), "0 POST /p 1.1 37\"--b\\r\\n\\r\\nGET /inner HTTP/1.1\\r\\n\\r\\n--b--\\r\\n\" -> 200 1.1\n" + second},
	},
}

// statusLines are responses whose start line is malformed, and what they are read as.
func statusLines() []row {
	var rows []row
	for _, v := range [][2]string{
		{"HTTP/0.9 200 OK", "200"}, {"HTTP/1.10 200 OK", "200"}, {"HTTP/1.01 404", "404"}, {"HTTP/2.1 200", "200"}, {"HTTP/1.1\t200 OK", "200"},
		{"HTTP/1.1  200 OK", "200"}, {"HTTP/1.1 200\rTransfer-Encoding:chunked", "200"}, {"HTTP/1.1\x00 200 ok", "200"},
		{"HTTP/1.1 0200 ok", "200"}, {"HTTP/1.1 2000 ok", "200"}, {"HTTP/1.1 2xx ok", "0"}, {"HTTP/1.1 20 ok", "0"}, {"HTTP/1.1 ok", "0"},
	} {
		conv := answered("GET /p HTTP/1.1\r\nHost: h\r\n\r\n", v[0]+"\r\nContent-Length: 2\r\n\r\nhi")
		rows = append(rows, row{v[0], conv, "0 GET /p 1.1 -> " + v[1] + " 1.1 2\"hi\" !status-line\n" + second})
	}
	for _, v := range []string{"http/1.1 200 OK", "HTTP/1.1\r200 OK", "HTTP/1.1", "ICY 200 OK"} {
		conv := answered("GET /p HTTP/1.1\r\nHost: h\r\n\r\n", v+"\r\nContent-Length: 2\r\n\r\nhi")
		rows = append(rows, row{"none: " + v, conv, "0 GET /p 1.1 -> ?\n" + second})
	}
	return append(rows, row{"not awaited", []flight{req(get), resp(ok0), resp("HTTP/1.1  500 no\r\n\r\n"), req(get), resp(ok0)}, "0 GET /next 1.1 -> 200 1.1\n" + second})
}

// requestLines are requests without a valid version, and what they are read as.
func requestLines() []row {
	var rows []row
	for _, v := range [][2]string{
		{"GET /HTTP/1.1", "GET /HTTP/1.1"}, {"GET / HTTP/1.", "GET /"}, {"HEAD /x", "HEAD /x"}, {"OPTIONS", "OPTIONS "},
		{"OPTIONS HTTP/1.1", "OPTIONS HTTP/1.1"}, {"CCM_POST / HTTP/1", "CCM_POST /"},
	} {
		conv := []flight{req(v[0] + "\r\nHost: h\r\n\r\n"), resp("HTTP/1.1 400 no\r\nContent-Length: 0\r\n\r\n"), req(get), resp(ok0)}
		rows = append(rows, row{v[0], conv, "0 " + v[1] + " 1.0 !request-line -> 400 1.1\n" + second})
	}
	for _, v := range []string{"OPTIONSHTTP/1.1", "RETR /x y", "note to self", "GET x RTSP/1.0"} {
		rows = append(rows, row{"none: " + v, []flight{req(v + "\r\nHost: h\r\n\r\n"), resp("HTTP/1.1 400 no\r\nContent-Length: 0\r\n\r\n"), req(get), resp(ok0)},
			"o0 ? -> 400 1.1 !orphan-response\n0 GET /next 1.1 -> 200 1.1\n"})
	}
	return append(rows, row{"no fields", []flight{req("HEAD /x\r\n\r\n"), resp("HTTP/1.1 400 no\r\nContent-Length: 0\r\n\r\n"), req(get), resp(ok0)},
		"o0 ? -> 400 1.1 !orphan-response\n0 GET /next 1.1 -> 200 1.1\n"})
}

// badLengths are requests whose Content-Length says nothing; what follows is
// passed over until the client has heard from the server.
func badLengths() []row {
	var rows []row
	for _, v := range []string{"5\r\nContent-Length: 6", "5, 6", "+5", "-1", "0x5", "5_0", "", "18446744073709551616", "9223372036854775808"} {
		odd := "!cl-bad"
		if v == "0x5" {
			odd = "!cl-zeros !cl-bad"
		}
		rows = append(rows, row{v, post("Content-Length: "+v+"\r\n", "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"), "0 POST /p 1.1 incomplete " + odd + " -> 200 1.1\n" + second})
	}
	return rows
}

// badChunks are requests whose chunked content cannot be followed from its first chunk on.
func badChunks(odd string, contents ...string) []row {
	var rows []row
	for _, c := range contents {
		rows = append(rows, row{c, post("Transfer-Encoding: chunked\r\n", c+get), "0 POST /p 1.1 incomplete !" + odd + " -> 200 1.1\n" + second})
	}
	return rows
}

// checkRow reads a row's conversation in several cuts.
func checkRow(t *testing.T, number string) {
	t.Helper()
	rows := table[number]
	if len(rows) == 0 {
		t.Fatalf("no row %s", number)
	}
	for _, tc := range rows {
		t.Run(tc.name, func(t *testing.T) {
			segs := segments(tc.conv)
			for i, s := range [][]segment{segs, bytewise(segs), randomly(segs, 11, 5)} {
				if got := summary(run(t, &reassembly.Conn{}, s).exs); got != tc.want {
					t.Errorf("cut %d:\ngot  %s\nwant %s", i, got, tc.want)
				}
			}
		})
	}
}

func TestTable01TEAndCL(t *testing.T)           { checkRow(t, "01") }
func TestTable02TEOnHTTP10(t *testing.T)        { checkRow(t, "02") }
func TestTable03Gzip(t *testing.T)              { checkRow(t, "03") }
func TestTable04SeveralTE(t *testing.T)         { checkRow(t, "04") }
func TestTable05BadTE(t *testing.T)             { checkRow(t, "05") }
func TestTable06RepeatedCL(t *testing.T)        { checkRow(t, "06") }
func TestTable07BadCL(t *testing.T)             { checkRow(t, "07") }
func TestTable08Neither(t *testing.T)           { checkRow(t, "08") }
func TestTable09NoContent(t *testing.T)         { checkRow(t, "09") }
func TestTable10Connect(t *testing.T)           { checkRow(t, "10") }
func TestTable11ChunkExtensions(t *testing.T)   { checkRow(t, "11") }
func TestTable12ChunkLine(t *testing.T)         { checkRow(t, "12") }
func TestTable13ChunkSize(t *testing.T)         { checkRow(t, "13") }
func TestTable14Trailer(t *testing.T)           { checkRow(t, "14") }
func TestTable15FieldSyntax(t *testing.T)       { checkRow(t, "15") }
func TestTable16Fold(t *testing.T)              { checkRow(t, "16") }
func TestTable17BareLFCRNUL(t *testing.T)       { checkRow(t, "17") }
func TestTable18Host(t *testing.T)              { checkRow(t, "18") }
func TestTable19NoHost(t *testing.T)            { checkRow(t, "19") }
func TestTable20HTTP09(t *testing.T)            { checkRow(t, "20") }
func TestTable21EarlyAndSecond(t *testing.T)    { checkRow(t, "21") }
func TestTable22Close(t *testing.T)             { checkRow(t, "22") }
func TestTable23AfterClose(t *testing.T)        { checkRow(t, "23") }
func TestTable24SmuggledIsContent(t *testing.T) { checkRow(t, "24") }
func TestTable25StatusLine(t *testing.T)        { checkRow(t, "25") }
func TestTable26RequestLine(t *testing.T)       { checkRow(t, "26") }
func TestTable27CutHead(t *testing.T)           { checkRow(t, "27") }
