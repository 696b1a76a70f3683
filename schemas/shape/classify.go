package shape

import "encoding/binary"

// Character classes of one byte, or-ed over a string to rule formats out.
const (
	cDigit uint32 = 1 << iota
	cHexLow
	cLow
	cHexUp
	cUp
	cDash
	cColon
	cDot
	cAt
	cSlash
	cPlus
	cUnder
	cEqual
	cSpace
	cStar
	cOther // other printable ASCII
	cHigh  // control and non-ASCII bytes

	cHexDigit = cDigit | cHexLow | cHexUp
	cLetter   = cHexLow | cLow | cHexUp | cUp
	cWord     = cLetter | cDigit | cDash | cUnder
	cAny      = 1<<32 - 1
)

// Limits of what is looked at for a format, in bytes.
const (
	maxClassify = 4096
	maxToken    = 32
	maxConstant = 64 // a token of letters of one case and underscores
)

var charClass = func() (t [256]uint32) {
	for c := range t {
		switch {
		case '0' <= c && c <= '9':
			t[c] = cDigit
		case 'a' <= c && c <= 'f':
			t[c] = cHexLow
		case 'g' <= c && c <= 'z':
			t[c] = cLow
		case 'A' <= c && c <= 'F':
			t[c] = cHexUp
		case 'G' <= c && c <= 'Z':
			t[c] = cUp
		case c > ' ' && c < 0x7f:
			t[c] = cOther
		default:
			t[c] = cHigh
		}
	}
	t['-'], t[':'], t['.'], t['@'], t['/'] = cDash, cColon, cDot, cAt, cSlash
	t['+'], t['_'], t['='], t[' '], t['*'] = cPlus, cUnder, cEqual, cSpace, cStar
	return t
}()

// Classify returns the most specific format that s has. It does not retain s.
func Classify(s []byte) Format {
	f, _ := classify(s)
	return f
}

// classify returns the format of s and the character classes in it, all of them
// when it is too long to be looked at.
func classify(s []byte) (Format, uint32) {
	if len(s) > maxClassify {
		return None, cAny
	}
	var m uint32
	rest := s
	for len(rest) >= 8 {
		w := binary.LittleEndian.Uint64(rest)
		m |= charClass[byte(w)] | charClass[byte(w>>8)] | charClass[byte(w>>16)] | charClass[byte(w>>24)]
		m |= charClass[byte(w>>32)] | charClass[byte(w>>40)] | charClass[byte(w>>48)] | charClass[byte(w>>56)]
		rest = rest[8:]
	}
	for _, c := range rest {
		m |= charClass[c]
	}
	return formatOf(s, m), m
}

// formatOf returns the format of s, in which the classes m are.
func formatOf(s []byte, m uint32) Format {
	switch {
	case m == 0:
		return Empty
	case m&cHigh != 0:
		return None
	case m&^cDigit == 0:
		return Int
	case m&cSpace != 0:
		return spaced(s)
	case m&cAt != 0 && isEmail(s):
		return Email
	case m&cColon != 0 && m&cLetter != 0 && isURI(s):
		return URI
	case m&(cOther|cStar) != 0:
		return odd(s)
	case m&(cColon|cAt|cSlash|cPlus|cEqual|cDot) == 0:
		return word(s, m)
	}
	return punctuated(s, m)
}

// spaced judges strings with spaces: only dates have formats.
func spaced(s []byte) Format {
	switch {
	case len(s) == 29 && s[3] == ',' && isHTTPDate(s):
		return HTTPDate
	case len(s) >= 19 && s[10] == ' ' && isDate(s[:10]):
		return dateTime(s)
	}
	return None
}

// odd judges strings with ASCII punctuation that few formats have.
func odd(s []byte) Format {
	if s[0] == '#' && (len(s) == 7 || len(s) == 9) && allIn(s[1:], cHexDigit) {
		return Color
	}
	if isPath(s) {
		return PathRef
	}
	return None
}

