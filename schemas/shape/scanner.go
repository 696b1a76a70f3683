package shape

import "unicode/utf8"

// Limits of one scan.
const (
	MaxDepth  = 32   // nesting of containers that is described; deeper is flagged Truncated
	MaxProps  = 256  // properties per object; more are merged into Extra
	MaxNodes  = 4096 // nodes per scan; positions beyond are dropped, their parent flagged Truncated
	MaxTokens = 32   // distinct word-like values per position
)

// Visitor watches a scan: it sees every property name once and every value
// that can be of a class where it stands, and says what the Node may tell of
// them. The slices passed to it are valid during the call only.
type Visitor interface {
	// Key judges a property name when it is first met. The hint is handed back
	// with each value under the name; rename, when not "", replaces a name that
	// is itself a sensitive value.
	Key(name []byte) (hint uint32, rename string)
	// Value judges a string (unescaped) or a number (as written) and returns its
	// sensitive class, "" for none. Under a name without a hint it is not asked about
	// values of less than minValue bytes and strings of words alone.
	Value(at Ref, hint uint32, kind Kind, f Format, raw []byte) (class string)
	// Token returns the keyed digest of a word-like value under a name with the hint.
	Token(hint uint32, raw []byte) uint64
}

// maxListed is the number of children up to which a child is looked for in the
// list of its siblings; those of wider objects are found by their edges.
const maxListed = 12

// Ref is a position within the scan under way.
type Ref int32

// node is a place in the tree of a shape. It outlives the scan where texts of the
// same context follow.
type node struct {
	key         int32  // index of the name; keyRoot, keyItem
	next        int32  // next sibling; -1 none
	gen         uint32 // the scan that met it last
	slot        int32  // place in Scanner.tallies; valid iff gen is the scan's
	hint        uint32
	first, last int32 // children in order of their first arrival; -1 none
	count       int16 // children
	ordered     int16 // of these, in Scanner.sorted
	place       int16 // among its siblings
	kinds       int8  // children whose names say kinds
	item        int32
	sorted      int32  // place in Scanner.sorted of the children by name; valid iff ordered == count
	indexed     uint32 // generation in which the children have edges

	// The name, to be found where it is expected: its first and last 8 bytes, or all of it in
	// head. size 0: it is found by its text.
	size       uint32
	head, tail uint64
}

// tally is what a scan counted at a node.
type tally struct {
	kinds     [numKinds]uint32
	node      int32
	parent    int32  // tally
	cursor    int32  // node of the child that is expected next; -1 none, valid once an object was counted
	kids      int32  // children met
	seen      uint32 // objects that had the property
	serial    uint32 // the object that last counted in seen
	open      uint32 // the object of this node now being filled
	lenMin    uint32
	lenMax    uint32
	negative  uint32
	zero      uint32
	bits      uint8
	decimals  uint8
	truncated bool
	untold    bool  // elements of arrays were not told apart by place
	class     uint8 // of strings, index into Scanner.classes
	numClass  uint8 // of numbers
	text      text  // valid iff a string was counted

	tuple uint64 // of elements
	cases int32  // 1 + place in Scanner.cases of the last one; 0 none
	told  uint32 // objects whose cases are known
}

const (
	keyRoot = -1
	keyItem = -2
)

// text is the working form of Strings.
type text struct {
	token  uint64
	min    uint32 // length
	max    uint32
	count  uint32 // strings of format main
	more   int32  // place of tokens 2.. in Scanner.tokens; valid iff tokens > 1
	others int32  // 1 + place in Scanner.others; 0 none
	tokens int16  // distinct tokens
	main   Format // the format of the first string
	full   bool
	last   uint64 // the token that came last
}

// edge finds the child of a node by name.
type edge struct {
	gen         uint32
	parent, key int32
	child       int32
}

// Scanner infers shapes. It is re-used from body to body and remembers property
// names and frequent leaves between them; what it remembers never changes a
// result. The zero value is not ready: use [NewScanner]. Not safe for concurrent use.
type Scanner struct {
	visitor Visitor
	names   names

	// of the scan under way
	nodes   []node // of plan
	tallies []tally
	tokens  []uint64
	others  [][NumFormats]uint32 // counts by format beside the first
	cases   []scanCase
	edges   []edge
	gen     uint32
	serial  uint32
	rooms   rooms

	esc   []byte // unescaped string
	tmp   []byte
	stack []byte

	classes []string // sensitive classes; 0 is none
	leaves  []leaf
	order   []uint64 // children of an object that is being put into order
	sorted  []int32  // children of the objects of plan, by name
	lends   bool

	plan  *plan // where nodes and sorted come from
	plans []plan
	kept  int // nodes of plans
	plain plan
}

// NewScanner returns a Scanner that reports to v, which may be nil: then there
// are no classes and no tokens.
func NewScanner(v Visitor) *Scanner {
	s := &Scanner{visitor: v, edges: make([]edge, 4*MaxNodes), leaves: make([]leaf, numLeaves), plans: make([]plan, numPlans), classes: []string{""}}
	s.names.reset()
	s.plan = &s.plain
	return s
}

