package risk

import (
	"fmt"

	"wirecensus/inventory/api"
	"wirecensus/schemas"
)

// secretInResponse: a password, key or token in a response that is not the
// answer of a login.
func secretInResponse(r *rule, w *world, e *entry) []schemas.Finding {
	var evidence []string
	var most uint64
	severity := r.severity
	for _, k := range sensitiveKeys(e.op) {
		s := e.op.Sensitive[k]
		if !inResponse(k.In) || !isSecret(k.Class) || s.Masked >= s.Calls {
			continue
		}
		// A value that carries its own proof counts at once, a telling name from three on.
		if !s.Validated && s.Calls < sensitiveCalls {
			continue
		}
		// Logins and sign-ups answer with tokens by design, but with no password.
		if k.Class != "password" && e.role.anonymousByNature() {
			continue
		}
		if severityOf(k.Class) == critical {
			severity = critical
		}
		most = max(most, s.Calls)
		evidence = append(evidence, fmt.Sprintf("%s with %s at %s", api.Plural(s.Calls, "response"), k.Class, place(k)))
	}
	if len(evidence) == 0 {
		return nil
	}
	return r.finding(w, e, severity, support(most+1), most, append(capped(evidence), e.callers())...)
}
