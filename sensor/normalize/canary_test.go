package normalize

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"wirecensus/sensor/exchange"
	"wirecensus/sensor/message"
)

// canaries makes values that must never be seen again, and remembers them.
type canaries struct {
	r    *rand.Rand
	made []string
}

func (c *canaries) letters(n int, from string) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = from[c.r.IntN(len(from))]
	}
	return string(b)
}

const (
	lowerCase = "abcdefghijklmnopqrstuvwxyz"
	alnum     = lowerCase + "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	digits    = "0123456789"
	hexDigits = "0123456789abcdef"
)

func (c *canaries) keep(s string) string {
	c.made = append(c.made, s)
	return s
}

func (c *canaries) card() string {
	for {
		d := []byte([]string{"4", "51", "37", "6011"}[c.r.IntN(4)])
		n := 16
		if d[0] == '3' {
			n = 15
		}
		d = append(d, c.letters(n-len(d), digits)...)
		for x := byte('0'); x <= '9'; x++ {
			if d[n-1] = x; luhn(d) && distinct(d) > 3 {
				return c.keep(string(d))
			}
		}
	}
}

func (c *canaries) email() string {
	return c.keep(c.letters(9, lowerCase) + "." + c.letters(5, lowerCase) + "@" + c.letters(8, lowerCase) + ".com")
}

func (c *canaries) iban() string {
	bban := c.letters(18, digits)
	for k := 2; k < 99; k++ {
		if s := fmt.Sprintf("DE%02d%s", k, bban); isIBAN([]byte(s)) {
			return c.keep(s)
		}
	}
	panic("no check digits")
}

