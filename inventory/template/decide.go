package template

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
)

// passes is how often the whole tree is decided: each pass sees the labels of
// the one before, so that the merged owners show the repositories as one place.
const passes = 3

// Decide decides every place below root. Where people's overrides speak, they
// win, and then the path templates of declared documents.
func Decide(root *Node, templates []string, overrides ...Override) *Place {
	d := &decider{words: map[string]int{}, suffixes: map[string]int{}}
	d.survey(root)
	d.words1(root)
	hints := parseDeclared(templates)
	var rules []live
	for _, r := range readOverrides(overrides) {
		rules = append(rules, live{r, 0})
	}
	var top *Place
	for d.pass = 0; d.pass < passes; d.pass++ {
		top = &Place{Nodes: []*Node{root}, Confidence: 1, hints: []*declared{hints}, rules: rules}
		d.total = weigh(root)
		d.typical()
		d.next = nil
		d.split(top, nil, true)
		d.learn(top)
	}
	return top
}

type decider struct {
	pass     int
	words    map[string]int // parents below which a word came up
	suffixes map[string]int // distinct strong stems of a suffix in the whole tree
	total    float64
	next     []float64      // calls of the operations decided in this pass
	usual    float64        // calls of a usual operation, 0 unknown
	places   map[string]int // places where a word is a literal
	values   map[string]int // places where a word is a value
	nplaces  int
	style    style
}

// survey counts what the whole tree says of words and suffixes.
func (d *decider) survey(n *Node) {
	for _, c := range n.Children {
		if !c.Rest && !c.Class.Strong() {
			d.words[c.Text]++
			if stem, suf := cutSuffix(c.Text); suf != "" && Classify(stem).Strong() {
				d.suffixes[suf]++
			}
		} else if _, suf := cutSuffix(c.Text); suf != "" {
			d.suffixes[suf]++
		}
		d.survey(c)
	}
}

// weigh sets the calls at and below every node.
func weigh(n *Node) float64 {
	n.calls = 0
	for _, o := range n.Ops {
		n.calls += float64(o.Calls)
	}
	for _, c := range n.Children {
		n.calls += weigh(c)
	}
	return n.calls
}

// words1 lists the calls of the operations on paths of words, which the first pass
// takes for usual ones.
func (d *decider) words1(n *Node) {
	for _, o := range n.Ops {
		d.next = append(d.next, float64(o.Calls))
	}
	for _, c := range n.Children {
		if !c.Rest && c.Class == Word {
			d.words1(c)
		}
	}
}

// typical is the geometric mean, over calls, of the calls of the last pass's operations.
func (d *decider) typical() {
	d.usual = 0
	s, n := 0.0, 0.0
	for _, c := range d.next {
		s += c * math.Log(c)
		n += c
	}
	if len(d.next) > 4 {
		d.usual = math.Exp(s / n)
	}
}

// learn takes from a decided tree what the next pass reads: the labels of the
// nodes, in how many places a literal stands, and how literals are written.
func (d *decider) learn(top *Place) {
	d.places, d.values, d.nplaces = map[string]int{}, map[string]int{}, 0
	d.style = style{}
	var walk func(p *Place)
	walk = func(p *Place) {
		d.nplaces++
		for _, n := range p.Nodes {
			n.value = p.Segment.Param
		}
		if p.Segment.Param {
			seen := map[string]bool{}
			for _, n := range p.Nodes {
				stem := strings.TrimSuffix(strings.TrimPrefix(n.Text, p.Segment.Prefix), p.Segment.Suffix)
				if !n.Rest && !Classify(stem).Strong() && !seen[stem] {
					seen[stem] = true
					d.values[stem]++
				}
			}
		}
		if !p.Segment.Param && p.sure {
			d.places[p.Segment.Literal]++
		}
		d.style.add(p)
		for _, c := range p.Children {
			walk(c)
		}
	}
	walk(top)
}

// child is a segment text below a place, with all the nodes that have it.
type child struct {
	text, stem string
	around     Segment // the parameter that it would be a value of: text around it
	told       bool    // around is from a declared template or an override
	by         *rule   // the override that decides it, nil none
	literal    bool    // by, or a declared template, says so
	declared   bool    // a declared template has a parameter here
	class      Class
	rest       bool
	alone      bool // the stem is a child itself
	nodes      []*Node
	parents    int
	calls      float64
	feats      []feature
	keys       []opKeys
	opCalls    float64
	parts      [numParts]float64 // of the log-odds of being a value
	made       float64           // of byClass, what the service's style says of a word
	prior      float64           // the sum of those that need no comparison
	margin     float64           // the gain of being a value over being a literal
	in         bool              // a value in the hypothesis at hand
}

