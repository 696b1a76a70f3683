package shape

import "math/bits"

// Limits of cases.
const (
	MaxCaseProps  = 64 // properties of an object of which cases are told apart
	MaxCases      = 16 // values of one property that are
	maxKindFields = 4  // properties with names of kinds
)

// Case is what is evident of those objects at a position in which a property that
// says what kind of thing an object is has one value. Whether others of the properties
// are there depends on that value where the objects are of one of several types.
type Case struct {
	By    uint8  // index in Props of the property that says it
	Token uint64 // digest of its value
	Count uint64 // objects
	Some  uint64 // bit i: some of the objects had Props[i]
	Lack  uint64 // bit i: some of them had it not
}

// kindName reports whether properties called name say what kind of thing an object is.
func kindName(name string) bool {
	switch len(name) {
	case 2:
		return name == "op"
	case 4:
		return name == "type" || name == "kind" || name == "Type" || name == "Kind"
	case 5:
		return name == "@type" || name == "$type" || name == "_type" || name == "class" || name == "event"
	case 6:
		return name == "object" || name == "action" || name == "method"
	case 8:
		return name == "category"
	case 9:
		return name == "eventType" || name == "event_type"
	case 10:
		return name == "__typename" || name == "objectType" || name == "entityType"
	case 11:
		return name == "@odata.type" || name == "object_type" || name == "entity_type"
	case 12:
		return name == "resourceType"
	case 13:
		return name == "resource_type"
	}
	return false
}

// kindFields returns which properties, as bits, every one of the objects has with a word
// that says its kind. It is 0 where cases are not told apart.
func (n *Node) kindFields(objects uint64) (set uint64) {
	if len(n.Props) > MaxCaseProps || n.Extra != nil {
		return 0
	}
	fields := 0
	for i := range n.Props {
		p := &n.Props[i]
		if !kindName(p.Name) {
			continue
		}
		if fields++; fields > maxKindFields {
			return 0
		}
		if p.Seen == objects && p.Node.Kinds[String] == objects && p.Node.words() {
			set |= 1 << i
		}
	}
	return set
}

// words reports whether all values are words of which few are distinct.
func (n *Node) words() bool {
	s := n.Str
	return s != nil && n.Kinds[String] == n.Total() && 0 < len(s.Tokens) && len(s.Tokens) <= MaxCases && s.Formats.Count(Empty) == 0
}

// uniform reports whether each of the objects has all properties.
func (n *Node) uniform(objects uint64) bool {
	for i := range n.Props {
		if n.Props[i].Seen != objects {
			return false
		}
	}
	return true
}

// known appends the cases of those properties of which all are known, those that
// go without saying too, and returns the set of the properties.
func (n *Node) known(dst []Case, objects uint64) ([]Case, uint64) {
	fields := n.kindFields(objects)
	if fields == 0 {
		return dst, 0
	}
	all, uniform := uint64(1)<<len(n.Props)-1, n.uniform(objects)
	set := uint64(0)
	k := 0
	for m := fields; m != 0; m &= m - 1 {
		i := bits.TrailingZeros64(m)
		for k < len(n.Cases) && int(n.Cases[k].By) < i {
			k++
		}
		tokens := n.Props[i].Node.Str.Tokens
		switch {
		case k < len(n.Cases) && int(n.Cases[k].By) == i:
			for ; k < len(n.Cases) && int(n.Cases[k].By) == i; k++ {
				dst = append(dst, n.Cases[k])
			}
		case uniform && len(tokens) == 1:
			dst = append(dst, Case{By: uint8(i), Token: tokens[0], Count: objects, Some: all})
		default:
			continue
		}
		set |= 1 << i
	}
	return dst, set
}

// places says where the properties of one object are among those of another.
type places [MaxCaseProps]uint8

// placesIn finds the properties from, each of which is one of to.
func placesIn(from, to []Prop) (at places) {
	k := 0
	for i := range from {
		for to[k].Name != from[i].Name {
			k++
		}
		at[i] = uint8(k)
	}
	return at
}

// move puts the cases of an object with so many properties at their places in one with
// more; set is a set of properties.
func (at *places) move(cs []Case, set uint64, props, all int) uint64 {
	fresh := uint64(1)<<all - 1
	for i := range props {
		fresh &^= 1 << at[i]
	}
	for k := range cs {
		c := &cs[k]
		c.By, c.Some, c.Lack = at[c.By], at.bits(c.Some), at.bits(c.Lack)|fresh
	}
	return at.bits(set)
}

