package shape

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// space returns the index of the first byte of b at or after i that is not JSON white space.
func space(b []byte, i int) int {
	for i < len(b) && b[i] <= ' ' && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// value scans the value of b that starts at or after i, counts it at the tally n, and
// returns the index after it, -1 when it is not valid. depth is the number of
// open containers. A negative n only checks.
func (s *Scanner) value(b []byte, i int, n int32, depth int) int {
	i = space(b, i)
	if i >= len(b) {
		return -1
	}
	if n < 0 {
		return s.skip(b, i, depth)
	}
	switch c := b[i]; c {
	case '"':
		end, esc, high := stringEnd(b, i+1)
		if end < 0 {
			return -1
		}
		raw := b[i+1 : end]
		if esc {
			raw, high = s.unescape(raw), true
		}
		s.string(n, raw, high)
		return end + 1
	case '{', '[':
		if depth >= MaxDepth {
			return s.deep(b, i, n, depth)
		}
		if c == '{' {
			return s.object(b, i+1, n, depth+1)
		}
		return s.array(b, i+1, n, depth+1)
	case 't', 'f', 'n':
		end := literal(b, i)
		if c == 'n' {
			s.tallies[n].kinds[Null]++
		} else {
			s.tallies[n].kinds[Bool]++
		}
		return end
	default:
		return s.number(b, i, n)
	}
}

// deep checks the container at i without describing its content.
func (s *Scanner) deep(b []byte, i int, n int32, depth int) int {
	if b[i] == '{' {
		s.serial++
		s.openObject(n, s.serial)
	} else {
		s.closeArray(n, 0, 0)
	}
	s.tallies[n].truncated = true
	return s.skip(b, i, depth)
}

// object scans the members of an object; i is behind its brace.
func (s *Scanner) object(b []byte, i int, n int32, depth int) int {
	s.serial++
	serial := s.serial
	s.openObject(n, serial)
	i = space(b, i)
	if i < len(b) && b[i] == '}' {
		return i + 1
	}
	for {
		if i >= len(b) || b[i] != '"' {
			return -1
		}
		var c int32
		if c, i = s.member(b, i+1, n, serial); i < 0 {
			return -1
		}
		if i >= len(b) || b[i] != ':' {
			if i = space(b, i); i >= len(b) || b[i] != ':' {
				return -1
			}
		}
		if i = s.value(b, i+1, c, depth); i < 0 {
			return -1
		}
		if i = space(b, i); i >= len(b) {
			return -1
		}
		if b[i] == '}' {
			if y := &s.tallies[n]; y.kinds[Object] > 1 && s.nodes[y.node].kinds > 0 {
				s.tell(n, serial)
			}
			return i + 1
		}
		if b[i] != ',' {
			return -1
		}
		i = space(b, i+1)
	}
}

// member scans the name of a member that starts at i, behind its quote, of the
// object serial at n. It returns the node of the property, -1 when there is no room,
// and the index behind the name. A name that comes in the order of the objects
// before it, here or in other texts of the context, is not looked up.
func (s *Scanner) member(b []byte, i int, n int32, serial uint32) (c int32, end int) {
	c = s.tallies[n].cursor
	for k := 0; k < maxOmitted && c >= 0; k++ {
		nd := &s.nodes[c]
		if end = nd.match(b, i); end > 0 {
			return s.enter(n, c, serial), end
		}
		if nd.size == 0 {
			if end = s.names.list[nd.key].match(b, i); end > 0 {
				return s.enter(n, c, serial), end
			}
		}
		c = nd.next
	}
	end, esc, _ := stringEnd(b, i)
	if end < 0 {
		return -1, -1
	}
	raw := b[i:end]
	if esc {
		raw = s.unescape(raw)
	}
	return s.child(n, s.name(raw), serial), end + 1
}

// maxSpelt is the length in bytes of the longest name that a node has in itself.
const maxSpelt = 16

// spell gives nd the name g, where it has room.
func (nd *node) spell(g *name) {
	if k := len(g.text); g.plain && 0 < k && k <= maxSpelt {
		var t [maxSpelt]byte
		copy(t[:], g.text)
		nd.size = uint32(k)
		nd.head = binary.LittleEndian.Uint64(t[:])
		nd.tail = binary.LittleEndian.Uint64(t[max(8, k)-8:])
	}
}

// match returns the index behind the quote that ends the name at i when it is that of nd,
// 0 when it is not, or that cannot be told from nd alone.
func (nd *node) match(b []byte, i int) int {
	k := int(nd.size)
	if k == 0 {
		return 0
	}
	if i+maxSpelt >= len(b) {
		return nd.matchEnd(b, i)
	}
	t := b[i : i+maxSpelt+1]
	w := binary.LittleEndian.Uint64(t)
	if k < 8 {
		w &= 1<<(8*k) - 1
	} else if binary.LittleEndian.Uint64(t[k-8:]) != nd.tail {
		return 0
	}
	if w != nd.head || t[k] != '"' {
		return 0
	}
	return i + k + 1
}

// matchEnd is match where the text is about to end.
func (nd *node) matchEnd(b []byte, i int) int {
	k := int(nd.size)
	if i+k >= len(b) || b[i+k] != '"' {
		return 0
	}
	var t [maxSpelt]byte
	copy(t[:], b[i:i+k])
	if binary.LittleEndian.Uint64(t[:]) != nd.head || binary.LittleEndian.Uint64(t[max(8, k)-8:]) != nd.tail {
		return 0
	}
	return i + k + 1
}

// match returns the index behind the quote that ends the name at i when it is g, 0 when not.
func (g *name) match(b []byte, i int) int {
	if e := i + len(g.text); e < len(b) && b[e] == '"' && g.plain && string(b[i:e]) == g.text {
		return e + 1
	}
	return 0
}

func (s *Scanner) array(b []byte, i int, n int32, depth int) int {
	i = space(b, i)
	if i < len(b) && b[i] == ']' {
		s.closeArray(n, 0, 0)
		return i + 1
	}
	item := s.itemOf(n)
	var tuple uint64
	for length := uint32(1); ; length++ {
		i = space(b, i)
		if length <= MaxTuple && item >= 0 && i < len(b) {
			numbers := s.tallies[item].kinds[Number]
			k := kindAt[b[i]]
			if i = s.value(b, i, item, depth); k == 1<<Integer && s.tallies[item].kinds[Number] != numbers {
				k = 1 << Number
			}
			tuple |= uint64(k) << (8 * (length - 1))
		} else {
			i = s.value(b, i, item, depth)
		}
		if i < 0 {
			return -1
		}
		if i = space(b, i); i >= len(b) {
			return -1
		}
		if b[i] == ']' {
			if length > MaxTuple {
				tuple = 0
			}
			s.closeArray(n, length, tuple)
			return i + 1
		}
		if b[i] != ',' {
			return -1
		}
		i++
	}
}

// literal returns the index behind true, false or null at i, -1 when it is none of them.
func literal(b []byte, i int) int {
	switch {
	case len(b)-i >= 4 && (string(b[i:i+4]) == "true" || string(b[i:i+4]) == "null"):
		return i + 4
	case len(b)-i >= 5 && string(b[i:i+5]) == "false":
		return i + 5
	}
	return -1
}

const maxOmitted = 4 // properties tried before a name is looked up

const (
	lows  = 0x0101010101010101
	highs = 0x8080808080808080
)

// stringEnd returns the index of the quote that ends the string whose content
// starts at i, -1 when there is none or the string is not valid; whether it has
// escapes, and bytes outside ASCII. Like encoding/json it does not demand valid UTF-8.
func stringEnd(b []byte, i int) (end int, esc, high bool) {
	var acc uint64
	for {
		for i+8 <= len(b) {
			w := binary.LittleEndian.Uint64(b[i:])
			q, s := w^(lows*'"'), w^(lows*'\\')
			m := ((q-lows)&^q | (s-lows)&^s | (w-lows*' ')&^w) & highs
			if m != 0 {
				k := bits.TrailingZeros64(m)
				acc |= w & (1<<uint(k&^7) - 1)
				i += k >> 3
				break
			}
			acc |= w
			i += 8
		}
		for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= ' ' {
			acc |= uint64(b[i])
			i++
		}
		if i >= len(b) || b[i] < ' ' {
			return -1, false, false
		}
		if b[i] == '"' {
			return i, esc, acc&highs != 0
		}
		esc = true
		if i = escape(b, i); i < 0 {
			return -1, false, false
		}
	}
}

// escape returns the index behind the escape sequence at i, -1 when it is not valid.
func escape(b []byte, i int) int {
	if i+1 >= len(b) {
		return -1
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		if i+6 <= len(b) && allIn(b[i+2:i+6], cHexDigit) {
			return i + 6
		}
	}
	return -1
}

// unescape returns raw with its escape sequences resolved, valid until the next
// call; lone surrogates become U+FFFD as in encoding/json.
func (s *Scanner) unescape(raw []byte) []byte {
	dst := s.esc[:0]
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		if c != '\\' {
			dst = append(dst, c)
			continue
		}
		i++
		switch raw[i] {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r := hex4(raw[i+1:])
			i += 4
			if 0xD800 <= r && r < 0xDC00 && i+6 < len(raw) && raw[i+1] == '\\' && raw[i+2] == 'u' {
				if lo := hex4(raw[i+3:]); 0xDC00 <= lo && lo < 0xE000 {
					r = (r-0xD800)<<10 + (lo - 0xDC00) + 0x10000
					i += 6
				}
			}
			dst = utf8.AppendRune(dst, r)
		default:
			dst = append(dst, raw[i])
		}
	}
	s.esc = dst
	return dst
}

func hex4(b []byte) (r rune) {
	for _, c := range b[:4] {
		r <<= 4
		switch {
		case c <= '9':
			r |= rune(c - '0')
		default:
			r |= rune(c&^0x20-'A') + 10
		}
	}
	return r
}
