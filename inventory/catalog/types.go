package catalog

import (
	"wirecensus/schemas"
	"wirecensus/schemas/shape"
)

// Operation is the mergeable summary of all calls of one method at one place of
// a service's path tree. Every field merges commutatively and associatively.
// Shapes, and counts by a name that is no key elsewhere, are set in endpoints only.
type Operation struct {
	Calls       uint64
	First, Last schemas.Time
	// Origin is the digest of the path of the earliest call, the least digest of
	// several at one time; 0 without calls. See [Endpoint.ID].
	Origin uint64
	// Statuses counts calls by final status; 0 are calls whose response was not seen.
	Statuses map[int]uint64
	// Success are the calls that succeeded: schemas.Call.Succeeded.
	Success uint64
	// Accepted are the calls from which inputs are learnt: 401, 403, 404, 409, 429 or
	// 5xx after a well-formed request is not told from a malformed one, so only
	// successes count.
	Accepted uint64
	// Clients and Principals are sets of keyed digests or addresses, exact up to a bound.
	Clients, Principals Set
	Agents              map[string]uint64 // user agent families

	// Inputs of accepted calls, by name.
	Query, Headers, Cookies map[string]*Param
	// Requests are the contents of accepted calls by media type; "" when there was none.
	Requests map[string]*Body
	// Responses by final status.
	Responses map[int]*Response

	// Auth counts calls by credential; the zero key are calls without any.
	Auth      map[AuthKey]*AuthStat
	Sensitive map[SensitiveKey]*SensitiveStat

	// Incomplete counts calls with a gap, cut or unfinished message, Ambiguous
	// those that two readers could take differently.
	Incomplete, Ambiguous uint64
	// Deprecation and Sunset are the latest dates announced in response fields,
	// Unix seconds; Deprecation 1 means deprecated without a date; 0 none.
	Deprecation, Sunset int64
	// Slashes counts the calls whose path ended in a slash after a segment.
	Slashes uint64
	// Versions are the versions of the API that clients asked for beside the path, by schemas.Call.APIVersion; calls without are of none.
	Versions map[string]*VersionStat
	// Carried is what a protocol within HTTP says about the calls, nil for plain HTTP.
	Carried *Carried

	callers []Caller     // the maxCallers of least hash, in order of it
	agents  tally        // Agents
	lately  [2]*AuthStat // of Auth, used lately
	asked   latest       // of Requests
	answer  *Response    // of Responses, the one used last; nil: not known
	// answered is the status of answer.
	answered int
	more     uint64 // what found no room in the maps
}

// Param is the summary of one named input or response field.
type Param struct {
	Calls  uint64 // accepted calls that had it
	Shape  *shape.Node
	Styles map[string]uint64 // schemas.Param.Style
	Class  string            // sensitive class, "" none

	acc    shape.Acc
	styles tally  // Styles
	more   uint64 // what found no room
}

// Body is the summary of the contents of one media type.
type Body struct {
	Calls   uint64
	Shape   *shape.Node
	Unread  map[string]uint64 // calls without a shape by reason
	Sniffed uint64
	Prints  Set // digests of contents without a shape
	Parts   map[string]*Part
	// Messages of the contents, where the protocol frames them; those of an exchange
	// that goes on after its call are among them.
	Messages uint64

	media  string // in the map, valid iff the body was ever a latest
	acc    shape.Acc
	unread tally  // Unread
	more   uint64 // what found no room
}

// Part is the summary of one named part of multipart content.
type Part struct {
	Calls      uint64
	File       bool
	MediaTypes map[string]uint64

	types tally  // MediaTypes
	more  uint64 // what found no room
}

// Response is the summary of the answers with one status.
type Response struct {
	Calls   uint64
	Types   map[string]*Body // by media type, "" when there was no content
	Headers map[string]*Param

	sent latest // of Types
	more uint64 // what found no room in the maps
}

// AuthKey names a kind of credential.
type AuthKey struct{ Scheme, In, Name string }