// Scan returns the shape of the JSON text body, nil when it is not exactly one
// valid JSON text (RFC 8259). A body that was cut is not one: it has no shape,
// but the visitor has seen the values before the cut.
func (s *Scanner) Scan(body []byte) *Node {
	s.Begin()
	if !s.Add(body) {
		return nil
	}
	return s.Node()
}

// Infer returns the shape of the JSON text body, nil when it is not valid.
func Infer(body []byte) *Node { return NewScanner(nil).Scan(body) }

// Begin starts a new shape.
func (s *Scanner) Begin() {
	s.unload()
	if len(s.names.list) > maxNames {
		s.names.reset()
		s.dropPlans()
	}
	s.names.settle()
	s.tokens, s.others, s.cases = s.tokens[:0], s.others[:0], s.cases[:0]
	s.gen++
	if s.gen == 0 {
		clear(s.edges)
		s.dropPlans()
		s.gen = 1
	}
	if s.rooms.scans++; s.rooms.scans > roomScans && !s.lends {
		s.rooms.nodes, s.rooms.props, s.rooms.cases, s.rooms.scans = room[Node]{}, room[Prop]{}, room[Case]{}, 1
	}
	s.plan = &s.plain
	s.nodes, s.sorted = s.plain.nodes[:0], s.plain.sorted[:0]
	s.root()
}

// Add merges the JSON text doc into the shape begun and reports whether it was
// valid; after false the shape is spoilt and only Begin helps.
func (s *Scanner) Add(doc []byte) bool {
	i := s.value(doc, 0, 0, 0)
	return i >= 0 && space(doc, i) == len(doc)
}

// Root returns the root position, for building a shape that is not JSON.
func (s *Scanner) Root() Ref { return 0 }

// Object counts an object at r; the properties that follow belong to it.
func (s *Scanner) Object(r Ref) {
	if r < 0 {
		return
	}
	s.serial++
	s.openObject(int32(r), s.serial)
}

// IsObject reports whether an object was counted at r.
func (s *Scanner) IsObject(r Ref) bool { return r >= 0 && s.tallies[r].kinds[Object] > 0 }

// Array counts an array of n elements at r.
func (s *Scanner) Array(r Ref, n int) {
	if r >= 0 {
		s.closeArray(int32(r), uint32(n), 0)
	}
}

// Property returns the position of the property called key of the object last
// counted at r; -1 when there is no room.
func (s *Scanner) Property(r Ref, key []byte) Ref {
	if r < 0 {
		return -1
	}
	return Ref(s.child(int32(r), s.name(key), s.tallies[r].open))
}

// Item returns the position of the elements of arrays at r.
func (s *Scanner) Item(r Ref) Ref {
	if r < 0 {
		return -1
	}
	return Ref(s.itemOf(int32(r)))
}

