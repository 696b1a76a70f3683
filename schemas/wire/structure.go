package wire

import (
	"math/bits"

	"wirecensus/schemas"
	"wirecensus/schemas/shape"
)

// Bits of Node.has.
const (
	hasItems = 1 << iota
	hasExtra
	isTruncated
	isFull
	oddStr
	oddNum
	hasCases
)

const kindsNumbers = 1<<shape.Integer | 1<<shape.Number

// prefix is room in front of a structure for the key and length that make it a Definition.
const prefix = 6

// open begins a structure.
func (e *Encoder) open() {
	e.form = append(e.form[:0], e.head[:prefix]...)
	e.before = e.nodes
}

// define makes the structure in e.form a Definition and returns its bytes.
func (e *Encoder) define(number byte) []byte {
	head := appendUvarint(append(e.head[:0], tag(number, lengthed)), uint64(len(e.form)-prefix))
	at := prefix - len(head)
	copy(e.form[at:], head)
	return e.form[at:]
}

// request writes the request's structure and tally, and returns the structure's Definition.
func (e *Encoder) request(c *schemas.Call) []byte {
	e.open()
	for _, list := range [...][]schemas.Param{c.Query, c.Headers, c.Cookies} {
		e.params(list)
	}
	f := e.form
	f = appendText(f, 2, c.Method)
	f = appendText(f, 3, c.MethodOriginal)
	f = appendText(f, 4, c.Scheme)
	f = appendText(f, 5, c.Host)
	f = appendUint(f, 6, uint64(c.Port))
	f = appendText(f, 7, c.Peer)
	f = appendUint(f, 8, uint64(c.PeerPort))
	f = appendUint(f, 9, uint64(c.Net))
	f = appendText(f, 10, c.Version)
	f = appendText(f, 11, c.UserAgent)
	f = appendBool(f, 12, c.RequestSeen)
	for place, list := range [...][]schemas.Param{c.Query, c.Headers, c.Cookies} {
		f = appendParams(f, 13, list, uint64(place))
	}
	e.form = f
	e.nodes += len(c.Auth)
	for i := range c.Auth {
		e.auth(&c.Auth[i])
	}
	e.content(15, &c.Request)
	e.form = appendText(e.form, 16, c.APIVersion)
	return e.define(1)
}

// response writes the response's structure and tally, and returns the structure's Definition.
func (e *Encoder) response(c *schemas.Call) []byte {
	e.open()
	e.params(c.ResponseHeaders)
	e.form = appendUint(e.form, 2, uint64(c.Status))
	e.nodes += len(c.Flags) + len(c.Anomalies) + len(c.Sensitive)
	for _, s := range c.Flags {
		e.form = appendString(append(e.form, tag(3, lengthed)), s)
	}
	for _, s := range c.Anomalies {
		e.form = appendString(append(e.form, tag(4, lengthed)), s)
	}
	e.form = appendParams(e.form, 5, c.ResponseHeaders, placeField)
	e.content(6, &c.Response)
	for i := range c.Sensitive {
		e.sensitive(&c.Sensitive[i])
	}
	e.form = appendUint(e.form, 8, uint64(c.Deprecation))
	e.form = appendUint(e.form, 9, uint64(c.Sunset))
	return e.define(2)
}

// shape writes a content's structure and tally, and returns the structure's Definition.
func (e *Encoder) shape(n *shape.Node) []byte {
	e.open()
	e.node("", n, 1)
	return e.define(4)
}

const placeField = 1 // Place.PLACE_FIELD

// params writes the nodes and tally of params.
func (e *Encoder) params(list []schemas.Param) {
	e.nodes += len(list)
	for i := range list {
		e.odd(uint64(list[i].Count), 0)
		e.node("", list[i].Shape, 1)
	}
}

func appendParams(f []byte, number byte, list []schemas.Param, place uint64) []byte {
	for i := range list {
		p := &list[i]
		var at int
		f, at = begin(f, number)
		f = appendText(f, 1, p.Name)
		f = appendUint(f, 2, place)
		f = appendText(f, 3, p.Style)
		f = appendText(f, 4, p.Class)
		f = appendBool(f, 5, p.Shape != nil)
		f = end(f, at)
	}
	return f
}

