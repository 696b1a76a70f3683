package inventory

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"wirecensus/inventory/api"
	"wirecensus/inventory/catalog"
	"wirecensus/inventory/status"
	"wirecensus/specgen"
)

// entry returns the answer about one endpoint; its verdict is filled in afterwards.
func entry(service string, e *catalog.Endpoint) api.Endpoint {
	out := api.Endpoint{
		Service: service, Statuses: map[string]uint64{}, Auth: []api.Auth{}, Sensitive: []api.Sensitive{}, Drift: []api.Drift{},
		Why: []string{}, Params: []api.Param{}, Callers: []api.Caller{}, Segments: []api.WhySegment{},
	}
	if e == nil {
		return out
	}
	out.Method, out.Template, out.Class = e.Method, e.Template, string(e.Class)
	out.Confidence = math.Round(e.Confidence*100) / 100
	out.Why = append(out.Why, e.Why...)
	out.Paths = e.Paths
	out.ID, out.Segments, out.Overrides = e.ID, segments(e), e.Overrides
	for _, p := range e.Params {
		kind, format := specgen.Scalar(p.Shape, p.Name)
		out.Params = append(out.Params, api.Param{Name: p.Name, Type: kind, Format: format, Distinct: p.Distinct, Why: p.Why})
	}
	for _, c := range e.Callers {
		out.Callers = append(out.Callers, api.Caller{Client: c.Client, Agent: c.Agent, Calls: c.Calls, Last: c.Last})
	}
	if e.Op != nil {
		operation(&out, e.Op)
	}
	return out
}

func operation(out *api.Endpoint, op *catalog.Operation) {
	out.Calls, out.FirstSeen, out.LastSeen = op.Calls, op.First, op.Last
	out.Clients, out.Incomplete = op.Clients.Count(), op.Incomplete
	for s, n := range op.Statuses {
		out.Statuses[statusName(s)] = n
	}
	carried(out, op)
	for k, s := range op.Auth {
		a := api.Auth{Scheme: k.Scheme, In: k.In, Name: k.Name, Calls: s.Calls, Success: s.Success}
		if k == (catalog.AuthKey{}) {
			a.Scheme = "none"
		}
		out.Auth = append(out.Auth, a)
	}
	slices.SortFunc(out.Auth, func(a, b api.Auth) int {
		return cmp.Or(-cmp.Compare(a.Calls, b.Calls), cmp.Compare(a.Scheme, b.Scheme), cmp.Compare(a.In, b.In), cmp.Compare(a.Name, b.Name))
	})
	for k, s := range op.Sensitive {
		out.Sensitive = append(out.Sensitive, api.Sensitive{Class: k.Class, In: k.In, At: k.At, Calls: s.Calls, Validated: s.Validated})
	}
	slices.SortFunc(out.Sensitive, func(a, b api.Sensitive) int {
		return cmp.Or(cmp.Compare(a.Class, b.Class), cmp.Compare(a.In, b.In), cmp.Compare(a.At, b.At))
	})
}

// statusName writes a status, "none" for an answer that was not seen.
func statusName(s int) string {
	if s == 0 {
		return "none"
	}
	return strconv.Itoa(s)
}

// verdict returns the answer about one judged endpoint or declared operation.
func verdict(service string, v *status.Verdict) api.Endpoint {
	out := entry(service, v.Endpoint)
	v.Fill(&out)
	if out.Drift == nil {
		out.Drift = []api.Drift{}
	}
	if out.Class == "" {
		out.Class = string(catalog.Real)
	}
	if v.Endpoint == nil {
		out.Confidence = 1 // declared: nothing about the template is a guess
		out.ID = api.DeclaredID(service, out.Method, out.Template)
	}
	return out
}
