package risk

import (
	"strconv"
	"strings"
)

// familyKey names the versions of one operation: everything but the version.
type familyKey struct{ service, method, shape string }

// versionOf splits a template with a version segment (/v1/…, /api/v2/…) into its
// family and its version. Parameter names do not count: two versions name them
// as they please.
func versionOf(e *entry) (familyKey, int, bool) {
	segments := strings.Split(e.Template, "/")
	version := 0
	for i, s := range segments {
		switch n, ok := versionSegment(s); {
		case ok && version == 0:
			version, segments[i] = n, "{version}"
		case strings.HasPrefix(s, "{") && strings.HasSuffix(s, "}"):
			segments[i] = "{}"
		}
	}
	// A bare version root has no resource whose successor could be named.
	if version == 0 || len(segments) < 3 {
		return familyKey{}, 0, false
	}
	return familyKey{e.Service, e.Method, strings.Join(segments, "/")}, version, true
}

// versionSegment reads v1, V2, v3.1; the part after the point does not order
// incompatible versions and is dropped.
func versionSegment(s string) (int, bool) {
	if len(s) < 2 || len(s) > 6 || s[0] != 'v' && s[0] != 'V' {
		return 0, false
	}
	major, _, _ := strings.Cut(s[1:], ".")
	n, err := strconv.Atoi(major)
	return n, err == nil && n > 0
}

// successor returns the entry of the highest later version of e's family that is
// successful, nil when there is none.
func (w *world) successor(e *entry) *entry {
	family, version, ok := versionOf(e)
	if !ok {
		return nil
	}
	var best *entry
	for _, other := range w.families[family] {
		if _, v, _ := versionOf(other); v > version && other.op.Success > 0 {
			best, version = other, v
		}
	}
	return best
}
