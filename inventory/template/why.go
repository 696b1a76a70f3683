package template

import (
	"cmp"
	"fmt"
	"math"
	"sort"
	"strings"
)

// logistic turns log-odds into a probability, never quite certain.
func logistic(x float64) float64 {
	return 1 / (1 + math.Exp(-max(-6, min(5, x))))
}

// whyLiteral says why a child stayed a literal, where it could seem a value.
func (d *decider) whyLiteral(c *child) string {
	switch {
	case c.by != nil:
		return fmt.Sprintf("%q is a literal by override %s", c.text, c.by.ID)
	case c.literal:
		return fmt.Sprintf("%q is a literal of a declared template", c.text)
	case c.class.Strong() || c.class == Version:
		return fmt.Sprintf("%q looks like a value (%s) and stays a literal: nothing beside it is called alike", c.text, c.class)
	case c.parents > 1:
		return fmt.Sprintf("%q comes up below %d different values", c.text, c.parents)
	}
	return ""
}

// whySlot says why the members of a slot are values, and how surely.
func (d *decider) whySlot(kids []*child) (confidence float64, why string) {
	classes := map[string]int{}
	var margins []float64
	values, rests, named, by := 0, uint64(0), 0, ""
	for _, c := range kids {
		if !c.in {
			continue
		}
		margins = append(margins, c.margin)
		by = cmp.Or(by, c.decided())
		if c.rest {
			for _, n := range c.nodes {
				rests = max(rests, n.Distinct)
			}
			continue
		}
		values++
		classes[c.class.String()]++
		if echoOdds(c) > 0 {
			named++
		}
	}
	sort.Float64s(margins)
	var b strings.Builder
	fmt.Fprintf(&b, "%d values", values)
	if rests > 0 {
		fmt.Fprintf(&b, " of some %d", max(rests, uint64(values)))
	}
	b.WriteString(list(classes))
	if named > 0 {
		fmt.Fprintf(&b, "; %d are identifiers in bodies", named)
	}
	if len(margins) > 1 {
		b.WriteString("; they are called and answer alike")
	}
	if by != "" {
		b.WriteString("; by override " + by)
	}
	return logistic(margins[len(margins)/2]), b.String()
}

// list writes counts by name, the most frequent first.
func list(counts map[string]int) string {
	names := make([]string, 0, len(counts))
	for n := range counts {
		names = append(names, n)
	}
	sort.Slice(names, func(i, j int) bool {
		if counts[names[i]] != counts[names[j]] {
			return counts[names[i]] > counts[names[j]]
		}
		return names[i] < names[j]
	})
	if len(names) == 0 {
		return ""
	}
	parts := make([]string, len(names))
	for i, n := range names {
		parts[i] = fmt.Sprintf("%d %s", counts[n], n)
	}
	return ": " + strings.Join(parts, ", ")
}
