package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"wirecensus/schemas"
)

// id is the name of an endpoint that outlives its template: see Endpoint.ID.
func (d *deciding) id(e *Endpoint) string {
	origin, kind := e.Op.Origin, "refused "
	if o, ok := d.origins[e]; ok {
		origin, kind = o, ""
	}
	return fmt.Sprintf("%016x", mix(digest(origin, kind+e.Method+" "+d.good.name)))
}

// Lineage is the history of endpoints: one entry for each, by ID.
type Lineage []Descent

// Descent is the history of one endpoint.
type Descent struct {
	ID       string       `json:"id"`
	Service  string       `json:"service"`
	Method   string       `json:"method"`
	Template string       `json:"template"`         // the latest
	Since    schemas.Time `json:"since"`            // packet time from which on it was called this
	Former   []Former     `json:"former,omitempty"` // the newest last
	// Into is the ID of the endpoint that took this one in, "" while it is one.
	Into string `json:"into,omitempty"`
}

// Former is a template that an endpoint had.
type Former struct {
	Template string       `json:"template"`
	Until    schemas.Time `json:"until"` // packet time of the decision that changed it
}

const (
	maxFormer  = 16     // former templates of one endpoint; the oldest are forgotten
	maxLineage = 65_536 // entries; those taken in longest ago are forgotten first
)

// Next returns the history after a decision: endpoints keep their entry whatever
// their template is now, new ones get one, and those that are no more point to
// the endpoint that has their path. It is a function of its receiver and services,
// which must be all of them, and changes neither.
func (l Lineage) Next(services []*Service) Lineage {
	old := map[string]Descent{}
	for _, d := range l {
		old[d.ID] = d
	}
	var out Lineage
	seen := map[string]bool{}
	var now schemas.Time
	for _, s := range services {
		now = max(now, s.Last)
	}
	for _, s := range services {
		for _, e := range s.Endpoints {
			d, ok := old[e.ID]
			if !ok {
				d = Descent{ID: e.ID, Service: s.Name, Method: e.Method, Template: e.Template, Since: e.Op.First}
			}
			out = append(out, d.renamed(e.Template, now))
			seen[e.ID] = true
		}
	}
	present := index(services)
	for _, d := range l {
		if seen[d.ID] {
			continue
		}
		if d.Into == "" || !seen[d.Into] {
			if e := present.heir(d); e != nil {
				d.Into = e.ID
			}
		}
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b Descent) int { return cmp.Compare(a.ID, b.ID) })
	return out.bounded(seen)
}

// renamed is a descent with the template that it has now.
func (d Descent) renamed(template string, now schemas.Time) Descent {
	d.Into = ""
	if d.Template == template {
		return d
	}
	d.Former = append(slices.Clone(d.Former), Former{d.Template, now})
	d.Former = d.Former[max(0, len(d.Former)-maxFormer):]
	d.Template, d.Since = template, now
	return d
}

// bounded forgets what is no endpoint any more, the oldest first.
func (l Lineage) bounded(present map[string]bool) Lineage {
	if len(l) <= maxLineage {
		return l
	}
	slices.SortStableFunc(l, func(a, b Descent) int {
		if present[a.ID] != present[b.ID] {
			if present[a.ID] {
				return -1
			}
			return 1
		}
		return -cmp.Compare(a.Since, b.Since)
	})
	l = l[:maxLineage]
	slices.SortFunc(l, func(a, b Descent) int { return cmp.Compare(a.ID, b.ID) })
	return l
}

// heirs are the endpoints of some services, by service and method.
type heirs map[[2]string][]*Endpoint

func index(services []*Service) heirs {
	h := heirs{}
	for _, s := range services {
		for _, e := range s.Endpoints {
			k := [2]string{s.Name, e.Method}
			h[k] = append(h[k], e)
		}
	}
	return h
}

// heir is the endpoint that has the paths of one that is no more: the one with
// the most literals whose template fits the former template.
func (h heirs) heir(d Descent) *Endpoint {
	var best *Endpoint
	for _, e := range h[[2]string{d.Service, d.Method}] {
		if e.takes(d.Template) && (best == nil || len(e.Params) < len(best.Params)) {
			best = e
		}
	}
	return best
}

// takes: every segment of a template stands where e has the same literal or a parameter.
func (e *Endpoint) takes(template string) bool {
	mine, theirs := strings.Split(e.Template, "/"), strings.Split(template, "/")
	if len(mine) != len(theirs) {
		return false
	}
	for i := 1; i < len(mine); i++ {
		param := i <= len(e.Segments) && e.Segments[i-1].Param
		if !param && mine[i] != theirs[i] {
			return false
		}
	}
	return true
}
