package risk

import (
	"testing"

	"wirecensus/inventory/api"
	"wirecensus/inventory/catalog"
	"wirecensus/schemas"
)

const shop = "shop.example.com"

func TestShadowEndpoint(t *testing.T) {
	newStory().add(shop, "GET /orders/{id}/notes", "shadow", 40, auth("jwt header authorization", 40)).fires(t, "shadow-endpoint", low, "40 calls", "10.1.2.3 (okhttp)")
	newStory().add(shop, "GET /x", "shadow", 40, auth("jwt header authorization", 40), from("203.0.113.7")).fires(t, "shadow-endpoint", medium, "outside private")
	newStory().add(shop, "GET /internal/export", "shadow", 40, auth("none", 40)).fires(t, "shadow-endpoint", high, "admin", "without a credential")
	newStory().add(shop, "GET /x", "shadow", 9, auth("jwt header authorization", 9), holds("card", "response.body $.pan", 9, 0)).fires(t, "shadow-endpoint", high, "card")
	// A scanner's burst, a handful of calls, a burst over the edge of two intervals, a documented twin.
	newStory().add(shop, "GET /x", "shadow", 400, span(start, start+4*minute)).silent(t, "shadow-endpoint")
	newStory().add(shop, "GET /x", "shadow", 4).silent(t, "shadow-endpoint")
	edge := start - start%(10*minute) + 10*minute
	newStory().add(shop, "GET /x", "shadow", 400, span(edge-20*1e9, edge+20*1e9)).silent(t, "shadow-endpoint")
	newStory().add(shop, "GET /x", "documented", 400).silent(t, "shadow-endpoint")
	newStory().add(shop, "GET /x", "undocumented", 400).silent(t, "shadow-endpoint")
}

func zombie(documented string) option {
	return edit(func(_ *catalog.Operation, a *api.Endpoint) { a.Status, a.Normal.Documented = "zombie", documented })
}

func sunset(at schemas.Time) option {
	return edit(func(op *catalog.Operation, _ *api.Endpoint) { op.Deprecation, op.Sunset = 1, int64(at/1e9) })
}

func TestZombieEndpoint(t *testing.T) {
	newStory().add(shop, "GET /cart", "zombie", 30, zombie("deprecated"), from("10.0.0.1", "10.0.0.2")).fires(t, "zombie-endpoint", low, "10.0.0.1", "10.0.0.2", "deprecated")
	newStory().add(shop, "GET /cart", "zombie", 30, zombie("sunset-passed")).fires(t, "zombie-endpoint", medium, "sunset")
	newStory().add(shop, "GET /cart", "zombie", 30, zombie("removed")).fires(t, "zombie-endpoint", medium, "removed")
	newStory().add(shop, "GET /cart", "zombie", 30, zombie("removed"), holds("iban", "response.body $.iban", 9, 0)).fires(t, "zombie-endpoint", high, "iban")
	newStory().add(shop, "GET /cart", "undocumented", 30, sunset(start+2*hour)).fires(t, "zombie-endpoint", medium, "2026-03-02")
	newStory().add(shop, "GET /v1/cart", "zombie", 30, zombie("removed"), auth("none", 30)).add(shop, "GET /v2/cart", "documented", 30, auth("bearer header authorization", 30)).
		fires(t, "zombie-endpoint", high, "GET /v2/cart does not")
	// The end is still to come; it answers 410; it was called twice.
	newStory().add(shop, "GET /cart", "documented", 30, sunset(start+90*daylen)).silent(t, "zombie-endpoint")
	gone := edit(func(op *catalog.Operation, _ *api.Endpoint) {
		op.Success, op.Statuses = 0, map[int]uint64{410: 30}
	})
	newStory().add(shop, "GET /cart", "zombie", 30, zombie("removed"), gone).silent(t, "zombie-endpoint")
	newStory().add(shop, "GET /cart", "zombie", 2, zombie("removed")).silent(t, "zombie-endpoint")
}

