package shape

import (
	"bytes"
	"encoding/binary"
)

// isUUID recognises UUIDs (RFC 9562, Section 4); s has 36 hex digits and dashes.
func isUUID(s []byte) bool {
	le := binary.LittleEndian
	return dashes(le.Uint64(s)) == 0 && dashes(le.Uint64(s[8:])) == 0x80<<(5*8)|0x80 && dashes(le.Uint64(s[16:])) == 0x80<<(7*8)|0x80<<(2*8) &&
		dashes(le.Uint64(s[24:])) == 0 && dashes(le.Uint64(s[28:])) == 0
}

// dashes returns w with the highest bit of each byte that is a dash, and no other.
func dashes(w uint64) uint64 {
	w ^= lows * '-'
	return ^((w&^highs + ^uint64(highs)) | w) & highs
}

// uuid is UUID for what isUUID recognised if it has a version and a variant that
// RFC 9562 knows or is the nil UUID, GUID otherwise: strict readers refuse it as a UUID.
func uuid(s []byte) Format {
	if v := s[14]; v >= '1' && v <= '8' && (s[19] == '8' || s[19] == '9' || s[19]|0x20 == 'a' || s[19]|0x20 == 'b') {
		return UUID
	}
	for _, c := range s {
		if c != '0' && c != '-' {
			return GUID
		}
	}
	return UUID
}

// isDate recognises full-date (RFC 3339, Section 5.6); s has 10 bytes.
func isDate(s []byte) bool {
	if s[4] != '-' || s[7] != '-' || !allIn(s[:4], cDigit) {
		return false
	}
	m, ok1 := two(s[5:])
	d, ok2 := two(s[8:])
	return ok1 && ok2 && m >= 1 && m <= 12 && d >= 1 && d <= 31
}

func two(s []byte) (int, bool) {
	if !isDigit(s[0]) || !isDigit(s[1]) {
		return 0, false
	}
	return int(s[0]-'0')*10 + int(s[1]-'0'), true
}

// dateTime judges what follows a full-date and one separator.
func dateTime(s []byte) Format {
	rest, ok := partialTime(s[11:])
	switch {
	case !ok:
		return None
	case len(rest) == 0:
		return LocalDateTime
	case isOffset(rest) && s[10] != ' ':
		return DateTime
	case isOffset(rest):
		return DateTime // RFC 3339, Section 5.6, note: applications may use a space
	}
	return None
}

// partialTime consumes hh:mm:ss[.fraction].
func partialTime(s []byte) (rest []byte, ok bool) {
	if len(s) < 8 || s[2] != ':' || s[5] != ':' {
		return nil, false
	}
	h, ok1 := two(s)
	m, ok2 := two(s[3:])
	sec, ok3 := two(s[6:])
	if !ok1 || !ok2 || !ok3 || h > 23 || m > 59 || sec > 60 {
		return nil, false
	}
	s = s[8:]
	if len(s) > 1 && (s[0] == '.' || s[0] == ',') {
		i := 1
		for i < len(s) && isDigit(s[i]) {
			i++
		}
		if i == 1 {
			return nil, false
		}
		s = s[i:]
	}
	return s, true
}

// isOffset recognises Z, +hh:mm and +hhmm.
func isOffset(s []byte) bool {
	if len(s) == 1 {
		return s[0] == 'Z' || s[0] == 'z'
	}
	if len(s) != 6 && len(s) != 5 || s[0] != '+' && s[0] != '-' {
		return false
	}
	_, ok := two(s[1:])
	_, ok2 := two(s[len(s)-2:])
	return ok && ok2 && (len(s) == 5 || s[3] == ':')
}

func isTime(s []byte) bool {
	rest, ok := partialTime(s)
	return ok && (len(rest) == 0 || isOffset(rest))
}

