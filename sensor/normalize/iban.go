package normalize

// ibanLengths are the lengths of the IBAN registry (ISO 13616), as "CCnn".
const ibanLengths = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28" +
	"HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33" +
	"SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30"

// isIBAN reports whether all of v is an IBAN: a country of the registry, its
// length, check digits by ISO 7064 mod 97-10. Spaces and lower case are allowed.
func isIBAN(v []byte) bool {
	if len(v) < 15 || len(v) > 42 {
		return false
	}
	var buf [34]byte
	s := buf[:0]
	for _, c := range v {
		switch {
		case c == ' ' && len(s) > 0:
			continue
		case 'a' <= c && c <= 'z':
			c &^= 0x20
		case 'A' <= c && c <= 'Z' || c-'0' < 10:
		default:
			return false
		}
		if k := len(s); k == len(buf) || k < 2 && c < 'A' || (k == 2 || k == 3) && c > '9' {
			return false
		}
		s = append(s, c)
	}
	return len(s) >= 15 && ibanLength(s[0], s[1]) == len(s) && mod97(s[4:], s[:4]) == 1
}

func ibanLength(a, b byte) int {
	for i := 0; i < len(ibanLengths); i += 4 {
		if ibanLengths[i] == a && ibanLengths[i+1] == b {
			return int(ibanLengths[i+2]-'0')*10 + int(ibanLengths[i+3]-'0')
		}
	}
	return 0
}

// mod97 returns the remainder of the parts read as one number, A being 10.
func mod97(parts ...[]byte) (r int) {
	for _, p := range parts {
		for _, c := range p {
			if c >= 'A' {
				r = (r*100 + int(c-'A') + 10) % 97
			} else {
				r = (r*10 + int(c-'0')) % 97
			}
		}
	}
	return r
}
