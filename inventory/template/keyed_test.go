package template

import (
	"strings"
	"testing"
)

func TestKeyed(t *testing.T) {
	for s, want := range map[string]string{
		"Products(17)":                    "Products({integer})",
		"People('ann')":                   "People('{text}')",
		"People('42')":                    "People('{integer}')",
		"Orders(ID=7,Line=12)":            "Orders(ID={integer},Line={integer})",
		"GetNearest(lat=33.0,lon=-118.5)": "GetNearest(lat={number},lon={number})",
		"F(a=1,b=2,c=3)":                  "F(a={integer},b={integer},c={integer})",
		"F(1,2,3,4,5,6,7)":                "F({text})",
		"x;v=1;w=2;y=3":                   "x;v={integer};w={integer};y={integer}",
		"Items(9f8b1c2e-1111-4222-8333-123456789abc)": "Items({UUID})",
		"P('it''s, (well)')":                          "P('{text}')",
		"map;v=2":                                     "map;v={integer}",
		"map;v=2;style=dark":                          "map;v={integer};style=dark",
		"Users({email})":                              "Users({email})",
		"Products({integer})":                         "Products({integer})",
		"P('a{b}c')":                                  "P('{text}')",
		// No values with places of their own.
		"Products": "", "Products()": "", "Products(all)": "", "(1)": "", "map;v=dark": "", "map;": "", "a;b": "", "F(1": "", "F((1))": "", "F(1,)": "", "F(,1)": "",
		"17": "", "": "", "x;a=1;b=2;c=3;d=4;e=5;f=6;g=7": "", "a b(1)": "", "F('1)": "",
	} {
		got, ok := Keyed(s)
		if ok != (want != "") || ok && got != want || !ok && got != s {
			t.Errorf("%s: %s %v, want %q", s, got, ok, want)
		}
	}
}

// FuzzKeyed: what Keyed writes is its own normal form, has the name of the segment and
// at most maxKeys parameters, and says nothing of a value but its class.
func FuzzKeyed(f *testing.F) {
	for _, s := range []string{"Products(17)", "A(x='y',z=2)", "m;v=1;w='a'", "F({email},{a})", "P('{')", "P('{a}{b}')"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := Keyed(s)
		if !ok {
			if got != s {
				t.Fatalf("%q became %q", s, got)
			}
			return
		}
		if again, ok := Keyed(got); !ok || again != got {
			t.Fatalf("%q becomes %q, and then %q", s, got, again)
		}
		seg, _, ok := keyed(got)
		if !ok || !seg.Fits(got) || !strings.HasPrefix(s, seg.Prefix[:nameEnd(seg.Prefix)]) || strings.Count(got, "{") > maxKeys {
			t.Fatalf("%q becomes %q: %+v", s, got, seg)
		}
	})
}
