package api

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible returns s with everything that a screen would not show as itself
// written out: control bytes and escape sequences, line and paragraph
// separators, characters that turn the direction of text or take no room,
// private characters, and bytes that are no UTF-8. \n becomes \n in letters,
// U+202E becomes \u{202e}. What was observed on the wire is shown only through it.
func Visible(s string) string { return visible(s, "") }

// VisibleLines is Visible for text of our own making that quotes what was
// observed: line feeds and tabs stay.
func VisibleLines(s string) string { return visible(s, "\n\t") }

func visible(s, keep string) string {
	clean := true
	for _, r := range s {
		if !shows(r) || r == utf8.RuneError {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case shows(r) || strings.ContainsRune(keep, r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u{%x}`, r)
		}
		i += n
	}
	return b.String()
}

// shows reports whether r is shown as itself: printable, and neither a space
// that hides its width nor a filler that is blank.
func shows(r rune) bool {
	switch r {
	case ' ':
		return true
	case 0x115f, 0x1160, 0x3164, 0xffa0, 0x2800: // Hangul fillers, blank Braille
		return false
	}
	return unicode.IsPrint(r)
}
