package protobuf

import (
	"encoding/binary"
	"math"
	"unicode/utf8"
)

// Limits of one reading.
const (
	maxDepth  = 32      // messages inside each other; deeper ones are counted, not described
	maxSpots  = 4160    // positions; more than a shape.Scanner has room for, so that its shape says that it was cut
	maxLevel  = 1 << 16 // messages of one depth in which evidence is sought
	edgeSlots = 4 * 4096
)

// Names are where the types of messages are looked up: what the user gave comes
// before what was learnt. Either may be nil.
type Names struct{ Given, Learnt *Schemas }

func (n Names) message(name string) *Message {
	for _, s := range [2]*Schemas{n.Given, n.Learnt} {
		if s == nil || name == "" {
			continue
		}
		if m := s.messages[name]; m != nil {
			return m
		}
	}
	return nil
}

func (n Names) enum(name string) map[int32]string {
	for _, s := range [2]*Schemas{n.Given, n.Learnt} {
		if s == nil {
			continue
		}
		if e := s.enums[name]; e != nil {
			return e
		}
	}
	return nil
}

// Method returns the method called "package.Service/Method", nil when it is unknown.
func (n Names) Method(name string) *Method {
	if m := n.Given.Method(name); m != nil {
		return m
	}
	return n.Learnt.Method(name)
}

// Reader turns messages of one type, known or not, into a shape. It is re-used
// from content to content. The zero value is ready; it belongs to one goroutine.
type Reader struct {
	names Names
	spots []spot
	edges []edge
	gen   uint32
	roots [][]byte
	level []instance
	below []instance

	serial uint32 // of the message being read or written
	tmp    []byte
	text   []byte
}

// spot is a position in the tree of fields with what all values that were seen
// there tell of its type.
type spot struct {
	parent, first, following int32 // -1 none
	number                   uint32
	field                    *field
	msg                      *Message // type of the messages here, nil unknown
	enum                     map[int32]string
	serial                   uint32 // of the message that was last found to have the field
	count                    int32  // of its values there
	ref                      int32  // of the shape, of that message
	many                     bool   // some message has several
	malformed                bool   // some value is no message though the field's type is one
	wires                    uint8  // set of wire types
	kind                     guess  // of length-delimited values, once decided

	// of length-delimited values that are not empty and do not fit the field's type
	values               uint32
	notText, notMessage  bool
	notOpening           bool // some text does not begin with a control character
	notPacked            bool
	notZeros             bool
	packed, packedLonger uint32 // bytes; those of varints of several bytes
	packedLen            int32  // of all varints; -1 they differ
	// of fixed numbers
	nonZero, notFloat bool
}

// guess is what length-delimited values of an unknown field are taken for.
type guess uint8

const (
	guessEmpty guess = iota // nothing but empty values: nothing is said
	guessText
	guessMessage
	guessPacked
	guessBytes
)

type instance struct {
	spot int32
	b    []byte
}

// edge finds the child of a spot by number.
type edge struct {
	gen, number   uint32
	parent, child int32
}

// Begin starts a reading of messages of the type called name, "" when that is unknown.
func (r *Reader) Begin(names Names, name string) {
	if r.edges == nil {
		r.edges = make([]edge, edgeSlots)
	}
	if r.gen++; r.gen == 0 {
		clear(r.edges)
		r.gen = 1
	}
	clear(r.roots)
	r.names, r.spots, r.roots, r.serial = names, r.spots[:0], r.roots[:0], 0
	r.spots = append(r.spots, spot{parent: -1, first: -1, following: -1, msg: names.message(name), kind: guessMessage})
}

// Add takes one message and reports whether it is one. It aliases b until the
// next Begin.
func (r *Reader) Add(b []byte) bool {
	if !wellFormed(b) {
		return false
	}
	r.roots = append(r.roots, b)
	return true
}

