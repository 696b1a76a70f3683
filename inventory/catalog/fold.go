package catalog

import (
	"cmp"
	"slices"
	"strings"

	"wirecensus/schemas"
	"wirecensus/schemas/shape"
)

// add folds a call into the summary.
func (o *Operation) add(c *schemas.Call) {
	if c.Has("continued") {
		o.goOn(c)
		return
	}
	o.Calls++
	if o.First == 0 || c.Time <= o.First {
		o.begin(c.Time, pathDigest(c.Path))
	}
	span(&o.First, &o.Last, c.Time, c.Time)
	count(&o.Statuses, c.Status, 1, maxStatuses, &o.more)
	ok := c.Succeeded()
	if ok {
		o.Success++
		o.Accepted++
		o.sent(c)
	}
	if n := len(c.Path); n > 1 && c.Path[n-1] == '/' {
		o.Slashes++
	}
	o.respond(c)
	o.secure(c, ok)
	o.caller(c)
	o.carry(c, c.Outcome(), false)
	for _, f := range c.Flags {
		switch f {
		case "gap", "incomplete", "truncated":
			o.Incomplete++
		case "ambiguous":
			o.Ambiguous++
		}
	}
	o.Deprecation, o.Sunset = max(o.Deprecation, c.Deprecation), max(o.Sunset, c.Sunset)
	if c.APIVersion != "" {
		if v := named(&o.Versions, c.APIVersion, maxFew, &o.more); v != nil {
			v.add(c, ok)
		}
	}
}

func (v *VersionStat) add(c *schemas.Call, ok bool) {
	v.Calls++
	if ok {
		v.Success++
	}
	span(&v.First, &v.Last, c.Time, c.Time)
	if c.Client != "" {
		v.Clients.Add(digest(0, c.Client))
	}
}

// begin takes origin for the operation's where first is earlier than its first
// call; a time that is not known, 0, is later than any. It comes before span.
func (o *Operation) begin(first schemas.Time, origin uint64) {
	switch {
	case origin == 0:
	case o.Origin == 0:
		o.Origin = origin
	case first == o.First:
		o.Origin = min(o.Origin, origin)
	case first != 0 && (o.First == 0 || first < o.First):
		o.Origin = origin
	}
}

// pathDigest is the digest of a path in normal form, never 0.
func pathDigest(path string) uint64 {
	return max(1, digest(0, strings.TrimRight(canonical(path), "/")))
}

// span widens the time from first to last by that from a to b; 0 is a time that is not known.
func span(first, last *schemas.Time, a, b schemas.Time) {
	if a != 0 && (*first == 0 || a < *first) {
		*first = a
	}
	*last = max(*last, b)
}

// sent folds in what an accepted call sent.
func (o *Operation) sent(c *schemas.Call) {
	params(&o.Query, c.Query, &o.more)
	params(&o.Headers, c.Headers, &o.more)
	params(&o.Cookies, c.Cookies, &o.more)
	if b := o.asked.at(&o.Requests, c.Request.MediaType, &o.more); b != nil {
		b.add(&c.Request, dataShape)
	}
}

func params(m *map[string]*Param, list []schemas.Param, fell *uint64) {
	inputs(m, list, maxNames, paramShape, fell)
}

// inputs adds named inputs, at most limit of them, each with so many positions.
func inputs(m *map[string]*Param, list []schemas.Param, limit, positions int, fell *uint64) {
	for i := range list {
		p := &list[i]
		q := named(m, p.Name, limit, fell)
		if q == nil {
			continue
		}
		q.Calls++
		q.acc.AddUpTo(p.Shape, positions)
		q.styles.add(p.Style, 1, &q.more)
		q.Class = max(q.Class, p.Class)
	}
}

func (b *Body) add(c *schemas.Content, limit int) {
	b.Calls++
	b.addShape(c, limit)
	if c.Unread != "" {
		b.unread.add(c.Unread, 1, &b.more)
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
			part.types.add(p.MediaType, 1, &part.more)
		}
	}
}

// addShape adds what is known of the content whether or not it is the call's first.
func (b *Body) addShape(c *schemas.Content, limit int) {
	b.acc.AddUpTo(c.Shape, limit)
	b.Messages += uint64(max(c.Messages, 0))
}

// goOn folds in the rest of an exchange that was counted: messages, their shapes, what they asked for
// and their sensitive values.
func (o *Operation) goOn(c *schemas.Call) {
	o.Last = max(o.Last, c.Time)
	ok := c.Succeeded()
	if ok && (c.Request.Messages > 0 || c.Request.Shape != nil) {
		o.asked = latest{}
		if b := goesOnIn(&o.Requests, c.Request.MediaType, &o.more); b != nil {
			b.addShape(&c.Request, dataShape)
		}
	}
	if c.Status != 0 && (c.Response.Messages > 0 || c.Response.Shape != nil) {
		if r := o.response(c.Status); r != nil {
			r.sent = latest{}
			if b := goesOnIn(&r.Types, c.Response.MediaType, &r.more); b != nil {
				b.addShape(&c.Response, shapeLimit(c.Status))
			}
		}
	}
	o.disclose(c, ok)
	o.carry(c, c.Outcome(), true)
}

// goesOnIn finds or makes the body of a media type for the rest of an exchange; nothing is counted.
func goesOnIn(m *map[string]*Body, media string, fell *uint64) *Body {
	if b := (*m)[media]; b != nil {
		return b
	}
	return entry(m, clone(media), maxTypes, strings.Compare, fell)
}

