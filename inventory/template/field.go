package template

import (
	"fmt"
	"slices"
	"strings"
)

// Field is a name in bodies and in how many calls it had the value of the segment.
type Field struct {
	Name  string
	Calls uint64
}

const (
	maxFieldName = 40 // bytes of a field's name that is taken for a parameter's

	// A field gives its name when it had the values of so many segments, or in so many
	// calls, and in more than half of the calls whose bodies named the segment at all.
	fieldValues = 2
	fieldCalls  = 3
)

// Naming says whether the name of a field can be the name of a parameter, or a part of it: two letters or
// more, and letters, digits and underscores after the first.
func Naming(name string) bool {
	if len(name) < 2 || len(name) > maxFieldName {
		return false
	}
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		case i > 0 && (c >= '0' && c <= '9' || c == '_'):
		default:
			return false
		}
	}
	return true
}

// Telling says whether the name of a field can be the name of a parameter and says what its values identify:
// more than words that fit any object.
func Telling(name string) bool {
	if !Naming(name) {
		return false
	}
	switch plainly(name) {
	case "id", "ids", "uid", "uuid", "guid", "pk", "oid", "key", "keys", "name", "title", "value", "code", "ref", "reference", "number", "no", "num", "nr", "index",
		"type", "object", "self", "href", "url", "uri", "link", "path", "data", "item", "result", "identifier", "objectid", "itemid", "parentid", "parent", "externalid", "global", "globalid", "nodeid":
		return false
	}
	return true
}

func plainly(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }

// commonWords are names of fields that fit any object, and say with its noun what identifies it.
var commonWords = [...]string{"id", "uuid", "guid", "uid", "key", "name", "code", "number"}

// common is the one of commonWords by which bodies name the segments of a place, under the rules of
// field; "" when there is none.
func (p *Place) common() string {
	f := p.fieldOf(func(name string) bool {
		return slices.Contains(commonWords[:], plainly(name))
	})
	return plainly(f.Name)
}

// field is the field whose values the segments of a place are, "" when there is none: bodies
// of enough calls named the segments by it, and by nothing else more often.
func (p *Place) field() Field { return p.fieldOf(Telling) }

// fieldOf is field among the names that are wanted.
func (p *Place) fieldOf(wanted func(name string) bool) Field {
	if !p.Segment.Param || p.Segment.Prefix+p.Segment.Separator+p.Segment.Suffix != "" {
		return Field{}
	}
	type seen struct{ calls, values uint64 }
	by := map[string]seen{}
	named := uint64(0)
	for _, n := range p.Nodes {
		named += n.Named
		for _, f := range n.Fields {
			s := by[f.Name]
			by[f.Name] = seen{s.calls + f.Calls, s.values + 1}
		}
	}
	var best Field
	for name, s := range by {
		if s.calls*2 > named && (s.values >= fieldValues || s.calls >= fieldCalls) && wanted(name) && (s.calls > best.Calls || s.calls == best.Calls && better(name, best.Name)) {
			best = Field{name, s.calls}
		}
	}
	return best
}

// better orders names that tell the same calls: the shorter, then the lesser.
func better(a, b string) bool {
	return len(a) < len(b) || len(a) == len(b) && a < b
}

// NamedAfter says for a parameter of a place, and the name that [Names] gave it, that the name is a
// field's; "" where it is not.
func NamedAfter(p *Place, name string) string {
	if f := p.field(); f.Name != "" && f.Name == name {
		return fmt.Sprintf("named after %s, a field in the bodies of %d calls that had the segment as its value", f.Name, f.Calls)
	}
	return ""
}
