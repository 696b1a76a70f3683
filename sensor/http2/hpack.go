package http2

import (
	"bytes"

	"wirecensus/sensor/message"
)

// field is a decoded field. What refers to an entry of unknown content is
// unknown, in part or whole.
type field struct {
	name, value           []byte
	odd                   message.Anomalies
	class                 class
	nameKnown, valueKnown bool
}

// status says how decoding went on.
type status uint8

const (
	decoded status = iota
	partial        // the representation continues beyond the input
	invalid        // RFC 7541 forbids it
)

// number decodes an integer with a prefix of bits bits, RFC 7541, Section 5.1.
// Values above 2^32-1 are invalid.
func number(in []byte, bits uint) (v uint64, n int, st status) {
	if len(in) == 0 {
		return 0, 0, partial
	}
	mask := byte(1)<<bits - 1
	if v = uint64(in[0] & mask); v < uint64(mask) {
		return v, 1, decoded
	}
	for n = 1; n < len(in) && n <= maxNumber; n++ {
		v += uint64(in[n]&0x7f) << (7 * (n - 1))
		if v > 1<<32-1 {
			return 0, 0, invalid
		}
		if in[n] < 0x80 {
			return v, n + 1, decoded
		}
	}
	if n > maxNumber {
		return 0, 0, invalid
	}
	return 0, 0, partial
}

// maxNumber is how many bytes may follow the prefix of an integer; most of them are zeros.
const maxNumber = 9

// text decodes a string literal, RFC 7541, Section 5.2. The result aliases in
// or the Pool's scratch.
func (p *Pool) text(in []byte) (s []byte, n int, st status) {
	l, n, st := number(in, 7)
	if st != decoded {
		return nil, 0, st
	}
	if uint64(len(in)-n) < l {
		return nil, 0, partial
	}
	raw := in[n : n+int(l) : n+int(l)]
	n += int(l)
	if in[0]&0x80 == 0 {
		return raw, n, decoded
	}
	s, ok := codes.decode(p.room(decodedLen(len(raw))), raw)
	if !ok {
		return nil, 0, invalid
	}
	p.keep(s)
	return s[:len(s):len(s)], n, decoded
}

// decoder decodes the header blocks of one direction.
type decoder struct {
	table table
	begun bool // a field of the block was decoded
}

// next decodes one representation, RFC 7541, Section 6. isField is false for a
// size update. The field aliases in, the table or the Pool's scratch.
func (d *decoder) next(p *Pool, in []byte, f *field) (n int, isField bool, st status) {
	switch b := in[0]; {
	case b >= 0x80:
		i, n, st := number(in, 7)
		if st != decoded {
			return 0, false, st
		}
		d.begun = true
		if !d.indexed(i, f) {
			return 0, false, invalid
		}
		return n, true, decoded
	case b >= 0x40:
		n, st := d.literal(p, in, 6, f)
		if st == decoded {
			d.table.insert(p, f)
		}
		return n, true, st
	case b >= 0x20:
		v, n, st := number(in, 5)
		if st != decoded {
			return 0, false, st
		}
		if d.begun { // Section 4.2: only at the beginning of a block
			return 0, false, invalid
		}
		d.table.resize(v)
		return n, false, decoded
	}
	n, st = d.literal(p, in, 4, f)
	return n, true, st
}

// indexed sets f to the field at index i of both tables, RFC 7541, Section 2.3.3.
func (d *decoder) indexed(i uint64, f *field) bool {
	if i < uint64(len(static)) {
		s := &static[i]
		*f = field{name: s.name, value: s.value, class: s.class, nameKnown: true, valueKnown: true}
		return i > 0
	}
	var ok bool
	*f, ok = d.table.at(i - uint64(len(static)-1))
	return ok
}

// literal decodes a literal field whose name index has a prefix of bits bits.
func (d *decoder) literal(p *Pool, in []byte, bits uint, f *field) (n int, st status) {
	i, n, st := number(in, bits)
	if st != decoded {
		return 0, st
	}
	rest := in[n:]
	var name []byte
	if i == 0 {
		var k int
		if name, k, st = p.text(rest); st != decoded {
			return 0, st
		}
		rest = rest[k:]
		n += k
	}
	value, k, st := p.text(rest)
	if st != decoded {
		return 0, st
	}
	d.begun = true
	if i > 0 {
		if !d.indexed(i, f) {
			return 0, invalid
		}
		f.odd &^= valueOdd
	} else {
		*f = field{name: name, class: classOf(name), odd: nameOdd(name), nameKnown: true}
	}
	f.value, f.valueKnown = value, true
	f.odd |= oddValue(value)
	return n + k, decoded
}

// valueOdd are the oddities that a value can have.
const valueOdd = message.Anomalies(1<<message.NUL | 1<<message.BareCR | 1<<message.BareLF)

// oddValue returns the oddities of a field value, RFC 9113, Section 8.2.1.
func oddValue(v []byte) (odd message.Anomalies) {
	for _, c := range v {
		if c <= '\r' {
			switch c {
			case 0:
				odd = odd.With(message.NUL)
			case '\r':
				odd = odd.With(message.BareCR)
			case '\n':
				odd = odd.With(message.BareLF)
			}
		}
	}
	return odd
}

// nameOdd returns the oddities of a field name, RFC 9113, Section 8.2.1.
func nameOdd(name []byte) (odd message.Anomalies) {
	if len(name) == 0 {
		return odd.With(message.FieldSyntax)
	}
	for i, c := range name {
		switch {
		case 'A' <= c && c <= 'Z':
			odd = odd.With(message.FieldCase)
		case c <= ' ' || c >= 0x7f || c == ':' && i > 0:
			odd = odd.With(message.FieldSyntax)
		}
	}
	if bytes.IndexByte(name, 0) >= 0 {
		odd = odd.With(message.NUL)
	}
	return odd
}
