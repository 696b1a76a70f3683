package risk

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"wirecensus/inventory/api"
	"wirecensus/inventory/catalog"
	"wirecensus/schemas"
)

// Severities, least first.
const (
	info     = "info"
	low      = "low"
	medium   = "medium"
	high     = "high"
	critical = "critical"
)

// steps returns the severities in order.
func steps() []string { return []string{info, low, medium, high, critical} }

// rank returns the place of a severity, 0 for info; unknown ones count as info.
func rank(severity string) int { return max(0, slices.Index(steps(), severity)) }

// worst returns the higher of two severities.
func worst(a, b string) string {
	if rank(b) > rank(a) {
		return b
	}
	return a
}

// entry is one endpoint with its summary and its status.
type entry struct {
	api.Endpoint
	cat  *catalog.Endpoint  // nil when it was only declared
	op   *catalog.Operation // never nil; empty when cat is nil
	host *host              // nil when the service has no traffic
	role role
}

// host is one service with its endpoints.
type host struct {
	*catalog.Service
	entries  []*entry
	declared bool // some declared document covers it
}

// world is everything a rule may look at.
type world struct {
	hosts    []*host
	entries  []*entry
	cov      *schemas.Coverage
	specs    bool // there are declared documents at all
	families map[familyKey][]*entry
}

// Findings returns what the rules say about the inventory, worst first; among
// equals in the order of the rules, then by service, template, method and actor.
// endpoints are the statuses of what services summarise, and the declared
// endpoints without traffic; cov may be nil.
func Findings(services []*catalog.Service, endpoints []api.Endpoint, cov *schemas.Coverage) []schemas.Finding {
	w := newWorld(services, endpoints, cov)
	var all []schemas.Finding
	order := map[string]int{}
	rules := table()
	for i := range rules {
		r := &rules[i]
		order[r.id] = i
		if r.endpoint != nil {
			for _, e := range w.entries {
				all = append(all, r.endpoint(r, w, e)...)
			}
		}
		if r.service != nil {
			for _, h := range w.hosts {
				all = append(all, r.service(r, w, h)...)
			}
		}
	}
	slices.SortFunc(all, func(a, b schemas.Finding) int {
		return cmp.Or(
			cmp.Compare(rank(b.Severity), rank(a.Severity)), cmp.Compare(order[a.Rule], order[b.Rule]),
			strings.Compare(a.Service, b.Service), strings.Compare(a.Template, b.Template),
			strings.Compare(a.Method, b.Method), strings.Compare(a.Actor, b.Actor), strings.Compare(a.ID, b.ID))
	})
	return all
}

func newWorld(services []*catalog.Service, endpoints []api.Endpoint, cov *schemas.Coverage) *world {
	if cov == nil {
		cov = &schemas.Coverage{}
	}
	w := &world{cov: cov, families: map[familyKey][]*entry{}}
	byName := map[string]*host{}
	for _, s := range services {
		h := &host{Service: s}
		byName[s.Name] = h
		w.hosts = append(w.hosts, h)
	}
	slices.SortFunc(w.hosts, func(a, b *host) int { return strings.Compare(a.Name, b.Name) })
	type key struct{ service, method, template string }
	summaries := map[key]*catalog.Endpoint{}
	for _, s := range services {
		for _, e := range s.Endpoints {
			summaries[key{e.Service, e.Method, e.Template}] = e
		}
	}
	for _, ep := range endpoints {
		e := &entry{Endpoint: ep, host: byName[ep.Service], op: &catalog.Operation{}, role: roleOf(ep.Template, ep.Class)}
		if e.cat = summaries[key{ep.Service, ep.Method, ep.Template}]; e.cat != nil && e.cat.Op != nil {
			e.op = e.cat.Op
		}
		w.entries = append(w.entries, e)
		declared := ep.Declared != "" || ep.Normal.Documented != "" && ep.Normal.Documented != "no" || ep.Status == "shadow"
		w.specs = w.specs || declared
		if e.host != nil {
			e.host.entries = append(e.host.entries, e)
			e.host.declared = e.host.declared || declared
		}
	}
	slices.SortFunc(w.entries, func(a, b *entry) int {
		return cmp.Or(strings.Compare(a.Service, b.Service), strings.Compare(a.Template, b.Template), strings.Compare(a.Method, b.Method))
	})
	for _, e := range w.entries {
		if f, _, ok := versionOf(e); ok {
			w.families[f] = append(w.families[f], e)
		}
	}
	return w
}

// finding makes a finding about an endpoint.
func (r *rule) finding(w *world, e *entry, severity string, confidence float64, count uint64, evidence ...string) []schemas.Finding {
	f := r.base(w, e.Service, severity, confidence, e.Method+" "+e.Template)
	f.Method, f.Template, f.Count, f.Evidence = e.Method, e.Template, count, evidence
	f.First, f.Last = e.FirstSeen, e.LastSeen
	f.Title = fmt.Sprintf("%s: %s %s", r.title, e.Method, e.Template)
	return []schemas.Finding{f}
}

// about makes a finding about a service, or about an actor on it.
func (r *rule) about(w *world, service, actor, severity string, confidence float64, count uint64, first, last schemas.Time, evidence ...string) schemas.Finding {
	f := r.base(w, service, severity, confidence, actor)
	f.Actor, f.Count, f.Evidence, f.First, f.Last = actor, count, evidence, first, last
	f.Title = r.title + ": " + service
	if actor != "" {
		f.Title = r.title + ": " + actor + " on " + service
	}
	return f
}

func (r *rule) base(w *world, service, severity string, confidence float64, key string) schemas.Finding {
	confidence *= 1 - w.loss(service)
	if confidence < 0.6 && rank(severity) > rank(medium) {
		severity = medium
	}
	return schemas.Finding{
		ID: identity(r.id, service, key), Rule: r.id, Severity: severity,
		Confidence: float64(int(confidence*100+0.5)) / 100, Service: service,
		OWASP: r.owasp, CWE: r.cwe, Remediation: r.remediation,
	}
}

// identity is the stable id of a finding: the same rule, scope and key give the
// same id on every run and machine.
func identity(rule, scope, key string) string {
	sum := sha256.Sum256([]byte(rule + "\x00" + scope + "\x00" + key))
	return hex.EncodeToString(sum[:8])
}

// loss returns the share of a service's calls of which a part was not seen, at most 0.5.
func (w *world) loss(service string) float64 {
	c := w.cov.Services[service]
	if c == nil || c.Calls == 0 {
		return 0
	}
	return min(0.5, float64(c.Half+c.Incomplete)/float64(c.Calls))
}