// AuthStat counts the calls with one kind of credential.
type AuthStat struct {
	Calls, Success uint64
	Expired        uint64 // successes with a token past its expiry
	NoExpiry       uint64
	Algs           map[string]uint64

	key  AuthKey // in the map
	algs tally   // Algs
	more uint64  // what found no room
}

// VersionStat is what is known of the calls that asked for one version.
type VersionStat struct {
	Calls, Success uint64
	First, Last    schemas.Time
	Clients        Set
}

// SensitiveKey names a class of value in one place.
type SensitiveKey struct{ Class, In, At string }

// SensitiveStat counts a class of value in one place.
type SensitiveStat struct {
	Calls, Values uint64
	Validated     bool
	Masked        uint64 // calls in which the values were masked
	Anonymous     uint64 // calls that were successful without any credential
}

// Class says what kind of place a method and template are.
type Class string

// Classes. Only Real ones are endpoints; the others are listed apart.
const (
	Real      Class = "endpoint"
	Probed    Class = "probed"    // never answered but with 404, 405, 410 or a catch-all page
	Static    Class = "static"    // files for browsers
	Fallback  Class = "fallback"  // served by a catch-all page
	Preflight Class = "preflight" // CORS OPTIONS
	Health    Class = "health"    // health checks: endpoints, but neutral in verdicts
)

// Service is the decided inventory of one authority.
type Service struct {
	Name    string // host, with :port when it is not the scheme's default
	Host    string
	Port    uint16
	Schemes []string // http, https; sorted
	Calls   uint64
	First   schemas.Time
	Last    schemas.Time
	Peers   Set // server addresses
	// PathUnknown are the calls, of all, whose path or method could not be known: they are of no endpoint.
	PathUnknown uint64
	Endpoints   []*Endpoint // class Real and Health, sorted by template, method
	Others      []*Endpoint // all other classes, sorted likewise, bounded
	// Words are the texts of those tokens in shapes that were released, by digest.
	Words map[uint64]string
}

// Endpoint is a method and a path template on a service, decided from evidence.
type Endpoint struct {
	// ID names the endpoint whatever becomes of its template: it is made from the
	// service, the method and the path of the earliest successful call (of the
	// earliest call where none succeeded). A later call changes it only when it is
	// the first success; of endpoints that turn out to be one, the elder's stays.
	ID       string
	Service  string
	Method   string
	Template string // RFC 6570 level 1: /users/{userId}
	Params   []PathParam
	Class    Class
	// Confidence that the template is right, 0 to 1.
	Confidence float64
	// Why are sentences with counts: why this template, why this class.
	Why []string
	Op  *Operation
	// Paths is the number of distinct concrete paths (an estimate beyond some hundreds).
	Paths uint64
	// TrailingSlash: all, some or none of the concrete paths ended in a slash ("all", "some", "").
	TrailingSlash string
	// Callers are the busiest clients (addresses) with their calls, at most 16.
	Callers []Caller
	// Segments say why each segment of the template is what it is.
	Segments []Segment
	// Overrides are the IDs of those that decided the template or its names, sorted.
	Overrides []string
}

// Segment is one segment of a template and why it is a literal or a parameter.
type Segment struct {
	Text         string // {name} with the text around it, or the literal
	Param        bool
	Shape        *shape.Node // of a parameter's values
	Distinct     uint64      // values
	Enum         []string    // see PathParam.Enum
	Confidence   float64
	For, Against []string // evidence with counts, the weightiest first
	Override     string   // ID of the override that decided it, "" none
}

// PathParam is one parameter of a template.
type PathParam struct {
	Name string
	// Segment is the index of the path segment, 0 first; Prefix and Suffix are the
	// literal parts of that segment around the parameter.
	Segment        int
	Prefix, Suffix string
	// Shape is the scalar shape of the values (formats, bounds).
	Shape    *shape.Node
	Distinct uint64
	// Enum are the values when they are few, safe and words; nil otherwise.
	Enum []string
	Why  string
}

// Caller is one client of an endpoint.
type Caller struct {
	Client string
	Agent  string
	Calls  uint64
	Last   schemas.Time

	hash uint64 // of Client
}
