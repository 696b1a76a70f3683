package shape

import (
	"math/bits"
	"slices"
)

// scanCase is a case of the objects that a scan counts. Bits stand for children in order of their
// arrival.
type scanCase struct {
	before int32 // 1 + place in Scanner.cases of another case of the same objects; 0 none
	by     int32 // node
	token  uint64
	count  uint32
	some   uint64
	always uint64
}

// caseRooms is how many cases are allocated together.
const caseRooms = 64

// tell counts the object serial, which ended, of the tally t by what it says that it is. It is not the
// first; with the second the first is counted too.
func (s *Scanner) tell(t int32, serial uint32) {
	y := &s.tallies[t]
	nd := &s.nodes[y.node]
	if nd.count > MaxCaseProps || nd.kinds > maxKindFields || y.told+1 != y.kinds[Object] && (y.told != 0 || y.kinds[Object] != 2) {
		return
	}
	var first, now uint64
	for c := nd.first; c >= 0; c = s.nodes[c].next {
		if !s.met(c) {
			continue
		}
		bit := uint64(1) << s.nodes[c].place
		k := &s.tallies[s.nodes[c].slot]
		if k.serial == serial {
			now |= bit
			if k.seen > 1 {
				first |= bit
			}
		} else {
			first |= bit
		}
	}
	for c := nd.first; c >= 0; c = s.nodes[c].next {
		if !s.met(c) || !s.names.list[s.nodes[c].key].kind {
			continue
		}
		x := &s.tallies[s.nodes[c].slot].text
		if x.full || x.tokens > MaxCases || x.tokens == 0 {
			continue
		}
		if y.told == 0 {
			s.count(y, c, x.token, first)
		}
		s.count(y, c, x.last, now)
	}
	y.told = y.kinds[Object]
}

// count adds an object with the children has and the token at the child by.
func (s *Scanner) count(y *tally, by int32, token, has uint64) {
	for i := y.cases; i > 0; i = s.cases[i-1].before {
		if c := &s.cases[i-1]; c.by == by && c.token == token {
			c.count++
			c.some, c.always = c.some|has, c.always&has
			return
		}
	}
	s.cases = append(s.cases, scanCase{before: y.cases, by: by, token: token, count: 1, some: has, always: has})
	y.cases = int32(len(s.cases))
}

// exportCases gives out, which has its properties, the cases of y.
func (s *Scanner) exportCases(y *tally, out *Node) {
	fields := out.kindFields(out.Kinds[Object])
	if fields == 0 {
		return
	}
	var at [MaxCaseProps]int8 // by place among the children
	k := int8(0)
	for _, c := range s.byName(y.node) {
		if s.met(c) {
			at[s.nodes[c].place] = k
			k++
		}
	}
	plain := out.uniform(out.Kinds[Object])
	n := 0
	for i := y.cases; i > 0; i = s.cases[i-1].before {
		n++
	}
	cs := s.rooms.cases.take(n, caseRooms)[:0]
	for i := y.cases; i > 0; i = s.cases[i-1].before {
		c := &s.cases[i-1]
		by := at[s.nodes[c.by].place]
		if fields>>by&1 == 0 || plain && len(out.Props[by].Node.Str.Tokens) == 1 {
			continue
		}
		one := Case{By: uint8(by), Token: c.token, Count: uint64(c.count)}
		for m := c.some; m != 0; m &= m - 1 {
			one.Some |= 1 << at[bits.TrailingZeros64(m)]
		}
		for m := c.always; m != 0; m &= m - 1 {
			one.Lack |= 1 << at[bits.TrailingZeros64(m)]
		}
		one.Lack ^= 1<<len(out.Props) - 1
		cs = append(cs, one)
	}
	if len(cs) > 0 {
		slices.SortFunc(cs, compareCases)
		out.Cases = cs
	}
}
