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
	alpha      = 2.5 // concentration: how much the slot has to show before it predicts
	slotCost   = 2.5 // for there being a slot at all
	maxCompany = 3.0

	companyWords = 4.0 // words of a slot from which on the make of the members counts in full
	sharedCalls  = 0.8 // of the calls of two that are values of one parameter go to the same operations
	manyCalls    = 8   // of a child from which on the operations that it lacks say something
	twinOdds     = 3.0
	twinKeys     = 1.5 // of keyGain, from which on answers are those of a twin
	enumKeys     = 1.1 // likewise, where nearly all words of a place are twins

	depth = 4     // segments below a child that are looked at
	wordP = 0.001 // probability that a literal below is a given word
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
		c.compare(s)
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
