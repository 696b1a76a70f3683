package risk

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"wirecensus/inventory/api"
	"wirecensus/inventory/catalog"
	"wirecensus/schemas"
)

// 20 distinct paths in ten minutes: a crawler with dead links reaches 10. A
// client most of whose calls succeed uses the service.
const (
	probePaths  = 20
	probeWindow = 10 * 60 * 1e9
	probeShare  = 0.2
	maxProbers  = 100
)

// prober is what one client did to the places of a service that are no endpoints.
type prober struct {
	client, agent string
	last          []schemas.Time // of its calls to distinct probed places
	paths         uint64         // distinct paths in the busiest window
	bad, good     uint64         // calls to probed places, to endpoints
}

// endpointProbing: one client asked a service for many places that are not there.
func endpointProbing(r *rule, w *world, h *host) []schemas.Finding {
	var probers []*prober
	for _, p := range w.probers(h) {
		if p.paths >= probePaths && float64(p.bad) >= probeShare*float64(p.bad+p.good) {
			probers = append(probers, p)
		}
	}
	slices.SortFunc(probers, func(a, b *prober) int {
		return cmp.Or(cmp.Compare(b.bad, a.bad), strings.Compare(a.client, b.client))
	})
	var found []schemas.Finding
	for i, p := range probers {
		first, last := slices.Min(p.last), slices.Max(p.last)
		if i == maxProbers {
			found = append(found, r.about(w, h.Name, "", r.severity, 0.9, uint64(len(probers)-i), h.First, h.Last,
				api.Plural(uint64(len(probers)-i), "more client")+" probed this service"))
			break
		}
		evidence := []string{fmt.Sprintf("asked for %s within ten minutes that are not there", api.Plural(p.paths, "distinct path")),
			fmt.Sprintf("%s to places that are no endpoints, %s to endpoints", api.Plural(p.bad, "call"), api.Number(p.good))}
		if p.agent != "" {
			evidence = append(evidence, "calls itself "+p.agent)
		}
		found = append(found, r.about(w, h.Name, p.client, r.severity, 0.95, p.bad, first, last, evidence...))
	}
	return found
}

// probers gathers per client what it did on h, and its busiest ten minutes.
func (w *world) probers(h *host) map[string]*prober {
	all := map[string]*prober{}
	type touch struct {
		at    schemas.Time
		paths uint64
	}
	touches := map[string][]touch{}
	for _, place := range h.Others {
		if place.Class != catalog.Probed {
			continue
		}
		for _, c := range place.Callers {
			p := all[c.Client]
			if p == nil {
				p = &prober{client: c.Client, agent: c.Agent}
				all[c.Client] = p
			}
			p.bad += c.Calls
			p.last = append(p.last, c.Last)
			touches[c.Client] = append(touches[c.Client], touch{c.Last, pathsOf(place, c)})
		}
	}
	for _, e := range h.entries {
		for _, c := range e.Callers {
			if p := all[c.Client]; p != nil {
				p.good += c.Calls
			}
		}
	}
	for client, list := range touches {
		slices.SortFunc(list, func(a, b touch) int { return cmp.Compare(a.at, b.at) })
		from, sum := 0, uint64(0)
		for _, t := range list {
			sum += t.paths
			for t.at-list[from].at > probeWindow {
				sum -= list[from].paths
				from++
			}
			all[client].paths = max(all[client].paths, sum)
		}
	}
	return all
}

// pathsOf returns how many distinct paths of a place one client is known to
// have asked for in ten minutes: all of them when it is the only caller and the
// whole place lies in such a window, else one.
func pathsOf(place *catalog.Endpoint, c catalog.Caller) uint64 {
	if len(place.Callers) == 1 && place.Op != nil && place.Op.Calls == c.Calls && place.Op.Last-place.Op.First <= probeWindow {
		return max(1, min(place.Paths, c.Calls))
	}
	return 1
}
