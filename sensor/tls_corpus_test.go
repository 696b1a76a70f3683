package sensor_test

import (
	"cmp"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wirecensus/schemas"
	"wirecensus/sensor"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/publish"
	"wirecensus/sensor/tls"
)

// keysIn returns the secrets of a key log.
func keysIn(t testing.TB, path string) *tls.Keys {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	keys := tls.NewKeys(false, 0)
	log := tls.NewLog(keys, tls.Always)
	if _, err := io.Copy(log, f); err != nil {
		t.Fatal(err)
	}
	log.Flush()
	return keys
}

// unread are the ciphers that are not read, and captures of SSL 3.0, which is not TLS.
var unread = []string{"CAMELLIA", "SEED", "IDEA", "EXPORT", "RC2", "pcaps/ssl-2.cap", "dump-broken.pcapng"}

// TestTLSCorpus decrypts the captures of the corpus for which there are secrets and holds the
// requests of HTTP/1 in them against the oracle.
func TestTLSCorpus(t *testing.T) {
	dir, files := corpus(t)
	var found, want, captures int
	for _, o := range files {
		if o.Keylog == "" || h1(o.Requests) == 0 || slices.ContainsFunc(unread, func(s string) bool { return strings.Contains(o.Path, s) }) {
			continue
		}
		captures++
		src, err := capture.OpenFiles([]string{filepath.Join(dir, o.Path)}, os.Stdin)
		if err != nil {
			t.Fatal(err)
		}
		var keys *tls.Keys
		if o.Keylog != "embedded_dsb" {
			keys = keysIn(t, filepath.Join(dir, o.Keylog))
		}
		var calls []*schemas.Call
		cov, err := sensor.Run(t.Context(), sensor.Config{Source: src, Keys: keys, Sink: func(int) publish.Sink {
			return publish.Func(func(c *schemas.Call) { calls = append(calls, c) })
		}})
		if err != nil {
			t.Fatal(err)
		}
		src.Close()
		slices.SortFunc(calls, func(a, b *schemas.Call) int { return cmp.Compare(a.Time, b.Time) })
		f, r := match(o, calls, t)
		found, want = found+f, want+h1(o.Requests)
		if f != h1(o.Requests) || r != len(calls) {
			t.Logf("%s: %d of %d requests, %d of %d calls right, decrypted %d connections, %d records, %d failed, opaque %v", o.Path, f, h1(o.Requests), r, len(calls),
				cov.Decrypted, cov.DecryptedRecords, cov.DecryptedFailures, cov.Opaque)
		}
	}
	t.Logf("%d of %d requests in %d captures", found, want, captures)
	if found != want {
		t.Errorf("%d requests were not found", want-found)
	}
}