func (c *canaries) token() string {
	switch c.r.IntN(4) {
	case 0:
		return c.keep("ghp_" + c.letters(36, alnum) + "7")
	case 1:
		return c.keep("sk_live_" + c.letters(24, alnum) + "3")
	case 2:
		return c.keep("AKIA" + c.letters(15, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") + "7")
	}
	return c.jwt()
}

func (c *canaries) jwt() string {
	enc := base64.RawURLEncoding.EncodeToString
	return c.keep(enc([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + enc([]byte(`{"sub":"`+c.letters(20, alnum)+`"}`)) + "." + c.letters(43, alnum))
}

func (c *canaries) secret() string { return c.keep(c.letters(8, alnum) + "9" + c.letters(20, alnum)) }
func (c *canaries) name() string {
	return c.keep("Q" + c.letters(9, lowerCase) + " Z" + c.letters(9, lowerCase))
}
func (c *canaries) password() string { return c.keep(c.letters(12, alnum) + "!#") }
func (c *canaries) phone() string    { return c.keep("+4915" + c.letters(9, digits)) }
func (c *canaries) plain() string    { return c.keep(c.letters(16, lowerCase)) }

// strong returns a value that shows what it is wherever it stands.
func (c *canaries) strong() string {
	return []func() string{c.card, c.email, c.iban, c.token}[c.r.IntN(4)]()
}

func (c *canaries) object() map[string]any {
	o := map[string]any{
		"card_number": c.card(), "email": c.email(), "user": map[string]any{"name": c.name(), "password": c.password(), "phone": c.phone()},
		"items": []any{map[string]any{"secret": c.secret(), "free": c.plain() + " " + c.plain(), "id": c.secret()}, c.strong()},
		"word":  c.plain(), "comment": "write to " + c.email() + " or pay with " + c.card() + ".",
	}
	o[c.strong()] = c.plain()
	o["nested"] = `{"email":"` + c.email() + `"}`
	return o
}

func (c *canaries) query() string {
	q := url.Values{}
	q.Set("q", c.plain())
	q.Set("email", c.email())
	q.Set(c.strong(), c.secret())
	q.Set("filter["+c.plainKey()+"]", c.strong())
	q.Set("access_token", c.token())
	q["ids"] = []string{c.strong(), c.secret()}
	return q.Encode() + "&" + url.QueryEscape(c.strong())
}

// plainKey is a name that may be told.
func (c *canaries) plainKey() string { return "k" + c.letters(3, lowerCase) }

func (c *canaries) path() string {
	return "/v1/users/" + url.PathEscape(c.email()) + "/cards/" + c.card() + "/token/" + c.secret() + "/reset-password/" + c.secret() + ";jsessionid=" + c.secret() +
		"/x-" + c.card() + "/" + url.PathEscape(c.strong()) + "/phone/" + c.phone()
}

func (c *canaries) fields() []message.Field {
	f := func(k, v string) message.Field { return message.Field{Name: []byte(k), Value: []byte(v)} }
	return []message.Field{
		f("Host", "api.example.com"), f("Authorization", []string{"Bearer " + c.token(), "Basic " + base64.StdEncoding.EncodeToString([]byte(c.plain()+":"+c.password())),
			c.secret(), `Digest username="` + c.plain() + `", response="` + c.secret() + `"`, "AWS4-HMAC-SHA256 Credential=AKIA" + c.plain() + "/x, Signature=" + c.secret(), "Custom " + c.secret()}[c.r.IntN(6)]),
		f("X-Api-Key", c.secret()), f("X-User-Email", c.email()), f("X-Trace", c.plain()), f("Idempotency-Key", c.secret()), f(c.card(), c.plain()), f("Referer", "https://x.example/?token="+c.secret()),
		f("Cookie", "sid="+c.secret()+"; "+c.strong()+"="+c.secret()+"; user="+c.email()+"; pref="+c.plain()), f("User-Agent", c.plain()+"/1.0"), f("X-CSRF-Token", c.secret()),
		f("Location", "https://x.example/cb?code="+c.secret()), f("Set-Cookie", "sid="+c.secret()), f("Link", "<https://x.example/"+c.plain()+">"), f("Content-Location", "/"+c.plain()),
	}
}

// body returns content of a random type that holds canaries.
func (c *canaries) body() (mediaType string, body []byte) {
	switch c.r.IntN(12) {
	case 6, 7:
		return "application/json", []byte(c.graphql())
	case 8:
		return "application/json", []byte(c.rpc())
	case 9, 10:
		return []string{"text/xml", "application/soap+xml; action=\"urn:" + c.token() + "\"", "application/vnd.x+xml"}[c.r.IntN(3)], []byte(c.xml())
	case 11:
		b, _ := json.Marshal(c.object())
		return "text/event-stream", []byte("event: " + c.strong() + "\nid: " + c.secret() + "\ndata: " + string(b) + "\n\n: " + c.plain() + "\ndata: " + c.plain() + "\n\n")
	case 0:
		return "application/x-www-form-urlencoded", []byte(c.query())
	case 1:
		var b strings.Builder
		for _, k := range []string{"email", "note", "password"} {
			fmt.Fprintf(&b, "--xyz\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n", k, c.secret())
		}
		fmt.Fprintf(&b, "--xyz\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"%s.png\"\r\nContent-Type: text/%s\r\n\r\n%s\r\n--xyz--\r\n", c.strong(), c.plain(), c.token(), c.secret())
		return "multipart/form-data; boundary=xyz", []byte(b.String())
	case 2:
		return "text/plain", []byte(c.plain() + c.email() + c.secret())
	case 3:
		a, _ := json.Marshal(c.object())
		b, _ := json.Marshal(c.object())
		return "application/x-ndjson", append(append(a, '\n'), b...)
	}
	b, _ := json.Marshal(c.object())
	return "application/json", b
}

// graphql is a request with canaries as literals and variables.
func (c *canaries) graphql() string {
	document := fmt.Sprintf(`query %s($v: In = {mail: "%s", word: %s}) { a: user(email: "%s", card: "%s", number: %s, word: %s, note: """%s %s""", in: {password: "%s", list: ["%s", $v]}, v: $v) { id } other(x: $w) ...F } fragment F on Q { more(y: "%s") }`,
		c.token10(), c.email(), c.plain(), c.email(), c.card(), c.card(), c.plain(), c.plain(), c.email(), c.password(), c.strong(), c.secret())
	b, _ := json.Marshal(map[string]any{"query": document, "variables": map[string]any{"w": c.object(), "v": c.strong()}, "operationName": nil})
	return string(b)
}

// token10 is a token that could be a name.
func (c *canaries) token10() string { return c.keep("ghp_" + c.letters(36, alnum) + "7") }

// rpc is a request, a batch or a response of JSON-RPC.
func (c *canaries) rpc() string {
	call := func() map[string]any {
		return map[string]any{"jsonrpc": "2.0", "method": []string{"user.get", c.token(), c.email()}[c.r.IntN(3)], "id": c.secret(), "params": []any{c.object(), []any{c.strong(), c.plain(), c.object()}}[c.r.IntN(2)]}
	}
	var v any = call()
	switch c.r.IntN(3) {
	case 0:
		v = []any{call(), call()}
	case 1:
		v = map[string]any{"jsonrpc": "2.0", "id": c.secret(), "error": map[string]any{"code": 1, "message": c.plain(), "data": c.object()}}
	}
	b, _ := json.Marshal(v)
	return string(b)
}

// xml is a text with canaries as text, attributes and names.
func (c *canaries) xml() string {
	return fmt.Sprintf(`<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e "%s">]><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:%s"><e:Body><%s id="%s" %s="x"><email kind="%s">%s</email><!-- %s --><b>%s</b><b><![CDATA[%s]]></b>%s &e; <c>&#%d;%s</c></%[3]s></e:Body></e:Envelope>`,
		c.plain(), c.plain(), []string{"Get", c.token10()}[c.r.IntN(2)], c.secret(), c.token10(), c.plain(), c.email(), c.plain(), c.card(), c.strong(), c.plain(), 'A', c.password()[:12])
}

func (c *canaries) message(m *exchange.Message) {
	m.Fields = c.fields()
	mediaType, body := c.body()
	if c.r.IntN(8) == 0 {
		mediaType = "application/" + c.token()
	}
	m.Fields = append(m.Fields, message.Field{Name: []byte("Content-Type"), Value: []byte(mediaType)})
	if c.r.IntN(3) == 0 {
		var z bytes.Buffer
		w := gzip.NewWriter(&z)
		w.Write(body)
		w.Close()
		body = z.Bytes()
		m.Fields = append(m.Fields, message.Field{Name: []byte("Content-Encoding"), Value: []byte("gzip")})
	}
	m.Size = int64(len(body))
	switch c.r.IntN(4) {
	case 0:
		body, m.Truncated = body[:c.r.IntN(len(body)+1)], true
	case 1:
		body, m.Gap, m.Incomplete = body[:c.r.IntN(len(body)+1)], true, true
	}
	m.Body = body
}

// forms are the ways in which a value could be written.
func forms(v string) []string {
	b := []byte(v)
	out := []string{v, url.QueryEscape(v), url.PathEscape(v), hex.EncodeToString(b), strings.ToUpper(hex.EncodeToString(b)), strings.ToLower(v), strings.ToUpper(v)}
	for shift := range 3 {
		s := base64.StdEncoding.EncodeToString(append(make([]byte, shift), b...))
		out = append(out, s[min(4, len(s)):len(s)-min(4, len(s)-4)])
	}
	return out
}

// digestText are the digests in a call's JSON, which are random by design.
var digestText = regexp.MustCompile(`"(token|principal|digest|print|id)":"[0-9a-f]+"|"tokens":\[[^\]]*\]`)

// windows are all stretches of 8 bytes of a call's JSON without its digests.
func windows(out string) map[string]bool {
	out = digestText.ReplaceAllString(out, "")
	w := map[string]bool{}
	for i := 0; i+8 <= len(out); i++ {
		w[out[i:i+8]] = true
	}
	return w
}

// leak returns a stretch of 8 bytes of v, in some form, that is among w.
func leak(w map[string]bool, v string) string {
	for _, f := range forms(v) {
		for i := 0; i+8 <= len(f); i++ {
			if k := f[i : i+8]; w[k] {
				return k
			}
		}
	}
	return ""
}

// exchange makes an exchange full of canaries.
func (c *canaries) exchange() *exchange.Exchange {
	ex := pairOf("POST / HTTP/1.1", "HTTP/1.1 200 OK")
	ex.Request.Target = []byte(c.path() + "?" + c.query() + "#" + c.plain())
	if c.r.IntN(4) == 0 {
		ex.Request.Target = append([]byte("http://"+c.plain()+":"+c.secret()+"@api.example.com"), ex.Request.Target...)
	}
	if c.r.IntN(8) == 0 {
		ex.Request.Method = []byte(c.token())
	}
	c.message(ex.Request)
	c.message(ex.Response)
	return ex
}

// TestNoValueLeaves plants values that exist nowhere else in every place of an
// exchange and looks for them, in any form, in the call.
func TestNoValueLeaves(t *testing.T) {
	n := New(Config{Key: testKey})
	for seed := range uint64(500) {
		c := &canaries{r: rand.New(rand.NewPCG(seed, 99))}
		out := text(t, n.Call(c.exchange()))
		w := windows(out)
		for _, v := range c.made {
			if k := leak(w, v); k != "" {
				t.Fatalf("seed %d: %q of %q is in the call\n%s", seed, k, v, out)
			}
		}
	}
}

// TestNoMessageLeaves plants values in the messages of a WebSocket.
func TestNoMessageLeaves(t *testing.T) {
	n := New(Config{Key: testKey, Words: true})
	for seed := range uint64(120) {
		c := &canaries{r: rand.New(rand.NewPCG(seed, 98))}
		ex := c.exchange()
		ex.Upgrade, ex.Response.Status = true, 101
		talk := n.NewTalk(ex)
		for i := range 8 {
			var message string
			switch b, _ := json.Marshal(c.object()); c.r.IntN(5) {
			case 0:
				message = string(b)
			case 1:
				message = `{"type":"subscribe","id":"` + c.secret() + `","payload":` + c.graphql() + `}`
			case 2:
				message = c.rpc()
			case 3:
				message = c.plain() + c.email()
			case 4:
				message = "42" + string(b[:c.r.IntN(len(b))])
			}
			n.Hear(talk, i%2 == 0, []byte(message), uint64(len(message)), "", int64(i))
		}
		out := text(t, n.Say(talk, 3, 0))
		w := windows(out)
		for _, v := range c.made {
			if k := leak(w, v); k != "" {
				t.Fatalf("seed %d: %q of %q is in the call\n%s", seed, k, v, out)
			}
		}
	}
	n.Call(pairOf("GET / HTTP/1.1", "HTTP/1.1 204 No Content"))
	for _, w := range n.Vocabulary().words {
		if w.calls > 0 {
			t.Errorf("a word of a message counts as met in a call: %q", w.text)
		}
	}
}
