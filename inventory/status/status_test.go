package status

import (
	"strings"
	"testing"

	"wirecensus/inventory/api"
	"wirecensus/inventory/catalog"
	"wirecensus/schemas"
	"wirecensus/schemas/shape"
	"wirecensus/specgen/openapi"
)

const (
	second = schemas.Time(1e9)
	day    = 24 * 3600 * second
	start  = schemas.Time(1_700_000_000) * second
)

// seen describes an endpoint in a test: statuses are "200*12 404".
type seen struct {
	method, template string
	statuses         string
	last             schemas.Time // 0: the service's end
	change           func(*catalog.Endpoint)
}

// service is a service watched for a hundred days.
func service(name string, endpoints ...seen) *catalog.Service {
	host, _, _ := strings.Cut(name, ":")
	svc := &catalog.Service{Name: name, Host: host, Port: 443, First: start, Last: start + 100*day}
	for _, s := range endpoints {
		e := &catalog.Endpoint{Service: name, Method: s.method, Template: s.template, Class: catalog.Real, Confidence: 1}
		e.Op = &catalog.Operation{First: start, Last: svc.Last, Statuses: map[int]uint64{}, Responses: map[int]*catalog.Response{},
			Auth: map[catalog.AuthKey]*catalog.AuthStat{}}
		if s.last != 0 {
			e.Op.Last = s.last
		}
		for _, f := range strings.Fields(s.statuses) {
			code, n := parseStatus(f)
			e.Op.Statuses[code] += n
			e.Op.Calls += n
			if code >= 200 && code < 400 {
				e.Op.Success += n
				e.Op.Accepted += n
			}
		}
		svc.Calls += e.Op.Calls
		if s.change != nil {
			s.change(e)
		}
		svc.Endpoints = append(svc.Endpoints, e)
	}
	return svc
}

func parseStatus(f string) (code int, n uint64) {
	n = 1
	for i, part := range strings.Split(f, "*") {
		v := 0
		for _, c := range part {
			v = v*10 + int(c-'0')
		}
		if i == 0 {
			code = v
		} else {
			n = uint64(v)
		}
	}
	return code, n
}

func load(t testing.TB, names ...string) []*openapi.Document {
	t.Helper()
	var docs []*openapi.Document
	for _, n := range names {
		d, err := openapi.Load("testdata/" + n)
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, d)
	}
	return docs
}

// verdict judges one service and returns the verdict on a place.
func verdict(t *testing.T, docs []*openapi.Document, cov schemas.Coverage, svc *catalog.Service, method, template string) Verdict {
	t.Helper()
	for _, s := range Judge(Input{Services: []*catalog.Service{svc}, Documents: docs, Coverage: cov}) {
		for _, v := range s.Verdicts {
			if v.Method == method && v.Template == template {
				return v
			}
		}
	}
	t.Fatalf("no verdict on %s %s", method, template)
	return Verdict{}
}

func header(deprecation, sunset int64) func(*catalog.Endpoint) {
	return func(e *catalog.Endpoint) { e.Op.Deprecation, e.Op.Sunset = deprecation, sunset }
}

func answering(body string) func(*catalog.Endpoint) {
	return func(e *catalog.Endpoint) {
		e.Op.Responses[200] = &catalog.Response{Calls: e.Op.Statuses[200], Types: map[string]*catalog.Body{
			"application/json": {Calls: e.Op.Statuses[200], Shape: shape.Infer([]byte(body))}}}
	}
}

