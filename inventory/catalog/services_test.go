package catalog

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"wirecensus/schemas"
	"wirecensus/schemas/shape"
)

// call is a call to api.example at a second.
func call(at int, client, method, path string, status int) *schemas.Call {
	return &schemas.Call{Time: schemas.Time(at) * 1e9, Method: method, Scheme: "http", Host: "api.example", Port: 80, Peer: "10.0.0.1", Client: client, Path: path, Status: status, RequestSeen: true}
}

func data(c *schemas.Call, names ...string) *schemas.Call {
	n := &shape.Node{}
	n.Kinds[shape.Object] = 1
	for _, name := range names {
		v := &shape.Node{}
		v.Kinds[shape.Integer] = 1
		v.Num = &shape.Numbers{MaxBits: 31}
		n.Props = append(n.Props, shape.Prop{Name: name, Node: v, Seen: 1})
	}
	c.Response = schemas.Content{MediaType: "application/json", Shape: n}
	return c
}

func page(c *schemas.Call, print uint64) *schemas.Call {
	c.Response = schemas.Content{MediaType: "text/html", Print: print}
	return c
}

// site is a small API that is called, probed and checked.
func exampleCalls() []*schemas.Call {
	var calls []*schemas.Call
	at := 1000
	add := func(c *schemas.Call) { at += 100; calls = append(calls, c) }
	for i := range 30 {
		client := fmt.Sprintf("10.1.0.%d", i%5)
		add(data(call(at, client, "GET", fmt.Sprintf("/users/%d", i), 200), "age", "id"))
		add(data(call(at, client, "GET", "/users", 200), "page", "users"))
		add(call(at, client, "GET", fmt.Sprintf("/users/%d", 900+i), 404))
		add(call(at, client, "OPTIONS", "/users/7", 204))
		add(call(at, "192.0.2.9", "GET", fmt.Sprintf("/wp-%d.php", i), 404))
		add(call(at, client, "GET", "/admin/export", 401))
		add(data(call(at, "10.0.0.7", "GET", "/healthz", 200), "status"))
		add(call(at, client, "PATCH", "/users/7", 405))
	}
	c := call(at, "10.1.0.1", "GET", "/static/app.3f2a.js", 200)
	c.Response = schemas.Content{MediaType: "application/javascript", Print: 99}
	add(c)
	return calls
}

func list(es []*Endpoint) string {
	var out []string
	for _, e := range es {
		out = append(out, fmt.Sprintf("%s %s %s %d", e.Method, e.Template, e.Class, e.Op.Calls))
	}
	return strings.Join(out, "\n")
}

func TestClasses(t *testing.T) {
	c := New(Config{})
	for _, call := range exampleCalls() {
		c.Apply(call)
	}
	s := c.Services(Options{})[0]
	want := "GET /admin/export endpoint 30\nGET /healthz health 30\nGET /users endpoint 30\nGET /users/{userId} endpoint 60"
	if got := list(s.Endpoints); got != want {
		t.Errorf("endpoints:\n%s\nwant:\n%s", got, want)
	}
	others := list(s.Others)
	for _, w := range []string{"OPTIONS /users/{userId} preflight 30", "PATCH /users/{userId} probed 30", "GET /static/app.3f2a.js static 1", "GET /wp-1.php probed 1"} {
		if !strings.Contains(others, w) {
			t.Errorf("others lack %q:\n%s", w, others)
		}
	}
	e := s.Endpoints[3]
	if e.Paths != 16+14 || len(e.Callers) != 5 || e.Callers[0].Calls != 12 || e.Op.Statuses[404] != 30 || e.Op.Success != 30 {
		t.Errorf("paths %d, callers %v, statuses %v, successes %d", e.Paths, e.Callers, e.Op.Statuses, e.Op.Success)
	}
	p := e.Params[0]
	if p.Segment != 1 || p.Distinct != 30 || p.Shape.Kinds[shape.Integer] == 0 || p.Shape.Kinds[shape.String] != 0 || !strings.Contains(p.Why, "integer") || e.Confidence < 0.9 {
		t.Errorf("parameter %+v, confidence %v", p, e.Confidence)
	}
	if len(e.Why) == 0 || s.Endpoints[0].Confidence > 0.7 {
		t.Errorf("why %q; a refused route has confidence %v", e.Why, s.Endpoints[0].Confidence)
	}
}

