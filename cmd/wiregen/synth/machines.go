package synth

import (
	"encoding/base64"
	"net/netip"
	"time"
)

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// exportJob is where the nightly export runs.
var exportJob = [4]byte{10, 20, 7, 77}

func (co *company) partnerAddr() netip.Addr { return netip.AddrFrom4([4]byte{198, 51, 100, 40}) }
func (co *company) kioskAddr() netip.Addr   { return netip.AddrFrom4([4]byte{10, 60, 9, 3}) }

// machines plans what programs do on a day.
func (co *company) machines(day int) {
	for addr, what := range map[netip.Addr]string{co.partnerAddr(): "logistics partner", co.kioskAddr(): "kiosk without a credential",
		netip.AddrFrom4(exportJob): "nightly export without a credential"} {
		co.truth.Actors[addr.String()] = what
	}
	midnight := co.midnight(day)
	for i := range 4 {
		co.stockroom(midnight + int64(i*6)*int64(time.Hour) + int64(5*time.Minute) + co.dice.Int64N(2e9))
	}
	for h := 0; h < 24; h += 4 {
		co.monitor(midnight + int64(h)*int64(time.Hour) + int64(30*time.Second))
	}
	co.keys(midnight + int64(time.Hour))
	co.export(midnight + int64(3*time.Hour+17*time.Minute))
	for range co.times(3) {
		co.oldClient(co.at(day, hours))
	}
	for range co.times(2) {
		co.crawler(co.at(day, [24]float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}))
	}
	for range co.times(1) {
		co.scraper(co.at(day, hours))
	}
	for range co.times(5) {
		co.secret(co.at(day, hours))
	}
	if day%9 == 4 {
		co.scanner(midnight+int64(2*time.Hour), siteShop, "198.51.100.66")
		co.scanner(midnight+int64(2*time.Hour+4*time.Minute), siteWeb, "198.51.100.66")
		co.scanner(midnight+int64(14*time.Hour), sitePay, "192.0.2.200")
	}
}

// monitor asks every service how it is, on the minute.
func (co *company) monitor(at int64) {
	v := &visitor{addr: netip.AddrFrom4([4]byte{10, 20, 0, 5}), agent: "kube-probe/1.30", rtt: 200 * time.Microsecond, fields: []Field{{"Accept", "*/*"}}}
	co.truth.Actors[v.addr.String()] = "monitoring"
	for _, check := range []struct {
		site int
		op   string
	}{{siteShop, "GET /healthz"}, {sitePay, "GET /health"}, {siteClinic, "GET /api/health"}} {
		s := co.visit(co.sites[check.site], v, at)
		s.think = time.Millisecond
		s.call(check.op, ask{}, reply{json: obj{{"status", "ok"}, {"uptime_s", (at - co.o.Start.UnixNano()) / 1e9}}, wait: time.Millisecond})
	}
}

// keys is the shop's backend fetching the keys that tokens are checked with.
func (co *company) keys(at int64) {
	s := co.visit(co.sites[siteAuth], co.shopHost, at)
	s.think = 10 * time.Millisecond
	issuer := "https://auth.brisa.example"
	s.call("GET /.well-known/openid-configuration", ask{}, reply{json: obj{{"issuer", issuer}, {"token_endpoint", issuer + "/oauth/token"},
		{"userinfo_endpoint", issuer + "/oauth/userinfo"}, {"jwks_uri", issuer + "/.well-known/jwks.json"}, {"grant_types_supported", []string{"password", "refresh_token"}}}})
	s.call("GET /.well-known/jwks.json", ask{}, reply{json: obj{{"keys", arr{obj{{"kty", "RSA"}, {"use", "sig"}, {"alg", "RS256"},
		{"kid", "2026-05"}, {"n", newDice(11, "modulus").text(base62, 342)}, {"e", "AQAB"}}}}}})
}

// export is a nightly job that fetches all customers from an internal route,
// without a credential.
func (co *company) export(at int64) {
	v := &visitor{addr: netip.AddrFrom4(exportJob), agent: "python-requests/2.32.3", accept: "gzip, deflate", rtt: time.Millisecond, fields: []Field{{"Accept", "*/*"}}}
	s := co.visit(co.sites[siteShop], v, at)
	s.think = 50 * time.Millisecond
	for i := range 2 {
		list := arr{}
		for _, c := range co.customers[i*30 : i*30+30] {
			list = append(list, obj{{"id", c.id}, {"name", s.plant("name", c.name())}, {"email", s.plant("email", c.email)}, {"phone", s.plant("phone", c.phone)},
				{"dni", s.plant("national-id", c.dni)}, {"iban", s.plant("iban", c.iban)}, {"card", s.plant("card", c.card)}, {"created_at", stamp(c.since)}})
		}
		s.call("GET /internal/export/customers", ask{query: "format=json&page=" + itoa(i+1) + "&since=" + day(at-int64(24*time.Hour))}, reply{json: list, wait: 400 * time.Millisecond})
	}
}

