package template

import (
	"math"
	"slices"
	"strings"
)

// space numbers the features and keys of the children of a place, so that
// hypotheses are arrays and sums have one order.
type space struct {
	features int     // index 0 is the child itself
	words    float64 // children that are words
	ops      []opSpace
}

// opSpace are the keys of one operation: how deep each is.
type opSpace struct{ weights []float64 }

// number gives every feature and key of the children its index.
func number(kids []*child) *space {
	var ids []uint64
	ops := map[uint64]map[uint64]int{}
	for _, c := range kids {
		for _, f := range c.feats {
			ids = append(ids, f.id)
		}
		for _, o := range c.keys {
			if ops[o.op] == nil {
				ops[o.op] = map[uint64]int{}
			}
			for _, k := range o.keys {
				ops[o.op][k.ID] = k.Level
			}
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	sp := &space{features: len(ids) + 1}
	for _, c := range kids {
		sp.words += c.word()
	}
	order := make([]uint64, 0, len(ops))
	for id := range ops {
		order = append(order, id)
	}
	slices.Sort(order)
	keys := make([][]uint64, len(order))
	for i, id := range order {
		for k := range ops[id] {
			keys[i] = append(keys[i], k)
		}
		slices.Sort(keys[i])
		w := make([]float64, len(keys[i]))
		for j, k := range keys[i] {
			w[j] = levelWeight(ops[id][k])
		}
		sp.ops = append(sp.ops, opSpace{w})
	}
	for _, c := range kids {
		for i := range c.feats {
			f := &c.feats[i]
			f.at = 1 + indexOf(ids, f.id)
			if f.parent != seed {
				f.up = 1 + indexOf(ids, f.parent)
			}
		}
		for i := range c.keys {
			o := &c.keys[i]
			o.slot = indexOf(order, o.op)
			o.index = make([]int, len(o.keys))
			for j, k := range o.keys {
				o.index[j] = indexOf(keys[o.slot], k.ID)
			}
		}
	}
	return sp
}

func indexOf(sorted []uint64, id uint64) int {
	i, _ := slices.BinarySearch(sorted, id)
	return i
}

// slot is a hypothesis: the children that are values, summed up.
type slot struct {
	space *space
	n     int
	words float64   // members that are words
	hits  float64   // calls at and below the members
	count []float64 // members by feature
	calls []float64 // calls by op feature
	total float64   // of calls
	below []branch  // by feature
	keys  []keySum  // by operation
	seen  []float64 // expected coverage of the slot's calls by a child of 4^i calls
	once  float64   // op features that only one member had
}

// branch sums up what follows one feature over the members of a slot.
type branch struct{ total, once float64 }

// keySum sums up the keys of one operation over the members of a slot.
type keySum struct {
	n, calls, total float64
	members, having []float64 // by key: members, and calls that had it
}

func newSlot(sp *space) *slot {
	s := &slot{space: sp, count: make([]float64, sp.features), calls: make([]float64, sp.features), below: make([]branch, sp.features), keys: make([]keySum, len(sp.ops))}
	for i := range s.keys {
		n := len(sp.ops[i].weights)
		both := make([]float64, 2*n)
		s.keys[i].members, s.keys[i].having = both[:n], both[n:]
	}
	return s
}

func (s *slot) add(c *child, sign float64) {
	s.n += int(sign)
	s.words += sign * c.word()
	s.hits += sign * c.calls
	s.count[0] += sign
	s.total += sign * c.opCalls
	for i := range c.feats {
		f := &c.feats[i]
		was := s.count[f.at]
		s.count[f.at] = was + sign
		if f.op {
			s.calls[f.at] += sign * f.calls
		}
		b := &s.below[f.up]
		b.total += sign
		if was == 1 {
			b.once--
		}
		if was+sign == 1 {
			b.once++
		}
	}
	for i := range c.keys {
		o := &c.keys[i]
		k, w := &s.keys[o.slot], s.space.ops[o.slot].weights
		k.n += sign
		k.calls += sign * o.calls
		for j, x := range o.index {
			k.members[x] += sign
			k.having[x] += sign * o.keys[j].Rate * o.calls
			k.total += sign * w[x]
		}
	}
}

// expect computes how much of the slot's calls a member of some calls should cover.
func (s *slot) expect() {
	s.seen = append(s.seen[:0], make([]float64, 7)...)
	s.once = 0
	for id, c := range s.calls {
		if c < 0.5 {
			continue
		}
		if s.count[id] == 1 {
			s.once++
		}
		p := min(c/s.total, 1-1e-9)
		l := math.Log1p(-p)
		for i, n := range bursts {
			s.seen[i] += p * (1 - math.Exp(n*l))
		}
	}
}

// bursts are 1, 4, 16, … calls to the power of 0.75: calls come in bursts.
var bursts = [...]float64{1, 2.83, 8, 22.6, 64, 181, 512}

// gain is how much likelier the child is as a member than by itself.
func (s *slot) gain(c *child) float64 {
	keys := s.keyGain(c)
	odds, overlap := s.coverage(c)
	return c.prior + s.company(c, overlap) + s.structure(c) + s.twins(c, keys) + odds + keys
}

// compare notes the parts of the gain that come from comparison, and the gain.
func (c *child) compare(s *slot) {
	odds, overlap := s.coverage(c)
	c.parts[byCompany], c.parts[byBelow], c.parts[byCoverage], c.parts[byAnswers] = s.company(c, overlap), s.structure(c), odds, s.keyGain(c)
	c.parts[byBelow] += s.twins(c, c.parts[byAnswers])
	c.margin = c.prior
	for _, x := range c.parts[byCompany:] {
		c.margin += x
	}
}

// company is what the members' make says: where most words of a place are
// values, one more is likelier to be one; a word among numbers, or one called far
// more often than any of them, is not. overlap is that of coverage: few values whose calls
// went elsewhere are no company.
func (s *slot) company(c *child, overlap float64) float64 {
	if c.word() == 0 || s.n < 2 {
		return 0
	}
	n := float64(s.n)
	u := max(-3, min(0, math.Log(2*(s.words+0.5)/(n+1))))
	u -= min(3, 0.8*max(0, math.Log(c.calls*n/(8*s.hits))))
	if s.words >= 2 {
		u += min(1, s.words/companyWords) * min(1, overlap/sharedCalls) * max(0, min(maxCompany, 1.5+math.Log((s.words+0.5)/(s.space.words-1-s.words+0.5))))
	}
	return u
}

func (c *child) word() float64 {
	if c.class.Strong() || c.rest {
		return 0
	}
	return 1
}

// structure is what the segments and methods below the child say.
func (s *slot) structure(c *child) float64 {
	if s.n == 0 {
		return 0
	}
	common, telling, against := 0.0, 0.0, 0.0
	for i := range c.feats {
		f := &c.feats[i]
		members := s.count[f.up]
		if members < 0.5 {
			continue
		}
		g := 0.0
		if n := s.count[f.at]; n > 0.5 {
			g = math.Log1p(n/(alpha*f.p)) - math.Log1p(members/alpha)
		} else {
			b := s.below[f.up]
			g = 0.3 * (math.Log((b.once+1)/(b.total+2)) - math.Log1p(members/alpha))
		}
		switch {
		case g < 0:
			against += g
		case f.p > 0.05:
			common += g
		default:
			telling += g
		}
	}
	return max(-8, against) + min(1.2, common) + 3*math.Log1p(telling/3)
}

// twins compares a child with members that have all that it has, and it all that they have. Two that share
// several literals below and answer alike there are values. And where several are so, recurrence
// says nothing: values of an enumeration come up below many parents too.
func (s *slot) twins(c *child, keys float64) float64 {
	if s.n < 1 || c.word() == 0 {
		return 0
	}
	both, ops, words := 0, 0, 0
	for i := range c.feats {
		f := &c.feats[i]
		if 10*s.count[f.at] < 7*float64(s.n) {
			return 0
		}
		both++
		switch {
		case f.op:
			ops++
		case f.p <= 0.05:
			words++
		}
	}
	has := 0
	for at, n := range s.count {
		if at > 0 && 10*n >= 7*float64(s.n) {
			has++
		}
	}
	u := 0.0
	if has == both && words >= 2 && keys >= 2 {
		u = twinOdds
	}
	if has == both && s.n >= 2 && keys >= enumKeys && s.words+1 >= 0.8*s.space.words && c.parts[byCalls] > -1 && c.ordinary() {
		return max(u, twinOdds) - min(0, c.parts[byRecurrence]) - min(0, c.made)
	}
	if has > both || s.n < 3 || c.parents < 2 || ops < 2 && keys < twinKeys || c.parts[byRecurrence] >= 0 {
		return u
	}
	return u - c.parts[byRecurrence]*min(1, float64(s.n)/8)*min(1, (float64(ops)+max(0, keys))/4)
}

// ordinary: a word that is neither a plural nor written as programs write names, nor one of routes.
func (c *child) ordinary() bool {
	return !plural(c.stem) && !routeWords[strings.ToLower(c.stem)] && count(c.stem).humps == 0 && !verbal(c.stem)
}

// coverage compares where the calls of the child and those of the slot went:
// values with many calls see all of the slot's operations, and no others.
// overlap is the share of the calls, of those of the child or of the slot's where it is less, that
// went to operations of both, 1 for few calls.
func (s *slot) coverage(c *child) (odds, overlap float64) {
	if s.n == 0 || s.total < 0.5 || c.opCalls < 0.5 {
		return 0, 1
	}
	mine, theirs := 0.0, 0.0
	for i := range c.feats {
		if f := &c.feats[i]; f.op && s.calls[f.at] > 0.5 {
			mine += f.calls / c.opCalls
			theirs += s.calls[f.at] / s.total
		}
	}
	if len(s.seen) == 0 {
		s.expect()
	}
	want := s.seen[min(len(s.seen)-1, int(math.Log2(max(1, c.opCalls))/2))]
	known := 1 - (s.once+3)/(s.total+6)
	k := min(1, (1+math.Log2(c.opCalls))/5) * min(1, (1+math.Log2(s.total))/6)
	overlap = 1
	if c.opCalls >= manyCalls && s.total >= manyCalls && s.n <= companyWords {
		overlap = min(mine, theirs)
	}
	return -k * (6*max(0, want-theirs-0.1) + 4*max(0, known-mine-0.1)), overlap
}

// keyGain compares the response keys of the methods that both have.
func (s *slot) keyGain(c *child) float64 {
	g := 0.0
	for i := range c.keys {
		o := &c.keys[i]
		if k := &s.keys[o.slot]; k.n > 0.5 {
			g += k.gain(o, s.space.ops[o.slot].weights)
		}
	}
	return max(-8, min(5, g))
}

// gain compares one operation's keys. A key that one side has often and the
// other never, although it had the calls to, speaks against.
func (k *keySum) gain(o *opKeys, weights []float64) float64 {
	shared, all, expected, odd := 0.0, 0.0, 0.0, 0.0
	next := 0
	for x, w := range weights {
		mine := next < len(o.index) && o.index[next] == x
		theirs := k.members[x] > 0.5
		if mine {
			all += w
			if theirs {
				shared += w
				expected += w * k.members[x]
			} else {
				odd += w * certain(o.keys[next].Rate*o.calls, o.calls, k.calls)
			}
			next++
		} else if theirs {
			odd += w * certain(k.having[x], k.calls, o.calls)
		}
	}
	if shared+odd == 0 || k.total <= 0 {
		return 0
	}
	of, back := shared/max(all, 1e-9), expected/k.total
	j := 0.5*of + 0.5*back
	if k.n < 2.5 {
		j = max(of, back)*0.5 + j*0.5
	}
	size := math.Min(all, k.total/k.n)
	g := 6 * (j - 0.55)
	if g > 0 {
		g = min(2.2, g) * max(0.05, min(1.3, math.Log2(size)/3))
	} else {
		g = max(-4, g) * min(1.3, math.Log2(1+size)/3)
	}
	return g - min(5, 2*math.Log1p(odd)*min(1, 6*odd/(odd+shared)))
}

// levelWeight is how much a key inside so many objects counts: what is inside of
// an optional object comes and goes together.
func levelWeight(level int) float64 {
	return [...]float64{1, 0.7, 0.25, 0.1, 0.05}[min(level, 4)]
}

// certain is how surely a key that was seen in n of calls is missing from others
// and not merely rare: 0 to 1.
func certain(n, calls, others float64) float64 {
	x := max(0, n/(calls+3)*others-1)
	return x * x / (x*x + 6)
}
