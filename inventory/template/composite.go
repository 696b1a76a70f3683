package template

import (
	"slices"
	"strings"
)

// separators may part the values of a slot, the longer first.
var separators = [...]string{"...", "..", ",", ";", "|", "~", "-"}

// dashValues is how many values have to agree in what stands between their dashes.
const dashValues = 4

// composite finds the separator that parts every value of a slot into equally many, and more as in
// [Segment.More] where these are more than two.
func composite(kids []*child) (separator, more string) {
	for _, sep := range separators {
		if n := parts(kids, sep); n > 1 {
			return sep, strings.Repeat("/"+sep, n-2)
		}
	}
	return "", ""
}

// parts says into how many parameters sep parts each value of a slot, 0 for none: equally many in each of several,
// of the same strong classes in the same order. Lists are no such values: what is between the separators is
// all of one class there, but for two or three decimal fractions, which are a point.
func parts(kids []*child, sep string) int {
	n, rest, fraction := 0, false, false
	var sides []Class
	for _, c := range kids {
		if !c.in {
			continue
		}
		if c.rest {
			rest = true
			continue
		}
		values := strings.SplitN(c.stem, sep, maxParts+1)
		if len(values) < 2 || len(values) > maxParts || slices.Contains(values, "") || sep[0] == '.' && len(values) > 2 {
			return 0
		}
		n++
		if sep == "..." {
			continue
		}
		if sep == "-" && (len(values) < 3 || c.class == UUID || c.class == Date) {
			return 0
		}
		is := make([]Class, len(values))
		for i, v := range values {
			k := Classify(v)
			if !k.Strong() {
				return 0
			}
			fraction = fraction || k == Number
			is[i] = side(k)
		}
		if n > 1 && !slices.Equal(is, sides) {
			return 0
		}
		sides = is
	}
	alike := true
	for _, k := range sides {
		alike = alike && k == sides[0]
	}
	switch {
	case sep == "..." && n >= 2 && !rest:
		return 2
	case sep == "...", alike && (!fraction || len(sides) > 3), n < 3, rest && n < 8, sep == "-" && n < dashValues:
		return 0
	}
	return len(sides)
}

// side is the class of one side of a composite segment; whole numbers are decimal fractions too.
func side(c Class) Class {
	if c == Int {
		return Number
	}
	return c
}