// TestVerdicts: each verdict, and beside it the look-alike that must not have it.
func TestVerdicts(t *testing.T) {
	pets := load(t, "pets.yaml")
	both := load(t, "pets-1.yaml", "pets.yaml")
	now := int64((start + 100*day) / second)
	lossy := schemas.Coverage{StreamBytes: 900, GapBytes: 100}
	tests := []struct {
		name             string
		docs             []*openapi.Document
		cov              schemas.Coverage
		endpoints        []seen
		method, template string
		status, why      string
	}{
		{name: "declared and called", docs: pets, endpoints: []seen{{"GET", "/api/pets", "200*5", 0, nil}}, method: "GET", template: "/api/pets", status: Documented, why: "pets.yaml: GET /api/pets"},
		{name: "declared under a template, seen with one value", docs: pets, endpoints: []seen{{"GET", "/api/pets/rex", "200*5", 0, nil}}, method: "GET", template: "/api/pets/rex", status: Documented, why: "GET /api/pets/{petId}"},
		{name: "no false orphan of a templated path", docs: pets, endpoints: []seen{{"GET", "/api/pets/{pet}", "200*5", 0, nil}}, method: "GET", template: "/api/pets/{pet}", status: Documented, why: "declared"},
		{name: "new path", docs: pets, endpoints: []seen{{"GET", "/api/admin", "200*5", 0, nil}}, method: "GET", template: "/api/admin", status: Shadow, why: "5 calls of 5 succeeded"},
		{name: "new path that never succeeded", docs: pets, endpoints: []seen{{"GET", "/api/admin", "401*5", 0, nil}}, method: "GET", template: "/api/admin", status: Unknown, why: "401 (5 calls)"},
		{name: "new method of a declared path", docs: pets, endpoints: []seen{{"PURGE", "/api/pets/{id}", "200*5", 0, nil}}, method: "PURGE", template: "/api/pets/{id}", status: Shadow, why: "declared for DELETE, GET, PATCH, PUT, not for PURGE"},
		{name: "declared method of the same path", docs: pets, endpoints: []seen{{"PURGE", "/api/pets/{id}", "200*5", 0, nil}, {"GET", "/api/pets/{id}", "200*5", 0, nil}}, method: "GET", template: "/api/pets/{id}", status: Documented},
		{name: "HEAD of a declared GET", docs: pets, endpoints: []seen{{"HEAD", "/api/pets", "200*5", 0, nil}}, method: "HEAD", template: "/api/pets", status: Documented},
		{name: "without the base path", docs: pets, endpoints: []seen{{"GET", "/pets", "200*5", 0, nil}}, method: "GET", template: "/pets", status: Shadow},
		{name: "other case", docs: pets, endpoints: []seen{{"GET", "/api/Pets", "200*5", 0, nil}}, method: "GET", template: "/api/Pets", status: Shadow},
		{name: "final slash that answers", docs: pets, endpoints: []seen{{"GET", "/api/pets/", "200*5", 0, nil}}, method: "GET", template: "/api/pets/", status: Shadow},
		{name: "final slash that redirects", docs: pets, endpoints: []seen{{"GET", "/api/pets/", "301*5", 0, nil}}, method: "GET", template: "/api/pets/", status: Documented},
		{name: "no document", endpoints: []seen{{"GET", "/api/pets", "200*5", 0, nil}}, method: "GET", template: "/api/pets", status: Undocumented},

		{name: "deprecated", docs: pets, endpoints: []seen{{"DELETE", "/api/pets/{id}", "204*5", 0, nil}}, method: "DELETE", template: "/api/pets/{id}", status: Zombie, why: "declared deprecated"},
		{name: "deprecated templated path", docs: pets, endpoints: []seen{{"GET", "/api/legacy/{n}/report", "200*5", 0, nil}}, method: "GET", template: "/api/legacy/{n}/report", status: Zombie},
		{name: "deprecated and gone", docs: pets, endpoints: []seen{{"DELETE", "/api/pets/{id}", "410*5", 0, nil}}, method: "DELETE", template: "/api/pets/{id}", status: Documented},
		{name: "deprecated with a sunset to come", docs: pets, endpoints: []seen{{"PUT", "/api/pets/{id}", "200*5", 0, nil}}, method: "PUT", template: "/api/pets/{id}", status: Documented, why: "from 2100-01-01 on"},
		{name: "deprecated and dormant", docs: pets, endpoints: []seen{{"DELETE", "/api/pets/{id}", "204*5", start + day, nil}}, method: "DELETE", template: "/api/pets/{id}", status: Orphan, why: "99 days"},
		{name: "declared sunset passed", docs: pets, endpoints: []seen{{"PATCH", "/api/pets/{id}", "200*5", 0, nil}}, method: "PATCH", template: "/api/pets/{id}", status: Zombie, why: "past its sunset of 2020-01-01"},
		{name: "announced sunset passed", docs: pets, endpoints: []seen{{"GET", "/api/pets", "200*5", 0, header(0, now-10)}}, method: "GET", template: "/api/pets", status: Zombie, why: "past its sunset"},
		{name: "announced sunset to come", docs: pets, endpoints: []seen{{"GET", "/api/pets", "200*5", 0, header(0, now+10)}}, method: "GET", template: "/api/pets", status: Documented},
		{name: "announced deprecation", docs: pets, endpoints: []seen{{"GET", "/api/pets", "200*5", 0, header(1, 0)}}, method: "GET", template: "/api/pets", status: Zombie, why: "announce it as deprecated"},
		{name: "announced deprecation without any document", endpoints: []seen{{"GET", "/x", "200*5", 0, header(now-1, 0)}}, method: "GET", template: "/x", status: Zombie},
		{name: "announced deprecation to come", docs: pets, endpoints: []seen{{"GET", "/api/pets", "200*5", 0, header(now+1000, 0)}}, method: "GET", template: "/api/pets", status: Documented},
		{name: "removed from a later version", docs: both, endpoints: []seen{{"GET", "/api/pets/{id}/owners", "200*5", 0, nil}}, method: "GET", template: "/api/pets/{id}/owners", status: Zombie, why: "removed from pets.yaml (version 2.0.0)"},
		{name: "removed and answered 404", docs: both, endpoints: []seen{{"GET", "/api/pets/{id}/owners", "404*5", 0, nil}}, method: "GET", template: "/api/pets/{id}/owners", status: Documented},
		{name: "kept in a later version", docs: both, endpoints: []seen{{"GET", "/api/pets/{id}", "200*5", 0, nil}}, method: "GET", template: "/api/pets/{id}", status: Documented},
		{name: "old version, busy successor", endpoints: []seen{{"GET", "/v1/things/{id}", "200*5", 0, answering(`{"a":1,"b":2}`)}, {"GET", "/v2/things/{thing}", "200*95", 0, answering(`{"a":1,"b":2,"c":3}`)}}, method: "GET", template: "/v1/things/{id}", status: Zombie, why: "GET /v2/things/{thing} has 95 calls, this one 5"},
		{name: "two versions side by side", endpoints: []seen{{"GET", "/v1/things/{id}", "200*50", 0, nil}, {"GET", "/v2/things/{id}", "200*60", 0, nil}}, method: "GET", template: "/v1/things/{id}", status: Undocumented},
		{name: "newer version of another resource", endpoints: []seen{{"GET", "/v1/things/{id}", "200*5", 0, answering(`{"a":1,"b":2}`)}, {"GET", "/v2/things/{id}", "200*95", 0, answering(`{"x":1,"y":2}`)}}, method: "GET", template: "/v1/things/{id}", status: Undocumented},
		{name: "the newest version", endpoints: []seen{{"GET", "/v1/things/{id}", "200*95", 0, nil}, {"GET", "/v2/things/{id}", "200*5", 0, nil}}, method: "GET", template: "/v2/things/{id}", status: Undocumented},
		{name: "successor that died", endpoints: []seen{{"GET", "/v1/things/{id}", "200*5", 0, nil}, {"GET", "/v2/things/{id}", "200*95", start + day, nil}}, method: "GET", template: "/v1/things/{id}", status: Undocumented},

		{name: "never called", docs: pets, endpoints: []seen{{"GET", "/api/pets", "200*5", 0, nil}}, method: "GET", template: "/api/pets/findByStatus", status: Orphan, why: "never called in 5 calls of the service over 100 days"},
		{name: "never called, with loss", docs: pets, cov: lossy, endpoints: []seen{{"GET", "/api/pets", "200*5", 0, nil}}, method: "GET", template: "/api/pets/findByStatus", status: Unknown, why: "10.0 % of the stream bytes were lost"},
		{name: "dormant", docs: pets, endpoints: []seen{{"GET", "/api/pets", "200*5", start + 50*day, nil}}, method: "GET", template: "/api/pets", status: Orphan, why: "last called 50 days before"},
		{name: "dormant, with loss", docs: pets, cov: lossy, endpoints: []seen{{"GET", "/api/pets", "200*5", start + 50*day, nil}}, method: "GET", template: "/api/pets", status: Unknown},
		{name: "quiet for a while", docs: pets, endpoints: []seen{{"GET", "/api/pets", "200*5", start + 80*day, nil}}, method: "GET", template: "/api/pets", status: Documented},
		{name: "dormant and undeclared", docs: pets, endpoints: []seen{{"GET", "/api/x", "200*5", start + 50*day, nil}}, method: "GET", template: "/api/x", status: Unknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := verdict(t, tt.docs, tt.cov, service("pets.example.com", tt.endpoints...), tt.method, tt.template)
			if v.Status != tt.status || !strings.Contains(strings.Join(v.Why, "; "), tt.why) {
				t.Errorf("%s, %q; want %s, %q", v.Status, v.Why, tt.status, tt.why)
			}
			if len(v.Why) == 0 {
				t.Error("a verdict without evidence")
			}
		})
	}
}

