package risk

import (
	"fmt"

	"wirecensus/inventory/api"
	"wirecensus/schemas"
)

// A migration is over when the newer version has had 90 % of the calls and 14
// days of time: the usual window of a planned move is shorter.
const (
	successorShare = 0.9
	successorDays  = 14
)

// migrated says whether a newer version, first seen then, has had its share of the successful calls for long enough
// when the old one was last called.
func migrated(newer, old uint64, first, last schemas.Time) bool {
	return float64(newer) >= successorShare*float64(newer+old) && first > 0 && last-first >= successorDays*24*3600*1e9
}

// zombieVersion: an old version whose successor has taken over still answers.
func zombieVersion(r *rule, w *world, e *entry) []schemas.Finding {
	if e.op.Success < zombieCalls || e.Normal.Documented == "deprecated" || e.Normal.Documented == "removed" || e.Normal.Documented == "sunset-passed" {
		return nil
	}
	if e.op.Sunset > 0 {
		return nil // an announced end is deprecated-in-use until it comes and zombie-endpoint after it
	}
	newer := w.successor(e)
	if newer == nil {
		return zombieAsked(r, w, e)
	}
	if !migrated(newer.op.Success, e.op.Success, newer.FirstSeen, e.LastSeen) {
		return nil
	}
	both := newer.op.Success + e.op.Success
	severity := r.severity
	evidence := []string{
		e.seen(),
		fmt.Sprintf("%s %s has %s of the successful calls of both, first seen %s", newer.Method, newer.Template, api.Share(newer.op.Success, both), api.Minute(newer.FirstSeen)),
	}
	if e.external() {
		severity = medium
		evidence = append(evidence, "called from outside private networks")
	}
	if e.weakerThan(newer) {
		severity = high
		evidence = append(evidence, fmt.Sprintf("the old version let %s succeed without a credential, the new one none", api.Plural(e.anonymous(), "call")))
	}
	if rank(worstInResponses(e.op)) > rank(worstInResponses(newer.op)) && rank(worstInResponses(e.op)) >= rank(medium) {
		severity = high
		evidence = append(evidence, "the old version returns more sensitive values: "+e.classes())
	}
	return r.finding(w, e, severity, support(e.op.Success), e.op.Success, append(evidence, e.callers())...)
}

// zombieAsked is zombieVersion for versions that clients ask for by a field or a query parameter, oldest first.
func zombieAsked(r *rule, w *world, e *entry) []schemas.Finding {
	var evidence []string
	var calls uint64
	for i := range e.Versions {
		old := &e.Versions[i]
		if old.Successor == "" || old.Success < zombieCalls {
			continue
		}
		for _, v := range e.Versions {
			if v.By != old.By || v.Version != old.Successor || !migrated(v.Success, old.Success, v.FirstSeen, old.LastSeen) {
				continue
			}
			calls += old.Success
			evidence = append(evidence, fmt.Sprintf("version %s, asked for by %s, answered %s with success to %s, last %s; version %s has %s of the successful calls of both, first seen %s", old.Version, old.By,
				api.Plural(old.Success, "call"), api.Plural(old.Clients, "client"), api.Minute(old.LastSeen), v.Version, api.Share(v.Success, v.Success+old.Success), api.Minute(v.FirstSeen)))
		}
	}
	if calls == 0 {
		return nil
	}
	severity := r.severity
	if e.external() {
		severity = medium
		evidence = append(evidence, "called from outside private networks")
	}
	return r.finding(w, e, severity, support(calls), calls, append(evidence, e.callers())...)
}
