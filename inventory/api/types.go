package api

import "wirecensus/schemas"

// Endpoint is one entry of endpoints.json.
type Endpoint struct {
	ID      string `json:"id"` // stays when the template changes
	Service string `json:"service"`
	// HostTemplate is the group of services that offer the same under hosts that
	// differ in one label, {tenant}.api.example.com; "" none.
	HostTemplate string `json:"host_template,omitempty"`
	Method       string `json:"method"`
	Template     string `json:"template"`
	// Status: documented, shadow, undocumented, zombie, orphan, unknown.
	Status     string            `json:"status"`
	Class      string            `json:"class"` // endpoint, health; others in Result.Others
	Calls      uint64            `json:"calls"`
	FirstSeen  schemas.Time      `json:"first_seen"` // null when never seen
	LastSeen   schemas.Time      `json:"last_seen"`
	Statuses   map[string]uint64 `json:"statuses"` // by status code; "none": response not seen
	Auth       []Auth            `json:"auth"`
	Sensitive  []Sensitive       `json:"sensitive"`
	Drift      []Drift           `json:"drift"`
	Why        []string          `json:"why"` // evidence of template, class and status
	Confidence float64           `json:"confidence"`
	Normal     Normal            `json:"normal_form"`
	Params     []Param           `json:"params"`
	Clients    uint64            `json:"clients"`
	Paths      uint64            `json:"paths"`
	Incomplete uint64            `json:"incomplete"`
	Callers    []Caller          `json:"callers"`
	// Segments say why each segment of the template is what it is.
	Segments []WhySegment `json:"segments"`
	// Overrides are the IDs of those that decided the template or its names.
	Overrides []string `json:"overrides,omitempty"`
	// Former are the templates that the endpoint had, the newest last; Taken are former
	// endpoints whose paths are this one's now. Both need a store that remembers.
	Former []Former `json:"former,omitempty"`
	Taken  []Taken  `json:"taken,omitempty"`
	// Operation is the declared operation's place ("file.yaml: GET /v1/x"), "" when there is none.
	Declared string `json:"declared,omitempty"`
	// Protocol is what HTTP carried in most calls: grpc, grpc-web, graphql, json-rpc, soap, websocket,
	// event-stream; "" nothing.
	Protocol string `json:"protocol,omitempty"`
	// Outcomes are Statuses as the protocol means them (a gRPC NOT_FOUND on a 200 is 404); absent where
	// they are the same.
	Outcomes map[string]uint64 `json:"outcomes,omitempty"`
	// Operations are what was asked for through the one path, by kind and name.
	Operations []Operation `json:"operations,omitempty"`
	// Versions are the versions that clients asked for beside the path, in order of what asked and the version.
	Versions []AskedVersion `json:"versions,omitempty"`
	// MoreOperations counts what of the operations found no room.
	MoreOperations uint64 `json:"more_operations,omitempty"`
}

// AskedVersion is one version of the API that clients asked for by a field or a query parameter.
type AskedVersion struct {
	By        string       `json:"by"` // "accept-version", "accept" (the media type), "query api-version"
	Version   string       `json:"version"`
	Calls     uint64       `json:"calls"`
	Success   uint64       `json:"success"`
	Clients   uint64       `json:"clients"`
	FirstSeen schemas.Time `json:"first_seen"`
	LastSeen  schemas.Time `json:"last_seen"`
	// Successor is the newer version that took over while this one still answers with success, which makes it a zombie; "" none.
	Successor string `json:"successor,omitempty"`
}

// Operation is one operation of the protocol that HTTP carries.
type Operation struct {
	Kind             string            `json:"kind"` // query, mutation, subscription; unary, client-stream, …; call, notification; action
	Name             string            `json:"name"`
	Calls            uint64            `json:"calls"` // times it was asked for
	Success          uint64            `json:"success"`
	Anonymous        uint64            `json:"anonymous"`         // times without any credential
	AnonymousSuccess uint64            `json:"anonymous_success"` // successes without any credential
	Clients          uint64            `json:"clients"`
	FirstSeen        schemas.Time      `json:"first_seen"`
	LastSeen         schemas.Time      `json:"last_seen"`
	Statuses         map[string]uint64 `json:"statuses"` // the protocol's own outcomes
	Args             []Arg             `json:"args"`
	Documents        []string          `json:"documents,omitempty"` // names that GraphQL clients chose
	Persisted        uint64            `json:"persisted,omitempty"` // times by the digest of a document
}

