package protobuf

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"strconv"

	"wirecensus/schemas/shape"
)

// Emit counts the messages added at the position at of the shape begun in s.
func (r *Reader) Emit(s *shape.Scanner, at shape.Ref) {
	r.gather()
	for _, b := range r.roots {
		r.value0(s, at, 0, b, 0)
	}
}

// value0 counts a message of the type of the spot n.
func (r *Reader) value0(s *shape.Scanner, at shape.Ref, n int32, b []byte, depth int) {
	if m := r.spots[n].msg; m != nil && m.known != plain {
		r.wellKnown(s, at, m.known, b, depth)
		return
	}
	r.message(s, at, n, b, depth)
}

// message counts the message b at the spot n.
func (r *Reader) message(s *shape.Scanner, at shape.Ref, n int32, b []byte, depth int) {
	s.Object(at)
	if at < 0 || depth > maxDepth {
		s.Cut(at)
		return
	}
	r.serial++
	serial, lists := r.serial, false
	for len(b) > 0 {
		rec, rest, ok := next(b)
		if !ok {
			break
		}
		b = rest
		c := r.child(n, rec.number, false)
		if c < 0 {
			continue
		}
		sp := &r.spots[c]
		list := sp.list()
		if sp.serial != serial {
			sp.serial, sp.count = serial, 0
			sp.ref = int32(r.property(s, at, sp))
			lists = lists || list
			if sp.isMap() {
				s.Object(shape.Ref(sp.ref))
			}
		}
		ref := shape.Ref(sp.ref)
		if list {
			ref = s.Item(ref)
		}
		r.count(s, ref, c, &rec, depth+1)
	}
	if !lists {
		return
	}
	for c := r.spots[n].first; c >= 0; c = r.spots[c].following {
		if sp := &r.spots[c]; sp.serial == serial && sp.list() {
			s.Array(shape.Ref(sp.ref), int(sp.count))
		}
	}
}

// list reports whether the values at sp are elements of arrays.
func (sp *spot) list() bool {
	if sp.field != nil {
		return sp.field.repeated && !sp.isMap()
	}
	return sp.many || sp.kind == guessPacked
}

func (sp *spot) isMap() bool {
	return sp.field != nil && sp.field.repeated && sp.msg != nil && sp.msg.entry
}

// property returns the place of the spot in the object at.
func (r *Reader) property(s *shape.Scanner, at shape.Ref, sp *spot) shape.Ref {
	if sp.field == nil {
		return s.Field(at, sp.number)
	}
	r.tmp = append(r.tmp[:0], sp.field.name...)
	return s.Property(at, r.tmp)
}

// count counts one value of the spot c at ref.
func (r *Reader) count(s *shape.Scanner, ref shape.Ref, c int32, rec *record, depth int) {
	sp := &r.spots[c]
	sp.count++
	switch {
	case sp.msg != nil && (rec.wire == wireStart || rec.wire == wireBytes && (!sp.malformed || wellFormed(rec.data))):
		if sp.isMap() {
			r.entry(s, ref, c, rec.data, depth)
		} else {
			r.value0(s, ref, c, rec.data, depth)
		}
	case sp.msg == nil && sp.field != nil && fits(sp.field, rec):
		r.typed(s, ref, sp, rec)
	default:
		r.untyped(s, ref, c, rec, depth)
	}
}

// untyped counts a value as its wire type and the evidence of its place say.
func (r *Reader) untyped(s *shape.Scanner, ref shape.Ref, c int32, rec *record, depth int) {
	sp := &r.spots[c]
	switch rec.wire {
	case wireVarint:
		r.integer(s, ref, int64(rec.value))
	case wireFixed64:
		if sp.nonZero && !sp.notFloat {
			r.float(s, ref, math.Float64frombits(rec.value), 64)
		} else {
			r.unsigned(s, ref, rec.value)
		}
	case wireFixed32:
		if sp.nonZero && !sp.notFloat {
			r.float(s, ref, float64(math.Float32frombits(uint32(rec.value))), 32)
		} else {
			r.unsigned(s, ref, rec.value)
		}
	case wireStart:
		r.message(s, ref, c, rec.data, depth)
	case wireBytes:
		switch sp.kind {
		case guessText:
			s.String(ref, rec.data)
		case guessMessage:
			r.message(s, ref, c, rec.data, depth)
		case guessPacked:
			sp.count--
			for b := rec.data; len(b) > 0; sp.count++ {
				v, n := varint(b)
				if n == 0 {
					return
				}
				r.integer(s, ref, int64(v))
				b = b[n:]
			}
		case guessBytes:
			r.bytes(s, ref, rec.data)
		}
	}
}

