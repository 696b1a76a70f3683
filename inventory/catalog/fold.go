package catalog

import (
	"cmp"
	"slices"

	"wirecensus/schemas"
	"wirecensus/schemas/shape"
)

// add folds a call into the summary.
func (o *Operation) add(c *schemas.Call) {
	o.Calls++
	o.span(c.Time, c.Time)
	count(&o.Statuses, c.Status, 1, maxStatuses, &o.more)
	ok := c.Status >= 200 && c.Status < 400
	if ok {
		o.Success++
		o.Accepted++
		o.inputs(c)
	}
	if n := len(c.Path); n > 1 && c.Path[n-1] == '/' {
		o.Slashes++
	}
	o.respond(c)
	o.secure(c, ok)
	o.caller(c)
	for _, f := range c.Flags {
		switch f {
		case "gap", "incomplete", "truncated":
			o.Incomplete++
		case "ambiguous":
			o.Ambiguous++
		}
	}
	o.Deprecation, o.Sunset = max(o.Deprecation, c.Deprecation), max(o.Sunset, c.Sunset)
}

func (o *Operation) span(first, last schemas.Time) {
	if first != 0 && (o.First == 0 || first < o.First) {
		o.First = first
	}
	o.Last = max(o.Last, last)
}

// inputs folds in what an accepted call sent.
func (o *Operation) inputs(c *schemas.Call) {
	params(&o.Query, c.Query, &o.more)
	params(&o.Headers, c.Headers, &o.more)
	params(&o.Cookies, c.Cookies, &o.more)
	if b := named(&o.Requests, c.Request.MediaType, maxTypes, &o.more); b != nil {
		b.add(&c.Request, dataShape)
	}
}

func params(m *map[string]*Param, list []schemas.Param, fell *uint64) {
	for i := range list {
		p := &list[i]
		q := named(m, p.Name, maxNames, fell)
		if q == nil {
			continue
		}
		q.Calls++
		q.acc.AddUpTo(p.Shape, paramShape)
		countText(&q.Styles, p.Style, &q.more)
		q.Class = max(q.Class, p.Class)
	}
}

func (b *Body) add(c *schemas.Content, limit int) {
	b.Calls++
	b.acc.AddUpTo(c.Shape, limit)
	if c.Unread != "" {
		countText(&b.Unread, c.Unread, &b.more)
	}
	if c.Sniffed {
		b.Sniffed++
	}
	if c.Print != 0 {
		b.Prints.Add(c.Print)
	}
	for _, p := range c.Parts {
		if part := named(&b.Parts, p.Name, maxNames, &b.more); part != nil {
			part.Calls++
			part.File = part.File || p.File
			countText(&part.MediaTypes, p.MediaType, &part.more)
		}
	}
}

// respond folds in the answer.
func (o *Operation) respond(c *schemas.Call) {
	if c.Status == 0 {
		return
	}
	r := entry(&o.Responses, c.Status, maxStatuses, cmp.Compare[int], &o.more)
	if r == nil {
		o.more++
		return
	}
	r.Calls++
	if b := named(&r.Types, c.Response.MediaType, maxTypes, &r.more); b != nil {
		b.add(&c.Response, shapeLimit(c.Status))
	}
	params(&r.Headers, c.ResponseHeaders, &r.more)
}

// secure folds in credentials and sensitive values.
func (o *Operation) secure(c *schemas.Call, ok bool) {
	if len(c.Auth) == 0 {
		o.auth(&schemas.Auth{}, ok)
	}
	for i := range c.Auth {
		a := &c.Auth[i]
		o.auth(a, ok)
		if a.Principal != 0 {
			o.Principals.Add(a.Principal)
		}
	}
	for i := range c.Sensitive {
		s := &c.Sensitive[i]
		st := o.Sensitive[SensitiveKey{s.Class, s.In, s.At}]
		if st == nil {
			k := SensitiveKey{clone(s.Class), clone(s.In), clone(s.At)}
			if st = entry(&o.Sensitive, k, maxNames, compareSensitive, &o.more); st == nil {
				o.more++
				continue
			}
		}
		st.Calls++
		st.Values += uint64(max(s.Count, 1))
		st.Validated = st.Validated || s.Validated
		if s.Masked {
			st.Masked++
		}
		if ok && len(c.Auth) == 0 {
			st.Anonymous++
		}
	}
}

