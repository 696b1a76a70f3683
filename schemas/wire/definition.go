package wire

import (
	"unicode/utf8"

	"wirecensus/schemas"
)

// Kind is what a definition defines.
type Kind uint8

// Kinds of definitions.
const (
	RequestKind Kind = iota + 1
	ResponseKind
	WordKind
	ShapeKind
	OperationsKind
)

// maxWord is the bytes of a released word.
const maxWord = 256

// ParseDefinition says what a definition is, and returns the word of one that is
// a word. Kind 0 is one that a newer writer has. It fails with ErrCorrupt; a
// structure is not looked into.
func ParseDefinition(value []byte) (Kind, schemas.Word, error) {
	var w schemas.Word
	number, body, ok := only(value)
	if !ok || len(value) > maxStructure {
		return 0, w, ErrCorrupt
	}
	switch Kind(number) {
	case RequestKind, ResponseKind, ShapeKind, OperationsKind:
		return Kind(number), w, nil
	case WordKind:
		ok := read(body, func(m *message) {
			switch m.number {
			case 1:
				w.Digest = uint64(m.fixed())
			case 2:
				w.Text = m.string()
			}
		})
		if ok && len(w.Text) <= maxWord {
			return WordKind, w, nil
		}
	}
	if Kind(number) == WordKind {
		return 0, schemas.Word{}, ErrCorrupt
	}
	return 0, w, nil
}

// WordDefinition returns the definition of a released word. Of a text longer
// than 256 bytes the rest is dropped.
func WordDefinition(w schemas.Word) Definition {
	text := w.Text
	if len(text) > maxWord {
		for n := maxWord; ; n-- {
			if utf8.RuneStart(text[n]) {
				text = text[:n]
				break
			}
		}
	}
	b, at := begin(nil, 3)
	if w.Digest != 0 {
		b = appendFixed(append(b, tag(1, fixed64)), w.Digest)
	}
	b = end(appendText(b, 2, text), at)
	return Definition{idOf(b), b}
}