// typed counts a value that fits the field of its spot.
func (r *Reader) typed(s *shape.Scanner, ref shape.Ref, sp *spot, rec *record) {
	k := sp.field.kind
	w := wire[k]
	switch {
	case k == kindString:
		s.String(ref, rec.data)
	case k == kindBytes:
		r.bytes(s, ref, rec.data)
	case rec.wire == w:
		r.scalar(s, ref, k, sp.enum, rec.value)
	default:
		sp.count--
		for b := rec.data; len(b) > 0; sp.count++ {
			var v uint64
			var n int
			switch w {
			case wireFixed64:
				v, n = binary.LittleEndian.Uint64(b), 8
			case wireFixed32:
				v, n = uint64(binary.LittleEndian.Uint32(b)), 4
			default:
				v, n = varint(b)
			}
			r.scalar(s, ref, k, sp.enum, v)
			b = b[n:]
		}
	}
}

// scalar counts a number, boolean or enumeration value.
func (r *Reader) scalar(s *shape.Scanner, ref shape.Ref, k kind, enum map[int32]string, v uint64) {
	switch k {
	case kindDouble:
		r.float(s, ref, math.Float64frombits(v), 64)
	case kindFloat:
		r.float(s, ref, float64(math.Float32frombits(uint32(v))), 32)
	case kindUint64, kindFixed64:
		r.unsigned(s, ref, v)
	case kindUint32, kindFixed32:
		r.unsigned(s, ref, uint64(uint32(v)))
	case kindInt32, kindSfixed32:
		r.integer(s, ref, int64(int32(v)))
	case kindSint32:
		r.integer(s, ref, int64(int32(zigzag(v&math.MaxUint32))))
	case kindSint64:
		r.integer(s, ref, zigzag(v))
	case kindBool:
		r.tmp = strconv.AppendBool(r.tmp[:0], v != 0)
		s.AddAt(ref, r.tmp)
	case kindEnum:
		if name := enum[int32(v)]; name != "" {
			r.tmp = append(r.tmp[:0], name...)
			s.String(ref, r.tmp)
			return
		}
		r.integer(s, ref, int64(int32(v)))
	default:
		r.integer(s, ref, int64(v))
	}
}

func (r *Reader) integer(s *shape.Scanner, ref shape.Ref, v int64) {
	r.tmp = strconv.AppendInt(r.tmp[:0], v, 10)
	s.AddAt(ref, r.tmp)
}

func (r *Reader) unsigned(s *shape.Scanner, ref shape.Ref, v uint64) {
	r.tmp = strconv.AppendUint(r.tmp[:0], v, 10)
	s.AddAt(ref, r.tmp)
}

// float counts v as a number that is no integer, whatever its value: the type
// matters. As in protobuf's JSON, what is no number is a string.
func (r *Reader) float(s *shape.Scanner, ref shape.Ref, v float64, bits int) {
	switch {
	case math.IsNaN(v):
		r.tmp = append(r.tmp[:0], "NaN"...)
		s.String(ref, r.tmp)
		return
	case math.IsInf(v, 0):
		r.tmp = append(r.tmp[:0], "-Infinity"...)
		if v > 0 {
			r.tmp = append(r.tmp[:0], "Infinity"...)
		}
		s.String(ref, r.tmp)
		return
	}
	format := byte('f')
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	r.tmp = strconv.AppendFloat(r.tmp[:0], v, format, -1, bits)
	if v == math.Trunc(v) && format == 'f' {
		r.tmp = append(r.tmp, "e0"...)
	}
	s.AddAt(ref, r.tmp)
}

// bytes counts b as the base64 text that protobuf's JSON has for it.
func (r *Reader) bytes(s *shape.Scanner, ref shape.Ref, b []byte) {
	r.text = base64.StdEncoding.AppendEncode(r.text[:0], b)
	s.String(ref, r.text)
}
