package normalize

import (
	"bytes"

	"wirecensus/schemas/shape"
)

// prefix is the beginning of a kind of secret with what must follow.
type prefix struct {
	text string
	min  int // total length in bytes
}

// prefixes are secrets that show themselves, by first byte. The list follows the
// token formats that their issuers document.
var prefixes = [256][]prefix{
	'A': {{"AKIA", 20}, {"ASIA", 20}, {"AROA", 20}, {"AIDA", 20}, {"AIza", 35}, {"AGE-SECRET-KEY-1", 60}},
	'B': {{"BBFF-", 30}},
	'E': {{"EAACEdEose0cBA", 30}, {"EAAA", 60}},
	'P': {{"PMAK-", 50}},
	'S': {{"SG.", 60}, {"SK", 34}},
	'd': {{"dop_v1_", 40}, {"doo_v1_", 40}, {"dor_v1_", 40}, {"dapi", 36}, {"dp.pt.", 40}, {"dckr_pat_", 30}, {"duffel_live_", 40}},
	'e': {{"eyJ", 80}},
	'g': {{"ghp_", 40}, {"gho_", 40}, {"ghu_", 40}, {"ghs_", 40}, {"ghr_", 40}, {"github_pat_", 60}, {"glpat-", 26}, {"gldt-", 24}, {"glrt-", 24}, {"glsa_", 40}, {"glc_", 40}},
	'h': {{"hf_", 34}, {"hvs.", 30}, {"hvb.", 60}},
	'k': {{"key-", 36}},
	'l': {{"lin_api_", 40}},
	'm': {{"mfa.", 40}},
	'n': {{"npm_", 40}, {"ntn_", 40}, {"nfp_", 40}},
	'p': {{"pypi-", 60}, {"pul-", 44}, {"phc_", 40}, {"patn", 30}, {"pplx-", 40}, {"pscale_", 40}},
	'r': {{"rk_live_", 24}, {"rk_test_", 24}, {"rubygems_", 50}, {"r8_", 38}, {"rpa_", 40}},
	's': {{"sk_live_", 24}, {"sk_test_", 24}, {"sk-ant-", 40}, {"sk-proj-", 40}, {"sk-", 40}, {"shpat_", 38}, {"shpca_", 38}, {"shppa_", 38}, {"shpss_", 38}, {"sq0atp-", 28}, {"sq0csp-", 40}, {"sntrys_", 50}, {"sbp_", 40}, {"secret_", 40}, {"snyk_", 30}},
	't': {{"tfp_", 40}, {"tskey-", 30}},
	'w': {{"whsec_", 30}},
	'x': {{"xoxb-", 24}, {"xoxp-", 24}, {"xoxa-", 24}, {"xoxr-", 24}, {"xoxs-", 24}, {"xoxe", 24}, {"xapp-", 24}, {"xkeysib-", 60}},
	'y': {{"ya29.", 30}},
	'1': {{"1//0", 40}},
}

// prefixed returns the class of a secret that shows itself by its beginning, "" for others.
func prefixed(v []byte) string {
	if len(v) < 20 {
		return ""
	}
	if v[0] == '-' && bytes.HasPrefix(v, []byte("-----BEGIN")) {
		if bytes.Contains(v, []byte("PRIVATE KEY-----")) {
			return classKey
		}
		return ""
	}
	for _, p := range prefixes[v[0]] {
		if len(v) >= p.min && string(v[:len(p.text)]) == p.text && secretTail(p.text, v[len(p.text):]) {
			return classSecret
		}
	}
	return ""
}

// secretTail reports whether s is written as the rest of a token: no spaces,
// and for the short prefixes a digit and nothing but letters and digits.
func secretTail(prefix string, s []byte) bool {
	digits, others := 0, 0
	for _, c := range s {
		switch {
		case c-'0' < 10:
			digits++
		case c|0x20-'a' < 26, c == '_', c == '-':
		case c == '.', c == '+', c == '/', c == '=':
			others++
		default:
			return false
		}
	}
	switch prefix {
	case "AKIA", "ASIA", "AROA", "AIDA", "SK", "dapi", "key-", "patn", "EAAA":
		return others == 0 && digits > 0 && bytes.IndexByte(s, '_') < 0 && bytes.IndexByte(s, '-') < 0
	}
	return digits > 0
}

