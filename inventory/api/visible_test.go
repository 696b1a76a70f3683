package api

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"":                             "",
		"/users/{id}":                  "/users/{id}",
		"Grüße/日本":                     "Grüße/日本",
		"\x1b[31mred\x1b[0m":           `\x1b[31mred\x1b[0m`,
		"a\r\nb\tc\x00\x7f":            `a\r\nb\tc\x00\x7f`,
		"gpj.\u202eexe":                `gpj.\u{202e}exe`,
		"a\u2028b\u2029c\u0085d":       `a\u{2028}b\u{2029}c\u{85}d`,
		"z\u200bw\ufeffx\u2066y\ue000": `z\u{200b}w\u{feff}x\u{2066}y\u{e000}`,
		"bad\xff\xc0utf":               `bad\xff\xc0utf`,
		"\ufffd":                       "\ufffd",
		"a\u00a0b\u3164":               `a\u{a0}b\u{3164}`,
	} {
		if got := Visible(in); got != want {
			t.Errorf("Visible(%q) = %q, want %q", in, got, want)
		}
	}
	if got := VisibleLines("a\n\tb\x1b\u202e"); got != "a\n\tb\\x1b\\u{202e}" {
		t.Errorf("VisibleLines = %q", got)
	}
}

// FuzzVisible: the result is valid, holds nothing that hides, and is its own fixed point.
func FuzzVisible(f *testing.F) {
	f.Add("plain")
	f.Add("\x1b]0;title\x07\u202e\xff")
	f.Fuzz(func(t *testing.T, s string) {
		got := Visible(s)
		if !utf8.ValidString(got) || Visible(got) != got {
			t.Fatalf("Visible(%q) = %q is not stable", s, got)
		}
		if i := strings.IndexFunc(got, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co) }); i >= 0 {
			t.Fatalf("Visible(%q) = %q still hides something", s, got)
		}
	})
}
