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

func (t *tallies) digest() uint64 {
	ref := t.next()
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

// fill reads the tally of one side of a call into the structure.
func (s *structure) fill(t *tallies) {
	for i := range s.params {
		p := &s.params[i]
		p.Count = int(t.odd(0))
		if p.positions != nil {
			p.positions.fill(t, 1)
		}
	}
	if s.positions != nil {
		s.positions.fill(t, 1)
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
	if s.content.Print != 0 {
		s.content.Print = t.nonzero()
	}
	for i := range s.call.Sensitive {
		s.call.Sensitive[i].Count = int(t.odd(1))
	}
}

// nonzero returns a digest where 0 would mean that there is none.
func (t *tallies) nonzero() uint64 {
	d := t.digest()
	t.bad = t.bad || d == 0
	return max(d, 1)
}

func (p *position) fill(t *tallies, expect uint64) {
	n, rest := p.node, expect
	for m := p.kinds; m != 0; m &= m - 1 {
		want := uint64(1)
		if m&(m-1) == 0 {
			want = max(rest, 1)
		}
		c := t.odd(want)
		t.bad = t.bad || c == 0
		n.Kinds[bits.TrailingZeros32(m)] = c
		rest -= min(rest, c)
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
	if t.bad {
		return
	}
	for i := range p.props {
		q := &n.Props[i]
		q.Seen = t.odd(n.Kinds[shape.Object])
		p.props[i].fill(t, q.Seen)
	}
	if p.items != nil {
		p.items.fill(t, n.Lens.Min*arrays)
	}
	if p.extra != nil {
		p.extra.fill(t, 1)
	}
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

// identifiers reads what is left of the tally.
func (t *tallies) identifiers(texts []string) []schemas.Ident {
	t.idents = t.idents[:0]
	for len(t.dense) > 0 && !t.bad {
		head := t.next()
		n, id := head>>2, schemas.Ident{}
		if n == 0 || n > maxIdents-uint64(len(t.idents)) {
			t.bad = true
			break
		}
		step := 0
		switch head & 3 {
		case inPath:
			id.In, id.Pos, step = "path", int(t.next()), 1
		case inRequest:
			id.In, id.At = "request", t.text(texts)
		case inResponse:
			id.In, id.At = "response", t.text(texts)
		default:
			id.In, id.Pos, id.At = t.text(texts), int(t.next()), t.text(texts)
		}
		for range n {
			id.Digest = t.digest()
			t.idents = append(t.idents, id)
			id.Pos += step
		}
	}
	if len(t.idents) == 0 {
		return nil
	}
	return t.idents
}

func (t *tallies) text(texts []string) string {
	i := t.next()
	if i >= uint64(len(texts)) {
		t.bad = true
		return ""
	}
	return texts[i]
}
