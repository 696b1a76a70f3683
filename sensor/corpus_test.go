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
	Keylog   string
	Requests []oracleRequest
	Total    int `json:"requests_total"`
	H1       int `json:"http1_requests"`
	Promises int `json:"http2_push_promises"`
}

type oracleRequest struct {
	Proto, Method, Host, URI string
	Status                   *int
	Truncated                bool `json:"uri_truncated"`
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

// difference is a request that the oracle reads otherwise and wrongly, or that is
// not for us to read. It does not count.
type difference struct{ path, request, why string } // request "" is all of the file

var differences = []difference{
	{"libpcap/tests/filter/arcnet-rfc1051-arp-icmp-http.pcap", "", "ARCNET is out of scope"},
	{"tcpdump/tests/arcnet-rfc1201-arp-icmp-http.pcap", "", "ARCNET is out of scope"},
	{"libpcap/tests/filter/AH-IPcomp-IPv4.pcap", "", "IPComp is out of scope"},
	{"filesamples/simple_http_tzsp.pcapng", "", "TZSP on a port of its own is out of scope"},
	{"vxlan-overlapping-http-get.pcap", "", "the same addresses in two VXLANs are two connections; the oracle sees retransmissions"},
	{"tests/http-multiple-cl/input.pcap", "POST /bad.php", "differing Content-Length: which of them rules is unknown, and this request is inside content for one of them"},
	{"261/variant-02-cl_uint64max.pcap", "GET /smuggled-cl-uint64max", "an impossible Content-Length: what follows may be content"},
	{"pcap/CVE-2018-6794.pcap", "", "the response was sent before its request: nobody can say that it answers it"},
	{"http/http-09-content-length-confusion.pcap", "", "the response was sent before its request"},
	{"pcap/mpeg-dash.pcap", "GET /livesim/sts_1652783809/sid_40c11e12/chunkdur_1/ato_7/testpic4_8s/V2400/206598098.m4s", "the response came before this request, and answers one before the capture"},
	{"http-evader-467/input.pcap", "", "2xx is no status"},
	{"http1-noint-status/input.pcap", "", "2XX is no status"},
	{"http-evader-472/input.pcap", "", "0200 is 200 to browsers, not 20"},
	{"http-evader-474/input.pcap", "", "HTAB 200 is 200, not 20"},
	{"http-evader-489/input.pcap", "", "clients pass over CR before a status-line"},
	{"http-evader-495/input.pcap", "", "clients pass over LF CR before a status-line"},
	{"http-evader-425/input.pcap", "", "the status-line is whole, though the head ends with the connection"},
	{"tests/http-close-headers/input.pcap", "", "the status-line is whole, though the head ends with the connection"},
	{"unidirectional_tcp_stream_with_missing_packet.pcap", "", "the heads of two requests were captured, the oracle has one"},
	{"tests/http2-deflate-case/input.pcap", "GET /", "an upgrade to h2c: its request is answered on stream 1 (RFC 7540, Section 3.2), the oracle has the 101 before"},
	{"tests/http2-range/http2-range.pcap", "GET /eicar", "an upgrade to h2c, likewise"},
	{"tests/transform-dotprefix-uaf-8537/input.pcap", "", "a Host of 4,000 bytes names no service"},
}

// excused reports whether a request of the file is in the table of differences.
func excused(file, method, target string) bool {
	return slices.ContainsFunc(differences, func(d difference) bool {
		return strings.HasSuffix(file, d.path) && (d.request == "" || d.request == method+" "+target)
	})
}

// without leaves the excused requests and calls out, and calls that stand for messages, which are no requests.
func without(o *oracleFile, calls []*schemas.Call) []*schemas.Call {
	o.Requests = slices.DeleteFunc(o.Requests, func(r oracleRequest) bool { return excused(o.Path, r.Method, r.URI) })
	return slices.DeleteFunc(calls, func(c *schemas.Call) bool {
		return slices.Contains(c.Flags, "continued") || excused(o.Path, c.Method, c.Path)
	})
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
		calls = slices.DeleteFunc(without(&o, calls), isHTTP2) // see TestHTTP2Corpus
		f, r := match(o, calls, t)
		found, want = found+f, want+h1(o.Requests)
		right, emitted = right+r, emitted+len(calls)
	}
	recall, precision := float64(found)/float64(want), float64(right)/float64(emitted)
	t.Logf("recall %.4f (%d of %d), precision %.4f (%d of %d)", recall, found, want, precision, right, emitted)
	if recall < 0.99 {
		t.Errorf("recall %.4f, want at least 0.99", recall)
	}
	if precision < 0.999 {
		t.Errorf("precision %.4f, want at least 0.999", precision)
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
		t.Logf("%s: missed %s %s %s %d", o.Path, r.Method, r.Host, r.URI, r.status())
		for _, c := range left {
			if o.Pairing != "greedy" && c.Status != 0 && same(r, c, false) {
				t.Errorf("%s: %s %s has status %d, the oracle says %d", o.Path, r.Method, r.URI, c.Status, r.status())
			}
		}
	}
	for _, c := range left {
		t.Logf("%s: extra %s %s %s %d %v", o.Path, c.Method, c.Host, c.Path, c.Status, c.Flags)
	}
	return found, len(calls) - len(left)
}

