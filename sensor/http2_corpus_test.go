package sensor_test

import (
	"path/filepath"
	"slices"
	"testing"

	"wirecensus/schemas"
)

func isHTTP2(c *schemas.Call) bool { return c.Version == "2" }

// TestHTTP2Corpus holds the calls of captures with clear HTTP/2 against the
// oracle: of those that begin with the preface nearly all requests are found,
// and no path anywhere is wrong.
func TestHTTP2Corpus(t *testing.T) {
	dir, files := corpus(t)
	var found, want, wrong int
	for _, o := range files {
		calls, _ := replay(t, filepath.Join(dir, o.Path), 1) // its error is TestCorpus's
		left := slices.DeleteFunc(slices.Clone(calls), func(c *schemas.Call) bool { return !isHTTP2(c) })
		whole := !slices.Contains(o.Features, "h2_no_preface") && slices.Contains(o.Features, "http2_clear")
		for _, r := range o.Requests {
			if r.Proto != "h2" {
				continue
			}
			i := slices.IndexFunc(left, func(c *schemas.Call) bool { return same(r, c, true) })
			if i < 0 {
				i = slices.IndexFunc(left, func(c *schemas.Call) bool { return same(r, c, false) })
			}
			if whole {
				want++
			}
			if i < 0 {
				t.Logf("%s: missed %s %s %s %d", o.Path, r.Method, r.Host, r.URI, r.status())
				continue
			}
			if whole {
				found++
			}
			left = slices.Delete(left, i, i+1)
		}
		for _, c := range left {
			t.Logf("%s: extra %s %v", o.Path, line(c), c.Anomalies)
			if slices.Contains(c.Flags, "path_unknown") {
				continue
			}
			if o.Promises--; o.Promises < 0 { // the oracle lists no promised requests
				wrong++
			}
		}
	}
	recall := float64(found) / float64(want)
	t.Logf("recall %.4f (%d of %d), %d calls that the oracle does not know", recall, found, want, wrong)
	if recall < 0.99 || wrong > 0 {
		t.Errorf("recall %.4f, want at least 0.99; %d wrong", recall, wrong)
	}
}
