package catalog

import (
	"slices"
	"strings"

	"wirecensus/inventory/template"
	"wirecensus/schemas"
)

// identify notes the digest of the segment at pos, and whether the call's own
// bodies named it.
func (n *node) identify(ids []schemas.Ident, pos int) {
	own := uint64(0)
	for _, id := range ids {
		if id.In == "path" && id.Pos == pos {
			own = id.Digest
		}
	}
	if own == 0 {
		return
	}
	if !n.rest {
		n.id = max(n.id, own)
	}
	came := false
	for i := range ids {
		id := &ids[i]
		if id.Digest != own || id.In == "path" {
			continue
		}
		if came = true; template.Naming(id.At) && !told(ids[:i], id) {
			n.tell(id.At, 1)
		}
	}
	if came {
		n.self++
	}
}

// told: one of the identifiers is that of a body, in a field of the same name.
func told(ids []schemas.Ident, id *schemas.Ident) bool {
	for i := range ids {
		if o := &ids[i]; o.Digest == id.Digest && o.At == id.At && o.In != "path" {
			return true
		}
	}
	return false
}

// tell notes that the field of a name had the segment as its value in so many calls.
func (n *node) tell(field string, calls uint64) {
	var fell uint64
	n.fields.addUpTo(field, calls, maxFields, &fell)
}

// tells: the names of all fields can be those of parameters.
func (n *node) tells() bool {
	return !slices.ContainsFunc(n.fields, func(f tallied) bool { return !template.Naming(f.name) })
}

// named are the fields that had the segment as their value, in order of their names.
func (n *node) named() []template.Field {
	if len(n.fields) == 0 {
		return nil
	}
	out := make([]template.Field, len(n.fields))
	for i, f := range n.fields {
		out[i] = template.Field{Name: f.name, Calls: f.n}
	}
	slices.SortFunc(out, func(a, b template.Field) int { return strings.Compare(a.Name, b.Name) })
	return out
}
