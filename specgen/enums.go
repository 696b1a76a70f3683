package specgen

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"wirecensus/inventory/catalog"
	"wirecensus/schemas/shape"
)

// What a list of values takes to be written as an enumeration.
const (
	maxPlain    = 8  // values where they are plain words, as people choose them too
	maxConstant = 24 // values where they are written as programs write constants
	minEnum     = 2
	enumStrings = 8 // strings at the position
	// A list that comes up under more than maxSharing other names is a list of
	// words that all kinds of things are called by.
	maxSharing = 2
	minShared  = 5 // values of a list for which that is asked
	// So many plain words of which half have digits are names that count something.
	minNumbered = 5
	// So many values that are one text and a number are numbered one by one, as
	// coupons, rooms and test accounts are.
	minSeries = 8
)

// lexicon is what a service's words tell: their texts, under which names each
// came up, and the lists that each name has.
type lexicon struct {
	texts map[uint64]string
	names map[uint64]map[string]bool // last words of the names
	ids   map[uint64]bool            // came up as the name of a thing
	lists map[string]*lists          // by name
	like  map[string]*alike          // by name
}

// lists are the lists of values under one name.
type lists struct {
	all   []tokenList
	union tokenList
}

// tokenList is the distinct values of one position or several.
type tokenList struct {
	tokens []uint64 // sorted
	total  uint64   // strings that were not empty
}

// newLexicon reads the words of all operations.
func newLexicon(texts map[uint64]string, ops []*operation) *lexicon {
	l := &lexicon{texts: texts, names: map[uint64]map[string]bool{}, ids: map[uint64]bool{}, lists: map[string]*lists{}, like: map[string]*alike{}}
	for _, op := range ops {
		for _, b := range op.Op.Requests {
			l.read(b.Shape, "", 0)
		}
		for _, r := range op.Op.Responses {
			for _, b := range r.Types {
				l.read(b.Shape, "", 0)
			}
			l.params(r.Headers)
		}
		l.params(op.Op.Query)
		l.params(op.Op.Headers)
		for i, p := range op.pathParams() {
			if i < len(op.names) && p != nil && p.Shape != nil {
				l.compare(p.Shape, op.names[i])
			}
		}
	}
	for _, s := range l.lists {
		s.settle()
	}
	return l
}

func (l *lexicon) params(m map[string]*catalog.Param) {
	for name, p := range m {
		l.read(p.Shape, name, 0)
	}
}

// read notes the words at and below a position called name.
func (l *lexicon) read(n *shape.Node, name string, depth int) {
	if n == nil || depth > maxDepth {
		return
	}
	if n.Str != nil && len(n.Str.Tokens) > 0 && len(l.texts) > 0 {
		l.note(n.Str, name)
	}
	if name != "" {
		l.compare(n, name)
	}
	for i := range n.Props {
		l.read(n.Props[i].Node, n.Props[i].Name, depth+1)
	}
	l.read(n.Items, name, depth+1)
	l.read(n.Extra, "", depth+1)
}

func (l *lexicon) note(s *shape.Strings, name string) {
	last := lastWord(name)
	for _, t := range s.Tokens {
		if l.names[t] == nil {
			l.names[t] = map[string]bool{}
		}
		l.names[t][last] = true
		l.ids[t] = l.ids[t] || last != "" && naming(last)
	}
	if naming(last) || len(s.Tokens) > maxConstant {
		return
	}
	if l.lists[name] == nil {
		l.lists[name] = &lists{}
	}
	l.lists[name].all = append(l.lists[name].all, listOf(s))
}

func listOf(s *shape.Strings) tokenList {
	t := tokenList{tokens: s.Tokens}
	for f, c := range s.Formats.All() {
		if f != shape.Empty {
			t.total += c
		}
	}
	return t
}

// settle orders the lists, leaves out those that say the same as others, and joins them.
func (s *lists) settle() {
	slices.SortFunc(s.all, func(a, b tokenList) int {
		return cmp.Or(cmp.Compare(len(a.tokens), len(b.tokens)), slices.Compare(a.tokens, b.tokens), cmp.Compare(a.total, b.total))
	})
	for _, t := range s.all {
		s.union.tokens = append(s.union.tokens, t.tokens...)
		s.union.total += t.total
	}
	slices.Sort(s.union.tokens)
	s.union.tokens = slices.Compact(s.union.tokens)
	var kept []tokenList
	for _, t := range s.all {
		if t.supported() && (len(kept) == 0 || !slices.Equal(t.tokens, kept[len(kept)-1].tokens)) {
			kept = append(kept, t)
		}
	}
	s.all = kept
}

func lastWord(name string) string {
	ws := singularLast(words(name))
	if len(ws) == 0 {
		return ""
	}
	return ws[len(ws)-1]
}

