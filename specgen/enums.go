package specgen

import (
	"slices"

	"wirecensus/inventory/catalog"
	"wirecensus/schemas/shape"
)

// What a list of values takes to be written as an enumeration.
const (
	maxEnum     = 20 // values
	minEnum     = 2
	enumStrings = 8 // strings at the position
	enumEach    = 3 // strings for each value
	// A list that comes up under more than maxSharing other names is a list of
	// words that all kinds of things are called by.
	maxSharing = 2
	minShared  = 5 // values of a list for which that is asked
)

// lexicon is what a service's words tell: their texts, and under which names
// each came up.
type lexicon struct {
	texts map[uint64]string
	names map[uint64]map[string]bool // last words of the names
	ids   map[uint64]bool            // came up as the name of a thing
}

// newLexicon reads the words of all operations.
func newLexicon(texts map[uint64]string, ops []*operation) *lexicon {
	l := &lexicon{texts: texts, names: map[uint64]map[string]bool{}, ids: map[uint64]bool{}}
	if len(texts) == 0 {
		return l
	}
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
	if n.Str != nil && len(n.Str.Tokens) > 0 {
		last := lastWord(name)
		for _, t := range n.Str.Tokens {
			if l.names[t] == nil {
				l.names[t] = map[string]bool{}
			}
			l.names[t][last] = true
			l.ids[t] = l.ids[t] || naming(last)
		}
	}
	for i := range n.Props {
		l.read(n.Props[i].Node, n.Props[i].Name, depth+1)
	}
	l.read(n.Items, name, depth+1)
	l.read(n.Extra, "", depth+1)
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
	case "id", "uuid", "sid", "slug", "login", "username", "name", "key", "title", "label", "handle", "ref", "sku", "":
		return true
	}
	return false
}

// enum returns the values of a position called name if they are a closed list, else nil.
func (l *lexicon) enum(s *shape.Strings, name string) []string {
	if l == nil || s == nil || s.TokensFull || s.Class != "" || len(s.Tokens) < minEnum || len(s.Tokens) > maxEnum {
		return nil
	}
	var total, codes uint64
	for f, c := range s.Formats.All() {
		switch f {
		case shape.Empty:
			continue
		case shape.Country, shape.Currency, shape.Locale:
			codes += c
		}
		total += c
	}
	last := lastWord(name)
	if total < enumStrings || total < enumEach*uint64(len(s.Tokens)) || codes == total || s.Formats.Count(shape.Boolean) == total || naming(last) || l.shared(s.Tokens, last) || l.things(s.Tokens) {
		return nil
	}
	var out []string
	if s.Formats.Count(shape.Empty) > 0 {
		out = append(out, "")
	}
	for _, t := range s.Tokens {
		text, ok := l.texts[t]
		if !ok {
			return nil
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return out
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
