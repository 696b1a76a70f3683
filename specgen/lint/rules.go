package lint

import (
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

type noteFunc = func(at, format string, args ...any)

// Rules are all rules.
func Rules() []Rule {
	return []Rule{
		{"valid", Error, "the document is valid", valid},
		{"path-parameters", Error, "the parameters of a path are declared, and those declared are in it", pathParameters},
		{"same-path", Error, "no two paths differ in names of parameters only", samePath},
		{"operation-id-unique", Error, "an operationId names one operation", uniqueIDs},
		{"security-defined", Error, "a required security scheme is defined", securityDefined},
		{"array-items", Error, "an array says what its items are", arrayItems},
		{"examples", Warning, "examples fit their schemas", examples},
		{"info", Warning, "the document has a title and a version", info},
		{"server", Warning, "the document says where the API is", server},
		{"operation-id", Warning, "every operation has an operationId", operationID},
		{"success-response", Warning, "every operation says what success looks like", successResponse},
		{"path-slash", Warning, "paths begin with a slash and end without", pathSlash},
		{"body-on-read", Warning, "GET, HEAD and DELETE have no body", bodyOnRead},
		{"enum-duplicates", Warning, "an enumeration has each value once", enumDuplicates},
		{"key-in-query", Warning, "credentials do not travel in the query", keyInQuery},
		{"plain-server", Warning, "servers other than this host are reached by https", plainServer},
		{"carried-operations", Warning, "what is said of protocols within HTTP has a kind and a name of its own", carriedOperations},
		{"summary", Info, "every operation has a summary", summary},
		{"tags", Info, "every operation has a tag", tags},
		{"no-security", Info, "operations that change things require a credential", noSecurity},
		{"deprecated-sunset", Info, "a deprecated operation says when it goes", deprecatedSunset},
		{"unused-schema", Info, "every schema of the components is used", unusedSchema},
	}
}

var braces = regexp.MustCompile(`\{([^{}]*)\}`)

func pathParameters(d *document, note noteFunc) {
	for i := range d.ops {
		o := &d.ops[i]
		var have []string
		for _, list := range []openapi3.Parameters{o.item.Parameters, o.Parameters} {
			for _, p := range list {
				if p != nil && p.Value != nil && p.Value.In == "path" {
					have = append(have, p.Value.Name)
				}
			}
		}
		var want []string
		for _, m := range braces.FindAllStringSubmatch(o.path, -1) {
			want = append(want, m[1])
		}
		for _, name := range want {
			if !slices.Contains(have, name) {
				note(o.at(), "path parameter %q is not declared", name)
			}
		}
		for _, name := range have {
			if !slices.Contains(want, name) {
				note(o.at(), "declared path parameter %q is not in the path", name)
			}
		}
	}
}

func samePath(d *document, note noteFunc) {
	first := map[string]string{}
	for _, path := range sortedKeys(d.Paths.Map()) {
		form := braces.ReplaceAllString(path, "{}")
		if other, ok := first[form]; ok {
			note(path, "is the same path as %s", other)
			continue
		}
		first[form] = path
	}
}

func uniqueIDs(d *document, note noteFunc) {
	first := map[string]string{}
	for i := range d.ops {
		o := &d.ops[i]
		if other, ok := first[o.OperationID]; ok && o.OperationID != "" {
			note(o.at(), "operationId %q is also that of %s", o.OperationID, other)
		}
		first[o.OperationID] = o.at()
	}
}

// required returns what an operation requires: its own, else the document's.
func (d *document) required(o *operation) openapi3.SecurityRequirements {
	if o.Security != nil {
		return *o.Security
	}
	return d.Security
}

func securityDefined(d *document, note noteFunc) {
	for i := range d.ops {
		o := &d.ops[i]
		for _, alternative := range d.required(o) {
			for _, name := range sortedKeys(alternative) {
				if d.Components == nil || d.Components.SecuritySchemes[name] == nil {
					note(o.at(), "security scheme %q is not defined", name)
				}
			}
		}
	}
}

func info(d *document, note noteFunc) {
	switch {
	case d.Info == nil:
		note("", "info is missing")
	case strings.TrimSpace(d.Info.Title) == "":
		note("", "info.title is empty")
	case strings.TrimSpace(d.Info.Version) == "":
		note("", "info.version is empty")
	}
}

func server(d *document, note noteFunc) {
	if len(d.Servers) == 0 {
		note("", "servers is missing: readers do not know where to send requests")
	}
}

func plainServer(d *document, note noteFunc) {
	for _, s := range d.Servers {
		if s == nil {
			continue
		}
		if rest, ok := strings.CutPrefix(s.URL, "http://"); ok && !strings.HasPrefix(rest, "localhost") && !strings.HasPrefix(rest, "127.") && !strings.HasPrefix(rest, "[::1]") {
			note("", "server %q is reached in plain text", s.URL)
		}
	}
}

func operationID(d *document, note noteFunc) {
	for i := range d.ops {
		if o := &d.ops[i]; o.OperationID == "" {
			note(o.at(), "operationId is missing: generators of code make up a name")
		}
	}
}

func successResponse(d *document, note noteFunc) {
	for i := range d.ops {
		o := &d.ops[i]
		found := false
		for status := range o.Responses.Map() {
			found = found || status == "default" || strings.HasPrefix(status, "1") || strings.HasPrefix(status, "2") || strings.HasPrefix(status, "3")
		}
		if !found {
			note(o.at(), "no response below 400 and no default")
		}
	}
}

func pathSlash(d *document, note noteFunc) {
	for _, path := range sortedKeys(d.Paths.Map()) {
		if !strings.HasPrefix(path, "/") || len(path) > 1 && strings.HasSuffix(path, "/") {
			note(path, "a path begins with a slash and ends without")
		}
	}
}

func bodyOnRead(d *document, note noteFunc) {
	for i := range d.ops {
		if o := &d.ops[i]; o.RequestBody != nil && slices.Contains([]string{"GET", "HEAD", "DELETE"}, o.method) {
			note(o.at(), "a body of %s has no meaning, and some clients cannot send one", o.method)
		}
	}
}

func keyInQuery(d *document, note noteFunc) {
	if d.Components == nil {
		return
	}
	for _, name := range sortedKeys(d.Components.SecuritySchemes) {
		if s := d.Components.SecuritySchemes[name]; s != nil && s.Value != nil && s.Value.Type == "apiKey" && s.Value.In == "query" {
			note("#/components/securitySchemes/"+name, "a key in the query ends up in logs and histories")
		}
	}
}

func summary(d *document, note noteFunc) {
	for i := range d.ops {
		if o := &d.ops[i]; strings.TrimSpace(o.Summary) == "" && strings.TrimSpace(o.Description) == "" {
			note(o.at(), "neither summary nor description")
		}
	}
}

func tags(d *document, note noteFunc) {
	for i := range d.ops {
		if o := &d.ops[i]; len(o.Tags) == 0 {
			note(o.at(), "no tag")
		}
	}
}

func noSecurity(d *document, note noteFunc) {
	for i := range d.ops {
		o := &d.ops[i]
		open := len(d.required(o)) == 0 || slices.ContainsFunc(d.required(o), func(r openapi3.SecurityRequirement) bool { return len(r) == 0 })
		if open && slices.Contains([]string{"POST", "PUT", "PATCH", "DELETE"}, o.method) {
			note(o.at(), "changes things and requires no credential")
		}
	}
}

func deprecatedSunset(d *document, note noteFunc) {
	for i := range d.ops {
		if o := &d.ops[i]; o.Deprecated && o.Extensions["x-sunset"] == nil {
			note(o.at(), "deprecated without x-sunset")
		}
	}
}