// TestOneListing: declared operations come up once, whether seen or not.
func TestOneListing(t *testing.T) {
	svc := service("pets.example.com", seen{"GET", "/api/pets/{a}", "200", 0, nil}, seen{"GET", "/api/pets/findByStatus", "200", 0, nil})
	judged := Judge(Input{Services: []*catalog.Service{svc}, Documents: load(t, "pets.yaml", "pets-1.yaml")})
	places := map[string]int{}
	for _, v := range judged[0].Verdicts {
		places[v.Method+" "+v.Operation.Template]++
	}
	for p, n := range places {
		if n != 1 {
			t.Errorf("%s listed %d times", p, n)
		}
	}
	if len(places) != 8 {
		t.Errorf("%d places, want the 8 operations of pets.yaml: %v", len(places), places)
	}
}

func TestNormalForm(t *testing.T) {
	pets := load(t, "pets.yaml")
	svc := service("pets.example.com", seen{"DELETE", "/api/pets/{id}", "403*3 401", start + 40*day, nil})
	got := verdict(t, pets, schemas.Coverage{}, svc, "DELETE", "/api/pets/{id}").Normal
	want := api.Normal{Documented: "deprecated", Observed: "dormant", DormantFor: 60, Answer: "only-401/403", Coverage: "ok"}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestCover: which documents cover a service.
func TestCover(t *testing.T) {
	parse := func(name, servers, paths string) *openapi.Document {
		d, err := openapi.Parse([]byte("openapi: 3.0.3\ninfo: {title: "+name+", version: '1'}\nservers: ["+servers+"]\npaths: {"+paths+"}"), name)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	get := func(paths ...string) string {
		for i, p := range paths {
			paths[i] = "'" + p + "': {get: {responses: {'200': {description: ok}}}}"
		}
		return strings.Join(paths, ", ")
	}
	svc := service("a.example.com:8080", seen{"GET", "/v1/x/{id}", "200*10", 0, nil}, seen{"GET", "/v1/y", "200*10", 0, nil})
	svc.Port = 8080
	tests := []struct {
		name string
		doc  *openapi.Document
		want bool
	}{
		{"host", parse("d", "{url: 'http://a.example.com/v9'}", get("/q")), true},
		{"host and port", parse("d", "{url: 'http://a.example.com:8080'}", get("/q")), true},
		{"other port", parse("d", "{url: 'http://a.example.com:9090'}", get("/q")), false},
		{"other host", parse("d", "{url: 'http://b.example.com'}", get("/q")), false},
		{"variable in the host", parse("d", "{url: 'http://{t}.example.com', variables: {t: {default: z}}}", get("/q")), true},
		{"file name", parse("a.example.com.yaml", "{url: /}", get("/q")), true},
		{"base path and traffic", parse("d", "{url: /v1}", get("/x/{id}")), true},
		{"wrong base path", parse("d", "{url: /v2}", get("/x/{id}")), false},
		{"traffic to a host that was not named", parse("d", "{url: 'https://prod.example.org/v1'}", get("/x/{id}", "/y")), true},
		{"a template without literals matches everything", parse("d", "{url: /}", get("/{a}/{b}", "/{a}/{b}/{c}")), false},
		{"enumerated base path", parse("d", "{url: '/{v}', variables: {v: {default: v2, enum: [v1, v2]}}}", get("/x/{id}")), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			judged := Judge(Input{Services: []*catalog.Service{svc}, Documents: []*openapi.Document{tt.doc}})
			got := false
			for _, s := range judged {
				got = got || s.Service != nil && len(s.Declared) > 0
			}
			if got != tt.want {
				t.Errorf("covers: %v, want %v", got, tt.want)
			}
		})
	}
}

func TestTemplates(t *testing.T) {
	pets := load(t, "pets.yaml")
	if got := Templates(pets, "pets.example.com", 443); len(got) != 8 || got[0] != (Template{"GET", "/api/legacy/{id}/report"}) {
		t.Errorf("hints: %v", got)
	}
	if got := Templates(pets, "other.example.com", 443); len(got) != 0 {
		t.Errorf("hints for another host: %v", got)
	}
	if got := Templates(pets, "10.0.0.7", 8080); len(got) != 8 {
		t.Errorf("hints for an address: %v", got)
	}
}

// TestVersionsInHosts: an old version by the name of its host is a zombie, and
// hosts that only look like versions are none.
func TestVersionsInHosts(t *testing.T) {
	for _, c := range []struct {
		name, old, successor string
		calls                string
		want                 string
	}{
		{"old host, busy successor", "v1.api.example.com", "v2.api.example.com", "200*95", Zombie},
		{"two hosts side by side", "v1.api.example.com", "v2.api.example.com", "200*6", Undocumented},
		{"successor that fails", "v1.api.example.com", "v2.api.example.com", "404*95", Undocumented},
		{"another API's newer version", "v1.api.example.com", "v2.shop.example.com", "200*95", Undocumented},
		{"names that begin with v", "vat.api.example.com", "vip.api.example.com", "200*95", Undocumented},
	} {
		svcs := []*catalog.Service{
			service(c.old, seen{"GET", "/things/{id}", "200*5", 0, answering(`{"a":1,"b":2}`)}),
			service(c.successor, seen{"GET", "/things/{id}", c.calls, 0, answering(`{"a":1,"b":2,"c":3}`)}),
		}
		for _, s := range Judge(Input{Services: svcs}) {
			for _, v := range s.Verdicts {
				want := Undocumented
				if s.Service.Name == c.old {
					want = c.want
				} else if c.calls == "404*95" {
					continue
				}
				if v.Status != want {
					t.Errorf("%s: %s: %s, want %s: %v", c.name, s.Service.Name, v.Status, want, v.Why)
				}
			}
		}
	}
}

// TestRemovedByHistory: of versions of one document in any order, the newest
// counts; a removed operation that is no more called, or refused, is silent.
func TestRemovedByHistory(t *testing.T) {
	for _, names := range [][]string{{"pets-1.yaml", "pets.yaml"}, {"pets.yaml", "pets-1.yaml"}} {
		docs := load(t, names...)
		owners := "/api/pets/{id}/owners"
		for statuses, want := range map[string]string{"200*5": Zombie, "200*1 404*9": Zombie, "410*9": Documented, "401*9": Documented} {
			svc := service("pets.example.com", seen{"GET", owners, statuses, 0, nil}, seen{"GET", "/api/pets", "200*50", 0, nil})
			if v := verdict(t, docs, schemas.Coverage{}, svc, "GET", owners); v.Status != want || v.Normal.Documented != "removed" {
				t.Errorf("%v, %s: %s, want %s: %+v %v", names, statuses, v.Status, want, v.Normal, v.Why)
			}
			if v := verdict(t, docs, schemas.Coverage{}, svc, "GET", "/api/pets"); v.Status != Documented {
				t.Errorf("%v: what both versions have: %s: %v", names, v.Status, v.Why)
			}
		}
		// Never called any more: nothing to say, not even an orphan.
		svc := service("pets.example.com", seen{"GET", "/api/pets", "200*50", 0, nil})
		for _, s := range Judge(Input{Services: []*catalog.Service{svc}, Documents: docs}) {
			for _, v := range s.Verdicts {
				if strings.HasSuffix(v.Template, "/owners") {
					t.Errorf("a removed operation without a call is listed: %s", v.Status)
				}
			}
		}
	}
}

// TestByExample: a recording says which operations there are; what else the
// traffic has is shadow, and there is no drift from an example.
func TestByExample(t *testing.T) {
	har := `{"log": {"version": "1.2", "entries": [
  {"request": {"method": "GET", "url": "https://pets.example.com/api/pets/17"}, "response": {"status": 200, "content": {"mimeType": "application/json"}}},
  {"request": {"method": "GET", "url": "https://pets.example.com/api/stats"}, "response": {"status": 200, "content": {"mimeType": "application/json"}}}]}}`
	d, err := openapi.Parse([]byte(har), "pets.har")
	if err != nil {
		t.Fatal(err)
	}
	svc := service("pets.example.com", seen{"GET", "/api/pets/{pet}", "200*5 418*5", 0, answering(`{"a":1}`)}, seen{"GET", "/api/admin", "200*5", 0, nil})
	for _, c := range []struct{ template, status string }{{"/api/pets/{pet}", Documented}, {"/api/admin", Shadow}, {"/api/stats", Orphan}} {
		v := verdict(t, []*openapi.Document{d}, schemas.Coverage{}, svc, "GET", c.template)
		if v.Status != c.status || len(v.Drift) > 0 {
			t.Errorf("%s: %s, want %s: %v %v", c.template, v.Status, c.status, v.Why, v.Drift)
		}
	}
}
