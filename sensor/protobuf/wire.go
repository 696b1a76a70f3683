package protobuf

import "encoding/binary"

// Wire types of the encoding.
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireStart   = 3 // of a group
	wireEnd     = 4
	wireFixed32 = 5
)

const (
	maxNumber = 1<<29 - 1 // of a field
	maxGroups = 32        // groups inside each other
)

// record is one field on the wire: for varints and fixed numbers the value, for
// length-delimited fields and groups the content.
type record struct {
	number uint32
	wire   uint8
	value  uint64
	data   []byte
}

// varint returns the varint at the start of b and its length, 0 when it is not
// whole or has more than 64 bits.
func varint(b []byte) (v uint64, n int) {
	if len(b) > 0 && b[0] < 0x80 {
		return uint64(b[0]), 1
	}
	v, n = binary.Uvarint(b)
	return v, max(n, 0)
}

// next returns the first field of b and what follows it; ok is false when b does
// not begin with a whole field.
func next(b []byte) (r record, rest []byte, ok bool) {
	tag, n := varint(b)
	if n == 0 || tag > maxNumber<<3|7 || tag>>3 == 0 {
		return r, nil, false
	}
	r.number, r.wire = uint32(tag>>3), uint8(tag&7)
	b = b[n:]
	switch r.wire {
	case wireVarint:
		if r.value, n = varint(b); n == 0 {
			return r, nil, false
		}
		return r, b[n:], true
	case wireFixed64:
		if len(b) < 8 {
			return r, nil, false
		}
		r.value = binary.LittleEndian.Uint64(b)
		return r, b[8:], true
	case wireFixed32:
		if len(b) < 4 {
			return r, nil, false
		}
		r.value = uint64(binary.LittleEndian.Uint32(b))
		return r, b[4:], true
	case wireBytes:
		size, n := varint(b)
		if n == 0 || size > uint64(len(b)-n) {
			return r, nil, false
		}
		end := n + int(size)
		r.data = b[n:end:end]
		return r, b[end:], true
	case wireStart:
		r.data, rest, ok = group(b, r.number)
		return r, rest, ok
	}
	return r, nil, false
}

// group returns the content of the group with the number that was opened before
// b, and what follows its end.
func group(b []byte, number uint32) (content, rest []byte, ok bool) {
	var open [maxGroups]uint32
	open[0] = number
	for i, depth := 0, 1; ; {
		tag, n := varint(b[i:])
		if n == 0 || tag > maxNumber<<3|7 || tag>>3 == 0 {
			return nil, nil, false
		}
		switch num := uint32(tag >> 3); tag & 7 {
		case wireStart:
			if depth == maxGroups {
				return nil, nil, false
			}
			open[depth] = num
			depth++
			i += n
		case wireEnd:
			depth--
			if open[depth] != num {
				return nil, nil, false
			}
			if depth == 0 {
				return b[:i:i], b[i+n:], true
			}
			i += n
		default:
			_, after, ok := next(b[i:])
			if !ok {
				return nil, nil, false
			}
			i = len(b) - len(after)
		}
	}
}

// wellFormed reports whether b is fields and nothing else. It does not look into
// what is length-delimited.
func wellFormed(b []byte) bool {
	for len(b) > 0 {
		var ok bool
		if _, b, ok = next(b); !ok {
			return false
		}
	}
	return true
}

func zigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }
