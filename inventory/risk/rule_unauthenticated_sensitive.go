package risk

import (
	"fmt"

	"wirecensus/inventory/api"
	"wirecensus/schemas"
)

// Fewer anonymous successes could be test data.
const sensitiveCalls = 3

// unauthenticatedSensitive: anonymous calls succeed and get proven sensitive
// values, or write where money, accounts or administration are.
func unauthenticatedSensitive(r *rule, w *world, e *entry) []schemas.Finding {
	severity, most := "", uint64(0)
	var evidence []string
	for _, k := range sensitiveKeys(e.op) {
		s := e.op.Sensitive[k]
		if !inResponse(k.In) || !proven(k.Class, s) || s.Anonymous < sensitiveCalls || s.Masked >= s.Calls {
			continue
		}
		// A login answers with the token it exists for; a public list may name its stores' phones.
		if isSecret(k.Class) && e.role.anonymousByNature() || e.role == public && severityOf(k.Class) == low {
			continue
		}
		switch severityOf(k.Class) {
		case critical, high:
			severity = critical
		case low:
			severity = worst(severity, medium)
		default:
			severity = worst(severity, r.severity)
		}
		most = max(most, s.Anonymous)
		evidence = append(evidence, fmt.Sprintf("%s with %s at %s answered without a credential", api.Plural(s.Anonymous, "response"), k.Class, place(k)))
	}
	if anon := e.anonymous(); anon >= sensitiveCalls && isWrite(e.Method) && isCritical(e.role) {
		most = max(most, anon)
		evidence = append(evidence, fmt.Sprintf("%s succeeded without a credential on an endpoint that is named %s", api.Plural(anon, e.Method+" call"), e.role))
		severity = worst(severity, r.severity)
		if e.role == admin {
			severity = critical
		}
	}
	if severity == "" {
		return nil
	}
	return r.finding(w, e, severity, support(most), most, append(append(capped(evidence), e.anonymousOperations()...), e.callers())...)
}

func isWrite(method string) bool {
	return method == "POST" || method == "PUT" || method == "PATCH" || method == "DELETE"
}

func isCritical(r role) bool {
	return r == payment || r == transfer || r == admin || r == profile || r == export
}
