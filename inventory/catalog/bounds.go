package catalog

import (
	"cmp"
	"strings"
)

// What one map holds at most: the least keys, so that what stays is a function
// of the keys alone. What finds no room is counted beside the map.
const (
	maxNames    = 256 // parameters, fields, cookies, parts, credentials, sensitive places
	maxTypes    = 16  // media types of one content
	maxStatuses = 32
	maxMethods  = 16 // at one place
	maxFew      = 32 // styles, schemes, algorithms, agents, reasons
	maxCallers  = 32 // clients at one place, those of least hash
	maxFields   = 16 // names of fields that have the segment of one place as their value
)

// Positions of one shape that are told apart.
const (
	dataShape  = 4096 // contents of accepted requests and of successes
	errorShape = 512  // of other answers
	paramShape = 8    // a scalar or a list
)

func shapeLimit(status int) int {
	if status < 300 {
		return dataShape
	}
	return errorShape
}

// room makes place for a new key in m. It reports whether k may stay, and how
// many calls the entry counted that had to go for it.
func room[K comparable, V any](m map[K]V, k K, limit int, compare func(a, b K) int, calls func(V) uint64) (ok bool, fell uint64) {
	if len(m) < limit {
		return true, 0
	}
	var top K
	first := true
	for key := range m {
		if first || compare(key, top) > 0 {
			top, first = key, false
		}
	}
	if compare(k, top) > 0 {
		return false, 0
	}
	fell = calls(m[top])
	delete(m, top)
	return true, fell
}

func itself(n uint64) uint64 { return n }

// count adds n to the count of k in a bounded map, and what fell out to fell.
func count[K cmp.Ordered](m *map[K]uint64, k K, n uint64, limit int, fell *uint64) {
	countBy(m, k, n, limit, cmp.Compare[K], fell)
}

// countBy is count for keys of any type.
func countBy[K comparable](m *map[K]uint64, k K, n uint64, limit int, compare func(a, b K) int, fell *uint64) {
	if have, ok := (*m)[k]; ok {
		(*m)[k] = have + n
		return
	}
	ok, out := room(*m, k, limit, compare, itself)
	if *fell += out; !ok {
		*fell += n
		return
	}
	if *m == nil {
		*m = map[K]uint64{}
	}
	(*m)[k] = n
}

// countText is count for a name that a call holds.
func countText(m *map[string]uint64, k string, fell *uint64) {
	if have, ok := (*m)[k]; ok {
		(*m)[k] = have + 1
		return
	}
	count(m, clone(k), 1, maxFew, fell)
}

// tally counts a few names, of which the maxFew least stay.
type tally []tallied

type tallied struct {
	name string
	n    uint64
}

func (t *tally) add(name string, n uint64, fell *uint64) { t.addUpTo(name, n, maxFew, fell) }

// addUpTo is add to a tally of which the limit's number of least names stay.
func (t *tally) addUpTo(name string, n uint64, limit int, fell *uint64) {
	list := *t
	top := 0
	for i := range list {
		if list[i].name == name {
			list[i].n += n
			return
		}
		if list[i].name > list[top].name {
			top = i
		}
	}
	switch {
	case len(list) < limit:
		*t = append(list, tallied{clone(name), n})
	case name > list[top].name:
		*fell += n
	default:
		*fell += list[top].n
		list[top] = tallied{clone(name), n}
	}
}

func (t *tally) merge(o tally, fell *uint64) {
	for i := range o {
		t.add(o[i].name, o[i].n, fell)
	}
}

// counts returns the tally as a map, nil when it is empty.
func (t tally) counts() map[string]uint64 {
	if len(t) == 0 {
		return nil
	}
	m := make(map[string]uint64, len(t))
	for i := range t {
		m[t[i].name] = t[i].n
	}
	return m
}

// addCounts adds the counts of src to a bounded map.
func addCounts[K cmp.Ordered](dst *map[K]uint64, src map[K]uint64, limit int, fell *uint64) {
	for k, n := range src {
		count(dst, k, n, limit, fell)
	}
}

// counted is what knows how many calls it counted.
type counted[V any] interface {
	*V
	total() uint64
}

func (p *Param) total() uint64         { return p.Calls }
func (b *Body) total() uint64          { return b.Calls }
func (p *Part) total() uint64          { return p.Calls }
func (r *Response) total() uint64      { return r.Calls }
func (a *AuthStat) total() uint64      { return a.Calls }
func (s *SensitiveStat) total() uint64 { return s.Calls }
func (v *VersionStat) total() uint64   { return v.Calls }

// entry finds or makes an entry of a bounded map, nil when there is no room; fell
// takes the calls of the one that went for it.
func entry[K comparable, V any, P counted[V]](m *map[K]P, k K, limit int, compare func(a, b K) int, fell *uint64) P {
	if v := (*m)[k]; v != nil {
		return v
	}
	ok, out := room(*m, k, limit, compare, P.total)
	if *fell += out; !ok {
		return nil
	}
	if *m == nil {
		*m = map[K]P{}
	}
	v := P(new(V))
	(*m)[k] = v
	return v
}

// mergeEntries adds the entries of src to a bounded map.
func mergeEntries[K comparable, V any, P counted[V]](dst *map[K]P, src map[K]P, limit int, compare func(a, b K) int, merge func(P, P), fell *uint64) {
	for k, v := range src {
		if have := entry(dst, k, limit, compare, fell); have != nil {
			merge(have, v)
		} else {
			*fell += v.total()
		}
	}
}

// named finds or makes the entry of a name that a call holds.
func named[V any, P counted[V]](m *map[string]P, name string, limit int, fell *uint64) P {
	if v := (*m)[name]; v != nil {
		return v
	}
	v := entry(m, clone(name), limit, strings.Compare, fell)
	if v == nil {
		*fell++
	}
	return v
}

func compareAuth(a, b AuthKey) int {
	return cmp.Or(cmp.Compare(a.Scheme, b.Scheme), cmp.Compare(a.In, b.In), cmp.Compare(a.Name, b.Name))
}

func compareSensitive(a, b SensitiveKey) int {
	return cmp.Or(cmp.Compare(a.Class, b.Class), cmp.Compare(a.In, b.In), cmp.Compare(a.At, b.At))
}
