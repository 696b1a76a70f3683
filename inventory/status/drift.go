package status

import (
	"cmp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"wirecensus/inventory/api"
	"wirecensus/inventory/catalog"
	"wirecensus/specgen/openapi"
)

const (
	maxDrift      = 100
	maxDriftDepth = 12
)

// differ gathers the differences between an operation and what was observed of it.
type differ struct {
	op  *openapi.Operation
	e   *catalog.Endpoint
	out []api.Drift
}

// drift lists the differences, those that break clients first, then by prevalence.
// There are none from a document by example.
func drift(op *openapi.Operation, e *catalog.Endpoint) []api.Drift {
	if op.Document.ByExample() {
		return nil
	}
	d := differ{op: op, e: e}
	d.auth()
	d.params()
	d.request()
	d.responses()
	slices.SortStableFunc(d.out, func(a, b api.Drift) int {
		if a.Breaking != b.Breaking {
			if a.Breaking {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(share(b), share(a)), cmp.Compare(b.Of, a.Of), cmp.Compare(a.In, b.In), cmp.Compare(a.At, b.At), cmp.Compare(a.Kind, b.Kind))
	})
	return d.out[:min(len(d.out), maxDrift)]
}

func share(d api.Drift) float64 { return float64(d.Calls) / float64(max(d.Of, 1)) }

func (d *differ) add(kind, in, at, detail string, calls, of uint64, breaking bool) {
	d.out = append(d.out, api.Drift{Kind: kind, In: in, At: at, Detail: detail, Calls: calls, Of: of, Breaking: breaking})
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// params compares the inputs beside the body.
func (d *differ) params() {
	op := d.e.Op
	if op.Accepted == 0 {
		return
	}
	for _, name := range sortedKeys(op.Query) {
		p := op.Query[name]
		declared := d.queryParam(name)
		switch {
		case declared == nil && !d.credential("query", name) && !openapi.Ambient(name):
			d.add("undeclared-parameter", "query", name, "query parameter "+quote(name)+" in "+of(p.Calls, op.Accepted, "call")+" is not declared", p.Calls, op.Accepted, false)
		case declared != nil && declared.Name == name:
			d.text(declared.Schema, p, "query", name)
		}
	}
	for _, p := range d.op.Params {
		if !p.Required || p.In == "path" {
			continue
		}
		calls := op.Accepted - min(op.Accepted, d.having(p))
		if calls > 0 && !standard(p) && !d.credential(p.In, p.Name) {
			d.add("missing-required-parameter", p.In, p.Name, "required "+p.In+" parameter "+quote(p.Name)+" absent in "+of(calls, op.Accepted, "call"), calls, op.Accepted, false)
		}
	}
}

// standard fields are not captured as parameters.
func standard(p openapi.Param) bool {
	if p.In != "header" {
		return false
	}
	switch strings.ToLower(p.Name) {
	case "accept", "content-type", "authorization", "accept-language", "accept-encoding", "user-agent", "host", "content-length", "cookie":
		return true
	}
	return false
}

// queryParam finds a declared query parameter: a[b] and a[] also stand for a.
func (d *differ) queryParam(name string) *openapi.Param {
	if p := d.op.Param("query", name); p != nil {
		return p
	}
	bare, _, more := strings.Cut(name, "[")
	if more {
		if p := d.op.Param("query", bare); p != nil {
			return p
		}
		return d.op.Param("query", bare+"[]")
	}
	return d.op.Param("query", name+"[]")
}

// having counts the accepted calls that had a parameter in any form.
func (d *differ) having(p openapi.Param) (calls uint64) {
	op := d.e.Op
	switch p.In {
	case "header":
		for name, q := range op.Headers {
			if strings.EqualFold(name, p.Name) {
				calls = max(calls, q.Calls)
			}
		}
	case "cookie":
		if q := op.Cookies[p.Name]; q != nil {
			calls = q.Calls
		}
	case "query":
		bare := strings.TrimSuffix(p.Name, "[]")
		for name, q := range op.Query {
			if cut, _, _ := strings.Cut(name, "["); name == p.Name || cut == bare {
				calls = max(calls, q.Calls)
			}
		}
	}
	return calls
}

// credential says whether a parameter carries a credential, declared or observed.
func (d *differ) credential(in, name string) bool {
	for k := range d.e.Op.Auth {
		if k.In == in && strings.EqualFold(k.Name, name) {
			return true
		}
	}
	for _, alt := range d.op.Security {
		for _, s := range alt {
			if s.Type == "apiKey" && s.In == in && strings.EqualFold(s.Field, name) {
				return true
			}
		}
	}
	return false
}

// request compares the bodies of accepted calls.
func (d *differ) request() {
	op := d.e.Op
	var with uint64
	for _, t := range sortedKeys(op.Requests) {
		b := op.Requests[t]
		if t == "" {
			continue
		}
		with += b.Calls
		if d.op.Request == nil {
			d.add("undeclared-body", "request", t, "a body in "+of(b.Calls, op.Accepted, "call")+"; none is declared", b.Calls, op.Accepted, false)
			continue
		}
		m := media(d.op.Request.Types, t)
		if m == nil {
			d.add("undeclared-media-type", "request", t, "media type "+t+" in "+of(b.Calls, op.Accepted, "call")+" is not declared", b.Calls, op.Accepted, false)
			continue
		}
		c := comparer{d: d, in: "request", form: formType(t)}
		c.compare(m.Schema, b.Shape, "", 0)
	}
	if r := d.op.Request; r != nil && r.Required && with < op.Accepted {
		n := op.Accepted - with
		d.add("missing-required-body", "request", "", "no body in "+of(n, op.Accepted, "call")+", though it is required", n, op.Accepted, false)
	}
}

func formType(t string) bool {
	return t == "application/x-www-form-urlencoded" || t == "multipart/form-data"
}

// responses compares the answers by status.
func (d *differ) responses() {
	op := d.e.Op
	var codes []int
	for code := range op.Statuses {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	for _, code := range codes {
		// 304 follows from the caller's validators (RFC 9110, Section 15.4.5), 1xx
		// are not final.
		if code < 200 || code == 304 {
			continue
		}
		declared := d.op.Response(code)
		in := "response " + strconv.Itoa(code)
		if declared == nil {
			n := op.Statuses[code]
			d.add("undeclared-status", in, "", "status "+strconv.Itoa(code)+" in "+of(n, op.Calls, "call")+" is not declared", n, op.Calls, code < 400)
			continue
		}
		if r := op.Responses[code]; r != nil && d.e.Method != "HEAD" {
			d.answers(declared, r, in, code < 400)
		}
	}
}

func (d *differ) answers(declared *openapi.Response, r *catalog.Response, in string, success bool) {
	for _, t := range sortedKeys(r.Types) {
		b := r.Types[t]
		switch m := media(declared.Types, t); {
		case t == "":
			if len(declared.Types) > 0 && success {
				d.add("missing-content", in, "", "no content in "+of(b.Calls, r.Calls, "answer")+", though some is declared", b.Calls, r.Calls, true)
			}
		case m == nil:
			d.add("undeclared-media-type", in, t, "media type "+t+" in "+of(b.Calls, r.Calls, "answer")+" is not declared", b.Calls, r.Calls, success)
		default:
			c := comparer{d: d, in: in, answer: true}
			c.compare(m.Schema, b.Shape, "", 0)
		}
	}
}

// media finds the declared content of a media type, ranges among them.
func media(types []openapi.Media, t string) *openapi.Media {
	var ranged *openapi.Media
	kind, _, _ := strings.Cut(t, "/")
	for i := range types {
		switch types[i].Type {
		case t:
			return &types[i]
		case kind + "/*", "*/*":
			ranged = &types[i]
		}
	}
	return ranged
}

func of(n, all uint64, noun string) string { return percent(n, all) + " of " + count(all, noun) }

// quote writes an observed name in a sentence.
func quote(name string) string {
	s := strconv.QuoteToGraphic(name)
	return "`" + s[1:len(s)-1] + "`"
}
