package normalize

import "bytes"

// tokenKind is a kind of token of a GraphQL document.
type tokenKind uint8

const (
	tokEnd tokenKind = iota // of the document
	tokBad                  // what is no token
	tokPunct
	tokName
	tokNumber
	tokString
)

// token is the bytes [start, end) of a document.
type token struct {
	kind       tokenKind
	punct      byte // of a punctuator its first byte: '.' is the spread
	start, end int
}

// lexer reads the tokens of a document (GraphQL, September 2025, Section 2.1).
type lexer struct {
	src   []byte
	tok   token
	count int // tokens so far
}

// maxGQLTokens bounds the tokens of a document: one with more is not read.
const maxGQLTokens = 1 << 17

// next moves to the next token.
func (l *lexer) next() {
	i := l.ignored(l.tok.end)
	l.tok = token{start: i, end: i}
	if l.count++; l.count > maxGQLTokens {
		l.tok.kind = tokBad
		return
	}
	if i >= len(l.src) {
		return
	}
	t := &l.tok
	switch c := l.src[i]; {
	case nameStart(c):
		t.kind = tokName
		for t.end++; t.end < len(l.src) && (nameStart(l.src[t.end]) || l.src[t.end]-'0' < 10); {
			t.end++
		}
	case c == '.':
		t.kind = tokBad
		if bytes.HasPrefix(l.src[i:], []byte("...")) {
			t.kind, t.punct, t.end = tokPunct, '.', i+3
		}
	case bytes.IndexByte([]byte("!$&():=@[]{|}"), c) >= 0:
		t.kind, t.punct, t.end = tokPunct, c, i+1
	case c == '-' || c-'0' < 10:
		t.kind, t.end = l.number(i)
	case c == '"':
		t.kind, t.end = l.str(i)
	default:
		t.kind = tokBad
	}
}

func nameStart(c byte) bool { return c == '_' || c|0x20-'a' < 26 }

// ignored passes over what stands between tokens (Section 2.1.7).
func (l *lexer) ignored(i int) int {
	for i < len(l.src) {
		switch c := l.src[i]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',':
			i++
		case c == '#':
			for i < len(l.src) && l.src[i] != '\n' && l.src[i] != '\r' {
				i++
			}
		case c == 0xef && bytes.HasPrefix(l.src[i:], []byte("\xef\xbb\xbf")):
			i += 3
		default:
			return i
		}
	}
	return i
}

// number reads an integer or a float (Sections 2.9.1 and 2.9.2), which are those of JSON.
func (l *lexer) number(i int) (tokenKind, int) {
	at := func(i int) byte {
		if i < len(l.src) {
			return l.src[i]
		}
		return 0
	}
	digits := func(i int) int {
		for at(i)-'0' < 10 {
			i++
		}
		return i
	}
	if at(i) == '-' {
		i++
	}
	from := i
	if i = digits(i); i == from || at(from) == '0' && i > from+1 {
		return tokBad, i
	}
	if at(i) == '.' {
		from = i + 1
		if i = digits(from); i == from {
			return tokBad, i
		}
	}
	if at(i)|0x20 == 'e' {
		if i++; at(i) == '+' || at(i) == '-' {
			i++
		}
		from = i
		if i = digits(i); i == from {
			return tokBad, i
		}
	}
	if c := at(i); c == '.' || nameStart(c) {
		return tokBad, i
	}
	return tokNumber, i
}

// str reads a string, plain or in a block (Section 2.9.4).
func (l *lexer) str(i int) (tokenKind, int) {
	if bytes.HasPrefix(l.src[i:], []byte(`"""`)) {
		for i += 3; i < len(l.src); i++ {
			switch {
			case l.src[i] == '\\' && bytes.HasPrefix(l.src[i:], []byte(`\"""`)):
				i += 3
			case l.src[i] == '"' && bytes.HasPrefix(l.src[i:], []byte(`"""`)):
				return tokString, i + 3
			}
		}
		return tokBad, i
	}
	for i++; i < len(l.src); i++ {
		switch l.src[i] {
		case '"':
			return tokString, i + 1
		case '\n', '\r':
			return tokBad, i
		case '\\':
			if i++; i < len(l.src) && bytes.IndexByte([]byte(`"\/bfnrtu`), l.src[i]) < 0 {
				return tokBad, i
			}
		}
	}
	return tokBad, i
}

func (l *lexer) is(punct byte) bool { return l.tok.kind == tokPunct && l.tok.punct == punct }

// word returns the name at hand, nil when it is none.
func (l *lexer) word() []byte {
	if l.tok.kind != tokName {
		return nil
	}
	return l.src[l.tok.start:l.tok.end]
}

// seek moves to the token that begins at i.
func (l *lexer) seek(i int) {
	l.tok = token{start: i, end: i}
	l.next()
}
