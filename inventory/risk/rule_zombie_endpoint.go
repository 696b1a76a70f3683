package risk

import (
	"wirecensus/schemas"
)

const zombieCalls = 3

// zombieEndpoint: deprecated without a future end, removed, or past its sunset,
// and it still answers with success.
func zombieEndpoint(r *rule, w *world, e *entry) []schemas.Finding {
	sunset := e.op.Sunset > 0 && e.op.Sunset < seconds(e.LastSeen)
	declared := e.Normal.Documented
	dead := declared == "deprecated" || declared == "removed" || declared == "sunset-passed"
	if e.op.Success < zombieCalls || !sunset && (e.Status != "zombie" || !dead) {
		return nil
	}
	severity := medium
	evidence := []string{e.seen()}
	switch {
	case sunset:
		evidence = append(evidence, "its own responses announced that it would end on "+date(e.op.Sunset))
	case declared == "sunset-passed":
		evidence = append(evidence, "its declared sunset has passed")
	case declared == "removed":
		evidence = append(evidence, "it was removed from a later version of the declared document")
	default:
		severity = low
		evidence = append(evidence, "the declared document marks it deprecated and gives no end")
	}
	if rank(worstInResponses(e.op)) >= rank(medium) {
		severity = high
		evidence = append(evidence, "its responses hold sensitive values: "+e.classes())
	}
	if newer := w.successor(e); newer != nil && e.weakerThan(newer) {
		severity = high
		evidence = append(evidence, "it accepts calls without a credential, which "+newer.Method+" "+newer.Template+" does not")
	}
	return r.finding(w, e, severity, support(e.op.Success), e.op.Success, append(evidence, e.callers())...)
}

// weakerThan reports whether e lets anonymous calls succeed where newer does not.
func (e *entry) weakerThan(newer *entry) bool {
	return e.anonymous() >= zombieCalls && newer.anonymous() == 0 && newer.credentialed() > 0
}

func seconds(t schemas.Time) int64 { return int64(t) / 1e9 }

func date(unix int64) string { return schemas.Time(unix * 1e9).Time().Format("2006-01-02") }
