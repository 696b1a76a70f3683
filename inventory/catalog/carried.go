package catalog

import (
	"cmp"
	"slices"
	"strings"

	"wirecensus/schemas"
	"wirecensus/schemas/shape"
)

// Carried is the summary of what calls asked for in a protocol that HTTP carries: one path
// serves many operations, and the answer's status is not the whole outcome.
type Carried struct {
	// Protocols counts calls by schemas.Call.Protocol.
	Protocols map[string]uint64
	// Shifts counts the calls whose outcome is another than their status. See [Operation.Outcomes].
	Shifts map[Shift]uint64
	// Operations by kind and name. In endpoints those that were only refused are among them.
	Operations map[OperationKey]*Asked

	refused   map[OperationKey]*Asked // what did not succeed: made-up names displace none that did
	protocols tally                   // Protocols
	more      uint64                  // what found no room
}

// Shift is a status and what the call's outcome amounts to: schemas.Call.Status and Outcome.
type Shift struct{ Status, Outcome int }

// OperationKey names an operation: schemas.Operation.Kind and Name.
type OperationKey struct{ Kind, Name string }

// Asked is the summary of all times that one operation was asked for. Arguments, results and documents
// are those of successes.
type Asked struct {
	Calls       uint64 // times it was asked for
	Success     uint64
	Anonymous   uint64 // times without any credential
	Open        uint64 // successes without any credential
	Persisted   uint64 // times by the digest of a document
	First, Last schemas.Time
	Clients     Set
	Statuses    map[string]uint64 // the protocol's own outcomes; times without one are in Calls only
	Documents   map[string]uint64 // names that GraphQL clients chose
	Args        map[string]*Param
	Result      *shape.Node

	statuses, documents tally
	result              shape.Acc
	more                uint64 // what found no room
}

// Bounds of what is kept of operations, see bounds.go.
const (
	maxOperations = 256 // operations of an endpoint that succeeded
	maxRefused    = 64  // and of those that did not
	maxArgs       = 64
	argShape      = 256  // positions of an argument
	resultShape   = 1024 // positions of a result
)

func (a *Asked) total() uint64 { return a.Calls }

func compareOperations(a, b OperationKey) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
}

func compareShifts(a, b Shift) int {
	return cmp.Or(cmp.Compare(a.Status, b.Status), cmp.Compare(a.Outcome, b.Outcome))
}

// Outcomes counts the calls by what their answer amounts to as a status of HTTP:
// Statuses, and where the protocol that HTTP carries said otherwise, that.
func (o *Operation) Outcomes() map[int]uint64 {
	if o.Carried == nil || len(o.Carried.Shifts) == 0 {
		return o.Statuses
	}
	out := make(map[int]uint64, len(o.Statuses)+1)
	for s, n := range o.Statuses {
		out[s] = n
	}
	for s, n := range o.Carried.Shifts {
		// Either map may have been full, so there may be fewer of a status than were shifted.
		if out[s.Status] -= min(n, out[s.Status]); out[s.Status] == 0 {
			delete(out, s.Status)
		}
		out[s.Outcome] += n
	}
	return out
}

// Protocol is what most calls carried, "" when that is nothing.
func (o *Operation) Protocol() string {
	if o.Carried == nil {
		return ""
	}
	best, most := "", uint64(0)
	for p, n := range o.Carried.Protocols {
		if n > most || n == most && p < best {
			best, most = p, n
		}
	}
	return best
}

// carry folds in what a call asked for; more says that it is the rest of one that was counted.
func (o *Operation) carry(c *schemas.Call, outcome int, more bool) {
	if c.Protocol == "" && len(c.Operations) == 0 && outcome == c.Status {
		return
	}
	if o.Carried == nil {
		o.Carried = new(Carried)
	}
	k := o.Carried
	if !more {
		if c.Protocol != "" {
			k.protocols.add(c.Protocol, 1, &k.more)
		}
		if outcome != c.Status {
			countBy(&k.Shifts, Shift{c.Status, outcome}, 1, maxStatuses, compareShifts, &k.more)
		}
	}
	for i := range c.Operations {
		k.ask(c, &c.Operations[i], more)
	}
}

