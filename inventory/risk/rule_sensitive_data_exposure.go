package risk

import (
	"fmt"

	"wirecensus/inventory/api"
	"wirecensus/schemas"
)

// sensitiveDataExposure: proven values of a class from medium on, unmasked, in
// three responses or more. Secrets have their own rule.
func sensitiveDataExposure(r *rule, w *world, e *entry) []schemas.Finding {
	var evidence []string
	var most uint64
	severity := ""
	for _, k := range sensitiveKeys(e.op) {
		s := e.op.Sensitive[k]
		full := s.Calls - min(s.Masked, s.Calls)
		if !inResponse(k.In) || isSecret(k.Class) || !proven(k.Class, s) || full < sensitiveCalls || rank(severityOf(k.Class)) < rank(medium) {
			continue
		}
		severity = worst(severity, r.severity)
		if rank(severityOf(k.Class)) >= rank(high) && (e.external() || s.Anonymous > 0) {
			severity = high
		}
		most = max(most, full)
		evidence = append(evidence, fmt.Sprintf("%s with %s in full at %s", api.Plural(full, "response"), k.Class, place(k)))
		if s.Masked > 0 {
			evidence = append(evidence, fmt.Sprintf("the same field is masked in %s", api.Plural(s.Masked, "other response")))
		}
	}
	if severity == "" {
		return nil
	}
	return r.finding(w, e, severity, support(most), most, append(capped(evidence), e.callers())...)
}
