package inventory

import (
	"cmp"
	"slices"

	"wirecensus/inventory/api"
	"wirecensus/inventory/catalog"
	"wirecensus/schemas/shape"
	"wirecensus/specgen"
)

// maxDocuments is how many names of documents an operation lists.
const maxDocuments = 32

// carried adds what a protocol within HTTP says about an endpoint.
func carried(out *api.Endpoint, op *catalog.Operation) {
	if op.Carried == nil {
		return
	}
	out.Protocol = op.Protocol()
	if len(op.Carried.Shifts) > 0 {
		out.Outcomes = map[string]uint64{}
		for s, n := range op.Outcomes() {
			out.Outcomes[statusName(s)] = n
		}
	}
	for _, k := range op.Carried.Keys() {
		a := op.Carried.Operations[k]
		o := api.Operation{Kind: k.Kind, Name: k.Name, Calls: a.Calls, Success: a.Success, Anonymous: a.Anonymous, AnonymousSuccess: a.Open, Persisted: a.Persisted, Clients: a.Clients.Count(),
			FirstSeen: a.First, LastSeen: a.Last, Statuses: a.Statuses, Args: []api.Arg{}}
		if o.Statuses == nil {
			o.Statuses = map[string]uint64{}
		}
		for name, p := range a.Args {
			arg := api.Arg{Name: name, Type: typeOf(p.Shape), Calls: p.Calls, Class: p.Class}
			if arg.Type == "" {
				arg.Type, arg.Format = specgen.Scalar(p.Shape, name)
			}
			o.Args = append(o.Args, arg)
		}
		slices.SortFunc(o.Args, func(a, b api.Arg) int { return cmp.Compare(a.Name, b.Name) })
		for name := range a.Documents {
			o.Documents = append(o.Documents, name)
		}
		slices.Sort(o.Documents)
		o.Documents = o.Documents[:min(len(o.Documents), maxDocuments)]
		out.Operations = append(out.Operations, o)
	}
	out.MoreOperations = op.Carried.Missed()
}

// typeOf is the type of a value that is no scalar, "" for scalars.
func typeOf(n *shape.Node) string {
	switch {
	case n == nil:
		return "any"
	case n.Kinds[shape.Object] > 0:
		return "object"
	case n.Kinds[shape.Array] > 0:
		return "array"
	case n.Kinds[shape.Bool] > 0 && n.Kinds[shape.Bool]+n.Kinds[shape.Null] == n.Total():
		return "boolean"
	}
	return ""
}
