package sensor_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"wirecensus/schemas"
	"wirecensus/sensor/capture"
)

func isHTTP2(c *schemas.Call) bool { return c.Version == "2" }

// replayKeys is replay with the secrets that the oracle names; its error is TestCorpus's.
func replayKeys(t *testing.T, dir string, o oracleFile) (calls []*schemas.Call) {
	if o.Keylog == "" || o.Keylog == "embedded_dsb" {
		calls, _ = replay(t, filepath.Join(dir, o.Path), 1)
		return calls
	}
	src, err := capture.OpenFiles([]string{filepath.Join(dir, o.Path)}, os.Stdin)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	calls, _ = decryptFrom(t, src, keysIn(t, filepath.Join(dir, o.Keylog)), 1)
	return calls
}

// score is how many requests the oracle knows, and how many of them were found.
type score struct{ found, want int }

// TestHTTP2Corpus holds the calls of captures with HTTP/2, clear or with secrets, against the
// oracle: of those that begin with the preface nearly all requests are found, and no path
// anywhere is wrong. The captures of today's corpus that have secrets hold no HTTP/2 over TCP.
func TestHTTP2Corpus(t *testing.T) {
	dir, files := corpus(t)
	var clear, decrypted, midstream score
	var wrong, keyed int
	for _, o := range files {
		into := &clear
		switch {
		case slices.Contains(o.Features, "h2_no_preface"):
			into = &midstream
		case o.Keylog != "":
			into = &decrypted
			keyed++
		}
		left := slices.DeleteFunc(replayKeys(t, dir, o), func(c *schemas.Call) bool { return !isHTTP2(c) })
		for _, r := range o.Requests {
			if r.Proto != "h2" {
				continue
			}
			i := slices.IndexFunc(left, func(c *schemas.Call) bool { return same(r, c, true) })
			if i < 0 {
				i = slices.IndexFunc(left, func(c *schemas.Call) bool { return same(r, c, false) })
			}
			into.want++
			if i < 0 {
				t.Logf("%s: missed %s %s %s %d", o.Path, r.Method, r.Host, r.URI, r.status())
				continue
			}
			into.found++
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
	t.Logf("clear %d of %d, decrypted %d of %d in %d captures with secrets, joined in the middle %d of %d, %d calls that the oracle does not know",
		clear.found, clear.want, decrypted.found, decrypted.want, keyed, midstream.found, midstream.want, wrong)
	found, want := clear.found+decrypted.found, clear.want+decrypted.want
	if recall := float64(found) / float64(want); recall < 0.99 || wrong > 0 {
		t.Errorf("recall %.4f, want at least 0.99; %d wrong", recall, wrong)
	}
}
