package synth

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// product is one thing the shop sells.
type product struct {
	id        int // of the old version
	slug, sku string
	name      string
	category  string
	cents     int
	stock     int
}

// customer is a person who shops.
type customer struct {
	*person
	id    string // UUID
	payID string // at the payments service
	old   int    // number in the old version
	home  *visitor
	since int64
}

// patient is a person who is ill.
type patient struct {
	*person
	id      int
	insured string
}

// order is what a customer bought.
type order struct {
	id      string
	old     int
	buyer   *customer
	cents   int
	at      int64
	payment string
	lines   []line
}

type line struct {
	p *product
	n int
}

// world is who and what there is.
type world struct {
	sites     []*site
	products  []*product
	customers []*customer
	patients  []*patient
	orders    []*order
	payments  []*payment
	desks     []*visitor // of the clinic
	shopHost  *visitor   // the shop's backend as a client
	payKey    string
	partner   string // Basic credential of the logistics partner
}

func (co *company) settleIn() {
	d := co.dice
	co.sites = co.o.sites()
	for i, g := range goods {
		slug := strings.NewReplacer(" ", "-", ".", "-", "/", "-").Replace(strings.ToLower(g.name))
		co.products = append(co.products, &product{id: 1000 + 7*i, slug: slug, name: g.name, category: g.category, cents: g.cents,
			sku: fmt.Sprintf("BR-%s-%04d", strings.ToUpper(g.category[:3]), 100+i*13), stock: d.IntN(120)})
	}
	for i := range 140 {
		c := &customer{person: newPerson(d, 10+i), id: d.uuid(), payID: "cus_" + d.text(base62, 14), old: 20400 + i*3}
		c.since = co.o.Start.UnixNano() - int64(d.IntN(900))*int64(24*time.Hour)
		c.home = co.household(d, i)
		co.customers = append(co.customers, c)
	}
	for i := range 110 {
		co.patients = append(co.patients, &patient{person: newPerson(d, 500+i), id: 70012 + i*11, insured: "ASG" + d.text(digits, 10)})
	}
	for i := range 6 {
		co.desks = append(co.desks, &visitor{addr: netip.AddrFrom4([4]byte{10, 60, 4, byte(20 + i)}), agent: browsers[i%3],
			accept: "gzip, deflate, br", rtt: time.Millisecond, fields: browserFields("https://clinic.brisa.example/")})
	}
	co.shopHost = &visitor{addr: netip.MustParseAddr("10.20.0.10"), agent: "brisa-checkout/2.31 (node 22.4.0)", accept: "gzip", rtt: 300 * time.Microsecond,
		fields: []Field{{"Accept", "application/json"}}}
	co.payKey = "sk_live_" + d.text(base62, 32)
	co.partner = "envios-costa:" + d.text(base62, 22)
}

func browserFields(referer string) []Field {
	return []Field{{"Accept", "application/json, text/plain, */*"}, {"Accept-Language", "es-ES,es;q=0.9,en;q=0.7"}, {"Referer", referer},
		{"Sec-Fetch-Mode", "cors"}, {"Sec-Fetch-Site", "same-site"}}
}

// household is where customer i surfs from; one in seven has IPv6.
func (co *company) household(d dice, i int) *visitor {
	v := &visitor{addr: netip.AddrFrom4([4]byte{203, 0, 113, byte(1 + i%250)}), agent: pick(d, browsers),
		accept: "gzip, deflate, br, zstd", rtt: time.Duration(d.between(8, 70)) * time.Millisecond, fields: browserFields("https://www.brisa.example/")}
	if i%7 == 3 {
		v.addr6 = netip.MustParseAddr(fmt.Sprintf("2001:db8:4a:%x::%x", 16+i, 0x1000+d.IntN(0xefff)))
	}
	if i%4 == 1 {
		v.accept = "gzip, deflate, br"
	}
	return v
}

// hours are the weights of the hours of a day for people who shop.
var hours = [24]float64{1, .5, .3, .2, .2, .4, 1, 2, 3, 4, 5, 5, 5, 5, 4, 4, 5, 6, 7, 8, 9, 8, 5, 2}

// office are those of people at work.
var office = [24]float64{7: 2, 8: 8, 9: 10, 10: 10, 11: 9, 12: 8, 13: 3, 14: 4, 15: 7, 16: 7, 17: 4, 18: 1}

// at draws a time on a day.
func (co *company) at(day int, weights [24]float64) int64 {
	h := co.dice.weighted(weights[:])
	return co.midnight(day) + int64(h)*int64(time.Hour) + co.dice.Int64N(int64(time.Hour))
}

func (co *company) midnight(day int) int64 {
	return co.o.Start.UnixNano() + int64(day)*int64(24*time.Hour)
}

// times is how often something with a mean per day happens today.
func (co *company) times(mean float64) int {
	mean *= co.o.Scale
	n := int(mean)
	if co.dice.chance(mean - float64(n)) {
		n++
	}
	return n
}

// live plans one day.
func (co *company) live(day int) {
	weekday := time.Unix(0, co.midnight(day)).UTC().Weekday()
	weekend := weekday == time.Saturday || weekday == time.Sunday
	factor := 1.0
	if weekend {
		factor = 1.3
	}
	for range co.times(10 * factor) {
		co.shopper(co.at(day, hours))
	}
	for range co.times(5 * factor) {
		co.appUser(co.at(day, hours))
	}
	if day == 10 {
		co.sale(co.midnight(day) + int64(19*time.Hour))
	}
	if !weekend {
		for range co.times(7) {
			co.receptionist(co.at(day, office))
		}
		for range co.times(3) {
			co.physician(co.at(day, office))
		}
		for range co.times(2) {
			co.accountant(co.at(day, office))
		}
	}
	for range co.times(3) {
		co.leak(co.at(day, hours))
	}
	co.machines(day)
	co.apps(day)
	if co.o.Beyond {
		co.beyond(day)
	}
}
