package catalog

// merge adds the summary s, which it neither changes nor keeps parts of.
func (o *Operation) merge(s *Operation) {
	o.Calls += s.Calls
	o.begin(s.First, s.Origin)
	o.span(s.First, s.Last)
	o.Success += s.Success
	o.Accepted += s.Accepted
	o.Incomplete += s.Incomplete
	o.Ambiguous += s.Ambiguous
	o.Slashes += s.Slashes
	o.Deprecation, o.Sunset = max(o.Deprecation, s.Deprecation), max(o.Sunset, s.Sunset)
	sum(&o.Statuses, s.Statuses)
	sum(&o.Agents, s.Agents)
	o.Clients.Merge(&s.Clients)
	o.Principals.Merge(&s.Principals)
	mergeParams(&o.Query, s.Query)
	mergeParams(&o.Headers, s.Headers)
	mergeParams(&o.Cookies, s.Cookies)
	mergeNamed(&o.Requests, s.Requests, (*Body).merge)
	for status, r := range s.Responses {
		if o.Responses == nil {
			o.Responses = map[int]*Response{}
		}
		have := o.Responses[status]
		if have == nil {
			have = &Response{}
			o.Responses[status] = have
		}
		have.Calls += r.Calls
		mergeNamed(&have.Types, r.Types, (*Body).merge)
		mergeParams(&have.Headers, r.Headers)
	}
	o.mergeSecurity(s)
	for _, w := range s.callers {
		c := *w
		o.addCaller(&c)
	}
}

func sum[K comparable](dst *map[K]uint64, src map[K]uint64) {
	if *dst == nil && src != nil {
		*dst = make(map[K]uint64, len(src))
	}
	for k, n := range src {
		(*dst)[k] += n
	}
}

func mergeNamed[V any](dst *map[string]*V, src map[string]*V, merge func(*V, *V)) {
	if *dst == nil && src != nil {
		*dst = make(map[string]*V, len(src))
	}
	for k, v := range src {
		have := (*dst)[k]
		if have == nil {
			have = new(V)
			(*dst)[k] = have
		}
		merge(have, v)
	}
	for len(*dst) > maxNames {
		delete(*dst, greatest(*dst))
	}
}

func mergeParams(dst *map[string]*Param, src map[string]*Param) {
	mergeNamed(dst, src, (*Param).merge)
}

func (p *Param) merge(s *Param) {
	p.Calls += s.Calls
	p.acc.Add(s.acc.View())
	sum(&p.Styles, s.Styles)
	p.Class = max(p.Class, s.Class)
}

func (b *Body) merge(s *Body) {
	b.Calls += s.Calls
	b.acc.Add(s.acc.View())
	sum(&b.Unread, s.Unread)
	b.Sniffed += s.Sniffed
	b.Prints.Merge(&s.Prints)
	mergeNamed(&b.Parts, s.Parts, (*Part).merge)
}

func (p *Part) merge(s *Part) {
	p.Calls += s.Calls
	p.File = p.File || s.File
	sum(&p.MediaTypes, s.MediaTypes)
}

func (o *Operation) mergeSecurity(s *Operation) {
	for k, a := range s.Auth {
		if o.Auth == nil {
			o.Auth = map[AuthKey]*AuthStat{}
		}
		have := o.Auth[k]
		if have == nil {
			have = &AuthStat{}
			o.Auth[k] = have
		}
		have.Calls += a.Calls
		have.Success += a.Success
		have.Expired += a.Expired
		have.NoExpiry += a.NoExpiry
		sum(&have.Algs, a.Algs)
	}
	bound(o.Auth, compareAuth)
	for k, a := range s.Sensitive {
		if o.Sensitive == nil {
			o.Sensitive = map[SensitiveKey]*SensitiveStat{}
		}
		have := o.Sensitive[k]
		if have == nil {
			have = &SensitiveStat{}
			o.Sensitive[k] = have
		}
		have.Calls += a.Calls
		have.Values += a.Values
		have.Validated = have.Validated || a.Validated
		have.Masked += a.Masked
		have.Anonymous += a.Anonymous
	}
	bound(o.Sensitive, compareSensitive)
}