func TestZombieVersion(t *testing.T) {
	long := span(start, start+20*daylen)
	newStory().add(shop, "GET /v1/orders/{id}", "documented", 20, long).add(shop, "GET /v2/orders/{orderId}", "documented", 980, long).
		fires(t, "zombie-version", low, "/v2/orders/{orderId} has 98.0 %")
	newStory().add(shop, "GET /v1/orders", "documented", 20, long, from("198.51.100.9")).add(shop, "GET /v2/orders", "documented", 980, long).
		fires(t, "zombie-version", medium, "outside")
	newStory().add(shop, "GET /api/v1/orders", "documented", 20, long, auth("none", 20)).add(shop, "GET /api/v3/orders", "documented", 980, long, auth("jwt header authorization", 980)).
		fires(t, "zombie-version", high, "let 20 calls succeed")
	newStory().add(shop, "GET /v1/orders", "documented", 20, long, holds("card", "response.body $.pan", 9, 0)).add(shop, "GET /v2/orders", "documented", 980, long).
		fires(t, "zombie-version", high, "more sensitive")
	// Week one of a migration, half and half, other resources, other methods, another service.
	week := span(start, start+7*daylen)
	newStory().add(shop, "GET /v1/orders", "documented", 20, week).add(shop, "GET /v2/orders", "documented", 980, week).silent(t, "zombie-version")
	newStory().add(shop, "GET /v1/orders", "documented", 500, long).add(shop, "GET /v2/orders", "documented", 500, long).silent(t, "zombie-version")
	newStory().add(shop, "GET /v1/orders", "documented", 20, long).add(shop, "GET /v2/users", "documented", 980, long).silent(t, "zombie-version")
	newStory().add(shop, "GET /v1/orders", "documented", 20, long).add(shop, "POST /v2/orders", "documented", 980, long).silent(t, "zombie-version")
	newStory().add(shop, "GET /v1/orders", "documented", 20, long).add("other.test", "GET /v2/orders", "documented", 980, long).silent(t, "zombie-version")
	// Versions that clients ask for by a field.
	asked := func(old, newer uint64, successor string, after schemas.Time) option {
		return edit(func(_ *catalog.Operation, a *api.Endpoint) {
			a.Versions = []api.AskedVersion{
				{By: "accept-version", Version: "1", Calls: old, Success: old, Clients: 2, FirstSeen: start, LastSeen: start + after, Successor: successor},
				{By: "accept-version", Version: "2", Calls: newer, Success: newer, Clients: 9, FirstSeen: start, LastSeen: start + after}}
		})
	}
	newStory().add(shop, "GET /orders", "documented", 1000, long, asked(20, 980, "2", 20*daylen)).fires(t, "zombie-version", low, "version 1, asked for by accept-version", "2 clients", "version 2 has 98.0 %")
	newStory().add(shop, "GET /orders", "documented", 1000, long, asked(20, 980, "2", 20*daylen), from("198.51.100.9")).fires(t, "zombie-version", medium, "outside")
	newStory().add(shop, "GET /orders", "documented", 1000, week, asked(20, 980, "2", 7*daylen)).silent(t, "zombie-version")
	newStory().add(shop, "GET /orders", "documented", 1000, long, asked(200, 800, "2", 20*daylen)).silent(t, "zombie-version")
	newStory().add(shop, "GET /orders", "documented", 1000, long, asked(500, 500, "", 20*daylen)).silent(t, "zombie-version")
	// One finding for one thing: what is declared dead is zombie-endpoint's.
	newStory().add(shop, "GET /v1/orders", "zombie", 20, long, zombie("removed")).add(shop, "GET /v2/orders", "documented", 980, long).silent(t, "zombie-version")
}

func TestDeprecatedInUse(t *testing.T) {
	newStory().add(shop, "GET /cart", "documented", 30, sunset(start+11*daylen)).fires(t, "deprecated-in-use", info, "10 days after")
	newStory().add(shop, "GET /cart", "documented", 30, edit(func(_ *catalog.Operation, a *api.Endpoint) { a.Normal.Documented = "deprecated" })).
		fires(t, "deprecated-in-use", info, "declared document")
	newStory().add(shop, "GET /cart", "documented", 30).silent(t, "deprecated-in-use")
	newStory().add(shop, "GET /cart", "zombie", 30, zombie("deprecated")).silent(t, "deprecated-in-use")
	newStory().add(shop, "GET /cart", "documented", 30, sunset(start-daylen)).silent(t, "deprecated-in-use")
}

