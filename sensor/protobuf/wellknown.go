package protobuf

import (
	"math"
	"strconv"
	"time"

	"wirecensus/schemas/shape"
)

// wellKnown says which form of its own a message type has in JSON.
type wellKnown uint8

const (
	plain wellKnown = iota
	timestamp
	duration
	fieldMask
	structure
	structValue
	listValue
	wrapper // + kind of the value
)

// wellKnowns are the types of google.protobuf that have one. Any is not among them:
// its value is read like one of a field of unknown type.
var wellKnowns = map[string]wellKnown{
	"google.protobuf.Timestamp": timestamp, "google.protobuf.Duration": duration, "google.protobuf.FieldMask": fieldMask,
	"google.protobuf.Struct": structure, "google.protobuf.Value": structValue, "google.protobuf.ListValue": listValue,
	"google.protobuf.DoubleValue": wrapper + wellKnown(kindDouble), "google.protobuf.FloatValue": wrapper + wellKnown(kindFloat),
	"google.protobuf.Int64Value": wrapper + wellKnown(kindInt64), "google.protobuf.UInt64Value": wrapper + wellKnown(kindUint64),
	"google.protobuf.Int32Value": wrapper + wellKnown(kindInt32), "google.protobuf.UInt32Value": wrapper + wellKnown(kindUint32),
	"google.protobuf.BoolValue": wrapper + wellKnown(kindBool), "google.protobuf.StringValue": wrapper + wellKnown(kindString), "google.protobuf.BytesValue": wrapper + wellKnown(kindBytes),
}

// anyFields are the fields of google.protobuf.Any.
func anyFields() []field {
	return []field{{number: 1, kind: kindString, name: "@type"}, {number: 2, name: "value"}}
}

// last returns the last value of the field with the number and the wire type in b.
func last(b []byte, number uint32, wire uint8) (rec record, found bool) {
	for len(b) > 0 {
		r, rest, ok := next(b)
		if !ok {
			break
		}
		if b = rest; r.number == number && r.wire == wire {
			rec, found = r, true
		}
	}
	return rec, found
}

// wellKnown counts a message that has a form of its own in JSON.
func (r *Reader) wellKnown(s *shape.Scanner, at shape.Ref, k wellKnown, b []byte, depth int) {
	switch k {
	case timestamp, duration:
		sec, _ := last(b, 1, wireVarint)
		nanos, _ := last(b, 2, wireVarint)
		if k == timestamp {
			r.timestamp(s, at, int64(sec.value), int64(int32(nanos.value)))
		} else {
			r.duration(s, at, int64(sec.value), int64(int32(nanos.value)))
		}
	case fieldMask:
		r.fieldMask(s, at, b)
	case structure, structValue, listValue:
		r.free(s, at, k, b, depth)
	default:
		k := kind(k - wrapper)
		rec, _ := last(b, 1, wire[k])
		switch k {
		case kindString:
			s.String(at, rec.data)
		case kindBytes:
			r.bytes(s, at, rec.data)
		default:
			r.scalar(s, at, k, nil, rec.value)
		}
	}
}

// maxSeconds is the last second of the year 9999, minSeconds the first of the year 1.
const (
	minSeconds = -62135596800
	maxSeconds = 253402300799
)

// timestamp counts a point in time as RFC 3339 has it, one out of its range as a number.
func (r *Reader) timestamp(s *shape.Scanner, at shape.Ref, sec, nanos int64) {
	if sec < minSeconds || sec > maxSeconds || nanos < 0 || nanos >= 1e9 {
		r.integer(s, at, sec)
		return
	}
	r.tmp = time.Unix(sec, 0).UTC().AppendFormat(r.tmp[:0], "2006-01-02T15:04:05")
	r.tmp = append(appendNanos(r.tmp, nanos), 'Z')
	s.String(at, r.tmp)
}

// duration counts seconds with an s behind them.
func (r *Reader) duration(s *shape.Scanner, at shape.Ref, sec, nanos int64) {
	r.tmp = r.tmp[:0]
	if sec < 0 || nanos < 0 {
		r.tmp = append(r.tmp, '-')
	}
	abs := uint64(sec)
	if sec < 0 {
		abs = -abs
	}
	r.tmp = strconv.AppendUint(r.tmp, abs, 10)
	r.tmp = append(appendNanos(r.tmp, max(nanos, -nanos)), 's')
	s.String(at, r.tmp)
}

// appendNanos appends a fraction of a second with 0, 3, 6 or 9 digits.
func appendNanos(b []byte, nanos int64) []byte {
	if nanos == 0 {
		return b
	}
	digits := 9
	for digits > 3 && nanos%1000 == 0 {
		nanos /= 1000
		digits -= 3
	}
	b = append(b, '.')
	from := len(b)
	for range digits {
		b = append(b, '0')
	}
	for i := from + digits - 1; i >= from && nanos > 0; i-- {
		b[i] = byte('0' + nanos%10)
		nanos /= 10
	}
	return b
}

