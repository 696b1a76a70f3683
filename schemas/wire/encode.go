package wire

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"wirecensus/schemas"
)

// maxMemory is the bytes of structures that an Encoder remembers.
const maxMemory = 32 << 20

// Encoding is the form of records.
type Encoding uint8

// Encodings.
const (
	Protobuf Encoding = iota // compact, with definitions
	JSON                     // CloudEvents in structured mode, each complete in itself
)

// Encoder makes batches of calls. Encoders that encode the same calls in the
// same order make the same bytes.
type Encoder struct {
	// Encoding is set before the first call is added.
	Encoding Encoding
	// Inline makes every record complete in itself, and larger: there are no
	// definitions. It is for files.
	Inline bool

	// Of what was met, the structures met lately, and before those. When young
	// is half of the memory it becomes old, and old is forgotten.
	young, old map[string]*entry
	memory     int // bytes of the keys of young
	pending    []Definition
	forgotten  uint64

	// of the call under way
	batch  *Batch
	head   [prefix]byte
	form   []byte // the structure
	nodes  int
	before int // of them, those of earlier structures
	sums
	asked  sums   // those of the operations
	asking bool   // the operations are being written: sums and asked are exchanged
	same   []part // of the operations' shapes, in order
	room   int    // nodes that these may still have
	call   []byte
	path   []byte
	parts  []uint32 // the texts of the path
}

// entry is what an encoder knows of a structure.
type entry struct {
	id      ID
	value   string
	nodes   int
	defined bool // its definition was handed out; until then it was only met

	batch  *Batch // the last batch to refer to it, while its serial is serial,
	serial uint64
	at     uint32 // and the position there
}

// NewEncoder returns an encoder that has sent no definition.
func NewEncoder() *Encoder {
	return &Encoder{young: map[string]*entry{}, old: map[string]*entry{}}
}

// Add puts a call into the batch and keeps nothing of it. All calls of a batch have the same service.
func (e *Encoder) Add(b *Batch, c *schemas.Call) {
	if b.count == 0 {
		b.begin(c)
	}
	if e.Encoding == JSON {
		b.addJSON(c)
		return
	}
	e.batch = b
	e.sums.empty()
	e.nodes = 0
	var requestShape, responseShape uint32
	request := e.refer(e.request(c), false)
	if c.Request.Shape != nil {
		requestShape = 1 + e.refer(e.shape(c.Request.Shape), false)
	}
	response := e.refer(e.response(c), false)
	if c.Response.Shape != nil {
		responseShape = 1 + e.refer(e.shape(c.Response.Shape), false)
	}
	e.segments(c.Path)
	e.idents(c.IDs)
	operations := e.operations(c)

	f := e.call[:0]
	var buf [20]byte
	id, isID := appendID(buf[:0], c.ID)
	if isID {
		f = appendBytes(f, 1, id)
	}
	if d := int64(c.Time - b.last); d != 0 {
		f = appendUvarint(append(f, tag(2, varint)), uint64(d)<<1^uint64(d>>63))
	}
	b.last = c.Time
	f = appendUint(f, 3, uint64(c.Duration))
	f = appendUint(f, 4, uint64(request))
	f = appendUint(f, 5, uint64(response))
	f = appendBytes(f, 6, e.path)
	addr, isAddr := appendAddr(buf[:0], c.Client)
	if isAddr {
		f = appendBytes(f, 7, append(addr, byte(c.ClientPort>>8), byte(c.ClientPort)))
	}
	f = appendUint(f, 8, uint64(c.Request.Size))
	f = appendUint(f, 9, uint64(c.Response.Size))
	f = appendBytes(f, 10, e.tally)
	f = appendBytes(f, 11, e.odds)
	f = appendBytes(f, 12, e.fresh)
	f = appendUint(f, 13, uint64(requestShape))
	f = appendUint(f, 14, uint64(responseShape))
	if !isAddr {
		f = appendText(f, 15, c.Client)
		f = appendUint(f, 16, uint64(c.ClientPort))
	}
	if !isID {
		f = appendText(f, 17, c.ID)
	}
	f = appendUint(f, 18, uint64(operations))
	f = appendLong(f, 19, e.asked.tally)
	f = appendLong(f, 20, e.asked.odds)
	f = appendLong(f, 21, e.asked.fresh)
	f = appendUint(f, 22, uint64(c.Request.Messages))
	f = appendUint(f, 23, uint64(c.Response.Messages))
	f = appendUint(f, 24, uint64(c.OneOf))
	if c.Trace != 0 {
		f = binary.LittleEndian.AppendUint32(appendUvarint(f, 25<<3|fixed32), c.Trace)
	}
	e.call = f
	b.calls = append(appendUvarint(append(b.calls, tag(9, lengthed)), uint64(len(f))), f...)
	b.count++
	b.nodes += e.nodes
}

// refer returns the position in the batch of the structure with the given Definition,
// among the operations or among all others.
func (e *Encoder) refer(def []byte, operations bool) uint32 {
	b := e.batch
	s, met := e.young[string(def)]
	if !met {
		s, met = e.remember(def)
	}
	if s.batch == b && s.serial == b.serial {
		return s.at
	}
	at, ok := b.structures[s]
	if !ok {
		refs, number := &b.refs, byte(7)
		if at = uint32(len(b.structures)) - b.asked; operations {
			refs, number, at = &b.asks, 11, b.asked
			b.asked++
		}
		b.structures[s] = at
		ref, open := begin(*refs, number)
		if !e.Inline && (met || b.inline+s.nodes > maxInline/2) {
			e.publish(s)
			ref = appendBytes(ref, 1, s.id[:])
		} else {
			b.inline += s.nodes
			ref = appendBytes(ref, 2, def)
		}
		*refs = end(ref, open)
	}
	s.batch, s.serial, s.at = b, b.serial, at
	return at
}

