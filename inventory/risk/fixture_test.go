package risk

import (
	"strings"
	"testing"

	"wirecensus/inventory/api"
	"wirecensus/inventory/catalog"
	"wirecensus/schemas"
)

const (
	minute = 60 * 1e9
	hour   = 60 * minute
	daylen = 24 * hour
	// start is 2026-03-02 09:00 UTC.
	start = schemas.Time(1772442000 * 1e9)
)

// story builds the inventory that one test needs.
type story struct {
	services map[string]*catalog.Service
	order    []*catalog.Service
	answers  []api.Endpoint
	cov      schemas.Coverage
}

func newStory() *story { return &story{services: map[string]*catalog.Service{}} }

func (s *story) service(name string) *catalog.Service {
	if s.services[name] == nil {
		s.services[name] = &catalog.Service{Name: name, Host: hostOf(name), Schemes: []string{"http"}, First: start, Last: start}
		s.order = append(s.order, s.services[name])
	}
	return s.services[name]
}

// option changes an endpoint that was just built.
type option func(*catalog.Endpoint, *api.Endpoint)

// add puts an endpoint with n successful calls over a day on a service.
func (s *story) add(service, methodTemplate, status string, n uint64, options ...option) *story {
	svc := s.service(service)
	method, template, _ := strings.Cut(methodTemplate, " ")
	op := &catalog.Operation{Calls: n, Success: n, Accepted: n, First: start, Last: start + daylen,
		Statuses: map[int]uint64{200: n}, Auth: map[catalog.AuthKey]*catalog.AuthStat{}, Sensitive: map[catalog.SensitiveKey]*catalog.SensitiveStat{}}
	ce := &catalog.Endpoint{Service: service, Method: method, Template: template, Class: catalog.Real, Confidence: 0.95, Op: op}
	documented := "no"
	if status == "documented" || status == "orphan" {
		documented = "yes"
	}
	ae := api.Endpoint{Service: service, Method: method, Template: template, Status: status, Class: "endpoint", Calls: n, Confidence: 0.95,
		FirstSeen: op.First, LastSeen: op.Last, Clients: 1, Callers: []api.Caller{{Client: "10.1.2.3", Agent: "okhttp", Calls: n, Last: op.Last}},
		Normal: api.Normal{Documented: documented, Observed: "active", Answer: "success", Coverage: "ok"}}
	for _, o := range options {
		o(ce, &ae)
	}
	ae.Calls, ae.FirstSeen, ae.LastSeen = op.Calls, op.First, op.Last
	svc.Endpoints = append(svc.Endpoints, ce)
	svc.Calls += op.Calls
	svc.First, svc.Last = min(svc.First, op.First), max(svc.Last, op.Last)
	s.answers = append(s.answers, ae)
	return s
}

// auth adds n successful calls with a credential of the form "scheme in name";
// "none" are calls without one.
func auth(credential string, n uint64) option {
	return func(e *catalog.Endpoint, _ *api.Endpoint) {
		f := append(strings.Fields(credential), "", "")
		k := catalog.AuthKey{Scheme: f[0], In: f[1], Name: f[2]}
		if f[0] == "none" {
			k = catalog.AuthKey{}
		}
		e.Op.Auth[k] = &catalog.AuthStat{Calls: n, Success: n}
	}
}

func expired(credential string, n, of uint64) option {
	return func(e *catalog.Endpoint, a *api.Endpoint) {
		auth(credential, of)(e, a)
		f := strings.Fields(credential)
		e.Op.Auth[catalog.AuthKey{Scheme: f[0], In: f[1], Name: f[2]}].Expired = n
	}
}

// holds adds n calls with a validated value of a class at a place like
// "response.body $.pan"; anon of them were anonymous.
func holds(class, place string, n, anon uint64) option {
	return func(e *catalog.Endpoint, _ *api.Endpoint) {
		in, at, _ := strings.Cut(place, " ")
		e.Op.Sensitive[catalog.SensitiveKey{Class: class, In: in, At: at}] = &catalog.SensitiveStat{Calls: n, Values: n, Validated: true, Anonymous: anon}
	}
}

func sensitive(edit func(*catalog.SensitiveStat)) option {
	return func(e *catalog.Endpoint, _ *api.Endpoint) {
		for _, s := range e.Op.Sensitive {
			edit(s)
		}
	}
}

func span(first, last schemas.Time) option {
	return func(e *catalog.Endpoint, _ *api.Endpoint) { e.Op.First, e.Op.Last = first, last }
}

func from(clients ...string) option {
	return func(e *catalog.Endpoint, a *api.Endpoint) {
		a.Callers = nil
		for _, c := range clients {
			a.Callers = append(a.Callers, api.Caller{Client: c, Agent: "curl", Calls: e.Op.Calls / uint64(len(clients)), Last: e.Op.Last})
		}
		a.Clients = uint64(len(clients))
	}
}

func edit(f func(*catalog.Operation, *api.Endpoint)) option {
	return func(e *catalog.Endpoint, a *api.Endpoint) { f(e.Op, a) }
}

// probe adds probed places for a client, one call each, spaced by gap.
func (s *story) probe(service, client string, n int, gap schemas.Time) *story {
	svc := s.service(service)
	for i := range n {
		at := start + schemas.Time(i)*gap
		svc.Others = append(svc.Others, &catalog.Endpoint{Service: service, Method: "GET", Template: "/wp/" + strings.Repeat("x", i+1), Class: catalog.Probed, Paths: 1,
			Op: &catalog.Operation{Calls: 1, First: at, Last: at, Statuses: map[int]uint64{404: 1}}, Callers: []catalog.Caller{{Client: client, Agent: "nikto", Calls: 1, Last: at}}})
	}
	return s
}

func (s *story) findings() []schemas.Finding { return Findings(s.order, s.answers, &s.cov) }

// of returns the findings of one rule.
func (s *story) of(rule string) []schemas.Finding {
	var out []schemas.Finding
	for _, f := range s.findings() {
		if f.Rule == rule {
			out = append(out, f)
		}
	}
	return out
}

// fires checks that a rule says exactly one thing of that severity, and that its
// evidence mentions every fragment.
func (s *story) fires(t *testing.T, rule, severity string, fragments ...string) {
	t.Helper()
	got := s.of(rule)
	if len(got) != 1 {
		t.Fatalf("%s: %d findings, want 1: %+v", rule, len(got), got)
	}
	f := got[0]
	if f.Severity != severity {
		t.Errorf("%s: severity %s, want %s: %q", rule, f.Severity, severity, f.Evidence)
	}
	all := f.Title + "\n" + strings.Join(f.Evidence, "\n")
	for _, want := range fragments {
		if !strings.Contains(all, want) {
			t.Errorf("%s: evidence does not mention %q:\n%s", rule, want, all)
		}
	}
	if f.ID == "" || f.Remediation == "" || f.OWASP == "" || f.CWE == "" || f.Confidence <= 0 || f.Confidence > 1 {
		t.Errorf("%s: incomplete finding: %+v", rule, f)
	}
}

func (s *story) silent(t *testing.T, rule string) {
	t.Helper()
	if got := s.of(rule); len(got) != 0 {
		t.Errorf("%s: must stay silent, said %+v", rule, got)
	}
}
