package risk

import (
	"fmt"

	"wirecensus/inventory/api"
	"wirecensus/schemas"
)

// expiredTokenAccepted: successes with a token whose expiry had passed. Three,
// because one can be a clock that is off.
func expiredTokenAccepted(r *rule, w *world, e *entry) []schemas.Finding {
	var expired, calls uint64
	for _, s := range e.op.Auth {
		if s.Expired > 0 {
			expired += s.Expired
			calls += s.Success
		}
	}
	if expired < sensitiveCalls || e.role.anonymousByNature() {
		return nil
	}
	severity := r.severity
	if rank(worstInResponses(e.op)) >= rank(high) {
		severity = critical
	}
	return r.finding(w, e, severity, support(expired), expired,
		fmt.Sprintf("%s of %s with a token succeeded after the token's expiry", api.Number(expired), api.Plural(calls, "successful call")), e.callers())
}