func TestOrphanEndpoint(t *testing.T) {
	orphan := func(calls uint64, days schemas.Time) *story {
		s := newStory().add(shop, "GET /busy", "documented", calls, span(start, start+days*daylen))
		s.answers = append(s.answers, api.Endpoint{Service: shop, Method: "GET", Template: "/gone", Status: "orphan", Class: "endpoint",
			Normal: api.Normal{Documented: "yes", Observed: "never"}})
		return s
	}
	orphan(5000, 40).fires(t, "orphan-endpoint", info, "no call in 40 days", "5,000 calls")
	orphan(900, 40).silent(t, "orphan-endpoint")
	orphan(5000, 20).silent(t, "orphan-endpoint")
}

func drift(kind string, calls, of uint64, breaking bool) option {
	return edit(func(_ *catalog.Operation, a *api.Endpoint) {
		a.Drift = append(a.Drift, api.Drift{Kind: kind, In: "request", Detail: "in some calls", Calls: calls, Of: of, Breaking: breaking})
	})
}

func TestSpecDrift(t *testing.T) {
	newStory().add(shop, "GET /a", "documented", 1000, drift("undeclared-parameter", 20, 1000, false), drift("undeclared-status", 900, 1000, false)).
		fires(t, "spec-drift", info, "undeclared-parameter (request)", "undeclared-status")
	newStory().add(shop, "GET /a", "documented", 1000, drift("missing-required-field", 20, 1000, true)).fires(t, "spec-drift", low)
	newStory().add(shop, "GET /a", "documented", 1000, drift("undeclared-parameter", 4, 100, false)).silent(t, "spec-drift")
	newStory().add(shop, "GET /a", "documented", 1000, drift("undeclared-parameter", 9, 1000, false)).silent(t, "spec-drift")
}

func TestUnauthenticatedEndpoint(t *testing.T) {
	newStory().add(shop, "GET /orders", "documented", 60, auth("none", 60)).fires(t, "unauthenticated-endpoint", info, "60 successful calls")
	newStory().add(shop, "GET /orders", "documented", 60, auth("none", 60), from("203.0.113.7")).fires(t, "unauthenticated-endpoint", low)
	newStory().add(shop, "GET /orders", "documented", 49, auth("none", 49)).silent(t, "unauthenticated-endpoint")
	newStory().add(shop, "GET /orders", "documented", 60, auth("none", 59), auth("cookie cookie sid", 1)).silent(t, "unauthenticated-endpoint")
	for _, open := range []string{"POST /login", "POST /api/v1/register", "GET /healthz", "GET /openapi.json", "GET /products/{id}", "GET /search"} {
		newStory().add(shop, open, "documented", 900, auth("none", 900)).silent(t, "unauthenticated-endpoint")
	}
	redirects := edit(func(op *catalog.Operation, _ *api.Endpoint) { op.Statuses = map[int]uint64{302: 60} })
	newStory().add(shop, "GET /orders", "documented", 60, auth("none", 60), redirects).silent(t, "unauthenticated-endpoint")
}

