package specgen

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"wirecensus/inventory/catalog"
	"wirecensus/schemas"
	"wirecensus/schemas/shape"
)

// call is one observed exchange of a transcript.
type call struct {
	method, template string
	params           map[string]string
	status           int
	query, headers   []string // name=value
	cookies, answer  []string
	auth             []catalog.AuthKey
	reqType, req     string
	resType, res     string
	times            int
}

// readTranscript reads testdata/*.txt:
//
//	service api.example.com https
//	*6 POST /users/{userId} userId=17 ?limit=10 auth=bearer h:x-trace=abc c:theme=dark
//	> application/json {"name":"Ann"}
//	< 201 application/json {"id":1}
//	<h location=/users/1
//
// A # starts a comment. After a line "words" the words in bodies are known.
func readTranscript(t testing.TB, path string) (svc *catalog.Service, calls []call) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	svc = &catalog.Service{}
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		line := strings.TrimSpace(sc.Text())
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case word == "service":
			f := strings.Fields(rest)
			svc.Name, svc.Schemes = f[0], f[1:]
			svc.Host, _, _ = strings.Cut(f[0], ":")
		case word == "words":
			svc.Words = map[uint64]string{}
		case word == ">":
			c := &calls[len(calls)-1]
			c.reqType, c.req, _ = strings.Cut(rest, " ")
		case word == "<":
			c := &calls[len(calls)-1]
			code, rest, _ := strings.Cut(rest, " ")
			c.status, _ = strconv.Atoi(code)
			c.resType, c.res, _ = strings.Cut(rest, " ")
		case word == "<h":
			c := &calls[len(calls)-1]
			c.answer = append(c.answer, rest)
		default:
			calls = append(calls, parseCall(t, line))
		}
	}
	return svc, calls
}

func parseCall(t testing.TB, line string) call {
	c := call{times: 1, params: map[string]string{}}
	fields := strings.Fields(line)
	if n, ok := strings.CutPrefix(fields[0], "*"); ok {
		c.times, _ = strconv.Atoi(n)
		fields = fields[1:]
	}
	c.method, c.template = fields[0], fields[1]
	for _, f := range fields[2:] {
		k, v, _ := strings.Cut(f, "=")
		switch {
		case k == "auth":
			c.auth = append(c.auth, authKey(t, v))
		case strings.HasPrefix(k, "?"):
			c.query = append(c.query, f[1:])
		case strings.HasPrefix(k, "h:"):
			c.headers = append(c.headers, f[2:])
		case strings.HasPrefix(k, "c:"):
			c.cookies = append(c.cookies, f[2:])
		default:
			c.params[k] = v
		}
	}
	return c
}

func authKey(t testing.TB, s string) catalog.AuthKey {
	switch scheme, place, _ := strings.Cut(s, ":"); scheme {
	case "basic", "bearer", "jwt":
		return catalog.AuthKey{Scheme: scheme, In: "header", Name: "authorization"}
	case "api-key", "cookie":
		in, name, _ := strings.Cut(place, ":")
		return catalog.AuthKey{Scheme: scheme, In: in, Name: name}
	}
	t.Fatalf("unknown credential %q", s)
	return catalog.AuthKey{}
}

// fold adds calls to a service the way the catalog does.
func fold(svc *catalog.Service, calls []call) *catalog.Service {
	out := *svc
	byPlace := map[string]*catalog.Endpoint{}
	start := schemas.Time(1_700_000_000_000_000_000)
	scan := shape.NewScanner(nil)
	if svc.Words != nil {
		scan = shape.NewScanner(wordy{out.Words})
	}
	for _, c := range calls {
		key := c.template + " " + c.method
		e := byPlace[key]
		if e == nil {
			e = &catalog.Endpoint{Service: svc.Name, Method: c.method, Template: c.template, Class: catalog.Real, Confidence: 1, Op: newOp(start)}
			byPlace[key] = e
		}
		for range c.times {
			out.Calls++
			addCall(e, c, scan)
		}
	}
	out.First, out.Last = start, start+schemas.Time(out.Calls)*1e9
	for _, k := range slices.Sorted(maps.Keys(byPlace)) {
		out.Endpoints = append(out.Endpoints, byPlace[k])
	}
	return &out
}

