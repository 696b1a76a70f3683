package shape

import (
	"encoding/json"
	"fmt"
	"math/big"
	"math/bits"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

var texts = []string{
	`{}`, `[]`, `null`, `true`, `false`, `0`, `-0`, `1.5e+3`, `""`, `"a\u00e9\n"`, ` { "a" : [ 1 , 2.5 , null ] } `,
	`{"a":1,"a":2}`, `{"a":{"b":{"c":[{"d":1},{"e":"x"}]}}}`, "\"\xff\"", `"\ud800"`, `[[[[[]]]]]`, `{"":{"":1}}`,
	``, ` `, `{`, `}`, `[1,]`, `[,1]`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`, `01`, `1.`, `.5`, `-`, `+1`, `1e`, `1e+`, `tru`, `nul`,
	`"`, `"\`, `"\x"`, `"\u12"`, `"\u12g4"`, "\"\x01\"", `1 2`, `[1 2]`, `{"a" 1}`, "\v1", `{"a":1}}`, `"abc`, `[1`, `{"a\u0062":1}`, "{\"\n\":1}",
	strings.Repeat("[", 40) + strings.Repeat("]", 40), strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40),
	strings.Repeat("[", 10000) + strings.Repeat("]", 10000), strings.Repeat("[", 10001) + strings.Repeat("]", 10001),
	strings.Repeat("[", 40) + `{"a":[1,"x\"",{},[]],"b":-1.5e3}` + strings.Repeat("]", 40), strings.Repeat("[", 40) + `{"a":1,}` + strings.Repeat("]", 40),
}

func TestAcceptsWhatJSONAccepts(t *testing.T) {
	s := NewScanner(nil)
	for _, text := range texts {
		got, want := s.Scan([]byte(text)) != nil, json.Valid([]byte(text))
		if got != want {
			t.Errorf("%.40q: accepted %v, encoding/json says %v", text, got, want)
		}
	}
}

// naive is the shape by way of encoding/json's tree, for texts without
// duplicate names and within the limits.
func naive(text string) *Node {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return nil
	}
	return naiveNode(v)
}

func naiveNode(v any) *Node {
	n := &Node{}
	switch v := v.(type) {
	case nil:
		n.Kinds[Null] = 1
	case bool:
		n.Kinds[Bool] = 1
	case json.Number:
		k := Integer
		if strings.ContainsAny(string(v), ".eE") {
			k = Number
		}
		n.Kinds[k] = 1
		n.Num = naiveNumber(string(v))
	case string:
		n.Kinds[String] = 1
		l := uint64(len([]rune(v)))
		n.Str = &Strings{Len: Range{l, l}, TokensFull: v != ""}
		n.Str.Formats.Add(Classify([]byte(v)), 1)
	case []any:
		n.Kinds[Array] = 1
		n.Lens = Range{uint64(len(v)), uint64(len(v))}
		for _, e := range v {
			n.Items = Merge(n.Items, naiveNode(e))
		}
		if len(v) <= MaxTuple && n.Items != nil && bits.OnesCount8(n.Items.kinds()) > 1 {
			for i, e := range v {
				n.Tuple |= uint64(naiveNode(e).kinds()) << (8 * i)
			}
		}
	case map[string]any:
		n.Kinds[Object] = 1
		for k, e := range v {
			if p := placeholder([]byte(k)); p != "" {
				k = p
			}
			n = Merge(n, &Node{Props: []Prop{{Name: k, Node: naiveNode(e), Seen: 1}}})
		}
		for i := range n.Props {
			n.Props[i].Seen = 1
		}
	}
	return n
}

// naiveNumber describes a valid number by its text.
func naiveNumber(v string) *Numbers {
	n := &Numbers{}
	mantissa, _, exponent := strings.Cut(strings.ToLower(v), "e")
	whole, fraction, point := strings.Cut(mantissa, ".")
	if !point && !exponent {
		i, _ := new(big.Int).SetString(whole, 10)
		n.MaxBits = roundBits(i.BitLen(), i.BitLen() > 64)
	}
	n.Decimals = uint8(min(len(fraction), 255))
	switch {
	case strings.Trim(mantissa, "-0.") == "":
		n.Zero = 1
	case v[0] == '-':
		n.Negative = 1
	}
	return n
}

