package normalize

import (
	"bytes"

	"wirecensus/schemas/shape"
)

// Sensitive classes, as in schemas.Sensitive.Class.
const (
	classCard     = "card"
	classCVV      = "cvv"
	classIBAN     = "iban"
	classAccount  = "bank-account"
	classEmail    = "email"
	classPhone    = "phone"
	classNational = "national-id"
	classPassport = "passport"
	className     = "name"
	classBirth    = "birth-date"
	classAddress  = "address"
	classPostal   = "postal-code"
	classGeo      = "geo"
	classHealth   = "health"
	classJWT      = "jwt"
	classSecret   = "secret"
	classKey      = "private-key"
	classPassword = "password"
)

// verdict is what a value is found to be.
type verdict struct {
	class     string // "" nothing
	masked    bool
	validated bool
}

func valid(class string) verdict  { return verdict{class: class, validated: true} }
func byName(class string) verdict { return verdict{class: class} }

// maxJudge is the number of bytes of a value that are looked at.
const maxJudge = 8192

// judge returns the sensitive class of a value from its field's name, the name
// of the enclosing object, its format and itself. number says that it was
// written as a JSON number.
func judge(key, parent keyClass, f shape.Format, number bool, v []byte) verdict {
	if len(v) < 2 || len(v) > maxJudge {
		if len(v) > maxJudge && bytes.Contains(v[:maxJudge], []byte("PRIVATE KEY-----")) {
			return valid(classKey)
		}
		return verdict{}
	}
	switch f {
	case shape.Email:
		return valid(classEmail)
	case shape.JWT:
		if isJWT(v) {
			return valid(classJWT)
		}
	case shape.Boolean, shape.Empty:
		return verdict{}
	}
	if d := judgeText(f, number, v); d.class != "" {
		return d
	}
	if key != keyNone {
		if d := judgeKeyed(key, parent, f, number, v); d.class != "" {
			return d
		}
	}
	if f == shape.None && !number && len(v) >= 8 {
		if d := maskedValue(v); d.class != "" {
			return d
		}
	}
	return judgeBare(f, number, key, v)
}

// judgeText looks for values that show what they are by a prefix.
func judgeText(f shape.Format, number bool, v []byte) verdict {
	if number {
		return verdict{}
	}
	switch f {
	case shape.None, shape.Token, shape.Hex, shape.Base64, shape.Hostname, shape.PathRef:
		if c := prefixed(v); c != "" {
			return valid(c)
		}
	case shape.URI:
		return judgeURL(v)
	}
	return verdict{}
}

// judgeBare judges a value without help from its name.
func judgeBare(f shape.Format, number bool, key keyClass, v []byte) verdict {
	switch f {
	case shape.Phone:
		if key == keyNone && plausibleE164(v) {
			return valid(classPhone)
		}
	case shape.Semver:
		if formattedNational(v) {
			return valid(classNational)
		}
	case shape.Int, shape.None, shape.Token, shape.Base64, shape.Hex:
		if len(v) < 10 || len(v) > 64 {
			if f == shape.None && !number {
				return freeText(v)
			}
			return verdict{}
		}
		if c := v[0]; c-'0' < 10 {
			if isCard(v, !number || key == keyNumber) {
				return valid(classCard)
			}
			if !number && formattedNational(v) {
				return valid(classNational)
			}
		} else if len(v) >= 15 && c|0x20-'a' < 26 {
			if isIBAN(v) {
				return valid(classIBAN)
			}
			if len(v) == 16 && isUpper(v) && isCodiceFiscale(v) {
				return valid(classNational)
			}
		}
		if f == shape.None && !number {
			return freeText(v)
		}
	}
	return verdict{}
}

// judgeKeyed judges a value under a name that says something.
func judgeKeyed(key, parent keyClass, f shape.Format, number bool, v []byte) verdict {
	switch key {
	case keyPassword:
		if allMask(v) {
			return verdict{class: classPassword, masked: true}
		}
		return byName(classPassword)
	case keySecret, keyClientSecret:
		if secretLike(f, v) {
			return byName(classSecret)
		}
	case keyCard:
		return judgeCard(v)
	case keyNumber:
		if parent == keyPayment {
			return judgeCard(v)
		}
	case keyCVV:
		if n := len(v); (n == 3 || n == 4) && digitsOnly(v) {
			return byName(classCVV)
		}
	case keyIBAN:
		if isIBAN(v) {
			return valid(classIBAN)
		}
		if hasDigit(v) && len(v) >= 15 {
			return byName(classIBAN)
		}
	case keyAccount:
		if n := countDigits(v); n >= 6 && len(v) <= 34 || len(v) == 8 || len(v) == 11 {
			return byName(classAccount)
		}
	case keyEmail:
		if at := bytes.IndexByte(v, '@'); at > 0 {
			return verdict{class: classEmail, masked: bytes.IndexByte(v[:at], '*') >= 0}
		}
	case keyPhone:
		return judgePhone(v)
	case keySSN, keyNational:
		return judgeNational(key, v)
	default:
		return judgePerson(key, parent, f, number, v)
	}
	return verdict{}
}

