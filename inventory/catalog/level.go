package catalog

import (
	"math"

	"wirecensus/inventory/template"
)

// A level says which segments below one place keep their text, and which places
// are told apart at all. It is a function of sketches that do not depend on what
// is kept, and grows with them, so the tree is a function of the set of paths.
// Each level keeps a part of what the one before it keeps.

const (
	hardLimit = 10 // places that a tree may have for each of Config.MaxPaths
	// roomLimit is how many places for each of Config.MaxPaths a level may be
	// estimated to have before the next is taken.
	roomLimit = 1
	cutRoom   = 0.65 // the part of that for levels which cut paths
)

// rung is a level of the first kind: of the segments below a place
type rung struct {
	words  int // so many (a power of two) of 1,024 of each word-like class keep their text
	plain  int // and only those at least so plain
	values int // and the identifiers halved so often; noValues: none
}

const noValues = 99

// rungs are the first levels; ceilings the most that a place may cost at each of
// those after them, at which segments keep their text as at the last rung.
var (
	rungs    = [...]rung{{1024, 0, 0}, {1024, 0, 3}, {128, 0, 3}, {32, 0, 3}, {32, 6, noValues}, {32, template.Written, noValues}}
	ceilings = [...]int{24, 20, 17, 15, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}
)

const (
	topLevel = len(rungs) + len(ceilings) - 1
	lastRung = len(rungs) - 1

	// What a segment adds to the cost of the places at and below it. A random path
	// costs more than one that people wrote.
	writtenCost = 1 // a word of the vocabulary, or a version
	valueCost   = 2 // an identifier
	oddCost     = 3 // any other, and what stands for many words

	maxCost = 25 // greater ones are counted together

	// bucket: of the identifiers below one place eight are told apart in the
	// sketches. That is half of those that may keep their text below the first
	// place, as many as below the next and more below others, and far more than do in
	// a large service.
	bucket = 7
)

// keepWords is how many words of a class keep their text below a place.
func (t *tree) keepWords() int {
	return max(1, t.limits.words*rungs[min(t.level, lastRung)].words/rungs[0].words)
}

// roomy is the part of limits.paths up to which all identifiers that may keep
// their text do.
const roomy = 48

// maxCrowd is the most halvings of the identifiers that keep their text.
const maxCrowd = 8

// keep is how many children of a class may keep their text below n; 0 means one
// that has no sibling, less not even that.
func (t *tree) keep(n *node, c template.Class) int {
	if !c.Strong() {
		return t.keepWords()
	}
	halves := rungs[min(t.level, lastRung)].values
	if halves == noValues {
		return -1
	}
	k := max(1, t.limits.values>>min(int(n.ids), 2)>>halves)
	if t.crowd > 0 {
		return (k - 1) >> t.crowd
	}
	return k
}

// plain is how plain a word must be to keep its text.
func (t *tree) plain() int { return rungs[min(t.level, lastRung)].plain }

// ceiling is the most that a place may cost.
func (t *tree) ceiling() int {
	if t.level <= lastRung {
		return math.MaxInt
	}
	return ceilings[t.level-len(rungs)]
}

// segment is what the bounds need to know of one segment.
type segment struct {
	text  string
	class template.Class
	hash  uint64
	rank  uint64
}

// plain is template.Plain of a word; that of a short version is of the vocabulary.
func (s *segment) plain() int { return template.MaxPlain - int(s.rank>>60) }

// cost is what the segment adds where it keeps its text.
func (s *segment) cost() int {
	switch {
	case s.class.Strong():
		return valueCost
	case s.plain() >= template.Written:
		return writtenCost
	}
	return oddCost
}

// restCost is what a place that stands for many segments of a class adds.
func restCost(c template.Class) int {
	if c.Strong() {
		return valueCost
	}
	return oddCost
}

// census estimates how many places each level would have.
type census struct {
	paths small              // distinct paths, identifiers written as their class
	rungs [len(rungs)]small  // distinct beginnings of paths, as each rung tells them apart
	costs [maxCost + 1]small // those of the last rung, by cost
	seen  *[recent]uint64    // keys of paths that were added, for speed only
}

const recent = 512

// add counts a path, of which from was counted before, and says whether an estimate may have grown.
func (c *census) add(from *mark, w *trail) bool {
	m := *from
	key := m.keys[0]
	for i := range w.steps[:w.n] {
		key = mix(key ^ w.steps[i].told(0))
	}
	if c.seen == nil {
		c.seen = new([recent]uint64)
	}
	at := &c.seen[key%recent]
	if *at == key|1 {
		return false
	}
	*at = key | 1
	grown := false
	for i := range w.steps[:w.n] {
		m.step(&w.steps[i])
		for j := range m.keys {
			grown = c.rungs[j].add(m.keys[j]) || grown
		}
		grown = c.costs[m.cost].add(m.keys[lastRung]) || grown
	}
	return c.paths.add(mix(m.print)) || grown
}

// told is what a rung tells of a segment.
func (s *step) told(rung int) uint64 {
	r := &rungs[rung]
	switch strong := template.Class(s.class).Strong(); {
	case strong && r.values == noValues, int(s.plain) < r.plain:
		return uint64(s.class) + 1
	case strong:
		return uint64(s.class) + 1 | (s.hash&bucket>>r.values+1)<<8
	case rung == 0:
		return s.hash
	}
	return uint64(s.class) + 1 | (s.hash>>8&uint64(r.words-1)+1)<<8
}

func (c *census) merge(o *census) {
	c.paths.merge(&o.paths)
	for i := range c.rungs {
		c.rungs[i].merge(&o.rungs[i])
	}
	for i := range c.costs {
		c.costs[i].merge(&o.costs[i])
	}
}

// sketches are all of them in one order.
func (c *census) sketches(visit func(*small)) {
	visit(&c.paths)
	for i := range c.rungs {
		visit(&c.rungs[i])
	}
	for i := range c.costs {
		visit(&c.costs[i])
	}
}

// places estimates how many places a level has.
func (c *census) places(level int) float64 {
	if level <= lastRung {
		return c.rungs[level].count()
	}
	sum := 0.0
	for cost := range ceilings[level-len(rungs)] + 1 {
		sum += c.costs[cost].count()
	}
	return sum
}

// room is how many places a level may be estimated to have. Where paths are cut by their cost, each
// place may have one more for what is below and not told apart, which the estimate leaves out.
func (t *tree) room(level int) float64 {
	room := float64(roomLimit * t.limits.paths)
	if level > lastRung {
		return room * cutRoom
	}
	return room
}

// relevel raises level and crowd to what the distinct paths demand, and says whether it did.
func (t *tree) relevel() bool {
	l, crowd := t.level, t.crowd
	for c := t.census.paths.count() / float64(t.limits.paths) * roomy / float64(uint(1)<<crowd); c > 1 && crowd < maxCrowd; c /= 2 {
		crowd++
	}
	for l < topLevel && t.census.places(l) > t.room(l) {
		l++
	}
	if l == t.level && crowd == t.crowd {
		return false
	}
	t.level, t.crowd = l, crowd
	t.trim(t.root)
	return true
}
