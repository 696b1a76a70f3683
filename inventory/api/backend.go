package api

import (
	"context"
	"errors"

	"wirecensus/schemas"
)

// Errors of a Backend.
var (
	ErrNotFound = errors.New("not found")
	// ErrChanged says that the object is not the one that the caller named by its ETag.
	ErrChanged = errors.New("changed meanwhile")
)

// InputError says what is wrong with what was given, and what to do about it.
type InputError struct{ Msg, Hint string }

// Error returns the message.
func (e *InputError) Error() string { return e.Msg }

// Backend is what the server answers from. It is safe for concurrent use. What
// it returns is the caller's to read and nobody's to change.
type Backend interface {
	// State returns the decided state of everything observed so far. It waits for
	// a decision only when there is none yet.
	State(ctx context.Context) (*State, error)
	// Document writes the OpenAPI document of a service.
	Document(ctx context.Context, service string, o DocumentOptions) ([]byte, error)
	// Versions lists the kept documents of a service, the newest first.
	Versions(ctx context.Context, service string) ([]Version, error)
	// Explain says why the templates of a service are what they are.
	Explain(ctx context.Context, service string) ([]Explanation, error)

	Specs(ctx context.Context) ([]Spec, error)
	// Spec returns a declared document as it was given.
	Spec(ctx context.Context, name string) (Spec, []byte, error)
	// PutSpec adds or replaces a declared document; created says which. A
	// document that cannot be used is an *InputError.
	PutSpec(ctx context.Context, name string, text []byte, cond Condition) (s Spec, created bool, err error)
	DeleteSpec(ctx context.Context, name string, cond Condition) error

	Overrides(ctx context.Context) ([]Override, error)
	// PutOverride adds an override, or replaces the one with its ID.
	PutOverride(ctx context.Context, o Override, cond Condition) (Override, error)
	DeleteOverride(ctx context.Context, id string, cond Condition) error

	Sensors(ctx context.Context) ([]Sensor, error)
	// Ready returns what stands in the way of answering; nil when nothing does.
	Ready(ctx context.Context) error
}

// Condition makes a change conditional on what is there; the zero Condition is none.
type Condition struct {
	ETag string // the ETag that the object must have
	None bool   // there must be no object
}

// State is one decided state.
type State struct {
	Result
	// Version changes when and only when the Result does.
	Version string
	// Through is the packet time of the last call in it.
	Through schemas.Time
}

// DocumentOptions chooses a document.
type DocumentOptions struct {
	OpenAPI string // 3.1 (also "") or 3.0
	JSON    bool   // else YAML
	// At chooses the document as it was at this packet time; 0 the newest.
	At schemas.Time
}

// Version is one kept document of a service.
type Version struct {
	From       schemas.Time `json:"from"` // packet time of the newest call when it was made
	Endpoints  int          `json:"endpoints"`
	Operations string       `json:"digest"` // of its operations and schemas, without counts
}

// Spec is one declared document.
type Spec struct {
	Name       string   `json:"name"`
	ETag       string   `json:"etag"`
	Title      string   `json:"title"`
	Version    string   `json:"version"`
	Format     string   `json:"format"` // openapi-3.1, openapi-3.0, swagger-2.0, postman, har
	Size       int      `json:"size"`   // bytes
	Operations int      `json:"operations"`
	Servers    []string `json:"servers"`
}

// Kinds of overrides.
const (
	OverridePin    = "pin"    // the template is as Template says
	OverrideSplit  = "split"  // Literal below Template is a word, not a value
	OverrideMerge  = "merge"  // Template is one endpoint, though the evidence shows several
	OverrideName   = "name"   // the parameters of Template are called Names
	OverrideAccept = "accept" // the verdict Status of the endpoint is accepted
	OverrideIgnore = "ignore" // the endpoint is not shown and nothing is found at it
)

// Override is one decision of a person that lasts.
type Override struct {
	ID       string       `json:"id"`
	ETag     string       `json:"etag"`
	Kind     string       `json:"kind"`
	Service  string       `json:"service"`
	Method   string       `json:"method,omitempty"` // empty: all
	Template string       `json:"template"`
	Literal  string       `json:"literal,omitempty"` // split: the path with the word in the parameter's place
	Names    []string     `json:"names,omitempty"`   // name: the parameters' names in order
	Status   string       `json:"status,omitempty"`  // accept: the verdict, empty any
	Reason   string       `json:"reason"`
	Owner    string       `json:"owner,omitempty"`
	Expires  schemas.Time `json:"expires"` // packet time; null never
	Created  schemas.Time `json:"created"` // packet time of the newest call at that moment
}

// Sensor is one sensor that has reported.
type Sensor struct {
	Name       string            `json:"name"`
	Epoch      uint64            `json:"epoch,string"` // of its newest run
	Runs       int               `json:"runs"`
	First      schemas.Time      `json:"first"`
	Last       schemas.Time      `json:"last"`
	Calls      uint64            `json:"calls"`      // received
	Lost       uint64            `json:"lost_calls"` // sent and never received
	Duplicates uint64            `json:"duplicate_calls"`
	Shed       map[string]uint64 `json:"shed"` // given up by the sensor, by cause
	Coverage   *schemas.Coverage `json:"coverage,omitempty"`
}

// Explanation is why one template is what it is.
type Explanation struct {
	Method   string         `json:"method"`
	Template string         `json:"template"`
	Segments []WhySegment   `json:"segments"`
	Override string         `json:"override,omitempty"` // ID of the override that decided it
	Calls    uint64         `json:"calls"`
	Paths    uint64         `json:"paths"` // distinct, an estimate beyond some dozens
	Counts   map[string]int `json:"counts,omitempty"`
	// Protocol and Operations are as in Endpoint.
	Protocol   string      `json:"protocol,omitempty"`
	Operations []Operation `json:"operations,omitempty"`
}

// WhySegment is why one segment is a parameter or a literal.
type WhySegment struct {
	Text       string   `json:"text"` // {name} or the literal
	Param      bool     `json:"param"`
	Type       string   `json:"type,omitempty"`
	Format     string   `json:"format,omitempty"`
	Distinct   uint64   `json:"distinct,omitempty"`
	Enum       []string `json:"enum,omitempty"`     // the values when they are few, and words
	Override   string   `json:"override,omitempty"` // ID of the override that decided it
	Confidence float64  `json:"confidence"`
	For        []string `json:"for"`     // evidence, with counts
	Against    []string `json:"against"` // counter-examples
}