// Numbers are described as their texts say, and taken where encoding/json takes them.
func TestNumbers(t *testing.T) {
	s := NewScanner(nil)
	for _, text := range []string{
		"0", "-0", "00", "01", "-01", "-", "+1", "1", "-1", "255", "256", "65535", "2147483647", "2147483648", "4294967295", "4294967296", "9007199254740993",
		"9223372036854775808", "18446744073709551615", "18446744073709551616", "99999999999999999999", "-18446744073709551616", "184467440737095516150",
		"0.0", "-0.00", "0.10", "1.", ".5", "1.25", "-3.000", "0e0", "0E-7", "1e", "1e+", "1e+5", "1.5E-3", "1.e3", "1e3.5", "0x1", "0." + strings.Repeat("0", 300), "1.0a",
	} {
		got := s.Scan([]byte(text))
		if (got != nil) != json.Valid([]byte(text)) {
			t.Errorf("%s: taken %v", text, got != nil)
		}
		if got == nil {
			continue
		}
		if want := naiveNumber(text); *got.Num != *want {
			t.Errorf("%s: %+v, want %+v", text, *got.Num, *want)
		}
	}
}

// A name is found where it is expected only if it is the name, wherever the text ends.
func TestNamesInOrder(t *testing.T) {
	names := []string{"a", "sevench", "eight888", "nine99999", "fifteen-letters", "sixteen--letters", "seventeen-letters", "é", ""}
	s := NewScanner(nil)
	for _, name := range names {
		for _, other := range append([]string{name + "x", "x" + name, name + name, strings.Repeat("x", len(name)), "e" + strings.Repeat("x", max(0, len(name)-1))}, names...) {
			for _, tail := range []string{"", " ", strings.Repeat(" ", 40)} {
				text := fmt.Sprintf(`[{%q:1},{%q:"s"}]`, name, other) + tail
				got, want := s.Scan([]byte(text)), naive(text)
				if g, w := string(got.AppendJSON(nil)), string(want.AppendJSON(nil)); g != w {
					t.Errorf("%s\n got %s\nwant %s", text, g, w)
				}
			}
		}
		for cut := range len(name) + 3 { // ends within the name
			if text := fmt.Sprintf(`[{%q:1},{%q`, name, name); s.Scan([]byte(text[:len(text)-cut])) != nil {
				t.Errorf("%q: taken", text[:len(text)-cut])
			}
		}
	}
}

func randomValue(r *rand.Rand, depth int) any {
	k := r.IntN(9)
	if depth > 4 {
		k = r.IntN(6)
	}
	switch k {
	case 0:
		return nil
	case 1:
		return r.IntN(2) == 0
	case 2:
		return r.IntN(1000000) - 500
	case 3:
		return float64(r.IntN(1000)) / 8
	case 4, 5:
		return []string{"active", "closed", "", "é\"x\\", "2024-01-02", "3f2b8c1e-1111-4222-8333-abcdefabcdef", "a@b.example.com", "hello world"}[r.IntN(8)]
	case 6:
		v := make([]any, r.IntN(4))
		for i := range v {
			v[i] = randomValue(r, depth+1)
		}
		return v
	}
	v := map[string]any{}
	for range r.IntN(6) {
		v[[]string{"id", "name", "items", "meta", "total", "é", "a\"b", "17", "created_at"}[r.IntN(9)]] = randomValue(r, depth+1)
	}
	return v
}

func randomText(r *rand.Rand) string {
	b, _ := json.Marshal(randomValue(r, 0))
	return string(b)
}

func TestScanAgreesWithTree(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	s := NewScanner(nil)
	for range 3000 {
		text := randomText(r)
		got, want := s.Scan([]byte(text)), naive(text)
		if g, w := string(got.AppendJSON(nil)), string(want.AppendJSON(nil)); g != w {
			t.Fatalf("%s\n got %s\nwant %s", text, g, w)
		}
	}
}