// status returns the status of the response, 0 when there is none.
func (r *oracleRequest) status() int {
	if r.Status == nil {
		return 0
	}
	return *r.Status
}

func same(r oracleRequest, c *schemas.Call, status bool) bool {
	method := c.Method
	if c.MethodOriginal != "" {
		method = c.MethodOriginal
	}
	return method == r.Method && (!status || c.Status == r.status()) && sameHost(r, c) && samePath(r.URI, c.Path, r.Truncated)
}

// sameHost compares hosts; the authority of a target comes before the Host that
// the oracle gives.
func sameHost(r oracleRequest, c *schemas.Call) bool {
	want := r.Host
	if r.Method == "CONNECT" && !strings.HasPrefix(r.URI, "/") {
		want = r.URI
	}
	if u, err := url.Parse("//" + want); err == nil {
		want = u.Hostname()
	}
	return want == "" || strings.EqualFold(want, c.Host)
}

// samePath compares the path of a request target, of which cut says that the end
// is missing, with a call's, in which values of a sensitive class are masked and
// odd bytes are escaped.
func samePath(target, path string, cut bool) bool {
	if i := strings.Index(target, "://"); i >= 0 && !strings.HasPrefix(target, "/") {
		target = target[i+3:]
		if i = strings.IndexByte(target, '/'); i >= 0 {
			target = target[i:]
		} else {
			target = "/"
		}
	}
	target, _, query := strings.Cut(target, "?")
	target, _, fragment := strings.Cut(target, "#")
	cut = cut && !query && !fragment
	a, b := strings.Split(target, "/"), strings.Split(path, "/")
	if len(a) != len(b) && !(cut && len(a) < len(b)) {
		return false
	}
	for i := range a {
		if !sameSegment(a[i], b[i], cut && i == len(a)-1) {
			return false
		}
	}
	return true
}

// sameSegment compares a segment as sent, or only its beginning, with one of a call.
func sameSegment(sent, segment string, cut bool) bool {
	if sent == segment {
		return true
	}
	first := true
	for segment != "" {
		literal, rest, masked := strings.Cut(segment, "{")
		if masked {
			_, rest, _ = strings.Cut(rest, "}")
		}
		at := 0
		if !strings.HasPrefix(sent, literal) {
			x, err := url.PathUnescape(literal)
			if y, e := url.PathUnescape(sent); err != nil || e != nil {
				return false
			} else if literal, sent = x, y; cut && strings.HasPrefix(literal, sent) {
				return true
			}
			if at = strings.Index(sent, literal); at < 0 || first && at > 0 {
				return false
			}
		}
		sent, segment, first = sent[at+len(literal):], rest, false
		if masked && segment == "" {
			return true
		}
	}
	return sent == ""
}
