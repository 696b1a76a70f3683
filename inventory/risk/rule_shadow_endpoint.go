package risk

import (
	"fmt"

	"wirecensus/inventory/api"
	"wirecensus/schemas"
)

// Support of a shadow endpoint: one scanner's burst cannot make one.
const shadowCalls = 5

// shadowEndpoint: the service has a declared document, the endpoint is not in
// it, and it answers in more than one interval of ten minutes.
func shadowEndpoint(r *rule, w *world, e *entry) []schemas.Finding {
	if e.Status != "shadow" || e.Calls < shadowCalls || !e.panes() || e.role == health {
		return nil
	}
	severity := r.severity
	evidence := []string{e.seen(), "no declared document of " + e.Service + " has it"}
	if e.external() {
		severity = medium
		evidence = append(evidence, "called from outside private networks")
	}
	if s := worstInResponses(e.op); rank(s) >= rank(medium) {
		severity = high
		evidence = append(evidence, "its responses hold sensitive values: "+e.classes())
	}
	if anon := e.anonymous(); anon >= 3 && e.role != public && !e.role.anonymousByNature() {
		severity = high
		evidence = append(evidence, fmt.Sprintf("%s succeeded without a credential", api.Plural(anon, "call")))
	}
	if e.role == admin || e.role == export {
		severity = high
		evidence = append(evidence, "its name says "+e.role.String())
	}
	return r.finding(w, e, severity, min(support(e.op.Success), max(e.Confidence, 0.5)), e.Calls, append(evidence, e.callers())...)
}
