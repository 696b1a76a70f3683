package synth

import (
	"strings"
	"time"
)

// payment is one payment of an order.
type payment struct {
	*order
	status string
	refund string
}

// payDesk opens a connection of the shop's backend to the payments service.
func (co *company) payDesk(at int64) *session {
	s := co.visit(co.sites[sitePay], co.shopHost, at)
	s.think = 30 * time.Millisecond
	s.auth = []Field{{"Authorization", "Bearer " + s.plant("secret", co.payKey)}}
	return s
}

// intent is a payment as the service shows it, with a score no document mentions.
func (s *session) intent(p *payment) obj {
	card := p.buyer.card
	o := obj{{"id", p.payment}, {"object", "payment_intent"}, {"amount", p.cents}, {"currency", "eur"}, {"status", p.status},
		{"customer", p.buyer.payID}, {"created", p.at / 1e9}, {"description", null{}}, {"livemode", true},
		{"metadata", obj{{"order_id", p.id}}},
		{"payment_method", obj{{"type", "card"}, {"card", obj{{"brand", brand(card)}, {"last4", card[len(card)-4:]}, {"exp_month", 9}, {"exp_year", 2028}}}}},
		{"risk_score", s.d.IntN(100)}}
	return o
}

func brand(card string) string {
	switch card[0] {
	case '3':
		return "amex"
	case '4':
		return "visa"
	}
	return "mastercard"
}

// pay is the shop's backend paying for an order.
func (co *company) pay(o *order, at int64) {
	s := co.payDesk(at)
	d, c, p := s.d, o.buyer, &payment{order: o, status: "requires_confirmation"}
	co.payments = append(co.payments, p)
	if d.chance(0.3) {
		s.call("POST /v1/customers", ask{json: obj{{"name", s.plant("name", c.name())}, {"email", s.plant("email", c.email)}, {"phone", s.plant("phone", c.phone)}}},
			reply{status: 201, json: obj{{"id", c.payID}, {"object", "customer"}, {"created", s.now / 1e9}, {"email", c.email}, {"default_source", null{}}}})
	}
	if d.chance(0.7) {
		s.plant("card", c.card)
		s.call("POST /v1/tokens", ask{json: obj{{"card", obj{{"number", c.card}, {"exp_month", 9}, {"exp_year", 2028}, {"cvc", d.text(digits, 3)}, {"holder", s.plant("name", c.name())}}}}},
			reply{status: 201, json: obj{{"id", "tok_" + d.text(base62, 24)}, {"object", "token"}, {"brand", brand(c.card)}, {"last4", c.card[len(c.card)-4:]}, {"used", false}}})
	}
	body := obj{{"amount", o.cents}, {"currency", "eur"}, {"customer", c.payID}, {"capture_method", pick(d, []string{"automatic", "manual"})}, {"metadata", obj{{"order_id", o.id}}}}
	e := s.call("POST /v1/payment_intents", ask{json: body, fields: []Field{{"Idempotency-Key", s.plant("value", d.uuid())}}},
		reply{status: 201, json: s.intent(p), wait: 90 * time.Millisecond})
	e.drift("undeclared-field", "response 201", "$.risk_score")
	if d.chance(0.08) {
		s.call("POST /v1/payment_intents/{id}/confirm", ask{args: []string{o.payment}, json: obj{{"return_url", "https://www.brisa.example/checkout/done"}}},
			problem(402, "Card declined", "the issuer declined the charge"))
		p.status = "canceled"
		return
	}
	p.status = "requires_capture"
	s.call("POST /v1/payment_intents/{id}/confirm", ask{args: []string{o.payment}, json: obj{{"return_url", "https://www.brisa.example/checkout/done"}}},
		reply{json: s.intent(p), wait: 300 * time.Millisecond}).drift("undeclared-field", "response 200", "$.risk_score")
	p.status = "succeeded"
	s.call("POST /v1/payment_intents/{id}/capture", ask{args: []string{o.payment}, json: obj{{"amount", o.cents}}},
		reply{json: s.intent(p)}).drift("undeclared-field", "response 200", "$.risk_score")
}

