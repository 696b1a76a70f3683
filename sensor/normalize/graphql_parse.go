package normalize

// Limits of GraphQL documents.
const (
	maxNesting     = 200 // selection sets, values and types inside each other; deeper documents are not read
	maxDefinitions = 256 // operations, and fragments; documents with more are not read
)

// document is an executable document (GraphQL, September 2025, Section 2.3): where its
// operations and fragments are. Offsets are into the source; it is re-used.
type document struct {
	lexer
	bad   bool
	depth int
	ops   []gqlOperation
	frags []gqlFragment
	// fields are the root fields that collect found, one for each name in the answer.
	fields []gqlField
}

type gqlOperation struct {
	kind string // query, mutation, subscription
	name []byte
	vars int // offset of the variable definitions, 0 without
	set  int // offset of the selection set
}

type gqlFragment struct {
	name []byte
	set  int
	used bool // expanded in the collection under way
}

// gqlField is a field at the root of an operation.
type gqlField struct {
	name, key []byte // key is its name in the answer: the alias, else name
	args      int    // offset of its arguments, 0 without
}

// parse reads src, and reports whether it is a document with at least one operation.
// The grammar is checked, not what the names mean: there is no schema here. src must
// not change while the document is used.
func (d *document) parse(src []byte) bool {
	d.lexer = lexer{src: src}
	d.bad, d.depth, d.ops, d.frags = false, 0, d.ops[:0], d.frags[:0]
	d.next()
	for d.tok.kind != tokEnd && !d.bad {
		d.definition()
	}
	return !d.bad && len(d.ops) > 0
}

func (d *document) fail() { d.bad = true }

// want takes the punctuator p.
func (d *document) want(p byte) {
	if !d.is(p) {
		d.fail()
		return
	}
	d.next()
}

// name takes a name.
func (d *document) name() []byte {
	w := d.word()
	if w == nil {
		d.fail()
	} else {
		d.next()
	}
	return w
}

// enter begins something nested and reports whether it is not too deep. leave ends it.
func (d *document) enter() bool {
	if d.depth++; d.depth > maxNesting {
		d.fail()
	}
	return !d.bad
}

func (d *document) leave() { d.depth-- }

func (d *document) definition() {
	if len(d.ops) == maxDefinitions || len(d.frags) == maxDefinitions {
		d.fail()
		return
	}
	if d.is('{') {
		d.ops = append(d.ops, gqlOperation{kind: "query", set: d.tok.start})
		d.selections(false)
		return
	}
	if d.tok.kind == tokString { // a description
		d.next()
	}
	switch w := d.word(); string(w) {
	case "query", "mutation", "subscription":
		op := gqlOperation{kind: operationKinds[w[0]]}
		if d.next(); d.tok.kind == tokName {
			op.name = d.name()
		}
		if d.is('(') {
			op.vars = d.tok.start
			d.variables(nil)
		}
		d.directives()
		op.set = d.tok.start
		d.selections(false)
		d.ops = append(d.ops, op)
	case "fragment":
		d.next()
		f := gqlFragment{name: d.name()}
		if string(f.name) == "on" || string(d.word()) != "on" {
			d.fail()
			return
		}
		d.next()
		d.name()
		d.directives()
		f.set = d.tok.start
		d.selections(false)
		d.frags = append(d.frags, f)
	default:
		d.fail()
	}
}

// operationKinds by their first letter.
var operationKinds = map[byte]string{'q': "query", 'm': "mutation", 's': "subscription"}

// selections takes a selection set (Section 2.5); collect books its fields as root fields.
func (d *document) selections(collect bool) {
	if d.want('{'); !d.enter() {
		return
	}
	for first := true; first || !d.is('}'); first = false {
		if d.bad {
			return
		}
		if d.is('.') {
			d.spread(collect)
		} else {
			d.field(collect)
		}
	}
	d.leave()
	d.next()
}

// field takes a field (Section 2.6).
func (d *document) field(collect bool) {
	f := gqlField{name: d.name()}
	f.key = f.name
	if d.is(':') {
		d.next()
		f.name = d.name()
	}
	if d.is('(') {
		f.args = d.tok.start
		d.arguments(nil)
	}
	d.directives()
	if d.is('{') {
		d.selections(false)
	}
	if collect && !d.bad {
		d.book(f)
	}
}