// gather reads all messages, level by level: what a field of unknown type is, is
// decided from all its values before any of them is looked into.
func (r *Reader) gather() {
	r.level = r.level[:0]
	for _, b := range r.roots {
		if len(r.level) < maxLevel {
			r.level = append(r.level, instance{0, b})
		}
	}
	for depth := 0; len(r.level) > 0 && depth <= maxDepth; depth++ {
		r.below = r.below[:0]
		from := len(r.spots)
		for i := range r.level {
			r.note(r.level[i].spot, r.level[i].b)
		}
		for i := from; i < len(r.spots); i++ {
			r.spots[i].decide()
		}
		r.level = r.level[:0]
		for _, in := range r.below {
			if sp := &r.spots[in.spot]; sp.holdsMessages() {
				r.level = append(r.level, in)
			}
		}
	}
	clear(r.level[:cap(r.level)])
	clear(r.below[:cap(r.below)])
}

// holdsMessages reports whether the messages found at sp are read.
func (sp *spot) holdsMessages() bool {
	if sp.msg != nil {
		return sp.msg.known == plain
	}
	return sp.kind == guessMessage
}

// note adds what the fields of one message at the spot n tell.
func (r *Reader) note(n int32, b []byte) {
	r.serial++
	for len(b) > 0 {
		rec, rest, ok := next(b)
		if !ok {
			return
		}
		b = rest
		c := r.child(n, rec.number, true)
		if c < 0 {
			continue
		}
		sp := &r.spots[c]
		if sp.serial != r.serial {
			sp.serial = r.serial
		} else {
			sp.many = true
		}
		r.value(c, sp, &rec)
	}
}

// value adds what one value tells of the spot c. A value that fits the field's
// type needs no evidence; what it is depends on no other value.
func (r *Reader) value(c int32, sp *spot, rec *record) {
	sp.wires |= 1 << rec.wire
	switch rec.wire {
	case wireFixed64:
		sp.fixed(rec.value != 0, math.Float64frombits(rec.value))
	case wireFixed32:
		sp.fixed(rec.value != 0, float64(math.Float32frombits(uint32(rec.value))))
	case wireStart:
		r.push(c, rec.data)
	case wireBytes:
		switch {
		case len(rec.data) == 0:
		case sp.msg != nil:
			if wellFormed(rec.data) {
				r.push(c, rec.data)
				return
			}
			sp.malformed = true
			sp.content(rec.data, false)
		case sp.field == nil || !fits(sp.field, rec):
			whole := !sp.notMessage && wellFormed(rec.data)
			sp.content(rec.data, whole)
			if whole {
				r.push(c, rec.data)
			}
		}
	}
}

func (r *Reader) push(c int32, b []byte) {
	if len(r.below) < maxLevel {
		r.below = append(r.below, instance{c, b})
	}
}

// fits reports whether a value can be one of the field, which is no message. Numbers
// may be packed, whether the field is declared so or not.
func fits(f *field, rec *record) bool {
	w := wire[f.kind]
	switch {
	case f.kind == kindUnknown:
		return false
	case rec.wire == w:
		return true
	case rec.wire != wireBytes || !f.repeated || w == wireBytes:
		return false
	case w == wireFixed64:
		return len(rec.data)%8 == 0
	case w == wireFixed32:
		return len(rec.data)%4 == 0
	}
	return varints(rec.data)
}

// varints reports whether b is varints and nothing else.
func varints(b []byte) bool {
	for len(b) > 0 {
		_, n := varint(b)
		if n == 0 {
			return false
		}
		b = b[n:]
	}
	return true
}

// fixed notes a fixed number and its reading as floating-point.
func (sp *spot) fixed(nonZero bool, v float64) {
	if !nonZero {
		return
	}
	sp.nonZero = true
	if a := math.Abs(v); !(a >= 1e-12 && a <= 1e18) {
		sp.notFloat = true
	}
}

