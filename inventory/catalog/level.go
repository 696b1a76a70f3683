package catalog

import (
	"math"
	"math/bits"

	"wirecensus/inventory/template"
)

// A level says how many segments below one place keep their text, and how deep
// places are told apart. It is a function of sketches that do not depend on what
// is kept, and grows with them, so the tree is a function of the set of paths.

const (
	hardLimit = 10 // places that a tree may have for each of Config.MaxPaths

	// maxSketched is how many numbers of segments have a sketch of their own, the
	// last one for all longer ones.
	maxSketched = 12
	// bucket: of the identifiers below one place eight are told apart in the
	// sketches. That is half of those that may keep their text below the first
	// place, as many as below the next and more below others, and far more than do in
	// a large service: a third of the hard limit is room for what is not counted.
	bucket = 7
)

// wordLimits is how many of 1,024 word-like children keep their text at each level.
var wordLimits = [...]int{1024, 512, 256, 128, 64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1}

// depthLimits is how deep places are told apart at the levels after those.
var depthLimits = [...]int{12, 8, 6, 5, 4, 3, 2, 1}

const topLevel = len(wordLimits) + len(depthLimits) - 1

func (t *tree) keepWords(level int) int {
	return max(1, t.limits.words*wordLimits[min(level, len(wordLimits)-1)]/wordLimits[0])
}

func (t *tree) keepValues(level, ids int) int {
	return max(1, t.limits.values>>min(ids, 2)>>(min(level, len(wordLimits)-1)/3))
}

// roomy is the part of limits.paths up to which all identifiers that may keep
// their text do.
const roomy = 48

// maxCrowd is the most halvings of the identifiers that keep their text.
const maxCrowd = 8

// keep is how many children of a class may keep their text below n; 0 means one
// that has no sibling.
func (t *tree) keep(n *node, c template.Class) int {
	if c.Strong() && t.crowd > 0 {
		return (t.keepValues(t.level, int(n.ids)) - 1) >> t.crowd
	}
	if c.Strong() {
		return t.keepValues(t.level, int(n.ids))
	}
	return t.keepWords(t.level)
}

// depth is how many segments of a path have a place of their own.
func (t *tree) depth() int { return depthAt(t.level) }

func depthAt(level int) int {
	if level < len(wordLimits) {
		return maxDepth
	}
	return depthLimits[level-len(wordLimits)]
}

// relevel raises level and crowd to what the distinct paths demand, and says whether it did.
func (t *tree) relevel() bool {
	full := t.paths.count() / float64(t.limits.paths)
	l, crowd := 0, 0
	for c := full; c > 1 && l < len(wordLimits)-1; c /= 2 {
		l++
	}
	for c := full * roomy; c > 1 && crowd < maxCrowd; c /= 2 {
		crowd++
	}
	l = max(l, t.level)
	var seen [maxSketched]float64
	total := 0.0
	for i, s := range t.places {
		if s != nil {
			seen[i] = s.count()
			total += seen[i]
		}
	}
	if room := float64(hardLimit*t.limits.paths) / 3; total > room {
		for l < topLevel && t.most(l, &seen) > room {
			l++
		}
	}
	if l <= t.level && crowd <= t.crowd {
		return false
	}
	t.level, t.crowd = l, max(crowd, t.crowd)
	t.trim(t.root)
	return true
}

// most is how many places there can be at a level: of each depth no more than
// distinct first segments, and no more than those above have room for.
func (t *tree) most(level int, seen *[maxSketched]float64) float64 {
	words, strong := float64(template.Int), float64(template.NumClasses-template.Int)
	width := words*float64(t.keepWords(level)+1) + strong*float64(t.keepValues(level, 0)+1)
	sum, above := 0.0, 1.0
	for d := range min(depthAt(level), maxSketched) {
		most := above * width
		if d == maxSketched-1 {
			most = math.Inf(1)
		}
		above = min(seen[d], most)
		sum += above
	}
	return sum
}

// sketch returns the sketch of the paths' first pos+1 segments.
func (t *tree) sketch(pos int) *sketch8 {
	pos = min(pos, maxSketched-1)
	if t.places[pos] == nil {
		t.places[pos] = new(sketch8)
	}
	return t.places[pos]
}

// maxRegister is the greatest number in a register of a sketch8.
const maxRegister = 57

// sketch8 is a HyperLogLog of 256 registers.
type sketch8 [256]uint8

func (s *sketch8) add(d uint64) bool {
	i, r := d>>56, uint8(bits.LeadingZeros64(d<<8|1<<7))+1
	if s[i] >= r {
		return false
	}
	s[i] = r
	return true
}

func (s *sketch8) merge(o *sketch8) {
	for i, r := range o {
		s[i] = max(s[i], r)
	}
}

// count is an estimate that no further member lowers.
func (s *sketch8) count() float64 {
	const m = 256
	sum, zero := 0.0, 0
	for _, r := range s {
		sum += math.Float64frombits((1023 - uint64(r)) << 52)
		if r == 0 {
			zero++
		}
	}
	linear := m * math.Log(m/float64(max(zero, 1)))
	if e := 0.7213 / (1 + 1.079/m) * m * m / sum; e > 2.5*m {
		return max(e, linear)
	}
	return linear
}