// isHTTPDate recognises IMF-fixdate (RFC 9110, Section 5.6.7); s has 29 bytes.
func isHTTPDate(s []byte) bool {
	_, ok := partialTime(s[17:25])
	return ok && string(s[25:]) == " GMT" && allIn(s[:3], cLetter) && allIn(s[5:7], cDigit) && allIn(s[8:11], cLetter) && allIn(s[12:16], cDigit)
}

// isDuration recognises ISO 8601 durations: P1Y2M3DT4H5M6S, P2W.
func isDuration(s []byte) bool {
	const date, clock = "YMWD", "HMS"
	units, parts := date, 0
	for i := 1; i < len(s); {
		if s[i] == 'T' && len(units) > 0 && units[len(units)-1] == 'D' {
			units = clock
			if i++; i == len(s) {
				return false
			}
			continue
		}
		j := i
		for j < len(s) && (isDigit(s[j]) || s[j] == '.' && j > i) {
			j++
		}
		if j == i || j == len(s) {
			return false
		}
		if bytes.IndexByte([]byte(units), s[j]) < 0 {
			return false
		}
		parts++
		i = j + 1
	}
	return parts > 0
}

// isEmail recognises a bare addr-spec with a dotted domain; quoted local parts
// and address literals are left out because they are not met as values.
func isEmail(s []byte) bool {
	at := bytes.IndexByte(s, '@')
	if at < 1 || at > 64 || len(s) > 254 || bytes.IndexByte(s[at+1:], '@') >= 0 {
		return false
	}
	for i, c := range s[:at] {
		if charClass[c]&(cLetter|cDigit|cDash|cUnder|cPlus) != 0 {
			continue
		}
		if c == '.' && i > 0 && i < at-1 && s[i-1] != '.' || bytes.IndexByte([]byte("!#$%&'*/=?^`{|}~"), c) >= 0 {
			continue
		}
		return false
	}
	dom := s[at+1:]
	dot := bytes.LastIndexByte(dom, '.')
	return isLabels(dom) && dot > 0 && len(dom)-dot > 2 && allIn(dom[dot+1:], cLetter)
}

// isLabels reports whether s is dot-separated host labels.
func isLabels(s []byte) bool {
	if len(s) == 0 || len(s) > 253 {
		return false
	}
	start := 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] != '.' {
			if charClass[s[i]]&(cLetter|cDigit|cDash) == 0 {
				return false
			}
			continue
		}
		if i == start || i-start > 63 || s[start] == '-' || s[i-1] == '-' {
			return false
		}
		start = i + 1
	}
	return true
}

// isHostname recognises host names under a top-level domain that is a country
// code or among the common generic ones, so that event names (order.created)
// and file names stay out.
func isHostname(s []byte) bool {
	dot := bytes.LastIndexByte(s, '.')
	if dot < 1 || !isLabels(s) {
		return false
	}
	tld := s[dot+1:]
	if len(tld) == 2 {
		return isCountry([]byte{tld[0] &^ 0x20, tld[1] &^ 0x20}) || string(tld) == "uk" || string(tld) == "eu"
	}
	switch string(tld) {
	case "com", "org", "net", "edu", "gov", "mil", "int", "info", "biz", "dev", "app", "cloud", "local", "internal", "example", "test",
		"localhost", "arpa", "online", "shop", "site", "store", "tech", "xyz", "name", "invalid", "lan", "corp", "home", "svc":
		return true
	}
	return false
}

// isURI recognises absolute URIs: scheme://…, and the opaque schemes in use.
func isURI(s []byte) bool {
	if charClass[s[0]]&cLetter == 0 {
		return false
	}
	i := 0
	for i < len(s) && (charClass[s[i]]&(cLetter|cDigit|cPlus|cDash|cDot) != 0) {
		i++
	}
	if i < 2 || i > 20 || i+1 >= len(s) || s[i] != ':' {
		return false
	}
	if s[i+1] == '/' && i+3 < len(s) && s[i+2] == '/' {
		return true
	}
	switch string(s[:i]) {
	case "mailto", "urn", "tel", "data", "did", "sms", "geo", "arn":
		return true
	}
	return false
}

