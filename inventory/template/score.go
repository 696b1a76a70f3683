package template

import (
	"math"
	"slices"
	"sort"
)

// The model. The children of a place are literals, each with operations of its
// own, or values of one parameter, which draw theirs from one distribution. The
// gain of taking a child into the slot is the logarithm of the ratio of a
// Dirichlet-multinomial's predictive probability of the child's features given
// the slot's to their probability from nothing, plus what its response keys and
// its own form say.
const (
	alpha      = 2.5 // concentration: how much the slot has to show before it predicts
	slotCost   = 2.5 // for there being a slot at all
	maxCompany = 2.0
	depth      = 4     // segments below a child that are looked at
	wordP      = 0.001 // probability that a literal below is a given word
)

// feature is something seen below a child: a segment or a method after a
// segment, with the probability that any place has it.
type feature struct {
	id, parent uint64 // parent is the feature of the segment before, seed for the child itself
	p          float64
	op         bool    // a method, or a node at the end of sight
	calls      float64 // of an op

	at, up int // indexes of id and parent in the space at hand
}

// describe fills in what a child shows.
func (d *decider) describe(c *child) {
	set := map[uint64]feature{}
	keys := map[uint64]*opKeys{}
	for _, n := range c.nodes {
		d.features(set, n, seed, 0)
		d.bodies(keys, n, seed, 0)
	}
	for _, f := range set {
		c.feats = append(c.feats, f)
		if f.op {
			c.opCalls += f.calls
		}
	}
	sort.Slice(c.feats, func(i, j int) bool { return c.feats[i].id < c.feats[j].id })
	for _, k := range keys {
		for _, x := range k.rates {
			x.Rate /= k.calls
			k.keys = append(k.keys, x)
		}
		k.rates = nil
		if len(k.keys) == 0 {
			continue
		}
		sort.Slice(k.keys, func(i, j int) bool { return k.keys[i].ID < k.keys[j].ID })
		c.keys = append(c.keys, *k)
	}
	sort.Slice(c.keys, func(i, j int) bool { return c.keys[i].op < c.keys[j].op })
}

// bodies gathers the response keys of the operations of a node and of those up
// to two segments below.
func (d *decider) bodies(keys map[uint64]*opKeys, n *Node, h uint64, level int) {
	for _, o := range n.Ops {
		id := hash(h, "\x01"+o.Method)
		k := keys[id]
		if k == nil {
			k = &opKeys{op: id, rates: map[uint64]Key{}}
			keys[id] = k
		}
		k.calls += float64(o.Calls)
		for _, x := range o.Keys {
			x.Rate = x.Rate*float64(o.Calls) + k.rates[x.ID].Rate
			k.rates[x.ID] = x
		}
	}
	if level == 2 {
		return
	}
	for _, c := range n.Children {
		text, _ := d.shown(c)
		d.bodies(keys, c, hash(h, text), level+1)
	}
}

func methodP(m string) float64 {
	switch m {
	case "GET":
		return 0.6
	case "POST":
		return 0.35
	case "PUT", "DELETE", "PATCH":
		return 0.25
	}
	return 0.1
}

func (d *decider) features(set map[uint64]feature, n *Node, h uint64, level int) {
	for _, o := range n.Ops {
		if o.Method == "HEAD" || o.Method == "OPTIONS" {
			continue
		}
		id := hash(h, "\x01"+o.Method)
		f := set[id]
		set[id] = feature{id: id, parent: h, p: methodP(o.Method), op: true, calls: f.calls + float64(o.Calls)}
	}
	if level == depth {
		return
	}
	for _, k := range n.Children {
		text, p := d.shown(k)
		kh := hash(h, text)
		f := feature{id: kh, parent: h, p: p}
		if level == depth-1 {
			f.op, f.calls = true, set[kh].calls+k.calls
		}
		set[kh] = f
		d.features(set, k, kh, level+1)
	}
}

// shown is how a node is seen from above: its text where it is a literal, a
// mark where it is a value.
func (d *decider) shown(k *Node) (string, float64) {
	switch {
	case d.pass == 0 && (k.Rest || k.Class.Strong()):
		return "\x02", 0.5
	case d.pass == 0 && d.words[k.Text] < 2:
		return "\x02", 0.5
	case d.pass > 0 && k.value:
		return "\x02", 0.5
	case d.pass == 0:
		return k.Text, wordP
	}
	return k.Text, max(wordP, 0.5*float64(d.places[k.Text]-1)/float64(d.nplaces+20))
}

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
	return c.prior + s.company(c) + s.structure(c) + s.coverage(c) + s.keyGain(c)
}

