package synth

import (
	"net/netip"
	"strings"
	"time"
)

// index is the page of the shop's web application: the server answers it for
// every path that is no file.
const index = `<!doctype html><html lang="es"><head><meta charset="utf-8"><title>Brisa</title><link rel="stylesheet" href="/assets/app.3f9c2b.css">` +
	`<link rel="icon" href="/favicon.ico"></head><body><div id="app"></div><script type="module" src="/assets/app.81ab22.js"></script>` +
	`<noscript>Brisa needs JavaScript.</noscript></body></html>`

type asset struct {
	path, ctype string
	size        int
}

var assets = []asset{
	{"/assets/app.3f9c2b.css", "text/css", 2400}, {"/assets/app.81ab22.js", "text/javascript", 7800}, {"/favicon.ico", "image/x-icon", 1150},
	{"/assets/logo.svg", "image/svg+xml", 900}, {"/assets/hero.webp", "image/webp", 6800}, {"/robots.txt", "text/plain", 60}, {"/manifest.json", "application/json", 0},
}

// content is an asset's bytes, always the same.
func (a asset) content() []byte {
	d := newDice(7, a.path)
	if a.path == "/manifest.json" {
		return toJSON(obj{{"name", "Brisa"}, {"short_name", "Brisa"}, {"display", "standalone"}})
	}
	if !strings.HasPrefix(a.ctype, "text/") {
		return d.fill(make([]byte, a.size))
	}
	var b []byte
	for len(b) < a.size {
		b = append(b, ".c"+d.text(lowerHex, 3)+"{margin:"+itoa(d.IntN(40))+"px}\n"...)
	}
	return b
}

// file asks for something of the web site.
func (s *session) file(a asset) {
	fields := []Field{{"ETag", `"` + newDice(9, a.path).text(lowerHex, 12) + `"`}, {"Cache-Control", "public, max-age=31536000, immutable"}}
	if s.d.chance(0.4) {
		s.call("GET /{file}", ask{target: a.path, fields: []Field{{"If-None-Match", fields[0].Value}}}, reply{status: 304, fields: fields})
		return
	}
	s.call("GET /{file}", ask{target: a.path}, reply{body: a.content(), ctype: a.ctype, fields: fields})
}

func (s *session) spa(path string) {
	s.call("GET /{file}", ask{target: path}, reply{body: []byte(index), ctype: "text/html; charset=utf-8", fields: []Field{{"Cache-Control", "no-cache"}}})
}

// webPage loads the web application as a browser does.
func (co *company) webPage(v *visitor, at int64) {
	s := co.visit(co.sites[siteWeb], v, at)
	s.think = 20 * time.Millisecond
	s.spa(pick(s.d, []string{"/", "/", "/boards", "/product/" + pick(s.d, co.products).slug, "/cart", "/account/orders"}))
	for _, a := range assets[:2+s.d.IntN(4)] {
		s.file(a)
	}
}

// crawler is a search engine's bot.
func (co *company) crawler(at int64) {
	v := &visitor{addr: netip.AddrFrom4([4]byte{192, 0, 2, 17}), agent: "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
		accept: "gzip, deflate, br", rtt: 24 * time.Millisecond, fields: []Field{{"From", "googlebot(at)googlebot.com"}}}
	co.truth.Actors[v.addr.String()] = "search engine bot"
	s := co.visit(co.sites[siteWeb], v, at)
	s.call("HEAD /{file}", ask{target: "/"}, reply{body: []byte(index), ctype: "text/html; charset=utf-8"})
	s.file(assets[5])
	for range s.d.between(2, 5) {
		s.spa("/product/" + pick(s.d, co.products).slug)
	}
	s.call("GET /{file}", ask{target: "/assets/gone." + s.d.text(lowerHex, 6) + ".js"}, reply{status: 404, body: []byte("not found\n"), ctype: "text/plain"})
}

// scraper walks through the product list.
func (co *company) scraper(at int64) {
	v := &visitor{addr: netip.AddrFrom4([4]byte{192, 0, 2, 88}), agent: "python-requests/2.31.0", accept: "gzip, deflate", rtt: 18 * time.Millisecond, fields: []Field{{"Accept", "*/*"}}}
	co.truth.Actors[v.addr.String()] = "scraper"
	s := co.visit(co.sites[siteShop], v, at)
	s.think = 350 * time.Millisecond
	for n := 1; n <= 4; n++ {
		if n == 3 && s.d.chance(0.4) {
			r := problem(429, "Too many requests", "slow down")
			r.fields = []Field{{"Retry-After", "30"}}
			s.call("GET /v2/products", ask{query: "page=3&page_size=8"}, r)
		}
		s.call("GET /v2/products", ask{query: "page=" + itoa(n) + "&page_size=8"}, reply{json: page(s.shortlist(8), n, 8, len(co.products)), mode: modeAt(n)})
		if n < 4 {
			s.detail(pick(s.d, co.products))
		}
	}
}

// modeAt makes the last of four answers end with the connection.
func modeAt(n int) Framing {
	if n == 4 {
		return UntilClose
	}
	return Length
}

// scanner tries what scanners try, several connections at a time.
func (co *company) scanner(at int64, where int, from string) {
	v := &visitor{addr: netip.MustParseAddr(from), agent: "Mozilla/5.0 zgrab/0.x", rtt: 90 * time.Millisecond, fields: []Field{{"Accept", "*/*"}}}
	co.truth.Actors[from] = "scanner"
	for c := range 4 {
		s := co.visit(co.sites[where], v, at+int64(c)*int64(700*time.Millisecond))
		s.think = 40 * time.Millisecond
		for i := c; i < len(probes); i += 4 {
			s.probe(where, probes[i])
		}
		if s.d.chance(0.5) {
			s.c.End = EndReset
		}
	}
}

func (s *session) probe(where int, target string) {
	path, query, _ := strings.Cut(target, "?")
	method := "GET"
	if strings.HasPrefix(path, "/boaform") || strings.HasSuffix(path, "eval-stdin.php") {
		method = "POST"
	}
	a := ask{target: path, query: query}
	if where == siteWeb {
		s.call(method+" /{file}", a, reply{body: []byte(index), ctype: "text/html; charset=utf-8", fields: []Field{{"Cache-Control", "no-cache"}}})
		return
	}
	s.truth.Probed = append(s.truth.Probed, s.host+" "+path)
	s.call(method+" {probe}", a, reply{status: 404, body: []byte("404 page not found\n"), ctype: "text/plain; charset=utf-8"})
}
