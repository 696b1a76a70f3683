package template

import "strings"

// Class is the lexical class of a path segment, judged from the segment alone.
type Class uint8

// Classes. Those from Int on are strong: their members are values nearly everywhere.
const (
	Word    Class = iota // letters, with -, _ and digits between
	Dotted               // words with dots between: names of files, hosts, methods
	Version              // v1, 1.2.3
	Other                // anything else: escapes, symbols, lists
	Int
	Number // a decimal fraction, a negative number, coordinates, a telephone number with +
	Hex    // at least 8 hex digits, some of them decimal; name:hex digests
	UUID
	Token  // letters and digits without the make of a word: base32, base58, base62, base64; with a prefix or without
	Date   // full-date, date-time or time of day
	Email  // local part, @ and host
	IP     // IPv4 or IPv6
	Masked // {class}, written by the sensor
	NumClasses
)

// String returns the class's name.
func (c Class) String() string {
	return [...]string{"word", "dotted name", "version", "text", "integer", "number", "hex", "UUID", "token", "date", "e-mail", "IP address", "masked value", "?"}[min(c, NumClasses)]
}

// Strong says whether members of c are values nearly everywhere.
func (c Class) Strong() bool { return c >= Int }

// chars is what one pass over a segment counts.
type chars struct {
	n, lower, upper, digit, hex, dash, under, dot, colon, other int

	alternations int // changes between letter and digit
	humps        int // lower case followed by upper case
	vowels       int
	run          int // longest run of consonants or digits
}

func count(s string) chars {
	c := chars{n: len(s)}
	var prev byte
	run := 0
	for i := 0; i < len(s); i++ {
		b := s[i]
		kind := byte(0)
		vowel := false
		switch {
		case b >= 'a' && b <= 'z':
			kind = 'l'
			c.lower++
			if b <= 'f' {
				c.hex++
			}
			vowel = isVowel(b)
		case b >= 'A' && b <= 'Z':
			kind = 'u'
			c.upper++
			if b <= 'F' {
				c.hex++
			}
			vowel = isVowel(b | 0x20)
		case b >= '0' && b <= '9':
			kind = 'd'
			c.digit++
		case b == '-':
			c.dash++
		case b == '_':
			c.under++
		case b == '.':
			c.dot++
		case b == ':':
			c.colon++
		default:
			c.other++
		}
		if kind == 'd' && (prev == 'l' || prev == 'u') || prev == 'd' && (kind == 'l' || kind == 'u') {
			c.alternations++
		}
		if prev == 'l' && kind == 'u' {
			c.humps++
		}
		if vowel {
			c.vowels++
		}
		if kind == 0 || vowel {
			run = 0
		} else {
			run++
			c.run = max(c.run, run)
		}
		prev = kind
	}
	return c
}

func isVowel(b byte) bool {
	return b == 'a' || b == 'e' || b == 'i' || b == 'o' || b == 'u' || b == 'y'
}

// Classify returns the class of a segment.
func Classify(s string) Class {
	if len(s) == 0 {
		return Other
	}
	if s[0] == '{' && s[len(s)-1] == '}' {
		return Masked
	}
	c := count(s)
	switch {
	case c.digit == c.n:
		return Int
	case c.digit == 0:
		return classifyLetters(s, c)
	case c.n == 36 && c.dash == 4 && isUUID(s):
		return UUID
	case isVersion(s, c):
		return Version
	case isNumber(s, c):
		return Number
	case isDate(s) || isTime(s, c):
		return Date
	case isHex(s, c):
		return Hex
	case c.dot == 3 && c.digit+3 == c.n && !strings.Contains(s, ".."), c.colon >= 2 && c.hex+c.digit+c.colon == c.n:
		return IP
	case c.other == 1 && isEmail(s):
		return Email
	case c.other > 0 || c.colon > 0:
		return Other
	case isToken(s, c):
		return Token
	case c.dot > 0:
		return Dotted
	}
	return Word
}

// classifyLetters classes a segment without digits.
func classifyLetters(s string, c chars) Class {
	switch {
	case c.other == 1 && isEmail(s):
		return Email
	case c.other > 0 || c.colon > 0 || c.lower+c.upper == 0:
		return Other
	case isToken(s, c):
		return Token
	case c.dot > 0:
		return Dotted
	}
	return Word
}

func isUUID(s string) bool {
	for i := 0; i < len(s); i++ {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if s[i] != '-' {
				return false
			}
		} else if !hexDigit(s[i]) {
			return false
		}
	}
	return true
}

func hexDigit(b byte) bool {
	return b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'f'
}

// isHex: at least 8 hex digits with enough decimal ones among them that no word
// is meant, or a digest algorithm's name, a colon and hex digits.
func isHex(s string, c chars) bool {
	if c.hex+c.digit == c.n && (c.lower == 0 || c.upper == 0) {
		return c.n >= 16 || c.n >= 7 && c.digit >= 2 && c.alternations >= 2
	}
	for i := 0; i < len(s); i++ {
		if s[i] == ':' && i > 1 && len(s)-i > 16 {
			for _, b := range []byte(s[i+1:]) {
				if !hexDigit(b) {
					return false
				}
			}
			return true
		}
	}
	return false
}