func (at *places) bits(m uint64) (out uint64) {
	for ; m != 0; m &= m - 1 {
		out |= 1 << at[bits.TrailingZeros64(m)]
	}
	return out
}

// settle gives n, whose properties are complete, the cases of a and b as far as they
// do not go without saying. Both are in order, set are the properties of which both are known.
func (n *Node) settle(a, b []Case, set uint64) {
	objects := n.Kinds[Object]
	set &= n.kindFields(objects)
	if set == 0 {
		n.Cases = nil
		return
	}
	plain := n.uniform(objects)
	out := n.Cases[:0]
	for len(a)+len(b) > 0 {
		var c Case
		switch d := order(a, b); {
		case d < 0:
			c, a = a[0], a[1:]
		case d > 0:
			c, b = b[0], b[1:]
		default:
			c = a[0]
			c.Count, c.Some, c.Lack = c.Count+b[0].Count, c.Some|b[0].Some, c.Lack|b[0].Lack
			a, b = a[1:], b[1:]
		}
		if set>>c.By&1 != 0 && !(plain && len(n.Props[c.By].Node.Str.Tokens) == 1) {
			out = append(out, c)
		}
	}
	if n.Cases = out; len(out) == 0 {
		n.Cases = nil
	}
}

// order compares the first of a with that of b; what is empty comes last.
func order(a, b []Case) int {
	switch {
	case len(b) == 0:
		return -1
	case len(a) == 0:
		return 1
	}
	return compareCases(a[0], b[0])
}

func compareCases(a, b Case) int {
	switch {
	case a.By != b.By:
		return int(a.By) - int(b.By)
	case a.Token < b.Token:
		return -1
	case a.Token > b.Token:
		return 1
	}
	return 0
}

// caseRoom is for how many cases there is room without an allocation.
const caseRoom = 8

// mergeCases sets the cases of m, which has all that a and b have.
func (m *Node) mergeCases(a, b *Node) {
	if len(m.Props) > MaxCaseProps || m.kindFields(m.Kinds[Object]) == 0 {
		return
	}
	var roomA, roomB [caseRoom]Case
	x, setX := a.placed(roomA[:0], m)
	y, setY := b.placed(roomB[:0], m)
	m.settle(x, y, setX&setY)
}

// placed appends the known cases of n as those of m, which has the properties of n too.
func (n *Node) placed(dst []Case, m *Node) ([]Case, uint64) {
	if n.Kinds[Object] == 0 {
		return dst, 1<<64 - 1
	}
	cs, set := n.known(dst, n.Kinds[Object])
	if set == 0 {
		return cs, 0
	}
	at := placesIn(n.Props, m.Props)
	return cs, at.move(cs, set, len(n.Props), len(m.Props))
}

// arrivals are the properties that an object got while others were merged into it.
type arrivals struct {
	before int // properties that there were
	fresh  uint64
}

// add notes a property that came at the place i.
func (a *arrivals) add(i int) {
	if i >= MaxCaseProps {
		a.fresh = 1<<64 - 1
		return
	}
	low := uint64(1)<<i - 1
	a.fresh = a.fresh&low | 1<<i | a.fresh&^low<<1
}

// places says where the properties are that were there before.
func (a *arrivals) places() (at places) {
	k := 0
	for i := range a.before {
		for a.fresh>>k&1 != 0 {
			k++
		}
		at[i] = uint8(k)
		k++
	}
	return at
}

// ReadCases sets the cases of n to cs, which were written with it, and reports whether they
// can be its.
func (n *Node) ReadCases(cs []Case) bool {
	all := uint64(1)<<len(n.Props) - 1
	if len(n.Props) > MaxCaseProps || n.Extra != nil || len(cs) > maxKindFields*MaxCases {
		return false
	}
	for i := range cs {
		c := &cs[i]
		if int(c.By) >= len(n.Props) || c.Count == 0 || (c.Some|c.Lack)&^all != 0 || i > 0 && compareCases(cs[i-1], *c) >= 0 {
			return false
		}
	}
	n.Cases = cs
	return true
}
