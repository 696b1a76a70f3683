package shape

// Kind is a structural type of a value. Integer and Number are told apart by
// how the number is written: 1 is an Integer, 1.0 and 1e3 are Numbers.
type Kind uint8

// Kinds, in the order of Node.Kinds.
const (
	Null Kind = iota
	Bool
	Integer
	Number
	String
	Object
	Array
	numKinds
)

// Node is the structural type of all values seen at one position: how often
// which kind, and what is evident of each kind. It never holds a value.
//
// Nodes merge: Merge is commutative and associative, so the order and grouping
// of observations cannot change a Node. A Node that has been handed on is immutable.
type Node struct {
	// Kinds counts the values seen at this position by kind.
	Kinds [numKinds]uint64
	// Props are the properties of the objects, sorted by name; nil unless
	// Kinds[Object] > 0. A property is required when its Seen equals Kinds[Object].
	Props []Prop
	// Extra summarises properties beyond MaxProps; nil normally.
	Extra *Node
	// Items is the merged shape of the elements of the arrays, nil when all were empty.
	Items *Node
	// Lens are bounds of array lengths, valid iff Kinds[Array] > 0.
	Lens Range
	// Tuple tells the elements of arrays apart by place: byte i is the set of kinds that the i-th had. It
	// is 0 unless all arrays had one length, of at most MaxTuple, and elements of several kinds.
	Tuple uint64
	// Cases tell the objects apart by what a property says that they are, sorted by By and Token.
	// They are left out where all objects have all properties and that one value, and where
	// they are not known.
	Cases []Case
	// Str is what is evident of the strings, valid iff Kinds[String] > 0.
	Str *Strings
	// Num is what is evident of the integers and numbers, nil when there were none.
	Num *Numbers
	// Truncated: this position has more depth or breadth than the limits allow.
	Truncated bool

	plain bool // of an Acc: no property has a name that says a kind
}

// Prop is one property of the objects at a position.
type Prop struct {
	// Name is the key as sent; a key of a sensitive class is written {class}, a key
	// that is data (an id, a date) as its format: {uuid}, {int}, {hex}, ….
	Name string
	Node *Node
	// Seen is the number of objects that had the property. (Node.Total may differ only after duplicates in one object.)
	Seen uint64
}

// Range is a closed interval of lengths.
type Range struct{ Min, Max uint64 }

// Strings is what is evident of the strings at a position.
type Strings struct {
	// Len bounds the length in Unicode code points; rounded out to powers of two
	// where Class is set.
	Len Range
	// Formats counts strings by the most specific format that they have; the
	// counts add up to Kinds[String]. None are strings without one.
	Formats Formats
	// Tokens are keyed digests of the distinct short, word-like values, sorted, at most
	// MaxTokens; TokensFull says that there were more or that some value was no
	// token, and then there are none. The empty string does not count.
	Tokens     []uint64
	TokensFull bool
	// Class is the sensitive class that values or the key had, "" none.
	Class string
}

// Numbers is what is evident of the numbers at a position. Magnitudes only:
// bounds are rounded out so that no single value can be read back.
type Numbers struct {
	Negative uint64 // values < 0
	Zero     uint64
	MaxBits  uint8 // integers: bits needed for the largest magnitude, rounded up to 8, 16, 31, 32, 53, 63, 64, or 255 for more
	Decimals uint8 // numbers: most digits after the point, up to 255
	// Class is the sensitive class that values or the key had, "" none.
	Class string
}

// Total returns how many values the node has seen.
func (n *Node) Total() uint64 {
	if n == nil {
		return 0
	}
	var t uint64
	for _, c := range n.Kinds {
		t += c
	}
	return t
}
