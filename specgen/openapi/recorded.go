package openapi

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// recorded gathers requests by example into a tree: what a Postman collection or
// a HAR file says of an API.
type recorded struct {
	title, version string
	calls          []recordedCall
}

// recordedCall is one request by example. server is scheme://authority, "" when
// it is not known; path is a template that begins with a slash.
type recordedCall struct {
	method, server, path string
	name                 string // summary, "" none
	query                []string
	body                 string // media type, "" no body
	status               string // "" unknown
}

// tree makes the tree of the server that has most calls; of equal ones the first
// by name. Requests to other servers are another API's. Calls whose server is not
// known belong to it.
func (r *recorded) tree() *openapi3.T {
	count := map[string]int{}
	for _, c := range r.calls {
		if c.server != "" {
			count[c.server]++
		}
	}
	best := ""
	for _, s := range sortedKeys(count) {
		if best == "" || count[s] > count[best] {
			best = s
		}
	}
	t := &openapi3.T{OpenAPI: "3.0.3", Info: &openapi3.Info{Title: r.title, Version: r.version}, Paths: openapi3.NewPaths()}
	if best != "" {
		t.Servers = openapi3.Servers{{URL: best}}
	}
	for _, c := range r.calls {
		if c.server == "" || c.server == best {
			add(t, c)
		}
	}
	return t
}

func add(t *openapi3.T, c recordedCall) {
	item := t.Paths.Value(c.path)
	if item == nil {
		item = &openapi3.PathItem{}
		t.Paths.Set(c.path, item)
	}
	op := item.Operations()[c.method]
	if op == nil {
		op = &openapi3.Operation{Summary: c.name, Responses: openapi3.NewResponsesWithCapacity(1)}
		for _, m := range braced(c.path) {
			op.Parameters = append(op.Parameters, &openapi3.ParameterRef{Value: openapi3.NewPathParameter(m).WithSchema(openapi3.NewStringSchema())})
		}
		item.SetOperation(c.method, op)
	}
	for _, q := range c.query {
		if q != "" && op.Parameters.GetByInAndName("query", q) == nil {
			op.Parameters = append(op.Parameters, &openapi3.ParameterRef{Value: openapi3.NewQueryParameter(q).WithSchema(openapi3.NewStringSchema())})
		}
	}
	if c.body != "" {
		if op.RequestBody == nil {
			op.RequestBody = &openapi3.RequestBodyRef{Value: openapi3.NewRequestBody().WithContent(openapi3.Content{})}
		}
		op.RequestBody.Value.Content[c.body] = openapi3.NewMediaType()
	}
	status := c.status
	if status == "" {
		status = "default"
	}
	op.Responses.Set(status, &openapi3.ResponseRef{Value: openapi3.NewResponse().WithDescription("by example")})
}

// braced are the names of a template's parameters.
func braced(path string) (names []string) {
	for {
		_, rest, ok := strings.Cut(path, "{")
		if !ok {
			return names
		}
		name, after, ok := strings.Cut(rest, "}")
		if !ok {
			return names
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		path = after
	}
}

// knownMethod says whether a method is one that a path item has a place for.
func knownMethod(m string) bool {
	switch m {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT":
		return true
	}
	return false
}

// generalize writes a parameter for every segment of a concrete path that is an
// identifier by its form alone: digits, a UUID, 16 or more hexadecimal digits, a
// date. Words stay: what else is a parameter, one example cannot tell.
func generalize(path string) string {
	segs := strings.Split(path, "/")
	n := 0
	for i, s := range segs {
		if u, err := url.PathUnescape(s); err == nil && !strings.ContainsAny(u, "/{}") {
			s = u
		}
		segs[i] = strings.NewReplacer("{", "%7B", "}", "%7D").Replace(s)
		if identifier(s) {
			n++
			segs[i] = slot(n)
		}
	}
	return strings.Join(segs, "/")
}

// slot is the nth parameter without a name of its own.
func slot(n int) string {
	if n == 1 {
		return "{id}"
	}
	return "{id" + strconv.Itoa(n) + "}"
}

func identifier(s string) bool {
	digits := strings.Trim(s, "0123456789") == ""
	hex := strings.Trim(strings.ToLower(s), "0123456789abcdef-") == ""
	switch {
	case s == "" || strings.Trim(s, "-") == "":
		return false
	case digits:
		return true
	case len(s) == 10 && s[4] == '-' && s[7] == '-':
		return strings.Trim(s, "0123456789-") == ""
	}
	return hex && len(s) >= 16 && strings.ContainsAny(s, "0123456789")
}
