package synth

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	digits    = "0123456789"
	lowerHex  = "0123456789abcdef"
	base62    = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

// uuid is a random UUID (RFC 9562, version 4).
func (d dice) uuid() string {
	var b [16]byte
	d.fill(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// ulid is a ULID of the time given.
func (d dice) ulid(at int64) string {
	ms, b := uint64(at/1e6), []byte("0000000000")
	for i := 9; i >= 0; i-- {
		b[i] = crockford[ms&31]
		ms >>= 5
	}
	return string(b) + d.text(crockford, 16)
}

// card is a card number that passes the check of ISO/IEC 7812 (Luhn).
func (d dice) card() string {
	issuer := pick(d, []string{"453912", "492901", "542523", "510510", "222300", "371449"})
	n := 16
	if issuer[0] == '3' {
		n = 15
	}
	s := issuer + d.text(digits, n-1-len(issuer))
	sum := 0
	for i := range len(s) {
		v := int(s[len(s)-1-i] - '0')
		if i%2 == 0 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return s + strconv.Itoa((10-sum%10)%10)
}

// iban is an account number with the check digits of ISO 13616; the Spanish ones
// have their national check digits too.
func (d dice) iban() string {
	country, bban := "DE", d.text(digits, 18)
	if d.chance(0.8) {
		country = "ES"
		bank := pick(d, []string{"2100", "0049", "0182", "2085"}) + d.text(digits, 4)
		account := d.text(digits, 10)
		bban = bank + esCheck("00"+bank) + esCheck(account) + account
	}
	rest := 0
	for _, c := range bban + country + "00" {
		v := int(c - '0')
		if c >= 'A' {
			v = int(c-'A') + 10
			rest = (rest*100 + v) % 97
			continue
		}
		rest = (rest*10 + v) % 97
	}
	return fmt.Sprintf("%s%02d%s", country, 98-rest, bban)
}

func esCheck(s string) string {
	sum := 0
	for i, w := range []int{1, 2, 4, 8, 5, 10, 9, 7, 3, 6} {
		sum += int(s[i]-'0') * w
	}
	switch r := 11 - sum%11; r {
	case 11:
		return "0"
	case 10:
		return "1"
	default:
		return strconv.Itoa(r)
	}
}

// dni is a Spanish identity number with its check letter.
func (d dice) dni() string {
	n := d.between(10000000, 79999999)
	return strconv.Itoa(n) + string("TRWAGMYFPDXBNJZSQVHLCKE"[n%23])
}

func (d dice) phone() string { return "+34" + pick(d, []string{"6", "7"}) + d.text(digits, 8) }

// jwt is a token with a signature of the right size; exp 0 leaves the expiry out.
func (d dice) jwt(alg, issuer, subject string, iat, exp int64, more ...member) string {
	size := 256
	if alg == "HS256" {
		size = 32
	}
	header := obj{{"alg", alg}, {"typ", "JWT"}, {"kid", d.text(lowerHex, 8)}}
	claims := obj{{"iss", issuer}, {"sub", subject}, {"iat", iat / 1e9}}
	if exp != 0 {
		claims = append(claims, member{"exp", exp / 1e9})
	}
	claims = append(claims, more...)
	enc := base64.RawURLEncoding
	return enc.EncodeToString(toJSON(header)) + "." + enc.EncodeToString(toJSON(claims)) + "." +
		enc.EncodeToString(d.fill(make([]byte, size)))
}

// person is somebody whose data is to be protected.
type person struct {
	first, last, email, phone, dni, street, city, zip string
	born                                              string
	password, card, iban                              string
}

func newPerson(d dice, n int) *person {
	p := &person{first: pick(d, firstNames), last: pick(d, lastNames) + " " + pick(d, lastNames)}
	mail := strings.ToLower(p.first + "." + strings.Split(p.last, " ")[0] + strconv.Itoa(n))
	p.email = mail + "@" + pick(d, []string{"correo.example", "mailbox.example", "uni.example.org"})
	p.phone, p.dni, p.iban, p.card = d.phone(), d.dni(), d.iban(), d.card()
	p.street = pick(d, streets) + " " + strconv.Itoa(d.between(1, 180)) + ", " + strconv.Itoa(d.between(1, 9)) + "B"
	town := pick(d, towns)
	p.zip, p.city = town[:5], town[6:]
	p.born = time.Date(d.between(1938, 2007), time.Month(d.between(1, 12)), d.between(1, 28), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	p.password = pick(d, passwords) + d.text(digits, 3) + pick(d, []string{"!", "#", "?"})
	return p
}

func (p *person) name() string { return p.first + " " + p.last }
