package risk

import (
	"fmt"

	"wirecensus/inventory/api"
	"wirecensus/schemas"
)

// What "normally authenticated" means: 95 % of at least 200 successes.
const (
	enforcedCalls = 200
	enforcedShare = 0.95
)

// authNotEnforced: an endpoint that is normally called with a credential also
// answers calls without one.
func authNotEnforced(r *rule, w *world, e *entry) []schemas.Finding {
	total, anon := e.op.Success, e.anonymous()
	if total < enforcedCalls || anon < sensitiveCalls || e.role.anonymousByNature() || e.role == public {
		return nil
	}
	if float64(total-anon) < enforcedShare*float64(total) {
		return nil
	}
	// Whether the anonymous answers had the same content is not kept: an empty
	// list for everybody looks the same, so the confidence stays below certain.
	severity, confidence := r.severity, 0.75
	evidence := []string{fmt.Sprintf("%s of %s succeeded without a credential (%s)", api.Number(anon), api.Plural(total, "successful call"), api.Share(anon, total))}
	for _, k := range sensitiveKeys(e.op) {
		if s := e.op.Sensitive[k]; inResponse(k.In) && s.Anonymous > 0 && s.Masked < s.Calls {
			confidence = 0.95
			evidence = append(evidence, fmt.Sprintf("%s of them returned %s at %s", api.Number(s.Anonymous), k.Class, place(k)))
			if rank(severityOf(k.Class)) >= rank(medium) {
				severity = critical
			}
		}
	}
	return r.finding(w, e, severity, confidence, anon, append(append(capped(evidence), e.anonymousOperations()...), e.callers())...)
}