// secretLike reports whether a value under a name of a secret can be one: not a
// word, a flag, a date or a number.
func secretLike(f shape.Format, v []byte) bool {
	switch f {
	case shape.UUID, shape.GUID, shape.Hex, shape.Base64, shape.JWT, shape.ULID, shape.ObjectID:
		return true
	case shape.Int:
		return len(v) >= 6 && len(v) != 10 && len(v) != 13
	case shape.Token, shape.None, shape.Hostname, shape.PathRef, shape.Semver, shape.Decimal:
		return len(v) >= 8 && bytes.IndexByte(v, ' ') < 0 && (hasDigit(v) || len(v) >= 20 && looksRandom(v)) || len(v) >= 20 && hasScheme(v)
	}
	return false
}

// hasScheme reports whether v is a scheme and a credential: "Bearer abc…".
func hasScheme(v []byte) bool {
	i := bytes.IndexByte(v, ' ')
	return i > 2 && i < 16 && bytes.IndexByte(v[i+1:], ' ') < 0 && hasDigit(v[i+1:])
}

// looksRandom reports whether v is one long word that changes between letters
// and digits, or between cases, as often as random text does.
func looksRandom(v []byte) bool {
	if len(v) < 20 {
		return false
	}
	changes, digits, prev := 0, 0, 0
	for _, c := range v {
		k := 0
		switch {
		case c-'0' < 10:
			k = 1
			digits++
		case 'a' <= c && c <= 'z':
			k = 2
		case 'A' <= c && c <= 'Z':
			k = 3
		case c == '-' || c == '_' || c == '+' || c == '/' || c == '=' || c == '.' || c == '~':
			k = prev
		default:
			return false
		}
		if prev != 0 && k != prev {
			changes++
		}
		prev = k
	}
	return changes*4 >= len(v) && digits > 0
}

// allMask reports whether v is made of mask characters alone.
func allMask(v []byte) bool {
	for i := 0; i < len(v); i++ {
		switch v[i] {
		case '*', 'x', 'X', '#', '.':
		case 0xe2: // U+2022 bullet, U+25CF black circle
			if i+2 >= len(v) {
				return false
			}
			i += 2
		default:
			return false
		}
	}
	return len(v) >= 3
}

// maskedDigits reports whether v is digits of which at least four, not the last,
// were replaced by a mask: ****1111, 411111******1111, ***-**-1234.
func maskedDigits(v []byte) bool {
	masks, digits := 0, 0
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case c == '*' || c == 'X' || c == 'x' || c == '#':
			masks++
		case c == 0xe2 && i+2 < len(v):
			masks++
			i += 2
		case c-'0' < 10:
			digits++
		case c == '-' || c == ' ':
		default:
			return false
		}
	}
	last := len(v) - 1
	return masks >= 3 && digits >= 2 && v[last]-'0' < 10 || masks >= 6 && digits == 0
}

// maskedValue judges a value by its mask alone.
func maskedValue(v []byte) verdict {
	star := bytes.IndexByte(v, '*')
	if star < 0 {
		if v[0] != 0xe2 {
			return verdict{}
		}
		star = 0
	}
	if at := bytes.IndexByte(v, '@'); at > star && bytes.IndexByte(v, ' ') < 0 && bytes.IndexByte(v[at:], '.') > 0 {
		return verdict{class: classEmail, masked: true}
	}
	if maskedDigits(v) && countDigits(v) >= 3 && (v[len(v)-5] == '*' || countDigits(v) == 4 || countDigits(v) == 10) {
		return verdict{class: classCard, masked: true}
	}
	return verdict{}
}
