package web

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"wirecensus/inventory/api"
	"wirecensus/schemas"
)

// How much of each list the page holds.
const (
	maxEndpoints = 5000
	maxFindings  = 1000
	maxOthers    = 200
	maxNames     = 100
	maxDetails   = 20
	// maxOperations is how many operations of one endpoint there are on the page.
	maxOperations = 100
)

// view is everything the template shows, in the order in which it shows it.
type view struct {
	Meta   Meta
	Policy string
	Style  template.CSS
	Script template.JS

	Span      string
	Tiles     []tile
	Coverage  coverage
	Services  []service
	Encrypted encryption
	Shadow    []api.Endpoint
	Zombie    []api.Endpoint
	Severity  []severity
	Drift     []api.Endpoint
	Others    []others
	Files     []File
	Endpoints int // in all
	// MoreEndpoints and MoreFindings are what the limits left out.
	MoreEndpoints, MoreFindings int
}

// tile is one headline number.
type tile struct {
	Number, Name, Note string
	Tone               string // "", good, warn, bad
	Link               string // section it leads to
}

// service is one service with its endpoints.
type service struct {
	api.Service
	Anchor    string
	Document  string // path of its OpenAPI document, "" for none
	Statuses  []part
	Endpoints []api.Endpoint
}

// severity is the findings of one severity by rule.
type severity struct {
	Name  string
	Count int
	Rules []group
}

// group is the findings of one rule and severity.
type group struct {
	Rule, Title, OWASP, CWE, Remediation string
	Findings                             []schemas.Finding
}

// others are the places of one service that are no endpoints.
type others struct {
	Service string
	Classes []part
	Places  []api.Endpoint
	More    int
}

// severities in the order of the page.
func severities() []string { return []string{"critical", "high", "medium", "low", "info"} }

func newView(r *api.Result, meta Meta) *view {
	v := &view{Meta: meta, Policy: policy(), Style: template.CSS(styleText), Script: template.JS(scriptText),
		Span: span(r.Coverage.First, r.Coverage.Last), Coverage: newCoverage(&r.Coverage, r.Services), Endpoints: len(r.Endpoints), Files: meta.Files}
	shown := r.Endpoints
	if len(shown) > maxEndpoints {
		shown, v.MoreEndpoints = shown[:maxEndpoints], len(shown)-maxEndpoints
	}
	byService := map[string][]api.Endpoint{}
	for _, e := range shown {
		byService[e.Service] = append(byService[e.Service], e)
		switch e.Status {
		case "shadow":
			v.Shadow = append(v.Shadow, e)
		case "zombie":
			v.Zombie = append(v.Zombie, e)
		}
		if len(e.Drift) > 0 {
			v.Drift = append(v.Drift, e)
		}
	}
	busiest := func(a, b api.Endpoint) int { return cmp.Compare(b.Calls, a.Calls) }
	slices.SortStableFunc(v.Shadow, busiest)
	slices.SortStableFunc(v.Zombie, busiest)
	for i, s := range r.Services {
		one := service{Service: s, Anchor: fmt.Sprintf("service-%d", i+1), Document: meta.Documents[s.Name], Endpoints: byService[s.Name]}
		for _, st := range statuses() {
			if n := s.ByStatus[st]; n > 0 {
				one.Statuses = append(one.Statuses, part{Name: st, Count: uint64(n)})
			}
		}
		v.Services = append(v.Services, one)
	}
	v.Encrypted = newEncryption(r)
	v.group(r.Findings)
	v.others(r)
	v.headline(r)
	return v
}

// statuses in the order of the page.
func statuses() []string {
	return []string{"shadow", "zombie", "undocumented", "documented", "orphan", "unknown"}
}

func (v *view) group(findings []schemas.Finding) {
	if len(findings) > maxFindings {
		findings, v.MoreFindings = findings[:maxFindings], len(findings)-maxFindings
	}
	for _, name := range severities() {
		s := severity{Name: name}
		for _, f := range findings {
			if f.Severity != name {
				continue
			}
			i := slices.IndexFunc(s.Rules, func(g group) bool { return g.Rule == f.Rule })
			if i < 0 {
				title, _, _ := strings.Cut(f.Title, ": ")
				i = len(s.Rules)
				s.Rules = append(s.Rules, group{Rule: f.Rule, Title: title, OWASP: f.OWASP, CWE: f.CWE, Remediation: f.Remediation})
			}
			s.Rules[i].Findings = append(s.Rules[i].Findings, f)
			s.Count++
		}
		if s.Count > 0 {
			v.Severity = append(v.Severity, s)
		}
	}
}

func (v *view) others(r *api.Result) {
	for _, s := range r.Services {
		o := others{Service: s.Name, Classes: parts(widen(s.Others))}
		for _, e := range r.Others {
			if e.Service == s.Name {
				if len(o.Places) == maxOthers {
					o.More++
					continue
				}
				o.Places = append(o.Places, e)
			}
		}
		if len(o.Classes) > 0 || len(o.Places) > 0 {
			v.Others = append(v.Others, o)
		}
	}
}

func (v *view) headline(r *api.Result) {
	count := map[string]int{}
	for _, e := range r.Endpoints {
		count[e.Status]++
	}
	undeclared := 0
	for _, s := range r.Services {
		if len(s.Declared) == 0 {
			undeclared++
		}
	}
	serious, all := 0, len(r.Findings)
	for _, f := range r.Findings {
		if f.Severity == "critical" || f.Severity == "high" {
			serious++
		}
	}
	tone := func(n int, name string) string {
		if n == 0 {
			return "good"
		}
		return name
	}
	v.Tiles = []tile{
		{api.Number(len(r.Services)), "services", fmt.Sprintf("%d without a document", undeclared), "", "#services"},
		{api.Number(len(r.Endpoints)), "endpoints", fmt.Sprintf("%s documented", api.Number(count["documented"])), "", "#endpoints"},
		{api.Number(count["shadow"]), "shadow", "answer, and no document knows them", tone(count["shadow"], "bad"), "#shadow"},
		{api.Number(count["zombie"]), "zombie", "should be gone, and still answer", tone(count["zombie"], "bad"), "#zombie"},
		{api.Number(serious), "serious findings", fmt.Sprintf("critical or high, of %s", api.Number(all)), tone(serious, "bad"), "#findings"},
		{api.Number(r.Coverage.Calls), "calls read", v.Coverage.Verdict, v.Coverage.Tone, "#coverage"},
	}
}

// widen turns counts into the form that parts takes.
func widen(m map[string]int) map[string]uint64 {
	out := make(map[string]uint64, len(m))
	for k, n := range m {
		out[k] = uint64(max(n, 0))
	}
	return out
}