func (e *Encoder) auth(a *schemas.Auth) {
	f, at := begin(e.form, 14)
	f = appendText(f, 1, a.Scheme)
	f = appendText(f, 2, a.In)
	f = appendText(f, 3, a.Name)
	f = appendText(f, 4, a.Alg)
	f = appendBool(f, 5, a.Expired)
	f = appendBool(f, 6, a.NoExpiry)
	f = appendBool(f, 7, a.Principal != 0)
	f = appendBool(f, 8, a.Token != 0)
	e.form = end(f, at)
	if a.Principal != 0 {
		e.digest(a.Principal)
	}
	if a.Token != 0 {
		e.digest(a.Token)
	}
}

func (e *Encoder) sensitive(s *schemas.Sensitive) {
	f, at := begin(e.form, 7)
	f = appendText(f, 1, s.Class)
	f = appendText(f, 2, s.In)
	f = appendText(f, 3, s.At)
	f = appendBool(f, 4, s.Masked)
	f = appendBool(f, 5, s.Validated)
	e.form = end(f, at)
	e.odd(uint64(s.Count), 1)
}

func (e *Encoder) content(number byte, c *schemas.Content) {
	f, at := begin(e.form, number)
	f = appendText(f, 1, c.MediaType)
	f = appendBool(f, 2, c.Sniffed)
	f = appendText(f, 3, c.Unread)
	f = appendBool(f, 4, c.Print != 0)
	e.nodes += len(c.Parts)
	for i := range c.Parts {
		p := &c.Parts[i]
		var part int
		f, part = begin(f, 5)
		f = appendText(f, 1, p.Name)
		f = appendText(f, 2, p.MediaType)
		f = appendBool(f, 3, p.File)
		f = end(f, part)
	}
	if len(f) == at {
		f = f[:at-2]
	} else {
		f = end(f, at)
	}
	e.form = f
	if c.Print != 0 {
		e.digest(c.Print)
	}
}

// node writes a shape: the structure in pre-order to the form, what else there
// is to the tally. expect is how many values are likely to have been there.
func (e *Encoder) node(name string, n *shape.Node, expect uint64) {
	if n == nil {
		return
	}
	e.nodes++
	mask := uint32(0)
	for k, c := range n.Kinds {
		if c != 0 {
			mask |= 1 << k
		}
	}
	f, at := begin(e.form, 1)
	f = appendText(f, 1, name)
	f = appendUint(f, 2, uint64(mask))
	f = appendUint(f, 3, uint64(nodeHas(n, mask)))
	f = appendUint(f, 4, uint64(len(n.Props)))
	if n.Str != nil {
		f = appendFormats(f, &n.Str.Formats)
		f = appendText(f, 6, n.Str.Class)
	}
	if n.Num != nil {
		f = appendText(f, 7, n.Num.Class)
	}
	if n.Tuple != 0 {
		f = appendFixed(append(f, tag(8, fixed64)), n.Tuple)
	}
	e.form = end(f, at)

	if mask != 0 && mask&(mask-1) == 0 {
		e.odd(n.Kinds[bits.TrailingZeros32(mask)], max(expect, 1))
	} else {
		e.counts(n, mask, expect)
	}
	if n.Str != nil {
		e.strings(n.Str, n.Kinds[shape.String])
	}
	if n.Num != nil {
		e.numbers(n.Num, mask)
	}
	arrays := n.Kinds[shape.Array]
	if arrays > 0 {
		e.lens(n.Lens, arrays)
	}
	for i := range n.Props {
		p := &n.Props[i]
		e.odd(p.Seen, n.Kinds[shape.Object])
		e.node(p.Name, p.Node, p.Seen)
	}
	if n.Cases != nil {
		e.cases(n.Cases, len(n.Props))
	}
	e.node("", n.Items, n.Lens.Min*arrays)
	e.node("", n.Extra, 1)
}

// counts writes the counts of several kinds.
func (e *Encoder) counts(n *shape.Node, mask uint32, rest uint64) {
	for m := mask; m != 0; m &= m - 1 {
		c, want := n.Kinds[bits.TrailingZeros32(m)], uint64(1)
		if m&(m-1) == 0 {
			want = max(rest, 1)
		}
		e.odd(c, want)
		rest -= min(rest, c)
	}
}

