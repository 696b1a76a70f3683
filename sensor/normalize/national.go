package normalize

// national is one kind of national identifier with a check that random values
// rarely pass.
type national struct {
	country string
	min     int // length without separators
	max     int
	check   func(s []byte) bool
}

// nationals are tried on values under names that speak of such an identifier.
// s is upper case, without separators.
var nationals = []national{
	{"US", 9, 9, isSSNDigits}, {"GB", 8, 9, isNINO}, {"DE", 11, 11, isSteuerID}, {"FR", 13, 15, isNIR}, {"IT", 16, 16, isCodiceFiscale}, {"ES", 9, 9, isDNI},
	{"NL", 8, 9, isBSN}, {"SE", 10, 12, isPersonnummer}, {"FI", 10, 11, isHETU}, {"NO", 11, 11, isFodselsnummer}, {"DK", 10, 10, isCPR}, {"PL", 11, 11, isPESEL},
	{"BR", 11, 11, isCPF}, {"BR", 14, 14, isCNPJ}, {"IN", 12, 12, isAadhaar}, {"CA", 9, 9, isSIN}, {"ZA", 13, 13, isSouthAfrican}, {"CN", 18, 18, isChinese},
	{"SG", 9, 9, isNRIC}, {"AU", 9, 9, isTFN}, {"MX", 18, 18, isCURP}, {"BE", 11, 11, isBelgian}, {"PT", 9, 9, isPortuguese},
}

// squeeze copies v without separators, in upper case, to dst; nil when v has
// other bytes or more than cap(dst).
func squeeze(dst, v []byte) []byte {
	for _, c := range v {
		switch {
		case c == ' ' || c == '-' || c == '.' || c == '/':
			continue
		case 'a' <= c && c <= 'z':
			c &^= 0x20
		case c-'0' < 10 || 'A' <= c && c <= 'Z' || c == '+':
		default:
			return nil
		}
		if len(dst) == cap(dst) {
			return nil
		}
		dst = append(dst, c)
	}
	return dst
}

// judgeNational judges a value under a name that speaks of a national identifier.
func judgeNational(key keyClass, v []byte) verdict {
	if maskedDigits(v) {
		return verdict{class: classNational, masked: true}
	}
	if len(v) == 11 && v[6] == 'A' || len(v) == 11 && isHETU(v) {
		return valid(classNational)
	}
	var buf [24]byte
	s := squeeze(buf[:0], v)
	if len(s) < 6 {
		return verdict{}
	}
	for i := range nationals {
		n := &nationals[i]
		if n.min <= len(s) && len(s) <= n.max && (key != keySSN || n.country == "US") && n.check(s) {
			return valid(classNational)
		}
	}
	if hasDigit(s) {
		return byName(classNational)
	}
	return verdict{}
}

func num(s []byte) (n int) {
	for _, c := range s {
		n = n*10 + int(c-'0')
	}
	return n
}

// weighted returns the sum of the digits of s times the weights.
func weighted(s []byte, weights string) (sum int) {
	for i := range weights {
		sum += int(s[i]-'0') * weightOf(weights[i])
	}
	return sum
}

// weightOf reads a weight: 0 to 9, then a = 10, b = 11, ….
func weightOf(c byte) int {
	if c >= 'a' {
		return int(c-'a') + 10
	}
	return int(c - '0')
}

func monthDay(m, d int) bool { return m >= 1 && m <= 12 && d >= 1 && d <= 31 }

// isSSN recognises ddd-dd-dddd with the areas, groups and serials that are given out.
func isSSN(v []byte) bool {
	var buf [9]byte
	return len(v) == 11 && v[3] == v[6] && (v[3] == '-' || v[3] == ' ') && isSSNDigits(digitsOf(buf[:0], v))
}

// formattedNational recognises the numbers whose punctuation shows what they are:
// a US social security number with dashes, a Brazilian CPF.
func formattedNational(v []byte) bool {
	switch {
	case len(v) == 11 && v[3] == '-':
		return isSSN(v)
	case len(v) == 14 && v[3] == '.' && v[7] == '.' && v[11] == '-':
		var buf [11]byte
		s := squeeze(buf[:0], v)
		return len(s) == 11 && isCPF(s)
	}
	return false
}

func isSSNDigits(s []byte) bool {
	if len(s) != 9 || !digitsOnly(s) {
		return false
	}
	area, group, serial := num(s[:3]), num(s[3:5]), num(s[5:])
	if area >= 900 { // taxpayer numbers: group 50-65, 70-88, 90-92, 94-99
		return serial > 0 && (group >= 50 && group <= 65 || group >= 70 && group <= 88 || group >= 90 && group != 93)
	}
	return area != 0 && area != 666 && group != 0 && serial != 0 && string(s) != "123456789" && string(s) != "078051120" && distinct(s) > 1
}

