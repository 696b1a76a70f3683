package risk

import (
	"fmt"

	"wirecensus/inventory/api"
	"wirecensus/schemas"
)

// deprecatedInUse: deprecated, with an end that is still to come.
func deprecatedInUse(r *rule, w *world, e *entry) []schemas.Finding {
	declared := e.Normal.Documented == "deprecated"
	announced := e.op.Deprecation > 0 || e.op.Sunset > 0
	if e.Status == "zombie" || e.op.Success == 0 || !declared && !announced {
		return nil
	}
	if e.op.Sunset > 0 && e.op.Sunset < seconds(e.LastSeen) {
		return nil // zombie-endpoint
	}
	evidence := []string{e.seen()}
	if declared {
		evidence = append(evidence, "the declared document marks it deprecated")
	}
	if e.op.Deprecation > 0 {
		evidence = append(evidence, "its responses carry a Deprecation field (RFC 9745)")
	}
	if e.op.Sunset > 0 {
		left := (e.op.Sunset - seconds(e.LastSeen)) / (24 * 3600)
		evidence = append(evidence, fmt.Sprintf("it announces its end for %s, %s after the last call seen", date(e.op.Sunset), api.Plural(uint64(left), "day")))
	}
	return r.finding(w, e, r.severity, support(e.op.Success), e.op.Success, append(evidence, e.callers())...)
}
