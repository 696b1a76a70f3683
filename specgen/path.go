package specgen

import (
	"strconv"
	"strings"

	"wirecensus/inventory/catalog"
)

// segment is one segment of a template.
type segment struct {
	text   string // literal text, "" for one with parameters
	params []string
}

// newOperation reads an endpoint's template: what its Params name are
// parameters, every other brace is literal text and is percent-encoded.
func newOperation(e *catalog.Endpoint) *operation {
	op := &operation{Endpoint: e}
	known := map[string]bool{}
	for _, p := range e.Params {
		known[p.Name] = true
	}
	used := map[string]bool{}
	var path strings.Builder
	for _, seg := range strings.Split(strings.TrimPrefix(e.Template, "/"), "/") {
		path.WriteByte('/')
		s := segment{text: seg}
		for rest := seg; rest != ""; {
			open := strings.IndexByte(rest, '{')
			end := strings.IndexByte(rest[max(open, 0):], '}') + max(open, 0)
			if open < 0 || end <= open || !known[rest[open+1:end]] {
				n := len(rest)
				if open >= 0 {
					n = open + 1
				}
				path.WriteString(literal(rest[:n]))
				rest = rest[n:]
				continue
			}
			path.WriteString(literal(rest[:open]))
			name := paramName(rest[open+1:end], used)
			path.WriteString("{" + name + "}")
			op.names = append(op.names, name)
			s.text = ""
			s.params = append(s.params, rest[open+1:end])
			rest = rest[end+1:]
		}
		op.segs = append(op.segs, s)
	}
	op.path = path.String()
	if e.TrailingSlash == "all" && !strings.HasSuffix(op.path, "/") {
		op.path += "/"
	}
	return op
}

// literal writes a part of a path so that it can stand in a document: bytes that
// RFC 3986, Section 3.3 does not allow in a segment are percent-encoded.
func literal(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~!$&'()*+,;=:@%", c) >= 0 {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte("0123456789ABCDEF"[c>>4])
			b.WriteByte("0123456789ABCDEF"[c&15])
		}
	}
	return b.String()
}

// paramName makes a name that is unique in its path and safe in a template.
func paramName(s string, used map[string]bool) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.' {
			b.WriteByte(c)
		}
	}
	name := b.String()
	if name == "" {
		name = "param"
	}
	base := name
	for i := 2; used[name]; i++ {
		name = base + strconv.Itoa(i)
	}
	used[name] = true
	return name
}

// skeleton is the path without the names of its parameters.
func (op *operation) skeleton() string {
	var b strings.Builder
	for rest := op.path; rest != ""; {
		open := strings.IndexByte(rest, '{')
		if open < 0 {
			b.WriteString(rest)
			break
		}
		b.WriteString(rest[:open] + "{}")
		rest = rest[open+strings.IndexByte(rest[open:], '}')+1:]
	}
	return b.String()
}

// version says whether a segment only tells a version: v1, v2.1, 2010-04-01.
func version(seg string) bool {
	s := strings.ToLower(seg)
	if len(s) == 10 && s[4] == '-' && s[7] == '-' {
		return strings.Trim(s, "0123456789-") == ""
	}
	s = strings.TrimPrefix(s, "v")
	s = strings.TrimSuffix(strings.TrimSuffix(s, "beta"), "alpha")
	s = strings.TrimRight(s, "0123456789.")
	return s == "" || s == "beta" || s == "alpha"
}

// base says whether a segment is no part of a resource's name: /api, /rest, a version.
func base(seg string) bool {
	switch strings.ToLower(seg) {
	case "", "api", "apis", "rest":
		return true
	}
	return version(seg)
}

// nouns are the literal segments that name resources, and whether a parameter
// follows each.
func (op *operation) nouns() (out []noun) {
	for i, s := range op.segs {
		switch {
		case len(s.params) > 0:
			if len(out) > 0 {
				out[len(out)-1].item = true
			}
		case base(s.text) && (i+1 < len(op.segs) || len(out) > 0 || version(s.text) || s.text == ""):
		default:
			if ws := words(s.text); len(ws) > 0 {
				out = append(out, noun{words: ws, text: s.text})
			}
		}
	}
	return out
}

type noun struct {
	words []string
	text  string
	item  bool // a parameter follows
}
