package normalize

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"wirecensus/schemas"
	"wirecensus/sensor/message"
)

func TestHost(t *testing.T) {
	for _, c := range []struct {
		target, host, want string
		odd                bool
	}{
		{"/x", "API.Example.com", "http api.example.com 80", false},
		{"/x", "api.example.com:8443", "http api.example.com 8443", false},
		{"/x", "api.example.com.", "http api.example.com 80", false},
		{"/x", "", "http 198.51.100.7 8080", false},
		{"/x", "[2001:DB8::1]:99", "http 2001:db8::1 99", false},
		{"/x", "2001:db8::1", "http 2001:db8::1 80", false},
		{"/x", "10.1.2.3", "http 10.1.2.3 80", false},
		{"/x", "user:pw@host.example", "http host.example 80", false},
		{"/x", "a<script>", "http 198.51.100.7 8080", true},
		{"/x", "two words", "http 198.51.100.7 8080", true},
		{"/x", "host:99999", "http 198.51.100.7 8080", true},
		{"/x", "host:8a", "http 198.51.100.7 8080", true},
		{"/x", strings.Repeat("a", 300), "http 198.51.100.7 8080", true},
		{"/x", "b\xc3\xbccher.example", "http b%C3%BCcher.example 80", false},
		{"http://Other.example:81/x", "api.example.com", "http other.example 81", false},
		{"https://other.example/x", "api.example.com", "https other.example 443", false},
		{"http://other.example", "api.example.com", "http other.example 80", false},
		{"ftp://other.example/x", "api.example.com", "http api.example.com 80", false},
	} {
		req := "GET " + c.target + " HTTP/1.1"
		if c.host != "" {
			req += "\nHost: " + c.host
		}
		call := callOf(t, req, "")
		if got := fmt.Sprint(call.Scheme, " ", call.Host, " ", call.Port); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.target, c.host, got, c.want)
		}
		if odd := slices.Contains(call.Anomalies, "host-conflict"); odd != c.odd {
			t.Errorf("%s: host-conflict %v", c.host, odd)
		}
	}
	if c := callOf(t, "CONNECT db.example:5432 HTTP/1.1\nHost: x.example", ""); c.Host != "db.example" || c.Port != 5432 || c.Path != "db.example:5432" {
		t.Errorf("CONNECT: %s %d %q", c.Host, c.Port, c.Path)
	}
	if c := callOf(t, "CONNECT / HTTP/1.1\nHost: x.example", ""); c.Host != "x.example" || c.Path != "/" {
		t.Errorf("CONNECT with a path: %s %q", c.Host, c.Path)
	}
	if c := callOf(t, "", "HTTP/1.1 200 OK"); c.Host != "198.51.100.7" || c.Port != 8080 || c.RequestSeen || c.Method != "" || !slices.Equal(c.Flags, []string{"half"}) {
		t.Errorf("response alone: %s", text(t, c))
	}
}

func TestPath(t *testing.T) {
	for _, c := range []struct{ target, path, ids string }{
		{"/v1/users/17?x=1#y", "/v1/users/17", "0 1 2"},
		{"/", "/", ""},
		{"//a//b/", "//a//b/", "0 1"},
		{"*", "*", "0"},
		{"/users/joe@example.com/x", "/users/{email}/x", "0 2"},
		{"/users/joe%40example.com", "/users/{email}", "0"},
		{"/cards/4111111111111111", "/cards/{card}", "0"},
		{"/x-4111111111111111", "/{card}", ""},
		{"/ssn/536-22-6789", "/ssn/{national-id}", "0"},
		{"/token/abcdef1234567890", "/token/{secret}", "0"},
		{"/reset-password/k3j9x0q8", "/reset-password/{secret}", "0"},
		{"/password/reset", "/password/reset", "0 1"},
		{"/iban/DE89370400440532013000/balance", "/iban/{iban}/balance", "0 2"},
		{"/phone/+4915112345678", "/phone/{phone}", "0"},
		{"/app;jsessionid=0123456789abcdef0123456789abcdef/x", "/app;jsessionid={secret}/x", "0 1"},
		{"/a;v=1/b", "/a;v=1/b", "0 1"},
		{"/a b\x00\xff{x}\"<", "/a%20b%00%FF%7Bx%7D%22%3C", "0"},
		{"/files/report.pdf", "/files/report.pdf", "0 1"},
		{"/o/3f2b8c1e-1111-4222-8333-abcdefabcdef/i/7", "/o/3f2b8c1e-1111-4222-8333-abcdefabcdef/i/7", "0 1 2 3"},
		{"/d/2024-01-02/ab12cd", "/d/2024-01-02/ab12cd", "0 1 2"},
		{"/hooks/T00000000/B00000000/abc", "/hooks/{secret}/B00000000/abc", "0 2 3"},
	} {
		ex := pairOf("GET /", "")
		ex.Request.Target = []byte(c.target)
		call := New(Config{Key: testKey}).Call(ex)
		var ids []string
		for _, id := range call.IDs {
			ids = append(ids, fmt.Sprint(id.Pos))
		}
		if call.Path != c.path || strings.Join(ids, " ") != c.ids {
			t.Errorf("%q: %q ids %q, want %q ids %q", c.target, call.Path, ids, c.path, c.ids)
		}
	}
	for _, tail := range []string{"", "%41", "/joe@example.com", "%"} {
		ex := pairOf("GET /", "")
		ex.Request.Target = []byte("/" + strings.Repeat("a", 2044) + tail + strings.Repeat("b", 100))
		c := New(Config{}).Call(ex)
		if len(c.Path) > maxPath || !slices.Contains(c.Flags, "truncated") || strings.HasSuffix(c.Path, "%") || strings.Contains(c.Path, "{e_") {
			t.Errorf("long path ends in %q, %v", c.Path[max(0, len(c.Path)-12):], c.Flags)
		}
	}
}