// TestCatchAll: a host that sends one page for everything has no endpoints by it.
func TestCatchAll(t *testing.T) {
	c := New(Config{})
	for i, p := range []string{"/a", "/b/c", "/d/e/f", "/admin/x", "/.env/y", "/q/r/s/t"} {
		c.Apply(page(call(i+1, "10.0.0.1", "GET", p, 200), 7))
	}
	for i := range 5 {
		c.Apply(data(call(i+1, "10.0.0.1", "GET", fmt.Sprintf("/api/things/%d", i), 200), "id"))
	}
	s := c.Services(Options{})[0]
	if got := list(s.Endpoints); got != "GET /api/things/{thingId} endpoint 5" {
		t.Errorf("endpoints:\n%s", got)
	}
	for _, e := range s.Others {
		if e.Class != Fallback {
			t.Errorf("%s is %s", e.Template, e.Class)
		}
	}
}

func TestNoSuccessNoService(t *testing.T) {
	c := New(Config{})
	for i := range 50 {
		x := call(i, "192.0.2.1", "GET", "/", 403)
		x.Host = fmt.Sprintf("h%d.example", i)
		c.Apply(x)
	}
	if n := len(c.Services(Options{})); n != 0 || c.Unanswered() != 50 {
		t.Errorf("%d services, %d unanswered", n, c.Unanswered())
	}
}

// TestRefusedEverywhere: a host that refuses all paths alike shows no route.
func TestRefusedEverywhere(t *testing.T) {
	c := New(Config{})
	for i := range 40 {
		c.Apply(call(1000*i, fmt.Sprintf("10.0.0.%d", i%4), "GET", "/secret", 401))
		c.Apply(call(1000*i, "192.0.2.1", "GET", fmt.Sprintf("/x%d", i), 401))
	}
	c.Apply(data(call(1, "10.0.0.1", "GET", "/open", 200), "a"))
	if got := list(c.Services(Options{})[0].Endpoints); got != "GET /open endpoint 1" {
		t.Errorf("endpoints:\n%s", got)
	}
}

func TestDeclaredNames(t *testing.T) {
	c := New(Config{})
	for i, p := range []string{"red", "blue", "red"} {
		c.Apply(data(call(i+1, "10.0.0.1", "GET", "/things/"+p, 200), "a"))
	}
	c.Apply(data(call(9, "10.0.0.1", "GET", "/others", 200), "b"))
	s := c.Services(Options{Declared: func(host string, port uint16) []DeclaredTemplate {
		if host != "api.example" || port != 80 {
			t.Errorf("asked for %s port %d", host, port)
		}
		return []DeclaredTemplate{{"GET", "/things/{colour}"}}
	}})[0]
	if got := list(s.Endpoints); got != "GET /others endpoint 1\nGET /things/{colour} endpoint 3" {
		t.Errorf("endpoints:\n%s", got)
	}
}

func TestName(t *testing.T) {
	for _, c := range []struct {
		scheme, host string
		port         uint16
		want         string
	}{
		{"http", "a.example", 80, "a.example"}, {"https", "a.example", 443, "a.example"}, {"http", "a.example", 8080, "a.example:8080"},
		{"https", "a.example", 80, "a.example:80"}, {"http", "::1", 8080, "[::1]:8080"}, {"http", "a.example", 0, "a.example"},
	} {
		if got := Name(&schemas.Call{Scheme: c.scheme, Host: c.host, Port: c.port}); got != c.want {
			t.Errorf("%s %s %d: %q, want %q", c.scheme, c.host, c.port, got, c.want)
		}
	}
}

// TestFlood: random paths, successful or not, stay within the bound and leave
// the endpoints alone.
func TestFlood(t *testing.T) {
	c := New(Config{MaxPaths: 2000})
	for i := range 60 {
		c.Apply(data(call(i, "10.0.0.1", "GET", fmt.Sprintf("/api/v1/users/%d/orders", i), 200), "orders"))
		c.Apply(data(call(i, "10.0.0.1", "GET", fmt.Sprintf("/api/v1/users/%d", i), 200), "id", "name"))
	}
	h := uint64(1)
	for i := range 30_000 {
		h = mix(h + 1)
		c.Apply(call(i, "192.0.2.1", "GET", fmt.Sprintf("/%c%x/%c%x/z%x", 'g'+h%20, h&0xff, 'g'+h>>8%20, h>>16&0xffff, h>>32&0xfffff), 404))
	}
	s := c.Services(Options{})[0]
	if got := list(s.Endpoints); got != "GET /api/v1/users/{userId} endpoint 60\nGET /api/v1/users/{userId}/orders endpoint 60" {
		t.Errorf("endpoints:\n%s", got)
	}
	if n := c.bad["api.example"].tree.nodes; n > hardLimit*2000 {
		t.Errorf("%d places", n)
	}
	if len(s.Others) > 500 {
		t.Errorf("%d others", len(s.Others))
	}
}

