package normalize

import "bytes"

// xmlKind is a kind of token of an XML text.
type xmlKind uint8

const (
	xmlEnd   xmlKind = iota // of the text
	xmlBad                  // not well-formed, or cut
	xmlOpen                 // a start tag, or an empty element
	xmlClose                // an end tag
	xmlChars                // character data or a CDATA section
)

// xmlText reads the tokens of an XML text (XML 1.0) from front to back, each byte once. Comments,
// processing instructions and document type declarations are passed over: nothing is ever expanded
// but character references and the five predefined entities (Section 4.6).
type xmlText struct {
	in  []byte
	pos int

	// of the token at hand
	kind  xmlKind
	name  []byte    // of a tag, as written
	attrs []xmlAttr // of a start tag
	empty bool      // the start tag is an empty element
	chars []byte    // as written
	cdata bool      // chars are as they are, without references
}

// xmlAttr is an attribute, its value as written.
type xmlAttr struct{ name, value []byte }

// next moves to the next token.
func (x *xmlText) next() {
	for {
		rest := x.in[x.pos:]
		switch {
		case len(rest) == 0:
			x.kind = xmlEnd
		case rest[0] != '<':
			n := bytes.IndexByte(rest, '<')
			if n < 0 {
				n = len(rest)
			}
			x.kind, x.chars, x.cdata = xmlChars, rest[:n], false
			x.pos += n
		case bytes.HasPrefix(rest, []byte("<?")):
			if x.past("?>", 2) {
				continue
			}
		case bytes.HasPrefix(rest, []byte("<!--")):
			if x.past("-->", 4) {
				continue
			}
		case bytes.HasPrefix(rest, []byte("<![CDATA[")):
			from := x.pos + 9
			if x.past("]]>", 9) {
				x.kind, x.chars, x.cdata = xmlChars, x.in[from:x.pos-3], true
			}
		case bytes.HasPrefix(rest, []byte("<!")):
			if x.directive() {
				continue
			}
		case bytes.HasPrefix(rest, []byte("</")):
			x.closeTag()
		default:
			x.openTag()
		}
		return
	}
}

func (x *xmlText) bad() bool {
	x.kind, x.pos = xmlBad, len(x.in)
	return false
}

// past moves behind the next end, which is not within the first skip bytes.
func (x *xmlText) past(end string, skip int) bool {
	i := bytes.Index(x.in[x.pos+skip:], []byte(end))
	if i < 0 {
		return x.bad()
	}
	x.pos += skip + i + len(end)
	return true
}

// directive moves behind a declaration with what is nested in it (Section 2.8). Brackets in
// quotes and in comments do not count.
func (x *xmlText) directive() bool {
	depth, quote := 0, byte(0)
	for i := x.pos + 3; i < len(x.in); i++ {
		switch c := x.in[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '<':
			if bytes.HasPrefix(x.in[i:], []byte("<!--")) {
				end := bytes.Index(x.in[i+4:], []byte("-->"))
				if end < 0 {
					return x.bad()
				}
				i += 4 + end + 2
				continue
			}
			depth++
		case c == '>':
			if depth == 0 {
				x.pos = i + 1
				return true
			}
			depth--
		}
	}
	return x.bad()
}

func (x *xmlText) closeTag() {
	x.pos += 2
	if x.name = x.takeName(); x.name == nil {
		x.bad()
		return
	}
	if x.space(); x.pos == len(x.in) || x.in[x.pos] != '>' {
		x.bad()
		return
	}
	x.pos++
	x.kind = xmlClose
}

// maxXMLAttrs is the number of attributes of one element that are kept.
const maxXMLAttrs = 64

func (x *xmlText) openTag() {
	x.pos++
	x.attrs, x.empty = x.attrs[:0], false
	if x.name = x.takeName(); x.name == nil {
		x.bad()
		return
	}
	for {
		x.space()
		if x.pos == len(x.in) {
			x.bad()
			return
		}
		switch x.in[x.pos] {
		case '>':
			x.pos++
			x.kind = xmlOpen
			return
		case '/':
			if x.pos+1 == len(x.in) || x.in[x.pos+1] != '>' {
				x.bad()
				return
			}
			x.pos += 2
			x.kind, x.empty = xmlOpen, true
			return
		}
		if !x.attr() {
			return
		}
	}
}

// attr takes an attribute.
func (x *xmlText) attr() bool {
	name := x.takeName()
	if name == nil {
		return x.bad()
	}
	if x.space(); x.pos == len(x.in) || x.in[x.pos] != '=' {
		return x.bad()
	}
	x.pos++
	if x.space(); x.pos == len(x.in) || x.in[x.pos] != '"' && x.in[x.pos] != '\'' {
		return x.bad()
	}
	end := bytes.IndexByte(x.in[x.pos+1:], x.in[x.pos])
	if end < 0 {
		return x.bad()
	}
	if len(x.attrs) < maxXMLAttrs {
		x.attrs = append(x.attrs, xmlAttr{name, x.in[x.pos+1 : x.pos+1+end]})
	}
	x.pos += end + 2
	return true
}

func (x *xmlText) space() {
	x.pos = jsonSpace(x.in, x.pos)
}

// takeName takes a name, nil when there is none. Beyond ASCII every byte counts as a part of one.
func (x *xmlText) takeName() []byte {
	from := x.pos
	for x.pos < len(x.in) {
		c := x.in[x.pos]
		if c|0x20-'a' > 25 && c-'0' > 9 && c != '_' && c != ':' && c != '.' && c != '-' && c < 0x80 {
			break
		}
		x.pos++
	}
	if x.pos == from {
		return nil
	}
	return x.in[from:x.pos]
}

// localName returns a name without its prefix.
func localName(name []byte) []byte {
	if i := bytes.IndexByte(name, ':'); i > 0 && i+1 < len(name) {
		return name[i+1:]
	}
	return name
}

// appendChars appends character data with character references and the predefined entities
// resolved; other references stay as they are written.
func appendChars(dst, in []byte) []byte {
	for {
		amp := bytes.IndexByte(in, '&')
		if amp < 0 {
			return append(dst, in...)
		}
		dst = append(dst, in[:amp]...)
		in = in[amp:]
		semi := bytes.IndexByte(in[:min(len(in), 12)], ';')
		if semi < 0 {
			dst, in = append(dst, '&'), in[1:]
			continue
		}
		var ok bool
		if dst, ok = appendReference(dst, in[1:semi]); ok {
			in = in[semi+1:]
		} else {
			dst, in = append(dst, '&'), in[1:]
		}
	}
}

// appendReference appends what the reference between & and ; stands for.
func appendReference(dst, name []byte) ([]byte, bool) {
	switch string(name) {
	case "lt":
		return append(dst, '<'), true
	case "gt":
		return append(dst, '>'), true
	case "amp":
		return append(dst, '&'), true
	case "quot":
		return append(dst, '"'), true
	case "apos":
		return append(dst, '\''), true
	}
	if len(name) < 2 || name[0] != '#' {
		return dst, false
	}
	base, digits := rune(10), name[1:]
	if digits[0] == 'x' {
		base, digits = 16, digits[1:]
	}
	r := rune(0)
	for _, c := range digits {
		d := rune(unhex(c))
		if d >= base || r > 0x10ffff {
			return dst, false
		}
		r = r*base + d
	}
	if len(digits) == 0 || r == 0 || r > 0x10ffff {
		return dst, false
	}
	return append(dst, string(r)...), true
}
