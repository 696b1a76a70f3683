package specgen

import (
	"math"
	"strings"

	"wirecensus/schemas/shape"
)

// split separates the properties with names from those whose keys are data:
// placeholders, keys that have the form of data, and all keys where the object
// is a map. extra is the shape of the latter's values, nil when there are none.
func split(n *shape.Node) (fixed []shape.Prop, extra *shape.Node) {
	extra = n.Extra
	whole := isMap(n)
	entries := map[string]bool(nil)
	if !whole {
		entries = someEntries(n)
	}
	for _, p := range n.Props {
		if whole || entries[p.Name] || placeholder(p.Name) || dataKey(p.Name) {
			extra = shape.Merge(extra, p.Node)
		} else {
			fixed = append(fixed, p)
		}
	}
	return fixed, extra
}

// placeholder says whether a property name stands for keys that are data: {uuid}.
func placeholder(name string) bool {
	if len(name) < 3 || name[0] != '{' || name[len(name)-1] != '}' {
		return false
	}
	for _, c := range []byte(name[1 : len(name)-1]) {
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}

// dataKey says whether a key alone is plainly data: a locale.
func dataKey(name string) bool {
	return shape.Classify([]byte(name)) == shape.Locale && len(name) > 3
}

// What speaks for a map, in log-odds: more than mapMargin in sum decides.
const (
	mapMargin   = 4.0
	oddsDataKey = 3.0  // a key of a form that data has: a path, an identifier
	oddsName    = -2.0 // a key of several words: first_name, createdAt
	oddsSpill   = 20.0 // more keys than a node holds
	minMapKeys  = 3
)

// isMap says whether the keys of the objects at a position are data. The values
// must be of one type. Then each key speaks for a map as far as its presence is
// more like that of an entry, which most objects lack, than like that of a
// property, which most objects have.
func isMap(n *shape.Node) bool {
	if len(n.Props) < minMapKeys || mixed(n) {
		return false
	}
	objects := n.Kinds[shape.Object]
	keys := 0
	odds := 0.0
	if n.Extra != nil {
		odds = oddsSpill
	}
	var model *shape.Node // the best known value
	for _, p := range n.Props {
		if placeholder(p.Name) {
			keys, odds = keys+1, odds+oddsDataKey
		} else {
			keys++
			odds += presenceOdds(p.Seen, objects) + nameOdds(p.Name)
		}
		if model == nil || p.Node.Total() > model.Total() {
			model = p.Node
		}
	}
	if keys < minMapKeys || odds <= mapMargin {
		return false
	}
	for _, p := range n.Props {
		if model != nil && kinds(p.Node) != 0 && !uniform(model, p.Node) {
			return false
		}
	}
	return true
}

// What it takes for some properties of an object to be entries of a map where others are
// not: a thing that is written alone or as a map of such things.
const (
	minEntries   = 6
	minEntryKeys = 3 // properties of each
)

// someEntries returns the names of the properties that are entries of a map beside
// others that are not, nil when there are none.
func someEntries(n *shape.Node) map[string]bool {
	model, names := (*shape.Node)(nil), map[string]bool{}
	for i := range n.Props {
		p := n.Props[i].Node
		if onlyObject(p) && len(p.Props) >= minEntryKeys && (model == nil || p.Total() > model.Total()) {
			model = p
		}
	}
	if model == nil {
		return nil
	}
	odds := 0.0
	for _, p := range n.Props {
		if onlyObject(p.Node) && len(p.Node.Props) >= minEntryKeys && 2*p.Seen < n.Kinds[shape.Object] && uniform(model, p.Node) {
			names[p.Name] = true
			odds += presenceOdds(p.Seen, n.Kinds[shape.Object]) + nameOdds(p.Name)
		}
	}
	if len(names) < minEntries || odds <= 2*mapMargin {
		return nil
	}
	return names
}

// mixed says whether two properties are plainly of different types.
func mixed(n *shape.Node) bool {
	set := 0
	for _, p := range n.Props {
		k := kinds(p.Node)
		if k != 0 && set != 0 && k&set == 0 {
			return true
		}
		set |= k
	}
	return false
}

// uniform says whether two values can be entries of one map: of one type, for
// texts one format, for objects mostly the same properties, or maps again.
func uniform(a, b *shape.Node) bool {
	if kinds(a)&kinds(b) == 0 {
		return false
	}
	if a.Str != nil && b.Str != nil && stringFormat(a.Str, "") != stringFormat(b.Str, "") {
		return false
	}
	if a.Kinds[shape.Object] == 0 || b.Kinds[shape.Object] == 0 {
		return true
	}
	shared, least := 0, min(len(a.Props), len(b.Props))
	for _, p := range a.Props {
		if q := b.Prop(p.Name); q != nil {
			if x, y := kinds(p.Node), kinds(q.Node); x != 0 && y != 0 && x&y == 0 {
				return false
			}
			shared++
		}
	}
	return 2*shared >= least || isMap(shape.Merge(a, b))
}

// nameOdds is what the form of a key says.
func nameOdds(name string) float64 {
	digit, upper, lower, sep, other := 0, 0, 0, 0, 0
	for _, c := range []byte(name) {
		switch {
		case c >= '0' && c <= '9':
			digit++
		case c >= 'A' && c <= 'Z':
			upper++
		case c >= 'a' && c <= 'z':
			lower++
		case c == '_':
			sep++
		default:
			other++
		}
	}
	switch {
	case strings.ContainsAny(name, "/:. ") || name == "":
		return oddsDataKey
	case digit >= 2 && digit+upper+lower >= 8 && digit+upper >= 4:
		return oddsDataKey
	case digit == 0 && other == 0 && (sep > 0 && lower+upper > sep || upper > 0 && lower > upper && len(words(name)) > 1):
		return oddsName
	}
	return 0
}

// beta are the parameters of a distribution of presence rates.
type beta struct{ weight, a, b float64 }

// presenceOdds compares how likely it is that k of n objects have a key that one
// has, for entries of a map and for properties.
func presenceOdds(k, n uint64) float64 {
	if n < 2 || k > n {
		return 0
	}
	entry := [...]beta{{1, 1.5, 6}}
	property := [...]beta{{0.6, 20, 1}, {0.25, 6, 4}, {0.15, 2, 8}}
	odds := logSeen(entry[:], k, n) - logSeen(property[:], k, n)
	return max(-8, min(odds, 3))
}

// logSeen is the logarithm of the probability that k of n objects have a key,
// given that one has it.
func logSeen(mix []beta, k, n uint64) float64 {
	p, none := 0.0, 0.0
	for _, m := range mix {
		p += m.weight * math.Exp(betaBinomial(k, n, m.a, m.b))
		none += m.weight * math.Exp(betaBinomial(0, n, m.a, m.b))
	}
	return math.Log(p) - math.Log1p(-none)
}

// betaBinomial is the logarithm of the probability of k successes in n trials
// whose rate has a beta distribution.
func betaBinomial(k, n uint64, a, b float64) float64 {
	x, y := float64(k), float64(n)
	return lgamma(y+1) - lgamma(x+1) - lgamma(y-x+1) + lbeta(x+a, y-x+b) - lbeta(a, b)
}

func lbeta(a, b float64) float64 { return lgamma(a) + lgamma(b) - lgamma(a+b) }

func lgamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}