func FuzzApply(f *testing.F) {
	for _, p := range []string{"", "/", "//", "/a//b/", "/%2e%41%zz/%", "/{secret}/x", strings.Repeat("/a", 80), "*", "/a.b:c/d...e", "\x00/\xff"} {
		f.Add(p, "/users/1", uint8(200))
	}
	f.Fuzz(func(t *testing.T, a, b string, status uint8) {
		one, two := New(Config{Words: 2, Values: 1}), New(Config{Words: 2, Values: 1})
		x, y := call(1, "10.0.0.1", "GET", a, 200+int(status)), call(2, "10.0.0.2", "GET", b, 200)
		one.Apply(x)
		one.Apply(y)
		two.Apply(y)
		two.Apply(x)
		if d := differ(dump(one.Services(Options{})), dump(two.Services(Options{}))); d != "" {
			t.Fatalf("%q and %q in the other order: %s", a, b, d)
		}
		for _, s := range one.Services(Options{}) {
			for _, e := range s.Endpoints {
				if !strings.HasPrefix(e.Template, "/") || len(e.Params) != strings.Count(e.Template, "{")-strings.Count(a+b, "{") && !strings.Contains(a+b, "{") {
					t.Fatalf("template %q with %d parameters of %q and %q", e.Template, len(e.Params), a, b)
				}
			}
		}
	})
}

func BenchmarkApply(b *testing.B) {
	calls := make([]*schemas.Call, 4096)
	for i := range calls {
		c := call(i, fmt.Sprintf("10.0.%d.%d", i%3, i%200), "GET", fmt.Sprintf("/api/v1/users/%d/orders/%d", i%700, i), 200)
		c.UserAgent = "browser"
		c.Query = []schemas.Param{{Name: "page", Shape: data(call(0, "", "", "", 0), "x").Response.Shape}}
		c.Auth = []schemas.Auth{{Scheme: "bearer", In: "header", Name: "authorization", Principal: uint64(i % 50)}}
		calls[i] = data(c, "amount", "currency", "id", "items", "status", "total")
	}
	c := New(Config{})
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c.Apply(calls[i%len(calls)])
	}
}

// TestWords: released words reach the services, and merge.
func TestWords(t *testing.T) {
	a, b := New(Config{}), New(Config{})
	a.AddWords([]schemas.Word{{Digest: 1, Text: "open"}, {Digest: 2, Text: "closed"}})
	b.AddWords([]schemas.Word{{Digest: 2, Text: "closed"}, {Digest: 3, Text: "held"}})
	a.Apply(&schemas.Call{Method: "GET", RequestSeen: true, Host: "a.example", Scheme: "http", Path: "/x", Status: 200})
	a.Merge(b)
	got := a.Services(Options{})[0].Words
	if want := map[uint64]string{1: "open", 2: "closed", 3: "held"}; !maps.Equal(got, want) {
		t.Errorf("words %v, want %v", got, want)
	}
	var many []schemas.Word
	for i := range uint64(maxWords) {
		many = append(many, schemas.Word{Digest: 10 + i, Text: "w"})
	}
	a.AddWords(many)
	if len(a.words) != maxWords || a.words[1] != "open" || a.words[9+maxWords] != "" {
		t.Errorf("%d words kept", len(a.words))
	}
}

// TestOwnHealth: a health check that is declared, or of a versioned interface, is
// an operation like others.
func TestOwnHealth(t *testing.T) {
	c := New(Config{})
	for i, p := range []string{"/healthz", "/readyz", "/v1.2/ping", "/v1.2/users", "/v1.2/users/7"} {
		c.Apply(data(call(i+1, "10.0.0.1", "GET", p, 200), "status"))
	}
	s := c.Services(Options{Declared: func(string, uint16) []DeclaredTemplate { return []DeclaredTemplate{{"GET", "/readyz"}} }})[0]
	var got []string
	for _, e := range s.Endpoints {
		if e.Class == Health {
			got = append(got, e.Template)
		}
	}
	if fmt.Sprint(got) != "[/healthz]" {
		t.Errorf("health checks: %v", got)
	}
}

