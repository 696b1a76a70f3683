package normalize

import (
	"bytes"

	"wirecensus/schemas/shape"
)

// callingCodes has a bit for each country calling code (ITU-T E.164) of one to three digits.
var callingCodes = func() (set [16]uint64) {
	for _, c := range []int{
		1, 7, 20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58, 60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86,
		90, 91, 92, 93, 94, 95, 98, 211, 212, 213, 216, 218, 220, 221, 222, 223, 224, 225, 226, 227, 228, 229, 230, 231, 232, 233, 234, 235, 236, 237, 238, 239,
		240, 241, 242, 243, 244, 245, 246, 247, 248, 249, 250, 251, 252, 253, 254, 255, 256, 257, 258, 260, 261, 262, 263, 264, 265, 266, 267, 268, 269, 290, 291,
		297, 298, 299, 350, 351, 352, 353, 354, 355, 356, 357, 358, 359, 370, 371, 372, 373, 374, 375, 376, 377, 378, 380, 381, 382, 383, 385, 386, 387, 389, 420,
		421, 423, 500, 501, 502, 503, 504, 505, 506, 507, 508, 509, 590, 591, 592, 593, 594, 595, 596, 597, 598, 599, 670, 672, 673, 674, 675, 676, 677, 678, 679,
		680, 681, 682, 683, 685, 686, 687, 688, 689, 690, 691, 692, 850, 852, 853, 855, 856, 880, 886, 960, 961, 962, 963, 964, 965, 966, 967, 968, 970, 971, 972,
		973, 974, 975, 976, 977, 992, 993, 994, 995, 996, 998,
	} {
		set[c/64] |= 1 << (c % 64)
	}
	return set
}()

// plausibleE164 reports whether v, + and digits, has an assigned calling code
// and a length in use after it.
func plausibleE164(v []byte) bool {
	d := v[1:]
	if len(d) < 8 || len(d) > 15 || distinct(d) < 3 {
		return false
	}
	c := 0
	for _, x := range d[:3] {
		c = c*10 + int(x-'0')
		if callingCodes[c/64]&(1<<(c%64)) != 0 {
			return c != 1 || len(d) == 11
		}
	}
	return false
}

// judgePhone judges a value under a name that speaks of a telephone.
func judgePhone(v []byte) verdict {
	if maskedDigits(v) || bytes.IndexByte(v, '*') >= 0 && countDigits(v) >= 2 {
		return verdict{class: classPhone, masked: true}
	}
	n := countDigits(v)
	if n < 6 || n > 17 || len(v) > 32 {
		return verdict{}
	}
	for _, c := range v {
		if c-'0' > 9 && bytes.IndexByte([]byte("+-() ./extEXT#"), c) < 0 {
			return verdict{}
		}
	}
	if v[0] != '+' {
		return byName(classPhone)
	}
	var buf [20]byte
	d := buf[:1]
	d[0] = '+'
	for _, c := range v {
		if c-'0' < 10 {
			d = append(d, c)
		}
	}
	return verdict{class: classPhone, validated: plausibleE164(d)}
}

// isICD10 recognises a code of ICD-10: letter, digit, digit or letter, up to four more after a dot.
func isICD10(v []byte) bool {
	if len(v) < 3 || len(v) > 8 || v[0] < 'A' || v[0] > 'Z' || v[0] == 'U' || v[1]-'0' > 9 {
		return false
	}
	alnum := func(c byte) bool { return c-'0' < 10 || c-'A' < 26 }
	if !alnum(v[2]) || len(v) > 3 && (v[3] != '.' || len(v) == 4) {
		return false
	}
	for _, c := range v[min(4, len(v)):] {
		if !alnum(c) {
			return false
		}
	}
	return true
}

// freeText looks for values of a class inside a longer text: an address with @,
// a card number that stands alone, a private key.
func freeText(v []byte) verdict {
	if at := bytes.IndexByte(v, '@'); at > 0 && len(v) >= 6 {
		if emailAt(v, at) {
			return valid(classEmail)
		}
	}
	run := 0
	for i := 0; i <= len(v); i++ {
		if i < len(v) && (v[i]-'0' < 10 || run > 0 && (v[i] == ' ' || v[i] == '-') && i+1 < len(v) && v[i+1]-'0' < 10) {
			run++
			continue
		}
		if run >= 15 && run <= 19 && boundary(v, i-run-1) && boundary(v, i) && isCard(v[i-run:i], false) {
			return valid(classCard)
		}
		if run == 11 && isSSN(v[i-run:i]) && boundary(v, i-run-1) && boundary(v, i) {
			return valid(classNational)
		}
		run = 0
	}
	if len(v) > 60 && bytes.Contains(v, []byte("PRIVATE KEY-----")) {
		return valid(classKey)
	}
	return verdict{}
}

// embeddedCard reports whether a run of digits of v, not part of a word, is a card number.
func embeddedCard(v []byte) bool {
	run := 0
	for i := 0; i <= len(v); i++ {
		if i < len(v) && v[i]-'0' < 10 {
			run++
			continue
		}
		if (run == 15 || run == 16) && isCard(v[i-run:i], false) {
			return true
		}
		run = 0
	}
	return false
}

// boundary reports whether position i of v is not inside a word.
func boundary(v []byte, i int) bool {
	if i < 0 || i >= len(v) {
		return true
	}
	c := v[i]
	return !(c-'0' < 10 || c|0x20-'a' < 26 || c == '_' || c == '-' || c == '.' && i+1 < len(v) && v[i+1]-'0' < 10)
}

// emailAt reports whether an e-mail address stands round the @ at index at.
func emailAt(v []byte, at int) bool {
	lo, hi := at, at+1
	for lo > 0 && wordByte(v[lo-1]) {
		lo--
	}
	for hi < len(v) && wordByte(v[hi]) {
		hi++
	}
	for hi > at && v[hi-1] == '.' {
		hi--
	}
	return shape.Classify(v[lo:hi]) == shape.Email
}

func wordByte(c byte) bool {
	return c-'0' < 10 || c|0x20-'a' < 26 || c == '.' || c == '_' || c == '-' || c == '+' || c == '%'
}
