package synth

import (
	"cmp"
	"embed"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed specs/*.yaml
var specFiles embed.FS

//go:embed protos/*.proto
var protoFiles embed.FS

// Options say what company capture to make. The zero value of a field means its default.
type Options struct {
	Seed  uint64
	Days  int       // of packet time, default 21
	Start time.Time // default Monday 2026-06-01
	// Scale multiplies the number of visits, default 1.
	Scale float64
	// Trouble is what happens to the packets; the zero value is a clean capture,
	// see Moderate and Hard.
	Trouble Trouble
	Link    Link
	SnapLen int
	Tunnel  Tunnel // wraps everything
	// MSS is the payload of full segments, default 1448; more than a frame can
	// carry is what captures on hosts with segmentation offload hold.
	MSS int
	// Beyond adds what readers of HTTP/1 in clear do not see: gRPC over HTTP/2, and
	// a service in TLS whose secrets are Capture.Secrets.
	Beyond bool
}

// Moderate is the trouble of an ordinary mirror port.
func Moderate() Trouble {
	return Trouble{Loss: 0.0004, Burst: 0.00001, BurstLen: 6, Reorder: 0.003, Duplicate: 0.002, Retransmit: 0.003,
		Small: 0.01, Midstream: 0.004, OneSided: 0.002, Close: 0.02, KeepAlive: 0.3}
}

// Hard is the trouble of a mirror port that is about to give up.
func Hard() Trouble {
	return Trouble{Loss: 0.01, Burst: 0.0005, BurstLen: 30, Reorder: 0.03, Duplicate: 0.05, Retransmit: 0.03,
		Small: 0.1, BadChecksum: true, Midstream: 0.05, OneSided: 0.03, Close: 0.2, KeepAlive: 0.8}
}

// Specs returns the company's declared documents by file name.
func Specs() map[string][]byte {
	out := map[string][]byte{}
	files, _ := specFiles.ReadDir("specs") // embedded: always there
	for _, f := range files {
		out[f.Name()], _ = specFiles.ReadFile("specs/" + f.Name())
	}
	return out
}

// row is one endpoint of a site. The verdict is empty where the site's holds.
type row struct{ op, verdict, note string }

// site is one service of the company.
type site struct {
	host    string // as in Host
	addr    netip.AddrPort
	addr6   netip.AddrPort
	verdict string // of endpoints without one of their own
	spec    string
	server  string // product in the Server field, "" none
	chunked bool   // frames its content in chunks
	vlan    []uint16
	rows    []row
}

// sites are those of the company that the capture shows.
func (o *Options) sites() []*site {
	if o.Beyond {
		return append(sites(), beyondSites()...)
	}
	return sites()
}

// company is a capture in the making.
type company struct {
	o         Options
	dice      dice
	truth     *Truth
	endpoints map[string]*Endpoint
	convs     []*Conversation
	port      map[netip.Addr]uint16
	planted   map[string]bool
	secrets   []byte // key log of the connections in TLS that can be opened
	world
}

// Company makes the capture of a small company over some weeks: a shop, a
// payments service and a clinic, with the services around them.
func Company(o Options) *Capture {
	if o.Days == 0 {
		o.Days = 21
	}
	if o.Scale == 0 {
		o.Scale = 1
	}
	if o.Start.IsZero() {
		o.Start = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	}
	co := &company{o: o, dice: newDice(o.Seed, "company"), truth: &Truth{Seed: o.Seed, Hidden: map[string]int{}, Actors: map[string]string{}},
		endpoints: map[string]*Endpoint{}, port: map[netip.Addr]uint16{}, planted: map[string]bool{}}
	co.declare()
	co.settleIn()
	for day := range o.Days {
		co.live(day)
	}
	return co.capture()
}

// declare enters all sites and endpoints into the truth.
func (co *company) declare() {
	for _, s := range co.o.sites() {
		co.truth.Services = append(co.truth.Services, Service{Host: s.host, Declared: s.spec})
		for _, r := range s.rows {
			method, template, _ := strings.Cut(r.op, " ")
			e := &Endpoint{Service: s.host, Method: method, Template: template, Verdict: cmp.Or(r.verdict, s.verdict), Note: r.note}
			co.endpoints[s.host+" "+r.op] = e
		}
	}
}

// capture orders what was planned and finishes the truth.
func (co *company) capture() *Capture {
	slices.SortStableFunc(co.convs, func(a, b *Conversation) int { return cmp.Compare(a.Start, b.Start) })
	for _, e := range co.endpoints {
		co.truth.Endpoints = append(co.truth.Endpoints, *e)
	}
	slices.SortFunc(co.truth.Endpoints, func(a, b Endpoint) int {
		return cmp.Or(strings.Compare(a.Service, b.Service), strings.Compare(a.Template, b.Template), strings.Compare(a.Method, b.Method))
	})
	slices.Sort(co.truth.Probed)
	co.truth.Probed = slices.Compact(co.truth.Probed)
	slices.SortStableFunc(co.truth.Calls, func(a, b *Call) int { return a.Time.Compare(b.Time) })
	co.truth.sortCanaries()
	if n := len(co.convs); n > 0 {
		co.truth.First, co.truth.Last = time.Unix(0, co.convs[0].Start).UTC(), time.Unix(0, co.convs[n-1].Start).UTC()
	}
	c := New(co.o.Seed, co.convs...)
	c.Truth, c.Link, c.SnapLen, c.Trouble, c.Secrets = co.truth, co.o.Link, co.o.SnapLen, co.o.Trouble, co.secrets
	c.Noise = noise(newDice(co.o.Seed, "noise"), co.o.Start, co.o.Days)
	return c
}

// plant notes that a sensitive value is in the traffic and returns it.
func (co *company) plant(class, value string) string {
	if !co.planted[value] {
		co.planted[value] = true
		co.truth.Canaries = append(co.truth.Canaries, Canary{class, value})
	}
	return value
}

// visitor is a client: where it comes from and how it speaks.
type visitor struct {
	addr   netip.Addr
	addr6  netip.Addr // used where the site has an IPv6 address too
	agent  string
	accept string // Accept-Encoding, "" none
	rtt    time.Duration
	fields []Field // on every request
}

// session is one connection of a visitor to a site.
type session struct {
	*company
	*site
	d       dice
	v       *visitor
	c       *Conversation
	now     int64 // planned time of the next request
	auth    []Field
	cookies []string
	think   time.Duration // median pause between requests
}

// visit opens a connection at a time.
func (co *company) visit(s *site, v *visitor, at int64) *session {
	client, server := v.addr, s.addr
	if v.addr6.IsValid() && s.addr6.IsValid() {
		client, server = v.addr6, s.addr6
	}
	if co.port[client] == 0 {
		co.port[client] = uint16(co.dice.between(32768, 50000))
	}
	co.port[client]++
	if co.port[client] > 60999 {
		co.port[client] = 32768
	}
	c := &Conversation{Client: netip.AddrPortFrom(client, co.port[client]), Server: server, Start: at, RTT: v.rtt, MSS: 1448,
		Timestamps: true, VLAN: s.vlan, Tunnel: co.o.Tunnel, VNI: 5001}
	switch {
	case co.o.MSS > 0:
		c.MSS = co.o.MSS
	case client.Is6():
		c.MSS = 1428
	}
	co.convs = append(co.convs, c)
	return &session{company: co, site: s, d: co.dice, v: v, c: c, now: at + int64(v.rtt), think: 2 * time.Second}
}

// ask is what varies in a request: the values of the template's parameters in
// order, the query, the content.
type ask struct {
	args   []string
	query  string
	json   any
	body   []byte
	ctype  string
	fields []Field
	target string // sent instead of the filled template
	mode   Framing
	expect bool
	pause  time.Duration // 0: as people do
	noAuth bool
}

// reply is what varies in a response.
type reply struct {
	status int // 0 means 200
	json   any
	body   []byte
	ctype  string
	fields []Field
	wait   time.Duration
	mode   Framing
	hints  bool
}

// call plans one request to the endpoint named by op and its response.
func (s *session) call(op string, a ask, r reply) *Endpoint {
	method, path, _ := strings.Cut(op, " ")
	template := path
	for _, arg := range a.args {
		i, j := strings.IndexByte(path, '{'), strings.IndexByte(path, '}')
		path = path[:i] + arg + path[j+1:]
	}
	if a.target != "" {
		path = a.target
	}
	target := path
	if a.query != "" {
		target += "?" + a.query
	}
	pause := a.pause
	if pause == 0 {
		pause = time.Duration(min(s.d.logNormal(float64(s.think), 0.8), float64(20*time.Second)))
	}
	s.now += int64(pause)
	q := s.request(method, target, &a)
	p := s.response(&r)
	t := &Call{Time: time.Unix(0, s.now).UTC(), Client: s.c.Client.String(), Server: s.c.Server.String(), Method: method,
		Host: s.host, Path: path, Status: p.Status, Template: template}
	s.truth.Calls = append(s.truth.Calls, t)
	t.bytesJSON = jsonSize(a.json, q.Body) + jsonSize(r.json, p.Body)
	s.c.Exchange(t, pause, q, p)
	s.now += int64(p.Wait) + 2*int64(s.v.rtt)
	e := s.endpoints[s.host+" "+op]
	if e != nil {
		e.Calls++
	}
	return e
}

// pipeline sends the requests of the last n exchanges one after the other
// before the first answer (RFC 9112, Section 9.3.2).
func (s *session) pipeline(n int) {
	tail := s.c.Messages[len(s.c.Messages)-2*n:]
	out := make([]Message, 0, 2*n)
	for _, side := range []Side{Client, Server} {
		for _, m := range tail {
			if m.Side == side {
				out = append(out, m)
			}
		}
	}
	for i := range n {
		if i > 0 {
			out[i].After = 50 * time.Microsecond
		}
		out[i].Pipelined = i < n-1
	}
	copy(tail, out)
}

func jsonSize(v any, body []byte) int {
	if v == nil {
		return 0
	}
	return len(body)
}

func (s *session) request(method, target string, a *ask) *Request {
	q := &Request{Method: method, Target: target, Host: s.host, Body: a.body, Framing: a.mode, Expect: a.expect}
	q.Fields = append(q.Fields, Field{"User-Agent", s.v.agent})
	q.Fields = append(q.Fields, s.v.fields...)
	if s.v.accept != "" {
		q.Fields = append(q.Fields, Field{"Accept-Encoding", s.v.accept})
	}
	if !a.noAuth {
		q.Fields = append(q.Fields, s.auth...)
	}
	if len(s.cookies) > 0 {
		q.Fields = append(q.Fields, Field{"Cookie", strings.Join(s.cookies, "; ")})
	}
	if a.json != nil {
		q.Body = toJSON(a.json)
		a.ctype = cmp.Or(a.ctype, "application/json")
	}
	if a.ctype != "" {
		q.Fields = append(q.Fields, Field{"Content-Type", a.ctype})
	}
	q.Fields = append(q.Fields, a.fields...)
	q.Fields = append(q.Fields, Field{"Connection", "keep-alive"})
	return q
}

func (s *session) response(r *reply) *Response {
	p := &Response{Status: cmp.Or(r.status, 200), Body: r.body, Wait: r.wait, Framing: r.mode, Hints: r.hints}
	if p.Wait == 0 {
		p.Wait = time.Duration(s.d.logNormal(float64(12*time.Millisecond), 0.6))
	}
	if s.server != "" {
		p.Fields = append(p.Fields, Field{"Server", s.server})
	}
	p.Fields = append(p.Fields, Field{"Date", time.Unix(0, s.now).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")})
	ctype := r.ctype
	if r.json != nil {
		p.Body = toJSON(r.json)
		ctype = cmp.Or(ctype, "application/json; charset=utf-8")
		if p.Status >= 400 && r.ctype == "" {
			ctype = "application/problem+json"
		}
	}
	if ctype != "" {
		p.Fields = append(p.Fields, Field{"Content-Type", ctype})
	}
	id := s.d.uuid()
	if s.d.chance(0.01) {
		s.plant("value", id)
	}
	p.Fields = append(p.Fields, Field{"X-Request-Id", id})
	p.Fields = append(p.Fields, r.fields...)
	text := strings.Contains(ctype, "json") || strings.HasPrefix(ctype, "text/")
	if text && len(p.Body) > 700 && r.mode != UntilClose {
		p.Coding = coding(s.v.accept)
	}
	if s.chunked && len(p.Body) > 0 && p.Framing == Length {
		p.Framing = Chunked
	}
	return p
}

// coding is the server's choice among the codings accepted.
func coding(accept string) string {
	for _, c := range []string{"zstd", "br", "gzip", "deflate"} {
		if strings.Contains(accept, c) {
			return c
		}
	}
	return ""
}

// problem is an error body (RFC 9457).
func problem(status int, title, detail string) reply {
	return reply{status: status, json: obj{{"type", "https://errors.brisa.example/" + strings.ReplaceAll(strings.ToLower(title), " ", "-")},
		{"title", title}, {"status", status}, {"detail", detail}}}
}

// bearer plants a token and sends it from now on.
func (s *session) bearer(token string) {
	s.auth = []Field{{"Authorization", "Bearer " + s.plant("jwt", token)}}
}

// cookie plants a cookie's value and sends it from now on.
func (s *session) cookie(name, value string) {
	s.cookies = append(s.cookies, name+"="+s.plant("cookie", value))
}

func (e *Endpoint) drift(kind, in, at string) {
	for i := range e.Drift {
		if d := &e.Drift[i]; d.Kind == kind && d.In == in && d.At == at {
			d.Calls++
			return
		}
	}
	e.Drift = append(e.Drift, Drift{Kind: kind, In: in, At: at, Calls: 1})
}

// stamp is a time in RFC 3339, rounded to seconds.
func stamp(at int64) string { return time.Unix(0, at).UTC().Format("2006-01-02T15:04:05Z") }

func day(at int64) string { return time.Unix(0, at).UTC().Format(time.DateOnly) }

func itoa(n int) string { return strconv.Itoa(n) }