// TestStateOfPart: what all ask for with a credential, and the state of one resource
// among others, are operations; the state of all that there is, is a health check.
func TestStateOfPart(t *testing.T) {
	c := New(Config{})
	for i, p := range []string{"/api/status", "/api/invoice/status", "/api/invoice/list", "/api/client/list", "/api/client/new", "/api/product/list", "/api/product/new", "/healthz", "/ping"} {
		x := data(call(i+1, "10.0.0.1", "GET", p, 200), "status")
		if p == "/ping" {
			x.Auth = []schemas.Auth{{Scheme: "bearer", In: "header"}}
		}
		c.Apply(x)
	}
	var got []string
	for _, e := range c.Services(Options{})[0].Endpoints {
		if e.Class == Health {
			got = append(got, e.Template)
		}
	}
	if fmt.Sprint(got) != "[/api/status /healthz]" {
		t.Errorf("health checks: %v of\n%s", got, list(c.Services(Options{})[0].Endpoints))
	}
}

// TestPageOfEach: one page of every object of a collection is no catch-all.
func TestPageOfEach(t *testing.T) {
	c := New(Config{})
	for i := range 12 {
		for _, name := range []string{"enrol", "login"} {
			c.Apply(page(call(i+1, "10.0.0.1", "GET", fmt.Sprintf("/servers/%d/html/%s", i, name), 200), 7))
		}
	}
	want := "GET /servers/{serverId}/html/enrol endpoint 12\nGET /servers/{serverId}/html/login endpoint 12"
	if got := list(c.Services(Options{})[0].Endpoints); got != want {
		t.Errorf("have %s, want %s", got, want)
	}
}

// TestManifest: a file that anybody gets is none of an interface whose own answers
// have its extension further down and want credentials.
func TestManifest(t *testing.T) {
	c := New(Config{})
	for i := range 30 {
		for _, p := range []string{"/2010/accounts/%d.json", "/2010/keys/%d.json"} {
			x := data(call(i, "10.0.0.1", "GET", fmt.Sprintf(p, i), 200), "id", "name")
			x.Auth = []schemas.Auth{{Scheme: "basic", In: "header"}}
			c.Apply(x)
		}
		c.Apply(data(call(i, "10.0.0.2", "GET", "/manifest.json", 200), "icons"))
	}
	s := c.Services(Options{})[0]
	if got, want := list(s.Others), "GET /manifest.json static 30"; got != want {
		t.Errorf("others:\n%s\nwant:\n%s", got, want)
	}
}

// TestSiteMap: a file right below the root that anybody gets is none of the interface, though its
// content can be read as data; further down, and beside answers of its kind that want credentials, it is.
func TestSiteMap(t *testing.T) {
	c := New(Config{})
	for i := range 30 {
		x := data(call(i, "10.0.0.1", "GET", fmt.Sprintf("/things/%d", i), 200), "id", "name")
		x.Auth = []schemas.Auth{{Scheme: "basic", In: "header"}}
		c.Apply(x)
		c.Apply(data(call(i, "10.0.0.2", "GET", "/sitemap.xml", 200), "urlset"))
		c.Apply(data(call(i, "10.0.0.2", "GET", "/feeds/new.xml", 200), "rss"))
	}
	s := c.Services(Options{})[0]
	if got, want := list(s.Others), "GET /sitemap.xml static 30"; got != want {
		t.Errorf("others:\n%s\nwant:\n%s", got, want)
	}
	for i, name := range []string{"/stock.xml", "/orders.xml"} {
		x := data(call(100+i, "10.0.0.1", "GET", name, 200), "id", "name")
		x.Auth = []schemas.Auth{{Scheme: "basic", In: "header"}}
		c.Apply(x)
	}
	c.Apply(data(call(200, "10.0.0.2", "GET", "/open.xml", 200), "id"))
	if got := list(c.Services(Options{})[0].Endpoints); !strings.Contains(got, "/open.xml endpoint") {
		t.Errorf("endpoints:\n%s", got)
	}
}
