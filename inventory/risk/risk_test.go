package risk

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"wirecensus/schemas"
)

// company is an inventory on which most rules fire.
func company() *story {
	long := span(start, start+20*daylen)
	s := newStory().
		add(shop, "GET /internal/export", "shadow", 40, auth("none", 40), holds("card", "response.body $.pan", 40, 40)).
		add(shop, "GET /v1/orders", "documented", 20, long).add(shop, "GET /v2/orders", "documented", 980, long, auth("jwt header authorization", 960), auth("none", 20)).
		add(shop, "GET /cart", "zombie", 30, zombie("removed")).
		add(shop, "GET /users", "documented", 90, holds("email", "request.query email", 40, 0), drift("undeclared-status", 50, 90, false)).
		add("beta.example.com", "GET /orders", "undocumented", 90, auth("none", 90)).
		probe(shop, "198.51.100.66", 40, 1e9).probe(shop, "198.51.100.67", 30, 1e9)
	s.cov.Services = map[string]*schemas.ServiceCoverage{}
	return s
}

func TestOrderOfInputDoesNotMatter(t *testing.T) {
	want := company().findings()
	if len(want) < 8 {
		t.Fatalf("only %d findings: the example is too thin", len(want))
	}
	for seed := range uint64(20) {
		s := company()
		rng := rand.New(rand.NewPCG(seed, 1))
		rng.Shuffle(len(s.order), func(i, j int) { s.order[i], s.order[j] = s.order[j], s.order[i] })
		rng.Shuffle(len(s.answers), func(i, j int) { s.answers[i], s.answers[j] = s.answers[j], s.answers[i] })
		for _, svc := range s.order {
			rng.Shuffle(len(svc.Others), func(i, j int) { svc.Others[i], svc.Others[j] = svc.Others[j], svc.Others[i] })
		}
		if got := s.findings(); !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: the findings depend on the order of the input:\n%+v\n%+v", seed, got, want)
		}
	}
}

func TestWorstFirstWithUniqueIDs(t *testing.T) {
	seen := map[string]bool{}
	last := rank(critical)
	for _, f := range company().findings() {
		if seen[f.ID] {
			t.Errorf("%s: id %s twice", f.Title, f.ID)
		}
		seen[f.ID] = true
		if r := rank(f.Severity); r > last {
			t.Errorf("%s (%s) is listed after something less severe", f.Title, f.Severity)
		} else {
			last = r
		}
	}
}

func TestIdentityIsStable(t *testing.T) {
	if got := identity("shadow-endpoint", shop, "GET /x"); got != "9e53b6bb6b88e571" {
		t.Errorf("identity = %s: ids outlive releases and must not change", got)
	}
	if identity("a", "bc", "d") == identity("a", "b", "cd") {
		t.Error("scope and key run into each other")
	}
}

// TestLossLowersConfidence: what was half seen is said with less weight.
func TestLossLowersConfidence(t *testing.T) {
	clean, lossy := company(), company()
	lossy.cov.Services[shop] = &schemas.ServiceCoverage{Calls: 1000, Half: 300, Incomplete: 300}
	c, l := clean.of("auth-not-enforced"), lossy.of("auth-not-enforced")
	if len(c) != 1 || len(l) != 1 || l[0].Confidence >= c[0].Confidence {
		t.Fatalf("confidence %v with loss, %v without", l, c)
	}
	if rank(l[0].Severity) > rank(medium) {
		t.Errorf("severity %s at confidence %v", l[0].Severity, l[0].Confidence)
	}
}

func TestTableIsComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range table() {
		if seen[r.id] || !slices.Contains(steps(), r.severity) || r.title == "" || !strings.HasPrefix(r.owasp, "API") || !strings.HasPrefix(r.cwe, "CWE-") || r.remediation == "" {
			t.Errorf("row %+v is incomplete or double", r.id)
		}
		if r.endpoint == nil && r.service == nil {
			t.Errorf("row %s judges nothing", r.id)
		}
		seen[r.id] = true
	}
}

func TestEmptyInventory(t *testing.T) {
	if got := Findings(nil, nil, nil); len(got) != 0 {
		t.Errorf("findings about nothing: %v", got)
	}
}

func TestRoles(t *testing.T) {
	for template, want := range map[string]role{
		"/v1/admin/users/{id}": admin, "/login": login, "/api/orders/{id}": other, "/products/{id}": public, "/Products": public,
		"/payments/{id}": payment, "/users/me": profile, "/tokenizer": other, "/admin/health": admin,
	} {
		if got := roleOf(template, "endpoint"); got != want {
			t.Errorf("roleOf(%s) = %v, want %v", template, got, want)
		}
	}
	if roleOf("/whatever", "health") != health {
		t.Error("the inventory's class health is not followed")
	}
}

func BenchmarkFindings(b *testing.B) {
	s := company()
	b.ReportAllocs()
	for b.Loop() {
		s.findings()
	}
}
