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
	// Through is the latest packet time that was seen.
	Through schemas.Time
	Result  api.Result
}

// Input is everything that a decision follows from.
type Input struct {
	Catalog   *catalog.Catalog
	Declared  []*openapi.Document
	Coverage  *schemas.Coverage
	Overrides []api.Override
}

// Decide answers for all calls that the catalog has folded in: templates, status
// against the declared documents, findings. What people decided wins over
// documents and calls. It is a pure function of its input; time is the calls' own.
func Decide(in Input) *Inventory { return in.judge(in.services()) }

// templates are the overrides of templates.
func (in *Input) templates() (out []catalog.Override) {
	for _, o := range in.Overrides {
		out = append(out, catalog.Override{
			ID: o.ID, Service: o.Service, Kind: o.Kind, Template: o.Template, Literal: o.Literal, Names: o.Names, Created: o.Created, Expires: o.Expires,
		})
	}
	return out
}

// services decides the templates. What it returns shares nothing with the catalog.
func (in *Input) services() []*catalog.Service {
	return in.Catalog.Services(catalog.Options{Overrides: in.templates(), Declared: func(host string, port uint16) []catalog.DeclaredTemplate {
		var hints []catalog.DeclaredTemplate
		for _, t := range status.Templates(in.Declared, host, port) {
			hints = append(hints, catalog.DeclaredTemplate(t))
		}
		return hints
	}})
}

// judge decides everything else.
func (in *Input) judge(services []*catalog.Service) *Inventory {
	inv := &Inventory{Services: services, Verdict: map[*catalog.Endpoint]string{}}
	inv.Result = api.Result{Services: []api.Service{}, Endpoints: []api.Endpoint{}, Others: []api.Endpoint{}, Findings: []schemas.Finding{}, Coverage: *in.Coverage}
	inv.Through = in.Coverage.Last
	for _, s := range services {
		inv.Through = max(inv.Through, s.Last)
	}
	for _, s := range status.Judge(status.Input{Services: services, Documents: in.Declared, Coverage: *in.Coverage}) {
		inv.service(&s)
	}
	inv.tenants(services)
	byPlace := func(a, b api.Endpoint) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Template, b.Template), cmp.Compare(a.Method, b.Method))
	}
	slices.SortFunc(inv.Result.Endpoints, byPlace)
	slices.SortFunc(inv.Result.Others, byPlace)
	inv.Result.Findings = append(inv.Result.Findings, risk.Findings(services, inv.Result.Endpoints, in.Coverage)...)
	inv.overrule(in.Overrides)
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
		out.PathUnknown = c.PathUnknown
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
