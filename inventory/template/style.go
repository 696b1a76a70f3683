package template

import "strings"

// Style is how the words of a name are joined.
type Style uint8

// Styles of names.
const (
	Camel Style = iota // orderId
	Snake              // order_id
)

// Styles counts names by how their words are joined.
type Styles struct{ camel, snake int }

// Add counts a name. One of a single word says nothing.
func (s *Styles) Add(name string) {
	switch {
	case !Naming(name):
	case strings.Contains(strings.Trim(name, "_"), "_") && strings.ToLower(name) == name:
		s.snake++
	case count(name).humps > 0 && !strings.Contains(name, "_"):
		s.camel++
	}
}

// Style is that of most names: Snake needs more than Camel, and two.
func (s *Styles) Style() Style {
	if s.snake >= 2 && s.snake > s.camel {
		return Snake
	}
	return Camel
}

// write writes a name in camel case in s.
func (s Style) write(name string) string {
	if s != Snake {
		return name
	}
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c < 'A' || c > 'Z' {
			b.WriteByte(c)
			continue
		}
		lower := i+1 < len(name) && name[i+1] >= 'a' && name[i+1] <= 'z'
		if i > 0 && (name[i-1] < 'A' || name[i-1] > 'Z' || lower) && name[i-1] != '_' {
			b.WriteByte('_')
		}
		b.WriteByte(c + 'a' - 'A')
	}
	return b.String()
}
