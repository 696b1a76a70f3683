package normalize

import (
	"unicode/utf16"
	"unicode/utf8"
)

// appendUnquoted appends in with the escapes of JSON and GraphQL strings resolved
// (RFC 8259, Section 7; \u{…} is GraphQL's). Escapes that are none stay as they are.
func appendUnquoted(dst, in []byte) []byte {
	for i := 0; i < len(in); i++ {
		if in[i] != '\\' || i+1 == len(in) {
			dst = append(dst, in[i])
			continue
		}
		i++
		switch in[i] {
		case 'n':
			dst = append(dst, '\n')
		case 't':
			dst = append(dst, '\t')
		case 'r':
			dst = append(dst, '\r')
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'u':
			r, k := escapedRune(in[i+1:])
			if k == 0 {
				dst = append(dst, '\\', 'u')
				continue
			}
			dst = utf8.AppendRune(dst, r)
			i += k
		default:
			dst = append(dst, in[i])
		}
	}
	return dst
}

// escapedRune reads what follows \u and returns how many bytes it took, 0 when it is none.
func escapedRune(in []byte) (rune, int) {
	if len(in) > 2 && in[0] == '{' {
		r, i := rune(0), 1
		for ; i < len(in) && i < 8 && unhex(in[i]) < 16; i++ {
			r = r<<4 | rune(unhex(in[i]))
		}
		if i == 1 || i == len(in) || in[i] != '}' {
			return 0, 0
		}
		return r, i + 1
	}
	r, ok := hex4(in)
	if !ok {
		return 0, 0
	}
	if utf16.IsSurrogate(r) && len(in) >= 10 && in[4] == '\\' && in[5] == 'u' {
		if low, ok := hex4(in[6:]); ok {
			if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
				return both, 10
			}
		}
	}
	return r, 4
}

func hex4(in []byte) (r rune, ok bool) {
	if len(in) < 4 {
		return 0, false
	}
	for _, c := range in[:4] {
		d := unhex(c)
		if d > 15 {
			return 0, false
		}
		r = r<<4 | rune(d)
	}
	return r, true
}
