package specgen

import (
	"slices"
	"strconv"
	"strings"

	"wirecensus/schemas/shape"
)

// What it takes to write bounds: more values of the kind would have shown another.
const (
	minFixed  = 40 // strings of one length
	minLength = 8  // of them
	minCount  = 20 // numbers that are not negative
	minTuples = 25 // arrays of one length
	maxTuple  = 16 // that length
	minCodes  = 5  // distinct codes where the name does not say that they are
)

// facets adds what is evident of texts beside the formats that JSON Schema names:
// a pattern, a registered format, a length.
func (s *schema) facets(t *shape.Strings, name string, lex *lexicon) {
	if t == nil || s.format != "" {
		return
	}
	total, main := uint64(0), shape.None
	most := uint64(0)
	for f, c := range t.Formats.All() {
		if total += c; c > most {
			most, main = c, f
		}
	}
	only := func(fs ...shape.Format) bool {
		sum := uint64(0)
		for _, f := range fs {
			sum += t.Formats.Count(f)
		}
		return sum == total
	}
	fixed := t.Len.Min == t.Len.Max && t.Class == ""
	all := lex.alike(name)
	switch {
	case total < minRequired:
	case lex.pattern(t) != "":
		s.pattern = lex.pattern(t)
	case only(shape.UUID, shape.GUID):
		s.pattern = "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"
	case only(shape.Hex, shape.ObjectID) && fixed && max(total, all.digits.of(t.Len.Min)) >= minFixed/2:
		s.pattern = "^[0-9A-Fa-f]{" + strconv.FormatUint(t.Len.Min, 10) + "}$"
	case only(shape.ULID):
		s.pattern = "^[0-9A-Z]{26}$"
	case only(shape.Color) && fixed && t.Len.Min == 7:
		s.pattern = "^#[0-9A-Fa-f]{6}$"
	case only(shape.Token) && fixed && t.Len.Min >= minLength && (t.TokensFull && total >= minFixed || all.tokens.of(t.Len.Min) >= minFixed):
		s.length = &t.Len.Min
	case only(shape.Int, shape.Decimal) && main == shape.Decimal:
		s.format = "decimal"
	case only(main):
		s.format = registered(main, t, name)
	}
}

// registered are formats that the OpenAPI Format Registry or custom know beside those of JSON Schema.
func registered(f shape.Format, t *shape.Strings, name string) string {
	last := lastWord(name)
	many := t.TokensFull || len(t.Tokens) >= minCodes
	switch {
	case f == shape.HTTPDate:
		return "http-date"
	case f == shape.LocalDateTime:
		return "date-time-local"
	case f == shape.Phone:
		return "phone"
	case f == shape.Currency && (last == "currency" || many):
		return "currency"
	case f == shape.Country && (last == "country" || last == "nationality" || many):
		return "country"
	case f == shape.Locale:
		return "locale"
	}
	return ""
}

// pattern is the regular expression of the prefixed identifiers at a position, ""
// unless all strings are such and their prefix was released.
func (l *lexicon) pattern(t *shape.Strings) string {
	if l == nil || t.TokensFull || t.Class != "" || len(t.Tokens) == 0 || t.Formats.Count(shape.Empty) > 0 {
		return ""
	}
	stem, class, least, most := "", "", 0, 0
	for i, token := range t.Tokens {
		st, cl, n, ok := readPattern(l.texts[token])
		switch {
		case !ok || i > 0 && st != stem:
			return ""
		case i == 0:
			stem, class, least, most = st, cl, n, n
		}
		least, most = min(least, n), max(most, n)
		if cl != class {
			class = "[A-Za-z0-9]"
		}
	}
	length := strconv.Itoa(least)
	if least != most {
		length += "," + strconv.Itoa(most)
	}
	return "^" + stem + class + "{" + length + "}$"
}

