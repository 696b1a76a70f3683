package catalog

import "strings"

// canonical normalizes the percent-encoding of a segment: upper-case digits, and
// unreserved characters decoded (RFC 3986, Section 6.2.2), a percent sign that
// begins no escape escaped. It is its own normal form.
func canonical(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		hi, lo := byte(255), byte(255)
		if s[i] == '%' && i+2 < len(s) {
			hi, lo = unhex(s[i+1]), unhex(s[i+2])
		}
		switch c := hi<<4 | lo; {
		case s[i] != '%':
			b.WriteByte(s[i])
			continue
		case hi > 15 || lo > 15:
			b.WriteString("%25")
			continue
		case unreserved(c):
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte("0123456789ABCDEF"[hi])
			b.WriteByte("0123456789ABCDEF"[lo])
		}
		i += 2
	}
	return b.String()
}

func unhex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}

// unreserved characters of RFC 3986, Section 2.3.
func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

func clone(s string) string { return strings.Clone(s) }
