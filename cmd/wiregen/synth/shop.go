package synth

import (
	"net/url"
	"strings"
	"time"
)

func (p *product) short() obj {
	return obj{{"id", p.sku}, {"slug", p.slug}, {"name", p.name}, {"category", p.category},
		{"price", money(p.cents)}, {"currency", "EUR"}, {"in_stock", p.stock > 0}, {"thumbnail", "https://cdn.brisa.example/p/" + p.sku + ".webp"}}
}

func (co *company) shortlist(n int) arr {
	items := arr{}
	for range n {
		items = append(items, pick(co.dice, co.products).short())
	}
	return items
}

func page(items arr, n, size, total int) obj {
	return obj{{"items", items}, {"page", n}, {"page_size", size}, {"total", total}}
}

// detail is a product in full. Now and then the currency is missing, and the
// purchase price is in it, which no document mentions.
func (s *session) detail(p *product) {
	o := obj{{"id", p.sku}, {"slug", p.slug}, {"name", p.name}, {"category", p.category}, {"price", money(p.cents)},
		{"currency", "EUR"}, {"description", p.name + ". " + pick(s.d, opinions) + " Designed on the coast, tested in the water."},
		{"dimensions", obj{{"length_cm", s.d.between(20, 320)}, {"weight_kg", money(s.d.between(20, 1400))}}},
		{"rating", obj{{"average", money(s.d.between(250, 500))}, {"count", s.d.IntN(300)}}},
		{"stock", obj{{"available", p.stock}, {"restock_on", null{}}}},
		{"tags", []string{p.category, pick(s.d, []string{"new", "sale", "classic"})}},
		{"supplier_cost", money(p.cents * 6 / 10)}}
	if s.d.chance(0.3) {
		o[9].value = obj{{"available", 0}, {"restock_on", day(s.now + int64(s.d.between(5, 30))*int64(24*time.Hour))}}
	}
	missing := s.d.chance(0.04)
	if missing {
		o[5].value = nil
	}
	query, debug := "", s.d.chance(0.05)
	if debug {
		query = "debug=1"
	}
	e := s.call("GET /v2/products/{slug}", ask{args: []string{p.slug}, query: query}, reply{json: o, hints: s.d.chance(0.03),
		fields: []Field{{"ETag", `W/"` + s.d.text(lowerHex, 16) + `"`}, {"Cache-Control", "public, max-age=60"}}})
	e.drift("undeclared-field", "response 200", "$.supplier_cost")
	if missing {
		e.drift("missing-required-field", "response 200", "$.currency")
	}
	if debug {
		e.drift("undeclared-parameter", "query", "debug")
	}
}

func (s *session) browse() {
	d := s.d
	if d.chance(0.6) {
		s.call("GET /v2/categories", ask{}, reply{json: arr{"boards", "wetsuits", "accessories", "apparel", "sup", "wing"},
			fields: []Field{{"Cache-Control", "max-age=3600"}}})
	}
	for i := range d.between(1, 3) {
		q := "page=" + itoa(i+1) + "&page_size=8"
		if d.chance(0.5) {
			q += "&category=" + pick(d, goods).category
		}
		if d.chance(0.3) {
			q += "&sort=" + pick(d, []string{"price", "-price", "newest"})
		}
		s.call("GET /v2/products", ask{query: q}, reply{json: page(s.shortlist(8), i+1, 8, len(s.products))})
	}
	if d.chance(0.3) {
		s.call("GET /v2/search", ask{query: "q=" + url.QueryEscape(strings.ToLower(strings.Fields(pick(d, goods).name)[0]))},
			reply{json: obj{{"hits", s.shortlist(d.between(0, 5))}, {"took_ms", d.between(2, 40)}}})
	}
	if d.chance(0.25) {
		s.call("GET /v2/deals/{date}", ask{args: []string{day(s.now)}}, reply{json: obj{{"date", day(s.now)}, {"deals", arr{
			obj{{"product", pick(d, s.products).short()}, {"percent", 5 * d.between(1, 8)}}}}}})
	}
	for range d.between(1, 4) {
		p := pick(d, s.products)
		s.detail(p)
		if d.chance(0.5) {
			s.reviews(p)
		}
	}
	if d.chance(0.08) {
		s.call("GET /v2/products/{slug}", ask{args: []string{"old-" + pick(d, s.products).slug}}, problem(404, "Not found", "no such product"))
	}
}

