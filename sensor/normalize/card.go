package normalize

// digitsOf copies the digits of v to dst when v is digits in groups parted by
// one kind of separator (space, - or .), and returns them; nil otherwise, or
// when there are more than cap(dst).
func digitsOf(dst []byte, v []byte) []byte {
	var sep byte
	for i, c := range v {
		switch {
		case c-'0' < 10:
			if len(dst) == cap(dst) {
				return nil
			}
			dst = append(dst, c)
		case (c == ' ' || c == '-' || c == '.') && (sep == 0 || sep == c) && i > 0 && i < len(v)-1 && v[i-1] != c:
			sep = c
		default:
			return nil
		}
	}
	return dst
}

// isCard reports whether v is a payment card number: a length and prefix in use
// (ISO/IEC 7812), a valid Luhn digit, not one digit repeated. Loose admits the
// lengths other than 15 and 16, which too many other numbers have.
func isCard(v []byte, loose bool) bool {
	if len(v) < 13 || len(v) > 23 || v[0]-'0' > 9 {
		return false
	}
	var buf [19]byte
	d := digitsOf(buf[:0], v)
	if len(d) < 13 || !loose && len(d) != 15 && len(d) != 16 || len(d) != len(v) && !cardGroups(v) {
		return false
	}
	return luhn(d) && issued(d) && distinct(d) > 1
}

// cardGroups reports whether the separators of v stand as on a card: groups of
// four, or 4-6-5 and 4-6-4.
func cardGroups(v []byte) bool {
	group, seen := 0, 0
	for _, c := range v {
		if c-'0' < 10 {
			group++
			continue
		}
		if group != 4 && !(seen == 1 && group == 6) {
			return false
		}
		seen++
		group = 0
	}
	return group >= 1 && group <= 5
}

// luhn reports whether the digits d end in their Luhn check digit.
func luhn(d []byte) bool {
	sum := 0
	for i := range d {
		x := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			if x *= 2; x > 9 {
				x -= 9
			}
		}
		sum += x
	}
	return sum%10 == 0
}

func distinct(d []byte) (n int) {
	var seen [10]bool
	for _, c := range d {
		if !seen[c-'0'] {
			seen[c-'0'] = true
			n++
		}
	}
	return n
}

// issuers are prefix ranges of six digits with the lengths in use, as a bit set.
var issuers = []struct {
	from, to int
	lengths  uint32
}{
	{400000, 499999, 1<<13 | 1<<16 | 1<<19}, {510000, 559999, 1 << 16}, {222100, 272099, 1 << 16}, {340000, 349999, 1 << 15}, {370000, 379999, 1 << 15},
	{601100, 601199, 1<<16 | 1<<19}, {644000, 659999, 1<<16 | 1<<19}, {300000, 305999, 1<<14 | 1<<16}, {360000, 369999, 1<<14 | 1<<16}, {380000, 399999, 1<<14 | 1<<16},
	{352800, 358999, 1<<16 | 1<<17 | 1<<18 | 1<<19}, {213100, 213199, 1 << 15}, {180000, 180099, 1 << 15}, {620000, 629999, 1<<16 | 1<<17 | 1<<18 | 1<<19},
	{810000, 829999, 1 << 16}, {220000, 220499, 1<<16 | 1<<17 | 1<<18 | 1<<19}, {979200, 979289, 1 << 16},
	{500000, 509999, 1<<13 | 1<<15 | 1<<16 | 1<<19}, {560000, 589999, 1<<13 | 1<<15 | 1<<16 | 1<<19}, {630000, 639999, 1<<13 | 1<<16 | 1<<19}, {670000, 679999, 1<<16 | 1<<19},
}

func issued(d []byte) bool {
	p := 0
	for _, c := range d[:6] {
		p = p*10 + int(c-'0')
	}
	for _, r := range issuers {
		if r.from <= p && p <= r.to && r.lengths&(1<<uint(len(d))) != 0 {
			return true
		}
	}
	return false
}
