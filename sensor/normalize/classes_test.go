package normalize

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"wirecensus/schemas/shape"
)

func TestCards(t *testing.T) {
	for _, s := range []string{"4111111111111111", "5555555555554444", "2223003122003222", "378282246310005", "6011111111111117", "3530111333300000", "4111 1111 1111 1111", "4111-1111-1111-1111", "3782 822463 10005"} {
		if !isCard([]byte(s), false) {
			t.Errorf("%s is a card", s)
		}
	}
	for _, s := range []string{"30569309025904", "4222222222222"} {
		if !isCard([]byte(s), true) {
			t.Errorf("%s is a card under a name that says so", s)
		}
	}
	for _, s := range []string{"4111111111111112", "0000000000000000", "1234567812345670", "4444444444444444", "4111-1111 1111-1111", "1700000000000", "41111111111111111", "4111 11111111 1111", "41-11-11-11-11-11-11-11", "4111111111111111a", "-4111111111111111", "8999999999999999999"} {
		if isCard([]byte(s), false) {
			t.Errorf("%s is no card", s)
		}
	}
}

func TestIBAN(t *testing.T) {
	for _, s := range []string{"DE89370400440532013000", "GB29NWBK60161331926819", "FR1420041010050500013M02606", "NL91ABNA0417164300", "DE89 3704 0044 0532 0130 00", "de89370400440532013000", "NO9386011117947"} {
		if !isIBAN([]byte(s)) {
			t.Errorf("%s is an IBAN", s)
		}
	}
	for _, s := range []string{"DE88370400440532013000", "DE8937040044053201300", "XX89370400440532013000", "DE89370400440532013000F", "BE68539007547034FFFFFFFFFFFFFFFF", "", "DE89-3704-0044-0532-0130-00"} {
		if isIBAN([]byte(s)) {
			t.Errorf("%s is no IBAN", s)
		}
	}
}

func TestNationalNumbers(t *testing.T) {
	for _, c := range []struct {
		country string
		check   func([]byte) bool
		yes, no []string
	}{
		{"US", isSSNDigits, []string{"536226789", "219099999", "912701234"}, []string{"000123456", "666123456", "123006789", "123450000", "123456789", "111111111", "900123456"}},
		{"GB", isNINO, []string{"AB123456C", "AB123456"}, []string{"DA123456A", "AO123456A", "GB123456A", "AB123456E", "A1123456A"}},
		{"DE", isSteuerID, []string{"86095742719", "47036892816", "65929970489"}, []string{"86095742718", "01234567891", "11111111111"}},
		{"FR", isNIR, []string{"255081416802538"}, []string{"255081416802539", "955081416802538", "255131416802538"}},
		{"IT", isCodiceFiscale, []string{"RSSMRA85T10A562S", "MRTMTT91D08F205J"}, []string{"RSSMRA85T10A562T", "1SSMRA85T10A562S"}},
		{"ES", isDNI, []string{"12345678Z", "X1234567L"}, []string{"12345678A", "X1234567A", "W1234567L"}},
		{"NL", isBSN, []string{"111222333", "123456782"}, []string{"111222334", "000000000"}},
		{"SE", isPersonnummer, []string{"8112289874", "198112289874"}, []string{"8112289875", "8113289874"}},
		{"FI", isHETU, []string{"131052-308T", "131052308T"}, []string{"131052-308U", "321052-308T"}},
		{"PL", isPESEL, []string{"44051401359", "02070803628"}, []string{"44051401358", "44131401359"}},
		{"BR", isCPF, []string{"52998224725"}, []string{"52998224724", "11111111111"}},
		{"BR", isCNPJ, []string{"11222333000181"}, []string{"11222333000182"}},
		{"IN", isAadhaar, []string{"999941057058", "234123412346"}, []string{"999941057059", "123412341234"}},
		{"CA", isSIN, []string{"130692544"}, []string{"130692545", "046454286"}},
		{"ZA", isSouthAfrican, []string{"8001015009087"}, []string{"8001015009086"}},
		{"CN", isChinese, []string{"11010519491231002X"}, []string{"110105194912310021"}},
		{"SG", isNRIC, []string{"S1234567D"}, []string{"S1234567A"}},
		{"AU", isTFN, []string{"123456782"}, []string{"123456789"}},
		{"MX", isCURP, []string{"BADD110313HCMLNS09"}, []string{"BADD111313HCMLNS09", "1ADD110313HCMLNS09"}},
		{"BE", isBelgian, []string{"85073003328"}, []string{"85073003329"}},
		{"PT", isPortuguese, []string{"123456789"}, []string{"123456788"}},
	} {
		for _, s := range c.yes {
			if !c.check([]byte(s)) {
				t.Errorf("%s: %s is valid", c.country, s)
			}
		}
		for _, s := range c.no {
			if c.check([]byte(s)) {
				t.Errorf("%s: %s is not valid", c.country, s)
			}
		}
	}
}