// latest is the body that was found last in a map of bodies by media type, nil when it is not
// known. Whoever adds an entry to the map in another way forgets it.
type latest struct{ body *Body }

// at finds or makes the body of a media type, nil when there is no room.
func (l *latest) at(m *map[string]*Body, media string, fell *uint64) *Body {
	if b := l.body; b != nil && b.media == media {
		return b
	}
	l.body = named(m, media, maxTypes, fell)
	if b := l.body; b != nil && b.media != media {
		b.media = clone(media)
	}
	return l.body
}

// response finds or makes the entry of a status, nil when there is no room.
func (o *Operation) response(status int) *Response {
	if o.answer != nil && o.answered == status {
		return o.answer
	}
	o.answered, o.answer = status, entry(&o.Responses, status, maxStatuses, cmp.Compare[int], &o.more)
	return o.answer
}

// respond folds in the answer.
func (o *Operation) respond(c *schemas.Call) {
	if c.Status == 0 {
		return
	}
	r := o.response(c.Status)
	if r == nil {
		o.more++
		return
	}
	r.Calls++
	if b := r.sent.at(&r.Types, c.Response.MediaType, &r.more); b != nil {
		b.add(&c.Response, shapeLimit(c.Status))
	}
	params(&r.Headers, c.ResponseHeaders, &r.more)
}

// secure folds in credentials, and sensitive values.
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
	o.disclose(c, ok)
}

// disclose folds in sensitive values.
func (o *Operation) disclose(c *schemas.Call, ok bool) {
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
	st := o.authStat(AuthKey{a.Scheme, a.In, a.Name})
	if st == nil {
		o.more++
		return
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
		st.algs.add(a.Alg, 1, &st.more)
	}
}

// authStat finds or makes the entry of a key that a call holds, nil when there is
// no room. Comparing the few keys last used is cheaper than hashing one.
func (o *Operation) authStat(k AuthKey) *AuthStat {
	for _, st := range o.lately {
		if st != nil && st.key == k {
			return st
		}
	}
	st := o.Auth[k]
	if st == nil {
		o.lately = [2]*AuthStat{}
		k = AuthKey{clone(k.Scheme), clone(k.In), clone(k.Name)}
		if st = entry(&o.Auth, k, maxNames, compareAuth, &o.more); st == nil {
			return nil
		}
		st.key = k
	}
	if st.key == k {
		o.lately[1], o.lately[0] = o.lately[0], st
	}
	return st
}

// caller folds in who called.
func (o *Operation) caller(c *schemas.Call) {
	if c.UserAgent != "" {
		o.agents.add(c.UserAgent, 1, &o.more)
	}
	if c.Client == "" {
		return
	}
	h := digest(0, c.Client)
	i, found := o.callerAt(h, c.Client)
	if found {
		o.callers[i].Calls++
		o.callers[i].seen(c.Time, c.UserAgent)
		return
	}
	o.Clients.Add(h)
	if i < maxCallers {
		o.putCaller(i, Caller{Client: clone(c.Client), Agent: clone(c.UserAgent), Calls: 1, Last: c.Time, hash: h})
	}
}

// callerAt is where a client stands among the callers, or would.
func (o *Operation) callerAt(hash uint64, client string) (int, bool) {
	lo, hi := 0, len(o.callers)
	for lo < hi {
		m := int(uint(lo+hi) >> 1)
		switch w := &o.callers[m]; {
		case w.hash == hash && w.Client == client:
			return m, true
		case w.hash < hash || w.hash == hash && w.Client < client:
			lo = m + 1
		default:
			hi = m
		}
	}
	return lo, false
}

// putCaller puts a caller at i, for the last of too many.
func (o *Operation) putCaller(i int, w Caller) {
	if len(o.callers) == maxCallers {
		o.callers = o.callers[:maxCallers-1]
	}
	if n := len(o.callers); n == cap(o.callers) {
		o.callers = append(make([]Caller, 0, min(maxCallers, n+n/2+1)), o.callers...)
	}
	o.callers = slices.Insert(o.callers, i, w)
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

// addCaller adds the calls of a caller.
func (o *Operation) addCaller(w Caller) {
	i, found := o.callerAt(w.hash, w.Client)
	switch {
	case found:
		o.callers[i].Calls += w.Calls
		o.callers[i].seen(w.Last, w.Agent)
	case i < maxCallers:
		o.putCaller(i, w)
	}
}

// busiest lists the callers by calls.
func (o *Operation) busiest(n int) []Caller {
	out := slices.Clone(o.callers)
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

// shapes sets the fields that show what was accumulated.
func (o *Operation) shapes() {
	o.Agents = o.agents.counts()
	for _, m := range [...]map[string]*Param{o.Query, o.Headers, o.Cookies} {
		showParams(m)
	}
	showBodies(o.Requests)
	for _, r := range o.Responses {
		showParams(r.Headers)
		showBodies(r.Types)
	}
	for _, a := range o.Auth {
		a.Algs = a.algs.counts()
	}
	if o.Carried != nil {
		o.Carried.show()
	}
}

func showParams(m map[string]*Param) {
	for _, p := range m {
		p.Shape, p.Styles = p.acc.View(), p.styles.counts()
	}
}

func showBodies(m map[string]*Body) {
	for _, b := range m {
		b.Shape, b.Unread = b.acc.View(), b.unread.counts()
		for _, p := range b.Parts {
			p.MediaTypes = p.types.counts()
		}
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