func TestSameObjectSameDigest(t *testing.T) {
	a := callOf(t, "GET /users/83171", "HTTP/1.1 200 OK\nContent-Type: application/json\n\n{\"id\":83171,\"owner_id\":\"83171\"}")
	if len(a.IDs) != 4 || a.IDs[0].Digest == a.IDs[1].Digest || a.IDs[1].Digest != a.IDs[2].Digest || a.IDs[2].Digest != a.IDs[3].Digest {
		t.Errorf("ids %+v", a.IDs)
	}
	b := New(Config{Key: []byte("other")}).Call(pairOf("GET /users/83171", ""))
	if b.IDs[1].Digest == a.IDs[1].Digest {
		t.Error("the key does not matter")
	}
	d := newDigester(testKey)
	if d.of(domainID, []byte("x")) == d.of(domainToken, []byte("x")) || d.of(domainID, []byte("x")) != d.compute(domainID, []byte("x")) {
		t.Error("domains are not separated, or the memory is wrong")
	}
}

func TestMethod(t *testing.T) {
	for _, c := range [][3]string{{"GET", "GET", ""}, {"get", "GET", "get"}, {"FOO", "_OTHER", "FOO"}, {"G|T", "_OTHER", "G?T"}, {"QUERY", "QUERY", ""}, {"", "_OTHER", ""}, {"ghp_abcdefghijklmnopqrstuvwxyz0123456789", "_OTHER", "?"}} {
		ex := pairOf("GET /", "")
		ex.Request.Method = []byte(c[0])
		call := New(Config{}).Call(ex)
		if call.Method != c[1] || call.MethodOriginal != c[2] {
			t.Errorf("%q: %q %q", c[0], call.Method, call.MethodOriginal)
		}
	}
}

// brief is a parameter as name, style, count, class, kind and format.
func brief(p schemas.Param) string {
	s := p.Name
	if p.Style != "" {
		s += " " + p.Style
	}
	if p.Count > 0 {
		s += fmt.Sprint(" x", p.Count)
	}
	if p.Class != "" {
		s += " !" + p.Class
	}
	n := p.Shape
	if n != nil && n.Items != nil {
		s += " []"
		n = n.Items
	}
	if n != nil && n.Str != nil {
		for f := range n.Str.Formats.All() {
			s += " " + f.String()
		}
	}
	return s
}

func briefs(ps []schemas.Param) []string {
	var out []string
	for _, p := range ps {
		out = append(out, brief(p))
	}
	return out
}

func TestQuery(t *testing.T) {
	for _, c := range []struct{ query, want string }{
		{"a=1&b=x", "a int; b token"}, {"b=x&a=1", "a int; b token"}, {"a=1&a=2", "a repeat x2 [] int"}, {"a[]=1&a[]=2", "a[] brackets x2 [] int"}, {"f[x]=1", "f[x] deep int"},
		{"f%5Bx%5D=1", "f[x] deep int"}, {"ids=1,2,3", "ids comma [] int"}, {"q=a,+b", "q text"}, {"a", "a empty"}, {"a=", "a empty"}, {"", ""}, {"&&", ""}, {"email=joe@example.com", "email !email email"},
		{"joe@example.com=1", "{email} int"}, {"3f2b8c1e-1111-4222-8333-abcdefabcdef", "{uuid} empty"}, {"a=%zz", "a text"}, {"a=1+2", "a text"}, {"api_key=abcdef1234567890", "api_key !secret hex"}, {"token=yes", "token token"},
	} {
		call := callOf(t, "GET /?"+c.query, "")
		if got := strings.Join(briefs(call.Query), "; "); got != c.want {
			t.Errorf("%s: %s, want %s", c.query, got, c.want)
		}
	}
}