// isVersion: v1, v1.2, v2beta1, v20180820, 1.2.3; never a whole number.
func isVersion(s string, c chars) bool {
	if c.other+c.colon+c.under > 0 || c.n > 24 {
		return false
	}
	i := 0
	if s[0]|0x20 == 'v' {
		i = 1
	} else if c.dot < 2 {
		return false
	}
	start := i
	for i < len(s) && (s[i] >= '0' && s[i] <= '9' || s[i] == '.') {
		i++
	}
	if i == start || s[start] == '.' || s[i-1] == '.' {
		return false
	}
	if c.dot == 3 && i == len(s) && start == 0 {
		return false // an IP address
	}
	rest := s[i:]
	if rest == "" {
		return i-start <= 4 || c.dot > 0 || i-start == 8 && (s[start:start+2] == "19" || s[start:start+2] == "20")
	}
	for _, word := range [...]string{"alpha", "beta", "rc", "-alpha", "-beta", "-rc", "p"} {
		if len(rest) >= len(word) && rest[:len(word)] == word {
			return true
		}
	}
	return false
}

// isDate: YYYY-MM-DD, alone or with a time after it (RFC 3339, Section 5.6).
func isDate(s string) bool {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' || len(s) > 10 && s[10]|0x20 != 't' {
		return false
	}
	for _, i := range [...]int{0, 1, 2, 3, 5, 6, 8, 9} {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s[5:7] <= "12" && s[8:10] <= "31"
}

// isTime: hh:mm or hh:mm:ss.
func isTime(s string, c chars) bool {
	return (c.n == 5 && c.colon == 1 || c.n == 8 && c.colon == 2 && s[5] == ':') && s[2] == ':' && c.digit+c.colon == c.n && s[:2] < "25" && s[3:5] < "60"
}

// isNumber: a negative number, a decimal fraction, a telephone number with +, or
// coordinates: two of those with a comma between.
func isNumber(s string, c chars) bool {
	signs := c.n - c.digit - c.dot
	switch {
	case signs == 0:
		return c.dot == 1
	case s[0] == '-' && signs == 1:
		return c.dot <= 1
	case s[0] == '+' && signs == 1:
		return c.dot == 0 && c.n >= 8
	}
	lat, lon, ok := strings.Cut(s, ",")
	return ok && c.dot == 2 && strings.Trim(strings.TrimPrefix(lat, "-")+strings.TrimPrefix(lon, "-"), "0123456789.") == "" &&
		strings.Count(lat, ".") == 1 && len(lon) > 0
}

func isEmail(s string) bool {
	at := -1
	for i := 0; i < len(s); i++ {
		if s[i] == '@' {
			at = i
		}
	}
	if at < 1 {
		return false
	}
	for i := at + 2; i < len(s)-1; i++ {
		if s[i] == '.' {
			return true
		}
	}
	return false
}

// isToken: long enough, and made as chance makes it rather than as words are.
func isToken(s string, c chars) bool {
	if i := prefixEnd(s); i > 0 {
		t := s[i:]
		tc := count(t)
		if tc.n >= 8 && byChance(t, tc) {
			return true
		}
	}
	if c.dot > 0 && c.dot != 2 {
		return false
	}
	return byChance(s, c)
}

// byChance: random, unless its letters follow each other as those of words do, or
// not random by its make, but by letters that hardly ever follow each other.
func byChance(s string, c chars) bool {
	letters := c.lower + c.upper
	if letters < 8 {
		return random(c) || c.n >= 10 && c.digit >= 2 && c.upper >= 2 && c.lower >= 2 && c.dash+c.under <= 1 && c.alternations+c.humps >= 3 && sounds(s) < 0
	}
	x := sounds(s)
	switch {
	case c.digit <= 2 && x > 0 && letters >= 10:
		return false
	case random(c):
		return true
	case c.dash+c.under+c.dot+c.colon > 0 || c.run < 4 && c.humps < 2:
		return false
	case c.humps > 0 && c.upper > 1:
		return 2*x < -3*letters && !verbFirst(s)
	}
	return letters >= 12 && c.upper*c.lower == 0 && x < -3*letters
}

// prefixEnd returns where the token of a prefixed id such as cus_… starts, 0
// where there is no such prefix.
func prefixEnd(s string) int {
	last := 0
	for i := 1; i < len(s) && i < 16; i++ {
		switch {
		case s[i] == '_':
			last = i + 1
		case s[i] < 'a' || s[i] > 'z':
			return last
		}
	}
	return last
}

// verbFirst: s begins with a word in lower case, as getHTMLPDF does.
func verbFirst(s string) bool {
	n := 0
	for n < len(s) && s[n] >= 'a' && s[n] <= 'z' {
		n++
	}
	return n > 2 && known([]byte(s[:n]))
}

func random(c chars) bool {
	letters := c.lower + c.upper
	switch {
	case c.n < 8:
		return false
	case c.n >= 20 && c.dash+c.under <= 2+c.n/12:
		// Words of this length have separators; chance has digits or humps.
		return c.alternations >= 4 || c.humps >= 4 && c.run >= 4 || c.alternations+c.humps >= 5 || c.digit >= 6 && letters >= 2 && c.alternations >= 2
	case c.dash+c.under > 2:
		return c.alternations+c.humps >= 6 && c.run >= 5
	}
	mixed := c.alternations + c.humps
	return c.alternations >= 4 || c.alternations >= 2 && mixed >= 4 || c.digit >= 5 && c.alternations >= 1 && letters >= 1 && c.dash == 0 ||
		c.alternations >= 2 && c.run >= 6 || c.digit >= 3 && c.alternations >= 3 || c.humps >= 3 && c.run >= 5
}
