package catalog

import (
	"cmp"
	"slices"
	"strings"

	"wirecensus/schemas"
	"wirecensus/schemas/shape"
)

const (
	maxNames   = 256 // names of one kind at one place
	maxCallers = 48  // clients at one place, those of least hash
)

// add folds a call into the summary.
func (o *Operation) add(c *schemas.Call) {
	o.Calls++
	if o.Calls == 1 || c.Time <= o.First {
		o.begin(c.Time, pathDigest(c.Path))
	}
	o.span(c.Time, c.Time)
	inc(&o.Statuses, c.Status)
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

// begin takes origin for the operation's where first is earlier than its first
// call. It comes before span.
func (o *Operation) begin(first schemas.Time, origin uint64) {
	switch {
	case origin == 0:
	case o.Origin == 0 || first < o.First:
		o.Origin = origin
	case first == o.First:
		o.Origin = min(o.Origin, origin)
	}
}

// pathDigest is the digest of a path in normal form, never 0.
func pathDigest(path string) uint64 {
	return max(1, digest(0, strings.TrimRight(canonical(path), "/")))
}

func (o *Operation) span(first, last schemas.Time) {
	if first != 0 && (o.First == 0 || first < o.First) {
		o.First = first
	}
	o.Last = max(o.Last, last)
}

func inc[K comparable](m *map[K]uint64, k K) {
	if *m == nil {
		*m = map[K]uint64{}
	}
	(*m)[k]++
}

// inputs folds in what an accepted call sent.
func (o *Operation) inputs(c *schemas.Call) {
	for i := range c.Query {
		param(&o.Query, &c.Query[i])
	}
	for i := range c.Headers {
		param(&o.Headers, &c.Headers[i])
	}
	for i := range c.Cookies {
		param(&o.Cookies, &c.Cookies[i])
	}
	named(&o.Requests, c.Request.MediaType).add(&c.Request)
}

// named returns the entry of a bounded map, made when missing. Beyond maxNames
// those of least name stay; the entry of another is handed out but not kept.
func named[V any](m *map[string]*V, name string) *V {
	if v := (*m)[name]; v != nil {
		return v
	}
	v := new(V)
	if *m == nil {
		*m = map[string]*V{}
	}
	(*m)[clone(name)] = v
	if len(*m) > maxNames {
		delete(*m, greatest(*m))
	}
	return v
}

func greatest[V any](m map[string]V) string {
	top := ""
	for k := range m {
		top = max(top, k)
	}
	return top
}

func param(m *map[string]*Param, p *schemas.Param) {
	q := named(m, p.Name)
	q.Calls++
	q.acc.Add(p.Shape)
	inc(&q.Styles, p.Style)
	q.Class = max(q.Class, p.Class)
}

func (b *Body) add(c *schemas.Content) {
	b.Calls++
	b.acc.Add(c.Shape)
	if c.Unread != "" {
		inc(&b.Unread, c.Unread)
	}
	if c.Sniffed {
		b.Sniffed++
	}
	if c.Print != 0 {
		b.Prints.Add(c.Print)
	}
	for _, p := range c.Parts {
		part := named(&b.Parts, p.Name)
		part.Calls++
		part.File = part.File || p.File
		inc(&part.MediaTypes, p.MediaType)
	}
}

// respond folds in the answer.
func (o *Operation) respond(c *schemas.Call) {
	if c.Status == 0 {
		return
	}
	r := o.Responses[c.Status]
	if r == nil {
		if o.Responses == nil {
			o.Responses = map[int]*Response{}
		}
		r = &Response{}
		o.Responses[c.Status] = r
	}
	r.Calls++
	named(&r.Types, c.Response.MediaType).add(&c.Response)
	for i := range c.ResponseHeaders {
		param(&r.Headers, &c.ResponseHeaders[i])
	}
}

// secure folds in credentials and sensitive values.
func (o *Operation) secure(c *schemas.Call, ok bool) {
	if len(c.Auth) == 0 {
		o.auth(schemas.Auth{}, ok)
	}
	for _, a := range c.Auth {
		o.auth(a, ok)
		if a.Principal != 0 {
			o.Principals.Add(a.Principal)
		}
	}
	for _, s := range c.Sensitive {
		if o.Sensitive == nil {
			o.Sensitive = map[SensitiveKey]*SensitiveStat{}
		}
		k := SensitiveKey{s.Class, s.In, s.At}
		st := o.Sensitive[k]
		if st == nil {
			st = &SensitiveStat{}
			o.Sensitive[k] = st
			bound(o.Sensitive, compareSensitive)
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

func (o *Operation) auth(a schemas.Auth, ok bool) {
	k := AuthKey{a.Scheme, a.In, a.Name}
	st := o.Auth[k]
	if st == nil {
		if o.Auth == nil {
			o.Auth = map[AuthKey]*AuthStat{}
		}
		st = &AuthStat{}
		o.Auth[k] = st
		bound(o.Auth, compareAuth)
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
		inc(&st.Algs, a.Alg)
	}
}

// bound deletes the greatest keys of a map that is too large.
func bound[K comparable, V any](m map[K]V, compare func(a, b K) int) {
	for len(m) > maxNames {
		var top K
		for k := range m {
			if compare(k, top) > 0 {
				top = k
			}
		}
		delete(m, top)
	}
}

func compareAuth(a, b AuthKey) int {
	return cmp.Or(cmp.Compare(a.Scheme, b.Scheme), cmp.Compare(a.In, b.In), cmp.Compare(a.Name, b.Name))
}

func compareSensitive(a, b SensitiveKey) int {
	return cmp.Or(cmp.Compare(a.Class, b.Class), cmp.Compare(a.In, b.In), cmp.Compare(a.At, b.At))
}

// caller folds in who called.
func (o *Operation) caller(c *schemas.Call) {
	if c.UserAgent != "" {
		inc(&o.Agents, c.UserAgent)
	}
	if c.Client == "" {
		return
	}
	h := digest(0, c.Client)
	o.Clients.Add(h)
	if w := o.callers[c.Client]; w != nil {
		w.Calls++
		w.seen(c.Time, c.UserAgent)
		return
	}
	if len(o.callers) < maxCallers || h < o.topCaller().hash {
		o.addCaller(&Caller{Client: clone(c.Client), Agent: clone(c.UserAgent), Calls: 1, Last: c.Time, hash: h})
	}
}

func (o *Operation) topCaller() *Caller {
	var top *Caller
	for _, w := range o.callers {
		if top == nil || w.hash > top.hash {
			top = w
		}
	}
	return top
}

// seen keeps the agent of the latest call, the greatest of several at one time.
func (w *Caller) seen(at schemas.Time, agent string) {
	if at > w.Last || at == w.Last && agent > w.Agent {
		w.Last, w.Agent = at, agent
	}
}

func (o *Operation) addCaller(w *Caller) {
	if have := o.callers[w.Client]; have != nil {
		have.Calls += w.Calls
		have.seen(w.Last, w.Agent)
		return
	}
	if o.callers == nil {
		o.callers = map[string]*Caller{}
	}
	o.callers[w.Client] = w
	if len(o.callers) > maxCallers {
		delete(o.callers, o.topCaller().Client)
	}
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
