package protobuf

import (
	"errors"
	"slices"
	"strings"
)

// ErrSyntax says that bytes are no descriptor, ErrRoom that a limit of the Schemas was reached.
var (
	ErrSyntax = errors.New("not a protobuf descriptor")
	ErrRoom   = errors.New("too many or too large protobuf descriptors")
)

// Limits bound what a Schemas holds.
type Limits struct {
	Bytes int // of the descriptors added
	Files int
	Parts int // fields, enumeration values and methods
}

// Given returns the limits for descriptors that the user gives.
func Given() Limits { return Limits{Bytes: 64 << 20, Files: 16_384, Parts: 4 << 20} }

// Learnt returns the limits for descriptors that one connection shows.
func Learnt() Limits { return Limits{Bytes: 512 << 10, Files: 64, Parts: 8192} }

// Schemas are message types and methods by their full names. What is known of a
// name is never replaced. Once nothing is added any more it may be used by
// several goroutines.
type Schemas struct {
	limits   Limits
	bytes    int
	files    int
	parts    int
	messages map[string]*Message
	enums    map[string]map[int32]string
	methods  map[string]*Method
}

// NewSchemas returns an empty set with limits.
func NewSchemas(l Limits) *Schemas {
	return &Schemas{limits: l, messages: map[string]*Message{}, enums: map[string]map[int32]string{}, methods: map[string]*Method{}}
}

// Method is what a service describes of one of its methods.
type Method struct {
	Input, Output                string // full names of messages
	ClientStreams, ServerStreams bool
}

// Method returns the method called "package.Service/Method", nil when it is unknown.
func (s *Schemas) Method(name string) *Method {
	if s == nil {
		return nil
	}
	return s.methods[name]
}

// Message is a message type.
type Message struct {
	name   string
	fields []field // by number
	entry  bool    // of a map
	known  wellKnown
}

// kind is the type of a field, as FieldDescriptorProto.Type numbers them.
type kind uint8

// Kinds. kindUnknown is a field that has a name but no type that is known.
const (
	kindUnknown kind = iota
	kindDouble
	kindFloat
	kindInt64
	kindUint64
	kindInt32
	kindFixed64
	kindFixed32
	kindBool
	kindString
	kindGroup
	kindMessage
	kindBytes
	kindUint32
	kindEnum
	kindSfixed32
	kindSfixed64
	kindSint32
	kindSint64
	numKinds
)

// wire is the wire type of values of each kind.
var wire = [numKinds]uint8{
	kindUnknown: wireBytes, kindDouble: wireFixed64, kindFloat: wireFixed32, kindFixed64: wireFixed64, kindFixed32: wireFixed32, kindString: wireBytes,
	kindGroup: wireStart, kindMessage: wireBytes, kindBytes: wireBytes, kindSfixed32: wireFixed32, kindSfixed64: wireFixed64,
}

type field struct {
	number   uint32
	kind     kind
	repeated bool
	name     string // in JSON
	typ      string // full name of the message or enumeration
}

func (m *Message) field(number uint32) *field {
	i, ok := slices.BinarySearchFunc(m.fields, number, func(f field, n uint32) int { return int(f.number) - int(n) })
	if !ok {
		return nil
	}
	return &m.fields[i]
}

// AddSet adds the files of a FileDescriptorSet.
func (s *Schemas) AddSet(set []byte) error {
	if !wellFormed(set) || len(set) == 0 {
		return ErrSyntax
	}
	for len(set) > 0 {
		var r record
		if r, set, _ = next(set); r.number == 1 && r.wire == wireBytes {
			if err := s.Add(r.data); err != nil {
				return err
			}
		}
	}
	return nil
}