func newOp(start schemas.Time) *catalog.Operation {
	return &catalog.Operation{
		First: start, Statuses: map[int]uint64{}, Query: map[string]*catalog.Param{}, Headers: map[string]*catalog.Param{}, Cookies: map[string]*catalog.Param{},
		Requests: map[string]*catalog.Body{}, Responses: map[int]*catalog.Response{}, Auth: map[catalog.AuthKey]*catalog.AuthStat{},
	}
}

func addCall(e *catalog.Endpoint, c call, scan *shape.Scanner) {
	op := e.Op
	op.Calls++
	op.Last = op.First + schemas.Time(op.Calls)*1e9
	op.Statuses[c.status]++
	ok := c.status > 0 && c.status < 400
	if ok {
		op.Success++
	}
	keys := c.auth
	if len(keys) == 0 {
		keys = []catalog.AuthKey{{}}
	}
	for _, k := range keys {
		if op.Auth[k] == nil {
			op.Auth[k] = &catalog.AuthStat{}
		}
		op.Auth[k].Calls++
		if ok {
			op.Auth[k].Success++
		}
	}
	if e.Params == nil {
		for i, s := range strings.Split(c.template[1:], "/") {
			for _, part := range strings.Split(s, "{")[1:] {
				name, _, _ := strings.Cut(part, "}")
				e.Params = append(e.Params, catalog.PathParam{Name: name, Segment: i})
			}
		}
	}
	for i := range e.Params {
		if v := c.params[e.Params[i].Name]; v != "" {
			e.Params[i].Shape = shape.Merge(e.Params[i].Shape, text(v))
		}
	}
	if ok {
		op.Accepted++
		addParams(op.Query, c.query)
		addParams(op.Headers, c.headers)
		addParams(op.Cookies, c.cookies)
		addBody(op.Requests, c.reqType, c.req, scan)
	}
	if op.Responses[c.status] == nil {
		op.Responses[c.status] = &catalog.Response{Types: map[string]*catalog.Body{}, Headers: map[string]*catalog.Param{}}
	}
	r := op.Responses[c.status]
	r.Calls++
	addParams(r.Headers, c.answer)
	addBody(r.Types, c.resType, c.res, scan)
}

func text(v string) *shape.Node { return shape.Infer([]byte(strconv.Quote(v))) }

func addParams(m map[string]*catalog.Param, list []string) {
	byName := map[string][]string{}
	for _, f := range list {
		k, v, _ := strings.Cut(f, "=")
		byName[k] = append(byName[k], v)
	}
	for k, vs := range byName {
		if m[k] == nil {
			m[k] = &catalog.Param{Styles: map[string]uint64{}}
		}
		p := m[k]
		p.Calls++
		switch {
		case len(vs) > 1:
			var items []string
			for _, v := range vs {
				items = append(items, strconv.Quote(v))
			}
			p.Styles["repeat"]++
			p.Shape = shape.Merge(p.Shape, shape.Infer([]byte("["+strings.Join(items, ",")+"]")))
		case strings.Contains(k, "["):
			p.Styles["deep"]++
			p.Shape = shape.Merge(p.Shape, text(vs[0]))
		default:
			p.Styles[""]++
			p.Shape = shape.Merge(p.Shape, text(vs[0]))
		}
	}
}

func addBody(m map[string]*catalog.Body, mediaType, body string, scan *shape.Scanner) {
	if m[mediaType] == nil {
		m[mediaType] = &catalog.Body{}
	}
	b := m[mediaType]
	b.Calls++
	if jsonType(mediaType) || formType(mediaType) {
		n := scan.Scan([]byte(body))
		if n == nil {
			panic(fmt.Sprintf("transcript: no JSON: %s", body))
		}
		b.Shape = shape.Merge(b.Shape, n)
	}
}
