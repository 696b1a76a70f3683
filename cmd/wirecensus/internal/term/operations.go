package term

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"wirecensus/inventory/api"
)

// maxOperations is how many operations of an endpoint a listing shows.
const maxOperations = 20

// operations are the rows of what is asked for through one endpoint, those called most first. A gRPC method,
// whose endpoint says it all, has none.
func operations(e *api.Endpoint) (rows [][]cell) {
	if len(e.Operations) == 1 && strings.HasSuffix(e.Template, "/"+e.Operations[0].Name) {
		return nil
	}
	list := slices.Clone(e.Operations)
	slices.SortStableFunc(list, func(a, b api.Operation) int { return compareCalls(b.Calls, a.Calls) })
	row := func(name, calls, last, notes string) {
		rows = append(rows, []cell{{"", plain}, {"", plain}, {"  " + name, plain}, {"", plain}, {calls, plain}, {last, dim}, {notes, plain}})
	}
	for i := range list[:min(len(list), maxOperations)] {
		o := &list[i]
		row(o.Kind+" "+o.Name, api.Number(o.Calls), api.Minute(o.LastSeen), operationNotes(o))
	}
	if more := len(list) - maxOperations; more > 0 {
		row("and "+api.Plural(more, "more operation"), "", "", "")
	}
	return rows
}

func compareCalls(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// operationNotes says who asked without a credential and what came back other than success.
func operationNotes(o *api.Operation) string {
	var parts []string
	switch {
	case o.Calls > 0 && o.Anonymous == o.Calls:
		parts = append(parts, "no credential")
	case o.Anonymous > 0:
		parts = append(parts, api.Number(o.Anonymous)+" without credential")
	}
	for _, s := range slices.Sorted(maps.Keys(o.Statuses)) {
		if s != "ok" && s != "OK" {
			parts = append(parts, api.Number(o.Statuses[s])+" "+s)
		}
	}
	return strings.Join(parts, ", ")
}

// operationLine describes an operation in one sentence.
func operationLine(o *api.Operation) string {
	var args []string
	for _, a := range o.Args {
		args = append(args, a.Name+" "+a.Type)
	}
	text := fmt.Sprintf("%s %s(%s)  %s", o.Kind, o.Name, strings.Join(args, ", "), api.Plural(o.Calls, "call"))
	if n := operationNotes(o); n != "" {
		text += ", " + n
	}
	if len(o.Documents) > 0 {
		text += ", as " + strings.Join(o.Documents[:min(len(o.Documents), 5)], ", ")
	}
	return text
}