func TestUnauthenticatedSensitive(t *testing.T) {
	const rule = "unauthenticated-sensitive"
	newStory().add(shop, "GET /patients/{id}", "documented", 9, auth("none", 9), holds("iban", "response.body $.iban", 9, 9)).fires(t, rule, high, "iban at response.body $.iban")
	newStory().add(shop, "GET /patients/{id}", "documented", 9, auth("none", 9), holds("card", "response.body $.pan", 9, 9)).fires(t, rule, critical)
	newStory().add(shop, "GET /people/{id}", "documented", 9, auth("none", 9), holds("email", "response.body $.mail", 9, 9)).fires(t, rule, medium)
	newStory().add(shop, "POST /transfers", "documented", 9, auth("none", 9)).fires(t, rule, high, "named transfer")
	newStory().add(shop, "DELETE /admin/users/{id}", "documented", 9, auth("none", 9)).fires(t, rule, critical)
	newStory().add(shop, "GET /patients/{id}", "documented", 9, auth("none", 9), holds("health", "response.body $.diagnosis", 9, 9),
		sensitive(func(s *catalog.SensitiveStat) { s.Validated = false })).fires(t, rule, critical, "health")
	// Too few; with a credential; in the request; masked; a name only; the login's own token; a shop's phone; a read.
	newStory().add(shop, "GET /p", "documented", 9, holds("card", "response.body $.pan", 9, 2)).silent(t, rule)
	newStory().add(shop, "GET /p", "documented", 9, auth("jwt header authorization", 9), holds("card", "response.body $.pan", 9, 0)).silent(t, rule)
	newStory().add(shop, "POST /p", "documented", 9, auth("none", 9), holds("card", "request.body $.pan", 9, 9)).silent(t, rule)
	newStory().add(shop, "GET /p", "documented", 9, holds("card", "response.body $.pan", 9, 9), sensitive(func(s *catalog.SensitiveStat) { s.Masked = 9 })).silent(t, rule)
	newStory().add(shop, "GET /p", "documented", 9, holds("card", "response.body $.pan", 9, 9), sensitive(func(s *catalog.SensitiveStat) { s.Validated = false })).silent(t, rule)
	newStory().add(shop, "POST /login", "documented", 9, auth("none", 9), holds("jwt", "response.body $.token", 9, 9)).silent(t, rule)
	newStory().add(shop, "GET /stores", "documented", 9, auth("none", 9), holds("phone", "response.body $[].phone", 9, 9)).silent(t, rule)
	newStory().add(shop, "GET /transfers", "documented", 9, auth("none", 9)).silent(t, rule)
}

func TestAuthNotEnforced(t *testing.T) {
	const rule = "auth-not-enforced"
	newStory().add(shop, "GET /orders", "documented", 1000, auth("jwt header authorization", 980), auth("none", 20)).fires(t, rule, high, "20 of 1,000 successful calls", "2.0 %")
	newStory().add(shop, "GET /orders", "documented", 1000, auth("jwt header authorization", 980), auth("none", 20), holds("card", "response.body $.pan", 900, 15)).
		fires(t, rule, critical, "15 of them returned card")
	newStory().add(shop, "GET /products", "documented", 1000, auth("jwt header authorization", 980), auth("none", 20)).silent(t, rule)
	newStory().add(shop, "POST /login", "documented", 1000, auth("basic header authorization", 980), auth("none", 20)).silent(t, rule)
	newStory().add(shop, "GET /orders", "documented", 1000, auth("jwt header authorization", 500), auth("none", 500)).silent(t, rule)
	newStory().add(shop, "GET /orders", "documented", 100, auth("jwt header authorization", 97), auth("none", 3)).silent(t, rule)
	newStory().add(shop, "GET /orders", "documented", 1000, auth("jwt header authorization", 999), auth("none", 1)).silent(t, rule)
}

func TestExpiredTokenAccepted(t *testing.T) {
	const rule = "expired-token-accepted"
	newStory().add(shop, "GET /orders", "documented", 90, expired("jwt header authorization", 12, 90)).fires(t, rule, high, "12 of 90")
	newStory().add(shop, "GET /orders", "documented", 90, expired("jwt header authorization", 12, 90), holds("national-id", "response.body $.ssn", 9, 0)).fires(t, rule, critical)
	newStory().add(shop, "GET /orders", "documented", 90, expired("jwt header authorization", 2, 90)).silent(t, rule)
	newStory().add(shop, "POST /auth/refresh", "documented", 90, expired("jwt header authorization", 90, 90)).silent(t, rule)
}

func TestWeakAuthScheme(t *testing.T) {
	const rule = "weak-auth-scheme"
	newStory().add(shop, "GET /orders", "documented", 90, auth("basic header authorization", 90)).fires(t, rule, medium, "Basic readable")
	newStory().add(shop, "GET /orders", "documented", 90, auth("api-key query api_key", 90)).fires(t, rule, medium, "query parameter api_key")
	s := newStory().add(shop, "GET /orders", "documented", 90, auth("basic header authorization", 90))
	s.service(shop).Schemes = []string{"https"}
	s.silent(t, rule)
	newStory().add(shop, "POST /oauth/token", "documented", 90, auth("basic header authorization", 90)).silent(t, rule)
	newStory().add(shop, "GET /files/{id}", "documented", 90, auth("hmac query X-Amz-Signature", 90)).silent(t, rule)
	newStory().add(shop, "GET /orders", "documented", 90, auth("jwt header authorization", 90), auth("basic header authorization", 4)).silent(t, rule)
}

