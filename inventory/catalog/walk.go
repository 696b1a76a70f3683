package catalog

import (
	"strings"

	"wirecensus/inventory/template"
	"wirecensus/schemas"
)

// maxDepth is the number of segments of a path that are told apart.
const maxDepth = 24

// walk finds the node of a path, making what is missing, and counts the path in the census. Of
// the positions in the mask at, the nodes on the way are told what ids say of their segment.
//
// As long as nodes that were there before keep their text, so does all above them, and the
// census has counted that beginning when the first of them was made: only what comes behind is
// counted then, from the marks that the beginning left.
func (t *tree) walk(path string, ids []schemas.Ident, at uint32) *node {
	n, up, known, cut := t.root, (*mark)(nil), true, false
	w := &t.trail
	w.n = 0
	for pos, rest := 0, path; len(rest) > 0; {
		var seg segment
		var odd bool
		if rest, odd = seg.next(rest, pos, t.limits.seed); seg.text == "" {
			continue
		}
		raw := uint64(0)
		if odd {
			raw = seg.normalize(t.limits.seed)
		}
		if known {
			up = n.marked(t.limits.seed, up)
		}
		c := (*node)(nil)
		if !cut {
			c = n.kids.find(seg.hash, seg.text)
		}
		switch {
		case c == nil:
			known = false
			t.limits.memo.judge(&seg)
			w.add(&seg)
			if !cut {
				n = t.missing(n, &seg, raw)
				cut = n.class == anything
			}
		case !known:
			seg.class, seg.rank = c.class, c.rank
			w.add(&seg)
			fallthrough
		default:
			if n = c; raw != 0 {
				n.key(raw)
			}
		}
		if at>>pos&1 != 0 && !cut {
			n.identify(ids, pos)
		}
		pos++
	}
	if known {
		if len(n.ops) > 0 {
			return n
		}
		up = n.marked(t.limits.seed, up)
	}
	if t.census.add(up, w) && t.relevel() {
		return t.walk(path, nil, 0)
	}
	return n
}

// next reads the first segment of a path, that of index pos, and its hash by seed. odd: it may not be
// in normal form.
func (s *segment) next(path string, pos int, seed uint64) (rest string, odd bool) {
	for len(path) > 0 && path[0] == '/' {
		path = path[1:]
	}
	stop := byte('/')
	if pos == maxDepth-1 {
		path = strings.TrimRight(path, "/")
		stop = '%' // which ends no segment: it is looked at before
	}
	h, end := seed^digestBasis, 0
	for ; end < len(path); end++ {
		c := path[end]
		if c == '%' || c == ';' {
			odd = true
		} else if c == stop {
			rest = path[end+1:]
			break
		}
		h = (h ^ uint64(c)) * digestPrime
	}
	s.text, s.hash = path[:end], mix(h)
	return rest, odd || end > 0 && path[end-1] == ')'
}

// normalize brings the text of a segment to its normal form. It returns the hash of a text
// which template.Keyed wrote in another way, 0 for others.
func (s *segment) normalize(seed uint64) (raw uint64) {
	whole := canonical(s.text)
	text, keyed := template.Keyed(whole)
	if keyed {
		raw = max(1, digest(seed, whole))
	}
	s.text, s.hash = text, digest(seed, text)
	return raw
}

// mark is what the census counted of a beginning of paths.
type mark struct {
	keys  [len(rungs)]uint64 // as each rung tells it apart
	print uint64             // identifiers written as their class
	cost  int
}

// marked returns the mark of n, made from that of its parent where it is missing.
func (n *node) marked(seed uint64, parent *mark) *mark {
	switch {
	case n.mark != nil:
	case parent == nil:
		n.mark = start(seed)
	default:
		m := *parent
		s := stepOf(&segment{class: n.class, hash: n.hash, rank: n.rank})
		m.step(&s)
		n.mark = &m
	}
	return n.mark
}

// start is the mark of the root.
func start(seed uint64) *mark {
	m := &mark{print: ^seed}
	for i := range m.keys {
		m.keys[i] = seed + uint64(i)
	}
	return m
}

// step goes one segment further.
func (m *mark) step(s *step) {
	for i := range m.keys {
		m.keys[i] = mix(m.keys[i] ^ s.told(i))
	}
	m.cost = min(maxCost, m.cost+int(s.cost))
	if template.Class(s.class).Strong() {
		m.print = mix(m.print ^ uint64(s.class))
	} else {
		m.print = mix(m.print ^ s.hash)
	}
}

// trail are the segments of one path that follow what the census has counted before.
type trail struct {
	n     int
	steps [maxDepth]step
}

// step is what the census needs to know of one segment.
type step struct {
	hash        uint64
	class, cost uint8
	plain       uint8 // MaxPlain where the class is strong
}

func (w *trail) add(s *segment) {
	w.steps[w.n] = stepOf(s)
	w.n++
}

func stepOf(s *segment) step {
	at := step{hash: s.hash, class: uint8(s.class), cost: uint8(s.cost()), plain: template.MaxPlain}
	if !s.class.Strong() {
		at.plain = uint8(s.plain())
	}
	return at
}

// memo remembers what segments were judged to be, by their hash, for speed only.
type memo struct{ table *[512]judgement }

type judgement struct {
	hash, rank uint64
	class      template.Class
	n          uint8 // bytes of text; 0 nothing is remembered
	text       [38]byte
}

// judge sets what follows from the text in normal form, whose hash is known.
func (m *memo) judge(s *segment) {
	if m.table == nil {
		m.table = new([512]judgement)
	}
	at := &m.table[s.hash%uint64(len(m.table))]
	if at.hash == s.hash && string(at.text[:at.n]) == s.text {
		s.class, s.rank = at.class, at.rank
		return
	}
	s.class = template.Classify(s.text)
	s.rank = rankOf(s.text, s.class, s.hash)
	if len(s.text) <= len(at.text) {
		at.hash, at.rank, at.class, at.n = s.hash, s.rank, s.class, uint8(len(s.text))
		copy(at.text[:], s.text)
	}
}
