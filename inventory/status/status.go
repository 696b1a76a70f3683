package status

import (
	"cmp"
	"slices"

	"wirecensus/inventory/api"
	"wirecensus/inventory/catalog"
	"wirecensus/schemas"
	"wirecensus/specgen/openapi"
)

// Statuses.
const (
	Documented   = "documented"
	Shadow       = "shadow"
	Undocumented = "undocumented"
	Zombie       = "zombie"
	Orphan       = "orphan"
	Unknown      = "unknown"
)

// Input is what verdicts are a function of.
type Input struct {
	Services  []*catalog.Service
	Documents []*openapi.Document
	Coverage  schemas.Coverage
}

// Service is the judged inventory of one authority.
type Service struct {
	Name    string
	Service *catalog.Service // nil when a declared host was never seen
	// Declared are the documents that cover the service, and why they do.
	Declared []Cover
	// Degraded says that traffic of the service was lost or unreadable, Why how.
	Degraded bool
	Why      string
	Verdicts []Verdict // in order of template, method
}

// Verdict is the judgement on one endpoint or declared operation.
type Verdict struct {
	Method, Template string
	Endpoint         *catalog.Endpoint  // nil when it was never seen
	Operation        *openapi.Operation // nil when it is not declared
	Status           string
	Normal           api.Normal
	Drift            []api.Drift
	Versions         []api.AskedVersion
	Why              []string
}

// Fill writes a verdict into an entry of the inventory.
func (v *Verdict) Fill(e *api.Endpoint) {
	e.Method, e.Template = v.Method, v.Template
	e.Status, e.Normal, e.Drift = v.Status, v.Normal, v.Drift
	e.Versions = v.Versions
	e.Why = append(e.Why, v.Why...)
	if v.Operation != nil {
		e.Declared = v.Operation.Place()
	}
}

// dormantAfter is the time without calls after which a declared endpoint is dormant.
const dormantAfter = schemas.Time(30 * 24 * 3600 * 1e9)

