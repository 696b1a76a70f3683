package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/inventory/api"
	"wirecensus/schemas"
)

// demo is what make demo does, with its truth.
func demo(t *testing.T) (*synth.Truth, result) {
	t.Helper()
	if testing.Short() {
		t.Skip("replays much traffic")
	}
	c := synth.Company(synth.Options{Seed: 1, Days: 21, Trouble: synth.Moderate(), Beyond: true})
	path := writeCapture(t, c, "demo.pcapng")
	r := runReplay(t, nil, "--spec", writeSpecs(t), path)
	if r.status != 0 {
		t.Fatalf("status %d\n%s", r.status, r.stderr)
	}
	return c.Truth, r
}

func decode[T any](t *testing.T, r result, name string) (v T) {
	t.Helper()
	if err := json.Unmarshal(r.files[name], &v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

// parameter is one parameter of a template: its name is a matter of taste where
// no document gives it.
var parameter = regexp.MustCompile(`\{[^}]*\}`)

// place is an endpoint by service, method and template, without the parameters' names.
func place(service, method, template string) string {
	return service + " " + method + " " + parameter.ReplaceAllString(template, "{}")
}

// expected is what endpoints.json should say of the generator's truth.
func expected(truth *synth.Truth) map[string]synth.Endpoint {
	out := map[string]synth.Endpoint{}
	for _, e := range truth.Endpoints {
		switch e.Verdict {
		case "static", "fallback", "probed": // no endpoints
		default:
			out[place(e.Service, e.Method, e.Template)] = e
		}
	}
	return out
}

// verdictOf is the status of a truth's verdict. A declared health check is an
// endpoint like another; its class says what it is.
func verdictOf(e synth.Endpoint) string {
	if e.Verdict == "health" {
		return "documented"
	}
	return e.Verdict
}

// TestDemoEndpoints holds the demo's endpoints.json against what the generator
// did: the same endpoints, the same verdicts, counts as far as the mirror's losses allow.
func TestDemoEndpoints(t *testing.T) {
	truth, r := demo(t)
	want := expected(truth)
	for _, e := range decode[[]api.Endpoint](t, r, "endpoints.json") {
		key := place(e.Service, e.Method, e.Template)
		w, ok := want[key]
		delete(want, key)
		switch {
		case !ok:
			t.Errorf("no endpoint: %s (%s, %d calls): %v", key, e.Status, e.Calls, e.Why)
			continue
		case e.Status != verdictOf(w):
			t.Errorf("%s: status %s, want %s: %v", key, e.Status, verdictOf(w), e.Why)
		case w.Verdict == "health" && e.Class != "health":
			t.Errorf("%s: class %s, want health", key, e.Class)
		case int(e.Calls) > w.Calls+probesOf(truth, w) || float64(e.Calls) < 0.95*float64(w.Calls):
			t.Errorf("%s: %d calls, want about %d", key, e.Calls, w.Calls)
		}
		if len(e.Why) == 0 || e.Confidence <= 0 || e.Confidence > 1 {
			t.Errorf("%s: why %q, confidence %v", key, e.Why, e.Confidence)
		}
		if named := parameter.MatchString(e.Template) && e.Declared != ""; named && e.Template != w.Template {
			t.Errorf("%s: template %s, declared %s", key, e.Template, w.Template)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		t.Errorf("missing: %s (%s, %d calls)", key, want[key].Verdict, want[key].Calls)
	}
}

// probesOf counts the calls of scanners whose paths have the form of an endpoint's: to a server and to an observer
// they are calls of it.
func probesOf(truth *synth.Truth, e synth.Endpoint) (n int) {
	form := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(parameter.ReplaceAllString(e.Template, "\x00")), "\x00", "[^/]+") + "$")
	for _, c := range truth.Calls {
		if c.Template == "{probe}" && c.Host == e.Service && c.Method == e.Method && form.MatchString(c.Path) {
			n++
		}
	}
	return n
}

// beyond are the differences from the declared documents that nobody planted but
// that the traffic has.
var beyond = map[string]string{
	"api.brisa.example GET /v2/products/{}: undeclared-media-type response 404 text/plain": "the proxy's own answer to a scanner's path below it",
}

// TestDemoDrift holds the drift of every endpoint against what was planted.
func TestDemoDrift(t *testing.T) {
	truth, r := demo(t)
	type found struct{ got, want int }
	all := map[string]*found{}
	at := func(key string) *found {
		if all[key] == nil {
			all[key] = &found{}
		}
		return all[key]
	}
	for _, e := range truth.Endpoints {
		for _, d := range e.Drift {
			field := strings.TrimPrefix(strings.TrimPrefix(d.At, "$"), ".")
			at(strings.TrimSpace(fmt.Sprintf("%s: %s %s %s", place(e.Service, e.Method, e.Template), d.Kind, d.In, field))).want = d.Calls
		}
	}
	for _, e := range decode[[]api.Endpoint](t, r, "endpoints.json") {
		for _, d := range e.Drift {
			at(strings.TrimSpace(fmt.Sprintf("%s: %s %s %s", place(e.Service, e.Method, e.Template), d.Kind, d.In, d.At))).got = int(d.Calls)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		f := all[key]
		t.Logf("%4d of %4d  %s", f.got, f.want, key)
		switch {
		case f.want == 0 && beyond[key] == "":
			t.Errorf("false: %s in %d calls", key, f.got)
		case f.want > 0 && f.got == 0:
			t.Errorf("missed: %s in %d calls", key, f.want)
		case f.want > 0 && (float64(f.got) < 0.95*float64(f.want)-1 || float64(f.got) > 1.02*float64(f.want)+1) && !perItem(key):
			t.Errorf("%s: %d calls, want about %d", key, f.got, f.want)
		}
	}
}

// perItem says that a difference is counted by element of a list, not by call.
func perItem(key string) bool { return strings.Contains(key, "[]") }

// TestDemoFindings: the leaks and the zombies that the generator planted are
// found, and every serious finding is about one of them.
func TestDemoFindings(t *testing.T) {
	truth, r := demo(t)
	findings := decode[[]schemas.Finding](t, r, "findings.json")
	has := func(rule string, e synth.Endpoint) bool {
		return slices.ContainsFunc(findings, func(f schemas.Finding) bool {
			return f.Rule == rule && f.Service == e.Service && f.Method == e.Method && f.Template == e.Template && len(f.Evidence) > 0 && f.Remediation != ""
		})
	}
	planted := map[string]bool{}
	for _, e := range truth.Endpoints {
		rules := map[string][]string{"zombie": {"zombie-endpoint"}, "shadow": {"shadow-endpoint"}}[e.Verdict]
		if strings.Contains(e.Note, "without a credential") {
			rules = append(rules, "unauthenticated-sensitive")
		}
		planted[place(e.Service, e.Method, e.Template)] = len(rules) > 0
		for _, rule := range rules {
			if !has(rule, e) {
				t.Errorf("no %s about %s %s on %s", rule, e.Method, e.Template, e.Service)
			}
		}
	}
	for _, f := range findings {
		if (f.Severity == "critical" || f.Severity == "high") && !planted[place(f.Service, f.Method, f.Template)] {
			t.Errorf("%s %s: %s %s on %s: %v", f.Severity, f.Rule, f.Method, f.Template, f.Service, f.Evidence)
		}
	}
}

// TestDemoCoverage: every service is there and none is degraded by the little
// that the mirror lost; what TLS hides is named.
func TestDemoCoverage(t *testing.T) {
	if testing.Short() {
		t.Skip("replays much traffic")
	}
	c := synth.Company(synth.Options{Seed: 1, Days: 21, Trouble: synth.Moderate(), Beyond: true})
	r := runReplay(t, nil, "--json", "--spec", writeSpecs(t), writeCapture(t, c, "demo.pcapng"))
	var s summaryJSON
	if err := json.Unmarshal([]byte(r.stdout), &s); err != nil {
		t.Fatal(err)
	}
	want := slices.Clone(c.Truth.Services)
	slices.SortFunc(want, func(a, b synth.Service) int { return cmp.Compare(a.Host, b.Host) })
	if len(s.Services) != len(want) {
		t.Fatalf("%d services, want %d", len(s.Services), len(want))
	}
	for i, w := range want {
		got := s.Services[i]
		if got.Name != w.Host || got.Coverage != "ok" || (w.Declared != "") != (len(got.Declared) > 0) {
			t.Errorf("service %+v, want %+v", got, w)
		}
	}
	if n, truth := s.Coverage.Calls, c.Truth.Summary.RequestHeads; float64(n) < 0.99*float64(truth) || n > c.Truth.Summary.Calls {
		t.Errorf("%d calls, %d request heads were captured whole, of %d", n, truth, c.Truth.Summary.Calls)
	}
	for name, n := range c.Truth.Hidden {
		if h := s.Coverage.TLS[name]; float64(h.Connections) < 0.9*float64(n) || int(h.Connections) > n {
			t.Errorf("%d TLS connections to %s, want about %d", h.Connections, name, n)
		}
	}
	if s.Coverage.Frames != c.Truth.Frames || s.Coverage.GapBytes > 2*c.Truth.LostBytes {
		t.Errorf("%d frames of %d, %d bytes missing, %d were lost", s.Coverage.Frames, c.Truth.Frames, s.Coverage.GapBytes, c.Truth.LostBytes)
	}
}

// TestDemoOperations holds the operations of the demo's apps against what the generator asked for: which of them
// there are, and how often, as far as the mirror's losses allow.
func TestDemoOperations(t *testing.T) {
	truth, r := demo(t)
	found := map[string]api.Endpoint{}
	for _, e := range decode[[]api.Endpoint](t, r, "endpoints.json") {
		found[place(e.Service, e.Method, e.Template)] = e
	}
	protocols := map[string]bool{}
	for _, want := range truth.Endpoints {
		if want.Protocol == "" {
			continue
		}
		protocols[want.Protocol] = true
		e, ok := found[place(want.Service, want.Method, want.Template)]
		if !ok || float64(e.Calls) < 0.95*float64(want.Calls)-1 {
			t.Errorf("%s %s: %d calls, want %d", want.Method, want.Template, e.Calls, want.Calls)
			continue
		}
		if e.Protocol != want.Protocol || len(e.Operations) != len(want.Operations) {
			t.Errorf("%s %s: %s with %d operations, want %s with %d", want.Method, want.Template, e.Protocol, len(e.Operations), want.Protocol, len(want.Operations))
		}
		for _, o := range want.Operations {
			i := slices.IndexFunc(e.Operations, func(a api.Operation) bool { return a.Kind == o.Kind && a.Name == o.Name })
			if i < 0 || float64(e.Operations[i].Calls) < 0.95*float64(o.Calls)-1 || e.Operations[i].Calls > uint64(o.Calls) {
				t.Errorf("%s %s: %s %s: %+v, want %d calls", want.Method, want.Template, o.Kind, o.Name, e.Operations, o.Calls)
			}
		}
	}
	if len(protocols) != 5 {
		t.Errorf("the demo has %v", protocols)
	}
}

// TestDemoIsDecrypted: all that the capture's own secrets open is read, as calls of HTTP in TLS.
func TestDemoIsDecrypted(t *testing.T) {
	truth, r := demo(t)
	connections := map[string]bool{}
	for _, c := range truth.Calls {
		if c.Host == "ledger.brisa.example" {
			connections[c.Client] = true
		}
	}
	c, left := decode[schemas.Coverage](t, r, "coverage.json"), uint64(0)
	if h := c.TLS["ledger.brisa.example"]; h != nil {
		left = h.Connections
	}
	if n := c.Decrypted; float64(n) < 0.95*float64(len(connections)) || int(n) > len(connections) || left > 2 {
		t.Errorf("%d connections decrypted of %d, %d were not", n, len(connections), left)
	}
	if n := c.Evicted["tls-waiting"]; n > 0 {
		t.Errorf("%d connections nobody has secrets for count as lost at a limit", n)
	}
	if doc := string(r.files["openapi/ledger.brisa.example.yaml"]); !strings.Contains(doc, "- url: https://ledger.brisa.example\n") {
		t.Errorf("the document is not of https:\n%s", doc)
	}
}
