package openapi

import (
	"cmp"
	"slices"
	"strings"
)

// History is one API's newest document and what its older ones had beyond it.
type History struct {
	Current *Document
	Older   []*Document // newest first
	// Removed are operations of older documents that the current one has no more,
	// each from the newest document that had it.
	Removed []*Operation
}

// Histories groups documents that are versions of one API: same title, same
// servers, different versions, and the newer one keeps at least half of the
// older one's operations (else they are two APIs side by side, as a v1 and a v2
// often are). The order of the documents does not matter.
func Histories(docs []*Document) []History {
	sorted := slices.Clone(docs)
	slices.SortStableFunc(sorted, func(a, b *Document) int {
		if c := CompareVersions(b.Version, a.Version); c != 0 {
			return c
		}
		return cmp.Compare(a.Name, b.Name)
	})
	var out []History
next:
	for _, d := range sorted {
		for i := range out {
			if h := &out[i]; h.Current.supersedes(d) {
				h.Older = append(h.Older, d)
				h.remove(d)
				continue next
			}
		}
		out = append(out, History{Current: d})
	}
	slices.SortStableFunc(out, func(a, b History) int {
		return cmp.Or(cmp.Compare(a.Current.Name, b.Current.Name), cmp.Compare(a.Current.Version, b.Current.Version))
	})
	return out
}

// supersedes says whether old is an earlier version of the same API.
func (d *Document) supersedes(old *Document) bool {
	if d.Title != old.Title || d.Version == old.Version || CompareVersions(d.Version, old.Version) == 0 || !sameServers(d, old) {
		return false
	}
	kept := 0
	for _, o := range old.Operations {
		if d.has(o) {
			kept++
		}
	}
	return 2*kept >= len(old.Operations)
}

func sameServers(a, b *Document) bool {
	x, y := a.Hosts(), b.Hosts()
	if len(x) == 0 || len(y) == 0 {
		return len(x) == len(y)
	}
	for _, h := range x {
		if slices.Contains(y, h) {
			return true
		}
	}
	return false
}

// has says whether a document has an operation at exactly the same place.
func (d *Document) has(o *Operation) bool {
	t := d.index["*"]
	for _, seg := range strings.Split(strings.TrimPrefix(o.Template, "/"), "/") {
		parts := splitSegment(seg)
		var next *trie
		switch {
		case len(parts) == 1:
			next = t.literal[seg]
		case len(parts) == 2 && parts[0] == "" && parts[1] == "":
			next = t.param
		default:
			for _, p := range t.patterns {
				if strings.Join(p.parts, "{}") == strings.Join(parts, "{}") {
					next = p.next
				}
			}
		}
		if t = next; t == nil {
			return false
		}
	}
	return t.ops[o.Method] != nil
}

func (h *History) remove(old *Document) {
	for _, o := range old.Operations {
		if h.Current.has(o) || slices.ContainsFunc(h.Removed, func(r *Operation) bool {
			return r.Method == o.Method && r.Template == o.Template
		}) {
			continue
		}
		h.Removed = append(h.Removed, o)
	}
}

// CompareVersions orders version texts: numbers by value, other parts as text, a
// pre-release before its release (1.0.0-rc1 < 1.0.0), a leading v does not count.
func CompareVersions(a, b string) int {
	x, y := versionParts(a), versionParts(b)
	for i := 0; i < len(x) && i < len(y); i++ {
		if c := comparePart(x[i], y[i]); c != 0 {
			return c
		}
	}
	n := min(len(x), len(y))
	return tailSign(x[n:]) - tailSign(y[n:])
}

// tailSign is the sign of what a longer version has beyond a shorter one.
func tailSign(tail []string) int {
	for _, part := range tail {
		switch {
		case !isNumber(part):
			return -1
		case strings.Trim(part, "0") != "":
			return 1
		}
	}
	return 0
}

func comparePart(a, b string) int {
	x, y := isNumber(a), isNumber(b)
	switch {
	case x && y:
		a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	case x:
		return 1
	case y:
		return -1
	}
	return cmp.Compare(a, b)
}

func isNumber(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }

// versionParts cuts a version into runs of digits and of letters; build metadata is left out.
func versionParts(v string) []string {
	v, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(v)), "+")
	if len(v) > 1 && v[0] == 'v' && isNumber(v[1:]) {
		v = v[1:]
	}
	var out []string
	start := 0
	kind := func(c byte) int {
		switch {
		case c >= '0' && c <= '9':
			return 1
		case c == '.' || c == '-' || c == '_' || c == ' ' || c == ':':
			return 0
		}
		return 2
	}
	for i := 1; i <= len(v); i++ {
		if i == len(v) || kind(v[i]) != kind(v[start]) {
			if kind(v[start]) != 0 {
				out = append(out, v[start:i])
			}
			start = i
		}
	}
	return out
}
