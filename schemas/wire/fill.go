package wire

import (
	"encoding/binary"
	"math"
	"math/bits"

	"wirecensus/schemas"
	"wirecensus/schemas/shape"
)

// maxIdents is how many identifiers of a call are read.
const maxIdents = 1024

// tallies reads the numbers of one call. Once bad, what it returns means nothing.
type tallies struct {
	dense  []byte
	odds   []byte
	usual  uint64 // how many are as foretold before value
	value  uint64
	fresh  []byte // digests that were not referred to yet
	table  []uint64
	main   *tallies // of an operation's numbers: those of the rest of the call
	bad    bool
	idents []schemas.Ident
}

func (t *tallies) begin(tally, odds, fresh []byte) {
	t.dense, t.odds, t.fresh = tally, odds, fresh
	t.bad = len(fresh)%8 != 0
	t.load()
}

// load reads the next pair of the odd ones.
func (t *tallies) load() {
	if len(t.odds) == 0 {
		t.usual = math.MaxUint64
		return
	}
	var ok bool
	if t.usual, t.odds, ok = uvarint(t.odds); ok {
		t.value, t.odds, ok = uvarint(t.odds)
	}
	t.bad = t.bad || !ok
}

func (t *tallies) odd(want uint64) uint64 {
	if t.usual > 0 {
		t.usual--
		return want
	}
	v := t.value
	t.load()
	return v
}

func (t *tallies) next() uint64 {
	if len(t.dense) > 0 && t.dense[0] < 0x80 {
		v := t.dense[0]
		t.dense = t.dense[1:]
		return uint64(v)
	}
	v, rest, ok := uvarint(t.dense)
	t.dense, t.bad = rest, t.bad || !ok
	return v
}

func (t *tallies) digest() uint64 { return t.referred(t.next()) }

// referred returns the digest that ref refers to.
func (t *tallies) referred(ref uint64) uint64 {
	if t.main != nil && ref > 0 {
		if ref&1 == 1 {
			return t.shared(ref/2 + 1)
		}
		ref /= 2
	}
	switch {
	case ref > 0 && ref <= uint64(len(t.table)):
		return t.table[ref-1]
	case ref > 0 || len(t.fresh) < 8:
		t.bad = true
		return 0
	}
	d := binary.LittleEndian.Uint64(t.fresh)
	t.fresh = t.fresh[8:]
	t.table = append(t.table, d)
	return d
}

// small returns a number that fits a byte.
func (t *tallies) small(v uint64) uint8 {
	t.bad = t.bad || v > math.MaxUint8
	return uint8(v)
}

// done reports whether all was read and nothing was bad. The odd ones end with
// the foretold ones that follow them.
func (t *tallies) done() bool {
	return !t.bad && len(t.dense) == 0 && len(t.fresh) == 0 && t.usual > math.MaxUint64/2
}

// fill reads the tally of one structure of a call into it.
func (s *structure) fill(t *tallies) {
	if s.positions != nil {
		s.positions.fill(t, 1)
	}
	for i := range s.params {
		p := &s.params[i]
		p.Count = int(t.odd(0))
		if p.positions != nil {
			p.positions.fill(t, 1)
		}
	}
	for i, d := range s.auth {
		a := &s.call.Auth[i]
		if d.principal {
			a.Principal = t.nonzero()
		}
		if d.token {
			a.Token = t.nonzero()
		}
	}
	if s.content != nil && s.content.Print != 0 {
		s.content.Print = t.nonzero()
	}
	for i := range s.call.Sensitive {
		s.call.Sensitive[i].Count = int(t.odd(1))
	}
	for i := range s.asked {
		s.asked[i].fill(t)
	}
}

// nonzero returns a digest where 0 would mean that there is none.
func (t *tallies) nonzero() uint64 {
	d := t.digest()
	t.bad = t.bad || d == 0
	return max(d, 1)
}

func (p *position) fill(t *tallies, expect uint64) {
	n := p.node
	if p.kinds != 0 && p.kinds&(p.kinds-1) == 0 {
		c := t.odd(max(expect, 1))
		t.bad = t.bad || c == 0
		n.Kinds[bits.TrailingZeros32(p.kinds)] = c
	} else {
		p.counts(t, expect)
	}
	if n.Str != nil {
		p.strings(t, n.Str, n.Kinds[shape.String])
	}
	if n.Num != nil {
		t.numbers(n.Num, p.kinds)
	}
	arrays := n.Kinds[shape.Array]
	if arrays > 0 {
		n.Lens = t.lens(arrays)
	}
	if p.tuple != 0 {
		t.bad = t.bad || arrays == 0 || !n.ReadTuple(p.tuple)
	}
	if t.bad {
		return
	}
	for i := range p.props {
		q := &n.Props[i]
		q.Seen = t.odd(n.Kinds[shape.Object])
		p.props[i].fill(t, q.Seen)
	}
	if p.told {
		p.readCases(t)
	}
	if p.items != nil {
		p.items.fill(t, n.Lens.Min*arrays)
	}
	if p.extra != nil {
		p.extra.fill(t, 1)
	}
}

