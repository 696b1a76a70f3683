package specgen

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// JSON returns the document as indented JSON with a final newline.
func (d *Document) JSON() []byte {
	w := writer{}
	w.json(d.root, 0)
	return append(w.out, '\n')
}

// YAML returns the document as YAML 1.2 block style, which YAML 1.1 readers take
// the same way: whatever another reader could take for a number, a date or a
// boolean is quoted.
func (d *Document) YAML() []byte {
	w := writer{}
	w.yamlObject(d.root, 0)
	return w.out
}

type writer struct{ out []byte }

func (w *writer) indent(n int) {
	for range n {
		w.out = append(w.out, ' ', ' ')
	}
}

func (w *writer) json(v any, depth int) {
	switch v := v.(type) {
	case *object:
		if v.len() == 0 {
			w.out = append(w.out, "{}"...)
			return
		}
		for i, k := range v.keys {
			w.out = append(w.out, ",{"[b2i(i == 0)], '\n')
			w.indent(depth + 1)
			w.out = appendQuoted(w.out, k)
			w.out = append(w.out, ':', ' ')
			w.json(v.vals[i], depth+1)
		}
		w.out = append(w.out, '\n')
		w.indent(depth)
		w.out = append(w.out, '}')
	case []any:
		if len(v) == 0 {
			w.out = append(w.out, "[]"...)
			return
		}
		for i, e := range v {
			w.out = append(w.out, ",["[b2i(i == 0)], '\n')
			w.indent(depth + 1)
			w.json(e, depth+1)
		}
		w.out = append(w.out, '\n')
		w.indent(depth)
		w.out = append(w.out, ']')
	case string:
		w.out = appendQuoted(w.out, v)
	default:
		w.scalar(v)
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (w *writer) scalar(v any) {
	switch v := v.(type) {
	case nil:
		w.out = append(w.out, "null"...)
	case bool:
		w.out = strconv.AppendBool(w.out, v)
	case int:
		w.out = strconv.AppendInt(w.out, int64(v), 10)
	case uint64:
		w.out = strconv.AppendUint(w.out, v, 10)
	case float64:
		w.out = strconv.AppendFloat(w.out, v, 'f', -1, 64)
	default:
		panic(fmt.Sprintf("specgen: %T in a document", v))
	}
}

func (w *writer) yamlObject(o *object, depth int) {
	for i, k := range o.keys {
		w.indent(depth)
		w.yamlString(k)
		w.out = append(w.out, ':')
		w.yamlValue(o.vals[i], depth)
	}
}

// yamlValue writes what stands behind "key:" up to and with the newline.
func (w *writer) yamlValue(v any, depth int) {
	switch v := v.(type) {
	case *object:
		if v.len() == 0 {
			w.out = append(w.out, " {}\n"...)
			return
		}
		w.out = append(w.out, '\n')
		w.yamlObject(v, depth+1)
	case []any:
		if len(v) == 0 {
			w.out = append(w.out, " []\n"...)
			return
		}
		w.out = append(w.out, '\n')
		w.yamlList(v, depth)
	case string:
		w.out = append(w.out, ' ')
		w.yamlString(v)
		w.out = append(w.out, '\n')
	default:
		w.out = append(w.out, ' ')
		w.scalar(v)
		w.out = append(w.out, '\n')
	}
}

// yamlList writes the items at the indentation of the list's key.
func (w *writer) yamlList(l []any, depth int) {
	for _, e := range l {
		w.indent(depth)
		w.out = append(w.out, '-')
		o, ok := e.(*object)
		if !ok || o.len() == 0 {
			w.yamlValue(e, depth)
			continue
		}
		// The first key stands behind the dash: drop the indentation that
		// yamlObject writes for it.
		w.out = append(w.out, ' ')
		first := writer{}
		first.yamlObject(o, depth+1)
		w.out = append(w.out, first.out[2*(depth+1):]...)
	}
}

func (w *writer) yamlString(s string) {
	if plain(s) {
		w.out = append(w.out, s...)
		return
	}
	w.out = appendQuoted(w.out, s)
}

// plain says whether a text may stand in YAML without quotes and is a string to
// every reader.
func plain(s string) bool {
	if s == "" || len(s) > 200 {
		return false
	}
	c := s[0]
	if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '/' || c == '_' || c == '$') {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c == '_', c == '-', c == '.', c == '/', c == '+', c == '(', c == ')', c == ';', c == '$', c == '@', c == '=', c == '~':
		case c == '{' || c == '}' || c == ',': // flow indicators are plain in block context
		case c == ' ' && i+1 < len(s):
			if s[i+1] == ' ' || s[i+1] == '#' {
				return false
			}
		case c == ':' && i+1 < len(s) && s[i+1] != ' ':
		default:
			return false
		}
	}
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf":
		return false
	}
	return true
}

const hexDigits = "0123456789abcdef"

// appendQuoted writes a JSON string, which is a YAML double-quoted string too.
// Whatever is not printable is escaped; bytes that are no UTF-8 become U+FFFD.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r == '\t':
			dst = append(dst, '\\', 't')
		case r == utf8.RuneError && n <= 1:
			dst = append(dst, `\ufffd`...)
		case hidden(r):
			dst = append(dst, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
		default:
			dst = append(dst, s[i:i+n]...)
		}
		i += n
	}
	return append(dst, '"')
}

// hidden are characters that are not seen or that break lines: controls, bidirectional
// overrides, zero-width characters, separators, the byte order mark, and what
// HTML could take for markup.
func hidden(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r < 0xa0, r == 0xad, r == 0x61c:
		return true
	case r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f, r == 0xfeff, r >= 0xfff0 && r <= 0xffff:
		return true
	case r == '<', r == '>', r == '&':
		return true
	}
	return false
}