// opKeys are the response keys of one operation at or below a child.
type opKeys struct {
	op    uint64 // digest of the way down and the method
	calls float64
	keys  []Key
	rates map[uint64]Key // while gathering: Rate is in calls

	slot  int   // index of op in the space at hand
	index []int // of keys in the space at hand
}

// split decides the children of a place and goes on with each. above are the
// places on the way down, p last; base says that p is on the base of all paths.
func (d *decider) split(p *Place, above []*Place, base bool) {
	above = append(above[:len(above):len(above)], p)
	for _, n := range p.Nodes {
		for _, o := range n.Ops {
			d.next = append(d.next, float64(o.Calls))
		}
	}
	kids := d.gather(p)
	if len(kids) == 0 {
		return
	}
	if base {
		if c := d.onBase(kids); c != nil {
			lit := &Place{Segment: Segment{Literal: c.text}, Nodes: c.nodes, Confidence: 0.97, sure: true}
			lit.Why = fmt.Sprintf("%q is on the way of nearly all calls of the service", c.text)
			lit.For, lit.Override = []string{fmt.Sprintf("%.1f%% of the successful calls of the service go through it", 100*c.calls/d.total)}, c.decided()
			lit.onwards(p)
			p.Children = append(p.Children, lit)
			d.split(lit, above, true)
			kids = remove(kids, c)
		}
	}
	fams := map[Segment][]*child{}
	var makes []Segment
	for _, c := range kids {
		if fams[c.around] == nil {
			makes = append(makes, c.around)
		}
		fams[c.around] = append(fams[c.around], c)
	}
	slices.SortFunc(makes, compareSegments)
	for _, m := range makes {
		d.family(p, above, fams[m], m, base)
	}
	slices.SortStableFunc(p.Children, func(a, b *Place) int { return compareSegments(a.Segment, b.Segment) })
}

// compareSegments puts literals first, and then what has the most text around
// its parameter: the order in which a path is matched.
func compareSegments(a, b Segment) int {
	if a.Param != b.Param {
		if b.Param {
			return -1
		}
		return 1
	}
	return cmp.Or(-cmp.Compare(a.around(), b.around()), cmp.Compare(a.Literal, b.Literal),
		cmp.Compare(a.Prefix, b.Prefix), cmp.Compare(a.Suffix, b.Suffix), cmp.Compare(a.Separator, b.Separator), cmp.Compare(a.More, b.More))
}

// family decides the children that would be values of one kind of parameter.
func (d *decider) family(p *Place, above []*Place, kids []*child, around Segment, base bool) {
	ctx := d.context(p, above, base)
	ctx.heads = map[string]int{}
	for _, c := range kids {
		if !c.class.Strong() {
			ctx.words++
			ctx.seen += c.parents
			if c.calls < 2 {
				ctx.once++
			}
		}
		if c.class == Dotted {
			head, _, _ := strings.Cut(c.stem, ".")
			ctx.heads[head]++
		}
	}
	ctx.files = fileEndings(kids) >= 4
	truths := 0
	for _, c := range kids {
		if truth(c.stem) {
			truths++
		}
	}
	ctx.truths = truths > 1
	d.score(kids, ctx)
	slot := &Place{Segment: around}
	slot.Segment.Param = true
	var literals []*child
	told := false
	for _, c := range kids {
		if c.in {
			slot.Nodes = append(slot.Nodes, c.nodes...)
			slot.Override = cmp.Or(slot.Override, c.decided())
			told = told || c.told
			continue
		}
		literals = append(literals, c)
		lit := &Place{Segment: Segment{Literal: c.text}, Nodes: c.nodes, sure: c.margin < -2.5, Override: c.decided()}
		lit.Confidence, lit.Why = logistic(-c.margin), d.whyLiteral(c)
		if d.pass == passes-1 {
			lit.For, lit.Against = c.evidence()
		}
		lit.onwards(p)
		p.Children = append(p.Children, lit)
		d.split(lit, above, false)
	}
	if len(slot.Nodes) > 0 {
		if !told && around.Separator == "" {
			slot.Segment.Separator, slot.Segment.More = composite(kids)
		}
		slot.Confidence, slot.Why = d.whySlot(kids)
		if d.pass == passes-1 {
			slot.For, slot.Against = evidence(kids, literals)
		}
		slot.onwards(p)
		p.Children = append(p.Children, slot)
		d.split(slot, above, false)
	}
}

// decided is the ID of the override that decides a child, "" none.
func (c *child) decided() string {
	if c.by == nil {
		return ""
	}
	return c.by.ID
}