// TestNationalRate: few random numbers pass the checks that have a check digit.
func TestNationalRate(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, n := range nationals {
		if n.country == "US" || n.country == "GB" || n.country == "MX" {
			continue // structure only
		}
		pass := 0
		for range 20000 {
			b := make([]byte, n.max)
			for i := range b {
				b[i] = byte('0' + r.IntN(10))
			}
			if n.check(b) {
				pass++
			}
		}
		if pass > 20000*12/100 {
			t.Errorf("%s: %d of 20000 random numbers pass", n.country, pass)
		}
	}
}

func TestPersonnummerWithNorwegianAndDanish(t *testing.T) {
	found := map[string]bool{}
	for i := range 100000 {
		s := []byte(fmt.Sprintf("010190%05d", i))
		found["NO"] = found["NO"] || isFodselsnummer(s)
		found["DK"] = found["DK"] || isCPR(s[:10])
	}
	if !found["NO"] || !found["DK"] {
		t.Errorf("no valid number exists: %v", found)
	}
}

// TestJudge is the table of what values are taken for.
func TestJudge(t *testing.T) {
	for _, c := range []struct{ key, value, want string }{
		// by themselves
		{"x", "joe@example.com", "email+"}, {"x", "call joe@example.com now", "email+"}, {"x", "4111111111111111", "card+"}, {"x", "paid with 4111 1111 1111 1111.", "card+"},
		{"x", "DE89370400440532013000", "iban+"}, {"x", "+4915112345678", "phone+"}, {"x", "536-22-6789", "national-id+"},
		{"x", "ghp_abcdefghijklmnopqrstuvwxyz0123456789", "secret+"}, {"x", "AKIAIOSFODNN7EXAMPLE", "secret+"}, {"x", "-----BEGIN RSA PRIVATE KEY-----\nMIIE", "private-key+"},
		{"x", "sk_live_4eC39HqLyjWDarjtT1zdp7dc", "secret+"}, {"x", "xoxb-123456789012-abcdefABCDEF", "secret+"}, {"x", "https://u:p4ss@db.example/x", "secret+"}, {"x", "https://a.example/?access_token=abcdef1234567890", "secret"},
		{"x", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlc2lnbmF0dXJl", "jwt+"}, {"x", "RSSMRA85T10A562S", "national-id+"}, {"x", "529.982.247-25", "national-id+"},
		{"x", "************1111", "card~"}, {"x", "411111******1111", "card~"}, {"x", "j***@d***.com", "email~"},
		// look-alikes
		{"x", "4111111111111112", ""}, {"x", "1700000000000", ""}, {"x", "3f2b8c1e-1111-4222-8333-abcdefabcdef", ""}, {"x", "2024-01-02T03:04:05Z", ""}, {"x", "1.2.3", ""}, {"x", "10.0.0.1", ""},
		{"x", "123456789", ""}, {"x", "order.created", ""}, {"x", "hello world", ""}, {"x", "AKIA", ""}, {"x", "sk-learn-tutorial-for-beginners-and-others", ""}, {"x", "@context", ""}, {"x", "+1", ""},
		{"x", "00000000000000000000", ""}, {"x", "deadbeefdeadbeefdeadbeefdeadbeef", ""}, {"x", "https://example.com/a?b=c", ""}, {"x", "*** note ***", ""}, {"x", "key-value-store-of-things-and-more-things-1", ""},
		{"x", "7992739871300000", ""}, {"total", "4,111.11", ""}, {"x", "rk-1", ""}, {"x", "SK0123", ""},
		// by name
		{"password", "hunter2", "password"}, {"userPassword", "x1", "password"}, {"new_password", "********", "password~"}, {"passwordResetUrl", "/reset", ""}, {"api_key", "abcdef1234567890", "secret"}, {"apiKey", "yes", ""},
		{"token", "3f2b8c1e-1111-4222-8333-abcdefabcdef", "secret"}, {"token_type", "Bearer", ""}, {"next_page_token", "abcdef1234567890", ""}, {"max_tokens", "4096", ""}, {"tokens", "12", ""},
		{"card_number", "4111111111111111", "card+"}, {"card_number", "1234567890123456", "card"}, {"cardNumber", "****1111", "card~"}, {"cvv", "123", "cvv"}, {"cvc", "abc", ""},
		{"iban", "DE00370400440532013000", "iban"}, {"accountNumber", "12345678", "bank-account"}, {"email", "joe (at) example", ""}, {"phone", "(555) 123-4567", "phone"}, {"phone", "+49 151 12345678", "phone+"}, {"phone", "none", ""},
		{"customer_phone", "0151 2345678", "phone"}, {"first_name", "Jane", "name"}, {"lastName", "O'Hara", "name"}, {"first_name", "17", ""}, {"file_name", "report", ""}, {"name", "Berlin", ""}, {"dob", "1980-02-03", "birth-date"}, {"date_of_birth", "03.02.1980", "birth-date"},
		{"street", "Main Street 5", "address"}, {"ip_address", "10.0.0.1", ""}, {"address", "0x52908400098527886E0F7030069857D2E4169EE7", ""}, {"zip", "10115", "postal-code"}, {"latitude", "52.5200", "geo"}, {"diagnosis", "E11.9", "health+"}, {"passport_number", "C01X00T47", "passport"},
		{"ssn", "536226789", "national-id+"}, {"ssn", "***-**-6789", "national-id~"}, {"ssn", "000000000", "national-id"}, {"tax_id", "86095742719", "national-id+"}, {"cpf", "529.982.247-25", "national-id+"}, {"pesel", "44051401359", "national-id+"},
		{"order_number", "4111111111111112", ""}, {"number", "17", ""}, {"sid", "off", ""}, {"session_count", "12", ""}, {"primary_key", "abcdef1234567890", ""}, {"public_key", "abcdef1234567890", ""},
	} {
		v := []byte(c.value)
		d := judge(classOf(hintOf([]byte(c.key))), keyNone, shape.Classify(v), false, v)
		got := d.class
		if d.validated {
			got += "+"
		}
		if d.masked {
			got += "~"
		}
		if got != c.want {
			t.Errorf("%s=%s: %q, want %q", c.key, c.value, got, c.want)
		}
	}
}

// TestRandomLookAlikes: ids of common kinds are hardly ever taken for anything.
func TestRandomLookAlikes(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	random := func(n int, from string) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = from[r.IntN(len(from))]
		}
		return string(b)
	}
	for _, c := range []struct {
		name string
		make func() string
		most int // of 20000
	}{
		{"epoch ms", func() string { return "17" + random(11, digits) }, 0},
		{"uuid", func() string {
			h := random(32, hexDigits)
			return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
		}, 0},
		{"hex", func() string { return random(32, hexDigits) }, 2},
		{"order", func() string { return random(10, digits) }, 0},
		{"snowflake", func() string { return "1" + random(18, digits) }, 0},
		{"16 digits", func() string { return random(16, digits) }, 700},
		{"words", func() string { return random(6, lowerCase) + "-" + random(9, lowerCase) }, 0},
		{"base64", func() string { return random(32, alnum) }, 2},
		{"sku", func() string { return strings.ToUpper(random(3, lowerCase)) + "-" + random(6, digits) }, 0},
	} {
		hits := 0
		for range 20000 {
			v := []byte(c.make())
			if judge(keyNone, keyNone, shape.Classify(v), false, v).class != "" {
				hits++
			}
		}
		if hits > c.most {
			t.Errorf("%s: %d of 20000", c.name, hits)
		}
	}
}