// Add adds a FileDescriptorProto. It retains nothing of file. Types that it
// refers to may be added later, or never: then their values are read without names.
func (s *Schemas) Add(file []byte) error {
	if s.files >= s.limits.Files || len(file) > s.limits.Bytes-s.bytes {
		return ErrRoom
	}
	if !wellFormed(file) || len(file) == 0 {
		return ErrSyntax
	}
	s.files++
	s.bytes += len(file)
	pkg := ""
	for b := file; len(b) > 0; {
		var r record
		if r, b, _ = next(b); r.number == 2 && r.wire == wireBytes {
			pkg = string(r.data)
		}
	}
	if pkg != "" && !fullName(pkg) {
		return ErrSyntax
	}
	for b := file; len(b) > 0; {
		var r record
		r, b, _ = next(b)
		if r.wire != wireBytes {
			continue
		}
		var err error
		switch r.number {
		case 4:
			err = s.addMessage(r.data, pkg, 0)
		case 5:
			err = s.addEnum(r.data, pkg)
		case 6:
			err = s.addService(r.data, pkg)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// count books one more part.
func (s *Schemas) count() error {
	if s.parts >= s.limits.Parts {
		return ErrRoom
	}
	s.parts++
	return nil
}

// each calls do for every field of b, which must be well-formed.
func each(b []byte, do func(*record) error) error {
	if !wellFormed(b) {
		return ErrSyntax
	}
	for len(b) > 0 {
		var r record
		r, b, _ = next(b)
		if err := do(&r); err != nil {
			return err
		}
	}
	return nil
}

// named returns the full name of the declaration b within scope.
func named(b []byte, scope string) (name string, err error) {
	err = each(b, func(r *record) error {
		if r.number == 1 && r.wire == wireBytes {
			name = string(r.data)
		}
		return nil
	})
	if err == nil && !identifier(name) {
		err = ErrSyntax
	}
	if scope != "" {
		name = scope + "." + name
	}
	return name, err
}

func (s *Schemas) addMessage(b []byte, scope string, depth int) error {
	name, err := named(b, scope)
	if err != nil || depth > maxDepth || len(name) > maxFullName {
		return ErrSyntax
	}
	m := &Message{name: name, known: wellKnowns[name]}
	err = each(b, func(r *record) error {
		switch {
		case r.wire != wireBytes:
		case r.number == 2:
			f, err := parseField(r.data)
			if err != nil {
				return err
			}
			m.fields = append(m.fields, f)
			return s.count()
		case r.number == 3:
			return s.addMessage(r.data, name, depth+1)
		case r.number == 4:
			return s.addEnum(r.data, name)
		case r.number == 7: // MessageOptions.map_entry
			return each(r.data, func(o *record) error {
				m.entry = m.entry || o.number == 7 && o.wire == wireVarint && o.value != 0
				return nil
			})
		}
		return nil
	})
	if err != nil {
		return err
	}
	if name == "google.protobuf.Any" {
		m.fields = anyFields()
	}
	slices.SortStableFunc(m.fields, func(a, b field) int { return int(a.number) - int(b.number) })
	m.fields = slices.CompactFunc(m.fields, func(a, b field) bool { return a.number == b.number })
	if _, ok := s.messages[name]; !ok {
		s.messages[name] = m
	}
	return s.count()
}

func parseField(b []byte) (f field, err error) {
	var name, json string
	var typ uint64
	err = each(b, func(r *record) error {
		switch {
		case r.number == 1 && r.wire == wireBytes:
			name = string(r.data)
		case r.number == 3 && r.wire == wireVarint && r.value <= maxNumber:
			f.number = uint32(r.value)
		case r.number == 4 && r.wire == wireVarint:
			f.repeated = r.value == 3
		case r.number == 5 && r.wire == wireVarint:
			typ = r.value
		case r.number == 6 && r.wire == wireBytes:
			f.typ = strings.TrimPrefix(string(r.data), ".")
		case r.number == 10 && r.wire == wireBytes:
			json = string(r.data)
		}
		return nil
	})
	if err != nil || !identifier(name) || f.number == 0 || len(json) > maxName || f.typ != "" && !fullName(f.typ) {
		return f, ErrSyntax
	}
	if typ < uint64(numKinds) {
		f.kind = kind(typ)
	}
	if f.name = json; json == "" {
		f.name = lowerCamel(name)
	}
	return f, nil
}

func (s *Schemas) addEnum(b []byte, scope string) error {
	name, err := named(b, scope)
	if err != nil || len(name) > maxFullName {
		return ErrSyntax
	}
	values := map[int32]string{}
	err = each(b, func(r *record) error {
		if r.number != 2 || r.wire != wireBytes {
			return nil
		}
		var number int32
		value, err := named(r.data, "")
		if err != nil {
			return err
		}
		_ = each(r.data, func(v *record) error { // well-formed: named has looked
			if v.number == 2 && v.wire == wireVarint {
				number = int32(v.value)
			}
			return nil
		})
		if _, ok := values[number]; !ok {
			values[number] = value // of aliases the first
		}
		return s.count()
	})
	if _, ok := s.enums[name]; !ok && err == nil {
		s.enums[name] = values
	}
	return err
}

func (s *Schemas) addService(b []byte, scope string) error {
	service, err := named(b, scope)
	if err != nil || len(service) > maxFullName {
		return ErrSyntax
	}
	return each(b, func(r *record) error {
		if r.number != 2 || r.wire != wireBytes {
			return nil
		}
		name, err := named(r.data, "")
		if err != nil {
			return err
		}
		m := new(Method)
		_ = each(r.data, func(f *record) error { // well-formed: named has looked
			switch f.number {
			case 2:
				m.Input = strings.TrimPrefix(string(f.data), ".")
			case 3:
				m.Output = strings.TrimPrefix(string(f.data), ".")
			case 5:
				m.ClientStreams = f.value != 0
			case 6:
				m.ServerStreams = f.value != 0
			}
			return nil
		})
		if _, ok := s.methods[service+"/"+name]; !ok {
			s.methods[service+"/"+name] = m
		}
		return s.count()
	})
}

// Limits of names, in bytes.
const (
	maxName     = 128
	maxFullName = 512
)

func identifier(s string) bool {
	if len(s) == 0 || len(s) > maxName || s[0]-'0' < 10 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; c != '_' && c-'0' > 9 && c|0x20-'a' > 25 {
			return false
		}
	}
	return true
}

// fullName reports whether s is identifiers joined by points.
func fullName(s string) bool {
	if len(s) > maxFullName {
		return false
	}
	for part := range strings.SplitSeq(s, ".") {
		if !identifier(part) {
			return false
		}
	}
	return true
}

// lowerCamel returns the JSON name of a field: a letter behind _ in upper case, no _.
func lowerCamel(s string) string {
	b, up := make([]byte, 0, len(s)), false
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '_' {
			up = true
			continue
		}
		if up && c-'a' < 26 {
			c -= 0x20
		}
		b, up = append(b, c), false
	}
	return string(b)
}