func isIPv4(s []byte) bool {
	parts, v, digits := 0, 0, 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) && isDigit(s[i]) {
			v = v*10 + int(s[i]-'0')
			digits++
			if digits > 3 || v > 255 {
				return false
			}
			continue
		}
		if digits == 0 || i < len(s) && s[i] != '.' {
			return false
		}
		parts++
		v, digits = 0, 0
	}
	return parts == 4
}

func isIPv6(s []byte) bool {
	groups, digits, double := 0, 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case charClass[c]&cHexDigit != 0:
			if digits++; digits > 4 {
				return false
			}
			if digits == 1 {
				groups++
			}
		case c == '.':
			j := i - digits
			return digits > 0 && isIPv4(s[j:]) && (groups+1 == 8 || double && groups+1 < 8)
		case i+1 < len(s) && s[i+1] == ':':
			if double {
				return false
			}
			double, digits = true, 0
			i++
		default:
			if i == 0 || i == len(s)-1 || digits == 0 {
				return false
			}
			digits = 0
		}
	}
	return groups == 8 && !double || double && groups < 8
}

func isCIDR(s []byte) bool {
	i := bytes.IndexByte(s, '/')
	bits := s[i+1:]
	if i < 2 || len(bits) < 1 || len(bits) > 3 || !allIn(bits, cDigit) {
		return false
	}
	n := 0
	for _, c := range bits {
		n = n*10 + int(c-'0')
	}
	return isIPv4(s[:i]) && n <= 32 || isIPv6(s[:i]) && n <= 128
}

func isMAC(s []byte, sep byte) bool {
	for i := 2; i < 17; i += 3 {
		if s[i] != sep {
			return false
		}
	}
	for i := 0; i < 17; i += 3 {
		if charClass[s[i]]&cHexDigit == 0 || charClass[s[i+1]]&cHexDigit == 0 {
			return false
		}
	}
	return true
}

// isJWT recognises the compact serialisation (RFC 7515, Section 7.1): three
// base64url parts of which the first is a JSON object, the last may be empty.
func isJWT(s []byte) bool {
	if len(s) < 20 || s[0] != 'e' || s[1] != 'y' {
		return false
	}
	dots := 0
	for i, c := range s {
		if c == '.' {
			if dots++; dots > 2 || i > 0 && s[i-1] == '.' {
				return false
			}
		} else if charClass[c]&cWord == 0 {
			return false
		}
	}
	return dots == 2
}

func isDecimal(s []byte) bool {
	if s[0] == '-' {
		s = s[1:]
	}
	i := bytes.IndexByte(s, '.')
	return i > 0 && allIn(s[:i], cDigit) && allIn(s[i+1:], cDigit)
}

// isSemver recognises MAJOR.MINOR.PATCH with optional pre-release and build.
func isSemver(s []byte) bool {
	dots, i := 0, 0
	for i < len(s) && (isDigit(s[i]) || s[i] == '.') {
		if s[i] == '.' {
			if i == 0 || s[i-1] == '.' {
				return false
			}
			dots++
		}
		i++
	}
	if dots != 2 || i == 0 || s[i-1] == '.' || i > 24 {
		return false
	}
	return i == len(s) || (s[i] == '-' || s[i] == '+') && i+1 < len(s) && allIn(s[i+1:], cWord|cDot|cPlus)
}

// isULID recognises 26 Crockford base-32 digits below 2^128.
func isULID(s []byte) bool {
	if s[0] > '7' {
		return false
	}
	for _, c := range s {
		if c == 'I' || c == 'L' || c == 'O' || c == 'U' {
			return false
		}
	}
	return true
}

func isPath(s []byte) bool {
	return len(s) > 1 && s[0] == '/' && s[1] != '/' && bytes.IndexByte(s, '"') < 0 && bytes.IndexByte(s, '<') < 0
}
