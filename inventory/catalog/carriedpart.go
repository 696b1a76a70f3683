package catalog

import (
	"cmp"
	"math"
	"strings"
)

// carried writes what a protocol within HTTP said, which may be nil.
func (w *writer) carried(c *Carried) {
	if w.bool(c != nil); c == nil {
		return
	}
	w.uint(c.more)
	w.tally(c.protocols)
	writeMap(w, c.Shifts, compareShifts, func(s Shift) { w.status(s.Status); w.status(s.Outcome) }, w.uint)
	for _, m := range [...]map[OperationKey]*Asked{c.Operations, c.refused} {
		writeMap(w, m, compareOperations, func(k OperationKey) { w.text(k.Kind); w.text(k.Name) }, w.asked)
	}
}

func (w *writer) asked(a *Asked) {
	for _, n := range [...]uint64{a.Calls, a.Success, a.Anonymous, a.Open, a.Persisted, a.more} {
		w.uint(n)
	}
	w.time(a.First)
	w.time(a.Last)
	w.set(&a.Clients)
	w.tally(a.statuses)
	w.tally(a.documents)
	w.params(a.Args)
	w.acc(a.result.Whole())
}

func (r *reader) carried() *Carried {
	if !r.bool() {
		return nil
	}
	c := &Carried{more: r.uint(), protocols: r.tally()}
	c.Shifts = readMap(r, maxStatuses, compareShifts, func() Shift { return Shift{r.status(), r.status()} }, r.uint)
	c.Operations = r.operations(maxOperations)
	c.refused = r.operations(maxRefused)
	return c
}

func (r *reader) operations(limit int) map[OperationKey]*Asked {
	return readMap(r, limit, compareOperations, func() OperationKey { return OperationKey{r.text(), r.text()} }, func() *Asked {
		a := &Asked{Calls: r.uint(), Success: r.uint(), Anonymous: r.uint(), Open: r.uint(), Persisted: r.uint(), more: r.uint(), First: r.time(), Last: r.time()}
		r.set(&a.Clients)
		a.statuses, a.documents = r.tally(), r.tally()
		a.Args = r.inputs(maxArgs, argShape)
		r.acc(&a.result, resultShape)
		return a
	})
}

// exact writes the paths that are kept apart in order.
func (w *writer) exact(x *exact) {
	w.set(&x.names)
	w.uint(x.calls)
	w.uint(uint64(len(x.kept)))
	for _, n := range x.sorted() {
		w.text(n.text)
		w.node(n)
	}
}

func (r *reader) exact(x *exact, l limits) {
	r.set(&x.names)
	x.calls = r.uint()
	t := &tree{limits: l}
	last := ""
	for range r.count(math.MaxInt, 4) {
		n := &node{text: r.text()}
		n.hash = digest(l.seed, n.text)
		if r.bad || cmp.Compare(n.text, last) <= 0 || n.text[0] != '/' || canonical(n.text) != n.text || strings.ContainsAny(n.text, "{}") {
			r.fail()
			return
		}
		last = n.text
		if r.node(t, n); len(n.groups) > 0 || n.id != 0 || n.self != 0 {
			r.fail()
		}
		if r.bad {
			return
		}
		if x.admit(n, l.exact) {
			if x.kept == nil {
				x.kept = map[string]*node{}
			}
			x.kept[n.text] = n
		} else {
			x.calls += n.calls()
		}
	}
}
