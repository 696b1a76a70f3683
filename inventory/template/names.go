package template

import (
	"cmp"
	"strconv"
	"strings"
)

// Names returns names for the parameters on the way to a place, unique, and made
// of letters and digits (RFC 6570, Section 2.3 allows those in a varname) and of
// what given names have beside: the name that an override gives, else the declared
// one, else that of a field in bodies that has the same values ([Telling]), where no parameter
// before has it, else one from the literal before the parameter, written in style.
func Names(way []*Place, style Style) []string {
	var out []string
	taken := map[string]bool{}
	before := ""
	for _, p := range way {
		if !p.Segment.Param {
			if before == "" || Classify(p.Segment.Literal) != Version {
				before = p.Segment.Literal // /books/v1/{bookId}
			}
			continue
		}
		suggested := style.write(suggest(before, p))
		if f := p.field().Name; f != "" && !taken[f] {
			suggested = f
		}
		for i, name := range p.Segment.suggested(suggested, style, p) {
			said := ""
			if told := p.Segment.given(); i < len(told) {
				said = told[i]
			}
			out = append(out, unique(taken, given(way, len(out), said, name)))
		}
		before = ""
	}
	return out
}

// suggested are names for the parameters of a segment: after the keys that stand before them, and after the noun.
func (s *Segment) suggested(noun string, style Style, p *Place) []string {
	keyed := s.Prefix != "" && nameEnd(s.Prefix) > 0
	if keyed {
		noun = style.write(keyParam(s.Prefix, p))
	}
	out := []string{noun}
	for _, sep := range s.Separators() {
		name := noun
		if key, exact := keyName(sep); keyed && exact {
			name = style.write(camel(key))
		}
		out = append(out, name)
	}
	if len(out) == 2 && out[0] == out[1] {
		return []string{style.write(camel(noun) + "From"), style.write(camel(noun) + "To")}
	}
	return out
}

// given is the name of the i-th parameter of a way: what an override at its end
// or at the nearest place before calls it, else what is declared, else suggested.
func given(way []*Place, i int, declared, suggested string) string {
	for k := len(way) - 1; k >= 0; k-- {
		if names := way[k].names; i < len(names) && varname(names[i]) != "" {
			return varname(names[i])
		}
	}
	return cmp.Or(varname(declared), suggested)
}

// varname drops what cannot stand in a variable's name (RFC 6570, Section 2.3).
func varname(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '.' || r == '-' {
			return r
		}
		return -1
	}, s)
}

func unique(taken map[string]bool, name string) string {
	n := name
	for i := 2; taken[n]; i++ {
		n = name + strconv.Itoa(i)
	}
	taken[n] = true
	return n
}

// suggest names a parameter after the collection it is in and what its values are: what bodies call
// them, if only by a word that fits any object, else by what they look like.
func suggest(before string, p *Place) string {
	noun := camel(singular(before))
	if after := by(noun); after != "" {
		return after
	}
	if what := p.common(); what != "" {
		return join(noun, what)
	}
	ids, words, other := 0, 0, ""
	for _, n := range p.Nodes {
		class := n.Class
		if _, key, ok := keyed(n.Text); ok {
			class = key
		} else if around := p.Segment; !n.Rest && around.around() > 0 {
			first, _, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(n.Text, around.Prefix), around.Suffix), cmp.Or(around.Separator, "/"))
			class = Classify(first)
		}
		switch class {
		case Word, Dotted, Other, Version:
			words++
		case Date:
			other = "date"
		case Email:
			other = "email"
		case IP:
			other = "address"
		default:
			ids++
		}
	}
	switch {
	case other != "" && ids+words == 0:
		return join(noun, other)
	case ids >= words:
		return join(noun, "id")
	}
	return join(noun, "name")
}

// by is what a literal says that something is found by: email of by-email and of findUserByEmail.
func by(noun string) string {
	i := strings.LastIndex(noun, "By")
	if strings.HasPrefix(noun, "by") && i < 0 {
		i = 0
	}
	if i < 0 || len(noun) < i+3 || noun[i+2] < 'A' || noun[i+2] > 'Z' {
		return ""
	}
	return strings.ToLower(noun[i+2:i+3]) + noun[i+3:]
}

func join(noun, what string) string {
	ending := strings.ToUpper(what[:1]) + what[1:]
	switch {
	case noun == "", strings.EqualFold(noun, what):
		return what // /flows/name/{name}
	case strings.HasSuffix(noun, ending):
		return noun // /user-id/{userId}
	}
	return noun + ending
}

// camel writes a literal as a name: push_mirrors becomes pushMirrors. A literal
// without a letter at its start gives nothing.
func camel(s string) string {
	var b strings.Builder
	up := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' && b.Len() > 0:
			if up && c >= 'a' {
				c -= 'a' - 'A'
			}
			if b.Len() == 0 && c >= 'A' && c <= 'Z' {
				c += 'a' - 'A'
			}
			b.WriteByte(c)
			up = false
		case b.Len() > 0:
			up = true
		}
	}
	if len(s) > 1 && Classify(s) == Version {
		return ""
	}
	return b.String()
}

// singular drops the ending of an English plural.
func singular(s string) string {
	switch {
	case strings.EqualFold(s, "people"):
		return "person"
	case strings.EqualFold(s, "children"):
		return "child"
	case strings.HasSuffix(s, "ies") && len(s) > 4:
		return s[:len(s)-3] + "y"
	case strings.HasSuffix(s, "sses"), strings.HasSuffix(s, "ches"), strings.HasSuffix(s, "shes"), strings.HasSuffix(s, "xes"):
		return s[:len(s)-2]
	case strings.HasSuffix(s, "uses") && len(s) > 5 && !isVowel(s[len(s)-5]):
		return s[:len(s)-2] // statuses, but houses and causes
	case plural(s) && !strings.HasSuffix(s, "aas"):
		return s[:len(s)-1]
	}
	return s
}