// content notes what a length-delimited value may be; whole says that it is a message by its form.
func (sp *spot) content(b []byte, whole bool) {
	sp.values++
	sp.notMessage = sp.notMessage || !whole
	plain, ascii := text(b)
	sp.notText = sp.notText || !plain
	if b[0] >= ' ' {
		sp.notOpening = true
	}
	switch {
	case sp.notPacked:
	case plain && ascii: // varints of one byte
		sp.packed += uint32(len(b))
		sp.notZeros = true
		sp.length(1)
	default:
		sp.varints(b)
	}
}

// length notes the length of a varint.
func (sp *spot) length(n int32) {
	switch sp.packedLen {
	case 0:
		sp.packedLen = n
	case n:
	default:
		sp.packedLen = -1
	}
}

// varints notes whether b may be packed varints.
func (sp *spot) varints(b []byte) {
	sp.packed += uint32(len(b))
	for len(b) > 0 {
		v, n := varint(b)
		sp.notZeros = sp.notZeros || v != 0
		if n == 0 || n > 1 && b[n-1] == 0 {
			sp.notPacked = true
			return
		}
		if n > 1 {
			sp.packedLonger += uint32(n)
		}
		sp.length(int32(n))
		b = b[n:]
	}
}

// decide chooses what length-delimited values without a type are taken for. All
// values count alike, so their order changes nothing.
func (sp *spot) decide() {
	opening := !sp.notMessage && !sp.notOpening // text with a line break in front that happens to be a whole message
	switch {
	case sp.values == 0:
		sp.kind = guessEmpty
		if sp.wires&(1<<wireStart) != 0 {
			sp.kind = guessMessage
		}
	case !sp.notText && !opening:
		sp.kind = guessText
	case !sp.notMessage:
		sp.kind = guessMessage
	case !sp.notPacked && sp.notZeros && (sp.packedLen > 0 || sp.packedLonger*4 <= sp.packed):
		sp.kind = guessPacked
	default:
		sp.kind = guessBytes
	}
}

// text reports whether b is UTF-8 without control characters but for white
// space, and whether it is ASCII.
func text(b []byte) (ok, ascii bool) {
	const lows, highs = 0x0101010101010101, 0x8080808080808080
	ascii = true
	for i := 0; i < len(b); {
		if i+8 <= len(b) {
			// No byte is below a space, above 0x7e or beyond ASCII.
			if w := binary.LittleEndian.Uint64(b[i:]); (w|(w-lows*' ')|(w+lows))&highs == 0 {
				i += 8
				continue
			}
		}
		for end := min(i+8, len(b)); i < end; i++ {
			c := b[i]
			if c < ' ' && c != '\n' && c != '\r' && c != '\t' || c == 0x7f {
				return false, false
			}
			ascii = ascii && c < utf8.RuneSelf
		}
	}
	return ascii || utf8.Valid(b), ascii
}

// child returns the spot of the field with the number below n, -1 when there is none.
func (r *Reader) child(n int32, number uint32, add bool) int32 {
	const mask = edgeSlots - 1
	h := uint32(n)*0x9E3779B1 ^ number*0x85EBCA77
	h ^= h >> 15
	var e *edge
	for i := h & mask; ; i = (i + 1) & mask {
		if e = &r.edges[i]; e.gen != r.gen {
			break
		}
		if e.parent == n && e.number == number {
			return e.child
		}
	}
	if !add || len(r.spots) >= maxSpots {
		return -1
	}
	c := int32(len(r.spots))
	sp := spot{parent: n, first: -1, following: r.spots[n].first, number: number}
	if m := r.spots[n].msg; m != nil {
		if sp.field = m.field(number); sp.field != nil {
			switch sp.field.kind {
			case kindMessage, kindGroup:
				if sp.msg = r.names.message(sp.field.typ); sp.msg == nil {
					sp.field = &field{number: number, name: sp.field.name, repeated: sp.field.repeated}
				}
			case kindEnum:
				sp.enum = r.names.enum(sp.field.typ)
			}
		}
	}
	r.spots = append(r.spots, sp)
	r.spots[n].first = c
	*e = edge{gen: r.gen, number: number, parent: n, child: c}
	return c
}
