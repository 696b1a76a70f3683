package shape

import (
	"math/bits"
	"unicode/utf8"
)

// minValue is the length in bytes below which a string or number under a name
// without a hint is not shown to the visitor: no class is that short by itself.
// Strings of words alone are not shown either, see wordsOnly.
const minValue = 7

// string counts the string raw at the tally n; high says that it may hold non-ASCII bytes.
func (s *Scanner) string(n int32, raw []byte, high bool) {
	if n < 0 {
		return
	}
	length := len(raw)
	if high {
		length = utf8.RuneCount(raw)
	}
	f, m := classify(raw)
	y := &s.tallies[n]
	y.kinds[String]++
	hint := s.nodes[y.node].hint
	r := Range{uint64(length), uint64(length)}
	if s.visitor != nil && (hint != 0 || len(raw) >= minValue && !wordsOnly(f, m, len(raw))) {
		if c := s.visitor.Value(Ref(n), hint, String, f, raw); c != "" {
			y.class = s.mergeClassID(y.class, c)
			r = roundOut(r)
		}
	}
	t := &y.text
	if y.kinds[String] == 1 {
		t.min, t.max, t.main, t.count = uint32(r.Min), uint32(r.Max), f, 1
	} else {
		t.min, t.max = min(t.min, uint32(r.Min)), max(t.max, uint32(r.Max))
		if f == t.main {
			t.count++
		} else {
			s.other(t, f)
		}
	}
	if t.full || f == Empty {
		return
	}
	if s.visitor == nil || y.class != 0 || !tokenLike(f) {
		t.full = true
		return
	}
	t.last = s.visitor.Token(hint, raw)
	s.token(t, t.last)
}

// wordsOnly reports whether a string of n bytes and the character classes m is
// words and nothing else: no class is written without a digit or one of @ * - : by
// itself, but for the Italian tax code, which may be 16 letters.
func wordsOnly(f Format, m uint32, n int) bool {
	switch f {
	case None:
		return m&cSpace != 0 && m&(cDigit|cAt|cStar|cDash|cColon|cHigh) == 0
	case Token:
		return m&cDigit == 0 && n != 16
	}
	return false
}

// other counts a string of a format that is not the first.
func (s *Scanner) other(t *text, f Format) {
	if t.others == 0 {
		s.others = append(s.others, [NumFormats]uint32{})
		t.others = int32(len(s.others))
	}
	s.others[t.others-1][f]++
}

// roundOut widens r to powers of two.
func roundOut(r Range) Range {
	if r.Min > 0 {
		r.Min = 1 << (bits.Len64(r.Min) - 1)
	}
	if r.Max > 0 {
		r.Max = 1 << bits.Len64(r.Max-1)
	}
	return r
}

// tokenLike reports whether values of format f may be members of an enumeration.
func tokenLike(f Format) bool {
	return f == Token || f == Country || f == Currency || f == Locale || f == Boolean
}

// token adds the digest d to the distinct values of t.
func (s *Scanner) token(t *text, d uint64) {
	switch {
	case t.tokens == 0:
		t.token, t.tokens = d, 1
		return
	case t.token == d:
		return
	case t.tokens == 1:
		t.more = int32(len(s.tokens))
		for range MaxTokens {
			s.tokens = append(s.tokens, 0)
		}
	}
	set := s.tokens[t.more : t.more+MaxTokens]
	for _, x := range set[:t.tokens-1] {
		if x == d {
			return
		}
	}
	if t.tokens == MaxTokens {
		t.full = true
		return
	}
	set[t.tokens-1] = d
	t.tokens++
}

// number scans and counts the number at i.
func (s *Scanner) number(b []byte, i int, n int32) int {
	d := digits(b, i)
	if d.end < 0 {
		return -1
	}
	raw := b[i:d.end]
	y := &s.tallies[n]
	kind := Number
	if d.integer {
		kind = Integer
		y.bits = max(y.bits, roundBits(bits.Len64(d.value), d.big(raw)))
	} else {
		y.decimals = max(y.decimals, uint8(min(d.decimals, 255)))
	}
	switch {
	case d.zero:
		y.zero++
	case raw[0] == '-':
		y.negative++
	}
	y.kinds[kind]++
	if hint := s.nodes[y.node].hint; s.visitor != nil && (hint != 0 || len(raw) >= minValue) {
		if c := s.visitor.Value(Ref(n), hint, kind, None, raw); c != "" {
			y.numClass = s.mergeClassID(y.numClass, c)
		}
	}
	return d.end
}

// roundBits rounds a bit length up to one of 8, 16, 31, 32, 53, 63, 64, or 255
// for more, so that a magnitude tells the width of the type and no more.
func roundBits(n int, big bool) uint8 {
	switch {
	case big:
		return 255
	case n <= 8:
		return 8
	case n <= 16:
		return 16
	case n <= 31:
		return 31
	case n <= 32:
		return 32
	case n <= 53:
		return 53
	case n <= 63:
		return 63
	}
	return 64
}

// numeral is what is written at a place of a JSON text.
type numeral struct {
	end      int    // index behind it; -1: it is no number
	value    uint64 // of the integer part, modulo 2^64
	whole    int    // digits of the integer part
	decimals int    // digits behind the point
	integer  bool   // neither a point nor an exponent
	zero     bool   // all digits but those of the exponent are 0
}

// big reports whether the integer raw that d describes has more than 64 bits.
func (d *numeral) big(raw []byte) bool {
	const most = "18446744073709551615"
	return d.whole > len(most) || d.whole == len(most) && string(raw[len(raw)-len(most):]) > most
}

// digits reads the number at i (RFC 8259, Section 6).
func digits(b []byte, i int) (d numeral) {
	if i < len(b) && b[i] == '-' {
		i++
	}
	from := i
	var v uint64
	for i < len(b) && isDigit(b[i]) {
		v = v*10 + uint64(b[i]-'0')
		i++
	}
	d.value, d.whole = v, i-from
	if i == from || b[from] == '0' && i > from+1 {
		d.end = -1
		return d
	}
	d.zero = b[from] == '0'
	if i == len(b) || b[i] != '.' && b[i]|0x20 != 'e' {
		d.end, d.integer = i, true
		return d
	}
	d.fraction(b, i)
	return d
}

// fraction reads what follows the integer part: a point, an exponent, or both.
func (d *numeral) fraction(b []byte, i int) {
	d.end = -1
	if b[i] == '.' {
		from := i + 1
		for i++; i < len(b) && isDigit(b[i]); i++ {
			d.zero = d.zero && b[i] == '0'
		}
		if d.decimals = i - from; d.decimals == 0 {
			return
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		from := i
		for i < len(b) && isDigit(b[i]) {
			i++
		}
		if i == from {
			return
		}
	}
	d.end = i
}

// mergeClassID is mergeClass for the index of a class and a name.
func (s *Scanner) mergeClassID(id uint8, class string) uint8 {
	if s.classes[id] == class {
		return id
	}
	class = mergeClass(s.classes[id], class)
	for i, c := range s.classes {
		if c == class {
			return uint8(i)
		}
	}
	if len(s.classes) > 255 {
		return id
	}
	s.classes = append(s.classes, class)
	return uint8(len(s.classes) - 1)
}

// mergeClass returns the class of a position where a and b were seen: the
// smaller name, so that the order does not matter.
func mergeClass(a, b string) string {
	if a == "" || b != "" && b < a {
		return b
	}
	return a
}
