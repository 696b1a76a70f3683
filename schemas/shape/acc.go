package shape

import "slices"

// Acc accumulates shapes in place. Once the structure is known, Add allocates
// nothing. The zero value is the shape of nothing.
//
// What it holds is a function of the shapes that were added, not of their order
// or of how they were dealt out over accumulators that were merged: of all
// positions the limit's number stay that are least by depth, then by a hash of
// their way from the root. What was seen at the others is known of their parent's
// Extra only, without structure.
type Acc struct {
	root  *Node
	count int   // nodes of root, those of Extra themselves not
	limit int   // 0 means AccLimit
	wide  bool  // some object has more than MaxProps properties
	view  *Node // root with at most MaxProps properties for each object, nil when it is not made
}

// AccLimit is the number of positions that an Acc keeps unless told otherwise;
// it holds twice as many for a while.
const AccLimit = 4096

// Add merges n into the accumulated shape. It does not retain n.
func (a *Acc) Add(n *Node) {
	if n == nil {
		return
	}
	a.view = nil
	if a.root == nil {
		a.root, a.count = n.Clone(), n.positions()
		a.wide = a.count > MaxProps
	} else {
		a.count += a.add(a.root, n)
	}
	if a.count > 2*a.bound() {
		a.trim()
	}
}

// AddUpTo is Add to an accumulator that keeps limit positions.
func (a *Acc) AddUpTo(n *Node, limit int) {
	a.limit = limit
	a.Add(n)
}

// Merge adds what o has accumulated.
func (a *Acc) Merge(o *Acc) {
	a.limit = max(a.limit, o.limit)
	a.Add(o.root)
}

// Take sets the accumulated shape of an accumulator that keeps limit positions,
// and takes n over.
func (a *Acc) Take(n *Node, limit int) {
	k := n.positions()
	*a = Acc{root: n, count: k, limit: limit, wide: k > MaxProps}
}

func (a *Acc) bound() int {
	if a.limit == 0 {
		return AccLimit
	}
	return a.limit
}

// Node returns a copy of the accumulated shape, nil when there was none.
func (a *Acc) Node() *Node { return a.View().Clone() }

// View returns the accumulated shape, of each object the MaxProps least names, and
// the others in Extra. It is valid until the next Add and must not be changed by
// the caller.
func (a *Acc) View() *Node {
	root := a.Whole()
	if !a.wide {
		return root
	}
	if a.view == nil {
		a.view = root.Clone()
		narrow(a.view)
	}
	return a.view
}

// Whole returns the accumulated shape with all names, under the rules of View.
func (a *Acc) Whole() *Node {
	if a.count > a.bound() {
		a.trim()
	}
	return a.root
}

// Positions returns how many positions are held.
func (a *Acc) Positions() int { return a.count }

// narrow puts properties beyond MaxProps into Extra.
func narrow(n *Node) {
	if n == nil {
		return
	}
	if len(n.Props) > MaxProps {
		for _, p := range n.Props[MaxProps:] {
			n.Extra = merge(n.Extra, p.Node)
		}
		n.Props = n.Props[:MaxProps:MaxProps]
	}
	narrow(n.Items)
	narrow(n.Extra)
	for i := range n.Props {
		narrow(n.Props[i].Node)
	}
}

// add merges src into dst, which the caller owns, and returns how many positions
// dst grew by.
func (a *Acc) add(dst, src *Node) int {
	if src.Kinds[Object]|src.Kinds[Array] == 0 && src.Extra == nil {
		dst.addOwn(src)
		return 0
	}
	return a.addContainers(dst, src)
}

