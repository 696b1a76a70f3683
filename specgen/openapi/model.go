package openapi

import (
	"github.com/getkin/kin-openapi/openapi3"
)

// Tree reads a document from memory as [Parse] does, and returns the tree of the
// library, with references resolved. Swagger 2.0 is converted to OpenAPI 3.0.
func Tree(raw []byte, name string) (*openapi3.T, error) {
	text, err := toJSON(raw)
	if err != nil {
		return nil, &Error{File: name, Err: err, Hint: hint(err)}
	}
	t, _, err := decode(text, "")
	if err != nil {
		return nil, &Error{File: name, Err: err, Hint: hint(err)}
	}
	return t, nil
}

// Model is [Tree] with the base paths of servers in front of the paths: two
// documents of one API can be compared however they divide their addresses. Of
// several base paths the first counts. Parameters of a path are those of each of
// its operations.
func Model(raw []byte, name string) (*openapi3.T, error) {
	t, err := Tree(raw, name)
	if err != nil {
		return nil, err
	}
	paths := openapi3.NewPaths()
	for path, item := range t.Paths.Map() {
		where := t.Servers
		if item != nil && len(item.Servers) > 0 {
			where = item.Servers
		}
		base := ""
		if list := servers(where); len(list) > 0 {
			base = list[0].Base
		}
		deal(item)
		paths.Set(base+path, item)
	}
	t.Paths, t.Servers = paths, nil
	return t, nil
}

// deal hands the parameters of a path to its operations, but for those that they
// have themselves (OpenAPI 3.1.0, Section 4.8.9).
func deal(item *openapi3.PathItem) {
	if item == nil {
		return
	}
	for _, op := range item.Operations() {
		for _, p := range item.Parameters {
			if op != nil && p != nil && p.Value != nil && op.Parameters.GetByInAndName(p.Value.In, p.Value.Name) == nil {
				op.Parameters = append(op.Parameters, p)
			}
		}
	}
	item.Parameters = nil
}
