package status

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"wirecensus/inventory/catalog"
	"wirecensus/schemas/shape"
	"wirecensus/specgen/openapi"
)

// An old version is a zombie when its successor has at least successorCalls
// calls and successorTimes as many as the old one: two versions side by side in
// a migration are not yet one.
const (
	successorCalls = 5
	successorTimes = 2
)

// zombie decides whether an endpoint is one, with every cause that applies.
func (j *judge) zombie(v *Verdict, d declaration) bool {
	if v.Normal.Answer != "success" || v.Normal.Observed != "active" {
		return false
	}
	op, e := d.op, v.Endpoint
	sunset := j.sunset(op, e)
	var causes []string
	if d.state == "removed" {
		causes = append(causes, "declared in "+op.Place()+", removed from "+d.by)
	}
	if op != nil && op.Deprecated && sunset <= j.unix() {
		causes = append(causes, "declared deprecated as "+op.Place())
	}
	if sunset != 0 && sunset <= j.unix() {
		// RFC 8594, Section 3: from that date on it may be unresponsive.
		causes = append(causes, "past its sunset of "+date(sunset))
	}
	// RFC 9745, Section 2: the date of a deprecation may lie in the future, and so
	// may the sunset of what is deprecated already.
	if dep := e.Op.Deprecation; dep != 0 && dep <= j.unix() && sunset <= j.unix() {
		if dep > 1 {
			causes = append(causes, "its answers announce it as deprecated since "+date(dep))
		} else {
			causes = append(causes, "its answers announce it as deprecated")
		}
	}
	if s := j.successor(e); s != nil {
		causes = append(causes, "an old version: "+s.Method+" "+s.place(e)+" has "+count(s.Op.Calls, "call")+", this one "+plain(e.Op.Calls))
	}
	if len(causes) == 0 {
		return false
	}
	v.Status = Zombie
	v.Why = append(v.Why, causes...)
	v.why("still answers with success (%s)", count(e.Op.Success, "call"))
	if len(e.Callers) > 0 {
		v.why("remaining callers: %s", callers(e))
	}
	return true
}

// version is where a version stands in the name of a place, and which it is.
type version struct {
	text string
	key  string // the place with the version left out
}

// versions returns the version in an endpoint's path, or in its host.
func versions(host string, e *catalog.Endpoint) []version {
	var out []version
	segs := strings.Split(e.Template, "/")
	for i, s := range segs {
		if isVersion(s) {
			rest := slices.Clone(segs)
			rest[i] = "\x00"
			out = append(out, version{s, e.Method + " " + host + " " + skeleton(rest)})
			break
		}
	}
	labels := strings.Split(host, ".")
	for i, l := range labels {
		if isVersion(l) && len(labels) > 1 {
			rest := slices.Clone(labels)
			rest[i] = "\x00"
			out = append(out, version{l, e.Method + " " + strings.Join(rest, ".") + " " + skeleton(segs)})
			break
		}
	}
	return out
}

// isVersion says whether a name is v and a number (v1, v2.1) or a date.
func isVersion(s string) bool {
	if len(s) == 10 && s[4] == '-' && s[7] == '-' {
		return strings.Trim(s, "0123456789-") == ""
	}
	if len(s) < 2 || len(s) > 8 || s[0] != 'v' && s[0] != 'V' {
		return false
	}
	return strings.Trim(s[1:], "0123456789.") == "" && s[1] >= '0' && s[1] <= '9'
}

// skeleton is a template without the names of its parameters.
func skeleton(segs []string) string {
	var b strings.Builder
	for i, s := range segs {
		if i > 0 {
			b.WriteByte('/')
		}
		for {
			open := strings.IndexByte(s, '{')
			end := strings.IndexByte(s, '}')
			if open < 0 || end < open {
				break
			}
			b.WriteString(s[:open] + "{}")
			s = s[end+1:]
		}
		b.WriteString(s)
	}
	return b.String()
}

// successor is a newer version of an endpoint.
type successor struct {
	*catalog.Endpoint
	host string
}

func (s *successor) place(old *catalog.Endpoint) string {
	if s.Service != old.Service {
		return s.Service + s.Template
	}
	return s.Template
}

// later says whether version a comes after b; numbers and dates have no order among each other.
func later(a, b string) bool {
	return openapi.CompareVersions(a, b) > 0 && strings.Contains(a, "-") == strings.Contains(b, "-")
}

// tookOver says whether a newer version with so many calls and successes has taken over from one with old calls.
func tookOver(calls, success, old uint64) bool {
	return success >= successorCalls && calls >= successorTimes*old
}

// successor returns the busiest active newer version of an endpoint that answers
// alike, nil when there is none that took over.
func (j *judge) successor(e *catalog.Endpoint) *successor {
	var best *successor
	for _, v := range versions(j.svc.Host, e) {
		for _, s := range j.versioned[v.key] {
			for _, w := range versions(s.host, s.Endpoint) {
				if w.key != v.key || !later(w.text, v.text) {
					continue
				}
				if !active(s.Op.Last, j.now) || !tookOver(s.Op.Calls, s.Op.Success, e.Op.Calls) || !alike(e.Op, s.Op) {
					continue
				}
				if best == nil || cmp.Or(cmp.Compare(s.Op.Calls, best.Op.Calls), cmp.Compare(best.Template, s.Template)) > 0 {
					best = s
				}
			}
		}
	}
	return best
}

// index gathers the versioned endpoints of all services by their versionless places.
func index(svcs []*catalog.Service) map[string][]*successor {
	out := map[string][]*successor{}
	for _, svc := range svcs {
		for _, e := range svc.Endpoints {
			for _, v := range versions(svc.Host, e) {
				out[v.key] = append(out[v.key], &successor{Endpoint: e, host: svc.Host})
			}
		}
	}
	return out
}

// alike says whether two versions answer with the same resource: half of the
// property names in common where both have some.
func alike(a, b *catalog.Operation) bool {
	x, y := names(a), names(b)
	if len(x) == 0 || len(y) == 0 {
		return true
	}
	common := 0
	for n := range x {
		if y[n] {
			common++
		}
	}
	return 2*common >= len(x)+len(y)-common
}

// names are the property names of the successful answers, those of a list's
// items among them.
func names(op *catalog.Operation) map[string]bool {
	out := map[string]bool{}
	for code, r := range op.Responses {
		if code >= 300 {
			continue
		}
		for _, b := range r.Types {
			gather(out, b.Shape, "", 0)
		}
	}
	return out
}

func gather(out map[string]bool, n *shape.Node, prefix string, depth int) {
	if n == nil || depth > 2 {
		return
	}
	for _, p := range n.Props {
		name := prefix + "." + strconv.Quote(p.Name)
		out[name] = true
		gather(out, p.Node, name, depth+1)
	}
	gather(out, n.Items, prefix, depth)
}
