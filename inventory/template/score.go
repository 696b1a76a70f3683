package template

import (
	"math"
	"sort"
)

// The model. The children of a place are literals, each with operations of its
// own, or values of one parameter, which draw theirs from one distribution. The
// gain of taking a child into the slot is the logarithm of the ratio of a
// Dirichlet-multinomial's predictive probability of the child's features given
// the slot's to their probability from nothing, plus what its response keys and
// its own form say.
const (
	alpha    = 2.5   // concentration: how much the slot has to show before it predicts
	slotCost = 2.5   // for there being a slot at all
	depth    = 4     // segments below a child that are looked at
	wordP    = 0.001 // probability that a literal below is a given word
)

// feature is something seen below a child: a segment or a method after a
// segment, with the probability that any place has it.
type feature struct {
	id, parent uint64 // parent is the feature of the segment before, seed for the child itself
	p          float64
	op         bool    // a method, or a node at the end of sight
	calls      float64 // of an op
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
		set[id] = feature{id, h, methodP(o.Method), true, f.calls + float64(o.Calls)}
	}
	if level == depth {
		return
	}
	for _, k := range n.Children {
		text, p := d.shown(k)
		kh := hash(h, text)
		f := feature{id: kh, parent: h, p: p}
		if level == depth-1 {
			f.op, f.calls = true, set[kh].calls+weight(k)
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

// slot is a hypothesis: the children that are values, summed up.
type slot struct {
	n     int
	count map[uint64]float64 // members by feature
	calls map[uint64]float64 // calls by op feature
	total float64            // of calls
	below map[uint64]*branch
	keys  map[uint64]*keySum
	seen  []float64 // expected coverage of the slot's calls by a child of 2^i calls
	once  float64   // calls of ops that only one member had
}

// branch sums up what follows one feature over the members of a slot.
type branch struct{ total, once float64 }

// keySum sums up the keys of one method over the members of a slot.
type keySum struct {
	n, calls, total float64
	count           map[uint64]*keyCount
}

type keyCount struct {
	members, calls float64
	level          int
}

func newSlot() *slot {
	return &slot{count: map[uint64]float64{}, calls: map[uint64]float64{}, below: map[uint64]*branch{}, keys: map[uint64]*keySum{}}
}

func (s *slot) add(c *child, sign float64) {
	s.n += int(sign)
	s.count[seed] += sign
	s.total += sign * c.opCalls
	for _, f := range c.feats {
		was := s.count[f.id]
		s.count[f.id] = was + sign
		if f.op {
			s.calls[f.id] += sign * f.calls
		}
		b := s.below[f.parent]
		if b == nil {
			b = &branch{}
			s.below[f.parent] = b
		}
		b.total += sign
		if was == 1 {
			b.once--
		}
		if was+sign == 1 {
			b.once++
		}
	}
	for _, o := range c.keys {
		k := s.keys[o.op]
		if k == nil {
			k = &keySum{count: map[uint64]*keyCount{}}
			s.keys[o.op] = k
		}
		k.n += sign
		k.calls += sign * o.calls
		k.total += sign * float64(len(o.keys))
		for _, x := range o.keys {
			kc := k.count[x.ID]
			if kc == nil {
				kc = &keyCount{level: x.Level}
				k.count[x.ID] = kc
			}
			kc.members += sign
			kc.calls += sign * x.Rate * o.calls
		}
	}
}

// expect computes how much of the slot's calls a member of n calls should cover.
func (s *slot) expect() {
	s.seen = s.seen[:0]
	ids := make([]uint64, 0, len(s.calls))
	s.once = 0
	for id, c := range s.calls {
		if c > 0.5 {
			ids = append(ids, id)
			if s.count[id] == 1 {
				s.once++
			}
		}
	}
	sort.Slice(ids, func(i, j int) bool { return ids[i] < ids[j] })
	for i := range 12 {
		n := math.Pow(float64(int(1)<<i), 0.75) // calls come in bursts
		e := 0.0
		for _, id := range ids {
			p := s.calls[id] / s.total
			e += p * (1 - math.Pow(1-p, n))
		}
		s.seen = append(s.seen, e)
	}
}

// gain is how much likelier the child is as a member than by itself.
func (s *slot) gain(c *child) float64 {
	return c.prior + s.structure(c) + s.coverage(c) + s.keyGain(c)
}

// structure is what the segments and methods below the child say.
func (s *slot) structure(c *child) float64 {
	if s.n == 0 {
		return 0
	}
	common, telling, against := 0.0, 0.0, 0.0
	for _, f := range c.feats {
		members := s.count[f.parent]
		if members < 0.5 {
			continue
		}
		g := 0.0
		if n := s.count[f.id]; n > 0.5 {
			g = math.Log1p(n/(alpha*f.p)) - math.Log1p(members/alpha)
		} else {
			var b branch
			if x := s.below[f.parent]; x != nil {
				b = *x
			}
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
	for _, f := range c.feats {
		if f.op && s.calls[f.id] > 0.5 {
			mine += f.calls / c.opCalls
			theirs += s.calls[f.id] / s.total
		}
	}
	if len(s.seen) == 0 {
		s.expect()
	}
	want := s.seen[min(len(s.seen)-1, int(math.Log2(max(1, c.opCalls))))]
	known := 1 - (s.once+3)/(s.total+6)
	k := min(1, (1+math.Log2(c.opCalls))/5) * min(1, (1+math.Log2(s.total))/6)
	return -k * (6*max(0, want-theirs-0.1) + 4*max(0, known-mine-0.1))
}

// keyGain compares the response keys of the methods that both have.
func (s *slot) keyGain(c *child) float64 {
	g := 0.0
	for _, o := range c.keys {
		if k := s.keys[o.op]; k != nil && k.n > 0.5 {
			g += k.gain(&o)
		}
	}
	return max(-8, min(5, g))
}

// gain compares one method's keys. A key that one side has often and the other
// never, although it had the calls to, speaks against.
func (k *keySum) gain(o *opKeys) float64 {
	shared, all, expected, total, odd := 0.0, 0.0, 0.0, 0.0, 0.0
	mine := map[uint64]bool{}
	for _, x := range o.keys {
		mine[x.ID] = true
		w := levelWeight(x.Level)
		all += w
		if kc := k.count[x.ID]; kc != nil && kc.members > 0.5 {
			shared += w
		} else {
			odd += w * certain(x.Rate*o.calls, o.calls, k.calls)
		}
	}
	for id, kc := range k.count {
		if kc.members < 0.5 {
			continue
		}
		w := levelWeight(kc.level)
		total += w * kc.members
		if mine[id] {
			expected += w * kc.members
		} else {
			odd += w * certain(kc.calls, k.calls, o.calls)
		}
	}
	of, back := shared/max(all, 1e-9), expected/max(total, 1e-9)
	j := 0.5*of + 0.5*back
	if k.n < 2.5 {
		j = max(of, back)*0.5 + j*0.5
	}
	size := math.Min(all, total/k.n)
	if shared+odd == 0 || total == 0 {
		return 0
	}
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
	best, bestScore := make([]bool, len(kids)), 0.0
	for _, start := range seeds(kids) {
		in, sc := climb(kids, start)
		if sc > bestScore {
			best, bestScore = in, sc
		}
	}
	for i, c := range kids {
		c.in = best[i]
	}
	s := newSlot()
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
	if Debug != nil {
		Debug(d.pass, ctx.path, bestScore, len(kids))
		for _, c := range kids {
			if c.in {
				s.add(c, -1)
			}
			Debug("   ", c.in, c.text, c.class.String(), "prior", c.prior, "struct", s.structure(c), "cov", s.coverage(c), "keys", s.keyGain(c), "calls", c.calls, "parents", c.parents, "nfeat", len(c.feats))
			if c.in {
				s.add(c, 1)
			}
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
func climb(kids []*child, in []bool) ([]bool, float64) {
	s := newSlot()
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
	total, chain := -slotCost, newSlot()
	for i, c := range kids {
		if in[i] {
			total += chain.gain(c)
			chain.add(c, 1)
			chain.seen = chain.seen[:0]
		}
	}
	return in, total
}

var Debug func(args ...any)
