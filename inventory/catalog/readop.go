package catalog

import (
	"cmp"
	"strings"

	"wirecensus/schemas/shape"
)

func (r *reader) operation(o *Operation) {
	o.Calls = r.uint()
	o.Origin = r.word()
	o.First = r.time()
	o.Last = o.First + r.time()
	o.Success = r.uint()
	o.Accepted = r.uint()
	o.Incomplete = r.uint()
	o.Ambiguous = r.uint()
	o.Slashes = r.uint()
	o.more = r.uint()
	o.Deprecation, o.Sunset = r.int(), r.int()
	o.Statuses = readMap(r, maxStatuses, cmp.Compare[int], r.status, r.uint)
	o.agents = r.tally()
	r.set(&o.Clients)
	r.set(&o.Principals)
	o.Query, o.Headers, o.Cookies = r.params(), r.params(), r.params()
	o.Requests = r.bodies(dataShape)
	var status int
	o.Responses = readMap(r, maxStatuses, cmp.Compare[int], func() int { status = r.status(); return status }, func() *Response {
		resp := &Response{Calls: r.uint(), more: r.uint()}
		resp.Types = r.bodies(shapeLimit(status))
		resp.Headers = r.params()
		return resp
	})
	r.security(o)
	last := ""
	for i := range r.count(mostCallers, 4) {
		w := Caller{Client: r.text(), Agent: r.text(), Calls: r.uint(), Last: o.First + r.time()}
		if w.hash = digest(0, w.Client); i > 0 && w.Client <= last {
			r.fail()
		}
		if r.bad {
			return
		}
		last = w.Client
		o.addCaller(w)
	}
	if r.version > 1 {
		o.Carried = r.carried()
	}
	if r.version > 3 {
		o.Versions = readMap(r, maxFew, strings.Compare, r.text, func() *VersionStat {
			v := &VersionStat{Calls: r.uint(), Success: r.uint(), First: r.time(), Last: r.time()}
			r.set(&v.Clients)
			return v
		})
	}
}

// mostCallers is how many callers a place of a part may have; earlier versions wrote more.
const mostCallers = 48

func (r *reader) status() int { return int(r.int()) }

func (r *reader) params() map[string]*Param { return r.inputs(maxNames, paramShape) }

func (r *reader) inputs(limit, positions int) map[string]*Param {
	return readMap(r, limit, strings.Compare, r.text, func() *Param {
		p := &Param{Calls: r.uint(), more: r.uint(), Class: r.text(), styles: r.tally()}
		r.acc(&p.acc, positions)
		return p
	})
}

func (r *reader) bodies(limit int) map[string]*Body {
	return readMap(r, maxTypes, strings.Compare, r.text, func() *Body {
		b := &Body{Calls: r.uint(), more: r.uint(), Sniffed: r.uint(), unread: r.tally()}
		r.set(&b.Prints)
		b.Parts = readMap(r, maxNames, strings.Compare, r.text, func() *Part {
			return &Part{Calls: r.uint(), more: r.uint(), File: r.bool(), types: r.tally()}
		})
		r.acc(&b.acc, limit)
		if r.version > 1 {
			b.Messages = r.uint()
		}
		return b
	})
}

func (r *reader) security(o *Operation) {
	var key AuthKey
	o.Auth = readMap(r, maxNames, compareAuth, func() AuthKey { key = AuthKey{r.text(), r.text(), r.text()}; return key }, func() *AuthStat {
		return &AuthStat{key: key, Calls: r.uint(), Success: r.uint(), Expired: r.uint(), NoExpiry: r.uint(), more: r.uint(), algs: r.tally()}
	})
	o.Sensitive = readMap(r, maxNames, compareSensitive, func() SensitiveKey { return SensitiveKey{r.text(), r.text(), r.text()} }, func() *SensitiveStat {
		return &SensitiveStat{Calls: r.uint(), Values: r.uint(), Validated: r.bool(), Masked: r.uint(), Anonymous: r.uint()}
	})
}

// maxShapeDepth is how deep shapes are nested: containers, and the Extra between.
const maxShapeDepth = 2*shape.MaxDepth + 2

func (r *reader) acc(a *shape.Acc, limit int) {
	if r.bool() {
		if n := r.shape(0); !r.bad {
			a.Take(n, limit)
		}
	}
}

func (r *reader) shape(depth int) *shape.Node {
	n := new(shape.Node)
	f := r.uint()
	if f > hasAll || depth > maxShapeDepth {
		r.fail()
		return n
	}
	n.Truncated = f&isTruncated != 0
	for k := range n.Kinds {
		if f&(1<<k) != 0 {
			n.Kinds[k] = r.uint()
		}
	}
	if f&hasStr != 0 {
		n.Str = r.strings()
	}
	if f&hasNum != 0 {
		n.Num = &shape.Numbers{Negative: r.uint(), Zero: r.uint(), MaxBits: r.byte(), Decimals: r.byte(), Class: r.text()}
	}
	if f&hasLens != 0 {
		n.Lens = shape.Range{Min: r.uint(), Max: r.uint()}
	}
	if f&hasTuple != 0 && (!n.ReadTuple(r.uint()) || n.Kinds[shape.Array] == 0) {
		r.fail()
	}
	if f&hasItems != 0 {
		n.Items = r.shape(depth + 1)
	}
	if f&hasExtra != 0 {
		n.Extra = r.shape(depth + 1)
	}
	if f&hasProps != 0 {
		r.props(n, depth)
	}
	if f&hasCases != 0 {
		r.cases(n)
	}
	return n
}

// maxCases bounds how many cases a node has.
const maxCases = 1 << 8

func (r *reader) cases(n *shape.Node) {
	count := r.count(maxCases, 12)
	cs := make([]shape.Case, 0, count)
	for range count {
		cs = append(cs, shape.Case{By: r.byte(), Token: r.word(), Count: r.uint(), Some: r.uint(), Lack: r.uint()})
	}
	if r.bad || count == 0 || !n.ReadCases(cs) {
		r.fail()
	}
}

func (r *reader) props(n *shape.Node, depth int) {
	count := r.count(shape.MaxMerged, 3)
	n.Props = make([]shape.Prop, 0, count)
	for i := range count {
		p := shape.Prop{Name: r.text(), Seen: r.uint()}
		p.Node = r.shape(depth + 1)
		if r.bad || i > 0 && n.Props[i-1].Name >= p.Name {
			r.fail()
			return
		}
		n.Props = append(n.Props, p)
	}
}

func (r *reader) strings() *shape.Strings {
	s := &shape.Strings{Len: shape.Range{Min: r.uint(), Max: r.uint()}, TokensFull: r.bool(), Class: r.text()}
	last := -1
	for range r.count(int(shape.NumFormats), 2) {
		f, n := r.byte(), r.uint()
		if int(f) <= last || f >= byte(shape.NumFormats) || n == 0 {
			r.fail()
		}
		s.Formats.Add(shape.Format(f), n)
		last = int(f)
	}
	tokens := r.count(shape.MaxTokens, 8)
	if tokens > 0 && s.TokensFull {
		r.fail()
	}
	for i := range tokens {
		t := r.word()
		if i > 0 && i <= len(s.Tokens) && t <= s.Tokens[i-1] {
			r.fail()
		}
		s.Tokens = append(s.Tokens, t)
	}
	return s
}
