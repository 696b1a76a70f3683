package openapi

import "strings"

// Document is one declared description of an API.
type Document struct {
	// Name is the file name without folders, or the name given to Parse.
	Name string
	// Path is the file that it was loaded from, "" for Parse.
	Path string
	// Title and Version are the fields of info; Spec is "3.1", "3.0" or
	// "2.0", SpecPostman or SpecHAR.
	Title, Version, Spec string
	// Servers are where the document says the API is; empty when it says nothing.
	Servers []Server
	// Operations in order of Template, then Method. A document whose servers have
	// different base paths has every operation once for each base path.
	Operations []*Operation

	index map[string]*trie // by base path, and "" for all of them
}

// Values of Document.Spec for what describes an API by example.
const (
	SpecPostman = "postman" // a Postman collection, format 2.x
	SpecHAR     = "har"     // an HTTP Archive
)

// ByExample says whether a document has examples of requests: then it says which
// operations there are, but not what their parameters and bodies must be.
func (d *Document) ByExample() bool { return d.Spec == SpecPostman || d.Spec == SpecHAR }

// Server is one place at which a document says the API is served.
type Server struct {
	URL    string // as written
	Scheme string // http, https, "" when relative
	// Host is a lower-case host name in which * stands for one or more labels'
	// worth of a server variable; "" when the server is relative to where the
	// document was.
	Host string
	Port uint16 // 0 when the document names none, or a variable
	Base string // base path without the final slash, possibly with {parameters}
}

// Operation is one declared method and path template.
type Operation struct {
	Document *Document
	Method   string // upper case
	Template string // with the base path
	Base     string // the base path alone
	ID       string // operationId
	Summary  string
	Tags     []string

	Deprecated bool
	// Sunset is the date from which the operation is to be gone (x-sunset), Unix seconds; 0 none.
	Sunset int64

	Params    []Param
	Request   *Request
	Responses []Response // sorted by Status; default last
	// Security are the alternatives, each a set of scheme names; an empty
	// alternative allows anonymous calls. nil: the document says nothing.
	Security [][]Scheme
}

// Place is the operation's name in messages: "file.yaml: GET /v1/x".
func (o *Operation) Place() string {
	return o.Document.Name + ": " + o.Method + " " + o.Template
}

// Param is a declared parameter.
type Param struct {
	In       string // path, query, header, cookie
	Name     string
	Required bool
	Schema   *Schema // nil when there is none
	Style    string
	Explode  bool
}

// Request is a declared request body.
type Request struct {
	Required bool
	Types    []Media // sorted by Type
}

// Response is a declared answer.
type Response struct {
	Status  string // "200", "2XX", "default"
	Types   []Media
	Headers []string // sorted, lower case
}

// Media is the content of one media type.
type Media struct {
	Type   string // lower case, without parameters; may be a range (application/*)
	Schema *Schema
}

// Scheme is one security scheme that a call must satisfy.
type Scheme struct {
	Name string // the component's name
	Type string // http, apiKey, oauth2, openIdConnect, mutualTLS; "" when it is not defined
	// Scheme of http: basic, bearer, …; In and Name of apiKey.
	Scheme, In, Field string
}

// Schema is what a comparison needs to know of a declared schema. Schemas may
// be cyclic.
type Schema struct {
	Types    []string // JSON types but null, sorted; empty: any
	Nullable bool
	Format   string
	Props    map[string]*Schema
	Required []string // sorted
	Items    *Schema
	// Extra is the schema of further properties; Closed forbids them.
	Extra  *Schema
	Closed bool
	// Any are alternatives of oneOf and anyOf, of which a value has one.
	Any []*Schema
	// Enum is the number of enumerated values, 0 when there is no enumeration.
	Enum int
	// Write and Read say writeOnly and readOnly.
	Write, Read bool
}

// Response returns the declared answer for a status: its own, its class, or default.
func (o *Operation) Response(status int) *Response {
	code := [3]byte{byte('0' + status/100%10), byte('0' + status/10%10), byte('0' + status%10)}
	class := [3]byte{code[0], 'X', 'X'}
	var byClass, other *Response
	for i := range o.Responses {
		switch o.Responses[i].Status {
		case string(code[:]):
			return &o.Responses[i]
		case string(class[:]):
			byClass = &o.Responses[i]
		case "default":
			other = &o.Responses[i]
		}
	}
	if byClass != nil {
		return byClass
	}
	return other
}

// Param returns the declared parameter of a place and name, nil when there is
// none. Header names are compared without case.
func (o *Operation) Param(in, name string) *Param {
	for i := range o.Params {
		p := &o.Params[i]
		if p.In == in && (p.Name == name || in == "header" && strings.EqualFold(p.Name, name)) {
			return p
		}
	}
	return nil
}

// Bases returns the distinct base paths of the operations, in order of first use.
func (d *Document) Bases() []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range d.Servers {
		if !seen[s.Base] {
			seen[s.Base] = true
			out = append(out, s.Base)
		}
	}
	for _, o := range d.Operations {
		if !seen[o.Base] {
			seen[o.Base] = true
			out = append(out, o.Base)
		}
	}
	return out
}