// cases writes what tells objects apart.
func (e *Encoder) cases(cs []shape.Case, props int) {
	e.dense(uint64(len(cs)))
	all, by := uint64(1)<<props-1, uint8(0)
	for i := range cs {
		c := &cs[i]
		e.odd(uint64(c.By), uint64(by))
		e.digest(c.Token)
		e.dense(c.Count)
		e.odd(c.Some, all)
		e.odd(c.Lack, all&^c.Some)
		by = c.By
	}
}

func nodeHas(n *shape.Node, mask uint32) (has uint32) {
	if n.Items != nil {
		has |= hasItems
	}
	if n.Extra != nil {
		has |= hasExtra
	}
	if n.Cases != nil {
		has |= hasCases
	}
	if n.Truncated {
		has |= isTruncated
	}
	if n.Str != nil && n.Str.TokensFull {
		has |= isFull
	}
	if (n.Str != nil) != (mask>>shape.String&1 != 0) {
		has |= oddStr
	}
	if (n.Num != nil) != (mask&kindsNumbers != 0) {
		has |= oddNum
	}
	return has
}

func appendFormats(f []byte, c *shape.Formats) []byte {
	at := 0
	for format := range c.All() {
		if at == 0 {
			f, at = begin(f, 5)
		}
		f = append(f, byte(format))
	}
	if at != 0 {
		f = end(f, at)
	}
	return f
}

// fixedLen is the length that strings of a format have, 0 when they differ.
func fixedLen(f shape.Format) uint64 {
	switch f {
	case shape.UUID:
		return 36
	case shape.DateTime:
		return 20
	case shape.Date:
		return 10
	case shape.ObjectID:
		return 24
	case shape.ULID:
		return 26
	case shape.MAC:
		return 17
	case shape.HTTPDate:
		return 29
	case shape.Locale:
		return 5
	case shape.Currency:
		return 3
	case shape.Country:
		return 2
	}
	return 0
}

func (e *Encoder) strings(s *shape.Strings, count uint64) {
	kinds, first, rest := 0, shape.None, count
	for f := range s.Formats.All() {
		if kinds++; kinds == 1 {
			first = f
		}
	}
	length := fixedLen(first)
	if kinds == 1 && length > 0 {
		e.odd(s.Len.Min, length)
		e.odd(s.Len.Max, s.Len.Min)
	} else {
		e.lens(s.Len, count)
	}
	i := 0
	for _, c := range s.Formats.All() {
		want := uint64(1)
		if i++; i == kinds {
			want = max(rest, 1)
		}
		e.odd(c, want)
		rest -= min(rest, c)
	}
	if s.TokensFull {
		return
	}
	if count == 1 {
		e.odd(uint64(len(s.Tokens)), 1)
	} else {
		e.dense(uint64(len(s.Tokens)))
	}
	for _, d := range s.Tokens {
		e.digest(d)
	}
}

func (e *Encoder) numbers(n *shape.Numbers, mask uint32) {
	e.odd(n.Negative, 0)
	e.odd(n.Zero, 0)
	if mask>>shape.Integer&1 != 0 {
		e.dense(uint64(n.MaxBits))
	} else {
		e.odd(uint64(n.MaxBits), 0)
	}
	if mask>>shape.Number&1 != 0 {
		e.dense(uint64(n.Decimals))
	} else {
		e.odd(uint64(n.Decimals), 0)
	}
}

// lens writes bounds of the lengths of count things.
func (e *Encoder) lens(r shape.Range, count uint64) {
	e.dense(r.Min)
	if count == 1 {
		e.odd(r.Max, r.Min)
	} else {
		e.dense(r.Max - r.Min)
	}
}

// dense writes what cannot be foretold.
func (e *Encoder) dense(v uint64) { e.tally = appendUvarint(e.tally, v) }

// odd writes v unless it is as foretold.
func (e *Encoder) odd(v, want uint64) {
	if v == want {
		e.usual++
		return
	}
	e.odds = appendUvarint(appendUvarint(e.odds, e.usual), v)
	e.usual = 0
}

// digest writes a reference to a digest.
func (e *Encoder) digest(d uint64) { e.dense(uint64(e.ref(d))) }

// ref returns the reference to a digest, 0 for one that the record has not had.
func (e *Encoder) ref(d uint64) uint32 {
	if e.asking {
		return e.refAsked(d)
	}
	ref, known := e.batch.digests[d]
	if !known {
		e.batch.digests[d] = uint32(len(e.batch.digests) + 1)
		e.fresh = appendFixed(e.fresh, d)
	}
	return ref
}
