package lint

import (
	"encoding/json"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// carried is one entry of x-wirecensus-operations.
type carried struct {
	Kind   string          `json:"kind"`
	Name   string          `json:"name"`
	Args   json.RawMessage `json:"args"`
	Result json.RawMessage `json:"result"`
}

// framed is the content of one media type in x-wirecensus-messages.
type framed struct {
	Schema json.RawMessage `json:"schema"`
}

// read reads an extension into v; what has another form than it should is left out.
func read(extensions map[string]any, name string, v any) bool {
	if extensions[name] == nil {
		return false
	}
	text, err := json.Marshal(extensions[name])
	return err == nil && json.Unmarshal(text, v) == nil
}

// extensions visits the schemas that extensions hold.
func (w *schemaWalk) extensions(o *operation) {
	var list []carried
	read(o.Extensions, "x-wirecensus-operations", &list)
	for _, c := range list {
		w.text(o.at(), c.Args)
		w.text(o.at(), c.Result)
	}
	var messages map[string]map[string]framed
	read(o.Extensions, "x-wirecensus-messages", &messages)
	for _, way := range sortedKeys(messages) {
		for _, media := range sortedKeys(messages[way]) {
			w.text(o.at(), messages[way][media].Schema)
		}
	}
}

// text visits a schema in JSON.
func (w *schemaWalk) text(at string, text json.RawMessage) {
	s := new(openapi3.SchemaRef)
	if len(text) > 0 && s.UnmarshalJSON(text) == nil {
		w.schema(at, s)
	}
}

// protocols are the values of x-wirecensus-protocol.
func protocols() []string {
	return []string{"grpc", "grpc-web", "graphql", "json-rpc", "soap", "websocket", "event-stream"}
}

// carriedOperations: the extensions for protocols that HTTP carries have the form that they should.
func carriedOperations(d *document, note noteFunc) {
	for i := range d.ops {
		o := &d.ops[i]
		var name string
		if o.Extensions["x-wirecensus-protocol"] != nil && (!read(o.Extensions, "x-wirecensus-protocol", &name) || !slices.Contains(protocols(), name)) {
			note(o.at(), "x-wirecensus-protocol is none of %v", protocols())
		}
		var list []carried
		if o.Extensions["x-wirecensus-operations"] != nil && !read(o.Extensions, "x-wirecensus-operations", &list) {
			note(o.at(), "x-wirecensus-operations is no list of operations")
		}
		seen := map[[2]string]bool{}
		for _, c := range list {
			if c.Kind == "" || c.Name == "" {
				note(o.at(), "an operation of x-wirecensus-operations without kind or name")
			} else if seen[[2]string{c.Kind, c.Name}] {
				note(o.at(), "%s %q is twice in x-wirecensus-operations", c.Kind, c.Name)
			}
			seen[[2]string{c.Kind, c.Name}] = true
		}
	}
}