func isNINO(s []byte) bool {
	if s[0] < 'A' || s[1] < 'A' || !digitsOnly(s[2:8]) || len(s) == 9 && (s[8] < 'A' || s[8] > 'D') {
		return false
	}
	for _, c := range "DFIQUV" {
		if s[0] == byte(c) || s[1] == byte(c) {
			return false
		}
	}
	switch string(s[:2]) {
	case "BG", "GB", "NK", "KN", "TN", "NT", "ZZ":
		return false
	}
	return s[1] != 'O'
}

// isSteuerID checks the German tax id: ISO 7064 mod 11,10, one digit repeated.
func isSteuerID(s []byte) bool {
	if !digitsOnly(s) || s[0] == '0' {
		return false
	}
	if k := distinct(s[:10]); k != 9 && k != 8 {
		return false
	}
	p := 10
	for _, c := range s[:10] {
		sum := (int(c-'0') + p) % 10
		if sum == 0 {
			sum = 10
		}
		p = sum * 2 % 11
	}
	return (11-p)%10 == int(s[10]-'0')
}

// isNIR checks the French social security number, with its key when there are 15.
func isNIR(s []byte) bool {
	if len(s) == 14 || s[0] < '1' || s[0] > '8' {
		return false
	}
	var buf [15]byte
	d := append(buf[:0], s...)
	less := 0
	if d[5] == '2' && (d[6] == 'A' || d[6] == 'B') { // Corsica
		less = 1000000 * int(d[6]-'A'+1)
		d[6] = '0'
	}
	if !digitsOnly(d) {
		return false
	}
	if m := num(d[3:5]); m == 0 || m > 12 && m < 20 {
		return false
	}
	return len(s) == 15 && num(d[13:]) == 97-(num(d[:13])-less)%97
}

func isCodiceFiscale(s []byte) bool {
	const odd = "BAKPLCQDREVOSFTGUHMINJWZYX"
	sum := 0
	for i, c := range s[:15] {
		letter := c >= 'A'
		if (i < 6 || i == 8 || i == 11) && !letter {
			return false
		}
		v := int(c - '0')
		if letter {
			v = int(c - 'A')
		}
		if i%2 == 0 {
			v = indexIn(odd, byte('A'+v))
		}
		sum += v
	}
	return indexIn("ABCDEHLMPRST", s[8]) >= 0 && s[15] == byte('A'+sum%26)
}

func indexIn(s string, c byte) int {
	for i := range len(s) {
		if s[i] == c {
			return i
		}
	}
	return -1
}

func isDNI(s []byte) bool {
	d := [8]byte(s)
	if i := indexIn("XYZ", s[0]); i >= 0 {
		d[0] = byte('0' + i)
	}
	return digitsOnly(d[:]) && s[8] == "TRWAGMYFPDXBNJZSQVHLCKE"[num(d[:])%23]
}

func isBSN(s []byte) bool {
	if !digitsOnly(s) {
		return false
	}
	var d [9]byte
	d[0] = '0'
	copy(d[9-len(s):], s)
	sum := weighted(d[:], "98765432") - int(d[8]-'0')
	return sum != 0 && sum%11 == 0
}

func isPersonnummer(s []byte) bool {
	if len(s) == 12 {
		s = s[2:]
	}
	if len(s) == 11 && s[6] == '+' {
		s = append(append(make([]byte, 0, 10), s[:6]...), s[7:]...)
	}
	if len(s) != 10 || !digitsOnly(s) {
		return false
	}
	day := num(s[4:6])
	return monthDay(num(s[2:4]), day%60) && luhn(s)
}

// isHETU checks the Finnish personal code ddmmyyCzzzQ, or the squeezed form
// without its century sign.
func isHETU(s []byte) bool {
	var d [9]byte
	switch {
	case len(s) == 11:
		copy(d[:6], s)
		copy(d[6:], s[7:10])
	case len(s) == 10:
		copy(d[:], s)
	default:
		return false
	}
	return digitsOnly(d[:]) && monthDay(num(d[2:4]), num(d[:2])) && s[len(s)-1] == "0123456789ABCDEFHJKLMNPRSTUVWXY"[num(d[:])%31]
}