func TestAuthSchemeSprawl(t *testing.T) {
	const rule = "auth-scheme-sprawl"
	newStory().add(shop, "GET /orders", "documented", 1000, auth("jwt header authorization", 900), auth("api-key header x-api-key", 90)).
		fires(t, rule, info, "api-key in header (90 calls), bearer in header (900 calls)")
	newStory().add(shop, "GET /orders", "documented", 1000, auth("jwt header authorization", 900), auth("basic header authorization", 90)).fires(t, rule, medium)
	newStory().add(shop, "GET /a", "documented", 100, auth("jwt header authorization", 100)).add(shop, "GET /b", "documented", 100, auth("cookie cookie sid", 100)).
		add(shop, "GET /c", "documented", 100, auth("api-key header x-api-key", 100)).add(shop, "GET /d", "documented", 100, auth("digest header authorization", 100)).
		fires(t, rule, info, shop, "digest in header")
	newStory().add(shop, "GET /a", "documented", 1000, auth("cookie cookie sid", 1000), auth("api-key header x-csrf-token", 900)).silent(t, rule)
	newStory().add(shop, "GET /a", "documented", 1000, auth("jwt header authorization", 500), auth("bearer header authorization", 500)).silent(t, rule)
	newStory().add(shop, "POST /oauth/token", "documented", 1000, auth("basic header authorization", 500), auth("oauth body client_id", 500)).silent(t, rule)
	newStory().add(shop, "GET /a", "documented", 10000, auth("jwt header authorization", 9990), auth("api-key header x-api-key", 10)).silent(t, rule)
}

func TestSensitiveInURL(t *testing.T) {
	const rule = "sensitive-in-url"
	newStory().add(shop, "GET /users", "documented", 90, holds("email", "request.query email", 40, 0)).fires(t, rule, medium, "40 calls with email in request.query email")
	newStory().add(shop, "GET /cards/{card}", "documented", 90, holds("card", "request.path", 40, 0)).fires(t, rule, high)
	newStory().add(shop, "POST /users", "documented", 90, holds("email", "request.body $.email", 40, 0)).silent(t, rule)
	newStory().add(shop, "GET /users", "documented", 90, holds("name", "request.query name", 40, 0), sensitive(func(s *catalog.SensitiveStat) { s.Validated = false })).silent(t, rule)
	newStory().add(shop, "GET /users", "documented", 90, holds("email", "request.query email", 2, 0)).silent(t, rule)
	newStory().add(shop, "GET /users", "documented", 90, auth("api-key query key", 90), holds("secret", "request.query key", 90, 0)).silent(t, rule)
}

func TestSecretInResponse(t *testing.T) {
	const rule = "secret-in-response"
	newStory().add(shop, "GET /config/app", "documented", 90, holds("secret", "response.body $.stripe", 1, 0)).fires(t, rule, high, "1 response with secret")
	newStory().add(shop, "GET /users/{id}", "documented", 90, holds("password", "response.body $.password", 9, 0)).fires(t, rule, critical)
	newStory().add(shop, "POST /login", "documented", 90, holds("password", "response.body $.user.password", 9, 0)).fires(t, rule, critical)
	newStory().add(shop, "POST /login", "documented", 90, holds("jwt", "response.body $.token", 90, 90)).silent(t, rule)
	newStory().add(shop, "POST /oauth/token", "documented", 90, holds("secret", "response.body $.access_token", 90, 90)).silent(t, rule)
	newStory().add(shop, "POST /users", "documented", 90, holds("password", "request.body $.password", 90, 90)).silent(t, rule)
	newStory().add(shop, "GET /users/{id}", "documented", 90, holds("password", "response.body $.password", 9, 0), sensitive(func(s *catalog.SensitiveStat) { s.Masked = 9 })).silent(t, rule)
}

