package template

import (
	"strings"
)

// maxKeys is how many values of a segment are told apart. With more in parentheses there is one, the whole;
// with more matrix parameters the segment is as it is.
const maxKeys = maxParts

// Keyed writes a segment in which values have places of their own with the class of each in
// braces where it stands: Products(17) as Products({integer}), People('ann') as
// People('{text}') (OData 4.01, Part 2, Section 4.3.1), map;v=2 as map;v={integer}
// (matrix parameters; RFC 3986, Section 3.3). ok is false, and text is s, for other segments.
// What it returns is its own normal form.
func Keyed(s string) (text string, ok bool) {
	n := nameEnd(s)
	if n == 0 || n == len(s) {
		return s, false
	}
	var b strings.Builder
	b.WriteString(s[:n])
	values := 0
	switch {
	case s[n] == '(' && s[len(s)-1] == ')':
		inner := s[n+1 : len(s)-1]
		b.WriteByte('(')
		if values, ok = writeKeys(&b, inner, ','); !ok {
			return s, false
		}
		if values > maxKeys {
			return s[:n] + "({text})", true
		}
		b.WriteByte(')')
	case s[n] == ';':
		b.WriteByte(';')
		if values, ok = writeKeys(&b, s[n+1:], ';'); !ok || values > maxKeys {
			return s, false
		}
	}
	if values == 0 {
		return s, false
	}
	return b.String(), true
}

// nameEnd is the length of the name that a segment begins with.
func nameEnd(s string) int {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z', c == '_':
		case i > 0 && (c >= '0' && c <= '9' || c == '.' || c == '-'):
		default:
			return i
		}
	}
	return len(s)
}

// writeKeys writes a list of values, each with or without a name and =, and says how many
// were replaced by their class. ok is false where it is no such list.
func writeKeys(b *strings.Builder, list string, separator byte) (values int, ok bool) {
	for first := true; len(list) > 0 || first; first = false {
		if !first {
			b.WriteByte(separator)
		}
		n := nameEnd(list)
		named := n > 0 && n < len(list) && list[n] == '='
		if named {
			b.WriteString(list[:n+1])
			list = list[n+1:]
		} else if separator == ';' {
			return 0, false
		}
		value, rest, ok := cutValue(list, separator)
		if !ok {
			return 0, false
		}
		list = rest
		class, quoted := className(value)
		switch {
		case class == "" && strings.ContainsAny(value, "{}"):
			return 0, false
		case class != "" && quoted:
			b.WriteString("'{" + class + "}'")
		case class != "":
			b.WriteString("{" + class + "}")
		case named:
			b.WriteString(value)
			continue
		default:
			return 0, false
		}
		values++
	}
	return values, true
}

// cutValue cuts the first value off a list. In quotes a separator is a part of it.
func cutValue(list string, separator byte) (value, rest string, ok bool) {
	quoted := false
	for i := 0; i < len(list); i++ {
		switch c := list[i]; {
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '(' || c == ')':
			return "", "", false
		case c == separator:
			return list[:i], list[i+1:], i > 0 && i+1 < len(list)
		}
	}
	return list, "", !quoted && list != ""
}

// className is the name of a value's class, "" for one that could be a literal.
func className(v string) (name string, quoted bool) {
	if n := len(v); n >= 2 && v[0] == '\'' && v[n-1] == '\'' {
		v, quoted = v[1:n-1], true
	}
	if n := len(v); n > 2 && v[0] == '{' && v[n-1] == '}' && nameEnd(v[1:]) == n-2 {
		return v[1 : n-1], quoted
	}
	c := Classify(v)
	if !c.Strong() && !quoted {
		return "", false
	}
	if !c.Strong() {
		c = Other
	}
	return strings.ReplaceAll(c.String(), " ", "-"), quoted
}

// keyed is the parameter of a segment that Keyed wrote, and the class of its first value.
func keyed(text string) (seg Segment, class Class, ok bool) {
	n := nameEnd(text)
	if n == 0 || n == len(text) || text[n] != '(' && text[n] != ';' {
		return seg, 0, false
	}
	if seg = readSegment(text); !seg.Param {
		return seg, 0, false
	}
	return seg.plain(), classOf(seg.Name), true
}

// KeyClass is the class of the first value of a segment that Keyed wrote.
func KeyClass(text string) Class {
	_, c, _ := keyed(text)
	return c
}

// classOf is the class of a name that className made; Masked for what a sensor wrote.
func classOf(name string) Class {
	for c := Int; c < Masked; c++ {
		if strings.ReplaceAll(c.String(), " ", "-") == name {
			return c
		}
	}
	return Masked
}

// keyName is the name that stands before a value of a segment that Keyed wrote: that of
// its key, exact, or of the collection.
func keyName(before string) (name string, exact bool) {
	before = strings.TrimSuffix(before, "'")
	if s, ok := strings.CutSuffix(before, "="); ok {
		return s[strings.LastIndexAny(s, "(,;")+1:], true
	}
	return strings.TrimSuffix(before, "("), false
}

// keyParam names the value that follows a prefix after its key or its collection.
func keyParam(prefix string, p *Place) string {
	name, exact := keyName(prefix)
	if exact {
		return camel(name)
	}
	return suggest(name, p)
}
