package risk

import (
	"slices"
	"strings"

	"wirecensus/inventory/api"
	"wirecensus/schemas"
)

const hostCalls = 20

// shadowHost: documents were declared, and none covers this service. Without any
// declared document nothing is undeclared. Services that are only known by TLS
// server name count when they are neighbours of a declared one.
func shadowHost(r *rule, w *world, h *host) []schemas.Finding {
	if !w.specs {
		return nil
	}
	var found []schemas.Finding
	if !h.declared && h.Calls >= hostCalls && slices.ContainsFunc(h.entries, func(e *entry) bool { return e.op.Success > 0 }) {
		severity, evidence := r.severity, []string{api.Plural(h.Calls, "call") + " on " + api.Plural(uint64(len(h.entries)), "endpoint") + "; no declared document names this host"}
		if twin := w.twin(h); twin != nil {
			evidence = append(evidence, "it answers on the same templates as "+twin.Name)
			if openHost(h) && !openHost(twin) {
				severity = high
				evidence = append(evidence, "and it asks for no credential where "+twin.Name+" does")
			}
		}
		found = append(found, r.about(w, h.Name, "", severity, support(h.Calls), h.Calls, h.First, h.Last, evidence...))
	}
	if h.declared && h == w.firstOf(site(h.Host)) {
		found = append(found, w.encryptedNeighbours(r, site(h.Host))...)
	}
	return found
}

// encryptedNeighbours are the TLS server names of a site that no service and no
// document knows.
func (w *world) encryptedNeighbours(r *rule, of string) []schemas.Finding {
	var names []string
	for name := range w.cov.TLS {
		known := slices.ContainsFunc(w.hosts, func(h *host) bool { return h.Host == name }) ||
			slices.ContainsFunc(w.entries, func(e *entry) bool { return hostOf(e.Service) == name })
		if site(name) == of && !known {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var found []schemas.Finding
	for _, name := range names {
		if t := w.cov.TLS[name]; t.Connections >= hostCalls {
			found = append(found, r.about(w, name, "", r.severity, 0.7, t.Connections, t.First, t.Last,
				api.Plural(t.Connections, "encrypted connection")+" to this server name; no declared document names it, and what was said is not visible"))
		}
	}
	return found
}

// firstOf returns the first declared service of a site, so that the site is judged once.
func (w *world) firstOf(of string) *host {
	for _, h := range w.hosts {
		if h.declared && site(h.Host) == of {
			return h
		}
	}
	return nil
}

// twin returns the declared service whose templates are those of h: Jaccard index of 0.6 on.
func (w *world) twin(h *host) *host {
	mine := templates(h)
	for _, other := range w.hosts {
		if other == h || !other.declared {
			continue
		}
		theirs := templates(other)
		both := 0
		for t := range mine {
			if theirs[t] {
				both++
			}
		}
		if all := len(mine) + len(theirs) - both; both >= 3 && 10*both >= 6*all {
			return other
		}
	}
	return nil
}

func templates(h *host) map[string]bool {
	set := map[string]bool{}
	for _, e := range h.entries {
		if e.Calls > 0 {
			set[e.Method+" "+e.Template] = true
		}
	}
	return set
}

// openHost reports whether no successful call of a service had a credential.
func openHost(h *host) bool {
	return !slices.ContainsFunc(h.entries, func(e *entry) bool { return e.credentialed() > 0 })
}

func hostOf(service string) string {
	if i := strings.LastIndexByte(service, ':'); i > 0 && !strings.HasSuffix(service, "]") {
		return service[:i]
	}
	return service
}

// site returns the last two labels of a name, the whole of an address or a bare name.
func site(name string) string {
	labels := strings.Split(name, ".")
	if len(labels) < 3 || strings.Contains(name, ":") || labels[len(labels)-1] == "" || labels[len(labels)-1][0] <= '9' {
		return name
	}
	return strings.Join(labels[len(labels)-2:], ".")
}
