package template

import (
	"cmp"
	"slices"
	"strings"
)

// Kinds of overrides.
const (
	Pin   = "pin"   // the literals of Template are literals, its parameters are parameters
	Split = "split" // the words of Literal where Template has parameters are literals
	Merge = "merge" // as Pin for parameters, and over literals of declared documents
	Name  = "name"  // the parameters of Template are called Names
)

// Override is one decision of a person about a template. It says something of
// the segments that its template reaches, for all methods: a path has one
// template. A parameter of Pin or Merge takes the segments of its place below
// which the rest of the template was called; the names in braces do not matter
// for that, and name the parameters when the kind is Pin or Merge.
//
// Where overrides contradict each other, one that names the segment as a literal
// goes before one that takes it as one of many, then the one with fewer segments
// left in its template, then the newer, then the one with the greater ID. What
// people say goes before what documents declare, and that before evidence.
type Override struct {
	ID       string
	Kind     string
	Template string
	Literal  string   // Split: a path of the template with words in parameters' places
	Names    []string // Name
	Created  int64    // greater is newer
}

// rule is an override, read.
type rule struct {
	*Override
	segs []ruleSegment
}

// ruleSegment is one segment of a rule: a literal, or a parameter.
type ruleSegment struct {
	Segment
	forced bool // it decides; else it only leads to segments that do
}

// readOverrides reads overrides in order of precedence: those before win. Those
// of other kinds or without a template say nothing.
func readOverrides(list []Override) []*rule {
	var out []*rule
	for i := range list {
		o := &list[i]
		r := &rule{Override: o, segs: readSegments(o.Template)}
		switch o.Kind {
		case Pin:
			for j := range r.segs {
				r.segs[j].forced = true
			}
		case Merge:
			for j := range r.segs {
				r.segs[j].forced = r.segs[j].Param
			}
		case Split:
			words := readSegments(o.Literal)
			if o.Template == "" {
				r.segs = make([]ruleSegment, len(words))
			}
			if len(words) < len(r.segs) {
				r.segs = r.segs[:len(words)]
			}
			for j := range r.segs {
				if w := words[j]; !w.Param && r.segs[j].Segment != w.Segment {
					r.segs[j] = ruleSegment{w.Segment, true}
				}
			}
		case Name:
		default:
			continue
		}
		if len(r.segs) > 0 {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b *rule) int {
		return cmp.Or(-cmp.Compare(a.Created, b.Created), -cmp.Compare(a.ID, b.ID))
	})
	return out
}

func readSegments(template string) []ruleSegment {
	var out []ruleSegment
	for _, s := range strings.Split(template, "/") {
		if s != "" {
			out = append(out, ruleSegment{Segment: readSegment(s)})
		}
	}
	return out
}

// readSegment reads one segment of a written template: text, or up to maxParts
// parameters with text before, between and after. Parameters after those, and those that
// follow another without text between, are passed over.
func readSegment(s string) Segment {
	before, name, rest, ok := cutParam(s)
	if !ok {
		return Segment{Literal: s}
	}
	out := Segment{Param: true, Prefix: before, Name: name}
	for n := 1; ; {
		before, name, after, ok := cutParam(rest)
		if !ok {
			out.Suffix = rest
			return out
		}
		switch {
		case before == "" || n == maxParts:
		case n == 1:
			out.Separator, out.Second = before, name
			n++
		default:
			out.More += "/" + before
			out.Others += "/" + name
			n++
		}
		rest = after
	}
}

// cutParam cuts a segment of a written template before and after its first name in braces.
func cutParam(s string) (before, name, after string, ok bool) {
	open := strings.IndexByte(s, '{')
	if open < 0 {
		return s, "", "", false
	}
	n := strings.IndexByte(s[open:], '}')
	if n < 0 {
		return s, "", "", false
	}
	return s[:open], s[open+1 : open+n], s[open+n+1:], true
}

// plain is a segment without the names of its parameters.
func (s Segment) plain() Segment {
	s.Name, s.Second, s.Others = "", "", ""
	return s
}

// Fits says whether a segment of a path can stand for s.
func (s Segment) Fits(text string) bool {
	if !s.Param {
		return s.Literal == text
	}
	if len(text) <= len(s.Prefix)+len(s.Suffix)+len(s.Separator) || !strings.HasPrefix(text, s.Prefix) || !strings.HasSuffix(text, s.Suffix) {
		return false
	}
	text = text[len(s.Prefix) : len(text)-len(s.Suffix)]
	for _, sep := range s.Separators() {
		i := strings.Index(text, sep)
		if i <= 0 {
			return false
		}
		text = text[i+len(sep):]
	}
	return text != "" || s.More == ""
}

// live is a rule whose first segments are the way to a place.
type live struct {
	*rule
	next int // the segment that it says something of
}

// rule returns what overrides say of a child: the live rule that decides and its
// segment; ok is false when none does.
func ruled(rules []live, c *child) (best live, ok bool) {
	literal := false
	for _, r := range rules {
		if r.next >= len(r.segs) || !r.segs[r.next].forced || !r.covers(c) {
			continue
		}
		named := !r.segs[r.next].Param
		left, least := len(r.segs)-r.next, len(best.segsOrNone())-best.next
		if !ok || named && !literal || named == literal && left < least {
			best, ok, literal = r, true, named
		}
	}
	return best, ok
}

func (r live) segsOrNone() []ruleSegment {
	if r.rule == nil {
		return nil
	}
	return r.segs
}

// covers: the child fits the segment, and for a parameter the rest of the
// template was called below it.
func (r live) covers(c *child) bool {
	seg := r.segs[r.next]
	if c.rest && (!seg.Param || seg.Prefix+seg.Suffix+seg.Separator != "") || !c.rest && !seg.Fits(c.text) {
		return false
	}
	if !seg.Param {
		return true
	}
	for _, n := range c.nodes {
		if n.reaches(r.segs[r.next+1:]) {
			return true
		}
	}
	return false
}

// reaches: some path below n fits the segments and was called.
func (n *Node) reaches(segs []ruleSegment) bool {
	if len(segs) == 0 {
		return len(n.Ops) > 0
	}
	for _, c := range n.Children {
		plain := segs[0].Param && segs[0].Prefix+segs[0].Suffix+segs[0].Separator == ""
		if (c.Rest && plain || !c.Rest && segs[0].Fits(c.Text)) && c.reaches(segs[1:]) {
			return true
		}
	}
	return false
}

// follow gives a place the rules that go on below it, and what those that end
// there call its parameters.
func (p *Place) follow(parent *Place) {
	for _, r := range parent.rules {
		if r.next >= len(r.segs) || r.segs[r.next].plain() != p.Segment.plain() {
			continue
		}
		p.rules = append(p.rules, live{r.rule, r.next + 1})
		if r.next+1 < len(r.segs) {
			continue
		}
		if names := r.names(); len(names) > 0 && (p.names == nil || r.Kind == Name && !p.named) {
			p.names, p.named = names, r.Kind == Name
			if r.Kind == Name {
				p.NamedBy = r.ID
			}
		}
	}
}

// names are the names that a rule gives to its parameters, in order.
func (r *rule) names() []string {
	if r.Kind == Name {
		return r.Names
	}
	var out []string
	if r.Kind == Split {
		return nil
	}
	for _, s := range r.segs {
		if s.Param {
			out = append(out, s.given()[:1+len(s.Separators())]...)
		}
	}
	return out
}