// judgePerson judges values under names that speak of a person.
func judgePerson(key, parent keyClass, f shape.Format, number bool, v []byte) verdict {
	switch key {
	case keyName:
		if !number && nameLike(f, v) {
			return byName(className)
		}
	case keyPersonName:
		if (parent == keyPerson || parent == keyPayment) && !number && nameLike(f, v) {
			return byName(className)
		}
	case keyBirth:
		if hasDigit(v) && len(v) <= 32 {
			return byName(classBirth)
		}
	case keyAddress:
		if f == shape.None && !number && len(v) >= 5 {
			return byName(classAddress)
		}
	case keyPostal:
		if n := len(v); n >= 3 && n <= 10 && hasDigit(v) {
			return byName(classPostal)
		}
	case keyGeo:
		if bytes.IndexByte(v, '.') > 0 && hasDigit(v) {
			return byName(classGeo)
		}
	case keyHealth:
		if isICD10(v) {
			return valid(classHealth)
		}
		return byName(classHealth)
	case keyPassport:
		if n := len(v); n >= 6 && n <= 20 && hasDigit(v) {
			return byName(classPassport)
		}
	}
	return verdict{}
}

// nameLike reports whether v can be a person's name: words, not an id.
func nameLike(f shape.Format, v []byte) bool {
	switch f {
	case shape.None, shape.Token, shape.Country, shape.Currency:
		return len(v) <= 128 && !hasDigit(v)
	}
	return false
}

func judgeCard(v []byte) verdict {
	switch {
	case isCard(v, true):
		return valid(classCard)
	case maskedDigits(v):
		return verdict{class: classCard, masked: true}
	case countDigits(v) >= 12 && len(v) <= 25:
		return byName(classCard)
	}
	return verdict{}
}

// judgeURL looks into the query and the user information of an absolute URL.
func judgeURL(v []byte) verdict {
	rest := v
	if i := bytes.Index(v, []byte("://")); i > 0 {
		rest = v[i+3:]
		end := bytes.IndexAny(rest, "/?#")
		if end < 0 {
			end = len(rest)
		}
		if at := bytes.IndexByte(rest[:end], '@'); at > 0 && bytes.IndexByte(rest[:at], ':') > 0 {
			return valid(classSecret)
		}
	} else if bytes.HasPrefix(v, []byte("mailto:")) {
		return valid(classEmail)
	}
	q := bytes.IndexByte(rest, '?')
	if q < 0 {
		return verdict{}
	}
	return judgeQuery(rest[q+1:])
}

// judgeQuery returns the gravest finding of a query string inside a value.
func judgeQuery(q []byte) (worst verdict) {
	for n := 0; len(q) > 0 && n < 64; n++ {
		var pair []byte
		pair, q = cutByte(q, '&')
		name, val := cutByte(pair, '=')
		if len(val) == 0 {
			continue
		}
		f := shape.Classify(val)
		if f == shape.URI {
			continue
		}
		d := judge(classOf(hintOf(name)), keyNone, f, false, val)
		if d.class != "" && (worst.class == "" || d.class == classSecret) {
			worst = d
		}
	}
	return worst
}

func cutByte(b []byte, c byte) (before, after []byte) {
	if i := bytes.IndexByte(b, c); i >= 0 {
		return b[:i], b[i+1:]
	}
	return b, nil
}

func hasDigit(v []byte) bool {
	for _, c := range v {
		if c-'0' < 10 {
			return true
		}
	}
	return false
}

func digitsOnly(v []byte) bool { return len(v) > 0 && countDigits(v) == len(v) }

func countDigits(v []byte) (n int) {
	for _, c := range v {
		if c-'0' < 10 {
			n++
		}
	}
	return n
}

// isUpper reports whether v is upper-case letters and digits.
func isUpper(v []byte) bool {
	for _, c := range v {
		if c-'0' > 9 && c-'A' > 25 {
			return false
		}
	}
	return true
}