// word judges strings of letters, digits, - and _ alone.
func word(s []byte, m uint32) Format {
	n := len(s)
	if m&cDigit == 0 {
		return plainWord(s, m)
	}
	switch {
	case n == 36 && m&^(cHexDigit|cDash) == 0 && isUUID(s):
		return uuid(s)
	case n == 10 && m&^(cDigit|cDash) == 0 && isDate(s):
		return Date
	case s[0] == '-' && m == cDigit|cDash && allIn(s[1:], cDigit):
		return Int
	case n == 17 && m&^(cHexDigit|cDash) == 0 && isMAC(s, '-'):
		return MAC
	case n == 24 && (m&^(cDigit|cHexLow) == 0 || m&^(cDigit|cHexUp) == 0):
		return ObjectID
	case n >= 16 && n%2 == 0 && m&^cHexDigit == 0:
		return Hex
	case n == 26 && m&^(cDigit|cHexUp|cUp) == 0 && isULID(s):
		return ULID
	case s[0] == 'P' && isDuration(s):
		return Duration
	case n >= 24 && mixed(m):
		return Base64
	case n <= maxToken && m&cLetter != 0:
		return Token
	}
	return None
}

// plainWord judges words without digits.
func plainWord(s []byte, m uint32) Format {
	n := len(s)
	switch {
	case n == 2 && m&^(cHexUp|cUp) == 0 && isCountry(s):
		return Country
	case n == 3 && m&^(cHexUp|cUp) == 0 && isCurrency(s):
		return Currency
	case n == 5 && (s[2] == '-' || s[2] == '_') && isLower(s[0]) && isLower(s[1]) && isCountry(s[3:]):
		return Locale
	case n == 4 && string(s) == "true", n == 5 && string(s) == "false":
		return Boolean
	case n >= 16 && n%2 == 0 && m&^cHexDigit == 0:
		return Hex
	case n <= maxToken && m&cLetter != 0, n <= maxConstant && isConstant(m):
		return Token
	}
	return None
}

// isConstant recognises the classes of words such as LOCATION_TYPE_UNSPECIFIED.
func isConstant(m uint32) bool {
	return m&cUnder != 0 && (m&^(cUnder|cHexUp|cUp) == 0 || m&^(cUnder|cHexLow|cLow) == 0)
}

// punctuated judges strings with at least one of : @ / + = and the dot.
func punctuated(s []byte, m uint32) Format {
	n := len(s)
	switch {
	case m&(cDigit|cColon|cDot|cDash|cPlus|cLetter) == m && n >= 19 && (s[10] == 'T' || s[10] == 't') && isDate(s[:10]):
		return dateTime(s)
	case m&cColon != 0 && isTime(s):
		return Time
	case s[0] == '+' && m == cDigit|cPlus && n >= 9 && n <= 16 && s[1] != '0' && allIn(s[1:], cDigit):
		return Phone
	case m&^(cDigit|cDot|cDash) == 0 && isDecimal(s):
		return Decimal
	case m&^(cDigit|cDot) == 0 && isIPv4(s):
		return IPv4
	case n == 17 && m&^(cHexDigit|cColon) == 0 && isMAC(s, ':'):
		return MAC
	case m&cColon != 0 && m&^(cHexDigit|cColon|cDot) == 0 && isIPv6(s):
		return IPv6
	case m&cSlash != 0 && m&^(cHexDigit|cColon|cDot|cSlash) == 0 && isCIDR(s):
		return CIDR
	case m&cDot != 0 && n > 16 && s[0] == 'e' && isJWT(s):
		return JWT
	case s[0] == 'P' && isDuration(s):
		return Duration
	case m&cDot != 0 && isSemver(s):
		return Semver
	case isPath(s):
		return PathRef
	case m&cDot != 0 && m&^(cWord|cDot) == 0 && isHostname(s):
		return Hostname
	case n >= 24 && m&^(cLetter|cDigit|cPlus|cSlash|cEqual|cDash|cUnder) == 0 && mixed(m) && padded(s):
		return Base64
	}
	return None
}

func mixed(m uint32) bool {
	return m&cDigit != 0 && m&(cLow|cHexLow) != 0 && m&(cUp|cHexUp) != 0
}

// padded reports whether = occurs at the end only, at most twice.
func padded(s []byte) bool {
	n := len(s)
	for n > 0 && len(s)-n < 2 && s[n-1] == '=' {
		n--
	}
	return allIn(s[:n], cLetter|cDigit|cPlus|cSlash|cDash|cUnder)
}

func allIn(s []byte, m uint32) bool {
	for _, c := range s {
		if charClass[c]&m == 0 {
			return false
		}
	}
	return len(s) > 0
}

func isDigit(c byte) bool { return c-'0' < 10 }
func isLower(c byte) bool { return c-'a' < 26 }
