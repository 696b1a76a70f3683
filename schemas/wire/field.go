package wire

import (
	"encoding/binary"
	"math"
	"unicode/utf8"
)

// Wire types of Protobuf.
const (
	varint   = 0
	fixed64  = 1
	lengthed = 2
	fixed32  = 5
)

// tag is the key of a field with a number below 16: one byte.
func tag(number, typ byte) byte { return number<<3 | typ }

func appendUvarint(b []byte, v uint64) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

// appendUint appends a varint field, unless it is 0.
func appendUint(b []byte, number byte, v uint64) []byte {
	if v == 0 {
		return b
	}
	return appendUvarint(appendUvarint(b, uint64(number)<<3|varint), v)
}

func appendBool(b []byte, number byte, v bool) []byte {
	if !v {
		return b
	}
	return append(b, tag(number, varint), 1)
}

// appendBytes appends a field of bytes, unless there are none.
func appendBytes(b []byte, number byte, v []byte) []byte {
	if len(v) == 0 {
		return b
	}
	return append(appendUvarint(append(b, tag(number, lengthed)), uint64(len(v))), v...)
}

// appendLong is appendBytes for a field with any number.
func appendLong(b []byte, number byte, v []byte) []byte {
	if len(v) == 0 {
		return b
	}
	b = appendUvarint(b, uint64(number)<<3|lengthed)
	return append(appendUvarint(b, uint64(len(v))), v...)
}

// appendText appends a field of text, unless it is empty.
func appendText(b []byte, number byte, s string) []byte {
	if s == "" {
		return b
	}
	return appendString(appendUvarint(b, uint64(number)<<3|lengthed), s)
}

// appendString appends text behind its length. Bytes that are not UTF-8 become
// U+FFFD, as in JSON: Protobuf has no other text.
func appendString(b []byte, s string) []byte {
	s = mend(s)
	return append(appendUvarint(b, uint64(len(s))), s...)
}

// mend returns s with its bytes that are not UTF-8 replaced.
func mend(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}

// begin appends the key of a message and room for a short length; end sets the length.
func begin(b []byte, number byte) (_ []byte, at int) {
	return append(b, tag(number, lengthed), 0), len(b) + 2
}

func end(b []byte, at int) []byte {
	n := len(b) - at
	if n < 0x80 {
		b[at-1] = byte(n)
		return b
	}
	var size [binary.MaxVarintLen64]byte
	k := len(appendUvarint(size[:0], uint64(n)))
	b = append(b, size[1:k]...)
	copy(b[at+k-1:], b[at:at+n])
	copy(b[at-1:], size[:k])
	return b
}

// field is one field of a message: its value is num, or data for wire type bytes.
type field struct {
	number int
	typ    byte
	num    uint64
	data   []byte
}

// next reads the first field of b, which is not empty.
func next(b []byte) (f field, rest []byte, ok bool) {
	key, b, ok := uvarint(b)
	if !ok || key>>3 == 0 || key>>3 > 1<<29-1 {
		return f, nil, false
	}
	f.number, f.typ = int(key>>3), byte(key&7)
	switch f.typ {
	case varint:
		f.num, b, ok = uvarint(b)
		return f, b, ok
	case lengthed:
		n, b, ok := uvarint(b)
		if !ok || n > uint64(len(b)) {
			return f, nil, false
		}
		f.data = b[:n:n]
		return f, b[n:], true
	case fixed64:
		if len(b) < 8 {
			return f, nil, false
		}
		f.num = binary.LittleEndian.Uint64(b)
		return f, b[8:], true
	case fixed32:
		if len(b) < 4 {
			return f, nil, false
		}
		f.num = uint64(binary.LittleEndian.Uint32(b))
		return f, b[4:], true
	}
	return f, nil, false
}

func uvarint(b []byte) (v uint64, rest []byte, ok bool) {
	if len(b) > 0 && b[0] < 0x80 {
		return uint64(b[0]), b[1:], true
	}
	v, n := binary.Uvarint(b)
	if n <= 0 {
		return 0, nil, false
	}
	return v, b[n:], true
}

// message is the field at hand of a message that is read, and whether one was bad.
type message struct {
	field
	bad bool
}

// uint returns the field's value, which must not exceed most.
func (m *message) uint(most uint64) uint64 {
	if m.typ != varint || m.num > most {
		m.bad = true
	}
	return m.num
}

func (m *message) int() int64   { return int64(m.uint(math.MaxUint64)) }
func (m *message) bool() bool   { return m.uint(1) == 1 }
func (m *message) u16() uint16  { return uint16(m.uint(math.MaxUint16)) }
func (m *message) u32() uint32  { return uint32(m.uint(math.MaxUint32)) }
func (m *message) u64() uint64  { return m.uint(math.MaxUint64) }
func (m *message) fixed() int64 { m.bad = m.bad || m.typ != fixed64; return int64(m.num) }

func (m *message) fixed32() uint32 { m.bad = m.bad || m.typ != fixed32; return uint32(m.num) }

func (m *message) bytes() []byte {
	m.bad = m.bad || m.typ != lengthed
	return m.data
}

// once is bytes for a field of which there are no two.
func (m *message) once(before []byte) []byte {
	m.bad = m.bad || before != nil
	return m.bytes()
}

// text returns the field's text without copying it.
func (m *message) text() []byte {
	m.bad = m.bad || m.typ != lengthed || !utf8.Valid(m.data)
	return m.data
}

func (m *message) string() string { return string(m.text()) }

// read calls visit for each field of b until one is bad. Visitors pass over the
// numbers that they do not know: a newer writer has them.
func read(b []byte, visit func(*message)) bool {
	var m message
	for len(b) > 0 && !m.bad {
		var ok bool
		if m.field, b, ok = next(b); !ok {
			return false
		}
		visit(&m)
	}
	return !m.bad
}

func appendFixed(b []byte, v uint64) []byte { return binary.LittleEndian.AppendUint64(b, v) }
