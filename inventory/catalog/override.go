package catalog

import (
	"wirecensus/inventory/template"
	"wirecensus/schemas"
)

// Override is one decision of a person about the templates of a service. Kinds
// other than those of [template.Override] say nothing here.
type Override struct {
	ID      string
	Service string // Service.Name
	Kind    string // template.Pin, Split, Merge, Name
	// Template is the path template; the names in its braces only matter as names.
	Template string
	Literal  string       // Split: the path with the word in the parameter's place
	Names    []string     // Name: of the parameters, in order
	Created  schemas.Time // packet time; the newer of two that contradict each other wins
	Expires  schemas.Time // packet time of the service from which on it does not count; 0 never
}

// overridesOf are those that count for a service whose last call was at last.
func overridesOf(list []Override, service string, last schemas.Time) []template.Override {
	var out []template.Override
	for _, o := range list {
		if o.Service == service && (o.Expires == 0 || last < o.Expires) {
			out = append(out, template.Override{ID: o.ID, Kind: o.Kind, Template: o.Template, Literal: o.Literal, Names: o.Names, Created: int64(o.Created)})
		}
	}
	return out
}