func TestFields(t *testing.T) {
	c := callOf(t, "GET / HTTP/1.1\nHost: a.example\nAccept: */*\nSec-Fetch-Mode: cors\nX-Tenant: acme\nIdempotency-Key: 3f2b8c1e-1111-4222-8333-abcdefabcdef\nAccept-Version: 2\nX-Tenant: b\nX-Bad name: 1\nCookie: theme=dark; _ga=GA1.2; csrftoken=abcdefabcdefabcdef; connect.sid=s%3Aabcdefabcdef\nUser-Agent: curl/8.0",
		"HTTP/1.1 201 Created\nServer: x\nLocation: /a/1\nETag: \"x\"\nX-RateLimit-Limit: 10\nSet-Cookie: a=b\nDeprecation: @1688169599\nSunset: Sat, 31 Dec 2033 23:59:59 GMT\nDate: Sat, 31 Dec 2022 23:59:59 GMT")
	if got, want := briefs(c.Headers), []string{"accept-version int", "idempotency-key uuid", "x-tenant repeat x2 [] token"}; !slices.Equal(got, want) {
		t.Errorf("request fields %q", got)
	}
	if got, want := briefs(c.Cookies), []string{"connect.sid !secret", "csrftoken !secret hex", "theme token"}; !slices.Equal(got, want) {
		t.Errorf("cookies %q", got)
	}
	if got, want := briefs(c.ResponseHeaders), []string{"deprecation text", "etag text", "location path", "set-cookie", "sunset http-date", "x-ratelimit-limit int"}; !slices.Equal(got, want) {
		t.Errorf("response fields %q", got)
	}
	if c.Deprecation != 1688169599 || c.Sunset != 2019686399 || c.UserAgent != "curl" {
		t.Errorf("%d %d %s", c.Deprecation, c.Sunset, c.UserAgent)
	}
	for v, want := range map[string]int64{"true": 1, "?1": 1, "@0": 1, "@x": 1, "false": 0, "": 0, "Sun, 06 Nov 1994 08:49:37 GMT": 784111777, "Sunday, 06-Nov-94 08:49:37 GMT": 784111777} {
		if got := deprecation([]byte(v)); got != want {
			t.Errorf("deprecation %q: %d", v, got)
		}
	}
}

func TestAgents(t *testing.T) {
	for ua, want := range map[string]string{
		"": "", "curl/8.1": "curl", "python-requests/2.31": "python-requests", "Go-http-client/1.1": "go", "PostmanRuntime/7": "postman", "zzz": "other", "sqlmap/1.7": "sqlmap", "my-bot/1": "bot",
		"Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36":           "chrome",
		"Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36 Edg/120.0": "edge",
		"Mozilla/5.0 (X11; rv:109.0) Gecko/20100101 Firefox/115.0":                                      "firefox",
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)":                      "googlebot",
		"Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17 Mobile Safari/604.1":  "safari",
	} {
		if got := New(Config{}).agent([]byte(ua)); got != want {
			t.Errorf("%q: %s", ua, got)
		}
	}
}

func TestFlagsAndAnomalies(t *testing.T) {
	ex := pairOf("GET / HTTP/1.1\nHost: a", "HTTP/1.1 200 OK")
	ex.Conflict, ex.Early, ex.Midstream, ex.OneSided, ex.Upgrade = true, true, true, true, true
	ex.Request.Truncated, ex.Response.Gap, ex.Response.Incomplete = true, true, true
	ex.Request.Anomalies = ex.Request.Anomalies.With(message.TECL).With(message.BareLF)
	ex.Response.Anomalies = ex.Response.Anomalies.With(message.BareLF)
	c := New(Config{}).Call(ex)
	if !slices.Equal(c.Flags, []string{"ambiguous", "conflict", "early", "gap", "incomplete", "midstream", "one-sided", "truncated", "upgrade"}) || !slices.Equal(c.Anomalies, []string{"bare-lf", "te-cl"}) {
		t.Errorf("%v %v", c.Flags, c.Anomalies)
	}
	if c.Duration != 5_000_000 {
		t.Errorf("duration %d", c.Duration)
	}
}

// TestSameInputSameCall: what a Normalizer has seen before changes nothing, and
// neither does another Normalizer's luck.
func TestSameInputSameCall(t *testing.T) {
	req, resp := typical()
	n := New(Config{Key: testKey})
	want := text(t, n.Call(pairOf(req, resp)))
	n.Call(pairOf("POST /a/b?x=1", "HTTP/1.1 200 OK\n\n{\"data\":1,\"zzz\":{\"id\":1}}"))
	if got := text(t, n.Call(pairOf(req, resp))); got != want {
		t.Errorf("\n%s\n%s", got, want)
	}
	if got := text(t, New(Config{Key: testKey}).Call(pairOf(req, resp))); got != want {
		t.Errorf("\n%s\n%s", got, want)
	}
	ex := pairOf(req, resp)
	c := New(Config{Key: testKey}).Call(ex)
	before := text(t, c)
	for _, m := range [][]byte{ex.Request.Target, ex.Response.Body} {
		copy(m, bytes.Repeat([]byte("!"), len(m)))
	}
	if text(t, c) != before {
		t.Error("the call refers to the exchange")
	}
	for range 100 {
		n.Call(pairOf("PUT /other?zz=1&y=2\nX-Other: 1", "HTTP/1.1 200 OK\nX-More: 2\n\n[1,2,3]"))
	}
	if text(t, c) != before || !reflect.DeepEqual(c.IDs, New(Config{Key: testKey}).Call(pairOf(req, resp)).IDs) {
		t.Error("the call refers to the normalizer")
	}
}