func (k *Carried) ask(c *schemas.Call, op *schemas.Operation, more bool) {
	good := c.Achieved(op)
	m, limit := &k.refused, maxRefused
	if good {
		m, limit = &k.Operations, maxOperations
	}
	n := uint64(max(1, op.Count))
	if more && goesOn(op.Kind) {
		n = 0
	}
	a := (*m)[OperationKey{op.Kind, op.Name}]
	if a == nil {
		key := OperationKey{clone(op.Kind), clone(op.Name)}
		if a = entry(m, key, limit, compareOperations, &k.more); a == nil {
			k.more += n
			return
		}
	}
	a.Calls += n
	span(&a.First, &a.Last, c.Time, c.Time)
	if len(c.Auth) == 0 {
		a.Anonymous += n
	}
	if op.Persisted {
		a.Persisted += n
	}
	if c.Client != "" {
		a.Clients.Add(digest(0, c.Client))
	}
	if op.Status != "" {
		a.statuses.add(op.Status, max(n, 1), &a.more)
	}
	if !good {
		return
	}
	a.Success += n
	if len(c.Auth) == 0 {
		a.Open += n
	}
	if op.Document != "" {
		a.documents.add(op.Document, max(n, 1), &a.more)
	}
	inputs(&a.Args, op.Args, maxArgs, argShape, &a.more)
	a.result.AddUpTo(op.Result, resultShape)
}

// goesOn: operations of this kind are the exchange itself, which the rest of one does not ask for again.
func goesOn(kind string) bool { return kind == "unary" || strings.HasSuffix(kind, "-stream") }

// merge adds s, which it neither changes nor keeps parts of.
func (k *Carried) merge(s *Carried) {
	k.more += s.more
	k.protocols.merge(s.protocols, &k.more)
	for shift, n := range s.Shifts {
		countBy(&k.Shifts, shift, n, maxStatuses, compareShifts, &k.more)
	}
	mergeEntries(&k.Operations, s.Operations, maxOperations, compareOperations, (*Asked).merge, &k.more)
	mergeEntries(&k.refused, s.refused, maxRefused, compareOperations, (*Asked).merge, &k.more)
}

func (a *Asked) merge(s *Asked) {
	a.Calls += s.Calls
	a.Success += s.Success
	a.Anonymous += s.Anonymous
	a.Open += s.Open
	a.Persisted += s.Persisted
	a.more += s.more
	span(&a.First, &a.Last, s.First, s.Last)
	a.Clients.Merge(&s.Clients)
	a.statuses.merge(s.statuses, &a.more)
	a.documents.merge(s.documents, &a.more)
	mergeEntries(&a.Args, s.Args, maxArgs, strings.Compare, (*Param).merge, &a.more)
	a.result.Merge(&s.result)
}

// show sets the fields that show what was accumulated, of a summary that is not added to any more.
func (k *Carried) show() {
	k.Protocols = k.protocols.counts()
	for key, a := range k.refused {
		if have := k.Operations[key]; have != nil {
			have.merge(a)
		} else {
			if k.Operations == nil {
				k.Operations = map[OperationKey]*Asked{}
			}
			k.Operations[key] = a
		}
	}
	k.refused = nil
	for _, a := range k.Operations {
		a.Statuses, a.Documents, a.Result = a.statuses.counts(), a.documents.counts(), a.result.View()
		showParams(a.Args)
	}
}

// Keys lists the operations in order of kind and name.
func (k *Carried) Keys() []OperationKey {
	if k == nil {
		return nil
	}
	keys := make([]OperationKey, 0, len(k.Operations))
	for key := range k.Operations {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, compareOperations)
	return keys
}

// Missed counts what of the operations found no room.
func (k *Carried) Missed() uint64 { return k.more }
