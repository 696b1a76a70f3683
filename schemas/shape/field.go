package shape

import "strconv"

// Field returns the position of the field with the number of the object last
// counted at r; -1 when there is no room. Its name is the number in decimal: unlike
// the key "1" of a JSON object, which is data, it is part of a structure.
func (s *Scanner) Field(r Ref, number uint32) Ref {
	if r < 0 {
		return -1
	}
	return Ref(s.child(int32(r), s.names.number(number), s.tallies[r].open))
}

// Entry returns the position of the values of the map at r, an object, under key, which
// is data whatever it looks like: a placeholder stands for it, {string} for one without a format.
func (s *Scanner) Entry(r Ref, key []byte) Ref {
	if r < 0 {
		return -1
	}
	name := ""
	if s.visitor != nil {
		_, name = s.visitor.Key(key)
	}
	if name == "" {
		name = placeholder(key)
	}
	if name == "" {
		name = "{string}"
	}
	return Ref(s.child(int32(r), s.intern(name, 0), s.tallies[r].open))
}

// Cut says that the position r has more depth than is described.
func (s *Scanner) Cut(r Ref) {
	if r >= 0 {
		s.tallies[r].truncated = true
	}
}

// number returns the index of the name of a numbered field, -1 when there is no
// room. Such names are not found by their text.
func (t *names) number(n uint32) int32 {
	if id, ok := t.numbers[n]; ok {
		return id
	}
	if len(t.list) >= 2*maxNames {
		return -1
	}
	t.list = append(t.list, name{text: strconv.FormatUint(uint64(n), 10), rank: -1})
	id := int32(len(t.list) - 1)
	if t.numbers == nil {
		t.numbers = map[uint32]int32{}
	}
	t.numbers[n] = id
	return id
}
