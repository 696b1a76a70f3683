package risk

import (
	"fmt"

	"wirecensus/inventory/api"
	"wirecensus/schemas"
)

// sensitiveInURL: values of a sensitive class in the query or the path.
func sensitiveInURL(r *rule, w *world, e *entry) []schemas.Finding {
	var evidence []string
	var most uint64
	severity := r.severity
	for _, k := range sensitiveKeys(e.op) {
		s := e.op.Sensitive[k]
		if k.In != "request.query" && k.In != "request.path" || s.Calls < sensitiveCalls || s.Masked >= s.Calls || e.isCredential(k.At) {
			continue
		}
		// A name alone says little about a search box; a password or a card does.
		if !proven(k.Class, s) && rank(severityOf(k.Class)) < rank(high) {
			continue
		}
		if rank(severityOf(k.Class)) >= rank(high) {
			severity = high
		}
		most = max(most, s.Calls)
		evidence = append(evidence, fmt.Sprintf("%s with %s in %s", api.Plural(s.Calls, "call"), k.Class, place(k)))
	}
	if len(evidence) == 0 {
		return nil
	}
	return r.finding(w, e, severity, support(most), most, append(capped(evidence), e.callers())...)
}

// isCredential reports whether a query parameter is already judged as a
// credential, by weak-auth-scheme.
func (e *entry) isCredential(name string) bool {
	for k := range e.op.Auth {
		if k.In == "query" && k.Name == name {
			return true
		}
	}
	return false
}
