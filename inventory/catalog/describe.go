package catalog

import (
	"slices"
	"strings"

	"wirecensus/inventory/template"
	"wirecensus/schemas/shape"
)

const (
	maxEnum    = 12 // values of a parameter that may be an enumeration
	enumWeight = 5  // calls for each value that an enumeration takes
)

// describe writes the template of a site and its parameters.
func (d *deciding) describe(s *site) {
	names := template.Names(s.way, d.style())
	var b strings.Builder
	for i, p := range s.way {
		seg, why := p.Segment, Segment{Text: p.Segment.Literal, Param: p.Segment.Param, Confidence: p.Confidence, For: p.For, Against: p.Against, Override: p.Override}
		if seg.Param {
			param := d.param(p, i)
			param.Name, names = names[0], names[1:]
			if after := template.NamedAfter(p, param.Name); after != "" {
				param.Why += "; " + after
			}
			why.Text = seg.Prefix + "{" + param.Name + "}"
			for _, sep := range seg.Separators() {
				other := param
				other.Name, names = names[0], names[1:]
				param.Suffix, other.Prefix = sep, sep
				why.Text += sep + "{" + other.Name + "}"
				s.params = append(s.params, param)
				param = other
			}
			s.params = append(s.params, param)
			why.Text += seg.Suffix
			why.Shape, why.Distinct, why.Enum = param.Shape, param.Distinct, param.Enum
		}
		b.WriteString("/" + why.Text)
		s.segments = append(s.segments, why)
		s.overrides = append(s.overrides, p.Override, p.NamedBy)
	}
	slices.Sort(s.overrides)
	s.overrides = slices.DeleteFunc(slices.Compact(s.overrides), func(id string) bool { return id == "" })
	s.template = b.String()
	if s.template == "" {
		s.template = "/"
	}
}

// param describes one parameter segment, the same for all templates that share it.
func (d *deciding) param(p *template.Place, index int) PathParam {
	out, ok := d.params[p]
	if !ok {
		out = d.describeParam(p, index)
		if d.params == nil {
			d.params = map[*template.Place]PathParam{}
		}
		d.params[p] = out
	}
	return out
}

// describeParam describes one parameter segment from its values.
func (d *deciding) describeParam(p *template.Place, index int) PathParam {
	out := PathParam{Segment: index, Prefix: p.Segment.Prefix, Suffix: p.Segment.Suffix, Why: p.Why}
	var values Set
	var calls uint64
	texts := map[string]bool{}
	var acc shape.Acc
	words := true
	formats := d.formats(p)
	for _, tn := range p.Nodes {
		n := d.nodes[tn.ID]
		calls += n.callsBelow(enumWeight * maxEnum)
		if g := d.rests[n]; g != nil {
			words = false
			values.Merge(&g.distinct)
			acc.Add(restShape(n.class, formats[n.class], d.pathsAt(n)))
			continue
		}
		if n.keys != nil {
			words = false
			values.Merge(n.keys)
			acc.Add(restShape(template.KeyClass(n.text), shape.None, d.pathsAt(n)))
			continue
		}
		values.Add(n.hash)
		value := strings.TrimSuffix(strings.TrimPrefix(n.text, p.Segment.Prefix), p.Segment.Suffix)
		words = words && template.Classify(value) == template.Word
		if !texts[value] {
			texts[value] = true
			acc.Add(valueShape(value))
		}
	}
	out.Distinct, out.Shape = values.Count(), acc.View()
	if words && p.Segment.Separator == "" && len(texts) > 1 && len(texts) <= maxEnum && calls >= enumWeight*uint64(len(texts)) && !d.named(p) {
		for t := range texts {
			out.Enum = append(out.Enum, t)
		}
		slices.Sort(out.Enum)
	}
	return out
}

// sampled is how many values of a class speak for those of which no text was kept.
const sampled = 4

// formats is what format all values of a class have of which the text was kept, sampled or more: those were
// chosen by hash, so the others have it too.
func (d *deciding) formats(p *template.Place) map[template.Class]shape.Format {
	out, seen := map[template.Class]shape.Format{}, map[template.Class]int{}
	for _, tn := range p.Nodes {
		n := d.nodes[tn.ID]
		if n.keys != nil || n.rest || !n.class.Strong() {
			continue
		}
		f := shape.Classify([]byte(strings.TrimSuffix(strings.TrimPrefix(n.text, p.Segment.Prefix), p.Segment.Suffix)))
		if seen[n.class]++; seen[n.class] > 1 && out[n.class] != f {
			f = shape.None
		}
		out[n.class] = f
	}
	for c, n := range seen {
		if n < sampled {
			delete(out, c)
		}
	}
	return out
}

// named: some value came up as an identifier in a body, so the values are
// objects' and not of a fixed list.
func (d *deciding) named(p *template.Place) bool {
	for _, n := range p.Nodes {
		if n.Self > 0 || n.Elsewhere > 0 {
			return true
		}
	}
	return false
}

// callsBelow counts the calls at and below a node, up to about limit.
func (n *node) callsBelow(limit uint64) uint64 {
	c := uint64(0)
	for _, p := range n.ops {
		c += p.Calls
	}
	for _, g := range n.groups {
		for _, k := range g.kept {
			if c >= limit {
				return c
			}
			c += k.callsBelow(limit - c)
		}
		if g.rest != nil && c < limit {
			c += g.rest.callsBelow(limit - c)
		}
	}
	return c
}

// valueShape is the scalar shape of one segment.
func valueShape(s string) *shape.Node {
	n := &shape.Node{}
	if template.Classify(s) == template.Int && len(s) < 19 && (s[0] != '0' || s == "0") {
		n.Kinds[shape.Integer] = 1
		n.Num = &shape.Numbers{MaxBits: intBits(s)}
		if s == "0" {
			n.Num.Zero = 1
		}
		return n
	}
	n.Kinds[shape.String] = 1
	l := uint64(len(s))
	n.Str = &shape.Strings{Len: shape.Range{Min: l, Max: l}, TokensFull: true}
	n.Str.Formats.Add(shape.Classify([]byte(s)), 1)
	return n
}

func intBits(s string) uint8 {
	if len(s) > 9 {
		return 63
	}
	return 31
}

// restShape is the shape of many segments of a class of which no text was kept; f is the format
// of others of the class.
func restShape(c template.Class, f shape.Format, count uint64) *shape.Node {
	n := &shape.Node{}
	if c == template.Int {
		n.Kinds[shape.Integer] = count
		n.Num = &shape.Numbers{MaxBits: 31}
		return n
	}
	n.Kinds[shape.String] = count
	n.Str = &shape.Strings{Len: shape.Range{Min: 1, Max: 256}, TokensFull: true}
	switch c {
	case template.UUID:
		f = shape.UUID
	case template.Email:
		f = shape.Email
	}
	n.Str.Formats.Add(f, count)
	return n
}
