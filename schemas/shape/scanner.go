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

// node is the working form of a Node. Its place in the tree outlives the scan where
// texts of the same context follow; what was counted there is of one scan.
type node struct {
	parent      int32
	key         int32 // index of the name; keyRoot, keyItem
	first, last int32 // children in order of their first arrival; -1 none
	next        int32 // next sibling; -1 none
	count       int32 // children
	item        int32
	sorted      int32 // place in Scanner.sorted of the children by name; valid iff ordered == count
	ordered     int32
	hint        uint32
	indexed     uint32 // generation in which the children have edges
	gen         uint32 // Invariant: tally is zero or of the scan gen
	tally
}

// tally is what a scan counted at a node.
type tally struct {
	kinds     [numKinds]uint32
	cursor    int32  // child that is expected next; -1 none, valid once an object was counted
	text      int32  // 1 + place in Scanner.texts; 0 none
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
	class     uint8 // of strings, index into Scanner.classes
	numClass  uint8 // of numbers
}

const (
	keyRoot = -1
	keyItem = -2
)

// text is the working form of Strings.
type text struct {
	len    Range
	count  uint32 // strings of format main
	main   Format // the format of the first string
	full   bool
	tokens int16 // distinct tokens
	more   int32 // place of tokens 2.. in Scanner.tokens; valid iff tokens > 1
	others int32 // place in Scanner.others; -1 none
	token  uint64
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
	nodes  []node // of plan
	live   int    // nodes met
	texts  []text
	tokens []uint64
	others [][NumFormats]uint32 // counts by format beside the first
	edges  []edge
	gen    uint32
	serial uint32
	rooms  rooms

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
	s.texts, s.tokens, s.others = s.texts[:0], s.tokens[:0], s.others[:0]
	s.gen++
	if s.gen == 0 {
		clear(s.edges)
		s.dropPlans()
		s.gen = 1
	}
	if s.rooms.scans++; s.rooms.scans > roomScans && !s.lends {
		s.rooms.nodes, s.rooms.props, s.rooms.scans = nil, nil, 1
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
func (s *Scanner) IsObject(r Ref) bool { return r >= 0 && s.nodes[r].kinds[Object] > 0 }

// Array counts an array of n elements at r.
func (s *Scanner) Array(r Ref, n int) {
	if r >= 0 {
		s.closeArray(int32(r), uint32(n))
	}
}

// Property returns the position of the property called key of the object last
// counted at r; -1 when there is no room.
func (s *Scanner) Property(r Ref, key []byte) Ref {
	if r < 0 {
		return -1
	}
	nd := &s.nodes[r]
	return Ref(s.child(int32(r), s.name(key), nd.open))
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

// Hint returns the hint of the property name that r stands under, 0 none.
func (s *Scanner) Hint(r Ref) uint32 { return s.nodes[r].hint }

// Parent returns the hint of the nearest enclosing property, 0 none.
func (s *Scanner) Parent(r Ref) uint32 {
	if p := s.nodes[r].parent; p >= 0 {
		if s.nodes[r].key == keyItem {
			return s.Parent(Ref(p))
		}
		return s.nodes[p].hint
	}
	return 0
}

// Name returns the property name that r stands under, "" none.
func (s *Scanner) Name(r Ref) string {
	for r >= 0 {
		n := &s.nodes[r]
		if n.key >= 0 {
			return s.names.list[n.key].text
		}
		r = Ref(n.parent)
	}
	return ""
}

// AppendPath appends the place of r as a path: $.a[].b.
func (s *Scanner) AppendPath(dst []byte, r Ref) []byte {
	n := &s.nodes[r]
	if n.parent < 0 {
		return append(dst, '$')
	}
	dst = s.AppendPath(dst, Ref(n.parent))
	if n.key == keyItem {
		return append(dst, "[]"...)
	}
	return append(append(dst, '.'), s.names.list[n.key].text...)
}

// newNode adds a node; -1 when there is no room, which its parent notes.
func (s *Scanner) newNode(parent, key int32, hint uint32) int32 {
	if s.live >= MaxNodes {
		if parent >= 0 {
			s.nodes[parent].truncated = true
		}
		return -1
	}
	s.live++
	s.nodes = append(s.nodes, node{parent: parent, key: key, hint: hint, gen: s.gen, first: -1, last: -1, next: -1, item: -1})
	return int32(len(s.nodes) - 1)
}

// touch makes the node c, which an earlier scan added, one of this scan. It reports
// whether there was room, like newNode.
func (s *Scanner) touch(c int32) bool {
	nd := &s.nodes[c]
	if s.live >= MaxNodes {
		s.nodes[nd.parent].truncated = true
		return false
	}
	s.live++
	nd.gen, nd.tally = s.gen, tally{}
	if nd.key >= 0 {
		s.nodes[nd.parent].kids++
	}
	return true
}

func (s *Scanner) openObject(n int32, serial uint32) {
	nd := &s.nodes[n]
	nd.kinds[Object]++
	nd.open, nd.cursor = serial, nd.first
}

func (s *Scanner) closeArray(n int32, length uint32) {
	nd := &s.nodes[n]
	if nd.kinds[Array] == 0 {
		nd.lenMin, nd.lenMax = length, length
	}
	nd.kinds[Array]++
	nd.lenMin, nd.lenMax = min(nd.lenMin, length), max(nd.lenMax, length)
}

func (s *Scanner) itemOf(n int32) int32 {
	it := s.nodes[n].item
	if it < 0 {
		it = s.newNode(n, keyItem, s.nodes[n].hint)
		s.nodes[n].item = it
		return it
	}
	if s.nodes[it].gen != s.gen && !s.touch(it) {
		return -1
	}
	return it
}

// child returns the node of property key in the object serial at n, -1 when
// there is no room.
func (s *Scanner) child(n, key int32, serial uint32) int32 {
	if key < 0 {
		s.nodes[n].truncated = true
		return -1
	}
	c := s.nodes[n].cursor
	if c < 0 || s.nodes[c].key != key {
		if c = s.find(n, key); c < 0 {
			return -1
		}
	}
	return s.enter(n, c, serial)
}

// enter counts the child c of n in the object serial and returns it, -1 when there
// is no room for it.
func (s *Scanner) enter(n, c int32, serial uint32) int32 {
	nd := &s.nodes[c]
	if nd.gen != s.gen && !s.touch(c) {
		return -1
	}
	s.nodes[n].cursor = nd.next
	if nd.serial != serial || nd.seen == 0 {
		nd.serial = serial
		nd.seen++
	}
	return c
}

// find looks a child up by name and adds it when it is new.
func (s *Scanner) find(n, key int32) int32 {
	nd := &s.nodes[n]
	if nd.count < maxListed {
		for c := nd.first; c >= 0; c = s.nodes[c].next {
			if s.nodes[c].key == key {
				return c
			}
		}
		return s.adopt(n, key)
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
	c := s.adopt(n, key)
	if c >= 0 {
		*e = edge{gen: s.gen, parent: n, key: key, child: c}
	}
	return c
}

// adopt adds a child called key to n, -1 when there is no room.
func (s *Scanner) adopt(n, key int32) int32 {
	c := s.newNode(n, key, s.names.list[key].hint)
	if c < 0 {
		return -1
	}
	nd := &s.nodes[n]
	nd.count++
	nd.kids++
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
