package main

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"wirecensus/cmd/wiregen/synth"
)

// planter makes values that exist nowhere else and hunts for them.
type planter struct {
	r *rand.Rand
	h hunt
}

const (
	small  = "abcdefghijklmnopqrstuvwxyz"
	mixed  = small + "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	digits = "0123456789"
)

func (p *planter) text(n int, from string) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = from[p.r.IntN(len(from))]
	}
	return string(b)
}

func (p *planter) keep(v string, whole bool) string {
	p.h.add(v, whole)
	return v
}

// secret is a value that does not show what it is.
func (p *planter) secret() string { return p.keep(p.text(20, mixed)+"9Zq", false) }

// plain is a word of a free text.
func (p *planter) plain() string { return p.keep(p.text(18, small), false) }

func (p *planter) email() string {
	return p.keep(p.text(10, small)+"."+p.text(6, small)+"@"+p.text(9, small)+".com", true)
}

// card is a number with a right check digit.
func (p *planter) card() string {
	d := []byte("4" + p.text(14, digits) + "0")
	sum := 0
	for i, c := range d {
		n := int(c - '0')
		if i%2 == 0 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	d[15] = byte('0' + (10-sum%10)%10)
	return p.keep(string(d), true)
}

func (p *planter) iban() string {
	account := p.text(18, digits)
	rest := 0
	for _, c := range account + "131400" { // DE00
		rest = (rest*10 + int(c-'0')) % 97
	}
	return p.keep(fmt.Sprintf("DE%02d%s", 98-rest, account), true)
}

func (p *planter) token() string { return p.keep("ghp_"+p.text(35, mixed)+"7", false) }

func (p *planter) jwt() string {
	enc := base64.RawURLEncoding.EncodeToString
	return p.keep(enc([]byte(`{"alg":"HS256"}`))+"."+enc([]byte(`{"sub":"`+p.secret()+`","email":"`+p.email()+`","name":"`+p.plain()+`"}`))+"."+p.text(43, mixed), false)
}

// strong shows what it is wherever it stands.
func (p *planter) strong() string {
	return []func() string{p.card, p.email, p.iban, p.token, p.jwt}[p.r.IntN(5)]()
}

// name is a strong value made of the characters of a field name.
func (p *planter) name() string {
	return []func() string{p.card, p.iban, p.token}[p.r.IntN(3)]()
}

func (p *planter) object() string {
	return fmt.Sprintf(`{"email":%q,"password":%q,"card_number":%q,"iban":%q,"note":"write to %s, card %s","%s":1,"%s":{"x":%q},"list":[%q,%q],"free":%q,"nested":"{\"token\":\"%s\"}"}`,
		p.email(), p.secret(), p.card(), p.iban(), p.email(), p.card(), p.strong(), p.strong(), p.secret(), p.strong(), p.secret(), p.plain()+" "+p.plain(), p.token())
}

func (p *planter) form() string {
	return "email=" + strings.ReplaceAll(p.email(), "@", "%40") + "&password=" + p.secret() + "&" + p.strong() + "=" + p.secret() + "&q=" + p.plain() + "&" + p.token()
}

func (p *planter) multipart() string {
	part := func(head, body string) string {
		return "--cut\r\nContent-Disposition: form-data; " + head + "\r\n\r\n" + body + "\r\n"
	}
	return part(`name="email"`, p.email()) + part(`name="`+p.strong()+`"`, p.secret()) +
		part(`name="file"; filename="`+p.strong()+`.pdf"`, p.secret()) + part(`name="other"; filename*=UTF-8''`+p.plain(), p.plain()) + "--cut--\r\n"
}

func zip(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(s)) // into memory
	_ = w.Close()
	return b.String()
}

func message(start string, fields []string, body string) string {
	fields = append(fields, fmt.Sprintf("Content-Length: %d", len(body)))
	return start + "\r\n" + strings.Join(fields, "\r\n") + "\r\n\r\n" + body
}

// chunked puts values into chunk extensions and trailers (RFC 9112, Section 7.1).
func (p *planter) chunked(start string, fields []string, body string) string {
	fields = append(fields, "Transfer-Encoding: chunked")
	return fmt.Sprintf("%s\r\n%s\r\n\r\n%x;%s=%q\r\n%s\r\n0;x=%s\r\n%s: %s\r\nX-Checksum: %s\r\n\r\n", start, strings.Join(fields, "\r\n"), len(body), p.name(), p.strong(), body, p.secret(), p.name(), p.secret(), p.secret())
}

// target is a request target with values in path and query.
func (p *planter) target(base string) string {
	t := base
	switch p.r.IntN(5) {
	case 0:
		t += "/" + p.strong() + "/details"
	case 1:
		t += "/" + strings.ReplaceAll(p.email(), "@", "%40")
	case 2:
		t += ";jsessionid=" + p.secret()
	}
	t += "?email=" + p.email() + "&q=" + p.plain() + "&" + p.strong() + "=" + p.secret() + "&access_token=" + p.secret() + "&filter[" + p.strong() + "]=" + p.strong() + "&" + p.token()
	if p.r.IntN(8) == 0 {
		t = "http://" + p.plain() + ":" + p.secret() + "@shop.example" + t
	}
	return t
}