func (s *session) reviews(p *product) {
	list := arr{}
	for range s.d.between(0, 5) {
		list = append(list, obj{{"id", s.d.ulid(s.now)}, {"stars", s.d.between(1, 5)}, {"text", pick(s.d, opinions)},
			{"author", pick(s.d, firstNames)}, {"created_at", stamp(s.now - s.d.Int64N(1e16))}, {"verified", s.d.chance(0.7)}})
	}
	var next any = null{}
	if len(list) == 5 {
		next = s.d.text(base62, 24)
	}
	s.call("GET /v2/products/{slug}/reviews", ask{args: []string{p.slug}, query: "limit=5"}, reply{json: obj{{"items", list}, {"next_cursor", next}}})
}

// shopper is a customer in a browser, on the web site and then on the API.
func (co *company) shopper(at int64) {
	c := pick(co.dice, co.customers)
	co.webPage(c.home, at)
	s := co.visit(co.sites[siteShop], c.home, at+int64(900*time.Millisecond))
	s.browse()
	if s.d.chance(0.55) {
		co.signIn(s, c, "web")
		if o := s.buy(c); o != nil {
			co.pay(o, s.now-int64(150*time.Millisecond))
		}
		s.account(c)
	}
}

// signIn gets a token from the authorization server and uses it on s.
func (co *company) signIn(s *session, c *customer, client string) {
	a := co.visit(co.sites[siteAuth], s.v, s.now)
	a.plant("password", c.password)
	a.plant("email", c.email)
	form := url.Values{"grant_type": {"password"}, "username": {c.email}, "password": {c.password}, "client_id": {"brisa-" + client}, "scope": {"openid shop"}}
	a.plant("password", url.QueryEscape(c.password))
	if a.d.chance(0.1) {
		form.Set("password", "wrong"+a.d.text(base62, 6))
		a.call("POST /oauth/token", ask{body: []byte(form.Encode()), ctype: "application/x-www-form-urlencoded"},
			reply{status: 401, ctype: "application/json", json: obj{{"error", "invalid_grant"}, {"error_description", "bad credentials"}}})
		form.Set("password", c.password)
	}
	token := a.d.jwt("RS256", "https://auth.brisa.example", c.id, a.now, a.now+int64(time.Hour), member{"scope", "openid shop"}, member{"azp", "brisa-" + client})
	refresh := a.d.text(base62, 48)
	a.plant("secret", refresh)
	a.call("POST /oauth/token", ask{body: []byte(form.Encode()), ctype: "application/x-www-form-urlencoded"}, reply{
		json:   obj{{"access_token", a.plant("jwt", token)}, {"token_type", "Bearer"}, {"expires_in", 3600}, {"refresh_token", refresh}, {"scope", "openid shop"}},
		fields: []Field{{"Cache-Control", "no-store"}}})
	a.bearer(token)
	if a.d.chance(0.5) {
		a.call("GET /oauth/userinfo", ask{}, reply{json: obj{{"sub", c.id}, {"name", a.plant("name", c.name())}, {"email", c.email},
			{"email_verified", true}, {"phone_number", a.plant("phone", c.phone)}}})
	}
	if a.d.chance(0.1) {
		a.call("POST /oauth/revoke", ask{body: []byte("token=" + refresh), ctype: "application/x-www-form-urlencoded"}, reply{status: 200})
	}
	s.bearer(token)
	if client == "web" {
		s.cookie("brisa_sid", s.d.text(base62, 40))
	}
	s.now = max(s.now, a.now)
}

func (s *session) cart(id string, lines []line) obj {
	items, sum := arr{}, 0
	for i, l := range lines {
		items = append(items, obj{{"item_id", i + 1}, {"sku", l.p.sku}, {"quantity", l.n}, {"unit_price", money(l.p.cents)}})
		sum += l.p.cents * l.n
	}
	return obj{{"id", id}, {"items", items}, {"total", money(sum)}, {"currency", "EUR"}, {"coupon", null{}}, {"expires_at", stamp(s.now + int64(48*time.Hour))}}
}

