package inventory

import (
	"cmp"
	"slices"

	"wirecensus/inventory/api"
	"wirecensus/inventory/catalog"
	"wirecensus/inventory/risk"
	"wirecensus/inventory/status"
	"wirecensus/schemas"
	"wirecensus/specgen/openapi"
)

// Inventory is the decided state of everything that was observed.
type Inventory struct {
	// Services are the observed ones, in order of name.
	Services []*catalog.Service
	// Verdict returns the status of an endpoint of Services.
	Verdict map[*catalog.Endpoint]string
	Result  api.Result
}

// Decide answers for all calls that cat has folded in: templates, status
// against the declared documents, findings. Overrides of templates win over
// documents and calls. It is a pure function of its inputs;
// time is the calls' own.
func Decide(cat *catalog.Catalog, declared []*openapi.Document, cov *schemas.Coverage, overrides ...catalog.Override) *Inventory {
	services := cat.Services(catalog.Options{Overrides: overrides, Declared: func(host string, port uint16) []catalog.DeclaredTemplate {
		var hints []catalog.DeclaredTemplate
		for _, t := range status.Templates(declared, host, port) {
			hints = append(hints, catalog.DeclaredTemplate(t))
		}
		return hints
	}})
	inv := &Inventory{Services: services, Verdict: map[*catalog.Endpoint]string{}}
	inv.Result = api.Result{Services: []api.Service{}, Endpoints: []api.Endpoint{}, Others: []api.Endpoint{}, Findings: []schemas.Finding{}, Coverage: *cov}
	for _, s := range status.Judge(status.Input{Services: services, Documents: declared, Coverage: *cov}) {
		inv.service(&s)
	}
	inv.tenants(services)
	byPlace := func(a, b api.Endpoint) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Template, b.Template), cmp.Compare(a.Method, b.Method))
	}
	slices.SortFunc(inv.Result.Endpoints, byPlace)
	slices.SortFunc(inv.Result.Others, byPlace)
	inv.Result.Findings = append(inv.Result.Findings, risk.Findings(services, inv.Result.Endpoints, cov)...)
	return inv
}

// service adds one judged service to the result.
func (inv *Inventory) service(s *status.Service) {
	out := api.Service{Name: s.Name, Declared: []string{}, ByStatus: map[string]int{}, Others: map[string]int{}, Coverage: "ok", Schemes: []string{}}
	for _, d := range s.Declared {
		out.Declared = append(out.Declared, d.Document.Name)
	}
	if s.Degraded {
		out.Coverage, out.CoverageWhy = "degraded", s.Why
	}
	for i := range s.Verdicts {
		v := &s.Verdicts[i]
		e := verdict(s.Name, v)
		inv.Result.Endpoints = append(inv.Result.Endpoints, e)
		out.Endpoints++
		out.ByStatus[e.Status]++
		if v.Endpoint != nil {
			inv.Verdict[v.Endpoint] = e.Status
		}
	}
	if c := s.Service; c != nil {
		out.Calls, out.FirstSeen, out.LastSeen = c.Calls, c.First, c.Last
		out.Schemes = append(out.Schemes, c.Schemes...)
		for _, e := range c.Others {
			out.Others[string(e.Class)]++
			inv.Result.Others = append(inv.Result.Others, entry(s.Name, e))
		}
	}
	inv.Result.Services = append(inv.Result.Services, out)
}

// tenants names the host template of every service that is in one.
func (inv *Inventory) tenants(services []*catalog.Service) {
	of := map[string]string{}
	for _, h := range catalog.HostTemplates(services) {
		for _, name := range h.Services {
			of[name] = h.Template
		}
	}
	for i := range inv.Result.Services {
		s := &inv.Result.Services[i]
		s.HostTemplate = of[s.Name]
	}
	for i := range inv.Result.Endpoints {
		e := &inv.Result.Endpoints[i]
		e.HostTemplate = of[e.Service]
	}
}