// accountant looks after the money.
func (co *company) accountant(at int64) {
	s := co.payDesk(at)
	s.think = 900 * time.Millisecond
	d := s.d
	s.call("GET /v1/balance", ask{}, reply{json: obj{{"object", "balance"}, {"available", arr{obj{{"amount", d.IntN(4000000)}, {"currency", "eur"}}}}, {"pending", arr{}}}})
	list := arr{}
	recent := co.payments[max(0, len(co.payments)-5):]
	for _, p := range recent {
		list = append(list, s.intent(p))
	}
	e := s.call("GET /v1/payment_intents", ask{query: "limit=5"}, reply{json: obj{{"object", "list"}, {"data", list}, {"has_more", len(co.payments) > 5}}})
	if len(list) > 0 {
		e.drift("undeclared-field", "response 200", "$.data[].risk_score")
	}
	for _, p := range recent {
		if d.chance(0.4) {
			s.call("GET /v1/payment_intents/{id}", ask{args: []string{p.payment}}, reply{json: s.intent(p)}).drift("undeclared-field", "response 200", "$.risk_score")
		}
		if d.chance(0.25) {
			s.call("GET /v1/customers/{id}", ask{args: []string{p.buyer.payID}}, reply{json: obj{{"id", p.buyer.payID}, {"object", "customer"}, {"created", p.at / 1e9},
				{"email", s.plant("email", p.buyer.email)}, {"default_source", null{}}}})
		}
		if d.chance(0.2) {
			s.refund(p)
		}
	}
	s.call("GET /v1/exchange-rates/{date}", ask{args: []string{day(s.now)}, noAuth: true}, reply{json: obj{{"base", "EUR"}, {"date", day(s.now)},
		{"rates", obj{{"GBP", 0.8431}, {"USD", 1.0917}, {"CHF", 0.9622}}}}})
	s.payouts()
}

func (s *session) refund(p *payment) {
	p.refund = "re_" + s.d.text(base62, 24)
	var amount any = p.cents
	text := s.d.chance(0.06) // an old worker writes amounts as text
	if text {
		amount = itoa(p.cents)
	}
	show := obj{{"id", p.refund}, {"object", "refund"}, {"amount", amount}, {"currency", "eur"}, {"payment_intent", p.payment},
		{"status", pick(s.d, []string{"pending", "succeeded"})}, {"reason", "requested_by_customer"}}
	s.call("POST /v1/refunds", ask{json: obj{{"payment_intent", p.payment}, {"amount", p.cents}, {"reason", "requested_by_customer"}},
		fields: []Field{{"Idempotency-Key", s.d.uuid()}}}, reply{status: 201, json: show}).drifts(text, "type-mismatch", "response 201", "$.amount")
	s.call("GET /v1/refunds/{id}", ask{args: []string{p.refund}}, reply{json: show}).drifts(text, "type-mismatch", "response 200", "$.amount")
}

// drifts notes a drift if it happened.
func (e *Endpoint) drifts(happened bool, kind, in, at string) {
	if happened {
		e.drift(kind, in, at)
	}
}

// payouts pays out to the company's bank account, whose number is in a path.
func (s *session) payouts() {
	d := s.d
	iban := s.plant("iban", s.customers[7].iban)
	if d.chance(0.5) {
		iban = s.plant("iban", s.customers[8+d.IntN(6)].iban)
	}
	var rows arr
	for range d.between(1, 6) {
		rows = append(rows, obj{{"id", d.uuid()}, {"booked_on", day(s.now - d.Int64N(5e14))}, {"amount", d.between(-90000, 90000)}, {"currency", "EUR"},
			{"counterparty", obj{{"name", s.plant("name", pick(d, s.customers).name())}, {"iban", s.plant("iban", pick(d, s.customers).iban)}}}, {"text", "Recibo " + d.text(digits, 6)}})
	}
	s.call("GET /v1/accounts/{iban}/transactions", ask{args: []string{iban}, query: "from=" + day(s.now-7*int64(24*time.Hour)) + "&to=" + day(s.now)},
		reply{json: obj{{"transactions", rows}}})
	id := "po_" + d.text(base62, 20)
	payout := obj{{"id", id}, {"object", "payout"}, {"amount", d.between(1000, 900000)}, {"currency", "eur"}, {"arrival_date", day(s.now + 2*int64(24*time.Hour))},
		{"status", pick(d, []string{"pending", "in_transit", "paid"})}, {"destination", iban}}
	if d.chance(0.4) {
		s.call("POST /v1/payouts", ask{json: obj{{"amount", d.between(1000, 900000)}, {"currency", "eur"}, {"destination", iban}}}, reply{status: 201, json: payout})
	}
	if d.chance(0.7) {
		s.call("GET /v1/payouts", ask{query: "limit=3"}, reply{json: obj{{"object", "list"}, {"data", arr{payout}}, {"has_more", false}}})
		s.call("GET /v1/payouts/{id}", ask{args: []string{id}}, reply{json: payout})
	}
}

