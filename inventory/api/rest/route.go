package rest

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"wirecensus/schemas"
)

// Role is what a token allows.
type Role uint8

// The roles; each includes those before it.
const (
	Nobody Role = iota
	Read        // ask
	Admin       // change
)

// String returns the role's name in a tokens file.
func (r Role) String() string { return [...]string{"nobody", "read", "admin"}[r] }

// route is one operation: how it is reached, what it takes and gives, who may use
// it. Requests are checked against it and the OpenAPI document is made of it.
type route struct {
	method, path string // path with {parameters}, each one segment
	id, tag      string
	summary      string
	role         Role
	query        []param
	takes        []string // media types of the body; nil: no body
	limit        int64    // of the body, bytes
	body         any      // zero value of the JSON in the body; nil: a document
	gives        []string // media types; the first is the default
	result       any      // zero value of the JSON in the answer; nil: see gives
	status       int      // of success
	also         []int    // other answers that are no problem, and problems beyond those of all routes
	conditional  bool     // takes If-Match and If-None-Match: *
	hidden       bool     // not in the document
	handle       func(*request) (*answer, error)
}

// kind is the type of a query parameter.
type kind uint8

const (
	word kind = iota
	number
	instant
	flag
)

// param is one query parameter.
type param struct {
	name, text string
	kind       kind
	many       bool // may be repeated, and hold several values with commas between
	enum       []string
	def        string // value when it is not given
	max        int    // of a number; least is 1
}

// request is one request on its way to its handler.
type request struct {
	*http.Request
	route *route
	path  map[string]string
	query url.Values
}

// text returns a query parameter, its default when it was not given.
func (r *request) text(name string) string {
	if r.query.Has(name) {
		return r.query.Get(name)
	}
	for _, p := range r.route.query {
		if p.name == name {
			return p.def
		}
	}
	return ""
}

// list returns the values of a parameter that may have several.
func (r *request) list(name string) []string { return split(r.query[name]) }

func (r *request) number(name string) int {
	n, _ := strconv.Atoi(r.text(name)) // checked before the handler runs
	return n
}

func (r *request) instant(name string) schemas.Time {
	t, err := time.Parse(time.RFC3339Nano, r.text(name))
	if err != nil {
		return 0
	}
	return schemas.Time(t.UnixNano())
}

// check compares the query with what the route takes.
func (r *request) check() error {
	for name, values := range r.query {
		i := slices.IndexFunc(r.route.query, func(p param) bool { return p.name == name })
		if i < 0 {
			return problem(http.StatusBadRequest, r.route.hint(), "%s takes no query parameter %s", r.route.path, quoted(name))
		}
		if err := r.route.query[i].check(values); err != nil {
			return err
		}
	}
	return nil
}

// hint names the parameters that a route takes.
func (rt *route) hint() string {
	var names []string
	for _, p := range rt.query {
		names = append(names, p.name)
	}
	if len(names) == 0 {
		return "it takes none"
	}
	return "it takes " + strings.Join(names, ", ")
}

func (p *param) check(values []string) error {
	bad := func(hint string) error {
		return problem(http.StatusBadRequest, hint, "query parameter %s: %s", p.name, quoted(strings.Join(values, ",")))
	}
	if !p.many && len(values) > 1 {
		return bad("give it once")
	}
	one := values
	if p.many {
		one = split(values)
	}
	for _, v := range one {
		switch p.kind {
		case number:
			if n, err := strconv.Atoi(v); err != nil || n < 1 || n > p.max {
				return bad(fmt.Sprintf("a number from 1 to %d", p.max))
			}
		case instant:
			t, err := time.Parse(time.RFC3339Nano, v)
			if err != nil || t.Year() < 1970 || t.Year() > 2261 {
				return bad("a time as RFC 3339 has it: 2026-06-01T00:00:00Z")
			}
		case flag:
			if v != "true" && v != "false" {
				return bad("true or false")
			}
		case word:
			if p.enum != nil && !slices.Contains(p.enum, v) {
				return bad("one of " + strings.Join(p.enum, ", "))
			}
		}
	}
	return nil
}

// match compares a path's segments with those of the route; the parameters are
// returned decoded.
func (rt *route) match(segments []string) (map[string]string, bool) {
	want := strings.Split(rt.path[1:], "/")
	if len(want) != len(segments) {
		return nil, false
	}
	var params map[string]string
	for i, w := range want {
		name, isParam := strings.CutPrefix(w, "{")
		got, err := url.PathUnescape(segments[i])
		switch {
		case err != nil || !isParam && got != w || isParam && got == "":
			return nil, false
		case isParam:
			if params == nil {
				params = map[string]string{}
			}
			params[strings.TrimSuffix(name, "}")] = got
		}
	}
	return params, true
}

// find returns the route of a request; a *Problem when there is none.
func (s *Server) find(r *http.Request) (*request, error) {
	path, ok := strings.CutPrefix(r.URL.EscapedPath(), "/")
	var allowed []string
	if ok {
		segments := strings.Split(path, "/")
		for i := range s.routes {
			rt := &s.routes[i]
			params, ok := rt.match(segments)
			if !ok {
				continue
			}
			if rt.method == r.Method || rt.method == http.MethodGet && r.Method == http.MethodHead {
				return &request{Request: r, route: rt, path: params}, nil
			}
			allowed = append(allowed, rt.method)
			if rt.method == http.MethodGet {
				allowed = append(allowed, http.MethodHead)
			}
		}
	}
	if allowed == nil {
		return nil, problem(http.StatusNotFound, "a name in a path is one segment: write / as %2F; what there is: /api/v1/openapi.json", "there is nothing at %s", quoted(r.URL.Path))
	}
	slices.Sort(allowed)
	return nil, problem(http.StatusMethodNotAllowed, "it takes "+strings.Join(allowed, ", "), "%s does not take %s", quoted(r.URL.Path), quoted(r.Method)).with("Allow", strings.Join(allowed, ", "))
}

// prepare checks everything about a request that its route says.
func (r *request) prepare() error {
	var err error
	if r.query, err = url.ParseQuery(r.URL.RawQuery); err != nil {
		return problem(http.StatusBadRequest, "percent-encode what is no letter, digit, -, ., _ or ~", "the query is malformed")
	}
	if err := r.check(); err != nil {
		return err
	}
	if len(r.route.gives) > 0 && !slices.ContainsFunc(r.route.gives, func(m string) bool { return accepts(r.Header.Values("Accept"), m, true) }) {
		return problem(http.StatusNotAcceptable, "it gives "+strings.Join(r.route.gives, ", "), "nothing that the request accepts")
	}
	if r.route.takes == nil {
		return nil
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(r.route.takes, media) {
		return problem(http.StatusUnsupportedMediaType, "Content-Type is one of "+strings.Join(r.route.takes, ", "), "Content-Type is %s", quoted(r.Header.Get("Content-Type"))).
			with("Accept", strings.Join(r.route.takes, ", "))
	}
	if c := r.Header.Get("Content-Encoding"); c != "" && !strings.EqualFold(c, "identity") {
		return problem(http.StatusUnsupportedMediaType, "send the body as it is", "Content-Encoding is %s", quoted(c)).with("Accept-Encoding", "identity")
	}
	if r.ContentLength > r.route.limit {
		return tooLarge(r.route.limit)
	}
	return nil
}

// content reads the body.
func (r *request) content() ([]byte, error) {
	b, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, r.route.limit))
	if err != nil {
		if p, internal := problemOf(err); !internal {
			return nil, p
		}
		return nil, problem(http.StatusBadRequest, "send it again", "the body ended early")
	}
	return b, nil
}