// buy fills a cart and orders it most of the time.
func (s *session) buy(c *customer) *order {
	d := s.d
	id := d.uuid()
	s.call("POST /v2/carts", ask{json: obj{{"currency", "EUR"}}}, reply{status: 201, json: s.cart(id, nil), fields: []Field{{"Location", "/v2/carts/" + id}}})
	var lines []line
	for range d.between(1, 3) {
		l := line{pick(d, s.products), d.between(1, 3)}
		lines = append(lines, l)
		s.call("POST /v2/carts/{cartId}/items", ask{args: []string{id}, json: obj{{"sku", l.p.sku}, {"quantity", l.n}}}, reply{status: 201, json: s.cart(id, lines)})
	}
	if d.chance(0.3) {
		lines[0].n++
		s.call("PATCH /v2/carts/{cartId}/items/{itemId}", ask{args: []string{id, "1"}, json: obj{{"quantity", lines[0].n}}}, reply{json: s.cart(id, lines)})
	}
	if d.chance(0.2) && len(lines) > 1 {
		lines = lines[:len(lines)-1]
		s.call("DELETE /v2/carts/{cartId}/items/{itemId}", ask{args: []string{id, itoa(len(lines) + 1)}}, reply{status: 204})
	}
	s.call("GET /v2/carts/{cartId}", ask{args: []string{id}}, reply{json: s.cart(id, lines)})
	s.call("GET /v2/shipping-rates", ask{query: "country=ES&weight_g=" + itoa(d.between(200, 9000))}, reply{json: arr{
		obj{{"service", "standard"}, {"price", money(495)}, {"days", 3}}, obj{{"service", "express"}, {"price", money(995)}, {"days", 1}}}})
	if d.chance(0.25) {
		s.coupon(id, lines)
	}
	if d.chance(0.35) {
		return nil
	}
	return s.order(c, id, lines)
}

func (s *session) coupon(cart string, lines []line) {
	if s.d.chance(0.5) {
		s.call("POST /v2/carts/{cartId}/coupon", ask{args: []string{cart}, json: obj{{"code", "VERANO" + itoa(s.d.between(5, 25))}}}, reply{json: s.cart(cart, lines)})
		return
	}
	s.call("POST /v2/carts/{cartId}/coupon", ask{args: []string{cart}, json: obj{{"code", "GRATIS"}}}, problem(422, "Coupon invalid", "the coupon has expired"))
}

func (s *session) order(c *customer, cart string, lines []line) *order {
	o := &order{id: s.d.ulid(s.now), old: 88000 + len(s.orders), buyer: c, at: s.now, lines: lines, payment: "pi_" + s.d.text(base62, 24)}
	for _, l := range lines {
		o.cents += l.p.cents * l.n
	}
	s.orders = append(s.orders, o)
	body := obj{{"cart_id", cart}, {"shipping", s.address(c)}, {"contact", obj{{"email", s.plant("email", c.email)}, {"phone", s.plant("phone", c.phone)}}},
		{"payment_method", pick(s.d, []string{"card", "card", "sepa_debit", "bizum"})}, {"gift", s.d.chance(0.1)}}
	if s.d.chance(0.2) {
		body = append(body, member{"note", "Llamar al timbre " + itoa(s.d.between(1, 20))})
	}
	key := s.plant("value", s.d.uuid())
	s.call("POST /v2/orders", ask{json: body, fields: []Field{{"Idempotency-Key", key}}}, reply{status: 201, json: s.receipt(o), wait: 180 * time.Millisecond,
		fields: []Field{{"Location", "/v2/orders/" + o.id}}})
	return o
}

func (s *session) address(c *customer) obj {
	return obj{{"name", s.plant("name", c.name())}, {"street", s.plant("address", c.street)}, {"postal_code", c.zip}, {"city", c.city}, {"country", "ES"}}
}

func (s *session) receipt(o *order) obj {
	lines := arr{}
	for _, l := range o.lines {
		lines = append(lines, obj{{"sku", l.p.sku}, {"name", l.p.name}, {"quantity", l.n}, {"unit_price", money(l.p.cents)}})
	}
	return obj{{"id", o.id}, {"status", pick(s.d, []string{"pending", "paid", "shipped", "delivered"})}, {"created_at", stamp(o.at)},
		{"lines", lines}, {"total", money(o.cents)}, {"currency", "EUR"}, {"payment_intent", o.payment}, {"tracking_code", null{}}}
}