// book adds a root field unless its name in the answer is there already: such fields are
// one (Section 6.3.2).
func (d *document) book(f gqlField) {
	for i := range d.fields {
		if string(d.fields[i].key) == string(f.key) {
			return
		}
	}
	if len(d.fields) < maxOperations {
		d.fields = append(d.fields, f)
	}
}

// spread takes a fragment spread or an inline fragment (Section 2.8).
func (d *document) spread(collect bool) {
	d.next()
	if w := d.word(); w != nil && string(w) != "on" {
		d.next()
		d.directives()
		if collect {
			d.expand(w)
		}
		return
	} else if w != nil {
		d.next()
		d.name()
	}
	d.directives()
	d.selections(collect)
}

// expand books the fields of a fragment, once.
func (d *document) expand(name []byte) {
	for i := range d.frags {
		f := &d.frags[i]
		if f.used || string(f.name) != string(name) {
			continue
		}
		f.used = true
		back := d.tok.start
		d.seek(f.set)
		d.selections(true)
		d.seek(back)
	}
}

// directives takes directives (Section 2.12).
func (d *document) directives() {
	for d.is('@') && !d.bad {
		d.next()
		d.name()
		if d.is('(') {
			d.arguments(nil)
		}
	}
}

// arguments takes arguments (Section 2.7) and calls yield, which takes the value, with the name of each.
func (d *document) arguments(yield func(name []byte)) {
	d.want('(')
	for first := true; (first || !d.is(')')) && !d.bad; first = false {
		name := d.name()
		d.want(':')
		if yield != nil && !d.bad {
			yield(name)
		} else {
			d.value()
		}
	}
	d.next()
}

// variables takes variable definitions (Section 2.10) and calls yield with the name of each and
// the offset of its default value, 0 without.
func (d *document) variables(yield func(name []byte, def int)) {
	d.want('(')
	for first := true; (first || !d.is(')')) && !d.bad; first = false {
		if d.tok.kind == tokString {
			d.next()
		}
		d.want('$')
		name, def := d.name(), 0
		d.want(':')
		d.typeRef()
		if d.is('=') {
			d.next()
			def = d.tok.start
			d.value()
		}
		d.directives()
		if yield != nil && !d.bad {
			yield(name, def)
		}
	}
	d.next()
}

// typeRef takes a type (Section 2.11).
func (d *document) typeRef() {
	if !d.enter() {
		return
	}
	if d.is('[') {
		d.next()
		d.typeRef()
		d.want(']')
	} else {
		d.name()
	}
	if d.is('!') {
		d.next()
	}
	d.leave()
}

// value takes a value (Section 2.9).
func (d *document) value() {
	if !d.enter() {
		return
	}
	switch {
	case d.tok.kind == tokName || d.tok.kind == tokNumber || d.tok.kind == tokString:
		d.next()
	case d.is('$'):
		d.next()
		d.name()
	case d.is('['):
		for d.next(); !d.is(']') && !d.bad; {
			d.value()
		}
		d.next()
	case d.is('{'):
		for d.next(); !d.is('}') && !d.bad; {
			d.name()
			d.want(':')
			d.value()
		}
		d.next()
	default:
		d.fail()
	}
	d.leave()
}

// collect finds the root fields of op. It must have been parsed.
func (d *document) collect(op *gqlOperation) {
	for i := range d.frags {
		d.frags[i].used = false
	}
	d.fields, d.count, d.depth, d.bad = d.fields[:0], 0, 0, false
	d.seek(op.set)
	d.selections(true)
}

// choose returns the operation called name, the only one when there is no name (Section
// 6.1), nil when there is none or nobody can say which.
func (d *document) choose(name []byte) *gqlOperation {
	if len(name) == 0 {
		if len(d.ops) == 1 {
			return &d.ops[0]
		}
		return nil
	}
	for i := range d.ops {
		if string(d.ops[i].name) == string(name) {
			return &d.ops[i]
		}
	}
	return nil
}
