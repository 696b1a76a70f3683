package openapi

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// maxFolders bounds the nesting of a collection's folders.
const maxFolders = 50

// collection is what is read of a Postman collection, format 2.0 or 2.1.
type collection struct {
	Info struct {
		Name    string          `json:"name"`
		Schema  string          `json:"schema"`
		Version json.RawMessage `json:"version"`
	} `json:"info"`
	Items     []postmanItem     `json:"item"`
	Variables []postmanVariable `json:"variable"`
}

type postmanVariable struct {
	Key   string `json:"key"`
	ID    string `json:"id"`
	Value any    `json:"value"`
}

type postmanItem struct {
	Name      string            `json:"name"`
	Items     []postmanItem     `json:"item"`
	Variables []postmanVariable `json:"variable"`
	Request   json.RawMessage   `json:"request"`
	Responses []struct {
		Code int `json:"code"`
	} `json:"response"`
}

type postmanRequest struct {
	Method string          `json:"method"`
	URL    json.RawMessage `json:"url"`
	Header json.RawMessage `json:"header"`
	Body   *struct {
		Mode    string `json:"mode"`
		Options struct {
			Raw struct {
				Language string `json:"language"`
			} `json:"raw"`
		} `json:"options"`
	} `json:"body"`
}

// fromPostman makes a tree of a collection's requests.
func fromPostman(text []byte) (*openapi3.T, error) {
	var c collection
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, fmt.Errorf("as Postman collection: %w", err)
	}
	if !strings.Contains(c.Info.Schema, "/v2.") {
		return nil, fmt.Errorf("unsupported Postman collection format %.80q", c.Info.Schema)
	}
	r := recorded{title: c.Info.Name, version: postmanVersion(c.Info.Version)}
	r.folder(c.Items, variables(nil, c.Variables), 0)
	if len(r.calls) == 0 {
		return nil, errNoRequests
	}
	return r.tree(), nil
}

// postmanVersion reads a version, which is a text or its parts.
func postmanVersion(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var v struct{ Major, Minor, Patch int }
	if len(raw) > 0 && json.Unmarshal(raw, &v) == nil {
		return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch)
	}
	return ""
}

// variables adds to the variables of the folders above; values of other types
// than text stand as they are written.
func variables(above map[string]string, list []postmanVariable) map[string]string {
	out := map[string]string{}
	for k, v := range above {
		out[k] = v
	}
	for _, v := range list {
		key := v.Key
		if key == "" {
			key = v.ID
		}
		if v.Value != nil {
			out[key] = fmt.Sprint(v.Value)
		}
	}
	return out
}

func (r *recorded) folder(items []postmanItem, vars map[string]string, depth int) {
	if depth > maxFolders {
		return
	}
	for _, it := range items {
		own := variables(vars, it.Variables)
		r.folder(it.Items, own, depth+1)
		var q postmanRequest
		if len(it.Request) == 0 || json.Unmarshal(it.Request, &q) != nil {
			// A request may be its URL alone.
			var text string
			if json.Unmarshal(it.Request, &text) != nil {
				continue
			}
			q = postmanRequest{Method: "GET", URL: it.Request}
		}
		if q.Method == "" {
			q.Method = "GET"
		}
		method := strings.ToUpper(q.Method)
		address := postmanURL(q.URL)
		if address == "" || !knownMethod(method) {
			continue
		}
		call := place(address, own)
		call.method, call.name, call.body = method, it.Name, q.media()
		r.calls = append(r.calls, call)
		for _, resp := range it.Responses {
			if resp.Code >= 100 && resp.Code <= 599 {
				call.status = fmt.Sprint(resp.Code)
				r.calls = append(r.calls, call)
			}
		}
	}
}

// postmanURL returns a URL as it is written; it is a text or an object with it.
func postmanURL(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var u struct {
		Raw   string `json:"raw"`
		Host  any    `json:"host"`
		Path  any    `json:"path"`
		Query []struct {
			Key string `json:"key"`
		} `json:"query"`
	}
	if json.Unmarshal(raw, &u) != nil {
		return ""
	}
	if u.Raw != "" {
		return u.Raw
	}
	s = joined(u.Host, ".") + "/" + strings.TrimPrefix(joined(u.Path, "/"), "/")
	sep := "?"
	for _, q := range u.Query {
		s += sep + q.Key + "="
		sep = "&"
	}
	return s
}

// joined is a text, or a list of them joined.
func joined(v any, sep string) string {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		var parts []string
		for _, p := range v {
			if s, ok := p.(string); ok {
				parts = append(parts, s)
			}
		}
		return strings.Join(parts, sep)
	}
	return ""
}

// place reads a URL with variables: {{known}} ones are replaced, others are
// parameters in the path and an unknown server at its beginning; :name is a
// parameter of the path.
func place(address string, vars map[string]string) (c recordedCall) {
	for range 5 { // variables may name variables
		before := address
		for _, k := range sortedKeys(vars) {
			address = strings.ReplaceAll(address, "{{"+k+"}}", vars[k])
		}
		if address == before || len(address) > 1<<16 {
			break
		}
	}
	address, _, _ = strings.Cut(address, "#")
	address, query, _ := strings.Cut(address, "?")
	for _, pair := range strings.Split(query, "&") {
		if name, _, _ := strings.Cut(pair, "="); name != "" && !strings.Contains(name, "{{") {
			c.query = append(c.query, name)
		}
	}
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		scheme, rest = "https", address
	}
	host, path, _ := strings.Cut(rest, "/")
	if host != "" && !strings.Contains(host, "{{") && !strings.Contains(scheme, "{{") {
		c.server = strings.ToLower(scheme + "://" + host)
	}
	segs := strings.Split(path, "/")
	n := 0
	for i, s := range segs {
		switch {
		case len(s) > 1 && s[0] == ':':
			segs[i] = "{" + s[1:] + "}"
		case strings.Contains(s, "{{"):
			segs[i] = strings.NewReplacer("{{", "{", "}}", "}").Replace(s)
		case identifier(s):
			n++
			segs[i] = slot(n)
		}
	}
	c.path = "/" + strings.Join(segs, "/")
	return c
}

// media is the media type of a request's body, "" when it has none.
func (q *postmanRequest) media() string {
	if q.Body == nil {
		return ""
	}
	switch q.Body.Mode {
	case "raw":
		var fields []struct{ Key, Value string }
		if json.Unmarshal(q.Header, &fields) == nil {
			for _, f := range fields {
				if strings.EqualFold(f.Key, "content-type") && !strings.Contains(f.Value, "{{") {
					return mediaType(f.Value)
				}
			}
		}
		switch q.Body.Options.Raw.Language {
		case "json":
			return "application/json"
		case "xml":
			return "application/xml"
		}
		return "*/*"
	case "urlencoded":
		return "application/x-www-form-urlencoded"
	case "formdata":
		return "multipart/form-data"
	case "graphql":
		return "application/json"
	case "file":
		return "*/*"
	}
	return ""
}