func TestSensitiveDataExposure(t *testing.T) {
	const rule = "sensitive-data-exposure"
	newStory().add(shop, "GET /users/{id}", "documented", 90, holds("card", "response.body $.pan", 9, 0)).fires(t, rule, medium, "9 responses with card in full")
	newStory().add(shop, "GET /users/{id}", "documented", 90, holds("card", "response.body $.pan", 9, 0), from("203.0.113.7")).fires(t, rule, high)
	newStory().add(shop, "GET /users/{id}", "documented", 90, holds("card", "response.body $.pan", 9, 0), sensitive(func(s *catalog.SensitiveStat) { s.Masked = 5 })).
		fires(t, rule, medium, "4 responses", "masked in 5 other responses")
	newStory().add(shop, "GET /users/{id}", "documented", 90, holds("card", "response.body $.pan", 9, 0), sensitive(func(s *catalog.SensitiveStat) { s.Masked = 7 })).silent(t, rule)
	newStory().add(shop, "GET /orders", "documented", 90, holds("card", "response.body $.no", 9, 0), sensitive(func(s *catalog.SensitiveStat) { s.Validated = false })).silent(t, rule)
	newStory().add(shop, "GET /users/me", "documented", 90, holds("email", "response.body $.email", 90, 0)).silent(t, rule)
	newStory().add(shop, "GET /users/{id}", "documented", 90, holds("card", "response.body $.pan", 2, 0)).silent(t, rule)
}

func TestShadowHost(t *testing.T) {
	const rule = "shadow-host"
	twins := func(beta string, credential string) *story {
		s := newStory()
		for _, e := range []string{"GET /orders", "POST /orders", "GET /orders/{id}", "GET /users/{id}"} {
			s.add(shop, e, "documented", 100, auth("jwt header authorization", 100)).add(beta, e, "undocumented", 10, auth(credential, 10))
		}
		return s
	}
	twins("beta.example.com", "jwt header authorization").fires(t, rule, medium, "same templates as "+shop)
	twins("beta.example.com:8443", "none").fires(t, rule, high, "no credential")
	// Nothing is declared, so nothing is undeclared; hardly any traffic; only refusals.
	newStory().add("a.test", "GET /x", "undocumented", 900).silent(t, rule)
	newStory().add(shop, "GET /x", "documented", 900).add("b.test", "GET /x", "undocumented", 5).silent(t, rule)
	refused := edit(func(op *catalog.Operation, _ *api.Endpoint) { op.Success, op.Statuses = 0, map[int]uint64{401: 50} })
	newStory().add(shop, "GET /x", "documented", 900).add("b.test", "GET /x", "unknown", 50, refused).silent(t, rule)
	// Known by TLS server name only: a neighbour counts, a third party and a declared name do not.
	s := newStory().add(shop, "GET /x", "documented", 900).add("pay.example.com", "GET /x", "documented", 900)
	s.cov.TLS = map[string]*schemas.TLSHost{"staging.example.com": {Connections: 50, First: start, Last: start}, "www.cdn.test": {Connections: 5000},
		shop: {Connections: 50}, "rare.example.com": {Connections: 3}}
	s.fires(t, rule, medium, "staging.example.com", "50 encrypted connections")
}

func TestEndpointProbing(t *testing.T) {
	const rule = "endpoint-probing"
	newStory().add(shop, "GET /x", "documented", 90).probe(shop, "198.51.100.66", 40, 1e9).fires(t, rule, medium, "198.51.100.66", "40 distinct paths", "nikto")
	newStory().add(shop, "GET /x", "documented", 90).probe(shop, "198.51.100.66", 12, 1e9).silent(t, rule)
	newStory().add(shop, "GET /x", "documented", 90).probe(shop, "198.51.100.66", 40, 5*minute).silent(t, rule)
	newStory().add(shop, "GET /x", "documented", 900, from("198.51.100.66")).probe(shop, "198.51.100.66", 40, 1e9).silent(t, rule)
	// One place with many paths of one client in one window is as much probing.
	s := newStory()
	s.service(shop).Others = []*catalog.Endpoint{{Service: shop, Method: "GET", Template: "/{slug}", Class: catalog.Probed, Paths: 300,
		Op: &catalog.Operation{Calls: 300, First: start, Last: start + minute}, Callers: []catalog.Caller{{Client: "192.0.2.1", Calls: 300, Last: start + minute}}}}
	s.fires(t, rule, medium, "300 distinct paths")
	// Many clients, a path each, are a dead link.
	s = newStory()
	for i := range 50 {
		s.probe(shop, "192.0.2."+api.Number(uint64(i+1)), 1, 0)
	}
	s.silent(t, rule)
}
