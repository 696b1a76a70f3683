package rest

import (
	"wirecensus/inventory/api"
	"wirecensus/schemas"
)

// List is one page of a list.
type List[T any] struct {
	Items []T    `json:"items"`
	Total int    `json:"total"`          // that match the filters, on all pages
	Next  string `json:"next,omitempty"` // cursor of the next page, absent on the last
	// Version is that of the state it was taken from.
	Version string `json:"version,omitempty"`
}

// Detail is everything about one endpoint.
type Detail struct {
	api.Endpoint
	Findings    []schemas.Finding `json:"findings"`
	Explanation *api.Explanation  `json:"explanation,omitempty"`
	Documents   []string          `json:"documents"` // paths of the service's OpenAPI document
}

// Summary is the state in numbers.
type Summary struct {
	Version   string         `json:"version"` // of the state: changes when an answer does
	Through   schemas.Time   `json:"through"` // packet time of the newest call
	Services  int            `json:"services"`
	Endpoints int            `json:"endpoints"`
	ByStatus  map[string]int `json:"by_status"`
	Findings  map[string]int `json:"findings"` // by severity
	Calls     uint64         `json:"calls"`
	First     schemas.Time   `json:"first"` // packet times of the first and last frame
	Last      schemas.Time   `json:"last"`
	Links     []string       `json:"links"`
}

// OverrideInput is what a person says of an override; the rest is the server's.
type OverrideInput struct {
	Kind     string       `json:"kind"`
	Service  string       `json:"service"`
	Method   string       `json:"method,omitempty"`
	Template string       `json:"template"`
	Literal  string       `json:"literal,omitempty"`
	Names    []string     `json:"names,omitempty"`
	Status   string       `json:"status,omitempty"`
	Reason   string       `json:"reason"`
	Owner    string       `json:"owner,omitempty"`
	Expires  schemas.Time `json:"expires,omitzero"`
}