// naming says whether a position of that name holds what a thing is called by.
func naming(last string) bool {
	switch last {
	case "id", "uuid", "sid", "slug", "login", "username", "name", "key", "title", "handle", "ref", "sku", "":
		return true
	}
	return false
}

// supported says whether there were so many strings that a further value would
// have come up: if all d are as frequent, n strings miss one of them with a probability
// of about d·exp(-n/d).
func (t tokenList) supported() bool {
	d := float64(len(t.tokens))
	return t.total >= enumStrings && float64(t.total) >= d*(math.Log(d)+3)
}

// enum returns the values of a position called name if they are a closed list, else nil.
func (l *lexicon) enum(s *shape.Strings, name string) []string {
	if l == nil || s == nil || s.TokensFull || s.Class != "" || len(s.Tokens) == 0 || len(l.texts) == 0 {
		return nil
	}
	last := lastWord(name)
	if naming(last) {
		return nil
	}
	list := l.complete(listOf(s), name)
	if len(list.tokens) < minEnum || !list.supported() || codes(s, list.total) || l.shared(list.tokens, last) || l.things(list.tokens) {
		return nil
	}
	values := l.values(list.tokens)
	if len(values) == 0 || len(values) > maxConstant || series(values) || !constants(values) && (len(values) > maxPlain || len(values) >= minNumbered && numbered(values)) {
		return nil
	}
	if s.Formats.Count(shape.Empty) > 0 {
		values = append(values, "")
	}
	slices.Sort(values)
	return values
}

// complete returns the list of a position, or the one that other positions of its
// name tell for it where it has few strings.
func (l *lexicon) complete(t tokenList, name string) tokenList {
	same := l.lists[name]
	if same == nil || t.supported() {
		return t
	}
	for _, o := range same.all {
		if o.supported() && contains(o.tokens, t.tokens) {
			return o
		}
	}
	if contains(same.union.tokens, t.tokens) {
		return same.union
	}
	return t
}

// contains says whether all of part are in whole; both are sorted.
func contains(whole, part []uint64) bool {
	for _, t := range part {
		if _, ok := slices.BinarySearch(whole, t); !ok {
			return false
		}
	}
	return true
}

// values are the texts of tokens, nil unless all were released.
func (l *lexicon) values(tokens []uint64) []string {
	var out []string
	for _, t := range tokens {
		text, ok := l.texts[t]
		if !ok || strings.HasPrefix(text, "^") { // a pattern is no value
			return nil
		}
		out = append(out, text)
	}
	return out
}

// codes says whether the strings are codes that others keep the lists of: countries,
// currencies, languages; or booleans.
func codes(s *shape.Strings, total uint64) bool {
	known := s.Formats.Count(shape.Country) + s.Formats.Count(shape.Currency) + s.Formats.Count(shape.Locale)
	return known >= total || s.Formats.Count(shape.Boolean) >= total || s.Len.Max == 2 && len(s.Tokens) > 2
}

// constants says whether values are written as programs write constants: some
// with an underscore or a capital inside, or all in upper case.
func constants(values []string) bool {
	upper := true
	for _, v := range values {
		for i, c := range []byte(v) {
			if c == '_' || c >= 'A' && c <= 'Z' && i > 0 && v[i-1] >= 'a' && v[i-1] <= 'z' {
				return true
			}
			upper = upper && !(c >= 'a' && c <= 'z')
		}
	}
	return upper
}

// numbered says whether half of the values or more have digits, as the names of
// places, sizes and machines have.
func numbered(values []string) bool {
	k := 0
	for _, v := range values {
		if strings.ContainsAny(v, "0123456789") {
			k++
		}
	}
	return 2*k >= len(values)
}

// series says whether half of the values or more are one text with different numbers behind it.
func series(values []string) bool {
	count := map[string]int{}
	for _, v := range values {
		if stem := strings.TrimRight(v, "0123456789"); stem != v {
			count[stem]++
		}
	}
	for _, n := range count {
		if n >= minSeries && 2*n >= len(values) {
			return true
		}
	}
	return false
}

// shared says whether most of the values came up under many other names too.
func (l *lexicon) shared(tokens []uint64, last string) bool {
	if len(tokens) < minShared {
		return false
	}
	count := map[string]int{}
	for _, t := range tokens {
		for n := range l.names[t] {
			count[n]++
		}
	}
	delete(count, last)
	others := 0
	for _, c := range count {
		if 3*c >= 2*len(tokens) {
			others++
		}
	}
	return others > maxSharing
}

// things says whether most of the values are names of things elsewhere.
func (l *lexicon) things(tokens []uint64) bool {
	k := 0
	for _, t := range tokens {
		if l.ids[t] {
			k++
		}
	}
	return 2*k > len(tokens)
}