// counts reads the counts of several kinds.
func (p *position) counts(t *tallies, rest uint64) {
	for m := p.kinds; m != 0; m &= m - 1 {
		want := uint64(1)
		if m&(m-1) == 0 {
			want = max(rest, 1)
		}
		c := t.odd(want)
		t.bad = t.bad || c == 0
		p.node.Kinds[bits.TrailingZeros32(m)] = c
		rest -= min(rest, c)
	}
}

// readCases reads what tells objects apart.
func (p *position) readCases(t *tallies) {
	p.cases = p.cases[:0]
	all, by := uint64(1)<<len(p.props)-1, uint8(0)
	for k := t.next(); k > 0 && !t.bad && len(p.cases) < maxCases; k-- {
		by = t.small(t.odd(uint64(by)))
		c := shape.Case{By: by, Token: t.digest(), Count: t.next(), Some: t.odd(all)}
		c.Lack = t.odd(all &^ c.Some)
		p.cases = append(p.cases, c)
	}
	t.bad = t.bad || len(p.cases) == 0 || !p.node.ReadCases(p.cases)
}

func (p *position) strings(t *tallies, s *shape.Strings, count uint64) {
	length := uint64(0)
	if len(p.formats) == 1 {
		length = fixedLen(p.formats[0])
	}
	if length > 0 {
		s.Len.Min = t.odd(length)
		s.Len.Max = t.odd(s.Len.Min)
	} else {
		s.Len = t.lens(count)
	}
	s.Formats.Clear()
	rest := count
	for i, f := range p.formats {
		want := uint64(1)
		if i == len(p.formats)-1 {
			want = max(rest, 1)
		}
		c := t.odd(want)
		t.bad = t.bad || c == 0
		s.Formats.Add(f, c)
		rest -= min(rest, c)
	}
	if p.full {
		return
	}
	var k uint64
	if count == 1 {
		k = t.odd(1)
	} else {
		k = t.next()
	}
	if s.Tokens = nil; k == 0 {
		return
	}
	if k > shape.MaxTokens {
		t.bad = true
		return
	}
	p.tokens = p.tokens[:0]
	for range k {
		p.tokens = append(p.tokens, t.digest())
	}
	s.Tokens = p.tokens
}

func (t *tallies) numbers(n *shape.Numbers, kinds uint32) {
	n.Negative, n.Zero = t.odd(0), t.odd(0)
	if kinds>>shape.Integer&1 != 0 {
		n.MaxBits = t.small(t.next())
	} else {
		n.MaxBits = t.small(t.odd(0))
	}
	if kinds>>shape.Number&1 != 0 {
		n.Decimals = t.small(t.next())
	} else {
		n.Decimals = t.small(t.odd(0))
	}
}

func (t *tallies) lens(count uint64) (r shape.Range) {
	r.Min = t.next()
	if count == 1 {
		r.Max = t.odd(r.Min)
	} else {
		r.Max = r.Min + t.next()
	}
	return r
}

// identifiers reads those of the path, of which parts are the texts, and what is
// left of the tally. segments has the reference that each text had last.
func (t *tallies) identifiers(keys []string, parts, segments []uint32) []schemas.Ident {
	t.idents = t.idents[:0]
	most := uint64(max(len(parts), 1) - 1)
	n := t.odd(most)
	if n > min(most, maxIdents) {
		t.bad = true
		return nil
	}
	for i := range int(n) {
		s := &segments[parts[i+1]]
		ref := t.odd(uint64(*s))
		t.idents = append(t.idents, schemas.Ident{In: "path", Pos: i, Digest: t.referred(ref)})
		if *s = uint32(ref); ref == 0 {
			*s = uint32(len(t.table))
		}
	}
	for len(t.dense) > 0 && !t.bad {
		t.run(keys)
	}
	if len(t.idents) == 0 {
		return nil
	}
	return t.idents
}

// run reads a run of identifiers of the same place.
func (t *tallies) run(keys []string) {
	head := t.next()
	n, id := head&3, schemas.Ident{At: t.key(keys, head>>4)}
	if n == 0 {
		n = t.next()
	}
	if n == 0 || n > maxIdents-uint64(len(t.idents)) {
		t.bad = true
		return
	}
	switch head >> 2 & 3 {
	case inRequest:
		id.In = "request"
	case inResponse:
		id.In = "response"
	case elsewhere:
		id.In, id.Pos = t.key(keys, t.next()), int(t.next())
	default:
		t.bad = true
	}
	for range n {
		id.Digest = t.referred(t.odd(0))
		t.idents = append(t.idents, id)
	}
}

func (t *tallies) key(keys []string, at uint64) string {
	if at >= uint64(len(keys)) {
		t.bad = true
		return ""
	}
	return keys[at]
}