func TestScanDescribes(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`1`, `{"integer":1,"bits":8}`},
		{`-70000`, `{"integer":1,"negative":1,"bits":31}`},
		{`18446744073709551615`, `{"integer":1,"bits":64}`},
		{`18446744073709551616`, `{"integer":1,"bits":255}`},
		{`0.25`, `{"number":1,"decimals":2}`},
		{`1e3`, `{"number":1}`},
		{`"x y"`, `{"string":1,"len":[3,3]}`},
		{`{"a":1,"a":"2024-01-01"}`, `{"object":1,"props":{"a":{"seen":1,"integer":1,"string":1,"len":[10,10],"formats":{"date":1},"bits":8}}}`},
		{`[{"a":1},{}]`, `{"array":1,"lens":[2,2],"items":{"object":2,"props":{"a":{"integer":1,"bits":8}}}}`},
		{`{"2f2b8c1e-1111-4222-8333-abcdefabcdef":1,"3f2b8c1e-1111-4222-8333-abcdefabcdef":2}`,
			`{"object":1,"props":{"{uuid}":{"seen":1,"integer":2,"bits":8}}}`},
		{`{"joe@example.com":{"n":1}}`, `{"object":1,"props":{"{email}":{"object":1,"props":{"n":{"integer":1,"bits":8}}}}}`},
		{strings.Repeat("[", 34) + strings.Repeat("]", 34),
			strings.Repeat(`{"array":1,"lens":[1,1],"items":`, 32) + `{"array":1,"lens":[0,0],"truncated":true}` + strings.Repeat("}", 32)},
	} {
		if got := string(Infer([]byte(c.text)).AppendJSON(nil)); got != c.want {
			t.Errorf("%.60s\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

func TestScanLimits(t *testing.T) {
	var b strings.Builder
	b.WriteString("{")
	for i := range 9000 {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, `"key_%c%c%d":{"x":1}`, 'a'+i%26, 'a'+i/26%26, i)
	}
	b.WriteString("}")
	s := NewScanner(nil)
	for range 3 {
		n := s.Scan([]byte(b.String()))
		if n == nil || len(n.Props) != MaxProps || n.Extra == nil || !n.Truncated || n.Nodes() > MaxNodes {
			t.Fatalf("props %d, nodes %d, truncated %v", len(n.Props), n.Nodes(), n.Truncated)
		}
		if n.Props[0].Name != "key_aa0" {
			t.Errorf("least name is %q", n.Props[0].Name)
		}
	}
	if n := Infer([]byte(`{"` + strings.Repeat("k", 200) + `":1}`)); n.Props[0].Name != "{long}" {
		t.Errorf("long name became %q", n.Props[0].Name)
	}
}

// watcher records what a visitor is shown.
type watcher struct {
	s    *Scanner
	seen []string
}

func (w *watcher) Key(name []byte) (uint32, string) {
	if string(name) == "4111111111111111" {
		return 0, "{card}"
	}
	return uint32(len(name)), ""
}

func (w *watcher) Value(at Ref, hint uint32, k Kind, f Format, raw []byte) string {
	w.seen = append(w.seen, fmt.Sprintf("%s %d/%d %v %v %s", w.s.AppendPath(nil, at), hint, w.s.Parent(at), k, f, raw))
	if string(raw) == "secret" {
		return "secret"
	}
	return ""
}

func (w *watcher) Token(_ uint32, raw []byte) uint64 { return uint64(len(raw)) }

func TestVisitor(t *testing.T) {
	w := &watcher{}
	w.s = NewScanner(w)
	n := w.s.Scan([]byte(`{"ab":{"c":["x\u0041","secret"],"4111111111111111":12345678},"d":"no","e":["open","closed","open",""]}`))
	want := []string{"$.ab.c[] 1/2 string token xA", "$.ab.c[] 1/2 string token secret", "$.ab.{card} 0/2 integer text 12345678",
		"$.d 1/0 string token no", "$.e[] 1/0 string token open", "$.e[] 1/0 string token closed", "$.e[] 1/0 string token open", "$.e[] 1/0 string empty "}
	if !reflect.DeepEqual(w.seen, want) {
		t.Errorf("seen:\n%s", strings.Join(w.seen, "\n"))
	}
	if s := n.Prop("ab").Node.Prop("c").Node.Items.Str; s.Class != "secret" || !s.TokensFull || s.Len != (Range{2, 8}) {
		t.Errorf("secret strings: %+v", s)
	}
	if s := n.Prop("e").Node.Items.Str; !reflect.DeepEqual(s.Tokens, []uint64{4, 6}) || s.TokensFull {
		t.Errorf("tokens: %+v", s)
	}
}

func FuzzScan(f *testing.F) {
	for _, text := range texts {
		if len(text) < 200 {
			f.Add([]byte(text))
		}
	}
	s := NewScanner(nil)
	f.Fuzz(func(t *testing.T, b []byte) {
		n := s.Scan(b)
		if (n != nil) != json.Valid(b) {
			t.Fatalf("accepted %v, encoding/json says %v", n != nil, json.Valid(b))
		}
		if n == nil {
			return
		}
		again := NewScanner(nil).Scan(b)
		if g, w := string(n.AppendJSON(nil)), string(again.AppendJSON(nil)); g != w {
			t.Fatalf("a used scanner says\n%s\na new one\n%s", g, w)
		}
	})
}

// Three capitals at the very end of the alphabet once lay behind the set of currencies.
func TestEveryCodeHasAPlace(t *testing.T) {
	for a := byte('A'); a <= 'Z'; a++ {
		for b := byte('A'); b <= 'Z'; b++ {
			for c := byte('A'); c <= 'Z'; c++ {
				if f := Classify([]byte{a, b, c}); f != Token && f != Currency {
					t.Fatalf("%c%c%c is %v", a, b, c, f)
				}
			}
		}
	}
}