// oldClient is one of the two programs that still use version 1, which should be gone.
func (co *company) oldClient(at int64) {
	d := co.dice
	v := &visitor{addr: netip.AddrFrom4([4]byte{203, 0, 113, 251}), agent: "Java/1.8.0_292", rtt: 35 * time.Millisecond, fields: []Field{{"Accept", "application/json"}}}
	if d.chance(0.4) {
		v = &visitor{addr: netip.AddrFrom4([4]byte{198, 51, 100, 9}), agent: "okhttp/3.12.1", accept: "gzip", rtt: 60 * time.Millisecond}
	}
	co.truth.Actors[v.addr.String()] = "old client of /v1"
	s := co.visit(co.sites[siteShop], v, at)
	sunset := []Field{{"Deprecation", "@1735689600"}, {"Sunset", "Tue, 31 Mar 2026 23:59:59 GMT"}, {"Link", `<https://api.brisa.example/v2/products>; rel="successor-version"`}}
	c := pick(d, co.customers)
	s.plant("email", c.email)
	s.plant("password", c.password)
	token := d.jwt("HS256", "shop-v1", itoa(c.old), s.now, 0)
	s.call("POST /v1/login", ask{json: obj{{"user", c.email}, {"pass", c.password}}}, reply{json: obj{{"ok", true}, {"token", s.plant("jwt", token)}}, fields: sunset})
	s.auth = []Field{{"X-Auth-Token", token}}
	for range d.between(1, 3) {
		p := pick(d, co.products)
		s.call("GET /v1/products/{id}", ask{args: []string{itoa(p.id)}}, reply{json: obj{{"id", p.id}, {"title", p.name}, {"price", money(p.cents)}, {"stock", p.stock}}, fields: sunset})
	}
	if d.chance(0.5) {
		list := arr{}
		for range 6 {
			p := pick(d, co.products)
			list = append(list, obj{{"id", p.id}, {"title", p.name}, {"price", money(p.cents)}})
		}
		s.call("GET /v1/products", ask{query: "start=0&count=6"}, reply{json: list, fields: sunset})
	}
	if len(co.orders) > 0 && d.chance(0.8) {
		o := pick(d, co.orders)
		s.call("GET /v1/orders/{id}", ask{args: []string{itoa(o.old)}}, reply{json: obj{{"id", o.old}, {"total", money(o.cents)},
			{"customer", obj{{"id", c.old}, {"email", c.email}}}}, fields: sunset})
	}
}

// appUser is a customer with the mobile application.
func (co *company) appUser(at int64) {
	d := co.dice
	c := pick(d, co.customers)
	v := &visitor{addr: netip.AddrFrom4([4]byte{100, 64, byte(d.IntN(8)), byte(1 + d.IntN(250))}), agent: pick(d, mobileAgents), accept: "gzip", rtt: 65 * time.Millisecond,
		fields: []Field{{"Accept", "application/json"}, {"X-App-Version", "4.12.0"}, {"X-Device-Id", co.plant("value", d.uuid())}}}
	s := co.visit(co.sites[siteShop], v, at)
	co.signIn(s, c, "app")
	for range d.between(1, 2) {
		s.call("GET /v2/recommendations", ask{query: "limit=6&placement=" + pick(d, []string{"home", "cart"})}, reply{json: obj{{"items", s.shortlist(6)}, {"model", "als-3"}}})
		s.detail(pick(d, co.products))
	}
	if d.chance(0.25) {
		s.write(pick(d, co.products))
	}
	s.account(c)
	if d.chance(0.3) {
		if o := s.buy(c); o != nil {
			co.pay(o, s.now)
		}
	}
}

func (s *session) write(p *product) {
	text := pick(s.d, opinions) + " " + s.plant("value", "ref "+s.d.text(base62, 12))
	body := obj{{"stars", s.d.between(1, 5)}, {"text", text}}
	if s.d.chance(0.2) {
		s.call("POST /v2/products/{slug}/reviews", ask{args: []string{p.slug}, json: body[1:]}, problem(422, "Invalid review", "stars is required"))
		return
	}
	s.call("POST /v2/products/{slug}/reviews", ask{args: []string{p.slug}, json: body}, reply{status: 201,
		json: obj{{"id", s.d.ulid(s.now)}, body[0], body[1], {"author", pick(s.d, firstNames)}, {"created_at", stamp(s.now)}, {"verified", true}}})
}

// sale is an hour in which everybody comes at once.
func (co *company) sale(at int64) {
	for range co.times(40) {
		co.shopper(at + co.dice.Int64N(int64(4*time.Minute)))
	}
}
