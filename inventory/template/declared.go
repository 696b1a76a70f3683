package template

import "strings"

// declared is a node of the tree of declared templates.
type declared struct {
	literals map[string]*declared
	params   []declaredParam
}

type declaredParam struct {
	Segment
	below *declared
}

// parseDeclared makes the tree of some templates.
func parseDeclared(templates []string) *declared {
	root := &declared{}
	for _, t := range templates {
		at := root
		for _, seg := range strings.Split(t, "/") {
			if seg != "" {
				at = at.add(seg)
			}
		}
	}
	return root
}

func (d *declared) add(seg string) *declared {
	p := declaredParam{Segment: readSegment(seg), below: &declared{}}
	if !p.Param {
		if d.literals == nil {
			d.literals = map[string]*declared{}
		}
		if d.literals[seg] == nil {
			d.literals[seg] = p.below
		}
		return d.literals[seg]
	}
	for _, have := range d.params {
		if have.plain() == p.plain() {
			return have.below
		}
	}
	d.params = append(d.params, p)
	return p.below
}

// hint says what the declared templates hold of a child: a literal, a value of
// the parameter seg, or nothing. Of several parameters the one with the most
// text around it fits first.
func hint(hints []*declared, c *child) (literal bool, seg *Segment) {
	for _, h := range hints {
		if h.literals[c.text] != nil && !c.rest {
			return true, nil
		}
		for i := range h.params {
			p := &h.params[i].Segment
			around := p.around()
			if c.rest && around == 0 || !c.rest && p.Fits(c.text) {
				if seg == nil || around > seg.around() {
					seg = p
				}
			}
		}
	}
	return false, seg
}

// around is how much literal text stands around the parameters of s.
func (s *Segment) around() int { return len(s.Prefix) + len(s.Suffix) + len(s.Separator) + len(s.More) }

// onwards gives a place the declared nodes and the rules that it stands for.
func (p *Place) onwards(parent *Place) {
	p.follow(parent)
	for _, h := range parent.hints {
		if !p.Segment.Param {
			if n := h.literals[p.Segment.Literal]; n != nil {
				p.hints = append(p.hints, n)
			}
			continue
		}
		for _, x := range h.params {
			if x.plain() == p.Segment.plain() {
				p.hints = append(p.hints, x.below)
				if p.Segment.Name == "" {
					p.Segment.Name, p.Segment.Second, p.Segment.Others = x.Name, x.Second, x.Others
				}
			}
		}
	}
}
