package risk

import (
	"fmt"

	"wirecensus/inventory/api"
	"wirecensus/schemas"
)

// Absence says something only where much was seen for long.
const (
	orphanDays  = 30
	orphanCalls = 1000
)

// orphanEndpoint: declared, and no call for 30 days in which the service was
// busy and well seen.
func orphanEndpoint(r *rule, w *world, e *entry) []schemas.Finding {
	if e.Status != "orphan" || e.host == nil || e.host.Calls < orphanCalls {
		return nil
	}
	const days = 24 * 3600 * 1e9
	silentSince := e.host.First
	if e.LastSeen > 0 {
		silentSince = e.LastSeen
	}
	if e.host.Last-silentSince < orphanDays*days {
		return nil
	}
	evidence := fmt.Sprintf("no call in %s while %s had %s", api.Plural(uint64((e.host.Last-silentSince)/days), "day"), e.Service, api.Plural(e.host.Calls, "call"))
	if e.LastSeen > 0 {
		evidence += ", last seen " + api.Minute(e.LastSeen)
	}
	return r.finding(w, e, r.severity, 0.9, 0, evidence)
}
