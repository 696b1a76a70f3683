package template

import "strings"

// declared is a node of the tree of declared templates.
type declared struct {
	literals map[string]*declared
	params   []declaredParam
}

type declaredParam struct {
	name, prefix, suffix string
	below                *declared
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
	open, end := strings.IndexByte(seg, '{'), strings.LastIndexByte(seg, '}')
	if open < 0 || end < open {
		if d.literals == nil {
			d.literals = map[string]*declared{}
		}
		if d.literals[seg] == nil {
			d.literals[seg] = &declared{}
		}
		return d.literals[seg]
	}
	name, _, _ := strings.Cut(seg[open+1:], "}")
	p := declaredParam{name: name, prefix: seg[:open], suffix: seg[end+1:]}
	for _, have := range d.params {
		if have.prefix == p.prefix && have.suffix == p.suffix {
			return have.below
		}
	}
	p.below = &declared{}
	d.params = append(d.params, p)
	return p.below
}

// hint says what the declared templates hold of a child: literal, value, or nothing.
func hint(hints []*declared, c *child) (literal, value bool) {
	for _, h := range hints {
		if h.literals[c.text] != nil {
			return true, false
		}
		for _, p := range h.params {
			if p.prefix == "" && p.suffix == c.suffix {
				value = true
			}
		}
	}
	return false, value
}

// onwards gives a place the declared nodes that it stands for.
func (p *Place) onwards(parent *Place) {
	for _, h := range parent.hints {
		if !p.Segment.Param {
			if n := h.literals[p.Segment.Literal]; n != nil {
				p.hints = append(p.hints, n)
			}
			continue
		}
		for _, x := range h.params {
			if x.suffix == p.Segment.Suffix && x.prefix == p.Segment.Prefix {
				p.hints = append(p.hints, x.below)
				if p.Segment.Name == "" {
					p.Segment.Name = x.name
				}
			}
		}
	}
}
