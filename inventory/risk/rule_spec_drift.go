package risk

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"wirecensus/inventory/api"
	"wirecensus/schemas"
)

// A difference counts from 5 calls and 1 % on: less is a client's mistake.
const (
	driftCalls = 5
	driftShare = 0.01
)

// specDrift: what was observed differs from what the operation declares.
func specDrift(r *rule, w *world, e *entry) []schemas.Finding {
	var counted []api.Drift
	severity := r.severity
	for _, d := range e.Drift {
		if d.Calls >= driftCalls && float64(d.Calls) >= driftShare*float64(d.Of) {
			counted = append(counted, d)
			if d.Breaking {
				severity = low
			}
		}
	}
	if len(counted) == 0 {
		return nil
	}
	slices.SortStableFunc(counted, func(a, b api.Drift) int {
		share := func(d api.Drift) float64 { return float64(d.Calls) / float64(max(d.Of, 1)) }
		return cmp.Or(cmp.Compare(share(b), share(a)), strings.Compare(a.Kind, b.Kind), strings.Compare(a.In, b.In), strings.Compare(a.At, b.At))
	})
	var evidence []string
	var most uint64
	for i, d := range counted {
		most = max(most, d.Calls)
		if i < maxNamed {
			evidence = append(evidence, fmt.Sprintf("%s (%s): %s", d.Kind, d.In, d.Detail))
		}
	}
	if more := len(counted) - maxNamed; more > 0 {
		evidence = append(evidence, api.Plural(uint64(more), "more difference"))
	}
	return r.finding(w, e, severity, support(most), most, evidence...)
}
