package normalize

import (
	"bytes"

	"wirecensus/schemas"
	"wirecensus/schemas/shape"
)

// maxPairs is the number of names in a query, form, cookie field or head that
// are described; further ones are dropped.
const maxPairs = 256

// pair is one name with its value, decoded.
type pair struct {
	name, value []byte
	count       int // of this name, in its first pair; 0 in the others
}

// query sets the parameters of the query.
func (n *Normalizer) query(c *schemas.Call, q []byte) {
	if len(q) == 0 {
		return
	}
	n.at = place{in: "request.query", auth: true}
	n.split(q)
	for i := range n.pairs {
		if p := &n.pairs[i]; versionParam(p.name) && p.count == 1 {
			if v := versionOf(p.value); v != nil {
				c.APIVersion = n.version("query ", p.name, v)
			}
		}
	}
	c.Query = n.describe(true)
	n.graphqlQuery()
	n.signedURL()
}

// split parts urlencoded pairs (URL Standard, application/x-www-form-urlencoded)
// into n.pairs, which are valid until the next split.
func (n *Normalizer) split(q []byte) {
	n.pairs, n.esc = n.pairs[:0], n.esc[:0]
	if need := len(q); cap(n.esc) < need {
		n.esc = make([]byte, 0, 2*need)
	}
	for len(q) > 0 && len(n.pairs) < maxPairs {
		var p []byte
		p, q = cutByte(q, '&')
		if len(p) == 0 {
			continue
		}
		name, value := cutByte(p, '=')
		n.pairs = append(n.pairs, pair{name: n.plain(name), value: n.plain(value)})
	}
	n.count()
}

// plain returns s decoded; the room was made by split.
func (n *Normalizer) plain(s []byte) []byte {
	if bytes.IndexByte(s, '%') < 0 && bytes.IndexByte(s, '+') < 0 {
		return s
	}
	start := len(n.esc)
	n.esc = appendUnescaped(n.esc, s, true)
	return n.esc[start:]
}

// count sets how often each name occurs.
func (n *Normalizer) count() {
	for i := range n.pairs {
		p := &n.pairs[i]
		p.count = 1
		for j := range i {
			if q := &n.pairs[j]; q.count > 0 && bytes.Equal(q.name, p.name) {
				q.count++
				p.count = 0
				break
			}
		}
	}
}

// describe returns the parameters that n.pairs are, by name, in n.params until
// dealParams. It is called in the order query, request fields, cookies, response fields. commas says that a
// comma may part several values.
func (n *Normalizer) describe(commas bool) []schemas.Param {
	s := n.scanner
	s.Begin()
	s.Object(s.Root())
	for i := range n.pairs {
		p := &n.pairs[i]
		if p.count == 0 {
			continue
		}
		r := s.Property(s.Root(), p.name)
		switch {
		case r < 0:
		case p.count > 1:
			n.several(r, i)
		case commas && commaList(p.value):
			n.list(r, p.value)
		default:
			s.String(r, p.value)
		}
	}
	n.props = s.AppendProps(n.props[:0])
	start := len(n.params)
	for i := range n.props {
		n.params = append(n.params, n.param(&n.props[i]))
	}
	return n.params[start:]
}

// dealParams gives the call parameters of its own instead of those in n.params,
// all in one allocation.
func (n *Normalizer) dealParams(c *schemas.Call) {
	if len(n.params) == 0 {
		return
	}
	room := n.rooms.params.keep(n.params)
	for _, list := range [4]*[]schemas.Param{&c.Query, &c.Headers, &c.Cookies, &c.ResponseHeaders} {
		if k := len(*list); k > 0 {
			*list, room = room[:k:k], room[k:]
		}
	}
}

// several counts all values of the name of pair i as elements of an array at r.
func (n *Normalizer) several(r shape.Ref, i int) {
	s := n.scanner
	it := s.Item(r)
	for j := i; j < len(n.pairs) && it >= 0; j++ {
		if bytes.Equal(n.pairs[j].name, n.pairs[i].name) {
			s.String(it, n.pairs[j].value)
		}
	}
	s.Array(r, n.pairs[i].count)
}

func (n *Normalizer) list(r shape.Ref, v []byte) {
	s := n.scanner
	it, k := s.Item(r), 0
	for rest := v; rest != nil && it >= 0; k++ {
		var e []byte
		e, rest = cutByte(rest, ',')
		s.String(it, e)
	}
	s.Array(r, k)
}

// commaList reports whether v is two or more words or numbers parted by commas.
func commaList(v []byte) bool {
	if bytes.IndexByte(v, ',') < 0 {
		return false
	}
	k := 0
	for rest := v; rest != nil; k++ {
		var e []byte
		e, rest = cutByte(rest, ',')
		switch shape.Classify(e) {
		case shape.Token, shape.Int, shape.Decimal, shape.UUID, shape.GUID, shape.Hex, shape.ObjectID, shape.Country, shape.Currency, shape.ULID, shape.Date, shape.Locale, shape.Email:
		default:
			return false
		}
	}
	return k >= 2 && k <= maxPairs
}

// param makes a parameter of a property.
func (n *Normalizer) param(p *shape.Prop) schemas.Param {
	out := schemas.Param{Name: p.Name, Shape: p.Node, Class: scalarClass(p.Node)}
	if p.Node.Kinds[shape.Array] > 0 {
		out.Style = "comma"
		for i := range n.pairs {
			if q := &n.pairs[i]; q.count > 1 && string(q.name) == p.Name {
				out.Style, out.Count = "repeat", q.count
			}
		}
	} else if t := int(p.Node.Total()); t > 1 {
		out.Count = t
	}
	n.hide(&out)
	switch open := bytes.IndexByte([]byte(p.Name), '['); {
	case open <= 0 || p.Name[len(p.Name)-1] != ']':
	case p.Name[open:] == "[]":
		out.Style = "brackets"
	default:
		out.Style = "deep"
	}
	return out
}

// scalarClass returns the class of the strings of a parameter.
func scalarClass(s *shape.Node) string {
	if s.Items != nil {
		s = s.Items
	}
	if s.Str != nil {
		return s.Str.Class
	}
	return ""
}

// hide takes the shape from fields that are only named and from session
// cookies, whose values are known to be secrets.
func (n *Normalizer) hide(p *schemas.Param) {
	switch n.at.in {
	case "request.header", "response.header":
		if s := p.Shape.Str; s != nil && s.Formats.Count(shape.Empty) == p.Shape.Total() {
			p.Shape = nil
		}
	case "request.cookie":
		for i := range n.auth {
			if a := &n.auth[i]; a.In == "cookie" && a.Name == p.Name {
				p.Shape, p.Class = nil, classSecret
			}
		}
	}
}