// addContainers is add where src has objects or arrays.
func (a *Acc) addContainers(dst, src *Node) (grown int) {
	arrays, objects := dst.Kinds[Array], dst.Kinds[Object]
	var tuple uint64
	if src.Kinds[Array] != 0 {
		tuple = dst.tupleOf()
	}
	dst.addOwn(src)
	if src.Items != nil {
		grown += a.addTo(&dst.Items, src.Items)
	}
	switch {
	case src.Kinds[Array] == 0:
	case arrays == 0:
		dst.Tuple = src.Tuple
	default:
		dst.Tuple = dst.joinTuples(tuple, src.tupleOf())
	}
	if src.Extra != nil {
		if dst.Extra == nil {
			grown--
		}
		grown += a.addTo(&dst.Extra, src.Extra)
		dst.Cases = nil
	}
	if src.Kinds[Object] == 0 && len(src.Props) == 0 {
		return grown
	}
	switch {
	case dst.plain:
		grown += a.addProps(dst, src.Props, nil)
	case src.Extra == nil && objects == 0 && len(dst.Props) == 0:
		grown += a.addProps(dst, src.Props, nil)
		dst.Cases = slices.Clone(src.Cases)
	case src.kindFields(src.Kinds[Object]) != 0:
		grown += a.addKinds(dst, src, objects)
	default:
		dst.Cases = nil
		grown += a.addProps(dst, src.Props, nil)
		dst.plain = !slices.ContainsFunc(dst.Props, func(p Prop) bool { return kindName(p.Name) })
	}
	return grown
}

// addKinds merges the properties of src, whose objects say their kind, into those of dst,
// which had so many objects.
func (a *Acc) addKinds(dst, src *Node, objects uint64) int {
	var room, roomSrc [caseRoom]Case
	cs, set := dst.known(room[:0], objects)
	came := arrivals{before: len(dst.Props)}
	grown := a.addProps(dst, src.Props, &came)
	if set == 0 || len(dst.Props) > MaxCaseProps {
		dst.Cases = nil
		return grown
	}
	if came.fresh != 0 {
		at := came.places()
		set = at.move(cs, set, came.before, len(dst.Props))
	}
	more, too := src.placed(roomSrc[:0], dst)
	dst.settle(cs, more, set&too)
	return grown
}

// addOwn adds what src says of its own values.
func (n *Node) addOwn(src *Node) {
	if src.Kinds[Array] != 0 {
		n.Lens = mergeLens(n, src)
	}
	for i, c := range &src.Kinds {
		n.Kinds[i] += c
	}
	if src.Truncated {
		n.Truncated = true
	}
	if src.Str != nil {
		if n.Str == nil {
			n.Str = src.Str.clone()
		} else {
			n.Str.add(src.Str, n.Str.Tokens)
		}
	}
	if src.Num != nil {
		if n.Num == nil {
			v := *src.Num
			n.Num = &v
		} else {
			n.Num.add(src.Num)
		}
	}
}

func (a *Acc) addTo(dst **Node, src *Node) int {
	if *dst != nil {
		return a.add(*dst, src)
	}
	*dst = src.Clone()
	k := src.positions()
	a.wide = a.wide || k > MaxProps
	return k
}

// addProps merges the properties src into dst. What comes is noted, where that is asked for.
func (a *Acc) addProps(dst *Node, src []Prop, came *arrivals) (grown int) {
	i := 0
	for k := range src {
		p := &src[k]
		// Most objects have the names that are there, so equality is tried first.
		for i < len(dst.Props) && dst.Props[i].Name != p.Name && dst.Props[i].Name < p.Name {
			i++
		}
		if i < len(dst.Props) && dst.Props[i].Name == p.Name {
			dst.Props[i].Seen += p.Seen
			grown += a.add(dst.Props[i].Node, p.Node)
			i++
			continue
		}
		n := p.Node.positions()
		grown += n
		a.wide = a.wide || n > MaxProps
		if came != nil {
			came.add(i)
		}
		dst.plain = dst.plain && !kindName(p.Name)
		dst.Props = slices.Insert(dst.Props, i, Prop{Name: p.Name, Node: p.Node.Clone(), Seen: p.Seen})
	}
	a.wide = a.wide || len(dst.Props) > MaxProps
	return grown
}

// positions counts the nodes of n but not those that are an Extra.
func (n *Node) positions() int {
	if n == nil {
		return 0
	}
	k := 1 + n.Items.positions()
	if n.Extra != nil {
		k += n.Extra.positions() - 1
	}
	for i := range n.Props {
		k += n.Props[i].Node.positions()
	}
	return k
}