func (o *Operation) auth(a *schemas.Auth, ok bool) {
	st := o.Auth[AuthKey{a.Scheme, a.In, a.Name}]
	if st == nil {
		k := AuthKey{clone(a.Scheme), clone(a.In), clone(a.Name)}
		if st = entry(&o.Auth, k, maxNames, compareAuth, &o.more); st == nil {
			o.more++
			return
		}
	}
	st.Calls++
	if ok {
		st.Success++
		if a.Expired {
			st.Expired++
		}
	}
	if a.NoExpiry {
		st.NoExpiry++
	}
	if a.Alg != "" {
		countText(&st.Algs, a.Alg, &st.more)
	}
}

// caller folds in who called.
func (o *Operation) caller(c *schemas.Call) {
	if c.UserAgent != "" {
		countText(&o.Agents, c.UserAgent, &o.more)
	}
	if c.Client == "" {
		return
	}
	if w := o.callers[c.Client]; w != nil {
		w.Calls++
		w.seen(c.Time, c.UserAgent)
		return
	}
	h := digest(0, c.Client)
	o.Clients.Add(h)
	w := &Caller{Client: c.Client, Agent: c.UserAgent, Calls: 1, Last: c.Time, hash: h}
	if o.takes(w) {
		w.Client, w.Agent = clone(w.Client), clone(w.Agent)
		o.addCaller(w)
	}
}

// takes says whether there is room for a caller who is not there.
func (o *Operation) takes(w *Caller) bool {
	return len(o.callers) < maxCallers || w.less(o.topCaller())
}

func (w *Caller) less(o *Caller) bool {
	return w.hash < o.hash || w.hash == o.hash && w.Client < o.Client
}

func (o *Operation) topCaller() *Caller {
	if o.top == nil {
		for _, w := range o.callers {
			if o.top == nil || o.top.less(w) {
				o.top = w
			}
		}
	}
	return o.top
}

// seen keeps the agent of the latest call, the greatest of several at one time.
func (w *Caller) seen(at schemas.Time, agent string) {
	if at > w.Last || at == w.Last && agent > w.Agent {
		w.Last = at
		if agent != w.Agent {
			w.Agent = clone(agent)
		}
	}
}

// addCaller takes w over, or keeps the maxCallers others.
func (o *Operation) addCaller(w *Caller) {
	if have := o.callers[w.Client]; have != nil {
		have.Calls += w.Calls
		have.seen(w.Last, w.Agent)
		return
	}
	if !o.takes(w) {
		return
	}
	if len(o.callers) >= maxCallers {
		delete(o.callers, o.topCaller().Client)
	}
	if o.callers == nil {
		o.callers = map[string]*Caller{}
	}
	o.callers[w.Client], o.top = w, nil
}

// busiest lists the callers by calls.
func (o *Operation) busiest(n int) []Caller {
	out := make([]Caller, 0, len(o.callers))
	for _, w := range o.callers {
		out = append(out, *w)
	}
	slices.SortFunc(out, func(a, b Caller) int {
		switch {
		case a.Calls != b.Calls && a.Calls > b.Calls:
			return -1
		case a.Calls != b.Calls:
			return 1
		case a.Client < b.Client:
			return -1
		}
		return 1
	})
	return out[:min(n, len(out))]
}

// shapes sets the Shape fields from what was accumulated.
func (o *Operation) shapes() {
	for _, m := range [...]map[string]*Param{o.Query, o.Headers, o.Cookies} {
		setShapes(m)
	}
	for _, b := range o.Requests {
		b.Shape = b.acc.View()
	}
	for _, r := range o.Responses {
		setShapes(r.Headers)
		for _, b := range r.Types {
			b.Shape = b.acc.View()
		}
	}
}

func setShapes(m map[string]*Param) {
	for _, p := range m {
		p.Shape = p.acc.View()
	}
}

// keysOf walks the names in a shape with the share of the calls that had them.
func keysOf(n *shape.Node, at uint64, level int, rate float64, visit func(id uint64, level int, rate float64)) {
	if n == nil || level > maxLevel {
		return
	}
	if level > 0 && homogeneous(n) {
		visit(digest(at, "*"), level, rate)
	} else {
		for i := range n.Props {
			p := &n.Props[i]
			r, id := rate*min(1, float64(p.Seen)/float64(n.Kinds[shape.Object])), digest(at, p.Name)
			visit(id, level, r)
			keysOf(p.Node, id, level+1, r, visit)
		}
	}
	keysOf(n.Items, digest(at, "[]"), level, rate, visit)
}

// homogeneous: all properties are of one scalar kind, as the values of a map are.
func homogeneous(n *shape.Node) bool {
	kind := -1
	for i := range n.Props {
		for k, c := range n.Props[i].Node.Kinds {
			switch {
			case c == 0 || shape.Kind(k) == shape.Null:
			case kind >= 0 && kind != k || shape.Kind(k) == shape.Object:
				return false
			default:
				kind = k
			}
		}
	}
	return len(n.Props) > 0
}