// Judge returns the verdicts on all services, in order of their names, and on
// the declared hosts that were never seen.
func Judge(in Input) []Service {
	histories := openapi.Histories(in.Documents)
	covers, unseen := assign(in.Services, histories)
	versioned := index(in.Services)
	var out []Service
	for i, svc := range in.Services {
		j := judge{svc: svc, covers: covers[i], versioned: versioned, now: svc.Last}
		s := Service{Name: svc.Name, Service: svc, Declared: covers[i]}
		s.Degraded, s.Why = Degraded(&in.Coverage, svc.Name, svc.Host)
		if n := svc.PathUnknown; !s.Degraded && n > 0 && float64(n) > maxTorn*float64(svc.Calls) {
			s.Degraded, s.Why = true, "the path of "+percent(n, svc.Calls)+" of "+count(svc.Calls, "call")+" could not be known"
		}
		j.degraded, j.reason = s.Degraded, s.Why
		s.Verdicts = j.verdicts()
		out = append(out, s)
	}
	for _, h := range unseen {
		s := Service{Name: h.host, Declared: []Cover{cover(h.History, nil, "its host was never called")}}
		s.Degraded, s.Why = Degraded(&in.Coverage, h.host, h.host)
		j := judge{covers: s.Declared, now: in.Coverage.Last, degraded: s.Degraded, reason: s.Why}
		s.Verdicts = j.verdicts()
		out = append(out, s)
	}
	slices.SortStableFunc(out, func(a, b Service) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// judge decides one service.
type judge struct {
	svc      *catalog.Service // nil for a host that was never seen
	covers   []Cover
	now      schemas.Time
	degraded bool
	reason   string

	versioned map[string][]*successor // shared by all services
}

func (j *judge) verdicts() []Verdict {
	var out []Verdict
	seen := map[*openapi.Operation]bool{}
	if j.svc != nil {
		for _, e := range j.svc.Endpoints {
			v := j.endpoint(e)
			if v.Operation != nil {
				seen[v.Operation] = true
			}
			out = append(out, v)
		}
	}
	out = append(out, j.missing(seen)...)
	slices.SortStableFunc(out, func(a, b Verdict) int {
		return cmp.Or(cmp.Compare(a.Template, b.Template), cmp.Compare(a.Method, b.Method))
	})
	return out
}

// endpoint judges what was observed.
func (j *judge) endpoint(e *catalog.Endpoint) Verdict {
	v := Verdict{Method: e.Method, Template: e.Template, Endpoint: e}
	d := j.declared(e)
	v.Operation = d.op
	v.Normal = api.Normal{Documented: d.state, Answer: answer(e.Op), Coverage: j.coverage()}
	v.Normal.Observed, v.Normal.DormantFor = observed(e.Op, j.now)
	v.Versions = asked(e.Op, j.now)
	switch {
	case j.zombie(&v, d):
	case d.op == nil && len(j.covers) == 0:
		v.Status = Undocumented
		v.why("no declared document covers %s", j.svc.Name)
	case e.Class == catalog.Health && d.op == nil:
		// A health check is not worth a line in a document: neutral.
		v.Status = Documented
		v.why("health check, not declared: neutral")
	case d.op == nil && v.Normal.Observed == "dormant":
		v.Status = Unknown
		v.why("not in %s, and last called %s before the service's latest call", j.documents(), days(v.Normal.DormantFor))
	case d.op == nil:
		j.undeclared(&v)
	case v.Normal.Observed == "dormant":
		j.idle(&v, "declared as "+d.op.Place()+", last called "+days(v.Normal.DormantFor)+" before the service's latest call")
	default:
		v.Status = Documented
		v.why("declared as %s", d.op.Place())
		if d.note != "" {
			v.why("%s", d.note)
		}
	}
	for i := range v.Versions {
		if a := &v.Versions[i]; a.Successor != "" {
			v.why("version %s, asked for by %s, is a zombie: version %s has taken over, and %s of %s still succeeded", a.Version, a.By, a.Successor, count(a.Success, "call"), api.Plural(a.Clients, "client"))
		}
	}
	if d.op != nil && v.Normal.Documented != "removed" {
		v.Drift = drift(d.op, e)
	}
	return v
}

// undeclared judges an endpoint that a covered service has and its documents do not.
func (j *judge) undeclared(v *Verdict) {
	op := v.Endpoint.Op
	if methods := j.otherMethods(v.Endpoint); len(methods) > 0 {
		v.why("the path is declared for %s, not for %s", join(methods), v.Method)
	} else {
		v.why("not in %s", j.documents())
	}
	if v.Normal.Answer == "success" {
		v.Status = Shadow
		v.why("%s of %s succeeded", count(op.Success, "call"), plain(op.Calls))
		return
	}
	v.Status = Unknown
	v.why("no call succeeded: %s", answers(op))
}

// missing judges the declared operations that no endpoint stands for.
func (j *judge) missing(seen map[*openapi.Operation]bool) []Verdict {
	var out []Verdict
	listed := map[string]bool{}
	for _, c := range j.covers {
		for _, op := range c.Operations() {
			place := op.Method + " " + op.Template
			if seen[op] || listed[place] || j.seenElsewhere(seen, op) {
				continue
			}
			listed[place] = true
			v := Verdict{Method: op.Method, Template: op.Template, Operation: op}
			v.Normal = api.Normal{Documented: j.declaredState(op), Observed: "never", Answer: "unknown", Coverage: j.coverage()}
			j.idle(&v, "declared as "+op.Place()+" and never called"+j.window())
			out = append(out, v)
		}
	}
	return out
}

// seenElsewhere says whether the same place of another covering document was seen:
// several documents may declare one operation.
func (j *judge) seenElsewhere(seen map[*openapi.Operation]bool, op *openapi.Operation) bool {
	for _, c := range j.covers {
		if other := c.Document.MatchTemplate("*", op.Method, op.Template); other != nil && other != op && seen[other] && other.Template == op.Template {
			return true
		}
	}
	return false
}

// idle is an orphan where everything was seen, unknown where it was not.
func (j *judge) idle(v *Verdict, why string) {
	v.why("%s", why)
	if j.degraded {
		v.Status = Unknown
		v.why("coverage is degraded: %s", j.reason)
		return
	}
	v.Status = Orphan
}

func (j *judge) coverage() string {
	if j.degraded {
		return "degraded"
	}
	return "ok"
}

// answer is how an endpoint answers, in the normal form.
func answer(op *catalog.Operation) string {
	if op.Success > 0 {
		return "success"
	}
	var refused, absent, other uint64
	for code, n := range op.Outcomes() {
		switch code {
		case 401, 403:
			refused += n
		case 404, 410:
			absent += n
		default:
			other += n
		}
	}
	switch {
	case refused > 0 && absent == 0 && other == 0:
		return "only-401/403"
	case absent > 0 && refused == 0 && other == 0:
		return "only-404/410"
	}
	return "unknown"
}

func observed(op *catalog.Operation, now schemas.Time) (string, int) {
	switch {
	case op.Calls == 0:
		return "never", 0
	case !active(op.Last, now):
		return "dormant", int((now - op.Last) / (24 * 3600 * 1e9))
	}
	return "active", 0
}

// active says whether what was last seen then is not dormant now.
func active(last, now schemas.Time) bool { return now-last < dormantAfter }
