package specgen

import "wirecensus/schemas/shape"

// places returns the schemas of the elements of arrays by place, nil unless the
// arrays are tuples: of one length, with one type at each place, and not the same at all.
func (f inferrer) places(n *shape.Node, name string, depth int) []*schema {
	if n.Kinds[shape.Array] < minRequired || n.ElementKinds(0) == 0 {
		return nil
	}
	var list []*schema
	var all, shared uint8
	differ := false
	for i := range n.Lens.Max {
		k := n.ElementKinds(i)
		shared |= all & k
		all |= k
		differ = differ || typesOf(k) != typesOf(n.ElementKinds(0))
	}
	if !differ {
		return nil
	}
	for i := range n.Lens.Max {
		k := n.ElementKinds(i)
		s := f.infer(only(n.Items, k), name, depth+1)
		if len(s.types) > 1 || s.ref == "" && len(s.types) == 0 {
			return nil
		}
		if shared>>shape.String&1 != 0 { // the list is that of several places
			s.enum, s.sample = nil, ""
		}
		list = append(list, s)
	}
	return list
}

// typesOf is a set of kinds without null, with numbers as one kind.
func typesOf(kinds uint8) uint8 {
	if kinds>>shape.Integer&1 != 0 {
		kinds |= 1 << shape.Number
	}
	return kinds &^ (1<<shape.Null | 1<<shape.Integer)
}

// only returns what n knows of its values of some kinds.
func only(n *shape.Node, kinds uint8) *shape.Node {
	one := *n
	for k := range one.Kinds {
		if kinds>>k&1 == 0 {
			one.Kinds[k] = 0
		}
	}
	if one.Kinds[shape.Object] == 0 {
		one.Props, one.Extra, one.Cases = nil, nil, nil
	}
	if one.Kinds[shape.Array] == 0 {
		one.Items, one.Tuple = nil, 0
	}
	if one.Kinds[shape.String] == 0 {
		one.Str = nil
	}
	if one.Kinds[shape.Integer]+one.Kinds[shape.Number] == 0 {
		one.Num = nil
	}
	return &one
}
