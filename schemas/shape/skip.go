package shape

// maxNesting is the nesting up to which encoding/json takes a text as valid.
const maxNesting = 10000

// skip checks the value at i, which is not white space, and returns the index
// behind it, -1 when it is not valid. It does not recurse.
func (s *Scanner) skip(b []byte, i int, depth int) int {
	s.stack = s.stack[:0]
	for {
		switch c := b[i]; c {
		case '{', '[':
			s.stack = append(s.stack, c)
			if depth+len(s.stack) > maxNesting {
				return -1
			}
			if i = space(b, i+1); i >= len(b) {
				return -1
			}
			if b[i] == c+2 {
				s.stack = s.stack[:len(s.stack)-1]
				i++
				break
			}
			if c == '{' {
				i = memberName(b, i)
			}
			if i < 0 {
				return -1
			}
			continue
		case '"':
			if i, _, _ = stringEnd(b, i+1); i >= 0 {
				i++
			}
		case 't', 'f', 'n':
			i = literal(b, i)
		default:
			i = digits(b, i).end
		}
		if i = s.after(b, i); i < 0 || len(s.stack) == 0 {
			return i
		}
	}
}

// after closes containers behind a value that ended at i and moves on to the
// next value; -1 when the text is not valid.
func (s *Scanner) after(b []byte, i int) int {
	for i >= 0 && len(s.stack) > 0 {
		if i = space(b, i); i >= len(b) {
			return -1
		}
		top := s.stack[len(s.stack)-1]
		if b[i] == top+2 {
			s.stack = s.stack[:len(s.stack)-1]
			i++
			continue
		}
		if b[i] != ',' {
			return -1
		}
		if i = space(b, i+1); i >= len(b) {
			return -1
		}
		if top == '{' {
			return memberName(b, i)
		}
		return i
	}
	return i
}

// memberName returns the index of the value of the member whose name starts at i.
func memberName(b []byte, i int) int {
	if b[i] != '"' {
		return -1
	}
	if i, _, _ = stringEnd(b, i+1); i < 0 {
		return -1
	}
	if i = space(b, i+1); i >= len(b) || b[i] != ':' {
		return -1
	}
	if i = space(b, i+1); i >= len(b) {
		return -1
	}
	return i
}
