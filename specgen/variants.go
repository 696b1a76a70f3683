package specgen

import (
	"math/bits"
	"slices"
	"strings"

	"wirecensus/schemas/shape"
)

// wellKnown is the number of objects of a kind from which on what all of them have, or none,
// tells their kind.
const wellKnown = 8

// variant is one of several types of objects at a position, and what the objects of it say
// that they are.
type variant struct {
	shape.Case
	values []string
	tokens []uint64
	name   string // of its component
}

// variants returns the types of the objects at n, nil when they are of one, and the property
// that says which. One property decides the type where half of those that some of
// the objects lack, or more, are there with one of its values and never with another.
func (l *lexicon) variants(n *shape.Node, support uint64) (list []variant, by string) {
	if l == nil || n.Kinds[shape.Object] < max(support, 2*wellKnown) {
		return nil, ""
	}
	best := 0
	for rest := n.Cases; len(rest) > 0; {
		end := slices.IndexFunc(rest, func(c shape.Case) bool { return c.By != rest[0].By })
		if end < 0 {
			end = len(rest)
		}
		cs := rest[:end]
		rest = rest[end:]
		p := &n.Props[cs[0].By]
		k := markers(cs)
		if k <= best || 2*k < optional(n) || !listOf(p.Node.Str).supported() {
			continue
		}
		if found := l.grouped(cs); len(found) > 1 {
			best, list, by = k, found, p.Name
		}
	}
	return list, by
}

// markers counts the properties that all objects with one value have and none with another.
func markers(cs []shape.Case) int {
	var always, never uint64
	for i := range cs {
		if c := &cs[i]; c.Count >= wellKnown {
			always |= c.Some &^ c.Lack
			never |= ^c.Some
		}
	}
	return bits.OnesCount64(always & never)
}

// optional counts the properties that some objects lack.
func optional(n *shape.Node) (k int) {
	for i := range n.Props {
		if n.Props[i].Seen < n.Kinds[shape.Object] {
			k++
		}
	}
	return k
}

// grouped joins the cases of objects that have the same properties, in order of their
// values; nil when a value is not known.
func (l *lexicon) grouped(cs []shape.Case) (list []variant) {
	for _, c := range cs {
		text, ok := l.texts[c.Token]
		if !ok || strings.HasPrefix(text, "^") {
			return nil
		}
		list = append(list, variant{Case: c, values: []string{text}, tokens: []uint64{c.Token}})
	}
	slices.SortFunc(list, func(a, b variant) int { return strings.Compare(a.values[0], b.values[0]) })
	out := list[:0]
	for _, v := range list {
		i := slices.IndexFunc(out, func(o variant) bool { return o.Some == v.Some })
		if i < 0 {
			out = append(out, v)
			continue
		}
		out[i].Count += v.Count
		out[i].Lack |= v.Lack
		out[i].values = append(out[i].values, v.values...)
		out[i].tokens = append(out[i].tokens, v.tokens...)
	}
	return out
}

// of returns the shape of the objects of n that are of the variant v, as far as it is told apart:
// what a property is like is known of all objects together.
func (v *variant) of(n *shape.Node) *shape.Node {
	one := &shape.Node{Truncated: n.Truncated}
	one.Kinds[shape.Object] = v.Count
	for i, p := range n.Props {
		switch bit := uint64(1) << i; {
		case v.Some&bit == 0:
			continue
		case v.Lack&bit == 0:
			p.Seen = v.Count
		default:
			p.Seen = min(p.Seen, v.Count-1)
		}
		one.Props = append(one.Props, p)
	}
	return one
}

// variantOf returns the type of objects of another group that g's objects are: they say so, and
// have the same properties; nil when there is none.
func (g *group) variantOf(groups []*group) *variant {
	n := g.node()
	if g.variants != nil {
		return nil
	}
	for _, o := range groups {
		if o.variants == nil || o.sites[0].noun != g.sites[0].noun {
			continue
		}
		p := n.Prop(o.by)
		if p == nil || p.Seen < n.Kinds[shape.Object] || p.Node.Str == nil || len(p.Node.Str.Tokens) != 1 {
			continue
		}
		for i := range o.variants {
			if v := &o.variants[i]; slices.Contains(v.tokens, p.Node.Str.Tokens[0]) {
				if one := v.of(o.node()); keyOf(one.Props) == g.key && compatible(one, n, 0) {
					return v
				}
			}
		}
	}
	return nil
}

// variantName names the type of objects that say a value, of things called base.
func variantName(value, base string) string {
	name := pascal(words(value))
	if strings.HasSuffix(strings.ToLower(name), strings.ToLower(base)) {
		return name
	}
	return name + base
}

// variant returns the schema of the objects of n that are of v, which by says.
func (f inferrer) variant(n *shape.Node, v *variant, by, noun string) *schema {
	s := &schema{types: []string{"object"}}
	f.object(s, v.of(n), noun, 0)
	for _, p := range s.props {
		if p.name == by {
			*p.schema = schema{types: []string{"string"}, enum: v.values}
		}
	}
	if !slices.Contains(s.required, by) {
		s.required = append(s.required, by)
		slices.Sort(s.required)
	}
	return s
}

// emitVariants writes the schema of objects of several types.
func emitVariants(list []variant, by string) *object {
	var alts []any
	mapping := obj()
	for _, v := range list {
		ref := "#/components/schemas/" + v.name
		alts = append(alts, obj("$ref", ref))
		for _, value := range v.values {
			mapping.set(value, ref)
		}
	}
	return obj("oneOf", alts, "discriminator", obj("propertyName", by, "mapping", mapping))
}
