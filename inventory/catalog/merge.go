package catalog

import (
	"cmp"
	"strings"
)

// merge adds the summary s, which it neither changes nor keeps parts of.
func (o *Operation) merge(s *Operation) {
	o.Calls += s.Calls
	o.begin(s.First, s.Origin)
	span(&o.First, &o.Last, s.First, s.Last)
	o.Success += s.Success
	o.Accepted += s.Accepted
	o.Incomplete += s.Incomplete
	o.Ambiguous += s.Ambiguous
	o.Slashes += s.Slashes
	o.more += s.more
	o.Deprecation, o.Sunset = max(o.Deprecation, s.Deprecation), max(o.Sunset, s.Sunset)
	addCounts(&o.Statuses, s.Statuses, maxStatuses, &o.more)
	o.agents.merge(s.agents, &o.more)
	o.Clients.Merge(&s.Clients)
	o.Principals.Merge(&s.Principals)
	mergeParams(&o.Query, s.Query, &o.more)
	mergeParams(&o.Headers, s.Headers, &o.more)
	mergeParams(&o.Cookies, s.Cookies, &o.more)
	mergeBodies(&o.Requests, s.Requests, &o.more)
	mergeEntries(&o.Responses, s.Responses, maxStatuses, cmp.Compare[int], (*Response).merge, &o.more)
	o.lately, o.asked, o.answer = [2]*AuthStat{}, latest{}, nil
	mergeEntries(&o.Auth, s.Auth, maxNames, compareAuth, (*AuthStat).merge, &o.more)
	mergeEntries(&o.Sensitive, s.Sensitive, maxNames, compareSensitive, (*SensitiveStat).merge, &o.more)
	mergeEntries(&o.Versions, s.Versions, maxFew, strings.Compare, (*VersionStat).merge, &o.more)
	if s.Carried != nil {
		if o.Carried == nil {
			o.Carried = new(Carried)
		}
		o.Carried.merge(s.Carried)
	}
	for _, w := range s.callers {
		o.addCaller(w)
	}
}

func mergeParams(dst *map[string]*Param, src map[string]*Param, fell *uint64) {
	mergeEntries(dst, src, maxNames, strings.Compare, (*Param).merge, fell)
}

func mergeBodies(dst *map[string]*Body, src map[string]*Body, fell *uint64) {
	mergeEntries(dst, src, maxTypes, strings.Compare, (*Body).merge, fell)
}

func (r *Response) merge(s *Response) {
	r.Calls += s.Calls
	r.more += s.more
	r.sent = latest{}
	mergeBodies(&r.Types, s.Types, &r.more)
	mergeParams(&r.Headers, s.Headers, &r.more)
}

func (p *Param) merge(s *Param) {
	p.Calls += s.Calls
	p.more += s.more
	p.acc.Merge(&s.acc)
	p.styles.merge(s.styles, &p.more)
	p.Class = max(p.Class, s.Class)
}

func (b *Body) merge(s *Body) {
	b.Calls += s.Calls
	b.more += s.more
	b.acc.Merge(&s.acc)
	b.unread.merge(s.unread, &b.more)
	b.Sniffed += s.Sniffed
	b.Messages += s.Messages
	b.Prints.Merge(&s.Prints)
	mergeEntries(&b.Parts, s.Parts, maxNames, strings.Compare, (*Part).merge, &b.more)
}

func (p *Part) merge(s *Part) {
	p.Calls += s.Calls
	p.more += s.more
	p.File = p.File || s.File
	p.types.merge(s.types, &p.more)
}

func (a *AuthStat) merge(s *AuthStat) {
	a.key = s.key
	a.Calls += s.Calls
	a.Success += s.Success
	a.Expired += s.Expired
	a.NoExpiry += s.NoExpiry
	a.more += s.more
	a.algs.merge(s.algs, &a.more)
}

func (v *VersionStat) merge(s *VersionStat) {
	v.Calls += s.Calls
	v.Success += s.Success
	span(&v.First, &v.Last, s.First, s.Last)
	v.Clients.Merge(&s.Clients)
}

func (a *SensitiveStat) merge(s *SensitiveStat) {
	a.Calls += s.Calls
	a.Values += s.Values
	a.Validated = a.Validated || s.Validated
	a.Masked += s.Masked
	a.Anonymous += s.Anonymous
}

// sum adds the counts of src to an unbounded map.
func sum[K comparable](dst *map[K]uint64, src map[K]uint64) {
	if *dst == nil && src != nil {
		*dst = make(map[K]uint64, len(src))
	}
	for k, n := range src {
		(*dst)[k] += n
	}
}