// String counts the string value at r.
func (s *Scanner) String(r Ref, value []byte) {
	s.string(int32(r), value, !isASCII(value))
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// nodeOf returns the node that the tally t is of.
func (s *Scanner) nodeOf(t int32) *node { return &s.nodes[s.tallies[t].node] }

// Hint returns the hint of the property name that r stands under, 0 none.
func (s *Scanner) Hint(r Ref) uint32 { return s.nodeOf(int32(r)).hint }

// Parent returns the hint of the nearest enclosing property, 0 none.
func (s *Scanner) Parent(r Ref) uint32 {
	if p := s.tallies[r].parent; p >= 0 {
		if s.nodeOf(int32(r)).key == keyItem {
			return s.Parent(Ref(p))
		}
		return s.Hint(Ref(p))
	}
	return 0
}

// Name returns the property name that r stands under, "" none.
func (s *Scanner) Name(r Ref) string {
	for r >= 0 {
		if key := s.nodeOf(int32(r)).key; key >= 0 {
			return s.names.list[key].text
		}
		r = Ref(s.tallies[r].parent)
	}
	return ""
}

// AppendPath appends the place of r as a path: $.a[].b.
func (s *Scanner) AppendPath(dst []byte, r Ref) []byte {
	p, key := s.tallies[r].parent, s.nodeOf(int32(r)).key
	if p < 0 {
		return append(dst, '$')
	}
	dst = s.AppendPath(dst, Ref(p))
	if key == keyItem {
		return append(dst, "[]"...)
	}
	return append(append(dst, '.'), s.names.list[key].text...)
}

// newNode adds a node that hangs below the tally parent, and returns its tally and
// itself; -1 when there is no room, which the parent notes.
func (s *Scanner) newNode(parent, key int32, hint uint32) (t, c int32) {
	c = int32(len(s.nodes))
	s.nodes = append(s.nodes, node{key: key, hint: hint, first: -1, last: -1, next: -1, item: -1})
	if key >= 0 {
		s.nodes[c].spell(&s.names.list[key])
	}
	if t = s.touch(parent, c); t < 0 {
		s.nodes = s.nodes[:c]
		return -1, -1
	}
	return t, c
}

// touch makes the node c one of this scan, below the tally parent. It returns its
// tally, -1 when there is no room, which the parent notes.
func (s *Scanner) touch(parent, c int32) int32 {
	t := len(s.tallies)
	if t >= MaxNodes {
		s.tallies[parent].truncated = true
		return -1
	}
	nd := &s.nodes[c]
	nd.gen, nd.slot = s.gen, int32(t)
	if nd.key >= 0 {
		s.tallies[parent].kids++
	}
	if t < cap(s.tallies) {
		s.tallies = s.tallies[:t+1]
		s.tallies[t] = tally{node: c, parent: parent}
	} else {
		s.tallies = append(s.tallies, tally{node: c, parent: parent})
	}
	return int32(t)
}

func (s *Scanner) openObject(t int32, serial uint32) {
	y := &s.tallies[t]
	y.kinds[Object]++
	y.open, y.cursor = serial, s.nodes[y.node].first
}

// closeArray counts an array at t whose elements have the kinds of tuple, 0 when they are not told apart.
func (s *Scanner) closeArray(t int32, length uint32, tuple uint64) {
	y := &s.tallies[t]
	y.tuple, y.untold = y.tuple|tuple, y.untold || tuple == 0
	if y.kinds[Array] == 0 {
		y.lenMin, y.lenMax = length, length
	}
	y.kinds[Array]++
	y.lenMin, y.lenMax = min(y.lenMin, length), max(y.lenMax, length)
}

// itemOf returns the tally of the elements of arrays at t, -1 when there is no room.
func (s *Scanner) itemOf(t int32) int32 {
	nd := s.nodeOf(t)
	switch {
	case nd.item < 0:
		it, c := s.newNode(t, keyItem, nd.hint)
		s.nodeOf(t).item = c
		return it
	case s.nodes[nd.item].gen == s.gen:
		return s.nodes[nd.item].slot
	}
	return s.touch(t, nd.item)
}

// child returns the tally of property key in the object serial at t, -1 when there is
// no room.
func (s *Scanner) child(t, key int32, serial uint32) int32 {
	if key < 0 {
		s.tallies[t].truncated = true
		return -1
	}
	c := s.tallies[t].cursor
	if c < 0 || s.nodes[c].key != key {
		if c = s.find(t, key); c < 0 {
			return -1
		}
	}
	return s.enter(t, c, serial)
}

// enter counts the child c of the node of t in the object serial and returns its
// tally, -1 when there is no room for it.
func (s *Scanner) enter(t, c int32, serial uint32) int32 {
	nd := &s.nodes[c]
	k := nd.slot
	if nd.gen != s.gen {
		if k = s.touch(t, c); k < 0 {
			return -1
		}
	}
	s.tallies[t].cursor = nd.next
	if y := &s.tallies[k]; y.serial != serial || y.seen == 0 {
		y.serial = serial
		y.seen++
	}
	return k
}

// find looks a child of the node of t up by name and adds it when it is new.
func (s *Scanner) find(t, key int32) int32 {
	n := s.tallies[t].node
	nd := &s.nodes[n]
	if nd.count < maxListed {
		for c := nd.first; c >= 0; c = s.nodes[c].next {
			if s.nodes[c].key == key {
				return c
			}
		}
		return s.adopt(t, key)
	}
	if nd.indexed != s.gen {
		nd.indexed = s.gen
		for c := nd.first; c >= 0; c = s.nodes[c].next {
			*s.edge(n, s.nodes[c].key) = edge{gen: s.gen, parent: n, key: s.nodes[c].key, child: c}
		}
	}
	e := s.edge(n, key)
	if e.gen == s.gen {
		return e.child
	}
	c := s.adopt(t, key)
	if c >= 0 {
		*e = edge{gen: s.gen, parent: n, key: key, child: c}
	}
	return c
}

// adopt adds a child called key to the node of t, -1 when there is no room.
func (s *Scanner) adopt(t, key int32) int32 {
	_, c := s.newNode(t, key, s.names.list[key].hint)
	if c < 0 {
		return -1
	}
	nd := s.nodeOf(t)
	s.nodes[c].place = nd.count
	nd.count++
	if s.names.list[key].kind {
		nd.kinds = min(nd.kinds, maxKindFields) + 1
	}
	if nd.last < 0 {
		nd.first = c
	} else {
		s.nodes[nd.last].next = c
	}
	nd.last = c
	return c
}

// edge returns the place of the child of n called key, which is free when its
// generation is an old one.
func (s *Scanner) edge(n, key int32) *edge {
	mask := uint32(len(s.edges) - 1)
	i := (uint32(n)*0x9E3779B1 ^ uint32(key)*0x85EBCA77)
	i ^= i >> 15
	for i &= mask; ; i = (i + 1) & mask {
		e := &s.edges[i]
		if e.gen != s.gen || e.parent == n && e.key == key {
			return e
		}
	}
}