// remember brings a structure into young, and reports whether it was in old.
func (e *Encoder) remember(def []byte) (s *entry, met bool) {
	s, met = e.old[string(def)]
	if met {
		delete(e.old, s.value)
	} else {
		s = &entry{value: string(def), nodes: e.nodes - e.before + structureNodes}
	}
	if e.memory+len(def) > maxMemory/2 {
		for _, o := range e.old {
			if o.defined {
				e.forgotten++
			}
		}
		e.young, e.old, e.memory = map[string]*entry{}, e.young, 0
	}
	e.young[s.value] = s
	e.memory += len(def)
	return s, met
}

// publish hands the definition of s out, once.
func (e *Encoder) publish(s *entry) {
	if s.defined {
		return
	}
	s.defined = true
	value := []byte(s.value)
	s.id = idOf(value)
	e.pending = append(e.pending, Definition{s.id, value})
}

func idOf(value []byte) (id ID) {
	sum := sha256.Sum256(value)
	copy(id[:], sum[:])
	return id
}

// Definitions returns the definitions that the calls added since the last time
// refer to and that this encoder has not returned before.
func (e *Encoder) Definitions() []Definition {
	d := e.pending
	e.pending = nil
	return d
}

// Known returns, in order of ID, the definitions that the encoder has returned and
// not forgotten: what is worth saying again from time to time, for readers of a
// topic that lost some.
func (e *Encoder) Known() []Definition {
	var out []Definition
	for _, m := range [...]map[string]*entry{e.young, e.old} {
		for s := range maps.Values(m) {
			if s.defined {
				out = append(out, Definition{s.id, []byte(s.value)})
			}
		}
	}
	slices.SortFunc(out, func(a, b Definition) int { return cmp.Compare(string(a.ID[:]), string(b.ID[:])) })
	return out
}

// Forgotten returns how many definitions were forgotten at the limit of memory;
// a call that needs one makes the encoder define it again.
func (e *Encoder) Forgotten() uint64 { return e.forgotten }

// A run of identifiers begins with key<<4 | one of these<<2 | their number, or 0
// where the number, of more than three, follows.
const (
	inRequest = iota
	inResponse
	elsewhere // then the key that is In follows, and the position; for one
)

// segments writes the path.
func (e *Encoder) segments(path string) {
	e.path, e.parts = e.path[:0], e.parts[:0]
	for more := path != ""; more; {
		var s string
		s, path, more = strings.Cut(path, "/")
		at := e.batch.texts.place(s)
		e.path, e.parts = appendUvarint(e.path, uint64(at)), append(e.parts, at)
	}
}

// idents writes the identifiers: those of the path, in order of their positions
// from the first, then the others in runs of the same place.
func (e *Encoder) idents(ids []schemas.Ident) {
	b, n := e.batch, 0
	for len(b.segments) < len(b.texts.at) {
		b.segments = append(b.segments, 0)
	}
	for n < len(ids) && ids[n].In == "path" && ids[n].At == "" && ids[n].Pos == n && n+1 < len(e.parts) {
		n++
	}
	e.odd(uint64(n), uint64(max(len(e.parts), 1)-1))
	for i := range ids[:n] {
		s := &b.segments[e.parts[i+1]]
		ref := e.ref(ids[i].Digest)
		e.odd(uint64(ref), uint64(*s))
		*s = b.digests[ids[i].Digest]
	}
	for ids = ids[n:]; len(ids) > 0; ids = ids[n:] {
		n = e.run(ids)
	}
}

// run writes the first identifiers that have a place in common, and returns how many.
func (e *Encoder) run(ids []schemas.Ident) (n int) {
	b, first := e.batch, &ids[0]
	n, code := 1, uint64(elsewhere)
	if (first.In == "request" || first.In == "response") && first.Pos == 0 {
		for n < len(ids) && ids[n].In == first.In && ids[n].At == first.At && ids[n].Pos == 0 {
			n++
		}
		if code = inRequest; first.In == "response" {
			code = inResponse
		}
	}
	head := uint64(b.keys.place(first.At))<<4 | code<<2
	if n < 4 {
		e.dense(head | uint64(n))
	} else {
		e.dense(head)
		e.dense(uint64(n))
	}
	if code == elsewhere {
		e.dense(uint64(b.keys.place(first.In)))
		e.dense(uint64(first.Pos))
	}
	for i := range ids[:n] {
		e.odd(uint64(e.ref(ids[i].Digest)), 0)
	}
	return n
}

// appendID appends the bytes of an id of 32 hex digits.
func appendID(dst []byte, s string) ([]byte, bool) {
	if len(s) != 32 {
		return dst, false
	}
	for i := 0; i < len(s); i += 2 {
		hi, lo := hexDigit(s[i]), hexDigit(s[i+1])
		if hi|lo > 15 {
			return dst, false
		}
		dst = append(dst, hi<<4|lo)
	}
	return dst, true
}

func hexDigit(c byte) byte {
	switch {
	case c-'0' < 10:
		return c - '0'
	case c-'a' < 6:
		return c - 'a' + 10
	}
	return 0xff
}

// appendAddr appends the bytes of an IP address in the text form that netip gives it.
func appendAddr(dst []byte, s string) ([]byte, bool) {
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return dst, false
	}
	var text [64]byte
	if string(a.AppendTo(text[:0])) != s {
		return dst, false
	}
	if a.Is4() {
		b := a.As4()
		return append(dst, b[:]...), true
	}
	b := a.As16()
	return append(dst, b[:]...), true
}