// company is what the other words of the place say: where most are values, one
// more is likelier to be one.
func (s *slot) company(c *child) float64 {
	if c.word() == 0 || s.words < 2 {
		return 0
	}
	return max(0, min(maxCompany, 1.5+math.Log((s.words+0.5)/(s.space.words-1-s.words+0.5))))
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

// coverage compares where the calls of the child and those of the slot went:
// values with many calls see all of the slot's operations, and no others.
func (s *slot) coverage(c *child) float64 {
	if s.n == 0 || s.total < 0.5 || c.opCalls < 0.5 {
		return 0
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
	return -k * (6*max(0, want-theirs-0.1) + 4*max(0, known-mine-0.1))
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

// score marks the children that are values. One place may have values of several
// kinds, with different operations below: names here, numbers there.
func (d *decider) score(kids []*child, ctx context) {
	for _, c := range kids {
		c.prior = d.form(c, ctx)
	}
	for range 3 {
		var left []*child
		for _, c := range kids {
			if !c.in {
				left = append(left, c)
			}
		}
		if !d.slot(left, ctx) {
			return
		}
	}
}

// slot marks the values of the likeliest slot: the best of several hypotheses,
// each improved until nothing changes.
func (d *decider) slot(kids []*child, ctx context) bool {
	if len(kids) == 0 {
		return false
	}
	sp := number(kids)
	best, bestScore := make([]bool, len(kids)), 0.0
	for _, start := range seeds(kids) {
		in, sc := climb(sp, kids, start)
		if sc > bestScore {
			best, bestScore = in, sc
		}
	}
	for i, c := range kids {
		c.in = best[i]
	}
	s := newSlot(sp)
	for _, c := range kids {
		if c.in {
			s.add(c, 1)
		}
	}
	for _, c := range kids {
		if c.in {
			s.add(c, -1)
		}
		c.margin = s.gain(c)
		if c.in {
			s.add(c, 1)
		}
	}
	return bestScore > 0
}

// seeds proposes hypotheses to start from: what looks like values, everything,
// and the children that share a telling feature.
func seeds(kids []*child) [][]bool {
	likely, all := make([]bool, len(kids)), make([]bool, len(kids))
	type sharedBy struct {
		id uint64
		n  int
		p  float64
	}
	shared := map[uint64]*sharedBy{}
	for i, c := range kids {
		likely[i], all[i] = c.prior > 0, true
		for _, f := range c.feats {
			s := shared[f.id]
			if s == nil {
				s = &sharedBy{id: f.id, p: f.p}
				shared[f.id] = s
			}
			s.n++
		}
	}
	out := [][]bool{likely, all}
	var list []*sharedBy
	for _, s := range shared {
		if s.n > 1 && s.n < len(kids) {
			list = append(list, s)
		}
	}
	worth := func(s *sharedBy) float64 { return float64(s.n-1) * -math.Log(s.p) }
	sort.Slice(list, func(i, j int) bool {
		if a, b := worth(list[i]), worth(list[j]); a != b {
			return a > b
		}
		return list[i].id < list[j].id
	})
	for _, s := range list[:min(len(list), 6)] {
		in := make([]bool, len(kids))
		for i, c := range kids {
			for _, f := range c.feats {
				in[i] = in[i] || f.id == s.id
			}
		}
		out = append(out, in)
	}
	return out
}

// climb moves children in and out of the slot until none gains by it.
func climb(sp *space, kids []*child, in []bool) ([]bool, float64) {
	s := newSlot(sp)
	for i, c := range kids {
		if in[i] {
			s.add(c, 1)
		}
	}
	for range 6 {
		changed := false
		s.expect()
		for i, c := range kids {
			if in[i] {
				s.add(c, -1)
			}
			if want := s.gain(c) > 0; want != in[i] {
				in[i], changed = want, true
			}
			if in[i] {
				s.add(c, 1)
			}
		}
		if !changed {
			break
		}
	}
	// The score of the whole, as the chain of its members' gains.
	total, chain := -slotCost, newSlot(sp)
	for i, c := range kids {
		if in[i] {
			total += chain.gain(c)
			chain.add(c, 1)
			if n := chain.n; n&(n-1) == 0 {
				chain.seen = chain.seen[:0] // again, as often as the number of members doubles
			}
		}
	}
	return in, total
}
