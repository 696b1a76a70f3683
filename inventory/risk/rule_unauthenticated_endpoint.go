package risk

import (
	"wirecensus/inventory/api"
	"wirecensus/schemas"
)

const unauthenticatedCalls = 50

// unauthenticatedEndpoint: many successes and never a credential, on an endpoint
// that is not open by its nature.
func unauthenticatedEndpoint(r *rule, w *world, e *entry) []schemas.Finding {
	if e.ok2xx() < unauthenticatedCalls || e.credentialed() > 0 || e.role.anonymousByNature() {
		return nil
	}
	if e.role == public && worstInResponses(e.op) == "" {
		return nil
	}
	severity := r.severity
	evidence := []string{api.Plural(e.ok2xx(), "successful call") + ", none with a credential that is known here"}
	if e.external() {
		severity = low
		evidence = append(evidence, "called from outside private networks")
	}
	return r.finding(w, e, severity, support(e.ok2xx()), e.ok2xx(), append(append(evidence, e.anonymousOperations()...), e.callers())...)
}