// Arg is one argument of an operation.
type Arg struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Format string `json:"format,omitempty"`
	Class  string `json:"class,omitempty"` // sensitive class
	Calls  uint64 `json:"calls"`           // successes that had it
}

// Former is a template that an endpoint had.
type Former struct {
	Template string       `json:"template"`
	Until    schemas.Time `json:"until"` // packet time of the decision that changed it
}

// Taken is an endpoint that another one took in.
type Taken struct {
	ID       string       `json:"id"`
	Template string       `json:"template"` // its last
	Since    schemas.Time `json:"since"`    // packet time from which on it was called this
}

// Normal is the normal form of a verdict.
type Normal struct {
	Documented string `json:"documented"` // no, yes, deprecated, removed, sunset-passed
	Observed   string `json:"observed"`   // active, dormant, never
	DormantFor int    `json:"dormant_days,omitempty"`
	Answer     string `json:"answer"`   // success, only-401/403, only-404/410, unknown
	Coverage   string `json:"coverage"` // ok, degraded
}

// Auth is one kind of credential seen, or "none".
type Auth struct {
	Scheme  string `json:"scheme"` // "none" for calls without a credential
	In      string `json:"in,omitempty"`
	Name    string `json:"name,omitempty"`
	Calls   uint64 `json:"calls"`
	Success uint64 `json:"success"`
}

// Sensitive is one class of value in one place.
type Sensitive struct {
	Class     string `json:"class"`
	In        string `json:"in"`
	At        string `json:"at,omitempty"`
	Calls     uint64 `json:"calls"`
	Validated bool   `json:"validated"`
}

// Drift is one difference between a declared operation and what was observed.
type Drift struct {
	Kind     string `json:"kind"` // kebab case: undeclared-parameter, missing-required-field, …
	In       string `json:"in"`   // path, query, header, request, response 200, auth
	At       string `json:"at,omitempty"`
	Detail   string `json:"detail"` // one sentence with counts
	Calls    uint64 `json:"calls"`
	Of       uint64 `json:"of"`
	Breaking bool   `json:"breaking"`
}

// Param is one path parameter of a template.
type Param struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Format   string `json:"format,omitempty"`
	Distinct uint64 `json:"distinct"`
	Why      string `json:"why"`
}

// Caller is one client of an endpoint.
type Caller struct {
	Client string       `json:"client"`
	Agent  string       `json:"agent,omitempty"`
	Calls  uint64       `json:"calls"`
	Last   schemas.Time `json:"last_seen"`
}

// Service is one authority of the inventory.
type Service struct {
	Name         string         `json:"name"`
	HostTemplate string         `json:"host_template,omitempty"` // see Endpoint
	Declared     []string       `json:"declared"`                // names of the declared documents that cover it
	Endpoints    int            `json:"endpoints"`
	ByStatus     map[string]int `json:"by_status"`
	Calls        uint64         `json:"calls"`
	FirstSeen    schemas.Time   `json:"first_seen"`
	LastSeen     schemas.Time   `json:"last_seen"`
	Others       map[string]int `json:"others"`   // places that are no endpoints, by class
	Coverage     string         `json:"coverage"` // ok, degraded
	CoverageWhy  string         `json:"coverage_why,omitempty"`
	Schemes      []string       `json:"schemes"`
	// PathUnknown are the calls, of all, whose path could not be known (HTTP/2 joined midway): they
	// are of no endpoint.
	PathUnknown uint64 `json:"path_unknown,omitempty"`
}

// Result is the whole answer to a replay.
type Result struct {
	Services  []Service         `json:"services"`
	Endpoints []Endpoint        `json:"endpoints"`
	Others    []Endpoint        `json:"others"`
	Findings  []schemas.Finding `json:"findings"`
	Coverage  schemas.Coverage  `json:"coverage"`
}