func TestWords(t *testing.T) {
	for name, want := range map[string]string{"userEmail": "user email", "HTTPServer": "http server", "user_id": "user id", "a-b.c": "a b c", "ID": "id", "userID2": "user id2", "": "", "line1": "line1", "__x": "x"} {
		w, ends := words(nil, nil, []byte(name))
		var out []string
		last := 0
		for _, e := range ends {
			out = append(out, string(w[last:e]))
			last = e
		}
		if got := strings.Join(out, " "); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// The scanner does not show strings of words under names that say nothing.
func TestWordsHaveNoClass(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	const text, token = "abcXYZqe  .,;_'()!AKIAghsk", "abcdefXYZ_-"
	for range 200_000 {
		alphabet, n := text, 1+rnd.IntN(100)
		if rnd.IntN(2) == 0 {
			alphabet = token
		}
		b := make([]byte, n)
		for i := range b {
			b[i] = alphabet[rnd.IntN(len(alphabet))]
		}
		f := shape.Classify(b)
		if f == shape.None && bytes.IndexByte(b, ' ') < 0 || f == shape.Token && n == 16 || f != shape.None && f != shape.Token {
			continue
		}
		if d := judge(keyNone, keyNone, f, false, b); d.class != "" {
			t.Fatalf("%q (%v) is %s", b, f, d.class)
		}
	}
}
