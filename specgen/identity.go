package specgen

import (
	"strconv"
	"strings"

	"wirecensus/schemas/shape"
)

// similar says whether two objects of one name are the same thing: three of four
// properties of the smaller one are also the larger one's, and of the same types; half
// of them where both say that they are the same (tag).
func similar(a, b *shape.Node, tag bool) bool {
	shared := 0
	for _, p := range b.Props {
		if q := a.Prop(p.Name); q != nil {
			if x, y := kinds(p.Node), kinds(q.Node); x != 0 && y != 0 && x&y == 0 && !(tag && x|y == reference) {
				return false
			}
			shared++
		}
	}
	least := min(len(a.Props), len(b.Props))
	return 4*shared >= 3*least || tag && 2*shared >= least
}

// reference are the kinds of a thing that is written as its identifier here and in full there.
const reference = 1<<shape.String | 1<<shape.Object

// tagged begins a tag, so that no noun is one.
const tagged = "is "

// tagOf is what all objects at a position say that they are in a property that
// APIs have for it, "" when they do not or say different things.
func tagOf(n *shape.Node) string {
	for _, name := range []string{"object", "__typename", "@type", "@odata.type", "resourceType", "resource_type", "kind"} {
		p := n.Prop(name)
		if p == nil || p.Seen < n.Kinds[shape.Object] || p.Node.Str == nil || p.Node.Kinds[shape.String] != p.Node.Total() {
			continue
		}
		if s := p.Node.Str; !s.TokensFull && len(s.Tokens) == 1 {
			return tagged + name + " " + strconv.FormatUint(s.Tokens[0], 16)
		}
	}
	return ""
}

// objectsOf is what n knows of its objects, without other kinds of values.
func objectsOf(n *shape.Node) *shape.Node {
	if onlyObject(n) {
		return n
	}
	one := &shape.Node{Props: n.Props, Extra: n.Extra, Cases: n.Cases, Truncated: n.Truncated}
	one.Kinds[shape.Object], one.Kinds[shape.Null] = n.Kinds[shape.Object], n.Kinds[shape.Null]
	return one
}

func keyOf(fixed []shape.Prop) string {
	var b strings.Builder
	for _, p := range fixed {
		b.WriteString(strconv.Itoa(len(p.Name)))
		b.WriteByte(':')
		b.WriteString(p.Name)
	}
	return b.String()
}

// compatible says whether two positions can be of one type: the same kinds where
// both are known, null and empty arrays say nothing.
func compatible(a, b *shape.Node, depth int) bool {
	if a == nil || b == nil || depth > maxDepth {
		return true
	}
	ka, kb := kinds(a), kinds(b)
	if ka == 0 || kb == 0 {
		return true
	}
	if ka != kb {
		return false
	}
	if ka&(1<<shape.Object) != 0 {
		shared := 0
		i, j := 0, 0
		for i < len(a.Props) && j < len(b.Props) {
			switch {
			case a.Props[i].Name < b.Props[j].Name:
				i++
			case a.Props[i].Name > b.Props[j].Name:
				j++
			default:
				if !compatible(a.Props[i].Node, b.Props[j].Node, depth+1) {
					return false
				}
				shared++
				i++
				j++
			}
		}
		if most := max(len(a.Props), len(b.Props)); shared < most && !isMap(a) && !isMap(b) {
			return false
		}
	}
	return compatible(a.Items, b.Items, depth+1)
}

// kinds is the set of kinds at a position, without null; numbers are one kind.
func kinds(n *shape.Node) (set int) {
	for k, c := range n.Kinds {
		if c == 0 || shape.Kind(k) == shape.Null {
			continue
		}
		if shape.Kind(k) == shape.Integer {
			k = int(shape.Number)
		}
		set |= 1 << k
	}
	return set
}