// readPattern takes a released pattern, ^cus_[A-Za-z0-9]{14}$, to pieces.
func readPattern(s string) (stem, class string, n int, ok bool) {
	s, ok1 := strings.CutPrefix(s, "^")
	s, ok2 := strings.CutSuffix(s, "}$")
	open, curly := strings.IndexByte(s, '['), strings.IndexByte(s, '{')
	if !ok1 || !ok2 || open <= 0 || curly <= open || strings.Trim(s[:open], "abcdefghijklmnopqrstuvwxyz_") != "" {
		return "", "", 0, false
	}
	n, err := strconv.Atoi(s[curly+1:])
	class = s[open:curly]
	return s[:open], class, n, err == nil && n > 0 && n <= 64 && (class == "[0-9]" || class == "[A-Za-z0-9]")
}

// counting says whether a position counts or measures: its numbers are not negative,
// and its name says why.
func counting(n *shape.Node, name string, lex *lexicon) bool {
	if n.Num == nil || n.Num.Negative > 0 || n.Num.Class != "" || max(n.Kinds[shape.Integer], lex.alike(name).counts.of(0)) < minCount {
		return false
	}
	ws := words(name)
	if len(ws) == 0 {
		return false
	}
	if ws[0] == "num" || ws[0] == "max" || ws[0] == "min" || slices.Contains(ws, "count") || slices.Contains(ws, "total") {
		return true
	}
	switch ws[len(ws)-1] {
	case "size", "length", "limit", "page", "pages", "quantity", "bytes", "width", "height", "seconds", "minutes", "hours", "days", "ttl", "port", "age", "replicas", "retries", "attempts":
		return true
	}
	return false
}

// tuple is the length of arrays that all have one where it is part of the type: their
// elements are numbers (a position, a box), or each of several kinds comes up equally often.
func tuple(n *shape.Node, name string, lex *lexicon) *uint64 {
	arrays := n.Kinds[shape.Array]
	if max(arrays, lex.alike(name).arrays.of(n.Lens.Min)) < minTuples || n.Lens.Min != n.Lens.Max || n.Lens.Min < 2 || n.Lens.Min > maxTuple || n.Items == nil {
		return nil
	}
	kinds := 0
	for k, c := range n.Items.Kinds {
		if c == 0 {
			continue
		}
		if kinds++; shape.Kind(k) != shape.Number && shape.Kind(k) != shape.Integer && c%arrays != 0 {
			return nil
		}
	}
	numbers := n.Items.Kinds[shape.Integer] + n.Items.Kinds[shape.Number]
	if numbers == n.Items.Total() || kinds > 1 && numbers%arrays == 0 {
		return &n.Lens.Min
	}
	return nil
}

// sample is an example of a format or of a prefixed identifier. Addresses and numbers are
// those kept for documentation (RFC 2606, RFC 5737, RFC 3849).
func sample(format, pattern string) string {
	if format == "" {
		if stem, _, n, ok := readPattern(pattern); ok {
			return stem + strings.Repeat("0", n)
		}
		return ""
	}
	switch format {
	case "uuid":
		return "123e4567-e89b-42d3-a456-426614174000"
	case "date-time":
		return "2024-01-15T09:30:00Z"
	case "date":
		return "2024-01-15"
	case "time":
		return "09:30:00Z"
	case "duration":
		return "P1DT12H"
	case "email":
		return "user@example.com"
	case "uri":
		return "https://example.com/resource"
	case "uri-reference":
		return "/resource"
	case "hostname":
		return "www.example.com"
	case "ipv4":
		return "192.0.2.1"
	case "ipv6":
		return "2001:db8::1"
	case "decimal":
		return "12.50"
	case "currency":
		return "EUR"
	case "country":
		return "DE"
	case "locale":
		return "en-US"
	case "http-date":
		return "Mon, 15 Jan 2024 09:30:00 GMT"
	case "date-time-local":
		return "2024-01-15T09:30:00"
	}
	return ""
}

// emitFacets writes bounds, the pattern and the example.
func (s *schema) emitFacets(o *object, v30 bool) {
	if s.pattern != "" {
		o.set("pattern", s.pattern)
	}
	if s.length != nil {
		o.set("minLength", *s.length)
		o.set("maxLength", *s.length)
	}
	if s.minimum0 {
		o.set("minimum", 0)
	}
	switch {
	case s.sample == "":
	case v30:
		o.set("example", s.sample)
	default:
		o.set("examples", []any{s.sample})
	}
}