func isFodselsnummer(s []byte) bool {
	if !digitsOnly(s) || !monthDay(num(s[2:4])%40, num(s[:2])%40) {
		return false
	}
	return (weighted(s, "376189452")+int(s[9]-'0'))%11 == 0 && (weighted(s, "5432765432")+int(s[10]-'0'))%11 == 0
}

// isCPR checks date and serial of the Danish number; its check digit is no longer used.
func isCPR(s []byte) bool {
	return digitsOnly(s) && monthDay(num(s[2:4]), num(s[:2])) && weighted(s, "4327654321")%11 == 0
}

func isPESEL(s []byte) bool {
	return digitsOnly(s) && monthDay(num(s[2:4])%20, num(s[4:6])) && (weighted(s, "1379137913")+int(s[10]-'0'))%10 == 0
}

func isCPF(s []byte) bool {
	return digitsOnly(s) && distinct(s) > 1 && mod11(s[:9], 10) == s[9] && mod11(s[:10], 11) == s[10]
}

// mod11 returns the check digit of the Brazilian numbers with weights falling from first.
func mod11(s []byte, first int) byte {
	sum := 0
	for i, c := range s {
		sum += int(c-'0') * (first - i)
	}
	if r := sum % 11; r >= 2 {
		return byte('0' + 11 - r)
	}
	return '0'
}

func isCNPJ(s []byte) bool {
	if !digitsOnly(s) || distinct(s) < 2 {
		return false
	}
	digit := func(weights string) byte {
		if r := weighted(s, weights) % 11; r >= 2 {
			return byte('0' + 11 - r)
		}
		return '0'
	}
	return digit("543298765432") == s[12] && digit("6543298765432") == s[13]
}

// isAadhaar checks the Indian number by Verhoeff's scheme.
func isAadhaar(s []byte) bool {
	if !digitsOnly(s) || s[0] < '2' || distinct(s) < 3 {
		return false
	}
	const mul = "0123456789" + "1234067895" + "2340178956" + "3401289567" + "4012395678" + "5987604321" + "6598710432" + "7659821043" + "8765932104" + "9876543210"
	const perm = "0123456789" + "1576283094" + "5803796142" + "8916043527" + "9453126870" + "4286573901" + "2793806415" + "7046913258"
	c := 0
	for i := range s {
		p := int(perm[(i%8)*10+int(s[len(s)-1-i]-'0')] - '0')
		c = int(mul[c*10+p] - '0')
	}
	return c == 0
}

func isSIN(s []byte) bool { return digitsOnly(s) && s[0] != '0' && s[0] != '8' && luhn(s) }

func isSouthAfrican(s []byte) bool {
	return digitsOnly(s) && monthDay(num(s[2:4]), num(s[4:6])) && s[10] <= '2' && luhn(s)
}

// isChinese checks the resident number by ISO 7064 mod 11-2.
func isChinese(s []byte) bool {
	if !digitsOnly(s[:17]) || !monthDay(num(s[10:12]), num(s[12:14])) || s[6] != '1' && s[6] != '2' {
		return false
	}
	return s[17] == "10X98765432"[weighted(s, "79a584216379a5842")%11]
}

func isNRIC(s []byte) bool {
	if !digitsOnly(s[1:8]) {
		return false
	}
	sum := weighted(s[1:], "2765432")
	switch s[0] {
	case 'S':
		return s[8] == "JZIHGFEDCBA"[sum%11]
	case 'T':
		return s[8] == "JZIHGFEDCBA"[(sum+4)%11]
	case 'F':
		return s[8] == "XWUTRQPNMLK"[sum%11]
	case 'G':
		return s[8] == "XWUTRQPNMLK"[(sum+4)%11]
	}
	return false
}

func isTFN(s []byte) bool { return digitsOnly(s) && weighted(s, "14375869a")%11 == 0 }

func isCURP(s []byte) bool {
	for i, c := range s[:16] {
		if letter := i < 4 || i >= 10; letter != (c >= 'A') {
			return false
		}
	}
	return monthDay(num(s[6:8]), num(s[8:10])) && (s[10] == 'H' || s[10] == 'M' || s[10] == 'X')
}

func isBelgian(s []byte) bool {
	if !digitsOnly(s) || !monthDay(num(s[2:4])%20, num(s[4:6])) {
		return false
	}
	base, key := num(s[:9]), num(s[9:])
	return key == 97-base%97 || key == 97-(2000000000+base)%97
}

func isPortuguese(s []byte) bool {
	if !digitsOnly(s) || s[0] == '0' || s[0] == '4' {
		return false
	}
	r := 11 - weighted(s, "98765432")%11
	if r > 9 {
		r = 0
	}
	return int(s[8]-'0') == r
}
