package sensor_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wirecensus/schemas"
	"wirecensus/sensor/capture"
)

// oracleFile is one line of the corpus oracle: what other tools read in a capture.
type oracleFile struct {
	Path     string
	Class    string
	Features []string
	Pairing  string
	Requests []oracleRequest
	Total    int `json:"requests_total"`
	H1       int `json:"http1_requests"`
}

type oracleRequest struct {
	Proto, Method, Host, URI string
	Status                   *int
}

// corpus returns the corpus folder named by WIRECENSUS_CORPUS and its oracle.
func corpus(t *testing.T) (string, []oracleFile) {
	t.Helper()
	dir := os.Getenv("WIRECENSUS_CORPUS")
	if dir == "" {
		t.Skip("WIRECENSUS_CORPUS names no corpus folder")
	}
	f, err := os.Open(filepath.Join(dir, "oracle.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var files []oracleFile
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var o oracleFile
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			t.Fatal(err)
		}
		files = append(files, o)
	}
	return dir, files
}

// TestCorpus replays every capture of the corpus: none may fail but with "not a
// capture", and the HTTP/1 calls must be those that the oracle knows.
func TestCorpus(t *testing.T) {
	dir, files := corpus(t)
	var found, want, right, emitted int
	for _, o := range files {
		calls, err := replay(t, filepath.Join(dir, o.Path), 1)
		var format *capture.FormatError
		if err != nil && !errors.As(err, &format) {
			t.Errorf("%s: %v", o.Path, err)
			continue
		}
		if !scored(o) {
			continue
		}
		f, r := match(o, calls, t)
		found, want = found+f, want+h1(o.Requests)
		right, emitted = right+r, emitted+len(calls)
	}
	recall, precision := float64(found)/float64(want), float64(right)/float64(emitted)
	t.Logf("recall %.4f (%d of %d), precision %.4f (%d of %d)", recall, found, want, precision, right, emitted)
	if recall < 0.98 {
		t.Errorf("recall %.4f, want at least 0.98", recall)
	}
	if precision < 0.995 {
		t.Errorf("precision %.4f, want at least 0.995", precision)
	}
}

// scored reports whether the calls of o can be held against the oracle: clear
// HTTP/1 only, whole request lists only, and no file in which other tools
// disagree about where messages end.
func scored(o oracleFile) bool {
	for _, f := range []string{"tls_decrypted_http1", "fuzz_or_crash_input"} {
		if slices.Contains(o.Features, f) {
			return false
		}
	}
	return o.Class != "http_partial" && o.Total <= len(o.Requests)
}

func h1(rs []oracleRequest) (n int) {
	for _, r := range rs {
		if r.Proto == "h1" {
			n++
		}
	}
	return n
}

// match pairs the oracle's requests with calls: equal status first, then any
// status where the oracle's own pairing is a guess. It returns how many requests
// were found and how many calls were right, which differ in nothing but name.
func match(o oracleFile, calls []*schemas.Call, t *testing.T) (found, right int) {
	left := slices.Clone(calls)
	var missed []oracleRequest
	take := func(r oracleRequest, status bool) bool {
		i := slices.IndexFunc(left, func(c *schemas.Call) bool { return same(r, c, status) })
		if i >= 0 {
			left = slices.Delete(left, i, i+1)
		}
		return i >= 0
	}
	for _, strict := range []bool{true, false} {
		rest := o.Requests
		if !strict {
			rest, missed = missed, nil
		}
		for _, r := range rest {
			switch {
			case r.Proto != "h1":
			case take(r, strict || o.Pairing != "greedy"):
				found++
			default:
				missed = append(missed, r)
			}
		}
	}
	for _, r := range missed {
		status := 0
		if r.Status != nil {
			status = *r.Status
		}
		t.Logf("%s: missed %s %s %s %d", o.Path, r.Method, r.Host, r.URI, status)
	}
	for _, c := range left {
		t.Logf("%s: extra %s %s %s %d %v", o.Path, c.Method, c.Host, c.Path, c.Status, c.Flags)
	}
	return found, len(calls) - len(left)
}

func same(r oracleRequest, c *schemas.Call, status bool) bool {
	method := c.Method
	if c.MethodOriginal != "" {
		method = c.MethodOriginal
	}
	want := 0
	if r.Status != nil {
		want = *r.Status
	}
	return method == r.Method && (!status || c.Status == want) && sameHost(r.Host, c) && samePath(r.URI, c.Path)
}

func sameHost(want string, c *schemas.Call) bool {
	if u, err := url.Parse("//" + want); err == nil {
		want = u.Hostname()
	}
	return want == "" || strings.EqualFold(want, c.Host)
}

// samePath compares the path of a request target with a call's, in which
// segments of a sensitive class are masked and odd bytes are escaped.
func samePath(target, path string) bool {
	if i := strings.Index(target, "://"); i >= 0 && !strings.HasPrefix(target, "/") {
		target = target[i+3:]
		if i = strings.IndexByte(target, '/'); i >= 0 {
			target = target[i:]
		} else {
			target = "/"
		}
	}
	target, _, _ = strings.Cut(target, "?")
	target, _, _ = strings.Cut(target, "#")
	if len(target) > 1024 {
		return strings.HasPrefix(path, target[:64]) || strings.Contains(path, "{")
	}
	a, b := strings.Split(target, "/"), strings.Split(path, "/")
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if x, err := url.PathUnescape(b[i]); a[i] != b[i] && !strings.HasPrefix(b[i], "{") && (err != nil || x != a[i]) {
			return false
		}
	}
	return true
}
