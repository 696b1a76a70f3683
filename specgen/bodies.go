package specgen

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"wirecensus/inventory/catalog"
	"wirecensus/schemas/shape"
)

// request writes the request body of the accepted calls, nil when they had none.
func (g *generator) request(op *operation) *object {
	if op.Op.Protocol() == "websocket" {
		return nil // what was sent after the change of protocol is no body
	}
	content := obj()
	var with uint64
	for _, t := range sortedKeys(op.Op.Requests) {
		if t == "" {
			continue
		}
		with += op.Op.Requests[t].Calls
		content.set(mediaName(t), g.media(op, t, op.Op.Requests[t], strings.Join(op.resource(), " ")))
	}
	if content.len() == 0 {
		return nil
	}
	o := obj()
	without := op.Op.Requests[""]
	if (without == nil || without.Calls == 0) && with >= minRequired && with >= op.Op.Accepted {
		o.set("required", true)
	}
	o.set("content", content)
	return o
}

// mediaName makes an observed media type safe as a key.
func mediaName(t string) string {
	kind, sub, ok := strings.Cut(t, "/")
	if ok && token(kind) && token(sub) {
		return strings.ToLower(t)
	}
	return "application/octet-stream"
}

func (g *generator) bodySchema(t string, b *catalog.Body, noun string) *object {
	form := formType(t)
	switch {
	case len(b.Parts) > 0:
		return g.parts(b).emit(g.v30)
	case b.Shape != nil && b.Shape.Total() > 0:
		return g.inferrer(form).infer(b.Shape, noun, 0).emit(g.v30)
	case jsonType(t):
		return obj()
	case form:
		return obj("type", "object")
	case strings.HasPrefix(t, "text/"), strings.HasSuffix(t, "xml"), strings.HasSuffix(t, "javascript"), strings.HasSuffix(t, "yaml"):
		return obj("type", "string")
	}
	return obj("type", "string", "format", "binary")
}

// inferrer returns the schema writer of bodies: references for JSON, text read
// as numbers for forms.
func (g *generator) inferrer(form bool) inferrer {
	if form {
		return inferrer{lexical: true, lexicon: g.lex, examples: !g.comp.loose}
	}
	return inferrer{refs: g.comp.ref, support: g.comp.habit.support(), lexicon: g.lex, examples: !g.comp.loose}
}

func jsonType(t string) bool {
	return t == "application/json" || strings.HasSuffix(t, "+json") || t == "text/json" || strings.HasSuffix(t, "ndjson")
}

func formType(t string) bool {
	return t == "application/x-www-form-urlencoded" || t == "multipart/form-data"
}

// parts is the schema of multipart content: files are binary strings.
func (g *generator) parts(b *catalog.Body) *schema {
	s := &schema{types: []string{"object"}}
	if b.Shape != nil && b.Shape.Kinds[shape.Object] > 0 {
		s = g.inferrer(true).infer(b.Shape, "", 0)
	}
	for _, name := range sortedKeys(b.Parts) {
		part := b.Parts[name]
		if len(name) > maxName || name == "" {
			continue
		}
		i := slices.IndexFunc(s.props, func(p property) bool { return p.name == name })
		if i < 0 {
			s.props = append(s.props, property{name, &schema{types: []string{"string"}}})
			i = len(s.props) - 1
		}
		if part.File {
			s.props[i].schema = &schema{types: []string{"string"}, format: "binary"}
		}
		if part.Calls >= b.Calls && b.Calls >= minRequired && !slices.Contains(s.required, name) {
			s.required = append(s.required, name)
		}
	}
	slices.SortFunc(s.props, func(a, b property) int { return strings.Compare(a.name, b.name) })
	slices.Sort(s.required)
	return s
}

// responses writes the answers by status.
func (g *generator) responses(op *operation) *object {
	o := obj()
	var codes []int
	for code := range op.Op.Statuses {
		codes = append(codes, code)
	}
	for code := range op.Op.Responses {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	for _, code := range slices.Compact(codes) {
		if code >= 100 && code <= 599 {
			o.set(strconv.Itoa(code), g.response(op, code, op.Op.Responses[code]))
		}
	}
	if o.len() == 0 {
		o.set("default", obj("description", "No response was observed."))
	}
	return o
}

func (g *generator) response(op *operation, code int, r *catalog.Response) *object {
	text := http.StatusText(code)
	if text == "" {
		text = "Status " + strconv.Itoa(code)
	}
	o := obj("description", text)
	if r == nil {
		return o
	}
	headers := obj()
	for _, name := range sortedKeys(r.Headers) {
		if token(name) && !infrastructural(name) && !strings.EqualFold(name, "content-type") {
			headers.set(headerName(name), g.header(r, name))
		}
	}
	if headers.len() > 0 {
		o.set("headers", headers)
	}
	content := obj()
	for _, t := range sortedKeys(r.Types) {
		// RFC 9110, Sections 15.3.5, 15.4.5 and 9.3.2: such answers have no content.
		if t != "" && code != 204 && code != 304 && code >= 200 && op.Method != "HEAD" {
			content.set(mediaName(t), g.media(op, t, r.Types[t], op.outputNoun(code, r.Types[t].Shape)))
		}
	}
	if content.len() > 0 {
		o.set("content", content)
	}
	return o
}

func (op *operation) outputNoun(code int, n *shape.Node) string {
	if n == nil {
		return ""
	}
	_, _, noun := op.outputName(code, n)
	return noun
}

func (g *generator) header(r *catalog.Response, name string) *object {
	p := r.Headers[name]
	s := inferrer{lexical: true, lexicon: g.lex, examples: !g.comp.loose}.infer(p.Shape, name, 0)
	s.nullable = false
	if len(s.types) == 0 {
		s.types = []string{"string"}
	}
	o := obj()
	if p.Calls >= r.Calls && r.Calls >= minRequired {
		o.set("required", true)
	}
	o.set("schema", s.emit(g.v30))
	return o
}