func (p *planter) requestFields() []string {
	auth := []string{"Bearer " + p.jwt(), "Bearer " + p.secret(), "Basic " + base64.StdEncoding.EncodeToString([]byte(p.email()+":"+p.secret())), p.secret(), "Custom " + p.token(),
		`Digest username="` + p.plain() + `", realm="` + p.plain() + `", response="` + p.secret() + `"`}[p.r.IntN(6)]
	host := []string{"shop.example", "shop.example", "shop.example", "shop.example", p.plain() + ":" + p.secret() + "@shop.example", p.card() + ".example", "shop.example/" + p.secret(), p.email()}[p.r.IntN(8)]
	return []string{"Host: " + host, "Authorization: " + auth, "Cookie: sid=" + p.secret() + "; " + p.name() + "=" + p.secret() + "; mail=" + p.email() + "; " + p.token(),
		"X-Api-Key: " + p.secret(), p.name() + ": " + p.plain(), "X-" + p.name() + ": " + p.secret(), "X-Note: " + p.strong(), "Referer: http://shop.example/?token=" + p.secret(),
		"User-Agent: " + p.plain() + "/1.0 (" + p.email() + ")", "X-Forwarded-User: " + p.email(), "Idempotency-Key: " + p.secret(), "If-None-Match: \"" + p.secret() + "\"", "From: " + p.email()}
}

func (p *planter) responseFields() []string {
	return []string{"Set-Cookie: sid=" + p.secret() + "; Path=/", "Set-Cookie: " + p.name() + "=" + p.secret(), "Location: http://shop.example/cb?code=" + p.secret() + "&mail=" + p.email(),
		"X-User: " + p.email(), p.name() + ": " + p.secret(), "Server: " + p.plain(), "WWW-Authenticate: Bearer realm=\"" + p.plain() + "\", error_description=\"" + p.email() + "\"",
		"Link: <http://shop.example/" + p.secret() + ">; rel=next", "Content-Disposition: attachment; filename=\"" + p.strong() + ".pdf\"", "ETag: \"" + p.secret() + "\""}
}

// body is content of one of many types.
func (p *planter) body() (field, body string) {
	switch p.r.IntN(8) {
	case 0:
		return "application/x-www-form-urlencoded", p.form()
	case 1:
		return "multipart/form-data; boundary=cut", p.multipart()
	case 2:
		return "text/plain", p.plain() + " " + p.email() + " " + p.secret()
	case 3:
		return "application/xml", "<a><" + p.token() + ">" + p.card() + "</a>"
	case 4:
		return "application/" + p.token(), p.secret()
	case 5:
		return "application/json; charset=" + p.plain(), p.object()[:200] // cut off
	}
	return "application/json", p.object()
}

// say adds one exchange to a conversation.
func (p *planter) say(c *synth.Conversation, base string) {
	status := []string{"200 OK", "201 Created", "400 " + p.plain(), "401 Unauthorized", "404 Not Found", "500 " + p.strong()}[p.r.IntN(6)]
	for _, side := range []synth.Side{synth.Client, synth.Server} {
		start, fields := "HTTP/1.1 "+status, p.responseFields
		if side == synth.Client {
			start, fields = "POST "+p.target(base)+" HTTP/1.1", p.requestFields
		}
		kind, body := p.body()
		list := append(fields(), "Content-Type: "+kind)
		if p.r.IntN(3) == 0 {
			body, list = zip(body), append(list, "Content-Encoding: gzip")
			if p.r.IntN(3) == 0 {
				body = body[:len(body)/2]
			}
		}
		if p.r.IntN(3) == 0 {
			c.Say(side, p.chunked(start, list, body), time.Millisecond)
		} else {
			c.Say(side, message(start, list, body), time.Millisecond)
		}
	}
}

// TestPlantedPlaces puts values into every place of a message that has room for
// one, also where no sane client would, and looks for them in everything that
// comes out. What may stand in a path and is no value is in docs/privacy.md.
func TestPlantedPlaces(t *testing.T) {
	if testing.Short() {
		t.Skip("replays much traffic")
	}
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			p := &planter{r: rand.New(rand.NewPCG(seed, 7))}
			var list []*synth.Conversation
			for i := range 24 {
				c := &synth.Conversation{Client: netip.AddrPortFrom(netip.MustParseAddr("10.0.0.9"), uint16(20000+i)), Server: netip.MustParseAddrPort("10.0.0.1:80"),
					Start: 1_780_000_000_000_000_000 + int64(i)*1e9, RTT: time.Millisecond}
				for range 5 {
					p.say(c, []string{"/v1/login", "/v1/orders", "/v1/orders/17/items", "/upload"}[p.r.IntN(4)])
				}
				list = append(list, c)
			}
			capture := synth.New(seed, list...)
			if seed%2 == 1 {
				capture.Trouble = synth.Trouble{Loss: 0.02, Reorder: 0.05, Retransmit: 0.05, Midstream: 0.1}
			}
			r := runReplay(t, nil, "--calls", writeCapture(t, capture, "a.pcap"))
			if r.status != 0 || bytes.Count(r.files["calls.ndjson"], []byte("\n")) < 40 {
				t.Fatalf("status %d\n%s\n%s", r.status, r.stdout, r.stderr)
			}
			p.h.search(t, r, nil)
		})
	}
}
