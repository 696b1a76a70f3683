package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"wirecensus/schemas"
)

// tree is a JSON object.
type tree = map[string]any

// ownDocument is the server's own description in the order of its keys.
type ownDocument struct {
	OpenAPI    string          `json:"openapi"`
	Info       tree            `json:"info"`
	Servers    []tree          `json:"servers"`
	Security   []tree          `json:"security,omitempty"`
	Tags       []tree          `json:"tags"`
	Paths      map[string]tree `json:"paths"`
	Components tree            `json:"components"`
}

// describe writes the table of routes as an OpenAPI document.
func (s *Server) describe() (asJSON, asYAML []byte, err error) {
	d := &describer{schemas: tree{}}
	doc := ownDocument{
		OpenAPI: "3.1.0",
		Info: tree{"title": "wirecensus", "version": "1",
			"description": "The inventory of the HTTP APIs that were observed. A name in a path is one segment, percent-encoded: [::1]:80 is %5B::1%5D:80, a/b is a%2Fb. Errors are problem details (RFC 9457) with a hint. Reads carry an ETag and take If-None-Match; changes of specs and overrides take If-Match and If-None-Match: *."},
		Servers: []tree{{"url": "/"}},
		Tags: []tree{{"name": "inventory", "description": "What was observed, and the verdicts on it."}, {"name": "documents", "description": "OpenAPI documents written from what was observed."},
			{"name": "declared", "description": "OpenAPI documents that were declared."}, {"name": "overrides", "description": "Decisions of people that last."}, {"name": "server", "description": "The server itself."}},
		Paths: map[string]tree{},
	}
	for i := range s.routes {
		rt := &s.routes[i]
		if rt.hidden {
			continue
		}
		if doc.Paths[rt.path] == nil {
			doc.Paths[rt.path] = tree{}
			if p := pathParams(rt.path); len(p) > 0 {
				doc.Paths[rt.path]["parameters"] = p
			}
		}
		doc.Paths[rt.path][strings.ToLower(rt.method)] = d.operation(rt)
		if rt.method == http.MethodGet {
			doc.Paths[rt.path]["head"] = d.head(rt)
		}
	}
	d.schema(reflect.TypeFor[Problem]())
	doc.Components = tree{"schemas": d.schemas, "responses": tree{"Problem": tree{"description": "What is wrong, and what to do about it.",
		"content": tree{"application/problem+json": tree{"schema": tree{"$ref": "#/components/schemas/Problem"}}}}},
		"securitySchemes": tree{"token": tree{"type": "http", "scheme": "bearer"}, "browser": tree{"type": "http", "scheme": "basic", "description": "Any user name; the token is the password."}}}
	if s.cfg.Tokens != nil {
		doc.Security = []tree{{"token": []string{}}, {"browser": []string{}}}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(doc); err != nil {
		return nil, nil, fmt.Errorf("describe the server: %w", err)
	}
	asYAML, err = toYAML(b.Bytes())
	return b.Bytes(), asYAML, err
}

// toYAML writes a JSON text as YAML with the keys in the same order.
func toYAML(text []byte) ([]byte, error) {
	var n yaml.Node
	if err := yaml.Unmarshal(text, &n); err != nil {
		return nil, fmt.Errorf("write as YAML: %w", err)
	}
	var plain func(*yaml.Node)
	plain = func(n *yaml.Node) {
		n.Style &^= yaml.FlowStyle
		if n.Kind == yaml.ScalarNode && n.Tag == "!!str" {
			n.Style = 0
		}
		for _, c := range n.Content {
			plain(c)
		}
	}
	plain(&n)
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(&n); err != nil {
		return nil, fmt.Errorf("write as YAML: %w", err)
	}
	return b.Bytes(), nil
}

// describer collects the schemas that operations refer to.
type describer struct {
	schemas tree
}

func pathParams(path string) []tree {
	var out []tree
	for seg := range strings.SplitSeq(path, "/") {
		if name, ok := strings.CutPrefix(seg, "{"); ok {
			name = strings.TrimSuffix(name, "}")
			out = append(out, tree{"name": name, "in": "path", "required": true, "schema": tree{"type": "string", "minLength": 1}})
		}
	}
	return out
}

func (d *describer) operation(rt *route) tree {
	op := tree{"operationId": rt.id, "summary": rt.summary, "tags": []string{rt.tag}, "responses": d.responses(rt)}
	var params []tree
	for _, p := range rt.query {
		params = append(params, p.describe())
	}
	if rt.conditional {
		params = append(params, tree{"name": "If-Match", "in": "header", "description": "the ETag that the object must have", "schema": tree{"type": "string"}},
			tree{"name": "If-None-Match", "in": "header", "description": "*: there must be no such object", "schema": tree{"type": "string"}})
	}
	if rt.method == http.MethodGet && rt.role != Nobody {
		params = append(params, tree{"name": "If-None-Match", "in": "header", "description": "the ETag of what the client has", "schema": tree{"type": "string"}})
	}
	if len(params) > 0 {
		op["parameters"] = params
	}
	if rt.role == Nobody {
		op["security"] = []tree{}
	}
	if rt.takes != nil {
		content := tree{}
		for _, m := range rt.takes {
			if rt.body != nil {
				content[m] = tree{"schema": d.schema(reflect.TypeOf(rt.body))}
			} else {
				content[m] = tree{}
			}
		}
		op["requestBody"] = tree{"required": true, "content": content}
	}
	op["x-wirecensus-role"] = rt.role.String()
	return op
}

// head is the operation that a GET route answers without a body.
func (d *describer) head(rt *route) tree {
	op := d.operation(rt)
	op["operationId"] = "head" + strings.TrimPrefix(strings.TrimPrefix(rt.id, "get"), "list")
	if strings.HasPrefix(rt.id, "list") {
		op["operationId"] = "head" + strings.TrimPrefix(rt.id, "list") + "List"
	}
	op["summary"] = "The header of: " + rt.summary
	responses := tree{}
	for status, r := range op["responses"].(tree) {
		if n, _ := strconv.Atoi(status); n < 300 {
			r = tree{"description": "Done.", "headers": r.(tree)["headers"]}
		} else if status != "304" {
			r = tree{"description": "A problem."}
		}
		responses[status] = r
	}
	op["responses"] = responses
	return op
}

// problems are the statuses that any route may answer with.
func (rt *route) problems() []int {
	out := []int{http.StatusBadRequest, http.StatusForbidden, http.StatusRequestURITooLong, http.StatusMisdirectedRequest,
		http.StatusRequestHeaderFieldsTooLarge, http.StatusInternalServerError, http.StatusServiceUnavailable}
	if rt.role != Nobody {
		out = append(out, http.StatusUnauthorized)
	}
	if len(rt.gives) > 0 {
		out = append(out, http.StatusNotAcceptable)
	}
	if strings.Contains(rt.path, "{") || rt.method == http.MethodGet {
		out = append(out, http.StatusNotFound)
	}
	for _, status := range rt.also {
		if status >= 400 && !slices.Contains(out, status) {
			out = append(out, status)
		}
	}
	return out
}

func (d *describer) responses(rt *route) tree {
	out := tree{}
	for _, status := range rt.problems() {
		out[strconv.Itoa(status)] = tree{"$ref": "#/components/responses/Problem"}
	}
	status := rt.status
	if status == 0 {
		status = http.StatusOK
	}
	for _, status := range append(slices.Clone(rt.also), status) {
		if status < 300 {
			out[strconv.Itoa(status)] = d.success(rt, status)
		}
	}
	if rt.method == http.MethodGet && rt.role != Nobody {
		out["304"] = tree{"description": "The client has it already.", "headers": tree{"ETag": tree{"schema": tree{"type": "string"}}}}
	}
	return out
}

func (d *describer) success(rt *route, status int) tree {
	r := tree{"description": "Done."}
	headers := tree{}
	if status != http.StatusNoContent {
		headers["ETag"] = tree{"description": "names this state of the object", "schema": tree{"type": "string"}}
	}
	if status == http.StatusCreated {
		r["description"] = "Added."
		headers["Location"] = tree{"schema": tree{"type": "string", "format": "uri-reference"}}
	}
	if rt.result != nil && strings.HasPrefix(reflect.TypeOf(rt.result).Name(), "List[") {
		headers["Link"] = tree{"description": "rel=next, where there is a next page", "schema": tree{"type": "string"}}
	}
	if len(headers) > 0 {
		r["headers"] = headers
	}
	if status == http.StatusNoContent {
		r["description"] = "Gone."
		return r
	}
	content := tree{}
	for _, m := range rt.gives {
		switch {
		case rt.result != nil:
			content[m] = tree{"schema": d.schema(reflect.TypeOf(rt.result))}
		case m == mediaJSON:
			content[m] = tree{"schema": tree{"type": "object"}}
		default:
			content[m] = tree{"schema": tree{"type": "string"}}
		}
	}
	r["content"] = content
	return r
}

func (p *param) describe() tree {
	schema := tree{"type": "string"}
	switch p.kind {
	case number:
		schema = tree{"type": "integer", "minimum": 1, "maximum": p.max}
	case instant:
		schema["format"] = "date-time"
	case flag:
		schema = tree{"type": "boolean"}
	}
	if p.enum != nil {
		schema["enum"] = p.enum
	}
	if p.def != "" {
		schema["default"] = p.def
		if n, err := strconv.Atoi(p.def); err == nil && p.kind == number {
			schema["default"] = n
		}
	}
	out := tree{"name": p.name, "in": "query", "schema": schema}
	if p.text != "" {
		out["description"] = p.text
	}
	if p.many {
		out["schema"], out["style"], out["explode"] = tree{"type": "array", "items": schema}, "form", false
		out["description"] = p.text + "; several with commas between, or repeated"
	}
	return out
}

// schema returns the JSON Schema of a type; structures go to the components.
func (d *describer) schema(t reflect.Type) tree {
	if t == reflect.TypeFor[schemas.Time]() {
		return tree{"type": []string{"string", "null"}, "format": "date-time"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return tree{"oneOf": []tree{d.schema(t.Elem()), {"type": "null"}}}
	case reflect.Slice, reflect.Array:
		return tree{"type": "array", "items": d.schema(t.Elem())}
	case reflect.Map:
		return tree{"type": "object", "additionalProperties": d.schema(t.Elem())}
	case reflect.Bool:
		return tree{"type": "boolean"}
	case reflect.Float32, reflect.Float64:
		return tree{"type": "number"}
	case reflect.String:
		return tree{"type": "string"}
	case reflect.Struct:
		name := schemaName(t)
		if d.schemas[name] == nil {
			d.schemas[name] = tree{} // for types that hold themselves
			d.schemas[name] = d.object(t)
		}
		return tree{"$ref": "#/components/schemas/" + name}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return tree{"type": "integer", "minimum": 0}
	}
	return tree{"type": "integer"}
}

// schemaName is the type's own name; a list of X is XList.
func schemaName(t reflect.Type) string {
	name := t.Name()
	if inner, ok := strings.CutPrefix(name, "List["); ok {
		inner = strings.TrimSuffix(inner, "]")
		return inner[strings.LastIndexByte(inner, '.')+1:] + "List"
	}
	if strings.HasSuffix(t.PkgPath(), "specgen/diff") {
		return map[string]string{"Result": "Diff", "Change": "DiffChange"}[name]
	}
	return name
}

func (d *describer) object(t reflect.Type) tree {
	properties := tree{}
	required := []string{}
	for _, f := range reflect.VisibleFields(t) {
		tag, ok := f.Tag.Lookup("json")
		if f.Anonymous || !f.IsExported() || tag == "-" || !ok {
			continue
		}
		name, opts, _ := strings.Cut(tag, ",")
		s := d.schema(f.Type)
		if strings.Contains(opts, "string") {
			s = tree{"type": "string"}
		}
		properties[name] = s
		if !strings.Contains(opts, "omitempty") && !strings.Contains(opts, "omitzero") {
			required = append(required, name)
		}
	}
	slices.Sort(required)
	out := tree{"type": "object", "properties": properties}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}