// tell fills in what overrides and declared templates say of a child.
func (c *child) tell(p *Place) {
	literal, seg := hint(p.hints, c)
	c.literal, c.declared = literal, seg != nil
	if r, ok := ruled(p.rules, c); ok {
		c.by, c.literal = r.rule, !r.segs[r.next].Param
		seg = nil
		if !c.literal {
			seg = &r.segs[r.next].Segment
		}
	}
	if c.literal || seg == nil {
		return
	}
	c.told, c.around = true, Segment{Prefix: seg.Prefix, Suffix: seg.Suffix, Separator: seg.Separator, More: seg.More}
	if !c.rest {
		c.stem = c.text[len(seg.Prefix) : len(c.text)-len(seg.Suffix)]
		c.class = Classify(c.stem)
	}
}

func remove(kids []*child, c *child) []*child {
	out := kids[:0]
	for _, k := range kids {
		if k != c {
			out = append(out, k)
		}
	}
	return out
}

// gather collects the children of all nodes of a place by text, sorted.
func (d *decider) gather(p *Place) []*child {
	by := map[string]*child{}
	var kids []*child
	for _, n := range p.Nodes {
		for _, k := range n.Children {
			key := k.Text
			if k.Rest {
				key = "\x00" + string(rune('A'+k.Class))
			}
			c := by[key]
			if c == nil {
				c = &child{text: k.Text, stem: k.Text, class: k.Class, rest: k.Rest}
				by[key] = c
				kids = append(kids, c)
			}
			c.nodes = append(c.nodes, k)
			c.parents++
			c.calls += k.calls
		}
	}
	sort.Slice(kids, func(i, j int) bool {
		if kids[i].rest != kids[j].rest {
			return !kids[i].rest
		}
		if kids[i].text != kids[j].text {
			return kids[i].text < kids[j].text
		}
		return kids[i].class < kids[j].class
	})
	d.cutFamilies(kids)
	for _, c := range kids {
		c.tell(p)
		d.describe(c)
	}
	return kids
}

// onBase finds the child through which nearly all traffic goes when it can be
// the base of the paths.
func (d *decider) onBase(kids []*child) *child {
	var top *child
	sum := 0.0
	for _, c := range kids {
		sum += c.calls
		if top == nil || c.calls > top.calls {
			top = c
		}
	}
	inner := false
	for _, n := range top.nodes {
		inner = inner || len(n.Children) > 0
	}
	if top.rest || !inner || (top.by != nil || top.declared) && !top.literal || top.calls < 0.85*d.total || top.class == Masked || top.class == UUID || top.class == Token || top.class == Email {
		return nil
	}
	return top
}

// cutSuffix cuts a literal suffix .json or :verb off a segment.
func cutSuffix(s string) (stem, suffix string) {
	i := strings.LastIndexAny(s, ".:")
	if i < 1 || i == len(s)-1 || len(s)-i > 24 {
		return s, ""
	}
	for j := i + 1; j < len(s); j++ {
		b := s[j]
		if !(b|0x20 >= 'a' && b|0x20 <= 'z' || b >= '0' && b <= '9' && j > i+1) {
			return s, ""
		}
	}
	if s[i+1] < 'a' {
		return s, ""
	}
	return s[:i], s[i:]
}

// cutFamilies gives the children that end in a suffix shared by several values
// their stem and suffix.
func (d *decider) cutFamilies(kids []*child) {
	whole := map[string]bool{}
	for _, c := range kids {
		whole[c.text] = !c.rest
	}
	stems := map[string]int{}
	dots := map[string]int{}
	for _, c := range kids {
		if c.rest {
			continue
		}
		if stem, suf := cutSuffix(c.text); suf != "" {
			stems[suf]++
			if suf[0] == '.' && !Classify(stem).Strong() {
				dots[suf]++
			}
		}
	}
	for _, c := range kids {
		if c.rest {
			continue
		}
		if seg, class, ok := keyed(c.text); ok {
			c.around, c.class = seg, class
			c.stem = strings.TrimSuffix(strings.TrimPrefix(c.text, seg.Prefix), seg.Suffix)
			continue
		}
		stem, suf := cutSuffix(c.text)
		if suf == "" {
			continue
		}
		ok := false
		if suf[0] == ':' {
			ok = stems[suf] >= 2
		} else {
			ok = d.suffixes[suf] >= 3 && len(dots) <= 2
		}
		if ok {
			c.stem, c.around.Suffix, c.class, c.alone = stem, suf, Classify(stem), whole[stem]
		}
	}
}