// account is what customers do when they are signed in.
func (s *session) account(c *customer) {
	d := s.d
	me := func() obj {
		return obj{{"id", c.id}, {"first_name", c.first}, {"last_name", s.plant("name", c.last)}, {"email", s.plant("email", c.email)},
			{"phone", s.plant("phone", c.phone)}, {"birth_date", c.born}, {"marketing_consent", d.chance(0.4)}, {"loyalty_points", d.IntN(4000)}}
	}
	if d.chance(0.5) {
		s.call("GET /v2/customers/me", ask{}, reply{json: me()})
	}
	if d.chance(0.12) {
		s.call("PATCH /v2/customers/me", ask{json: obj{{"phone", c.phone}, {"marketing_consent", d.chance(0.5)}}}, reply{json: me()})
	}
	if d.chance(0.3) {
		s.call("GET /v2/customers/me/addresses", ask{}, reply{json: arr{append(obj{{"id", 1}, {"default", true}}, s.address(c)...)}})
	}
	if d.chance(0.1) {
		s.call("POST /v2/customers/me/addresses", ask{json: s.address(c)}, reply{status: 201, json: append(obj{{"id", 2}, {"default", false}}, s.address(c)...)})
	}
	if d.chance(0.2) {
		s.call("PUT /v2/wishlist/{sku}", ask{args: []string{pick(d, s.products).sku}}, reply{status: 204})
	}
	if d.chance(0.1) {
		s.call("POST /v2/newsletter", ask{body: []byte("email=" + url.QueryEscape(c.email) + "&lang=es"), ctype: "application/x-www-form-urlencoded"}, reply{status: 202})
		s.plant("email", url.QueryEscape(c.email))
	}
	s.history(c)
	if d.chance(0.05) {
		s.call("GET /v2/orders", ask{noAuth: true}, problem(401, "Unauthorized", "a token is needed"))
	}
}

// history looks at earlier orders.
func (s *session) history(c *customer) {
	d := s.d
	list := arr{}
	for _, o := range s.orders[max(0, len(s.orders)-4):] {
		list = append(list, s.receipt(o))
	}
	if d.chance(0.5) {
		s.call("GET /v2/orders", ask{query: "limit=10"}, reply{json: obj{{"items", list}, {"next_cursor", null{}}}})
	}
	if len(s.orders) == 0 || !d.chance(0.6) {
		return
	}
	o := pick(d, s.orders)
	s.call("GET /v2/orders/{orderId}", ask{args: []string{o.id}}, reply{json: s.receipt(o)})
	if d.chance(0.35) {
		pdf := append([]byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), d.fill(make([]byte, d.between(3000, 9000)))...)
		s.call("GET /v2/orders/{orderId}/invoice", ask{args: []string{o.id}}, reply{body: pdf, ctype: "application/pdf",
			fields: []Field{{"Content-Disposition", `attachment; filename="` + o.id + `.pdf"`}}})
	}
	if d.chance(0.15) {
		s.cancel(o)
	}
	if d.chance(0.12) {
		photo := append([]byte("\xff\xd8\xff\xe0\x00\x10JFIF"), d.fill(make([]byte, d.between(4000, 12000)))...)
		body, ctype := multipart(d, part{"reason", "", "", []byte("damaged")}, part{"photo", "IMG_" + d.text(digits, 4) + ".jpg", "image/jpeg", photo})
		s.call("POST /v2/orders/{orderId}/photos", ask{args: []string{o.id}, body: body, ctype: ctype, expect: d.chance(0.3)},
			reply{status: 201, json: obj{{"id", d.uuid()}, {"size", len(photo)}}})
	}
}

func (s *session) cancel(o *order) {
	body := obj{{"reason", pick(s.d, []string{"changed_mind", "too_slow", "other"})}}
	if s.d.chance(0.3) {
		e := s.call("POST /v2/orders/{orderId}/cancel", ask{args: []string{o.id}, json: body}, problem(409, "Conflict", "the order was shipped"))
		e.drift("undeclared-status", "response 409", "")
		return
	}
	s.call("POST /v2/orders/{orderId}/cancel", ask{args: []string{o.id}, json: body}, reply{json: append(obj{}, s.receipt(o)...)})
}

type part struct {
	name, file, ctype string
	data              []byte
}

// multipart is multipart/form-data content (RFC 7578) and its media type.
func multipart(d dice, parts ...part) (body []byte, ctype string) {
	boundary := "----WebKitFormBoundary" + d.text(base62, 16)
	for _, p := range parts {
		body = append(body, "--"+boundary+"\r\nContent-Disposition: form-data; name=\""+p.name+"\""...)
		if p.file != "" {
			body = append(body, "; filename=\""+p.file+"\"\r\nContent-Type: "+p.ctype...)
		}
		body = append(append(append(body, "\r\n\r\n"...), p.data...), "\r\n"...)
	}
	return append(body, "--"+boundary+"--\r\n"...), "multipart/form-data; boundary=" + boundary
}
