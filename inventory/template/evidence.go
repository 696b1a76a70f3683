package template

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Parts of the log-odds that a segment is a value. Those from byCompany on come
// from comparison with the other values of a place.
const (
	byOverride = iota
	byDeclared
	byClass
	byEcho
	byBefore
	byVerb
	byElsewhere
	byRecurrence
	byCalls
	byCompany
	byBelow
	byCoverage
	byAnswers
	numParts
)

// phrases say what a part means: of several values, for their being values and
// against it; of one literal, likewise.
var phrases = [numParts]struct{ values, notValues, literal, notLiteral string }{
	byOverride:   {"are values by an override", "", "is a literal by an override", ""},
	byDeclared:   {"stand where a declared template has a parameter", "", "is a literal of a declared template", "stands where a declared template has a parameter"},
	byClass:      {"have the form of identifiers", "have the form of route words", "has the form of a route word", "has the form of an identifier"},
	byEcho:       {"came up as identifiers in bodies", "", "", "came up as an identifier in bodies"},
	byBefore:     {"follow a plural noun", "follow a parameter, a version or the root", "follows a parameter, a version or the root", "follows a plural noun"},
	byVerb:       {"stand before a verb that others stand before too", "", "", "stands before a verb that others stand before too"},
	byElsewhere:  {"are values in other places too", "are literals in other places or nowhere else", "is a literal in other places or nowhere else", "is a value in other places"},
	byRecurrence: {"come up below one of many parents", "come up below several parents", "comes up below several parents", "comes up below one of many parents"},
	byCalls:      {"are called less than a usual operation", "are called as often as an operation of its own", "is called as often as an operation of its own", "is called less than a usual operation"},
	byCompany:    {"stand among words that are values", "stand out among the others", "stands out among the values beside it", "stands among words that are values"},
	byBelow:      {"have the same methods and segments below", "lack the methods and segments of the others", "lacks the methods and segments of the values beside it", "has the methods and segments of the values beside it"},
	byCoverage:   {"", "spread their calls over other operations", "spreads its calls over other operations than the values beside it", ""},
	byAnswers:    {"answer with the same names", "answer with other names", "answers with other names than the values beside it", "answers with the names of the values beside it"},
}

// telling is how much a part has to say before it is told.
const telling = 0.3

// note is one sentence and its weight.
type note struct {
	text   string
	weight float64
}

// told writes notes, the weightiest first.
func told(notes []note) []string {
	slices.SortStableFunc(notes, func(a, b note) int { return -cmp.Compare(a.weight, b.weight) })
	out := make([]string, len(notes))
	for i, n := range notes {
		out[i] = n.text
	}
	return out
}

// evidence says what speaks for a child that stayed a literal, and against it.
func (c *child) evidence() (pro, con []string) {
	var fors, againsts []note
	for part, x := range c.parts {
		p := phrases[part]
		calls := ""
		if part == byCalls {
			calls = fmt.Sprintf(" (%.0f calls)", c.calls)
		}
		if part == byClass {
			calls = fmt.Sprintf(" (%s)", c.class)
		}
		if part == byRecurrence && c.parents > 1 {
			calls = fmt.Sprintf(" (%d)", c.parents)
		}
		switch {
		case x < -telling && p.literal != "":
			fors = append(fors, note{p.literal + calls, -x})
		case x > telling && p.notLiteral != "":
			againsts = append(againsts, note{p.notLiteral + calls, x})
		}
	}
	return told(fors), told(againsts)
}

// evidence says with counts what speaks for the values of a slot, and against
// them; the literals beside them are the counter-examples. No value is named.
func evidence(kids, literals []*child) (pro, con []string) {
	var fors, againsts []note
	of := 0
	for _, c := range kids {
		if c.in {
			of++
		}
	}
	for part := range numParts {
		var up, down int
		var ups, downs float64
		for _, c := range kids {
			switch x := c.parts[part]; {
			case !c.in:
			case x > telling:
				up, ups = up+1, ups+x
			case x < -telling:
				down, downs = down+1, downs-x
			}
		}
		p := phrases[part]
		if up > 0 && p.values != "" {
			fors = append(fors, note{fmt.Sprintf("%d of %d %s", up, of, p.values), ups})
		}
		if down > 0 && p.notValues != "" {
			againsts = append(againsts, note{fmt.Sprintf("%d of %d %s", down, of, p.notValues), downs})
		}
	}
	pro, con = told(fors), told(againsts)
	if s := counterExamples(literals); s != "" {
		con = append(con, s)
	}
	return pro, con
}

// counterExamples names the literals beside a parameter that came nearest to
// being its values.
func counterExamples(literals []*child) string {
	if len(literals) == 0 {
		return ""
	}
	near := slices.Clone(literals)
	slices.SortStableFunc(near, func(a, b *child) int {
		return cmp.Or(-cmp.Compare(a.margin, b.margin), strings.Compare(a.text, b.text))
	})
	var names []string
	for _, c := range near[:min(len(near), 5)] {
		names = append(names, fmt.Sprintf("%q", c.text))
	}
	more := ""
	if n := len(near) - len(names); n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return "literals beside it: " + strings.Join(names, ", ") + more
}