// fieldMask counts paths of fields as one text.
func (r *Reader) fieldMask(s *shape.Scanner, at shape.Ref, b []byte) {
	r.tmp = r.tmp[:0]
	for len(b) > 0 {
		rec, rest, ok := next(b)
		if !ok {
			break
		}
		if b = rest; rec.number != 1 || rec.wire != wireBytes {
			continue
		}
		if len(r.tmp) > 0 {
			r.tmp = append(r.tmp, ',')
		}
		r.tmp = append(r.tmp, lowerCamel(string(rec.data))...)
	}
	s.String(at, r.tmp)
}

// free counts a Struct, Value or ListValue as the JSON that it stands for.
func (r *Reader) free(s *shape.Scanner, at shape.Ref, k wellKnown, b []byte, depth int) {
	if at < 0 || depth > maxDepth {
		s.Cut(at)
		return
	}
	if k == structValue {
		r.freeValue(s, at, b, depth)
		return
	}
	elements, item := 0, shape.Ref(-1)
	if k == structure {
		s.Object(at)
	}
	for len(b) > 0 {
		rec, rest, ok := next(b)
		if !ok {
			break
		}
		if b = rest; rec.number != 1 || rec.wire != wireBytes {
			continue
		}
		if k == listValue {
			if elements++; elements == 1 {
				item = s.Item(at)
			}
			r.free(s, item, structValue, rec.data, depth+1)
			continue
		}
		key, _ := last(rec.data, 1, wireBytes)
		if v, ok := last(rec.data, 2, wireBytes); ok {
			r.free(s, s.Property(at, key.data), structValue, v.data, depth+1)
		}
	}
	if k == listValue {
		s.Array(at, elements)
	}
}

func (r *Reader) freeValue(s *shape.Scanner, at shape.Ref, b []byte, depth int) {
	var v record
	for len(b) > 0 {
		rec, rest, ok := next(b)
		if !ok {
			break
		}
		b, v = rest, rec
	}
	switch {
	case v.number == 2 && v.wire == wireFixed64:
		// Struct has no integers: a whole number is written without a point.
		if f := math.Float64frombits(v.value); f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			r.integer(s, at, int64(f))
		} else {
			r.float(s, at, f, 64)
		}
	case v.number == 3 && v.wire == wireBytes:
		s.String(at, v.data)
	case v.number == 4 && v.wire == wireVarint:
		r.scalar(s, at, kindBool, nil, v.value)
	case v.number == 5 && v.wire == wireBytes:
		r.free(s, at, structure, v.data, depth+1)
	case v.number == 6 && v.wire == wireBytes:
		r.free(s, at, listValue, v.data, depth+1)
	default:
		r.tmp = append(r.tmp[:0], "null"...)
		s.AddAt(at, r.tmp)
	}
}

// entry counts an entry of the map at ref under its key; what the entry lacks has the default value.
func (r *Reader) entry(s *shape.Scanner, ref shape.Ref, c int32, b []byte, depth int) {
	m := r.spots[c].msg
	kf, vf := m.field(1), m.field(2)
	if kf == nil || vf == nil {
		r.message(s, ref, c, b, depth)
		return
	}
	r.text = r.text[:0]
	if k, _ := last(b, 1, wire[kf.kind]); kf.kind == kindString {
		r.text = append(r.text, k.data...)
	} else {
		r.text = appendKey(r.text, kf.kind, k.value)
	}
	at := s.Entry(ref, r.text)
	child := r.child(c, 2, false)
	seen := false
	for len(b) > 0 && child >= 0 {
		rec, rest, ok := next(b)
		if !ok {
			break
		}
		if b = rest; rec.number == 2 && !seen {
			seen = true
			r.count(s, at, child, &rec, depth+1)
		}
	}
	if !seen {
		r.zero(s, at, vf)
	}
}

// zero counts the default value of the field.
func (r *Reader) zero(s *shape.Scanner, at shape.Ref, f *field) {
	switch f.kind {
	case kindMessage, kindGroup:
		if m := r.names.message(f.typ); m != nil && m.known != plain {
			r.wellKnown(s, at, m.known, nil, maxDepth)
			return
		}
		s.Object(at)
	case kindString, kindBytes:
		s.String(at, nil)
	case kindUnknown:
	default:
		r.scalar(s, at, f.kind, r.names.enum(f.typ), 0)
	}
}

// appendKey appends the key of a map that is no string.
func appendKey(b []byte, k kind, v uint64) []byte {
	switch k {
	case kindBool:
		return strconv.AppendBool(b, v != 0)
	case kindInt32, kindSfixed32:
		return strconv.AppendInt(b, int64(int32(v)), 10)
	case kindSint32:
		return strconv.AppendInt(b, int64(int32(zigzag(v&math.MaxUint32))), 10)
	case kindSint64:
		return strconv.AppendInt(b, zigzag(v), 10)
	case kindInt64, kindSfixed64:
		return strconv.AppendInt(b, int64(v), 10)
	}
	return strconv.AppendUint(b, v, 10)
}
