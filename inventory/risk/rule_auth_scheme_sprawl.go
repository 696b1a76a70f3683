package risk

import (
	"fmt"
	"slices"
	"strings"

	"wirecensus/inventory/api"
	"wirecensus/inventory/catalog"
	"wirecensus/schemas"
)

// A scheme is in use from 1 % of the successes or 20 calls on.
const (
	sprawlShare = 0.01
	sprawlCalls = 20
	hostSchemes = 4
)

// scheme is a way to authenticate as a client's author would name it. A JWT is
// a bearer token; a cookie with a CSRF field beside it is one scheme.
func scheme(k catalog.AuthKey) string {
	name := strings.ToLower(k.Name)
	switch {
	case k.Scheme == "" || k.Scheme == "none" || strings.Contains(name, "csrf") || strings.Contains(name, "xsrf"):
		return ""
	case k.Scheme == "jwt" || k.Scheme == "bearer":
		return "bearer in " + k.In
	}
	return k.Scheme + " in " + k.In
}

// schemesOf returns the successes by scheme of one operation, those in use only.
func schemesOf(op *catalog.Operation) map[string]uint64 {
	used := map[string]uint64{}
	for k, s := range op.Auth {
		if name := scheme(k); name != "" && s.Success > 0 {
			used[name] += s.Success
		}
	}
	for name, n := range used {
		if n < sprawlCalls && float64(n) < sprawlShare*float64(op.Success) {
			delete(used, name)
		}
	}
	return used
}

// endpointSprawl: one endpoint takes two or more schemes.
func endpointSprawl(r *rule, w *world, e *entry) []schemas.Finding {
	used := schemesOf(e.op)
	// A token endpoint takes what its clients have; very few calls show no habit.
	if len(used) < 2 || e.op.Success < sprawlCalls || e.role.anonymousByNature() {
		return nil
	}
	severity := r.severity
	if len(weakAuthScheme(r, w, e)) > 0 {
		severity = medium
	}
	return r.finding(w, e, severity, 0.9, e.op.Success, "in use: "+listed(used), e.callers())
}

// hostSprawl: the endpoints of one service together take four or more.
func hostSprawl(r *rule, w *world, h *host) []schemas.Finding {
	used := map[string]uint64{}
	for _, e := range h.entries {
		if e.role != login {
			for name, n := range schemesOf(e.op) {
				used[name] += n
			}
		}
	}
	if len(used) < hostSchemes {
		return nil
	}
	return []schemas.Finding{r.about(w, h.Name, "", r.severity, 0.9, h.Calls, h.First, h.Last, "in use: "+listed(used))}
}

// listed writes counts by name, in order of name.
func listed(used map[string]uint64) string {
	var names []string
	for name := range used {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		names[i] = fmt.Sprintf("%s (%s)", name, api.Plural(used[name], "call"))
	}
	return strings.Join(names, ", ")
}
