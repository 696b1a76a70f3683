package status

import (
	"slices"
	"strings"

	"wirecensus/inventory/catalog"
	"wirecensus/specgen/openapi"
)

// declaration is what the documents say of an endpoint.
type declaration struct {
	op    *openapi.Operation // nil when nothing
	state string             // Normal.Documented
	by    string             // for a removed one: the document that has it no more
	note  string             // what else to say, "" nothing
}

// declared looks an endpoint up: in the newest versions first, then among what
// older versions had.
func (j *judge) declared(e *catalog.Endpoint) declaration {
	for _, c := range j.covers {
		if op := c.find(c.Document, e); op != nil {
			d := declaration{op: op, state: j.state(op, e)}
			if op.Deprecated && d.state == "deprecated" && j.sunset(op, e) > j.unix() {
				d.note = "declared deprecated, to be gone from " + date(j.sunset(op, e)) + " on"
			}
			return d
		}
	}
	for _, c := range j.covers {
		for _, old := range c.Older {
			if op := c.find(old, e); op != nil && slices.Contains(c.Removed, op) {
				return declaration{op: op, state: "removed", by: c.Document.Name + " (version " + c.Document.Version + ")"}
			}
		}
	}
	return declaration{state: "no"}
}

// find looks an endpoint up in one version: by its own method, HEAD as GET
// (RFC 9110, Section 9.3.2: the same without content). A final slash counts, but
// for answers that only redirect to the declared form.
func (c Cover) find(d *openapi.Document, e *catalog.Endpoint) *openapi.Operation {
	for _, template := range forms(e) {
		for _, method := range []string{e.Method, "GET"} {
			if method != e.Method && e.Method != "HEAD" {
				break
			}
			if op := c.lookup(d, method, template); op != nil {
				return op
			}
		}
	}
	return nil
}

func (c Cover) lookup(d *openapi.Document, method, template string) *openapi.Operation {
	if c.Bases == nil {
		return d.MatchTemplate("*", method, template)
	}
	for _, b := range c.Bases {
		if op := d.MatchTemplate(b, method, template); op != nil {
			return op
		}
	}
	return nil
}

// forms are the ways in which an endpoint's paths ended: with a slash, without, or both.
func forms(e *catalog.Endpoint) []string {
	bare := strings.TrimRight(e.Template, "/")
	if bare == "" {
		return []string{"/"}
	}
	slash := bare + "/"
	switch {
	case e.TrailingSlash == "some" || onlyRedirects(e.Op):
		return []string{bare, slash}
	case e.TrailingSlash == "all" || strings.HasSuffix(e.Template, "/"):
		return []string{slash}
	}
	return []string{bare}
}

func onlyRedirects(op *catalog.Operation) bool {
	var n uint64
	for _, code := range []int{301, 302, 307, 308} {
		n += op.Statuses[code]
	}
	return n > 0 && n == op.Calls
}

// otherMethods are the methods that are declared for an endpoint's path.
func (j *judge) otherMethods(e *catalog.Endpoint) []string {
	var out []string
	for _, c := range j.covers {
		bases := c.Bases
		if bases == nil {
			bases = []string{"*"}
		}
		for _, b := range bases {
			for _, f := range forms(e) {
				out = append(out, c.Document.Methods(b, f)...)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (j *judge) unix() int64 { return int64(j.now / 1e9) }

// sunset is the declared or announced date from which an operation is to be gone, 0 none.
func (j *judge) sunset(op *openapi.Operation, e *catalog.Endpoint) int64 {
	if e != nil && e.Op.Sunset != 0 {
		return e.Op.Sunset
	}
	if op != nil {
		return op.Sunset
	}
	return 0
}

// state is the documented part of the normal form for a declared operation.
func (j *judge) state(op *openapi.Operation, e *catalog.Endpoint) string {
	if s := j.sunset(op, e); s != 0 && s <= j.unix() {
		return "sunset-passed"
	}
	if op.Deprecated {
		return "deprecated"
	}
	return "yes"
}

func (j *judge) declaredState(op *openapi.Operation) string { return j.state(op, nil) }