// stockroom is the logistics partner, who comes four times a day.
func (co *company) stockroom(at int64) {
	d := co.dice
	v := &visitor{addr: co.partnerAddr(), agent: "EnviosCosta-Connector/3.2 (Java/17.0.11)", accept: "gzip,deflate", rtt: 22 * time.Millisecond, fields: []Field{{"Accept", "*/*"}}}
	s := co.visit(co.sites[siteStock], v, at)
	s.think = 80 * time.Millisecond
	s.auth = []Field{{"Authorization", "Basic " + s.plant("basic", b64(co.partner))}}
	_, secret, _ := strings.Cut(co.partner, ":")
	s.plant("password", secret)
	asked := d.between(1, 4)
	for range asked {
		p := pick(d, co.products)
		s.call("GET /stock/{sku}", ask{args: []string{p.sku}}, reply{json: obj{{"sku", p.sku}, {"on_hand", p.stock}, {"reserved", d.IntN(5)}, {"warehouse", pick(d, []string{"VLC1", "MAD2"})}}})
	}
	s.pipeline(asked)
	for range d.between(1, 2) {
		p := pick(d, co.products)
		if d.chance(0.4) {
			s.call("POST /stock/{sku}/reservations", ask{args: []string{p.sku}, json: obj{{"quantity", 1}, {"order", "R" + d.text(digits, 7)}}},
				reply{status: 201, json: obj{{"reservation", d.uuid()}, {"until", stamp(s.now + int64(time.Hour))}}})
		}
	}
	for range d.between(1, 2) {
		ship := itoa(48210000 + d.IntN(9000))
		c := pick(d, co.customers)
		s.call("GET /shipments/{shipmentId}", ask{args: []string{ship}}, reply{json: obj{{"id", ship}, {"recipient", s.address(c)}, {"phone", s.plant("phone", c.phone)}, {"parcels", d.between(1, 3)}}})
		s.call("PUT /shipments/{shipmentId}/status", ask{args: []string{ship}, json: obj{{"status", pick(d, []string{"picked", "in_transit", "delivered"})}, {"at", stamp(s.now)}}}, reply{status: 204})
	}
	if d.chance(0.5) {
		lines := ""
		for range d.between(2, 9) {
			lines += string(toJSON(obj{{"event", "scan"}, {"parcel", d.ulid(s.now)}, {"at", stamp(s.now)}})) + "\n"
		}
		s.call("POST /events", ask{body: []byte(lines), ctype: "application/x-ndjson", mode: Chunked}, reply{status: 202})
	}
	if d.chance(0.4) {
		s.label(pick(d, co.customers))
	}
}

func (s *session) label(c *customer) {
	s.plant("name", c.name())
	body := `<?xml version="1.0"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><m:PrintLabel xmlns:m="urn:labels"><m:Name>` +
		c.name() + `</m:Name><m:Zip>` + c.zip + `</m:Zip></m:PrintLabel></soap:Body></soap:Envelope>`
	answer := `<?xml version="1.0"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><m:PrintLabelResponse xmlns:m="urn:labels"><m:Label>` +
		s.d.text(base62, 400) + `</m:Label></m:PrintLabelResponse></soap:Body></soap:Envelope>`
	s.call("POST /soap/LabelService", ask{body: []byte(body), ctype: "text/xml; charset=utf-8", fields: []Field{{"SOAPAction", `"urn:labels#PrintLabel"`}}},
		reply{body: []byte(answer), ctype: "text/xml; charset=utf-8"})
}
