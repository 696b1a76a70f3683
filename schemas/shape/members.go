package shape

// Valid reports whether b is exactly one JSON text, without describing it.
func (s *Scanner) Valid(b []byte) bool {
	i := s.value(b, 0, -1, 0)
	return i >= 0 && space(b, i) == len(b)
}

// AddAt merges the JSON text doc, which must be valid, into the position r.
func (s *Scanner) AddAt(r Ref, doc []byte) bool {
	if r < 0 {
		return s.Valid(doc)
	}
	i := s.value(doc, 0, int32(r), 1)
	return i >= 0 && space(doc, i) == len(doc)
}

// Members calls yield with the name and the value, both as written (the name
// without its quotes), of each member of the JSON object at the start of b, and
// reports whether b began with a whole object. yield returns false to stop.
func (s *Scanner) Members(b []byte, yield func(name, value []byte) bool) bool {
	i := space(b, 0)
	if i >= len(b) || b[i] != '{' {
		return false
	}
	if i = space(b, i+1); i < len(b) && b[i] == '}' {
		return true
	}
	for i < len(b) && b[i] == '"' {
		nameEnd, _, _ := stringEnd(b, i+1)
		if nameEnd < 0 {
			return false
		}
		v := memberName(b, i)
		if v < 0 {
			return false
		}
		end := s.skip(b, v, 1)
		if end < 0 {
			return false
		}
		if !yield(b[i+1:nameEnd], b[v:end]) {
			return true
		}
		if i = space(b, end); i >= len(b) || b[i] != ',' {
			return i < len(b) && b[i] == '}'
		}
		i = space(b, i+1)
	}
	return false
}

// AppendProps appends the properties of the shape begun, by name. The names are
// those of the root object alone.
func (s *Scanner) AppendProps(dst []Prop) []Prop {
	for _, c := range s.byName(0) {
		if s.met(c) {
			dst = append(dst, s.prop(c))
		}
	}
	return dst
}
