package shape

import (
	"hash/maphash"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of property names.
const (
	maxNameLen = 128  // bytes; longer names become {long}
	maxNames   = 8192 // distinct names remembered before they are forgotten, between two documents
)

// name is one remembered property name.
type name struct {
	text  string
	hint  uint32
	rank  int32 // place in the order of all names; -1 for one that came since ranks were given
	plain bool  // written in JSON as it is, without escapes
	kind  bool  // says what kind of thing an object is
}

// names interns property names, so that a name costs one allocation in its
// life, and knows their order.
type names struct {
	list     []name
	slots    []int32 // index into list + 1; length is a power of two
	seed     maphash.Seed
	unranked int              // objects that were sorted without ranks since ranks were given
	numbers  map[uint32]int32 // names of numbered fields, by number
}

func (t *names) reset() {
	if t.slots == nil {
		t.slots = make([]int32, 4*maxNames)
		t.seed = maphash.MakeSeed()
	}
	clear(t.slots)
	clear(t.numbers)
	clear(t.list)
	t.list = t.list[:0]
}

// settle gives every name its rank once more work than that was done without ranks.
func (t *names) settle() {
	if t.unranked < len(t.list) {
		return
	}
	t.unranked = 0
	order := make([]int32, len(t.list))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return strings.Compare(t.list[a].text, t.list[b].text) })
	for rank, i := range order {
		t.list[i].rank = int32(rank)
	}
}

// find returns the slot of s and the name's index, or -1.
func (t *names) find(s []byte) (slot int, id int32) {
	mask := len(t.slots) - 1
	for i := int(maphash.Bytes(t.seed, s)) & mask; ; i = (i + 1) & mask {
		id := t.slots[i] - 1
		if id < 0 {
			return i, -1
		}
		if t.list[id].text == string(s) {
			return i, id
		}
	}
}

// name returns the index of the property name s, which is written without
// escapes. Names that are data become a placeholder such as {uuid}.
func (s *Scanner) name(b []byte) int32 {
	if len(b) > maxNameLen {
		return s.intern(placeholders[longName], 0)
	}
	slot, id := s.names.find(b)
	if id >= 0 {
		return id
	}
	var hint uint32
	if s.visitor != nil {
		var rename string
		if hint, rename = s.visitor.Key(b); rename != "" {
			return s.intern(rename, 0)
		}
	}
	if p := placeholder(b); p != "" {
		return s.intern(p, hint)
	}
	if !utf8.Valid(b) {
		return s.intern(string([]rune(string(b))), hint)
	}
	return s.add(slot, string(b), hint)
}

func (s *Scanner) intern(text string, hint uint32) int32 {
	s.tmp = append(s.tmp[:0], text...)
	slot, id := s.names.find(s.tmp)
	if id >= 0 {
		return id
	}
	return s.add(slot, text, hint)
}

func (s *Scanner) add(slot int, text string, hint uint32) int32 {
	t := &s.names
	if len(t.list) >= 2*maxNames {
		return -1
	}
	t.list = append(t.list, name{text: text, hint: hint, plain: plain(text), kind: kindName(text), rank: -1})
	t.slots[slot] = int32(len(t.list))
	return int32(len(t.list) - 1)
}

const longName = NumFormats

// placeholders are the names that stand for keys of a format that only data has.
var placeholders = [NumFormats + 1]string{
	UUID: "{uuid}", GUID: "{uuid}", DateTime: "{date-time}", LocalDateTime: "{date-time}", Date: "{date}", Time: "{time}", Email: "{email}", IPv4: "{ip}",
	IPv6: "{ip}", CIDR: "{cidr}", MAC: "{mac}", JWT: "{jwt}", Int: "{int}", Decimal: "{decimal}", Hex: "{hex}", Base64: "{token}",
	Phone: "{phone}", HTTPDate: "{date}", ULID: "{ulid}", ObjectID: "{hex}", URI: "{uri}", Duration: "{duration}", longName: "{long}",
}

// placeholder returns the placeholder for a key that is data, "" for a name.
func placeholder(b []byte) string {
	f := Classify(b)
	if f == Duration && len(b) < 4 {
		return ""
	}
	if f == Hex && allIn(b, cLetter) {
		return ""
	}
	return placeholders[f]
}

// plain reports whether a name is written in JSON as it is.
func plain(t string) bool {
	for i := 0; i < len(t); i++ {
		if t[i] == '\\' || t[i] == '"' || t[i] < ' ' {
			return false
		}
	}
	return true
}
